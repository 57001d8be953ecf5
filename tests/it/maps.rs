//! Static maps: pixels, words and boxes of pictures, read by other programs; errors; the signs of styles.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use innospace::catalog::Catalog;
use innospace::geometry::Bounds;
use innospace::map::frame::{Frame, Margins, Size};
use innospace::map::furniture::Furniture;
use innospace::map::layer::Layer;
use innospace::map::plot::{EDGE, Plot};
use innospace::map::style::{Look, Theme, View, layers_with_selection};
use innospace::map::{self, Request};
use innospace::model::Lang;
use innospace::query::Budget;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::harness::{Answer, Service, data_folder, load, shipped};

fn fixture() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/map"))
}

/// The map of the fixture on which a degree is 100 pixels: the middle of 800 by 610 pixels is the origin.
const PLAIN: &str = "bbox=-4,-3,4,3&width=800&height=610";

struct Pixels(lodepng::Bitmap<lodepng::RGB<u8>>);

impl Pixels {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("content-type"), "image/png");
        Self(lodepng::decode24(&answer.body).expect("a PNG file"))
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let pixel = self.0.buffer[y * self.0.width + x];
        [pixel.r, pixel.g, pixel.b]
    }

    /// At a position of the plain map, degrees.
    fn at_degrees(&self, longitude: f64, latitude: f64, scale: f64) -> [u8; 3] {
        let pixel = |at: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the picture")]
            let at = (at * scale) as usize;
            at
        };
        self.at(pixel(400.0 + 100.0 * longitude), pixel(305.0 - 100.0 * latitude))
    }
}

#[test]
fn pixels_have_the_colours_of_the_style() {
    let service = Service::over(fixture());
    // Tokens of app.css. The core is 15 % of its colour over the land: 0.85 × 246 + 0.15 × 158 = 232.8 and so on.
    let light = [
        ("land", (0.0, -2.5), [0xf6, 0xf4, 0xef]),
        ("water", (-2.0, -1.0), [0xcb, 0xdd, 0xe6]),
        ("core", (2.0, -1.0), [233, 211, 211]),
        ("axis", (2.5, 1.5), [0x2f, 0x3e, 0x9e]),
        ("halo of the axis", (2.5, 1.525), [0xff, 0xff, 0xff]),
        ("park", (0.0, 0.0), [0x2a, 0x8c, 0x55]),
    ];
    let dark = [
        ("land", (0.0, -2.5), [0x16, 0x1d, 0x26]),
        ("water", (-2.0, -1.0), [0x1e, 0x34, 0x42]),
        // 0.85 × 22 + 0.15 × 255, 0.85 × 29 + 0.15 × 127, 0.85 × 38 + 0.15 × 143.
        ("core", (2.0, -1.0), [57, 44, 54]),
        ("axis", (2.5, 1.5), [0xa5, 0xb4, 0xff]),
        ("park", (0.0, 0.0), [0x5c, 0xc9, 0x8d]),
    ];
    let mut wrong = Vec::new();
    for (theme, wanted) in [("light", light.as_slice()), ("dark", dark.as_slice())] {
        for scale in [1.0, 1.5, 3.0] {
            let path = format!("/maps/explore.png?{PLAIN}&theme={theme}&furniture=none&scale={scale}");
            let pixels = Pixels::of(&service.get(&path));
            for (what, (longitude, latitude), want) in wanted {
                let have = pixels.at_degrees(*longitude, *latitude, scale);
                // Half a step may be rounded either way.
                if have.iter().zip(want).any(|(have, want)| have.abs_diff(*want) > 1) {
                    wrong.push(format!("{theme} at {scale}: {what} is {have:?}, not {want:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_size_is_that_of_the_request() {
    let service = Service::over(fixture());
    let cases = [
        ("", [1600, 900]),
        ("?width=300&height=200", [300, 200]),
        ("?width=300&height=201&scale=2", [600, 402]),
        ("?width=301&height=200&scale=1.5", [452, 300]),
        ("?width=8192&height=64", [8192, 64]),
    ];
    for (query, want) in cases {
        let pixels = Pixels::of(&service.get(&format!("/maps/explore.png{query}")));
        assert_eq!([pixels.0.width, pixels.0.height], want, "{query}");
    }
}

/// The words of an SVG file: its title, its description, and the labels of the texts drawn.
fn words(svg: &[u8]) -> (String, String, Vec<String>) {
    let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(svg).expect("UTF-8"));
    let (mut inside, mut texts, mut labels) = (String::new(), BTreeMap::new(), Vec::new());
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                tag.name().as_ref().clone_into(&mut inside);
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("an attribute");
                    if attribute.key.as_ref() == "aria-label" {
                        labels.push(
                            quick_xml::escape::unescape(&attribute.value).expect("escaped").into_owned(),
                        );
                    }
                }
            }
            Event::Text(text) => {
                texts.entry(inside.clone()).or_insert_with(String::new).push_str(&text);
            }
            Event::End(_) => inside.clear(),
            Event::Eof => break,
            _ => {}
        }
    }
    let mut take = |name: &str| texts.remove(name).unwrap_or_default();
    (take("title"), take("desc"), labels)
}

/// The zone of the fixture has a core and an axis, and no belt.
const SCHEMATIC: &str = "示意精度：核、轴为规划示意范围，不作为用地边界依据";
const MADE_UP: &str = "“样例地块”是合成样例数据，不代表真实地块";

#[test]
fn furniture_is_what_was_asked_for_and_notices_never_leave() {
    let service = Service::over(fixture());
    let labels = |query: &str| {
        let answer = service.get(&format!("/maps/explore.svg?width=1000&height=700&lang=zh&{query}"));
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        words(&answer.body)
    };
    // One word of each piece.
    let pieces = [
        ("title", "试验区"),
        ("legend", "图例"),
        ("scalebar", "100 公里"),
        ("north", "北"),
        ("graticule", "2°E"),
        ("approval", "审图号：GS(2025)0001"),
    ];
    for (piece, word) in pieces {
        let (title, description, alone) = labels(&format!("furniture={piece}"));
        assert_eq!(title, "试验区");
        assert!(description.contains(SCHEMATIC) && description.contains("数据 2025-12-31"), "{description}");
        assert!(alone.iter().any(|label| label == word), "{piece}: {alone:?}");
        assert!(alone.iter().any(|label| label == SCHEMATIC), "{piece}: {alone:?}");
        let others: Vec<_> =
            pieces.iter().filter(|(other, _)| *other != piece).map(|(_, word)| *word).collect();
        assert!(!alone.iter().any(|label| others.contains(&label.as_str())), "{piece}: {alone:?}");
    }
    let (_, description, none) = labels("furniture=none");
    assert!(description.contains(SCHEMATIC), "{description}");
    assert!(
        !none.iter().any(|label| label.contains("示意精度") || pieces.iter().any(|(_, word)| label == word)),
        "{none:?}"
    );
    // Neither core nor axis is in sight, so nothing is said about them.
    let (_, description, away) = labels("bbox=-3,-2,-1.2,-0.2");
    assert!(
        !description.contains("示意精度") && !away.iter().any(|label| label.contains("示意精度")),
        "{away:?}"
    );
    assert!(
        away.iter()
            .any(|label| label.contains("坐标系 WGS 84（经纬度）") && label.contains("数据 2025-12-31")),
        "{away:?}"
    );
}

#[test]
fn the_legend_tells_of_what_is_in_sight_only() {
    let service = Service::over(fixture());
    let labels = |query: &str| {
        words(
            &service
                .get(&format!("/maps/parcels.svg?width=1000&height=700&lang=en&furniture=legend&{query}"))
                .body,
        )
        .2
    };
    let whole = labels("");
    for class in ["Trial Core", "Trial Axis", "Park", "Block", "Existing", "Planned", "Water"] {
        assert!(whole.iter().any(|label| label == class), "{class}: {whole:?}");
    }
    for class in ["Building", "In progress", "Sample parcels (synthetic sample)"] {
        assert!(!whole.iter().any(|label| label == class), "{class}: {whole:?}");
    }
    let parcels = labels("center=0.501,0.501&zoom=15");
    assert!(parcels.iter().any(|label| label == "Sample parcels (synthetic sample)"), "{parcels:?}");
    assert!(!parcels.iter().any(|label| label == "Trial Core" || label == "Water"), "{parcels:?}");
}

#[test]
fn made_up_parcels_are_drawn_where_the_view_has_them_and_said_to_be_made_up() {
    let service = Service::over(fixture());
    let near = "center=0.501,0.501&zoom=15&width=400&height=400";
    // A parcel of 0.001 degree is 46.6 pixels at zoom 15. Its middle lies 0.0005 degree, 23.3 pixels, off the corner at
    // 0.501; --parcel over --land by 85 %: 0.85 × 231 + 0.15 × 246 = 233.25 and so on.
    let drawn = Pixels::of(&service.get(&format!("/maps/parcels.png?{near}&furniture=none&lang=zh")));
    assert_eq!(drawn.at(200 - 23, 200 + 23), [233, 229, 220], "the middle of a parcel");
    assert_eq!(drawn.at(200 + 23, 200 + 23), [0xf6, 0xf4, 0xef], "a gap");
    let hidden = Pixels::of(&service.get(&format!("/maps/explore.png?{near}&furniture=none")));
    assert_eq!(
        hidden.at(200 - 23, 200 + 23),
        [0xf6, 0xf4, 0xef],
        "made-up parcels are not part of the layout"
    );
    let (_, description, labels) =
        words(&service.get(&format!("/maps/parcels.svg?{near}&lang=zh&furniture=north")).body);
    assert!(description.contains(MADE_UP) && labels.iter().any(|label| label == MADE_UP), "{labels:?}");
    // The notice is in the file where nothing is written on the map.
    let bytes = service.get(&format!("/maps/parcels.png?{near}&lang=zh&furniture=none")).body;
    let mut decoder = lodepng::Decoder::new();
    decoder.decode(&bytes).expect("a PNG file");
    let texts: Vec<String> = decoder.info_png().itext_keys().map(|(_, _, _, text)| text.to_owned()).collect();
    assert!(texts.iter().any(|text| text.contains("合成样例")), "{texts:?}");
}

#[test]
fn what_stands_beyond_the_antimeridian_is_on_a_map_of_both_sides() {
    let site = |id: &str, x: f64, lifecycle: &str| {
        json!({ "type": "Feature", "id": id, "geometry": { "type": "Point", "coordinates": [x, 0.0] },
            "properties": { "name_zh": id, "name_en": id, "unit_type": id, "named_unit": true, "lifecycle": lifecycle } })
    };
    let sites = [site("park", 179.9, "existing"), site("block", -179.9, "planned")];
    let folder = data_folder(
        r#"title = { zh = "斐济", en = "Fiji" }
description = { zh = "", en = "" }
attribution = { zh = "", en = "" }
[[layers]]
id = "sites"
file = "sites.geojson"
title = { zh = "地点", en = "Sites" }
draw = "site"
"#,
        &[("sites", &sites)],
    );
    let service = Service::over(folder.path());
    for bbox in ["179.5,-0.3,-179.5,0.3", "179.8,-0.3,-179.6,0.3"] {
        let path = format!("/maps/explore.svg?bbox={bbox}&width=1000&height=700&lang=en&furniture=legend");
        let (_, _, labels) = words(&service.get(&path).body);
        // The legend tells what is in sight.
        for word in ["Park", "Block", "Existing", "Planned"] {
            assert!(labels.iter().any(|label| label == word), "{bbox}: {word}: {labels:?}");
        }
    }
}

#[test]
fn layers_with_a_credit_of_their_own_are_credited_where_they_are_in_sight() {
    let site = |id: &str, x: f64| {
        json!({ "type": "Feature", "id": id, "properties": { "name_en": id },
            "geometry": { "type": "Point", "coordinates": [x, 0.0] } })
    };
    let folder = data_folder(
        r#"title = { zh = "图", en = "Map" }
description = { zh = "", en = "" }
attribution = { zh = "市局", en = "Bureau" }
[[layers]]
id = "near"
file = "near.geojson"
title = { zh = "近处", en = "Near" }
draw = "site"
attribution = { zh = "甲测绘", en = "Survey A" }
[[layers]]
id = "far"
file = "far.geojson"
title = { zh = "远处", en = "Far" }
draw = "site"
attribution = { zh = "乙测绘", en = "Survey B" }
"#,
        &[("near", &[site("near", 10.0)]), ("far", &[site("far", 50.0)])],
    );
    let service = Service::over(folder.path());
    for (lang, wanted) in [("zh", "市局；近处：甲测绘"), ("en", "Bureau; Near: Survey A")] {
        let path = format!(
            "/maps/explore.svg?bbox=9,-1,11,1&width=1400&height=700&lang={lang}&furniture=attribution"
        );
        let picture = service.get(&path);
        let (_, _, labels) = words(&picture.body);
        assert!(labels.iter().any(|label| label.ends_with(wanted)), "{labels:?}");
    }
    let own: Vec<_> = service.get("/app.json").json()["collections"]
        .as_array()
        .expect("collections")
        .iter()
        .map(|collection| collection["attribution"]["en"].clone())
        .collect();
    assert_eq!(own, ["Survey A", "Survey B"]);
}

#[test]
fn parcels_too_small_to_see_stand_for_each_other() {
    assert_parcels_stand_for_each_other(0.0, 0.00005);
    // The same on a map whose middle is on the other side of the antimeridian.
    assert_parcels_stand_for_each_other(-179.9995, 179.9998);
}

/// A hundred parcels of a hundred thousandth of a degree, side by side. At zoom 11 that is 0.03 pixels, and all of
/// them reach over 0.3 pixels, which is into at most four cells of half a pixel.
fn assert_parcels_stand_for_each_other(origin: f64, middle: f64) {
    let squares: Vec<Value> = (0..100)
        .map(|number| {
            let (west, south) = (origin + f64::from(number % 10) * 1e-5, f64::from(number / 10) * 1e-5);
            let (east, north) = (west + 1e-5, south + 1e-5);
            let [west, south, east, north] =
                [west, south, east, north].map(|degree| (degree * 1e5).round() / 1e5);
            let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
            json!({ "type": "Feature", "id": number, "properties": {},
                "geometry": { "type": "Polygon", "coordinates": [ring] } })
        })
        .collect();
    let folder = data_folder(
        r#"title = { zh = "地块", en = "Lots" }
description = { zh = "", en = "" }
attribution = { zh = "", en = "" }
[[layers]]
id = "lots"
file = "lots.geojson"
title = { zh = "地块", en = "Lots" }
draw = "parcel"
"#,
        &[("lots", &squares)],
    );
    let service = Service::over(folder.path());
    let rings = |zoom: f64| {
        let path = format!(
            "/maps/explore.svg?center={middle},0.00005&zoom={zoom}&width=100&height=100&furniture=none"
        );
        let svg = service.get(&path);
        let line = svg
            .text()
            .lines()
            .find(|line| line.contains("fill=\"#e7e2d8\""))
            .expect("a path of parcels")
            .to_owned();
        line.matches('M').count()
    };
    assert!((1..=4).contains(&rings(11.0)), "{}", rings(11.0));
    // At zoom 16 a parcel is 0.93 pixels wide.
    assert_eq!(rings(16.0), 100);
}

#[test]
fn the_texts_of_a_pdf_can_be_read() {
    let service = Service::over(shipped());
    for (lang, wanted) in [
        ("zh", ["武汉经开区创新空间地图", "车谷创新核心区", "图例", "东合中心", "示意精度"]),
        (
            "en",
            [
                "Innovation space of the Wuhan EDZ",
                "Chegu Innovation Core",
                "Legend",
                "Donghe Centre",
                "Schematic",
            ],
        ),
    ] {
        let answer = service.get(&format!("/maps/explore.pdf?lang={lang}&width=1200&height=800"));
        assert_eq!(answer.header("content-type"), "application/pdf");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("map.pdf");
        std::fs::write(&path, &answer.body).expect("written");
        let run = |program: &str, arguments: &[&str]| {
            let output = Command::new(program)
                .args(arguments)
                .stderr(Stdio::inherit())
                .output()
                .expect("poppler-utils");
            assert!(output.status.success(), "{program}");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let path = path.to_str().expect("a path");
        let text = run("pdftotext", &[path, "-"]);
        for words in wanted {
            assert!(text.contains(words), "{words}: {text}");
        }
        let told = run("pdfinfo", &[path]);
        // 1200 by 800 CSS pixels of 96 to an inch.
        assert!(told.contains("900 x 600 pts") && told.contains(wanted[0]), "{told}");
    }
}

fn drawn(catalog: &Catalog, look: Look, frame: Frame) -> map::picture::Picture {
    let sources = map::sources::sources(catalog, look.lang);
    let furniture = Furniture::default();
    let request = Request { look, frame, furniture, title: None, selected: Vec::new(), drawn: Vec::new() };
    map::draw(catalog, &sources, &request, &Budget::default()).expect("a picture")
}

/// The names of core, axis and belts are shown in any case, so they may stand on others.
#[test]
fn names_share_no_ground_and_are_not_cut_off() {
    let catalog = load(shipped()).catalog;
    let extent = catalog.start_extent().expect("an extent");
    let mut count = 0;
    for lang in [Lang::Zh, Lang::En] {
        let look = Look { view: View::Parcels, theme: Theme::Light, lang };
        let sources = map::sources::sources(&catalog, lang);
        let always = ["core", "axis", "belt-line", "belt"].map(|name| &sources[name]);
        let always: Vec<&str> =
            always.into_iter().flatten().filter_map(|drawn| drawn.properties["name"].as_str()).collect();
        for (zoom, width, height) in
            [(9.0, 390, 844), (10.4, 1600, 900), (11.2, 1200, 800), (13.0, 1600, 900), (15.0, 800, 600)]
        {
            let size = Size { width, height, scale: 1.0 };
            let whole = Frame::around(extent, Margins::default(), zoom, size);
            let frame = if zoom > 11.0 { Frame::at([114.16, 30.48], zoom, size) } else { whole };
            let names = drawn(&catalog, look, frame).names;
            count += names.len();
            for (at, (name, boxes)) in names.iter().enumerate() {
                for one in boxes {
                    let inside = one.left >= 0.0
                        && one.top >= 0.0
                        && one.right <= f32::from(width)
                        && one.bottom <= f32::from(height);
                    assert!(inside, "{zoom}: {name} {one:?}");
                }
                if always.contains(&name.as_str()) {
                    continue;
                }
                for (other, others) in
                    names[at + 1..].iter().filter(|(other, _)| !always.contains(&other.as_str()))
                {
                    let touch = boxes.iter().any(|one| others.iter().any(|two| one.overlaps(two)));
                    assert!(!touch, "{zoom}: {name} {boxes:?} on {other} {others:?}");
                }
            }
        }
    }
    assert!(count > 100, "only {count} names");
}

/// Where a map is made for something, no piece of furniture lies on it, and the edge has room.
#[test]
fn furniture_covers_nothing_of_what_a_map_is_made_for() {
    let catalog = load(shipped()).catalog;
    let window = |west, south, east, north| Bounds { west, south, east, north };
    let windows = [
        catalog.start_extent().expect("an extent"),
        window(114.0, 30.3, 114.1, 30.6),
        window(113.8, 30.4, 114.3, 30.45),
        window(114.16, 30.49, 114.16, 30.49),
        window(177.0, -20.0, -178.0, -15.0),
    ];
    let furniture = Furniture::default();
    for lang in [Lang::Zh, Lang::En] {
        for (view, width, height) in
            [(View::Explore, 1600, 900), (View::Parcels, 960, 660), (View::Parcels, 1200, 560)]
        {
            let look = Look { view, theme: Theme::Light, lang };
            let size = Size { width, height, scale: 1.0 };
            let title = Some("Sample parcels: what the query finds");
            let plot = Plot { catalog: &catalog, look, furniture: &furniture, title, size };
            for Bounds { west, south, east, north } in windows {
                let shown = Bounds { west, south, east, north };
                let (frame, whole) = (plot.around(shown, EDGE, 15.0), plot.of(shown, 15.0));
                let east = if east < west { east + 360.0 } else { east };
                let ([left, top], [right, bottom]) =
                    (whole.project([west, north]), whole.project([east, south]));
                let [wide, high] = whole.extent();
                assert!(
                    left > 15.9 && top > 15.9 && right < wide - 15.9 && bottom < high - 15.9,
                    "{west}: {right}"
                );
                let ([left, top], [right, bottom]) =
                    (frame.project([west, north]), frame.project([east, south]));
                let case =
                    format!("{lang:?} {width} x {height}, {west} {south}: {left} {top} {right} {bottom}");
                assert!(left > 15.9 && top > 15.9 && right < wide - 15.9 && bottom < high - 15.9, "{case}");
                let pieces = plot.boxes(&frame);
                assert_eq!(pieces.iter().flatten().count(), 4);
                for one in pieces.iter().flatten() {
                    let is_beside =
                        one.right <= left || one.left >= right || one.bottom <= top || one.top >= bottom;
                    assert!(is_beside, "{case} under {one:?}");
                }
            }
        }
        // A picture too small for all of it still shows the window.
        let look = Look { view: View::Explore, theme: Theme::Light, lang };
        for (width, height) in [(390, 844), (200, 100), (64, 64)] {
            let size = Size { width, height, scale: 1.0 };
            let plot = Plot { catalog: &catalog, look, furniture: &furniture, title: None, size };
            let frame = plot.around(windows[0], EDGE, 15.0);
            let middle = frame.project([114.0, 30.365]);
            assert!(middle[0] > 0.0 && middle[0] < f32::from(width), "{width}: {middle:?}");
            assert!(middle[1] > 0.0 && middle[1] < f32::from(height), "{width}: {middle:?}");
        }
    }
}

#[test]
fn every_look_of_the_style_is_drawn() {
    let mut count = 0;
    for view in View::ALL {
        for theme in Theme::ALL {
            for lang in [Lang::Zh, Lang::En] {
                for layer in layers_with_selection(Look { view, theme, lang }) {
                    count += 1;
                    Layer::parse(layer).unwrap_or_else(|fault| panic!("{fault}"));
                }
            }
        }
    }
    assert!(count > 8 * 40, "only {count} layers");
}

#[test]
fn the_same_request_gives_the_same_bytes_and_is_not_sent_twice() {
    let (one, other) = (Service::over(shipped()), Service::over(shipped()));
    for form in ["png", "svg", "pdf"] {
        let path = format!("/maps/explore.{form}?width=500&height=400&furniture=all");
        let (first, second) = (one.get(&path), other.get(&path));
        assert_eq!(first.status, StatusCode::OK);
        assert!(first.body == second.body, "{form}: {} and {} bytes", first.body.len(), second.body.len());
        let tag = first.header("etag");
        assert!(!tag.is_empty() && tag == second.header("etag"));
        let held = one.ask("GET", &path, &[("if-none-match", tag)]);
        assert_eq!((held.status, held.body.len()), (StatusCode::NOT_MODIFIED, 0));
        assert_eq!(first.header("content-disposition"), format!("inline; filename=\"explore.{form}\""));
        assert_eq!(first.header("cache-control"), "no-cache");
    }
    // The language is that of the client, unless the request names one.
    let english = one.ask("GET", "/maps/explore.svg?width=400&height=300", &[("accept-language", "en")]);
    assert_eq!(words(&english.body).0, "Innovation space of the Wuhan EDZ");
    assert_eq!(english.header("content-language"), "en");
    let chinese =
        one.ask("GET", "/maps/explore.svg?width=400&height=300&lang=zh", &[("accept-language", "en")]);
    assert_eq!(words(&chinese.body).0, "武汉经开区创新空间地图");
}

#[test]
fn a_feature_is_highlighted_and_the_map_is_of_it() {
    let service = Service::over(fixture());
    let picture = |query: &str| {
        Pixels::of(&service.get(&format!("/maps/explore.png?width=800&height=610&furniture=none&{query}")))
    };
    // The square of two degrees, 80 pixels from the edges, is 450 pixels wide and high: its left edge stands at 175.
    let core = picture("features=cores:core");
    let (edge, plain) = (core.at(175, 305), picture("bbox=-4,-3,4,3").at_degrees(1.0, -1.0, 1.0));
    assert_eq!(edge, [0xff, 0xb0, 0x00], "the colour of a selection");
    assert_ne!(plain, [0xff, 0xb0, 0x00]);
    let both = picture(&format!("features=cores:core&{PLAIN}").replace("&width=800&height=610", ""));
    assert_eq!(both.at_degrees(1.0, -1.0, 1.0), [0xff, 0xb0, 0x00]);
    // A parcel has no place in the sources of the style.
    let parcel = picture("features=parcels:p1");
    assert_eq!(parcel.at(400, 305 - 232), [0xf6, 0xf4, 0xef], "no name stands where the parcel ends");
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let service = Service::over(fixture());
    let cases = [
        ("bbox=1,2,3", "bbox"),
        ("bbox=1,2,3,x", "bbox"),
        ("bbox=1,2,3,NaN", "bbox"),
        ("bbox=200,0,201,1", "bbox"),
        ("bbox=0,2,1,1", "bbox"),
        ("bbox=0,0,1,1&center=0,0&zoom=3", "center"),
        ("bbox=0,0,1,1&zoom=3", "zoom"),
        ("center=0,0", "center"),
        ("zoom=3", "zoom"),
        ("center=0,89&zoom=3", "center"),
        ("center=0;0&zoom=3", "center"),
        ("center=0,0&zoom=23", "zoom"),
        ("center=0,0&zoom=-1", "zoom"),
        ("center=0,0&zoom=inf", "zoom"),
        ("width=63", "width"),
        ("width=8193", "width"),
        ("width=1.5", "width"),
        ("height=99999999999", "height"),
        ("width=8192&height=8192", "width"),
        ("width=4096&height=4096&scale=3", "scale"),
        ("scale=0.5", "scale"),
        ("scale=nan", "scale"),
        ("theme=blue", "theme"),
        ("lang=fr", "lang"),
        ("furniture=compass", "furniture"),
        ("title=", "title"),
        ("title=%07", "title"),
        ("features=cores", "features"),
        ("features=nowhere:1", "features"),
        ("features=cores:nobody", "features"),
        ("colour=red", "colour"),
        ("width=100&width=200", "width"),
    ];
    for (query, parameter) in cases {
        let answer = service.get(&format!("/maps/explore.png?{query}"));
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
        let problem = answer.json();
        assert_eq!(problem["parameter"], parameter, "{query}: {problem}");
    }
    for path in
        ["/maps/explore", "/maps/explore.gif", "/maps/nowhere.png", "/maps/.png", "/styles/sprites/blue.png"]
    {
        assert_eq!(service.get(path).status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn maps_at_the_ends_of_the_world_are_drawn() {
    let service = Service::over(fixture());
    for query in [
        "bbox=-180,-90,180,90",
        "bbox=177,-20,-178,-15",
        "bbox=0,0,0,0",
        "bbox=0,90,1,90",
        "center=180,85&zoom=0",
        "center=2,-1&zoom=22",
        "center=-180,-85.05&zoom=5",
    ] {
        Pixels::of(&service.get(&format!("/maps/explore.png?width=200&height=100&furniture=all&{query}")));
    }
    // Within the core at the closest zoom, far beyond the reach of whole pixels.
    let deep =
        Pixels::of(&service.get("/maps/explore.png?width=200&height=100&furniture=none&center=2,-1&zoom=22"));
    assert_eq!(deep.at(100, 50), [233, 211, 211]);
}

#[test]
fn a_character_without_a_font_is_a_box_and_told() {
    let service = Service::over(fixture());
    let answer = service.get("/maps/explore.png?width=300&height=200&title=%F0%9F%9A%80");
    Pixels::of(&answer);
    assert_eq!(answer.header("map-missing-characters"), "U+1F680");
    assert_eq!(service.get("/maps/explore.png?width=300&height=200").header("map-missing-characters"), "");
}

#[test]
fn maps_are_listed_with_their_parameters() {
    let service = Service::over(fixture());
    let json = service.get("/maps").json();
    let addresses: Vec<&str> = json["maps"]
        .as_array()
        .expect("maps")
        .iter()
        .flat_map(|map| map["links"].as_array().expect("links"))
        .map(|link| link["href"].as_str().expect("an address"))
        .collect();
    assert_eq!(addresses.len(), 6);
    for address in addresses {
        let path = address.strip_prefix("http://map.test").expect("the host of the request");
        assert_eq!(service.get(&format!("{path}?width=100&height=100")).status, StatusCode::OK, "{path}");
    }
    assert_eq!(json["parameters"].as_array().map(Vec::len), Some(11));
}

#[test]
fn the_program_draws_what_the_service_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("map.png");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_innospace"));
        command.args(["map", "--data"]).arg(fixture()).arg("--output").arg(&file).args(arguments);
        command.output().expect("the program starts")
    };
    let output =
        run(&["--bbox", "-4,-3,4,3", "--width", "400", "--height", "300", "--lang", "en", "--theme", "dark"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let service = Service::over(fixture());
    let answer = service.get("/maps/explore.png?bbox=-4,-3,4,3&width=400&height=300&lang=en&theme=dark");
    assert!(std::fs::read(&file).expect("a file") == answer.body);
    let wrong = run(&["--width", "1"]);
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("parameter width"), "{wrong:?}");
    let boxes = run(&["--title", "\u{1F680}", "--width", "300", "--height", "200"]);
    assert!(String::from_utf8_lossy(&boxes.stderr).contains("U+1F680"), "{boxes:?}");
}

#[test]
fn signs_of_styles_stand_where_the_sheet_says() {
    let service = Service::over(fixture());
    for (theme, park) in [("light", [0x2a, 0x8c, 0x55]), ("dark", [0x5c, 0xc9, 0x8d])] {
        for (suffix, scale) in [("", 1), ("@2x", 2)] {
            let cells = service.get(&format!("/styles/sprites/{theme}{suffix}.json")).json();
            let sheet = service.get(&format!("/styles/sprites/{theme}{suffix}.png"));
            let sheet = lodepng::decode32(&sheet.body).expect("a PNG file");
            let cells = cells.as_object().expect("an object");
            assert_eq!(cells.len(), 42, "ten shapes with four fills, two hatches");
            let whole = |cell: &Value, name: &str| {
                usize::try_from(cell[name].as_u64().expect("a number")).expect("small")
            };
            for (id, cell) in cells {
                let (right, bottom) =
                    (whole(cell, "x") + whole(cell, "width"), whole(cell, "y") + whole(cell, "height"));
                assert!(right <= sheet.width && bottom <= sheet.height, "{id}");
                assert_eq!(cell["pixelRatio"], scale, "{id}");
                assert_eq!(
                    whole(cell, "width"),
                    scale * if id.starts_with("hatch") { 10 } else { 30 },
                    "{id}"
                );
            }
            let middle = |id: &str| {
                let cell = &cells[id];
                let at = |name: &str| whole(cell, name) + whole(cell, "width") / 2;
                sheet.buffer[at("y") * sheet.width + at("x")]
            };
            let built = middle("park-built");
            assert_eq!(
                [built.r, built.g, built.b, built.a],
                [park[0], park[1], park[2], 255],
                "{theme}{suffix}"
            );
            // Around a sign the sheet is clear.
            let cell = &cells["park-built"];
            assert_eq!(sheet.buffer[whole(cell, "y") * sheet.width + whole(cell, "x")].a, 0);
        }
    }
}

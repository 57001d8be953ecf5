//! Tiles over HTTP: what is in them, what they may be asked, what they refuse.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};

use crate::harness::{Answer, Service, fixtures, natural_earth, shipped};
use crate::oracle;

fn ids_sorted(answer: &Answer) -> Vec<String> {
    let mut ids = answer.ids();
    ids.sort();
    ids
}

/// The layers of tiles, by an independent decoder.
fn decoded(tiles: &[Vec<u8>]) -> Vec<Value> {
    let digits = tiles.iter().map(|tile| {
        tile.iter().fold(String::new(), |mut digits, byte| {
            write!(digits, "{byte:02x}").expect("texts take all");
            digits
        })
    });
    let answers = oracle::ask("decoded.py", &digits.collect::<Vec<_>>());
    answers.iter().map(|answer| serde_json::from_str(answer).expect("JSON")).collect()
}

/// Squares of the small folder: square r,c reaches from longitude c to c + 0.8, latitude r to r + 0.8. Tiles of matrix 7
/// in degrees are 1.40625 wide, with a buffer of 0.022: column 129 reaches from 1.406 to 2.813, row 62 likewise north.
#[test]
fn tiles_hold_what_touches_them_and_their_buffer() {
    let service = Service::over(fixtures());
    let cases = [
        ("7/62/129", &["11", "12", "21", "22"][..]),
        // From 0 to 1.406 in both: the first square alone.
        ("7/63/128", &["11"]),
        // From 2.813 to 4.219 in both: squares of the third column and row, and, as the buffer begins at 2.791, the
        // second ones, which end at 2.8.
        ("7/61/130", &["22", "23", "32", "33"]),
        // The eastern half of the world.
        ("0/0/1", &["11", "12", "13", "21", "22", "23", "31", "32", "33"]),
    ];
    for set in ["WorldCRS84Quad", "CGCS2000Quad"] {
        for (tile, want) in cases {
            let answer = service.get(&format!("/ogc/collections/squares/tiles/{set}/{tile}?f=json"));
            assert_eq!(ids_sorted(&answer), want, "{set} {tile}");
            let ids: Vec<Value> = want.iter().map(|id| json!(id.parse::<u64>().expect("a number"))).collect();
            let packed = service.get(&format!("/ogc/collections/squares/tiles/{set}/{tile}"));
            assert_eq!(packed.header("content-type"), "application/vnd.mapbox-vector-tile");
            let layers = decoded(&[packed.body]).remove(0);
            let found: Vec<Value> = layers["squares"]
                .as_array()
                .expect("a layer")
                .iter()
                .map(|feature| feature["id"].clone())
                .collect();
            assert_eq!(found, ids, "{set} {tile}");
        }
    }
}

/// Square 22 in tile 7/62/129, by hand: (2 − 1.40625) / 1.40625 × 4096 = 1729.4, (2.8 − 1.40625) … = 4059.6;
/// y from the north: (2.8125 − 2.8) … = 36.4, (2.8125 − 2) … = 2366.6. Square 11 ends at (1.8, 1.8): 1146.9, and is cut
/// at the buffer: −64 and 4160; y of its northern edge (2.8125 − 1.8) … = 2949.1.
#[test]
fn positions_are_those_of_the_grid_and_polygons_are_cut_at_the_buffer() {
    let service = Service::over(fixtures());
    let tile = service.get("/ogc/collections/squares/tiles/WorldCRS84Quad/7/62/129").body;
    let layers = decoded(&[tile]).remove(0);
    let corners = |id: u64| {
        let feature =
            layers["squares"].as_array().expect("a layer").iter().find(|feature| feature["id"] == id);
        let ring = feature.expect("the square")["geometry"]["coordinates"][0].clone();
        let axis = |axis: usize| {
            let all: Vec<i64> =
                ring.as_array().expect("a ring").iter().map(|at| at[axis].as_i64().expect("whole")).collect();
            [*all.iter().min().expect("some"), *all.iter().max().expect("some")]
        };
        [axis(0), axis(1)]
    };
    assert_eq!(corners(22), [[1729, 4060], [36, 2367]]);
    assert_eq!(corners(11), [[-64, 1147], [2949, 4160]]);
}

/// Values of the drawing in tests/fixtures/small: column 1 has no far, column 2 use M and far 1.5, column 3 far 2.
#[test]
fn conditions_select_as_they_do_for_items() {
    let service = Service::over(fixtures());
    let cases = [
        ("use=M", &["12", "22", "32"][..]),
        ("filter=far%20%3E%201.6", &["13", "23", "33"]),
        (
            "filter=%7B%22op%22%3A%22isNull%22%2C%22args%22%3A%5B%7B%22property%22%3A%22far%22%7D%5D%7D&filter-lang=cql2-json",
            &["11", "21", "31"],
        ),
        ("datetime=2021-06-01", &["11", "12", "13", "23", "33"]),
        ("datetime=2022-06-01/..&row=1", &["12", "13"]),
        ("datetime=2021-06-01&use=R&row=1", &["11", "13"]),
        ("filter=S_INTERSECTS(geometry,POINT(2.5%202.5))", &["22"]),
        ("q=zzz", &[]),
    ];
    for (query, want) in cases {
        let answer =
            service.get(&format!("/ogc/collections/squares/tiles/WorldCRS84Quad/0/0/1?f=json&{query}"));
        assert_eq!(ids_sorted(&answer), want, "{query}");
        let items = service.get(&format!("/ogc/collections/squares/items?limit=50&{query}"));
        assert_eq!(ids_sorted(&items), want, "{query}");
        let plain = service.get(&format!("/tiles/squares/0/0/0.mvt?{query}"));
        assert_eq!(plain.status, if want.is_empty() { 204 } else { 200 }, "{query}");
        assert_eq!(plain.header("ogc-numbermatched"), want.len().to_string(), "{query}");
    }
}

#[test]
fn time_may_be_asked_as_an_axis() {
    let service = Service::over(fixtures());
    let cases = [
        ("subset=datetime(%222021-06-01%22)", "datetime=2021-06-01"),
        ("subset=datetime(%222022-06-01%22:*)", "datetime=2022-06-01/.."),
        ("subset=datetime(*:%222021-06-01T12:00:00Z%22)", "datetime=../2021-06-01T12:00:00Z"),
    ];
    for (subset, datetime) in cases {
        let tile = |query: &str| {
            service.get(&format!("/ogc/collections/squares/tiles/WorldCRS84Quad/0/0/1?f=json&{query}"))
        };
        assert_eq!(tile(subset).ids(), tile(datetime).ids(), "{subset}");
        assert!(tile(subset).ids().len() < 9, "{subset}");
    }
    for wrong in [
        "datetime(2021)",
        "time(%222021-06-01%22)",
        "datetime(%22a%22:%22b%22)",
        "datetime(*)",
        "datetime(%222021-06-01%22)&datetime=2021-06-01",
    ] {
        let answer = service.get(&format!("/tiles/squares/0/0/0.mvt?subset={wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.json()["parameter"], "subset", "{wrong}");
    }
}

/// What a layer has no field for equals nothing; a filter on it makes no sense.
#[test]
fn a_layer_without_the_field_shows_nothing() {
    let service = Service::over(fixtures());
    let answer = service.get("/ogc/tiles/WebMercatorQuad/0/0/0?use=M&f=json");
    assert_eq!(ids_sorted(&answer), ["12", "22", "32"]);
    let kinds = service.get("/ogc/collections/kinds/tiles/WebMercatorQuad/0/0/0?f=json");
    let json = kinds.json();
    let collection =
        json["features"].as_array().expect("features").iter().find(|feature| feature["id"] == "collection");
    assert_eq!(collection.expect("it")["geometry"]["type"], "GeometryCollection");
    assert_eq!(kinds.header("ogc-numbermatched"), "7");
    assert_eq!(service.get("/tiles/kinds/0/0/0.mvt").header("ogc-numbermatched"), "7");
}

#[test]
fn attributes_are_those_asked_for_and_nulls_are_left_out() {
    let service = Service::over(fixtures());
    let first = |query: &str| {
        let tile = service.get(&format!("/tiles/squares/0/0/0.mvt{query}")).body;
        decoded(&[tile]).remove(0)["squares"][0]["properties"].clone()
    };
    let all = json!({ "use": "R", "row": 1, "idle": false, "valid_from": "2021-01-01", "valid_to": "2021-12-31",
                      "tags": "[\"a\",\"b\"]" });
    assert_eq!(first(""), all);
    assert_eq!(first("?properties=row,use"), json!({ "use": "R", "row": 1 }));
    assert_eq!(first("?properties="), json!({}));
}

#[test]
fn ids_that_are_no_whole_numbers_are_attributes() {
    let service = Service::over(fixtures());
    let tile = service.get("/tiles/names/0/0/0.mvt").body;
    let layers = decoded(&[tile]).remove(0);
    let features = layers["names"].as_array().expect("a layer");
    let ids: Vec<_> =
        features.iter().map(|feature| feature["properties"]["id"].as_str().expect("text")).collect();
    assert_eq!(ids, ["南太子湖", "a/b", "50%", "with space", "q?x=1#y", "a+b", "\"quoted\""]);
}

#[test]
fn several_collections_make_several_layers_in_the_order_asked() {
    let service = Service::over(fixtures());
    let names = |path: &str| {
        let answer = service.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let layers = decoded(&[answer.body]).remove(0);
        layers.as_object().expect("layers").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names("/ogc/tiles/WorldCRS84Quad/0/0/1?collections=squares,names"), ["squares", "names"]);
    assert_eq!(names("/tiles/names,squares/0/0/0.mvt"), ["names", "squares"]);
    // All of them; the empty one makes no layer.
    assert_eq!(names("/ogc/tiles/WebMercatorQuad/0/0/0"), ["squares", "pacific", "kinds", "names"]);
}

/// Fiji: one point on each side of the antimeridian, and one feature on both. Matrix 3 of Web Mercator has columns of
/// 45 degrees; the buffer of the first column begins at 180 − 45 × 64 / 4096 = 179.3.
#[test]
fn what_lies_beyond_the_antimeridian_is_in_the_buffer() {
    let service = Service::over(fixtures());
    let tile = |path: &str| decoded(&[service.get(path).body]).remove(0)["pacific"].clone();
    let spots = |features: &Value, id: &str| {
        let feature =
            features.as_array().expect("a layer").iter().find(|feature| feature["properties"]["id"] == id);
        feature.map(|feature| feature["geometry"]["coordinates"].clone())
    };
    let first = tile("/tiles/pacific/3/0/4.mvt");
    // −179.9 is 0.1 / 45 × 4096 = 9.1 east of the edge; 179.9 as much west of it; −179.8 twice as much east.
    assert_eq!(spots(&first, "east").expect("east")[0], 9);
    let both = spots(&first, "both").expect("both");
    let mut xs: Vec<i64> =
        both.as_array().expect("points").iter().map(|at| at[0].as_i64().expect("whole")).collect();
    xs.sort_unstable();
    assert_eq!(xs, [-9, 18]);
    assert_eq!(spots(&first, "west"), None, "178.4 is 146 units west of the edge");
    let last = tile("/tiles/pacific/3/7/4.mvt");
    assert_eq!(spots(&last, "east").expect("east")[0], 4096 + 9);
    assert_eq!(spots(&last, "west").expect("west")[0], 3950);
}

#[test]
fn what_makes_no_sense_is_refused_and_says_why() {
    let service = Service::over(fixtures());
    let cases = [
        ("/tiles/squares/0/0/0", 404, "there is no tile"),
        ("/tiles/squares/0/0/0.png", 404, "there is no tile"),
        ("/tiles/nothing/0/0/0.mvt", 404, "nothing"),
        ("/tiles/squares,squares/0/0/0.mvt", 404, "squares,squares"),
        ("/tiles/squares/25/0/0.mvt", 404, "matrices are 0 to 24"),
        ("/tiles/squares/1/2/0.mvt", 404, "1/0/2"),
        ("/tiles/squares/1/-1/0.mvt", 404, "1/0/-1"),
        ("/tiles/squares/99999999999999999999/0/0.mvt", 404, "99999999999999999999"),
        ("/tiles/squares/01/0/0.mvt", 404, "01/0/0"),
        ("/tiles/squares/0/0/0.mvt?f=json", 400, "mvt"),
        ("/tiles/squares/0/0/0.mvt?bbox=0,0,1,1", 400, "\"bbox\" is unknown"),
        ("/tiles/squares/0/0/0.mvt?limit=5", 400, "\"limit\" is unknown"),
        ("/tiles/squares/0/0/0.mvt?detail=some", 400, "auto or full"),
        ("/tiles/squares/0/0/0.mvt?detail=full&detail=auto", 400, "more than once"),
        ("/tiles/squares/0/0/0.mvt?properties=size", 400, "size"),
        ("/tiles/squares/0/0/0.mvt?filter=size%20%3E%201", 400, "size"),
        ("/tiles/squares/0/0/0.mvt?filter=far%20%3E", 400, "filter"),
        ("/tiles/squares/0/0/0.mvt?row=one", 400, "a whole number"),
        ("/tiles/squares/0/0/0.mvt?datetime=yesterday", 400, "datetime"),
        // A condition must make sense for every collection; the message says for which it does not.
        ("/tiles/squares,names/0/0/0.mvt?filter=far%20%3E%201", 400, "names"),
        ("/tiles/squares.json?filter=far%20%3E", 400, "filter"),
        ("/tiles/nothing.json", 404, "nothing"),
        ("/tiles/squares", 404, "/tiles/squares"),
        ("/ogc/tiles/WebMercatorQuad/0/0/0?collections=squares,nothing", 400, "nothing"),
        ("/ogc/tiles/WebMercatorQuad/0/0/0?f=png", 400, "mvt or json"),
        ("/ogc/tiles/Moon/0/0/0", 404, "WebMercatorQuad, WorldCRS84Quad, CGCS2000Quad"),
        ("/ogc/tiles/Moon", 404, "Moon"),
        ("/ogc/tileMatrixSets/Moon", 404, "Moon"),
        ("/ogc/collections/nothing/tiles", 404, "nothing"),
        ("/ogc/collections/nothing/tiles/WebMercatorQuad", 404, "nothing"),
        ("/ogc/collections/squares/tiles/WorldCRS84Quad?f=tilejson", 400, "json or html"),
        // The squares lie in column 1 of 2, between columns 128 and 130 of matrix 7.
        ("/ogc/collections/squares/tiles/WorldCRS84Quad/0/0/0", 404, "columns 1 to 1"),
        ("/ogc/collections/squares/tiles/WorldCRS84Quad/7/62/131", 404, "columns 128 to 130"),
        ("/ogc/collections/squares/tiles/WorldCRS84Quad/24/0/0", 404, "matrices are 0 to 23"),
    ];
    for (path, status, part) in cases {
        let answer = service.get(path);
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(part), "{path}: {detail}");
    }
}

#[test]
fn tiles_are_packed_when_asked_and_known_by_their_tags() {
    let service = Service::over(shipped());
    let path = "/tiles/zone,water,sites/9/418/210.mvt";
    let plain = service.get(path);
    let packed = service.ask("GET", path, &[("accept-encoding", "gzip")]);
    assert!(!plain.body.is_empty() && plain.header("content-encoding").is_empty());
    assert_eq!(packed.header("content-encoding"), "gzip");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("gzip");
    assert_eq!(unpacked, plain.body);
    // Strong tags, one for each encoding (RFC 9110, 8.8.3.3).
    let (tag, packed_tag) = (plain.header("etag"), packed.header("etag"));
    assert!(tag.starts_with('"') && packed_tag.starts_with('"') && tag != packed_tag);
    for (held, encoding, want) in
        [(tag, "identity", 304), (packed_tag, "gzip", 304), ("\"other\"", "gzip", 200)]
    {
        let answer = service.ask("GET", path, &[("if-none-match", held), ("accept-encoding", encoding)]);
        assert_eq!(answer.status, want, "{held} {encoding}");
        assert_eq!(answer.body.is_empty(), want == 304);
    }
    let filtered = service.get(&format!("{path}?properties="));
    assert_ne!(filtered.header("etag"), tag);
    let head = service.ask("HEAD", path, &[]);
    assert!(head.body.is_empty() && head.header("etag") == tag);
}

#[test]
fn tile_json_tells_what_tiles_hold() {
    let service = Service::over(fixtures());
    let answer = service.get("/tiles/squares,names.json?properties=use,name&detail=full");
    let json = answer.json();
    assert_eq!(json["tilejson"], "3.0.0");
    assert_eq!(
        json["tiles"],
        json!(["http://map.test/tiles/squares,names/{z}/{x}/{y}.mvt?properties=use%2Cname&detail=full"])
    );
    // Squares and names together: longitudes 0 to 6, latitudes 0 to 3.8.
    assert_eq!(json["bounds"], json!([0.0, 0.0, 6.0, 3.8]));
    let layers: Vec<_> =
        json["vector_layers"].as_array().expect("layers").iter().map(|layer| layer["id"].clone()).collect();
    assert_eq!(layers, ["squares", "squares:counts", "names", "names:counts"]);
    assert_eq!(answer.header("content-type"), "application/vnd.mapbox.tile+json");
    let same = service.ask(
        "GET",
        "/ogc/collections/squares/tiles/WebMercatorQuad",
        &[("accept", "application/vnd.mapbox.tile+json")],
    );
    assert_eq!(same.json()["vector_layers"][0]["id"], "squares");
    // A page that fetches it accepts JSON, or anything.
    for accept in ["application/json", "*/*", "text/html"] {
        assert_eq!(service.ask("GET", "/tiles/squares.json", &[("accept", accept)]).status, 200, "{accept}");
    }
}

/// More features than fit: squares of 40 sizes on a lattice, each with a long text of its own.
fn crowd(side: u32) -> Value {
    let features = (0..side * side).map(|id| {
        let (x, y) = (f64::from(id % side), f64::from(id / side));
        let (west, south, size) =
            (1.0 + x / f64::from(side), 1.0 + y / f64::from(side), 0.0005 + f64::from(id * 17 % 40) * 1e-5);
        let corners = [
            [west, south],
            [west + size, south],
            [west + size, south + size],
            [west, south + size],
            [west, south],
        ];
        json!({ "type": "Feature", "id": id, "properties": { "name": format!("{id:060}"), "class": id % 3 },
                "geometry": { "type": "Polygon", "coordinates": [corners] } })
    });
    json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() })
}

/// The sum of an attribute.
fn sum_of(features: &[Value], name: &str) -> u64 {
    features.iter().map(|feature| feature["properties"][name].as_u64().expect("a number")).sum()
}

#[test]
fn tiles_that_would_grow_too_large_say_how_much_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let side = 121_u32;
    fs::write(folder.path().join("crowd.geojson"), crowd(side).to_string()).expect("a file");
    let service = Service::over(folder.path());
    // The lattice from 1 to 2 degrees lies in tile 7/64/63 of Web Mercator (0 to 2.8125 east, 0 to 2.81 north).
    let whole = service.get("/tiles/crowd/7/64/63.mvt?detail=full");
    assert!(whole.body.len() > 1_000_000, "{}", whole.body.len());
    assert_eq!(whole.header("ogc-numberreturned"), (side * side).to_string());
    let thin = service.get("/tiles/crowd/7/64/63.mvt");
    assert!(thin.body.len() <= 500_000 && thin.body.len() > 300_000, "{}", thin.body.len());
    assert_eq!(thin.header("ogc-numbermatched"), (side * side).to_string());
    let layers = decoded(std::slice::from_ref(&thin.body)).remove(0);
    let shown = layers["crowd"].as_array().expect("features");
    assert_eq!(shown.len().to_string(), thin.header("ogc-numberreturned"));
    let counts = layers["crowd:counts"].as_array().expect("counts");
    let sum = |name: &str| sum_of(counts, name);
    assert_eq!((sum("present"), sum("shown")), (u64::from(side * side), shown.len() as u64));
    // Wherever something is, something shows: each cell of counts is many cells of the choice.
    assert!(counts.iter().all(|cell| cell["properties"]["shown"].as_u64() > Some(0)));
    // Sizes differ by 17 of 40 between neighbours in rows and columns, so of two by two one is of the larger half: few of
    // the smaller half show.
    let small =
        shown.iter().filter(|feature| feature["id"].as_u64().expect("a number") * 17 % 40 < 20).count();
    assert!(small * 4 < shown.len(), "{small} of {}", shown.len());
    // At every zoom each feature is counted in one tile: that of its middle.
    for (matrix, rows, cols) in [(8, 125..=127, 128..=131), (6, 31..=31, 32..=32)] {
        let mut present = 0;
        for (row, col) in rows.clone().flat_map(|row: u32| cols.clone().map(move |col: u32| (row, col))) {
            let tile = service.get(&format!("/tiles/crowd/{matrix}/{col}/{row}.mvt"));
            if tile.body.is_empty() {
                continue;
            }
            let layers = decoded(&[tile.body]).remove(0);
            if let Some(cells) = layers["crowd:counts"].as_array() {
                present += sum_of(cells, "present");
                continue;
            }
            // Not thinned: all features show, those of the buffer too; those with their middle in the tile count.
            let is_own = |feature: &&Value| {
                let ring = feature["geometry"]["coordinates"][0].as_array().expect("a ring");
                (0..2).all(|axis| {
                    let all = ring.iter().map(|at| at[axis].as_i64().expect("whole"));
                    // Twice the middle of the window.
                    let doubled = all.clone().min().expect("some") + all.max().expect("some");
                    (0..8192).contains(&doubled)
                })
            };
            present += layers["crowd"].as_array().expect("features").iter().filter(is_own).count() as u64;
        }
        assert_eq!(present, u64::from(side * side), "matrix {matrix}");
    }
}

#[test]
fn one_large_layer_does_not_push_the_small_ones_out() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("crowd.geojson"), crowd(100).to_string()).expect("a file");
    let few = json!({ "type": "FeatureCollection", "features": (0..50).map(|id| json!({ "type": "Feature", "id": id,
        "properties": {}, "geometry": { "type": "Point", "coordinates": [1.0 + f64::from(id) / 100.0, 1.5] } })).collect::<Vec<_>>() });
    fs::write(folder.path().join("few.geojson"), few.to_string()).expect("a file");
    let service = Service::over(folder.path());
    let tile = service.get("/tiles/crowd,few/7/64/63.mvt").body;
    assert!(tile.len() <= 500_000, "{}", tile.len());
    let layers = decoded(&[tile]).remove(0);
    assert_eq!(layers["few"].as_array().map(Vec::len), Some(50));
    assert!(layers["crowd"].as_array().is_some_and(|crowd| crowd.len() > 1000));
}

#[test]
fn tilesets_are_listed_with_links_to_their_tiles() {
    let service = Service::over(natural_earth());
    for path in ["/ogc", "/ogc/collections/ne_110m_populated_places_simple"] {
        let link =
            service.get(path).link("http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector").expect("a link");
        let list = service.get(&link).json();
        let tilesets = list["tilesets"].as_array().expect("tilesets");
        let registered: Vec<_> =
            tilesets.iter().map(|tileset| tileset.get("tileMatrixSetURI").is_some()).collect();
        assert_eq!(registered, [true, true, false]);
        for tileset in tilesets {
            let own = tileset["links"][0]["href"].as_str().expect("a link").replace("http://map.test", "");
            let tileset = service.get(&own).json();
            let templates: Vec<_> = tileset["links"]
                .as_array()
                .expect("links")
                .iter()
                .filter(|link| link["rel"] == "item")
                .cloned()
                .collect();
            assert_eq!(templates.len(), 2);
            for template in templates {
                assert_eq!(template["templated"], true);
                let limits = &tileset["tileMatrixSetLimits"][2];
                let tile = template["href"].as_str().expect("a template").replace("http://map.test", "");
                let tile = tile
                    .replace("{tileMatrix}", limits["tileMatrix"].as_str().expect("an id"))
                    .replace("{tileRow}", &limits["minTileRow"].to_string())
                    .replace("{tileCol}", &limits["minTileCol"].to_string());
                let answer = service.get(&tile);
                assert_eq!(
                    (answer.status.as_u16(), answer.header("content-type")),
                    (200, template["type"].as_str().expect("a type"))
                );
            }
        }
    }
}

#[test]
fn a_zone_across_the_antimeridian_lies_in_one_place() {
    let data = tempfile::tempdir().expect("a folder");
    let stop = |id: u32, x: f64| {
        format!(
            r#"{{"type":"Feature","id":{id},"properties":{{}},"geometry":{{"type":"Point","coordinates":[{x},-16.8]}}}}"#
        )
    };
    let stops = [stop(1, 179.96), stop(2, -179.98)].join(",");
    let stops = format!(r#"{{"type":"FeatureCollection","features":[{stops}]}}"#);
    std::fs::write(data.path().join("stops.geojson"), stops).expect("written");
    let service = Service::over(data.path());
    let collection = service.get("/ogc/collections/stops").json();
    assert_eq!(collection["extent"]["spatial"]["bbox"], json!([[179.96, -16.8, -179.98, -16.8]]));
    assert_eq!(service.get("/app.json").json()["start_extent"], json!([179.96, -16.8, -179.98, -16.8]));
    // TileJSON 3.0.0, 3.3: bounds do not wrap around; the centre is in the zone, 0.03 degrees from either side.
    let tiles = service.get("/tiles/stops.json").json();
    assert_eq!((tiles["bounds"][0].as_f64(), tiles["bounds"][2].as_f64()), (Some(-180.0), Some(180.0)));
    let centre = tiles["center"][0].as_f64().expect("a longitude");
    assert!((centre - 179.99).abs() < 1e-6, "{tiles}");
    assert!(tiles["center"][2].as_u64().is_some_and(|zoom| zoom >= 12), "{tiles}");
    let around = service.get("/ogc/collections/stops/items?bbox=179.9,-17,-179.9,-16").json();
    assert_eq!(around["numberMatched"], 2);
}

/// Map libraries take the credit for HTML; layers with the same one are credited once, wherever they stand.
#[test]
fn credits_are_html_and_stand_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let layer = |(id, credit)| {
        write(
            &format!("{id}.geojson"),
            r#"{"type":"Feature","id":1,"properties":{},"geometry":{"type":"Point","coordinates":[1,1]}}"#,
        );
        format!(
            "[[layers]]\nid = \"{id}\"\nfile = \"{id}.geojson\"\ntitle = {{ en = \"{id}\" }}\nattribution = {{ en = \"{credit}\" }}\n"
        )
    };
    let layers = [("a", "Q<b>R & S"), ("b", "T"), ("c", "Q<b>R & S")].map(layer).concat();
    write("catalog.toml", &format!("title = {{ en = \"Zone\" }}\n{layers}"));
    let told = Service::over(folder.path()).ask("GET", "/tiles/a,b,c.json", &[("accept-language", "en")]);
    assert_eq!(told.json()["attribution"], "Q&lt;b&gt;R &amp; S; T");
}

//! The second engine of static maps: refused where the program was built without it; else held against the usual one.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::shipped;

/// Draws a map of a data folder.
fn map(data: &Path, file: &Path, engine: &str, arguments: &[&str], settings: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innospace"));
    command.args(["map", "--engine", engine, "--data"]).arg(data).arg("--output").arg(file).args(arguments);
    command.envs(settings.iter().copied()).output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[cfg(not(feature = "maplibre-rs"))]
#[test]
fn without_the_feature_the_engine_is_refused_with_the_way_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("map.png");
    let output = map(shipped(), &file, "maplibre-rs", &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("cargo build --release --features maplibre-rs"), "{}", said(&output));
    assert!(!file.exists());
    let output = map(shipped(), &file, "innospace", &["--width", "200", "--height", "100"], &[]);
    assert!(output.status.success() && file.exists(), "{}", said(&output));
}

#[cfg(feature = "maplibre-rs")]
mod maplibre {
    use std::collections::HashMap;

    use super::*;

    type Bitmap = lodepng::Bitmap<lodepng::RGB<u8>>;
    type Rgb = [u8; 3];

    fn fixture() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/map"))
    }

    /// A picture by an engine; nothing of it is left but its file.
    fn picture(data: &Path, engine: &str, arguments: &[&str]) -> Bitmap {
        let (folder, temporary) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let file = folder.path().join("map.png");
        let output = map(data, &file, engine, arguments, &[("TMPDIR", temporary.path())]);
        assert!(output.status.success(), "{engine}: {}", said(&output));
        assert_eq!(
            std::fs::read_dir(temporary.path()).expect("a folder").count(),
            0,
            "something is left behind"
        );
        lodepng::decode24_file(&file).expect("a PNG file")
    }

    fn at(picture: &Bitmap, x: usize, y: usize) -> Rgb {
        let pixel = picture.buffer[y * picture.width + x];
        [pixel.r, pixel.g, pixel.b]
    }

    fn is_near(a: Rgb, b: Rgb, most: u8) -> bool {
        a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= most)
    }

    /// The colours of areas by hand: the same places and colours as of the usual engine, in `maps.rs`.
    #[test]
    fn pixels_have_the_colours_of_the_style() {
        // Positions in degrees, a degree is 100 pixels at scale 1.
        let light: [(&str, f64, f64, Rgb); 5] = [
            ("land", 0.0, -2.5, [0xf6, 0xf4, 0xef]),
            ("water", -2.0, -1.0, [0xcb, 0xdd, 0xe6]),
            ("core", 2.0, -1.0, [233, 211, 211]),
            ("axis", 2.5, 1.5, [0x2f, 0x3e, 0x9e]),
            ("park", 0.0, 0.0, [0x2a, 0x8c, 0x55]),
        ];
        for scale in ["1", "1.5", "3"] {
            let size = ["--bbox", "-4,-3,4,3", "--width", "800", "--height", "610", "--furniture", "none"];
            let arguments: Vec<&str> = size.into_iter().chain(["--scale", scale]).collect();
            let made = picture(fixture(), "maplibre-rs", &arguments);
            let scale: f64 = scale.parse().expect("a number");
            for (what, longitude, latitude, want) in light {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "within the picture"
                )]
                let pixel = |at: f64| (at * scale) as usize;
                let have = at(&made, pixel(400.0 + 100.0 * longitude), pixel(305.0 - 100.0 * latitude));
                assert!(is_near(have, want, 2), "{what} at scale {scale} is {have:?}, not {want:?}");
            }
        }
    }

    /// How pictures of the two engines may differ: colours by rounding, edges by the grid of tiles and by smoothing.
    const MOST_STEP: u8 = 4;
    const MOST_PIXELS: usize = 2;
    /// Of all pixels, in the share of an area's colour: lines from 0.7 to 1.5 pixels wide are one pixel wide by
    /// maplibre-rs, which leaves hatched areas more room and parcels less.
    const MOST_SHARE: f64 = 0.015;
    /// Of the pixels of an area's colour, those without one of the same colour nearby in the other picture.
    const MOST_ASTRAY: f64 = 0.005;

    /// Which pixels are within areas: all within some pixels of them have nearly their colour. Others are lines, texts,
    /// and edges, which each engine smooths in its own way.
    fn even(picture: &Bitmap) -> Vec<bool> {
        let (width, height) = (picture.width, picture.height);
        let around =
            |at: usize, most: usize| at.saturating_sub(MOST_PIXELS)..=(at + MOST_PIXELS).min(most - 1);
        (0..picture.buffer.len())
            .map(|number| {
                let (x, y) = (number % width, number / width);
                let own = at(picture, x, y);
                around(y, height)
                    .all(|y| around(x, width).all(|x| is_near(at(picture, x, y), own, MOST_STEP)))
            })
            .collect()
    }

    /// The colours of the areas that fill at least half a hundredth of a picture, none near another, the most frequent
    /// first.
    fn colours(picture: &Bitmap) -> Vec<Rgb> {
        let mut counts: HashMap<Rgb, usize> = HashMap::new();
        for (pixel, _) in picture.buffer.iter().zip(even(picture)).filter(|(_, even)| *even) {
            *counts.entry([pixel.r, pixel.g, pixel.b]).or_default() += 1;
        }
        let mut often: Vec<_> =
            counts.into_iter().filter(|(_, count)| count * 200 >= picture.buffer.len()).collect();
        often.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
        let mut apart: Vec<Rgb> = Vec::new();
        for (colour, _) in often {
            if apart.iter().all(|other| !is_near(*other, colour, 2 * MOST_STEP)) {
                apart.push(colour);
            }
        }
        apart
    }

    fn has(picture: &Bitmap, colour: Rgb) -> Vec<bool> {
        picture.buffer.iter().map(|pixel| is_near([pixel.r, pixel.g, pixel.b], colour, MOST_STEP)).collect()
    }

    fn both(one: &[bool], other: &[bool]) -> Vec<bool> {
        one.iter().zip(other).map(|(one, other)| *one && *other).collect()
    }

    fn count(marks: &[bool]) -> usize {
        marks.iter().filter(|mark| **mark).count()
    }

    /// Marks, and all that lie within some pixels of one.
    fn grown(marks: &[bool], width: usize) -> Vec<bool> {
        let across: Vec<bool> = (0..marks.len())
            .map(|at| {
                let (row, x) = (at / width * width, at % width);
                marks[row + x.saturating_sub(MOST_PIXELS)..=row + (x + MOST_PIXELS).min(width - 1)]
                    .contains(&true)
            })
            .collect();
        let height = marks.len() / width;
        (0..marks.len())
            .map(|at| {
                let (x, y) = (at % width, at / width);
                (y.saturating_sub(MOST_PIXELS)..=(y + MOST_PIXELS).min(height - 1))
                    .any(|y| across[y * width + x])
            })
            .collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of pixels")]
    fn share(part: usize, whole: usize) -> f64 {
        part as f64 / whole.max(1) as f64
    }

    /// What of two pictures of the same map differs more than it may; how many colours were compared.
    fn compared(usual: &Bitmap, other: &Bitmap) -> (usize, Vec<String>) {
        assert_eq!((usual.width, usual.height), (other.width, other.height));
        let (all, mut wrong) = (usual.buffer.len(), Vec::new());
        let colours = colours(usual);
        let evens = [even(usual), even(other)];
        for &colour in &colours {
            let all_of = [has(usual, colour), has(other, colour)];
            let areas = [both(&all_of[0], &evens[0]), both(&all_of[1], &evens[1])];
            let shares = [share(count(&areas[0]), all), share(count(&areas[1]), all)];
            if (shares[0] - shares[1]).abs() > MOST_SHARE {
                wrong.push(format!(
                    "{colour:?} is on {:.4} of the pixels, not on {:.4}",
                    shares[1], shares[0]
                ));
            }
            for (whose, marks, around) in
                [("innospace", &areas[0], &all_of[1]), ("maplibre-rs", &areas[1], &all_of[0])]
            {
                let around = grown(around, usual.width);
                let astray = marks.iter().zip(&around).filter(|(mark, near)| **mark && !**near).count();
                let astray = share(astray, count(marks));
                if astray > MOST_ASTRAY {
                    wrong.push(format!("{colour:?} of {whose} is alone in {astray:.4} of its pixels"));
                }
            }
            eprintln!("{colour:?}: {:.4} of the pixels, {:.4} by maplibre-rs", shares[0], shares[1]);
        }
        (colours.len(), wrong)
    }

    #[test]
    fn the_layout_looks_as_by_the_usual_engine() {
        let kept = option_env!("CARGO_TARGET_TMPDIR").map(Path::new).expect("a folder of cargo");
        let cases = [
            ("zh-light", "--lang zh --furniture all"),
            ("en-dark", "--lang en --theme dark --furniture all"),
            ("close", "--center 114.16,30.48 --zoom 13 --scale 2 --furniture none --width 800 --height 600"),
            (
                "parcels",
                "--view parcels --center 114.16,30.49 --zoom 14 --furniture none --width 800 --height 600",
            ),
        ];
        let mut all_wrong = Vec::new();
        for (name, arguments) in cases {
            let arguments: Vec<_> = arguments.split(' ').collect();
            let draw = |engine: &str| {
                let begun = std::time::Instant::now();
                let made = picture(shipped(), engine, &arguments);
                eprintln!("{name} by {engine}: {:?}", begun.elapsed());
                lodepng::encode24_file(
                    kept.join(format!("{name}-{engine}.png")),
                    &made.buffer,
                    made.width,
                    made.height,
                )
                .expect("written");
                made
            };
            let (usual, other) = (draw("innospace"), draw("maplibre-rs"));
            let (colours, wrong) = compared(&usual, &other);
            assert!(colours >= 2, "{name}: only {colours} colours were compared");
            // An engine that draws nothing leaves the land alone.
            let land = self::colours(&other)[0];
            let plain =
                other.buffer.iter().filter(|pixel| is_near([pixel.r, pixel.g, pixel.b], land, 0)).count();
            assert!(share(plain, other.buffer.len()) < 0.95, "{name} is empty");
            all_wrong.extend(wrong.into_iter().map(|wrong| format!("{name}: {wrong}")));
        }
        assert!(all_wrong.is_empty(), "pictures in {}: {all_wrong:#?}", kept.display());
    }

    #[test]
    fn a_picture_that_differs_is_noticed() {
        let of = |theme: &str, center: &str| {
            picture(
                shipped(),
                "innospace",
                &["--theme", theme, "--center", center, "--zoom", "12", "--width", "400", "--height", "300"],
            )
        };
        let usual = of("light", "114.16,30.48");
        assert_eq!(compared(&usual, &usual).1, Vec::<String>::new());
        assert!(!compared(&usual, &of("dark", "114.16,30.48")).1.is_empty(), "another theme");
        // A hundredth of a degree is 58 pixels.
        assert!(!compared(&usual, &of("light", "114.17,30.48")).1.is_empty(), "another place");
    }

    #[test]
    fn without_a_device_or_time_the_error_says_what_to_do() {
        let (folder, temporary) =
            (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let file = folder.path().join("map.png");
        let none = Path::new("/nowhere.json");
        let cases: [(&[(&str, &Path)], &str); 2] = [
            (
                &[("VK_ICD_FILENAMES", none), ("VK_DRIVER_FILES", none), ("TMPDIR", temporary.path())],
                "mesa-vulkan-drivers",
            ),
            (&[("INNOSPACE_MAPLIBRE_LIMIT_MS", Path::new("1")), ("TMPDIR", temporary.path())], "was ended"),
        ];
        for (settings, want) in cases {
            let output = map(fixture(), &file, "maplibre-rs", &["--bbox", "-4,-3,4,3"], settings);
            assert_eq!(output.status.code(), Some(2), "{}", said(&output));
            assert!(said(&output).contains(want), "{}", said(&output));
            assert!(!said(&output).contains("panicked"), "{}", said(&output));
            assert!(!file.exists());
            assert_eq!(
                std::fs::read_dir(temporary.path()).expect("a folder").count(),
                0,
                "something is left behind"
            );
        }
    }

    #[test]
    fn other_forms_than_png_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        for form in ["svg", "pdf"] {
            let file = folder.path().join(format!("map.{form}"));
            let output = map(fixture(), &file, "maplibre-rs", &[], &[]);
            assert_eq!(output.status.code(), Some(2));
            assert!(said(&output).contains("suffix png"), "{}", said(&output));
            assert!(!file.exists());
        }
    }
}

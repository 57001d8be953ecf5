//! The scanner against `serde_json`.

use proptest::prelude::*;
use proptest::string::string_regex;
use serde::de::DeserializeSeed;

use super::super::pieces::tests::{spec, told};
use super::super::reader::Features;
use super::super::values::AnyValue;
use super::*;
use crate::store::Warnings;

/// What a text holds, read by this file, or through `serde_json` alone.
fn read_by(scans: bool, text: &str) -> Option<String> {
    let spec = spec();
    let mut reader = Reader::new(text, 1, &spec, Warnings::default());
    if scans {
        read(text, &mut reader)?;
    } else {
        let mut json = serde_json::Deserializer::from_str(text);
        Features(&mut reader).deserialize(&mut json).and_then(|()| json.end()).ok()?;
    }
    let entangled = reader.rows.part.is_entangled;
    Some(format!("{entangled} {}", told(reader.rows.part.finish(&spec).expect("a layer"))))
}

/// Is it taken without the help of `serde_json`?
fn is_taken(feature: &str) -> bool {
    let spec = spec();
    let mut reader = Reader::new(feature, 1, &spec, Warnings::default());
    let mut scan = Scan { text: feature, at: 0 };
    scan.feature(&mut reader.rows, &mut None).is_some() && scan.at == feature.len()
}

fn value_by_scan(text: &str) -> Option<Incoming<'_>> {
    let mut scan = Scan { text, at: 0 };
    scan.value().filter(|_| scan.at == text.len())
}

fn value_by_serde(text: &str) -> Option<Incoming<'_>> {
    let mut json = serde_json::Deserializer::from_str(text);
    AnyValue.deserialize(&mut json).and_then(|value| json.end().map(|()| value)).ok()
}

/// As text, so that zeros of both signs differ.
fn in_words(value: Option<&Incoming<'_>>) -> String {
    format!("{value:?}")
}

#[test]
fn features_as_programs_write_them_are_taken() {
    let geometries = [
        "null",
        r#"{"type":"Point","coordinates":[114.1,-30.5,12.5]}"#,
        r#"{ "coordinates" : [ [ 1 , 2 ] , [ 3e0 , 4.5E-1 ] ] , "type" : "LineString" }"#,
        r#"{"type":"MultiPolygon","bbox":[0,0,9,9],"coordinates":[[[[0,0],[2,0],[2,2],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}"#,
        r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[113.70007381234567,30]},{"type":"Polygon","coordinates":[]}]}"#,
        r#"{"type":"GeometryCollection","geometries":[]}"#,
    ];
    let properties = [
        "null",
        "{}",
        r#"{"a":"沌口","b":"two\nlines \u00e9","c":-0,"d":1.50,"e":true,"f":null,"g":[1,{"h":[]}],"long":"a text of many letters"}"#,
    ];
    for geometry in geometries {
        for properties in properties {
            for id in ["", "\"id\":7,", "\"id\":\"P 1\","] {
                let feature = format!(
                    "{{{id}\"type\":\"Feature\",\n\"properties\":{properties},\"geometry\":{geometry}, \"more\": 1 }}"
                );
                assert!(is_taken(&feature), "{feature}");
                let text = format!(" [{feature},\t{feature}]\n");
                assert_eq!(read_by(true, &text), read_by(false, &text), "{text}");
            }
        }
    }
}

/// Positions are those of `serde_json`, whichever way they are read.
#[test]
fn positions_are_those_of_serde() {
    let numbers = [
        "0",
        "-0",
        "-0.0",
        "0.5",
        "-0.5",
        "7.0000001",
        "-30.1234567",
        "114.1234567",
        "114.12345670",
        "114.123456789",
        "114.5",
        "179.9999999",
        "-180.0000000",
        "180.00000005",
        "90",
        "-90.0",
        "100",
        "1e1",
        "1.5e1",
        "-1.5E-1",
        "12.3456789012345678901",
    ];
    let broken = [
        "00.5",
        "01",
        "1.",
        ".5",
        "-.5",
        "--1",
        "+1",
        "1.2.3",
        "1.5x",
        "",
        "-",
        "180.0000001",
        "214.7483648",
        "1e3",
        "9999.5",
    ];
    let mut plain = 0;
    for (at, longitude) in numbers.iter().chain(&broken).enumerate() {
        for latitude in ["30.5", numbers[at % numbers.len()]] {
            for [before, between, behind] in
                [["", "", ""], [" ", " ", " "], ["\n\t", " ", "\n"], ["", " ", ",7"], ["  ", "", ""]]
            {
                let position = format!("[{before}{longitude},{between}{latitude}{behind}]");
                let text = format!(
                    "[{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"LineString\",\"coordinates\":[[1.5,2.5],{position},{position}]}}}},\
                     {{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[1.5,2.5],[4.25,3],{position},[1.5,2.5]]]}}}}]"
                );
                assert_eq!(read_by(true, &text), read_by(false, &text), "{text}");
                plain += usize::from(Scan { text: &position, at: 0 }.plain_position().is_some());
            }
        }
    }
    assert!(plain > 40, "{plain} plain positions");
}

#[test]
fn what_is_no_feature_is_told_as_ever() {
    let deep =
        format!("{{\"type\":\"Feature\",\"properties\":{{\"a\":{}1{}}}}}", "[".repeat(120), "]".repeat(120));
    let features = [
        "1",
        "{}",
        r#"{"type":"feature"}"#,
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[[1,2]]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2,[3]]}}"#,
        r#"{"type":"Feature","geometry":{"type":"LineString","coordinates":[[1,2],3]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[[3,4]]]]}}"#,
        r#"{"type":"Feature","geometry":{"type":"Circle","coordinates":[1,2]}}"#,
        r#"{"type":"Feature","geometry":{"coordinates":[1,2]}}"#,
        r#"{"type":"Feature","geometry":{"type":"GeometryCollection"}}"#,
        r#"{"type":"Feature","properties":{"a":1e999}}"#,
        r#"{"type":"Feature","properties":{"a":"\ud800"}}"#,
        &deep,
    ];
    for feature in features {
        assert!(!is_taken(feature), "{feature}");
        let text =
            format!("[{{\"type\":\"Feature\",\"id\":5}},\n{feature}, {{\"type\":\"Feature\",\"id\":6}}]");
        let told = read_by(true, &text);
        assert!(told.is_some(), "{text}");
        assert_eq!(told, read_by(false, &text), "{text}");
    }
}

#[test]
fn no_sound_json_is_not_read() {
    let feature = r#"{"type":"Feature","properties":{"a":"b","n":1}}"#;
    let texts = [
        String::new(),
        feature.to_owned(),
        format!("[{feature}"),
        format!("[{feature},]"),
        format!("[{feature}{feature}]"),
        format!("[{feature}]]"),
        format!("[{}]", feature.replace('b', "\u{1}")),
        format!("[{}]", feature.replace('b', "\\q")),
        format!("[{}]", feature.replace(":1", ":01")),
        format!("[{}]", feature.replace(":1", ":1.")),
        format!("[{}]", feature.replace(":1", ":+1")),
        format!("[{}]", feature.replace(":1", ":.5")),
        format!("[{}]", feature.replace(":1", ":nul")),
        format!("[{}]", feature.replace(":1", ":1e")),
    ];
    for text in texts {
        assert_eq!(read_by(true, &text), None, "{text}");
        assert_eq!(read_by(false, &text), None, "{text}");
    }
}

#[test]
fn numbers_at_the_edges_are_those_of_serde() {
    let numbers = [
        "0",
        "-0",
        "-0.0",
        "0e999",
        "1e308",
        "1e309",
        "-1e309",
        "1e-400",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999",
        "0.1",
        "0.30000000000000004",
        "113.7000738",
        "2.2250738585072011e-308",
        "4.9e-324",
        "1.7976931348623159e308",
        "00",
        "01",
        "-",
        "-a",
        "1.",
        "1.e1",
        "1e",
        "1e+",
        ".1",
        "+1",
        "1.0000000000000000000000000000000000001",
    ];
    for number in numbers {
        assert_eq!(
            in_words(value_by_scan(number).as_ref()),
            in_words(value_by_serde(number).as_ref()),
            "{number}"
        );
    }
}

fn pattern(pattern: &str) -> impl Strategy<Value = String> + use<> {
    string_regex(pattern).expect("a pattern")
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => pattern(r"-?[1-8]?[0-9]\.[0-9]{1,9}"),
        1 => pattern(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?"),
    ]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        number(),
        Just("null".to_owned()),
        pattern("true|false"),
        pattern(r#""[ a-zé沌\u{1F600}0-9]{0,20}""#),
        pattern(r#""([a-z"]|\\[nrtbf/\\"]|\\u[0-9a-fA-F]{4}){0,6}""#),
        Just(r#"[1, "a]", {"b": 1.0}]"#.to_owned()),
        Just(r#"{"a": [] ,"a":2}"#.to_owned()),
    ]
}

fn geometry() -> impl Strategy<Value = String> {
    let position = prop::collection::vec(number(), 1..5).prop_map(|all| format!("[{}]", all.join(", ")));
    let kind = pattern("Point|MultiPoint|LineString|MultiLineString|Polygon|MultiPolygon|GeometryCollection");
    let list = position.prop_recursive(3, 12, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(|all| format!("[{}]", all.join(" ,")))
    });
    let square = r#"{"type":"Polygon","coordinates":[[[0,0],[1e0,0],[1,1],[0,1],[0.0,0]]]}"#;
    prop_oneof![
        Just("null".to_owned()),
        Just(square.to_owned()),
        Just(format!(r#"{{"geometries":[{square},null],"type":"GeometryCollection"}}"#)),
        (kind, list).prop_map(|(kind, list)| format!("{{\"type\":\"{kind}\", \"coordinates\":{list}}}")),
    ]
}

fn feature() -> impl Strategy<Value = String> {
    let properties = prop::collection::vec((pattern("[abc]|\\\\u0061"), value()), 0..5).prop_map(|all| {
        let all: Vec<_> = all.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
        format!("\"properties\":{{{}}}", all.join(","))
    });
    let id = value().prop_map(|id| format!("\"id\":{id}"));
    let geometry = geometry().prop_map(|geometry| format!("\"geometry\":{geometry}"));
    let member = prop_oneof![id, properties, geometry, Just("\"other\":[1,2]".to_owned())];
    prop::collection::vec(member, 0..5).prop_map(|mut members| {
        members.push("\"type\":\"Feature\"".to_owned());
        members.rotate_right(1);
        format!("{{{}}}", members.join(","))
    })
}

/// Signs that may break a text put at places of it, in place of so many that stand there.
fn broken() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, String)>> {
    let signs = pattern("[\"\\\\{}\\[\\],:0-9.eE+ \u{1}\té-]{0,2}|null|\\\\u");
    prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, signs), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scanner_reads_what_serde_reads(features in prop::collection::vec(feature(), 1..4), broken in broken()) {
        let mut signs: Vec<char> = format!("[{}]", features.join(",\n")).chars().collect();
        for (at, taken, put) in broken {
            let at = at.index(signs.len());
            signs.splice(at..(at + taken).min(signs.len()), put.chars());
        }
        let text: String = signs.into_iter().collect();
        prop_assert_eq!(read_by(true, &text), read_by(false, &text));
    }

    #[test]
    fn values_are_those_of_serde(value in value(), broken in broken()) {
        let mut signs: Vec<char> = value.chars().collect();
        for (at, taken, put) in broken {
            let at = at.index(signs.len().max(1));
            let end = (at + taken).min(signs.len());
            signs.splice(at.min(end)..end, put.chars());
        }
        let text: String = signs.into_iter().collect();
        // Space around a value is for who asks for it.
        let by_scan = value_by_scan(text.trim_end());
        if by_scan.is_some() {
            prop_assert_eq!(in_words(by_scan.as_ref()), in_words(value_by_serde(&text).as_ref()));
        }
    }
}

//! The short way against the library's, both against `GeoJSON`, and files of other programs.

use std::io::Write as _;

use parquet::basic::{Compression, GzipLevel, Repetition};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use proptest::prelude::*;

use super::super::geojson;
use super::super::geojson::tests::{spec, told};
use super::*;
use crate::model::FeatureIx;
use crate::query::Budget;
use crate::render::geoparquet::{Packing, write};
use crate::render::{Cover, View};
use crate::store::manifest::FieldSpec;

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("writes");
    file
}

fn source_of(bytes: &[u8], spec: &LayerSpec) -> Result<Source, StoreError> {
    let file = file_of(bytes);
    Source::open(file.reopen().expect("a file"), bytes.len() as u64, spec)
}

fn loaded(bytes: &[u8], spec: &LayerSpec) -> Result<IndexedLayer, String> {
    let file = file_of(bytes);
    load(file.path(), spec, Xxh3::new()).map(|(_, layer, _)| layer).map_err(|fault| fault.to_string())
}

/// A file as this program writes it.
fn written(layer: &crate::model::Layer, packing: Packing) -> Vec<u8> {
    let items: Vec<FeatureIx> = layer.positions().collect();
    let mut out = Vec::new();
    let view = View::whole(layer, crate::geometry::Crs::Crs84);
    write(&mut out, packing, layer, &items, &view, &Cover::default(), &Budget::default()).expect("a file");
    out
}

/// Features of all kinds of geometries and values.
fn all_kinds() -> String {
    let shapes = [
        "null",
        r#"{"type":"Point","coordinates":[114.1,30.5,12.5]}"#,
        r#"{"type":"Point","coordinates":[114.123456789,30.5]}"#,
        r#"{"type":"MultiPoint","coordinates":[[114.1,30.5],[114.2,30.5,7]]}"#,
        r#"{"type":"LineString","coordinates":[[1,2],[3,4]]}"#,
        r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8],[9,9]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[2,0],[2,2],[0,2],[0,0]],[[0.5,0.5],[1,1],[1,0.5],[0.5,0.5]]]}"#,
        r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}"#,
        r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0],[0,1],[0,0]]]}"#,
    ];
    let features: Vec<String> = (0..50)
        .map(|n| {
            let (shape, text) = (shapes[n % shapes.len()], ["沌口", "a\\nb", ""][n % 3]);
            let (day, late) = (n % 28 + 1, if n < 30 { "null" } else { "true" });
            format!(
                r#"{{"type":"Feature","id":"a{n}","properties":{{"use":"{text}","no":{n},"area":{n}.5,"list":[1,{n}],
                "about":{{"n":{n}}},"open":{late},"from":"2025-01-{day:02}","at":"2025-01-{day:02}T08:00:00.000001Z","none":null}},"geometry":{shape}}}"#
            )
        })
        .collect();
    format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
}

#[test]
fn a_layer_comes_back_as_it_was_both_ways() {
    for ids in ["\"id\":\"a", "\"id\":\"z\",\"x\":\"a"] {
        let spec = spec();
        let text = all_kinds().replace("\"id\":\"a", ids);
        let (layer, warnings) = geojson::read(text.as_bytes(), &spec).expect("a layer");
        for packing in [Packing::Small, Packing::Quick] {
            let bytes = written(&layer, packing);
            let source = source_of(&bytes, &spec).expect("a file");
            let quick = told(quick::read(&source, &spec).expect("the short way"));
            let whole = told(whole::read(&source, &spec).expect("a layer"));
            assert_eq!(quick, whole);
            // What was mended before needs no mending now: all but notes on rings that cross themselves.
            let layer_alone = |told: &str| {
                let (head, rows) = told.split_once('\n').expect("rows");
                (head[..head.find("Warnings").expect("warnings")].to_owned(), rows.to_owned())
            };
            let (again, _) = geojson::read(text.as_bytes(), &spec).expect("a layer");
            assert_eq!(layer_alone(&quick), layer_alone(&told((again, warnings.clone()))));
        }
    }
}

/// The digest tells files apart that differ in any byte, and is the same for one file however much of it was read.
#[test]
fn the_digest_is_of_all_bytes() {
    let spec = spec();
    let (layer, _) = geojson::read(all_kinds().as_bytes(), &spec).expect("a layer");
    let bytes = written(&layer, Packing::Quick);
    let digest_of =
        |bytes: &[u8], source: &Source| source.digest(Xxh3::new(), bytes.len() as u64).expect("reads");
    let unread = digest_of(&bytes, &source_of(&bytes, &spec).expect("a file"));
    for by_the_short_way in [true, false] {
        let source = source_of(&bytes, &spec).expect("a file");
        let is_read = if by_the_short_way {
            quick::read(&source, &spec).is_some()
        } else {
            whole::read(&source, &spec).is_ok()
        };
        assert!(is_read);
        assert_eq!(digest_of(&bytes, &source), unread);
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut other = bytes.clone();
        other[at] ^= 1;
        // The description stays that of the file as it was, so that columns lie where they lay.
        let source = Source {
            file: Shared(Mutex::new(file_of(&other).reopen().expect("a file"))),
            hashes: Mutex::default(),
            ..source_of(&bytes, &spec).expect("a file")
        };
        assert_ne!(digest_of(&other, &source), unread, "byte {at}");
    }
}

#[test]
fn the_id_is_a_field_besides_where_another_program_wrote_it() {
    let spec = spec();
    let bytes = Foreign::default().file(&["[1]", "[2]"], &[]);
    let layer = loaded(&bytes, &spec).expect("a layer");
    assert_eq!(layer.layer().ids().get(FeatureIx(1)).to_string(), "2");
    assert!(layer.layer().schema.find("id").is_some());
    let (layer, _) = geojson::read(all_kinds().as_bytes(), &spec).expect("a layer");
    let layer = loaded(&written(&layer, Packing::Quick), &spec).expect("a layer");
    assert!(layer.layer().schema.find("id").is_none());
}

/// Files as others write them.
#[derive(Clone)]
struct Foreign {
    geo: String,
    version: WriterVersion,
    packing: Compression,
    page_rows: usize,
    dictionary: bool,
}

impl Default for Foreign {
    fn default() -> Self {
        Self {
            geo: r#"{"version":"1.1.0","primary_column":"geom","columns":{"geom":{"encoding":"WKB","geometry_types":[]}}}"#.into(),
            version: WriterVersion::PARQUET_1_0,
            packing: Compression::SNAPPY,
            page_rows: 20_000,
            dictionary: true,
        }
    }
}

/// A value of each kind, or none.
type FileRow = (Option<i32>, Option<i64>, Option<f64>, Option<bool>, Option<String>);

impl Foreign {
    /// A file with ids, written as `[1]` for a whole number, and further columns.
    fn file(&self, ids: &[&str], rows: &[FileRow]) -> Vec<u8> {
        let field = |name: &str, physical, logical: Option<LogicalType>, repetition| {
            let field = Type::primitive_type_builder(name, physical).with_repetition(repetition);
            Arc::new(field.with_logical_type(logical).build().expect("a field"))
        };
        let optional = Repetition::OPTIONAL;
        let mut fields = vec![field("id", Physical::INT64, None, Repetition::REQUIRED)];
        if !rows.is_empty() {
            fields.extend([
                field("day", Physical::INT32, Some(LogicalType::Date), optional),
                field(
                    "moment",
                    Physical::INT64,
                    Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
                    optional,
                ),
                field("real", Physical::DOUBLE, None, optional),
                field("open", Physical::BOOLEAN, None, optional),
                field("text", Physical::BYTE_ARRAY, Some(LogicalType::String), optional),
            ]);
        }
        fields.push(field("geom", Physical::BYTE_ARRAY, None, optional));
        let schema = Type::group_type_builder("schema").with_fields(fields).build().expect("a schema");
        let properties = WriterProperties::builder()
            .set_writer_version(self.version)
            .set_compression(self.packing)
            .set_dictionary_enabled(self.dictionary)
            .set_data_page_row_count_limit(self.page_rows)
            .set_write_batch_size(7)
            .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), self.geo.clone())]))
            .build();
        let mut out = Vec::new();
        let mut file =
            SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(properties)).expect("a writer");
        let half = ids.len().div_ceil(2);
        for (group, ids) in ids.chunks(half.max(1)).enumerate() {
            let rows: Vec<&FileRow> = rows.iter().skip(group * half).take(ids.len()).collect();
            let mut writer = file.next_row_group().expect("a group");
            let mut at = 0;
            while let Some(mut column) = writer.next_column().expect("a column") {
                let levels = |there: &dyn Fn(&FileRow) -> bool| -> Vec<i16> {
                    rows.iter().map(|row| i16::from(there(row))).collect()
                };
                let name = if at > 0 && rows.is_empty() { 6 } else { at };
                match (name, column.untyped()) {
                    (0, ColumnWriter::Int64ColumnWriter(writer)) => {
                        let ids: Vec<i64> =
                            ids.iter().map(|id| id[1..id.len() - 1].parse().expect("a number")).collect();
                        writer.write_batch(&ids, None, None).expect("writes");
                    }
                    (1, ColumnWriter::Int32ColumnWriter(writer)) => {
                        let values: Vec<i32> = rows.iter().filter_map(|row| row.0).collect();
                        writer
                            .write_batch(&values, Some(&levels(&|row| row.0.is_some())), None)
                            .expect("writes");
                    }
                    (2, ColumnWriter::Int64ColumnWriter(writer)) => {
                        let values: Vec<i64> = rows.iter().filter_map(|row| row.1).collect();
                        writer
                            .write_batch(&values, Some(&levels(&|row| row.1.is_some())), None)
                            .expect("writes");
                    }
                    (3, ColumnWriter::DoubleColumnWriter(writer)) => {
                        let values: Vec<f64> = rows.iter().filter_map(|row| row.2).collect();
                        writer
                            .write_batch(&values, Some(&levels(&|row| row.2.is_some())), None)
                            .expect("writes");
                    }
                    (4, ColumnWriter::BoolColumnWriter(writer)) => {
                        let values: Vec<bool> = rows.iter().filter_map(|row| row.3).collect();
                        writer
                            .write_batch(&values, Some(&levels(&|row| row.3.is_some())), None)
                            .expect("writes");
                    }
                    (5, ColumnWriter::ByteArrayColumnWriter(writer)) => {
                        let values: Vec<ByteArray> =
                            rows.iter().filter_map(|row| row.4.as_deref().map(ByteArray::from)).collect();
                        writer
                            .write_batch(&values, Some(&levels(&|row| row.4.is_some())), None)
                            .expect("writes");
                    }
                    (_, ColumnWriter::ByteArrayColumnWriter(writer)) => {
                        // Every third feature is nowhere.
                        let levels: Vec<i16> = (0..ids.len()).map(|row| i16::from(row % 3 < 2)).collect();
                        let points: Vec<ByteArray> = (0..ids.len())
                            .filter(|row| row % 3 < 2)
                            .map(|row| point(row % 50).into())
                            .collect();
                        writer.write_batch(&points, Some(&levels), None).expect("writes");
                    }
                    _ => panic!("column {at}"),
                }
                column.close().expect("closes");
                at += 1;
            }
            writer.close().expect("closes");
        }
        file.close().expect("closes");
        out
    }
}

/// A point as well-known binary, the highest byte first.
fn point(at: usize) -> Vec<u8> {
    let longitude = 113.0 + f64::from(u32::try_from(at).expect("few")) * 0.01;
    [&[0, 0, 0, 0, 1][..], &longitude.to_be_bytes(), &30.5_f64.to_be_bytes()].concat()
}

#[test]
fn pages_of_every_usual_kind_are_read_as_the_library_reads_them() {
    let text = prop_oneof![Just("M0".to_owned()), Just("0701".to_owned()), "[a-z沌口]{0,6}"];
    let row = (
        proptest::option::of(-40_000..40_000_i32),
        proptest::option::of(-9_000_000_000_000..9_000_000_000_000_i64),
        proptest::option::of(prop_oneof![Just(f64::NAN), -1e9..1e9_f64]),
        proptest::option::of(any::<bool>()),
        proptest::option::of(text),
    );
    let files = (
        proptest::collection::vec(row, 1..400),
        any::<bool>(),
        any::<bool>(),
        1..200_usize,
        prop_oneof![
            Just(Compression::UNCOMPRESSED),
            Just(Compression::SNAPPY),
            Just(Compression::LZ4_RAW),
            Just(Compression::GZIP(GzipLevel::default()))
        ],
    );
    let cases = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    let spec = spec();
    proptest!(cases, |((rows, is_new, dictionary, page_rows, packing) in files)| {
        let version = if is_new { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
        let ids: Vec<String> = (0..rows.len()).map(|id| format!("[{}]", id * 3)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let foreign = Foreign { version, packing, page_rows, dictionary, ..Foreign::default() };
        let bytes = foreign.file(&ids, &rows);
        let source = source_of(&bytes, &spec).expect("a file");
        let whole = told(whole::read(&source, &spec).expect("a layer"));
        // Without a dictionary the second version writes differences, which the short way leaves to the library.
        match quick::read(&source, &spec) {
            Some(quick) => prop_assert_eq!(told(quick), whole),
            None => prop_assert!(is_new, "the short way gives up on what all programs write"),
        }
    });
}

#[test]
fn values_of_other_programs_are_understood() {
    let rows = [
        // 2025-01-01 is day 20,089; 1,735,689,600 seconds.
        (Some(20_089), Some(1_735_689_600_123), Some(f64::NAN), Some(true), Some("甲".to_owned())),
        (None, None, None, None, None),
        (Some(-1), Some(-1), Some(0.1), Some(false), Some(String::new())),
    ];
    let bytes = Foreign::default().file(&["[7]", "[8]", "[9]"], &rows);
    let layer = loaded(&bytes, &spec()).expect("a layer");
    let layer = layer.layer();
    let row = |row: u32| -> Vec<String> {
        layer
            .schema
            .fields()
            .map(|(at, _)| format!("{:?}", layer.feature(FeatureIx(row)).value(at)))
            .collect()
    };
    let (first, last) = (row(0).join(" "), row(2).join(" "));
    let is_in = |told: &str, parts: &[&str]| parts.iter().all(|part| told.contains(part));
    assert!(
        is_in(&first, &["Integer(7)", "Date", "Timestamp", "Null", "Bool(true)", "Text(\"甲\")"]),
        "{first}"
    );
    assert!(is_in(&last, &["Integer(9)", "Real(0.1)", "Bool(false)", "Text(\"\")"]), "{last}");
    assert_eq!(row(1)[1..], vec!["Null"; 5]);
    let text = |row: u32, name: &str| {
        let (at, _) = layer.schema.find(name).expect("a field");
        match layer.feature(FeatureIx(row)).value(at) {
            crate::model::Value::Date(day) => day.to_string(),
            crate::model::Value::Timestamp(moment) => moment.to_string(),
            other => format!("{other:?}"),
        }
    };
    assert_eq!(text(0, "day"), "2025-01-01");
    assert_eq!(text(2, "day"), "1969-12-31");
    assert_eq!(text(0, "moment"), "2025-01-01T00:00:00.123Z");
    assert_eq!(text(2, "moment"), "1969-12-31T23:59:59.999Z");
}

#[test]
fn declared_kinds_hold_and_ids_that_come_again_are_mended() {
    let mut spec = spec();
    let declare = |name: &str, kind| FieldSpec {
        name: name.into(),
        kind: Some(kind),
        title: None,
        unit: None,
        find: None,
        always: false,
    };
    spec.fields = vec![declare("text", ValueKind::Date), declare("id", ValueKind::Real)];
    let rows = [
        (None, None, None, None, Some("2025-01-01".to_owned())),
        (None, None, None, None, Some("soon".to_owned())),
        (None, None, None, None, None),
    ];
    let bytes = Foreign::default().file(&["[7]", "[8]", "[7]"], &rows);
    let file = file_of(&bytes);
    let (_, layer, warnings) = load(file.path(), &spec, Xxh3::new()).expect("a layer");
    let layer = layer.layer();
    assert_eq!(layer.len(), 2, "a text that is no day is refused");
    let kind = |name: &str| layer.schema.find(name).expect("a field").1.kind;
    assert_eq!((kind("text"), kind("id")), (ValueKind::Date, ValueKind::Real));
    let said: Vec<String> = warnings.list().iter().map(ToString::to_string).collect();
    let said = said.join("\n");
    assert!(said.contains("takes a date, not \"soon\""), "{said}");
    assert!(said.contains("the id \"7\" came before"), "{said}");
}

#[test]
fn what_cannot_be_served_is_told() {
    let spec = spec();
    let good = Foreign::default();
    let fault = |bytes: &[u8]| loaded(bytes, &spec).expect_err("a fault");
    assert!(
        fault(b"PAR1 and no more").contains("cannot be read as Parquet"),
        "{}",
        fault(b"PAR1 and no more")
    );
    let plain = Foreign { geo: "x".into(), ..good.clone() };
    assert!(fault(&plain.file(&["[1]"], &[])).contains("without the entry \"geo\""));
    let arrow = Foreign { geo: good.geo.replace("\"WKB\"", "\"point\""), ..good.clone() };
    assert!(fault(&arrow.file(&["[1]"], &[])).contains("written as \"point\", expected WKB"));
    let other = r#""WKB","crs":{"name":"CGCS2000 / 3-degree Gauss-Kruger zone 38","id":{"authority":"EPSG","code":4526}}"#;
    let projected = Foreign { geo: good.geo.replace("\"WKB\"", other), ..good.clone() };
    assert!(
        fault(&projected.file(&["[1]"], &[])).contains("Gauss-Kruger zone 38, expected WGS 84 or CGCS2000")
    );
    let degrees = other.replace("4526", "4490");
    let degrees = Foreign { geo: good.geo.replace("\"WKB\"", &degrees), ..good.clone() };
    loaded(&degrees.file(&["[1]"], &[]), &spec).expect("degrees of CGCS2000");
    let elsewhere = Foreign { geo: good.geo.replace("geom", "shape"), ..good };
    assert!(fault(&elsewhere.file(&["[1]"], &[])).contains("no column \"shape\""));
}

#[test]
fn damaged_files_are_told_and_nothing_else() {
    let spec = spec();
    let (layer, _) = geojson::read(all_kinds().as_bytes(), &spec).expect("a layer");
    let good = written(&layer, Packing::Quick);
    let cases = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(cases, |(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in 0..40_usize)| {
        let mut bytes = good.clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if cut < 10 {
            bytes.drain(cut..cut * 2);
        }
        // A layer of other values or a fault: never an end of the program.
        let _ = loaded(&bytes, &spec);
    });
}

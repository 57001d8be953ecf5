//! Annex A of CQL2 (OGC 21-065r2), over the official test data, in both encodings.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use innospace::query::cql2::{Encoding, parse};
use serde::Deserialize;
use serde_json::Value;

use crate::cases;
use crate::harness::{Service, natural_earth};

const COUNTRIES: &str = "ne_110m_admin_0_countries";
const PLACES: &str = "ne_110m_populated_places_simple";
const RIVERS: &str = "ne_110m_rivers_lake_centerlines";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    class: String,
    collection: String,
    text: String,
    json: Value,
    count: u64,
    /// Why `count` is not the number the annex gives.
    #[serde(rename = "amended")]
    _amended: Option<String>,
}

fn path(collection: &str, lang: &str, filter: &str, limit: u32) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("filter", filter)
        .append_pair("filter-lang", lang)
        .append_pair("limit", &limit.to_string())
        .finish();
    format!("/ogc/collections/{collection}/items?{query}")
}

/// How many features a filter selects, or what is said against it.
fn count(service: &Service, collection: &str, lang: &str, filter: &str) -> Result<u64, String> {
    let answer = service.get(&path(collection, lang, filter, 1));
    let json = answer.json();
    match (answer.status.as_u16(), json["numberMatched"].as_u64()) {
        (200, Some(matched)) => Ok(matched),
        (status, _) => Err(format!("{status} {}", json["detail"])),
    }
}

#[test]
fn predicates_select_what_the_annex_says() {
    let service = Service::over(natural_earth());
    cases::run("annex.jsonc", 461, |case: &Case| {
        let mut wrong = String::new();
        let encodings = [("cql2-text", case.text.clone()), ("cql2-json", case.json.to_string())];
        for (lang, filter) in encodings {
            let got = count(&service, &case.collection, lang, &filter);
            if got != Ok(case.count) {
                let Case { class, text, count, .. } = case;
                let _ = write!(wrong, "{class}, {lang}: {text} selects {got:?}, expected {count}; ");
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    });
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    name: String,
    text: String,
    json: Value,
}

#[test]
fn official_examples_say_the_same_in_both_encodings() {
    cases::run("examples.jsonc", 120, |example: &Example| {
        let name = &example.name;
        let text = parse(&example.text, Encoding::Text).map_err(|fault| format!("{name}, text: {fault}"))?;
        let json = parse(&example.json.to_string(), Encoding::Json)
            .map_err(|fault| format!("{name}, JSON: {fault}"))?;
        if text == json { Ok(()) } else { Err(format!("{name}: {text:#?}\n{json:#?}")) }
    });
}

/// The fields of the official data and a value of each one's type, as the tests "for each queryable" give them.
fn scalars() -> Vec<(&'static str, String, &'static str)> {
    let texts = |collection, names: &str| {
        names.split(' ').map(|name| (collection, format!("\"{name}\""), "'foo'")).collect::<Vec<_>>()
    };
    let mut all = texts(
        COUNTRIES,
        "TYPE ADM0_A3 NAME NAME_LONG ABBREV POSTAL FORMAL_EN NAME_SORT ECONOMY INCOME_GRP CONTINENT REGION_UN \
         SUBREGION REGION_WB WIKIDATAID NAME_DE NAME_EN NAME_EL",
    );
    all.extend(texts(
        PLACES,
        "featurecla name namepar namealt nameascii capin sov0name sov_a3 adm0name adm0_a3 adm1name note meganame \
         ls_name",
    ));
    all.extend(texts(RIVERS, "name name_en wikidataid label name_de name_el"));
    all.push((COUNTRIES, "\"POP_EST\"".into(), "3.14"));
    all.extend(["pop_max", "pop_min", "pop_other"].map(|name| (PLACES, name.to_owned(), "1")));
    all.push((PLACES, "\"date\"".into(), "DATE('2022-04-14')"));
    all.extend(["start", "\"end\""].map(|name| (PLACES, name.into(), "TIMESTAMP('2022-04-14T14:48:46Z')")));
    all.push((PLACES, "\"boolean\"".into(), "true"));
    all
}

/// The ids a filter selects; an answer that is not 200 fails the test.
fn ids(service: &Service, collection: &str, filter: &str) -> BTreeSet<String> {
    let answer = service.get(&path(collection, "cql2-text", filter, 1000));
    assert_eq!(answer.status, 200, "{collection}: {filter}: {}", answer.text());
    answer.ids().into_iter().collect()
}

#[test]
fn comparisons_of_each_field_divide_its_values() {
    let service = Service::over(natural_earth());
    for (collection, field, value) in scalars() {
        let known = ids(&service, collection, &format!("{field} IS NOT NULL"));
        let unknown = ids(&service, collection, &format!("{field} is null"));
        assert!(known.is_disjoint(&unknown), "{collection}: {field}: null and not null");
        let all = ids(&service, collection, "true");
        assert_eq!(&known | &unknown, all, "{collection}: {field}: null or not");
        for (operator, other) in [("=", "<>"), (">", "<="), ("<", ">=")] {
            // The value stands on either side (class property-property).
            for form in [format!("{field} @ {value}"), format!("{value} @ {field}")] {
                let one = ids(&service, collection, &form.replace('@', operator));
                let two = ids(&service, collection, &form.replace('@', other));
                assert!(one.is_disjoint(&two), "{collection}: {form}: {operator} and {other}");
                assert_eq!(&one | &two, known, "{collection}: {form}: {operator} or {other}");
            }
        }
        for (form, denied) in [
            (format!("{field} IN ({value})"), format!("{field} NOT IN ({value})")),
            (
                format!("{field} BETWEEN {value} AND {value}"),
                format!("{field} NOT BETWEEN {value} AND {value}"),
            ),
        ] {
            if value != "true" || form.contains(" IN ") {
                let (one, two) = (ids(&service, collection, &form), ids(&service, collection, &denied));
                assert!(one.is_disjoint(&two), "{collection}: {form}");
                assert_eq!(&one | &two, known, "{collection}: {form}");
            }
        }
    }
    for collection in [COUNTRIES, PLACES, RIVERS] {
        assert!(ids(&service, collection, "false").is_empty(), "{collection}: false selects nothing");
    }
}

#[test]
fn comparisons_of_a_value_with_itself_are_known() {
    let service = Service::over(natural_earth());
    let of_fields = scalars().into_iter().map(|(collection, field, _)| {
        let known = ids(&service, collection, &format!("{field} IS NOT NULL"));
        (collection, field, known)
    });
    let values = ["'foo'", "true", "3.14", "1", "TIMESTAMP('2022-04-14T14:48:46Z')", "DATE('2022-04-14')"]
        .map(|value| {
            let all = ids(&service, RIVERS, "true");
            (RIVERS, value.to_owned(), all)
        });
    for (collection, value, known) in of_fields.chain(values) {
        for (operator, holds) in
            [("=", true), (">=", true), ("<=", true), ("<>", false), ("<", false), (">", false)]
        {
            let form = format!("{value} {operator} {value}");
            let expected = if holds { known.clone() } else { BTreeSet::new() };
            assert_eq!(ids(&service, collection, &form), expected, "{collection}: {form}");
        }
    }
}

#[test]
fn patterns_lists_and_folded_texts_of_each_field_are_evaluated() {
    let service = Service::over(natural_earth());
    for (collection, field, value) in scalars() {
        let ask = |form: &str| ids(&service, collection, &form.replace('@', &field));
        if value == "'foo'" {
            assert!(
                ask("@ like '_%'").is_disjoint(&ask("@ like ''")),
                "{collection}: {field}: _% and nothing"
            );
            assert_eq!(ask("@ LIKE '%'"), ask("@ like '%%'"), "{collection}: {field}: % and %%");
            ask(r"@ like '\%\_'");
            ask("@ in ('foo', 'bar')");
            let (one, two) = (ask("CASEI(@) = casei('foo')"), ask("CASEI(@) <> casei('FOO')"));
            assert!(one.is_disjoint(&two), "{collection}: {field}: CASEI");
            let (one, two) = (ask("ACCENTI(@) = accenti('äöüéáí')"), ask("ACCENTI(@) <> accenti('aoueai')"));
            assert!(one.is_disjoint(&two), "{collection}: {field}: ACCENTI");
            for (one, two) in [
                ("CASEI(@) LIKE casei('foo%')", "CASEI(@) LIKE casei('FOO%')"),
                ("ACCENTI(@) LIKE accenti('Ä%')", "ACCENTI(@) LIKE accenti('A%')"),
                ("ACCENTI(CASEI(@)) = accenti(casei('ÄÉ'))", "ACCENTI(CASEI(@)) = accenti(casei('ae'))"),
                (
                    "ACCENTI(CASEI(@)) LIKE accenti(casei('Ä%'))",
                    "ACCENTI(CASEI(@)) LIKE accenti(casei('a%'))",
                ),
            ] {
                assert_eq!(ask(one), ask(two), "{collection}: {field}: {one} and {two}");
            }
        } else if value.starts_with("DATE") {
            ask("@ in ('2022-04-14', '2022-04-15')");
        } else if value.starts_with("TIMESTAMP") {
            ask("@ in ('2022-04-14T14:52:56Z', '2022-04-14T15:52:56Z')");
        } else if value != "true" {
            ask("@ BETWEEN 0 AND 100");
            assert!(ask("@ between 100.0 and 1.0").is_empty(), "{collection}: {field}: no number lies there");
            ask("@ IN (1, 2, 3)");
        }
    }
}

#[test]
fn spatial_functions_of_each_geometry_keep_the_relations_of_the_annex() {
    const WORLD: [&str; 2] = ["BBOX(-180,-90,180,90)", "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"];
    const LINE: &str = "LINESTRING(7 50,10 51)";
    const POINT: &str = "POINT(7.02 49.92)";
    const POINTS: &str = "MULTIPOINT((7 50),(10 51))";
    let service = Service::over(natural_earth());
    for collection in [COUNTRIES, PLACES, RIVERS] {
        let ask =
            |function: &str, shape: &str| ids(&service, collection, &format!("{function}(geom,{shape})"));
        let all = ids(&service, collection, "true");
        for function in ["S_INTERSECTS", "S_DISJOINT", "S_TOUCHES", "S_WITHIN", "S_CONTAINS"] {
            assert_eq!(ask(function, WORLD[0]), ask(function, WORLD[1]), "{collection}: {function}");
        }
        assert_eq!(ask("S_INTERSECTS", WORLD[0]), all, "{collection}: all lie in the world");
        assert!(ask("S_DISJOINT", WORLD[0]).is_empty(), "{collection}: none lies outside the world");
        for shape in [LINE, POINT] {
            let (met, apart) = (ask("S_INTERSECTS", shape), ask("S_DISJOINT", shape));
            assert!(met.is_disjoint(&apart), "{collection}: {shape}");
            assert_eq!(&met | &apart, all, "{collection}: {shape}");
        }
        for shape in [WORLD[1], LINE, POINT] {
            assert!(ask("S_EQUALS", shape).is_empty(), "{collection}: nothing equals {shape}");
        }
        for shape in [WORLD[0], WORLD[1], LINE, POINTS] {
            let (within, holds) = (ask("S_WITHIN", shape), ask("S_CONTAINS", shape));
            assert!(within.is_disjoint(&holds), "{collection}: {shape}");
        }
        for shape in [WORLD[0], WORLD[1], LINE] {
            ask("S_CROSSES", shape);
        }
        for shape in [POINTS, LINE, WORLD[1]] {
            ask("S_OVERLAPS", shape);
        }
        for filter in [
            "S_INTERSECTS(geom,POINT(90 180))",
            "S_DISJOINT(geom,POINT(90 180))",
            "S_INTERSECTS(geom,MULTIPOINT(7.02 49.92, 90 180))",
        ] {
            let answer = service.get(&path(collection, "cql2-text", filter, 1));
            assert_eq!(answer.status, 400, "{collection}: {filter}: latitude 180 does not exist");
        }
    }
}

#[test]
fn temporal_functions_of_each_time_are_evaluated() {
    const ANY: [&str; 5] = ["T_AFTER", "T_BEFORE", "T_DISJOINT", "T_EQUALS", "T_INTERSECTS"];
    const INTERVALS: [&str; 10] = [
        "T_CONTAINS",
        "T_DURING",
        "T_FINISHEDBY",
        "T_FINISHES",
        "T_MEETS",
        "T_METBY",
        "T_OVERLAPPEDBY",
        "T_OVERLAPS",
        "T_STARTEDBY",
        "T_STARTS",
    ];
    const MOMENT: &str = "TIMESTAMP('2022-04-24T07:59:57Z')";
    const MOMENTS: &str = "INTERVAL('2021-01-01T00:00:00Z','2021-12-31T23:59:59Z')";
    const DAY: &str = "DATE('2022-04-24')";
    const DAYS: &str = "INTERVAL('2021-01-01','2021-12-31')";
    let service = Service::over(natural_earth());
    let times = [("start", MOMENT, MOMENTS), ("\"end\"", MOMENT, MOMENTS), ("\"date\"", DAY, DAYS)];
    for (field, instant, interval) in times {
        for function in ANY {
            for other in [instant, interval] {
                ids(&service, PLACES, &format!("{function}({field},{other})"));
            }
        }
        for other in [instant, interval] {
            let met = ids(&service, PLACES, &format!("T_INTERSECTS({field},{other})"));
            let apart = ids(&service, PLACES, &format!("T_DISJOINT({field},{other})"));
            let known = ids(&service, PLACES, &format!("{field} IS NOT NULL"));
            assert!(met.is_disjoint(&apart), "{field}: {other}");
            assert_eq!(&met | &apart, known, "{field}: {other}");
        }
        for function in INTERVALS {
            let filter = format!("{function}({field},{instant})");
            let answer = service.get(&path(PLACES, "cql2-text", &filter, 1));
            assert_eq!(answer.status, 400, "{filter}: an instant is no interval");
        }
    }
    for function in ANY.iter().chain(&INTERVALS) {
        ids(&service, PLACES, &format!("{function}(INTERVAL(start,\"end\"),{MOMENTS})"));
        ids(&service, PLACES, &format!("{function}(INTERVAL(\"date\",\"date\"),{DAYS})"));
    }
}

//! Parameters of aggregates to an [`Aggregation`]: a table, as for items, and the words behind each name.

use serde_json::json;

use super::collections;
use super::negotiate::Format;
use super::params::{self, Parameter, Params, format_parameter, read, selecting_parameters};
use super::problem::Problem;
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::{Crs, GeometryRef, Shape, Stretches, StretchesError};
use crate::model::Layer;
use crate::query::aggregate::{
    Aggregation, Areas, Bands, EXPECTED_MEASURES, MOST_GROUPS, Measure, Places, Rule,
};
use crate::query::cql2::{self, Encoding};
use crate::query::{Filter, QueryError};

/// Names that aggregates have beside those of the selection.
const OWN: &[&str] = &[
    "group-by",
    "measure",
    "assign",
    "polygon",
    "bands",
    "step",
    "max-offset",
    "accuracy",
    "overlap",
    "having",
    "explain",
];

/// Groups of a page when none are asked for.
const USUAL_GROUPS: u32 = 1000;

/// Limits of bands in metres when none are given.
const USUAL_BANDS: [f64; 4] = [500.0, 1000.0, 2000.0, 5000.0];

/// The parameters of a layer's aggregates.
pub fn parameters(layer: &Layer, limits: Limits, offers: &[Format]) -> Vec<Parameter> {
    let most = MOST_GROUPS;
    let own = [
        Parameter::new(
            "group-by",
            "What makes groups, split by commas: names of fields, and at most one place: area:{collectionId} for the \
             areas of another collection, distance:{collectionId} or distance:{collectionId}/{featureId} for bands of \
             distance, or along:{collectionId}/{featureId} for stretches of a line. One group of all when left out.",
            json!({ "type": "array", "items": { "type": "string" } }),
        ),
        Parameter::new(
            "measure",
            "What is told about each group beside count, split by commas: share; area or overlap, alone for m² or with \
             (ha) or (mu), geodesic: area is that of the features that count, overlap that of the parts within the \
             group's area; known, distinct, sum, mean, min, max, median, p90 (any percentile) or share of a field, as \
             in mean(far).",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" }, "default": ["count"] }),
        ),
        Parameter::new(
            "assign",
            "When a feature counts in an area: larger (where the larger part of it lies, ties to the lower id), \
             intersects, within or centroid.",
            json!({ "type": "string", "enum": Rule::ALL.map(|(name, _)| name), "default": "larger" }),
        ),
        Parameter::new(
            "polygon",
            "A polygon as the only area, WKT or GeoJSON, CRS84 (longitude first, degrees).",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "bands",
            "Where one band of distance ends and the next begins, metres, ascending; the last band has no end.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "number" }, "default": USUAL_BANDS }),
        ),
        Parameter::new(
            "max-offset",
            "How many metres from the line a feature may be to count in a stretch; the half width of the line, else 1000, when \
             left out.",
            json!({ "type": "number", "minimum": 0 }),
        ),
        Parameter::new(
            "accuracy",
            "ignore takes positions as they are; respect adds the columns certain and possible, because a feature and \
             an area may each lie off by their accuracy_m.",
            json!({ "type": "string", "enum": ["ignore", "respect"], "default": "ignore" }),
        ),
        Parameter::new(
            "overlap",
            "true sorts features into areas that overlap; where both hold all of a feature it counts in the lower id.",
            json!({ "type": "boolean", "default": false }),
        ),
        Parameter::new(
            "explain",
            "true adds explained: how many features the other conditions leave to the filter (searched), how many of them \
             match, and in conditions, for each member of its outermost ANDs as written, for how many features it is the \
             first that is false (failed), and for how many, where none is false, the first that is unknown because a \
             value is missing (unknown).",
            json!({ "type": "boolean", "default": false }),
        ),
        Parameter::new(
            "having",
            "A CQL2 expression (text, or JSON when it begins with a brace) over the columns of the answer; selects \
             groups. Totals do not change.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "sortby",
            "Columns of the answer split by commas, each after + (or nothing) for ascending or - for descending; nulls \
             come last. Areas by id, then values ascending, when left out.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        ),
        Parameter::new(
            "limit",
            "The most groups to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": most, "default": USUAL_GROUPS }),
        ),
        Parameter::new(
            "offset",
            "Groups to skip; links next and prev carry it.",
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
        ),
    ];
    let selecting = selecting_parameters(layer, limits, OWN);
    own.into_iter().chain([step_parameter()]).chain(selecting).chain([format_parameter(offers)]).collect()
}

/// Is it to be told why features do not match?
///
/// # Errors
/// Neither true nor false.
pub fn explains(params: &Params) -> Result<bool, Problem> {
    let parse = |text: &str| text.parse().ok();
    Ok(read(params, "explain", "true or false", parse)?.unwrap_or(false))
}

/// What a request for aggregates asks.
///
/// # Errors
/// A name of nothing, or a value that makes no sense.
pub fn aggregation(params: &Params, catalog: &Catalog, layer: &Layer) -> Result<Aggregation, Problem> {
    let choice = |name: &str, choices: &[&str]| match params.get(name) {
        None => Ok(0),
        Some(value) => choices
            .iter()
            .position(|known| *known == value)
            .ok_or_else(|| Problem::parameter(name, value, &choices.join(" or "))),
    };
    let rule = Rule::ALL[choice("assign", &Rule::ALL.map(|(name, _)| name))?].1;
    let doubt = choice("accuracy", &["ignore", "respect"])? == 1;
    let may_overlap = choice("overlap", &["false", "true"])? == 1;
    let drawn = params::polygon(params)?;
    let drawn = drawn.map(Areas::drawn).transpose()?;
    let mut places = drawn.map(|areas| Places::Areas { areas, rule, doubt });
    let mut fields = Vec::new();
    let list = params.get("group-by").unwrap_or("");
    for name in list.split(',').map(str::trim).filter(|_| !list.trim().is_empty()) {
        let place = match name.split_once(':') {
            _ if layer.schema.find(name).is_some() => None,
            Some(("area", id)) => {
                let source = named(catalog, id, list)?;
                Some(Places::Areas { areas: Areas::of_layer(&source, rule, may_overlap)?, rule, doubt })
            }
            Some(("distance", from)) => {
                let (id, feature) =
                    from.split_once('/').map_or((from, None), |(id, feature)| (id, Some(feature)));
                let source = named(catalog, id, list)?;
                let only = feature.map(|feature| {
                    let expected = format!("an id of collection {id} behind the slash");
                    source.find(feature).ok_or_else(|| Problem::parameter("group-by", list, &expected))
                });
                Some(Places::Bands { bands: Bands::new(&source, only.transpose()?, bands(params)?)?, doubt })
            }
            Some(("along", line)) => {
                Some(Places::Stretches(Box::new(stretches(params, catalog, line, list)?)))
            }
            _ => None,
        };
        match place {
            Some(_) if places.is_some() => {
                return Err(Problem::parameter(
                    "group-by",
                    list,
                    "one place at most: area:…, distance:…, along:… or polygon",
                ));
            }
            Some(place) => places = Some(place),
            None => fields.push(name.to_owned()),
        }
    }
    // What would change nothing is refused, unless it is what holds anyway.
    let usual = USUAL_BANDS.map(|limit| limit.to_string()).join(",");
    let given = [
        ("bands", "distance", usual.as_str()),
        ("assign", "area", "larger"),
        ("overlap", "area", "false"),
        ("accuracy", "place", "ignore"),
    ];
    for (name, needs, usual) in given {
        let fits = match (&places, needs) {
            (Some(Places::Bands { .. }), needs) => matches!(needs, "distance" | "place"),
            (Some(Places::Areas { .. }), needs) => matches!(needs, "area" | "place"),
            (Some(Places::Stretches(_)) | None, _) => false,
        };
        if let Some(value) = params.get(name).filter(|value| !fits && *value != usual) {
            let expected = match needs {
                "distance" => "group-by=distance:… beside it",
                "area" => "group-by=area:… or polygon beside it",
                _ => "group-by=area:…, group-by=distance:… or polygon beside it",
            };
            return Err(Problem::parameter(name, value, expected));
        }
    }
    let page = params::page(params, USUAL_GROUPS, u32::try_from(MOST_GROUPS).unwrap_or(u32::MAX))?;
    Ok(Aggregation {
        select: params::selection(params, layer, catalog, OWN)?,
        fields,
        places,
        measures: read(params, "measure", EXPECTED_MEASURES, Measure::parse_list)?.unwrap_or_default(),
        having: having(params)?,
        sort: params::sort(params)?,
        page,
    })
}

/// The stretches of a line, named as collection/id.
fn stretches(params: &Params, catalog: &Catalog, line: &str, list: &str) -> Result<Stretches, Problem> {
    let wrong = |expected: &str| Problem::parameter("group-by", list, expected);
    let (id, feature) = line.split_once('/').ok_or_else(|| {
        wrong("a line behind along:, as its collection and its id with a slash between them")
    })?;
    let source = named(catalog, id, list)?;
    let ix =
        source.find(feature).ok_or_else(|| wrong(&format!("an id of collection {id} behind the slash")))?;
    let line = source.layer().feature(ix);
    let shape =
        line.geometry().map(GeometryRef::to_shape).ok_or_else(|| wrong("a feature with a position"))?;
    let offset = super::locate::amount(params, "max-offset", "metres, a number from 0 on")?;
    let offset = offset.unwrap_or_else(|| super::along::usual_offset(line));
    stretches_of(&shape, step(params)?, offset)?.ok_or_else(|| {
        wrong(&format!("a LineString or MultiLineString with a length; {feature:?} of {id} is none"))
    })
}

/// The stretches of a line; `None` for what is no line.
pub fn stretches_of(
    shape: &Shape,
    step: Option<f64>,
    half_width_m: f64,
) -> Result<Option<Stretches>, Problem> {
    match Stretches::new(shape, step, half_width_m, MOST_GROUPS) {
        Ok(stretches) => Ok(Some(stretches)),
        Err(StretchesError::NoLine) => Ok(None),
        Err(fault @ StretchesError::TooMany(_)) => {
            Err(Problem::wrong_parameter("step", format!("{fault}; give a larger step")))
        }
    }
}

/// `step`, the length of stretches.
pub fn step_parameter() -> Parameter {
    Parameter::new(
        "step",
        "Length of the stretches of a line, metres, the last as long as what is left; about a twentieth of the \
         line, a round number, when left out.",
        json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true }),
    )
}

/// The length of stretches that is asked for, metres.
pub fn step(params: &Params) -> Result<Option<f64>, Problem> {
    let fits = |text: &str| text.trim().parse().ok().filter(|step: &f64| step.is_finite() && *step > 0.0);
    read(params, "step", "metres, a number above 0", fits)
}

/// The collection that a group names.
fn named(
    catalog: &Catalog,
    id: &str,
    list: &str,
) -> Result<std::sync::Arc<crate::index::IndexedLayer>, Problem> {
    collections::find(catalog, id).map_err(|_| {
        let known: Vec<_> = catalog.layers().map(|layer| layer.layer().id.as_str()).collect();
        Problem::parameter(
            "group-by",
            list,
            &format!("a collection behind the colon, one of {}", known.join(", ")),
        )
    })
}

fn bands(params: &Params) -> Result<Vec<f64>, Problem> {
    let parse =
        |text: &str| text.split(',').map(|limit| limit.trim().parse().ok()).collect::<Option<Vec<f64>>>();
    Ok(read(params, "bands", "metres split by commas", parse)?.unwrap_or_else(|| USUAL_BANDS.to_vec()))
}

fn having(params: &Params) -> Result<Option<Filter>, Problem> {
    let Some(text) = params.get("having") else { return Ok(None) };
    let encoding = if text.trim_start().starts_with('{') { Encoding::Json } else { Encoding::Text };
    let expr = cql2::parse(text, encoding).map_err(QueryError::Having)?;
    Ok(Some(Filter { expr, crs: Crs::Crs84 }))
}

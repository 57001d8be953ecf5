//! A shape that someone drew, typed or pasted: read, checked, widened and measured (`/measure`).
//!
//! The map draws in degrees on a sphere; what it shows in the end comes from here.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use geo::CoordsIter as _;
use serde_json::json;

use super::document::body_of;
use super::negotiate::GEOJSON;
use super::params::{self, ANY_CRS, Parameter, Params, any_crs_schema, read};
use super::problem::Problem;
use super::{App, blocking};
use crate::geometry::positions::{self, Reading};
use crate::geometry::{
    Bounds, Crs, NotWidened, Shape, area_m2, buffer_unless, distance_unless, is_areal, length_m,
};
use crate::query::{Budget, QueryError};
use crate::render::drawn;

/// The longest body, bytes.
const MOST_BODY_BYTES: usize = 4 << 20;
/// The most positions of areas: whether they are valid is found in a time that rises with the square, and cannot be ended.
const MOST_OF_AREAS: usize = 30_000;
/// The farthest that a shape is widened, metres.
const FARTHEST: f64 = 200_000.0;
/// 15 mu are a hectare.
const MU_PER_HA: f64 = 15.0;
const M2_PER_HA: f64 = 10_000.0;

fn parameters() -> Vec<Parameter> {
    vec![
        Parameter::new(
            "geometry",
            "A geometry: WKT or GeoJSON (easting or longitude first), or positions line by line, two numbers each, \
             perhaps behind the name of a point: one is a point, two are a line, more are the outline of a polygon.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "crs",
            "The system of its numbers. Of positions line by line it may be left out: degrees and zones of three degrees are told \
             apart, and which number goes north, by their size; eastings without the number of a zone are in that of the \
             data. Degrees whose size leaves their order open are in that of the system, without one in the order that leads to \
             the data, longitude first where neither does. CRS84 for WKT and GeoJSON when left out.",
            any_crs_schema(),
        ),
        Parameter::new(
            "buffer",
            "Metres by which the shape is widened before it is measured.",
            json!({ "type": "number", "exclusiveMinimum": 0, "maximum": FARTHEST }),
        ),
    ]
}

pub async fn get(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let params = Params::parse(uri.query(), &parameters())?;
    answer(&app, params).await
}

pub async fn post(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body = body_of(&uri, &headers, body, &["application/json"], MOST_BODY_BYTES).await?;
    let params = Params::of_json(&body, &parameters())?;
    answer(&app, params).await
}

async fn answer(app: &App, params: Params) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let body = blocking(app.config.limits.patience, move |budget| {
        measured(&params, catalog.home(None), &catalog.local_windows(), budget)
    })
    .await??;
    let headers = [(header::CONTENT_TYPE, GEOJSON.media_type), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}

/// The shape as a feature in CRS84, with its measures on the ellipsoid, how its numbers were understood against `home`, where the
/// data lies, and how far it is from the nearest of the windows where data is.
fn measured(
    params: &Params,
    home: Option<Bounds>,
    data: &[Bounds],
    budget: &Budget,
) -> Result<String, Problem> {
    let (shape, reading) = shape_of(params, home)?;
    let positions = shape.coords_count();
    if is_areal(&shape) && positions > MOST_OF_AREAS {
        let detail =
            format!("the shape has {positions} positions; areas of at most {MOST_OF_AREAS} are measured");
        return Err(Problem::wrong_parameter("geometry", detail));
    }
    if let Some(fault) = positions::fault(&shape) {
        return Err(Problem::wrong_parameter("geometry", format!("the shape is not valid: {fault}")));
    }
    let expected = format!("metres above 0, at most {FARTHEST}");
    let in_range = |text: &str| text.parse().ok().filter(|metres: &f64| *metres > 0.0 && *metres <= FARTHEST);
    let shape = match read(params, "buffer", &expected, in_range)? {
        None => shape,
        Some(metres) => {
            buffer_unless(&shape, metres, &|| budget.is_spent()).map_err(|fault| match fault {
                NotWidened::Spent => QueryError::Spent.into(),
                fault => Problem::wrong_parameter("buffer", fault.to_string()),
            })?
        }
    };
    let mut properties = json!({
        "crs": reading.crs.to_string(), "north_first": reading.north_first, "length_m": length_m(&shape),
    });
    let distances =
        data.iter().filter_map(|window| distance_unless(&shape, &window.to_shape(), &|| budget.is_spent()));
    let nearest = distances.min_by(f64::total_cmp);
    budget.check()?;
    if let Some(metres) = nearest {
        properties["data_distance_m"] = metres.into();
    }
    if matches!(shape, Shape::Polygon(_) | Shape::MultiPolygon(_)) {
        let m2 = area_m2(&shape);
        properties["area_m2"] = m2.into();
        properties["area_ha"] = (m2 / M2_PER_HA).into();
        properties["area_mu"] = (m2 / M2_PER_HA * MU_PER_HA).into();
    }
    let mut geometry = Vec::new();
    drawn::geometry(&mut geometry, &shape);
    let geometry = String::from_utf8_lossy(&geometry);
    Ok(format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{properties}}}"#))
}

/// The shape in degrees, longitude first.
fn shape_of(params: &Params, home: Option<Bounds>) -> Result<(Shape, Reading), Problem> {
    let text = params.get("geometry");
    let text = text.ok_or_else(|| Problem::wrong_parameter("geometry", "geometry is missing".to_owned()))?;
    let crs = read(params, "crs", ANY_CRS, Crs::parse)?;
    let wrong = |fault: String| Problem::wrong_parameter("geometry", fault);
    if let Some(shape) = params::geometry("geometry", text)? {
        let reading = Reading { crs: crs.unwrap_or(Crs::Crs84), north_first: false };
        return Ok((positions::placed(&shape, reading).map_err(wrong)?, reading));
    }
    let list = positions::parse(text)
        .map_err(|fault| wrong(format!("{fault}; expected WKT, GeoJSON, or positions line by line")))?;
    let reading = match crs {
        Some(crs) => positions::reading_in(&list, crs),
        None => positions::reading_of(&list, home).ok_or_else(|| {
            wrong(
                "the numbers do not show their system, or the data not their zone; name it with crs"
                    .to_owned(),
            )
        })?,
    };
    Ok((positions::shape(&list, reading).map_err(wrong)?, reading))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WUHAN: Bounds = Bounds { west: 113.7, south: 30.0, east: 114.3, north: 30.6 };

    fn ask(pairs: &[(&str, &str)]) -> Result<serde_json::Value, Problem> {
        let params = Params::of_pairs(pairs, &parameters())?;
        Ok(serde_json::from_str(&measured(&params, Some(WUHAN), &[WUHAN], &Budget::default())?)
            .expect("JSON"))
    }

    #[test]
    fn a_square_of_the_equator_is_measured() {
        // On the ellipsoid a degree of the equator is 2 pi 6378137 / 360 = 111319.49 m; a degree of the meridian from the
        // equator is 110574.39 m (series of the meridian arc). Their product is off by the narrowing to the north, 0.005 %.
        let square = "POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))";
        let told = ask(&[("geometry", square)]).expect("a square");
        let m2 = told["properties"]["area_m2"].as_f64().expect("an area");
        assert!((m2 / (111_319.49 * 110_574.39) - 1.0).abs() < 1e-4, "{m2}");
        let mu = told["properties"]["area_mu"].as_f64().expect("an area");
        assert!((mu - m2 * 15.0 / 10_000.0).abs() < 1e-3);
        assert_eq!(told["geometry"]["type"], "Polygon");
    }

    #[test]
    fn a_pasted_list_and_the_same_in_degrees_are_one_place() {
        // EPSG 4547 has its central meridian at 114 degrees with 500 km; the meridian itself stays there.
        let told = ask(&[("geometry", "3375000 500000")]).expect("a point");
        let at = &told["geometry"]["coordinates"];
        assert!((at[0].as_f64().expect("a number") - 114.0).abs() < 1e-9, "{at}");
        assert_eq!(told["properties"]["north_first"], true);
        assert_eq!(told["properties"]["data_distance_m"], 0.0);
    }

    #[test]
    fn the_number_of_a_zone_holds_and_what_is_far_is_told() {
        // By cs2cs 120.72 E, 31.31 N, in Suzhou; some 620 km east of the window above.
        for pairs in [
            vec![("geometry", "3465568.488,40568540.454")],
            vec![("geometry", "568540.454 3465568.488"), ("crs", "[EPSG:4549]")],
        ] {
            let told = ask(&pairs).expect("a point");
            let at = &told["geometry"]["coordinates"];
            let near = |axis: usize, want: f64| (at[axis].as_f64().expect("a number") - want).abs() < 1e-8;
            assert!(near(0, 120.72) && near(1, 31.31), "{at}");
            let far = told["properties"]["data_distance_m"].as_f64().expect("metres");
            assert!((600e3..650e3).contains(&far), "{far}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_in_words() {
        for (pairs, word) in [
            (vec![], "missing"),
            (vec![("geometry", "12708000 3571000")], "crs"),
            (vec![("geometry", "POLYGON((0 0, 1 1, 0 1, 1 0, 0 0))")], "not valid"),
            (vec![("geometry", "0 0"), ("buffer", "-1")], "metres above 0"),
            (vec![("geometry", "0 0"), ("crs", "x")], "4513 to 4554"),
            (vec![("geometry", "0 zero")], "line 1"),
            (
                vec![("geometry", "POLYGON((0 0, 1 0, 1 1, 115 x, 0 0))")],
                "at character 29: expected a number",
            ),
            (
                vec![("geometry", "POLYGON((0 0, 1 0, 0 0))")],
                "at character 9: expected 4 positions or more, found 3",
            ),
            (vec![("geometry", "point(1 2")], "at character 10"),
            (
                vec![("geometry", r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#)],
                "at /coordinates/0",
            ),
            (vec![("geometry", r#"{"type":"Point""#)], "no JSON"),
        ] {
            let fault = ask(&pairs).expect_err("refused");
            assert!(fault.detail().contains(word), "{pairs:?}: {}", fault.detail());
        }
    }
}

//! What is within a walk of so many minutes: `GET /ogc/reach`, and the same for the command line.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::json;

use super::document::Ask;
use super::locate::{NEAREST_FORMS, Start, amount, finish, layers, position_parameters, start};
use super::params::{Parameter, Params, format_parameter, read};
use super::problem::Problem;
use super::styles::language_parameter;
use super::{App, blocking};
use crate::catalog::{Catalog, WalkAbout};
use crate::geometry::Network;
use crate::locate::{self, MOST_MINUTES, Mode, NoNetwork, Stroll, USUAL_MINUTES};
use crate::model::Lang;
use crate::query::Budget;
use crate::query::aggregate::{EXPECTED_MEASURES, Measure};
use crate::render::locate::{self as told, Told};
use crate::render::reach::Walked;

/// Most rings of an answer.
const MOST_RINGS: usize = 12;

/// The network of a catalogue, made ready.
pub fn network_of(app: &App, catalog: &Catalog) -> Arc<Option<Network>> {
    app.networks.of(catalog.revision, |_| locate::network(catalog))
}

/// The parameters of what is within a walk.
pub fn parameters(catalog: &Catalog) -> Vec<Parameter> {
    let walk = &catalog.about.walk;
    let names: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.to_string()).collect();
    let list = || json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": names } });
    let between = |[least, most]: [f64; 2], usual: f64| json!({ "type": "number", "minimum": least, "maximum": most, "default": usual });
    let mut table = position_parameters();
    table.extend([
        Parameter::new(
            "feature",
            "Instead of point: the feature to start from, as collection:id; from the edge of an area.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "minutes",
            "Minutes of each ring, split by commas.",
            json!({ "type": "array", "minItems": 1, "maxItems": MOST_RINGS, "default": USUAL_MINUTES,
                    "items": { "type": "number", "minimum": 0.1, "maximum": MOST_MINUTES } }),
        ),
        Parameter::new("speed", "Kilometres an hour on foot.", between(WalkAbout::SPEEDS, walk.speed_kmh)),
        Parameter::new(
            "detour",
            "Metres walked for a metre straight where no street is known.",
            between(WalkAbout::FACTORS, walk.detour_factor),
        ),
        Parameter::new(
            "mode",
            "network walks along the lines that the data names as its network, and fails where there is none near the start; \
             straight takes straight lines times the detour factor. When left out the network where there is one near.",
            json!({ "type": "string", "enum": Mode::ALL.map(|(name, _)| name) }),
        ),
        Parameter::new(
            "collections",
            "The collections whose features are looked for; when left out those that the data names as facilities, else those \
             that the map draws as such.",
            list(),
        ),
        Parameter::new(
            "planned",
            "true counts what is only planned or proposed, too.",
            json!({ "type": "boolean", "default": false }),
        ),
        Parameter::new(
            "polygons",
            "Collections of polygons that are counted in each ring, with hectares; when left out those that the map draws as \
             parcels.",
            list(),
        ),
        Parameter::new(
            "measure",
            "What else is measured of the polygons with their centre in a ring, split by commas, as of aggregates: \
             polygons=census&measure=sum(people) tells how many people are reached.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        ),
        language_parameter(),
        format_parameter(NEAREST_FORMS),
    ]);
    table
}

/// The question, read.
fn asked(params: &Params, catalog: &Catalog) -> Result<Stroll, Problem> {
    let expected = format!("numbers above 0 and up to {MOST_MINUTES}, split by commas, at most {MOST_RINGS}");
    let minutes = read(params, "minutes", &expected, |text| {
        let all: Option<Vec<f64>> = text.split(',').map(|one| one.trim().parse().ok()).collect();
        let mut all = all.filter(|all| all.iter().all(|one| *one > 0.0 && *one <= MOST_MINUTES))?;
        all.sort_by(f64::total_cmp);
        all.dedup();
        (all.len() <= MOST_RINGS).then_some(all)
    })?;
    let between = |name: &str, [least, most]: [f64; 2], usual: f64| {
        let expected = format!("a number from {least} to {most}");
        match amount(params, name, &expected)? {
            Some(number) if !(least..=most).contains(&number) => {
                Err(Problem::parameter(name, params.get(name).unwrap_or(""), &expected))
            }
            given => Ok(given.unwrap_or(usual)),
        }
    };
    let mode = |text: &str| Mode::ALL.into_iter().find(|(name, _)| *name == text).map(|(_, mode)| mode);
    let usual = Stroll::usual(catalog);
    Ok(Stroll {
        minutes: minutes.unwrap_or(usual.minutes),
        speed_kmh: between("speed", WalkAbout::SPEEDS, usual.speed_kmh)?,
        detour_factor: between("detour", WalkAbout::FACTORS, usual.detour_factor)?,
        mode: read(params, "mode", "network or straight", mode)?,
        facilities: layers(params, "collections", catalog)?.unwrap_or(usual.facilities),
        with_planned: read(params, "planned", "true or false", |text| text.parse().ok())?.unwrap_or(false),
        polygons: layers(params, "polygons", catalog)?.unwrap_or(usual.polygons),
        measures: read(params, "measure", EXPECTED_MEASURES, |text| {
            Some(text.split(',').map(|one| one.trim().into()).zip(Measure::parse_list(text)?).collect())
        })?
        .unwrap_or_default(),
    })
}

/// The question, answered.
fn answer(
    (start, asked): (Start, Stroll),
    catalog: &Catalog,
    network: Option<&Network>,
    lang: Lang,
    budget: &Budget,
) -> Result<Told, Problem> {
    let (Start { standpoint, asked: position, shape }, about) = (start, &catalog.about.walk);
    let reach = locate::reach(about, network, &standpoint, &shape, &asked, budget)?;
    let reach = reach.map_err(|why| {
        let off = about.off_network_m;
        Problem::wrong_parameter("mode", match why {
            NoNetwork::Far => format!(
                "parameter mode is network, and no line of the network is within {off} m of the start; leave mode out, or give \
                 straight"
            ),
            _ => "parameter mode is network, and the data names no network: [walk] network in catalog.toml lists the layers of \
                  streets and paths; leave mode out, or give straight"
                .to_owned(),
        })
    })?;
    let from = told::from_of(&standpoint, position);
    let from = from.ok_or_else(|| Problem::internal("a standpoint is a position or a feature".to_owned()))?;
    Ok(Walked { reach: &reach, asked: &asked, about, lang }.told(from))
}

/// What is within a walk: `GET /ogc/reach`.
pub async fn reach(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let table = parameters(&catalog);
    let ask = Arc::new(Ask::read(&app, catalog, &uri, &headers, &table, NEAREST_FORMS)?.spoken()?);
    let question = (start(&ask.params, &ask.catalog)?, asked(&ask.params, &ask.catalog)?);
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let told = blocking(app.config.limits.patience, {
        let (ask, app) = (Arc::clone(&ask), Arc::clone(&app));
        move |budget| {
            let network = network_of(&app, &ask.catalog);
            answer(question, &ask.catalog, (*network).as_ref(), ask.lang, budget)
        }
    });
    Ok(finish(&ask, told.await??, ask.lang.pick("步行可达", "Within a walk"), "/reach"))
}

/// The same answer without a server: parameters as in an address, without their percent signs.
///
/// # Errors
/// What was wrong with them, in words.
pub fn stroll(catalog: &Catalog, parameters: &[(&str, String)], lang: Lang) -> Result<Told, String> {
    let told = Params::of_pairs(parameters, &self::parameters(catalog)).and_then(|params| {
        let question = (start(&params, catalog)?, asked(&params, catalog)?);
        answer(question, catalog, locate::network(catalog).as_ref(), lang, &Budget::default())
    });
    told.map_err(|problem| problem.detail().to_owned())
}

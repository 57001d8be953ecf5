//! The strip diagram of what stands along a line: how the picture is asked for that `…/along` is as SVG or PNG.

use std::collections::BTreeSet;

use serde_json::json;

use super::grouping;
use super::negotiate::{Format, MAP_SVG};
use super::params::{self, Parameter, Params, read};
use super::problem::Problem;
use super::styles;
use crate::catalog::Catalog;
use crate::index::IndexedLayer;
use crate::locate::{Along, Member};
use crate::map::style::Theme;
use crate::map::{png, svg};
use crate::model::{Incoming, Lang};
use crate::query::aggregate::{Aggregation, Places, aggregate};
use crate::query::{Budget, Page, Query};
use crate::report::ReportError;
use crate::report::strip::{self, Band, Href, Request, WIDTHS};

/// The parameters of the diagram.
pub fn parameters(catalog: &Catalog) -> Vec<Parameter> {
    let names: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.to_string()).collect();
    vec![
        styles::language_parameter(),
        styles::theme_parameter(),
        params::width_parameter("Of the diagram: pixels across.", WIDTHS),
        Parameter::new(
            "density",
            "Of the diagram: the collection whose features are counted by stretches of the line in a band below it; none \
             when left out.",
            json!({ "type": "string", "enum": names }),
        ),
        grouping::step_parameter(),
    ]
}

/// What a request asks of the diagram beside what stands along the line.
#[derive(Debug)]
pub struct Look {
    theme: Theme,
    width: u16,
    density: Option<std::sync::Arc<IndexedLayer>>,
    step: Option<f64>,
}

impl Look {
    /// Reads it.
    ///
    /// # Errors
    /// A value that makes no sense.
    pub fn read(params: &Params, catalog: &Catalog) -> Result<Self, Problem> {
        let known: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.as_str()).collect();
        let expected = format!("one collection of {}", known.join(", "));
        Ok(Self {
            theme: read(params, "theme", "light or dark", Theme::parse)?.unwrap_or_default(),
            width: params::width(params, WIDTHS)?,
            density: read(params, "density", &expected, |name| catalog.layer(name).cloned())?,
            step: grouping::step(params)?,
        })
    }

    /// The file of the diagram, and the characters that no font has.
    ///
    /// # Errors
    /// There are no fonts, the step is too small, or the budget is spent.
    pub fn draw(
        &self,
        catalog: &Catalog,
        (line, along): (&Member, &Along),
        half_width_m: f64,
        (lang, form): (Lang, Format),
        href: Option<Href<'_>>,
        budget: &Budget,
    ) -> Result<(Vec<u8>, BTreeSet<char>), Problem> {
        let counted = self.density.as_ref();
        let band = counted.map(|indexed| self.band(indexed, line, half_width_m, lang, budget)).transpose()?;
        let (theme, width) = (self.theme, self.width);
        let request = Request { line, along, half_width_m, band, lang, theme, width };
        let picture = strip::draw(catalog, &request, href)?;
        if form == MAP_SVG {
            return Ok((svg::write(&picture), picture.missing));
        }
        let refused = |fault: png::PngError| ReportError::Refused { format: "png", fault: fault.to_string() };
        Ok((png::write(&picture).map_err(refused)?, picture.missing))
    }

    fn band(
        &self,
        indexed: &IndexedLayer,
        line: &Member,
        half_width_m: f64,
        lang: Lang,
        budget: &Budget,
    ) -> Result<Band, Problem> {
        let wrong = || Problem::missing(format!("feature {} is no line", line.feature().id()));
        let shape = line.shape().ok_or_else(wrong)?;
        let stretches = grouping::stretches_of(&shape, self.step, half_width_m)?.ok_or_else(wrong)?;
        let limits: Vec<_> = (0..stretches.count()).map(|at| stretches.limits(at)).collect();
        let asked = Aggregation {
            select: Query::default(),
            fields: Vec::new(),
            places: Some(Places::Stretches(Box::new(stretches))),
            measures: Vec::new(),
            having: None,
            sort: Vec::new(),
            page: Page { offset: 0, limit: u32::MAX },
        };
        let table = aggregate(&asked, indexed, budget)?;
        let count = |cells: &[Incoming<'_>]| match cells[table.key_columns] {
            Incoming::Integer(count) => u64::try_from(count).unwrap_or(0),
            _ => 0,
        };
        let counts = table.groups.iter().map(|row| count(&row.cells));
        let about = &indexed.layer().about;
        Ok(Band {
            title: about.title.say(lang).to_owned(),
            synthetic: about.synthetic,
            stretches: std::iter::zip(limits, counts).collect(),
        })
    }
}

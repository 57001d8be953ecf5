//! What does a layer of the style say? Its properties for one feature.
//!
//! In: a layer as JSON (`MapLibre` style specification). Out: numbers, colours, texts, lists. Leaves out: drawing.
//! A property that this service does not draw is refused, so that a picture never quietly differs from the web map.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use thiserror::Error;

use super::color::Color;
use super::expression::{self, Context, Expr, ExpressionError};

/// Why a layer cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StyleError {
    /// An expression is not understood.
    #[error("style layer {layer}: {fault}")]
    Expression {
        /// Id of the layer.
        layer: String,
        /// What is wrong.
        fault: ExpressionError,
    },
    /// Something of it is not drawn by this service.
    #[error("style layer {layer}: {what} is not drawn")]
    Unknown {
        /// Id of the layer.
        layer: String,
        /// The type or the property.
        what: String,
    },
}

/// What a layer draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole picture.
    Background,
    /// Areas.
    Fill,
    /// Lines.
    Line,
    /// Circles.
    Circle,
    /// Icons and texts.
    Symbol,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        let names = ["background", "fill", "line", "circle", "symbol"];
        let kinds = [Self::Background, Self::Fill, Self::Line, Self::Circle, Self::Symbol];
        names.iter().position(|known| *known == name).map(|at| kinds[at])
    }

    /// The properties that are drawn.
    fn properties(self) -> &'static [&'static str] {
        match self {
            Self::Background => &["background-color", "background-opacity"],
            Self::Fill => &["fill-color", "fill-opacity", "fill-pattern", "fill-antialias"],
            Self::Line => &[
                "line-color",
                "line-width",
                "line-opacity",
                "line-blur",
                "line-offset",
                "line-dasharray",
                "line-cap",
                "line-join",
            ],
            Self::Circle => &[
                "circle-color",
                "circle-opacity",
                "circle-radius",
                "circle-stroke-color",
                "circle-stroke-opacity",
                "circle-stroke-width",
            ],
            Self::Symbol => &[
                "icon-allow-overlap",
                "icon-ignore-placement",
                "icon-image",
                "icon-opacity",
                "icon-padding",
                "icon-size",
                "symbol-placement",
                "symbol-sort-key",
                "symbol-spacing",
                "text-allow-overlap",
                "text-anchor",
                "text-color",
                "text-field",
                "text-font",
                "text-halo-color",
                "text-halo-width",
                "text-ignore-placement",
                "text-justify",
                "text-letter-spacing",
                "text-max-angle",
                "text-max-width",
                "text-offset",
                "text-opacity",
                "text-optional",
                "text-padding",
                "text-radial-offset",
                "text-size",
                "text-variable-anchor",
                "text-variable-anchor-offset",
            ],
        }
    }
}

/// Properties that are lists of names.
const NAMES: [&str; 2] = ["text-font", "text-variable-anchor"];

/// A layer of the style.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Its id.
    pub id: String,
    /// What it draws.
    pub kind: Kind,
    /// Whose features it draws; empty for the background.
    pub source: String,
    zooms: [f64; 2],
    filter: Option<Expr>,
    properties: BTreeMap<String, Expr>,
}

impl Layer {
    /// Reads a layer.
    ///
    /// # Errors
    /// A type, a property or an expression that is not drawn.
    pub fn parse(json: &Json) -> Result<Self, StyleError> {
        let text = |name: &str| json[name].as_str().unwrap_or("").to_owned();
        let id = text("id");
        let unknown = |what: String| StyleError::Unknown { layer: id.clone(), what };
        let expression =
            |json| Expr::parse(json).map_err(|fault| StyleError::Expression { layer: id.clone(), fault });
        let kind = Kind::of(&text("type")).ok_or_else(|| unknown(format!("type {:?}", text("type"))))?;
        let mut properties = BTreeMap::new();
        for (name, value) in ["layout", "paint"].iter().filter_map(|part| json[part].as_object()).flatten() {
            if !kind.properties().contains(&name.as_str()) {
                return Err(unknown(format!("property {name}")));
            }
            // A list of names is no call of the first of them.
            let is_names = NAMES.contains(&name.as_str())
                && value.as_array().is_some_and(|names| names.iter().all(Json::is_string));
            let value = if is_names { Expr::Literal(value.clone()) } else { expression(value)? };
            properties.insert(name.clone(), value);
        }
        let filter = json.get("filter").map(expression).transpose()?;
        let zooms =
            [json["minzoom"].as_f64().unwrap_or(0.0), json["maxzoom"].as_f64().unwrap_or(f64::INFINITY)];
        Ok(Self { source: text("source"), id, kind, zooms, filter, properties })
    }

    /// Is the layer drawn at a zoom?
    #[must_use]
    pub fn shows_at(&self, zoom: f64) -> bool {
        (self.zooms[0]..self.zooms[1]).contains(&zoom)
    }

    /// Does the layer draw a feature?
    #[must_use]
    pub fn selects(&self, context: &Context<'_>) -> bool {
        let truth = |filter: &Expr| filter.value(context).and_then(|value| value.as_bool());
        self.filter.as_ref().is_none_or(|filter| truth(filter) == Some(true))
    }

    /// The property for a feature; none where the style does not say, or says what makes no sense.
    #[must_use]
    pub fn json<'a>(&'a self, name: &str, context: &Context<'a>) -> Option<std::borrow::Cow<'a, Json>> {
        self.properties.get(name)?.value(context)
    }

    /// A number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "sizes of a picture")]
    pub fn number(&self, name: &str, default: f32, context: &Context<'_>) -> f32 {
        self.json(name, context).and_then(|value| value.as_f64()).map_or(default, |number| number as f32)
    }

    /// A colour; black where the style does not say.
    #[must_use]
    pub fn color(&self, name: &str, context: &Context<'_>) -> Color {
        let value = self.json(name, context);
        value.and_then(|value| Color::parse(value.as_str()?)).unwrap_or(Color::BLACK)
    }

    /// Yes or no.
    #[must_use]
    pub fn truth(&self, name: &str, default: bool, context: &Context<'_>) -> bool {
        self.json(name, context).and_then(|value| value.as_bool()).unwrap_or(default)
    }

    /// A text; empty where the style does not say.
    #[must_use]
    pub fn text(&self, name: &str, context: &Context<'_>) -> String {
        self.json(name, context).map(|value| expression::text(&value)).unwrap_or_default()
    }

    /// A list of numbers; empty where the style does not say.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "sizes of a picture")]
    pub fn numbers(&self, name: &str, context: &Context<'_>) -> Vec<f32> {
        let value = self.json(name, context);
        let list = value.as_ref().and_then(|value| value.as_array());
        list.map(|list| {
            list.iter().filter_map(|number| number.as_f64().map(|number| number as f32)).collect()
        })
        .unwrap_or_default()
    }

    /// Does the style say anything of a property?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.properties.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_drawn_is_refused() {
        let layer =
            |paint: Json| Layer::parse(&json!({ "id": "a", "type": "line", "source": "s", "paint": paint }));
        assert!(layer(json!({ "line-width": 2 })).is_ok());
        assert_eq!(
            layer(json!({ "line-gradient": "x" })).map_err(|fault| fault.to_string()),
            Err("style layer a: property line-gradient is not drawn".to_owned())
        );
        assert!(Layer::parse(&json!({ "id": "a", "type": "raster" })).is_err());
        assert!(layer(json!({ "line-width": ["sqrt", 2] })).is_err());
    }

    #[test]
    fn a_layer_shows_from_its_lowest_zoom_up_to_below_its_highest() {
        let layer =
            Layer::parse(&json!({ "id": "a", "type": "fill", "source": "s", "minzoom": 10, "maxzoom": 14 }))
                .expect("a layer");
        assert_eq!([9.9, 10.0, 13.9, 14.0].map(|zoom| layer.shows_at(zoom)), [false, true, true, false]);
    }
}

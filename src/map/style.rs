//! How does the map look: its colours, and the layers of its style?
//!
//! In: a look, that is a view, a theme and a language. Out: colours by name, and layers by the `MapLibre` style
//! specification. Leaves out: what the layers draw, and where it is fetched.
//!
//! `web/src/app.css` holds the colours and `web/src/map/style.json` the layers, from the lowest to the highest; the web
//! app draws with the same two files. In the latter stand, at any depth:
//!
//! - `"$core"`: the colour `--core`;
//! - `{ "$zh": a, "$en": b }` and `{ "$explore": a, "$parcels": b }`: what the language or the view needs;
//! - `{ "$as": "name", .. }`: the entry of `parts`; with more members, the entry and these, which win;
//! - `{ "$fades": 0.4 }`, `{ "$recedes": 1 }`: a number that is smaller while something else is highlighted, which
//!   nothing is here;
//! - `{ "$selected": "" }`: the key of the selected feature, here the text given, as none is selected.
//!
//! A layer with `"$only": "explore"` is a layer of that view alone. Layers of the source `selected` are the web app's
//! own, but for [`layers_with_selection`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::model::Lang;

/// A screen of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The layout of the plan.
    Explore,
    /// Parcels, under a quieter layout.
    Parcels,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Explore, Self::Parcels];

    /// Its name in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Explore => "explore",
            Self::Parcels => "parcels",
        }
    }

    /// The view of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.name() == name)
    }
}

/// Which of the two sets of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Its name in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// What a style depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The screen.
    pub view: View,
    /// The colours.
    pub theme: Theme,
    /// The language of names.
    pub lang: Lang,
}

impl Look {
    /// All of them, in the order of [`Self::index`].
    fn all() -> impl Iterator<Item = Self> {
        View::ALL.into_iter().flat_map(|view| {
            Theme::ALL
                .into_iter()
                .flat_map(move |theme| [Lang::Zh, Lang::En].map(|lang| Self { view, theme, lang }))
        })
    }

    fn index(self) -> usize {
        (self.view as usize * 2 + self.theme as usize) * 2 + self.lang as usize
    }
}

/// Colours by name, each `#RRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens(BTreeMap<Box<str>, Box<str>>);

impl Tokens {
    /// The colour of a name, `#RRGGBB`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|colour| &**colour)
    }
}

const SHEET: &str = include_str!("../../web/src/app.css");
const TEMPLATE: &str = include_str!("../../web/src/map/style.json");

/// The colours of a theme.
///
/// # Panics
/// Never: the style sheet is part of the program, and a test reads it.
#[must_use]
pub fn tokens(theme: Theme) -> &'static Tokens {
    static TOKENS: LazyLock<[Tokens; 2]> = LazyLock::new(|| {
        Theme::ALL.map(|theme| read_tokens(SHEET, theme).expect("app.css holds the tokens"))
    });
    &TOKENS[theme as usize]
}

/// The layers of a style, from the lowest to the highest, as the `MapLibre` style specification writes them.
///
/// # Panics
/// Never: the template is part of the program, and a test reads it in all looks.
#[must_use]
pub fn layers(look: Look) -> &'static [Value] {
    static LAYERS: LazyLock<Vec<Vec<Value>>> = LazyLock::new(|| {
        let template = serde_json::from_str(TEMPLATE).expect("style.json is JSON");
        let read = |look: Look| read_layers(&template, look, tokens(look.theme), false);
        Look::all().map(|look| read(look).expect("style.json names what there is")).collect()
    });
    &LAYERS[look.index()]
}

/// The layers of a style, those that highlight the features of the source `selected` among them.
///
/// # Panics
/// Never, as [`layers`].
#[must_use]
pub fn layers_with_selection(look: Look) -> &'static [Value] {
    static LAYERS: LazyLock<Vec<Vec<Value>>> = LazyLock::new(|| {
        let template = serde_json::from_str(TEMPLATE).expect("style.json is JSON");
        let read = |look: Look| read_layers(&template, look, tokens(look.theme), true);
        Look::all().map(|look| read(look).expect("style.json names what there is")).collect()
    });
    &LAYERS[look.index()]
}

/// Why a style sheet or a template makes no style.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum StyleError {
    #[error("the style sheet has no block {0}")]
    NoBlock(&'static str),
    #[error("--{name} is {value:?}, expected #RRGGBB")]
    Colour { name: String, value: String },
    #[error("the template names {0}, which there is not")]
    Unknown(String),
    #[error("the template lacks {0}")]
    Lacks(&'static str),
    #[error("parts of the template hold each other: {0}")]
    Circle(String),
    #[error("the part {0} takes members, but is no object")]
    NoObject(String),
}

/// The declarations `--name: #RRGGBB` of `:root`, and in the dark theme those of its block over them.
fn read_tokens(sheet: &str, theme: Theme) -> Result<Tokens, StyleError> {
    let mut tokens = BTreeMap::new();
    let blocks: &[&'static str] = match theme {
        Theme::Light => &[":root {"],
        Theme::Dark => &[":root {", "[data-theme='dark'] {"],
    };
    for &block in blocks {
        let (_, after) = sheet.split_once(block).ok_or(StyleError::NoBlock(block))?;
        let (inside, _) = after.split_once('}').ok_or(StyleError::NoBlock(block))?;
        for declaration in inside.split(';') {
            let Some((name, value)) = declaration.split_once(':') else { continue };
            let Some(name) = name.trim().strip_prefix("--") else { continue };
            let value = value.trim();
            if let Some(digits) = value.strip_prefix('#') {
                if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(StyleError::Colour { name: name.to_owned(), value: value.to_owned() });
                }
                tokens.insert(name.into(), value.into());
            }
        }
    }
    Ok(Tokens(tokens))
}

fn read_layers(
    template: &Value,
    look: Look,
    tokens: &Tokens,
    selected: bool,
) -> Result<Vec<Value>, StyleError> {
    let parts = template["parts"].as_object().ok_or(StyleError::Lacks("parts"))?;
    let layers = template["layers"].as_array().ok_or(StyleError::Lacks("layers"))?;
    let reader = Reader { parts, tokens, look };
    let is_shown = |layer: &&Value| {
        (selected || layer["source"] != "selected")
            && layer.get("$only").is_none_or(|only| only == look.view.name())
    };
    layers
        .iter()
        .filter(is_shown)
        .map(|layer| {
            let mut layer = layer.clone();
            layer
                .as_object_mut()
                .ok_or(StyleError::Lacks("a layer that is an object"))?
                .shift_remove("$only");
            reader.read(&layer, 0)
        })
        .collect()
}

/// The rules of the template, for one look.
struct Reader<'a> {
    parts: &'a Map<String, Value>,
    tokens: &'a Tokens,
    look: Look,
}

impl Reader<'_> {
    /// A value as the style specification has it; `depth` counts the parts around it.
    fn read(&self, value: &Value, depth: usize) -> Result<Value, StyleError> {
        match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(name) => {
                    let colour = self.tokens.get(name);
                    Ok(colour.ok_or_else(|| StyleError::Unknown(format!("the colour --{name}")))?.into())
                }
                None => Ok(value.clone()),
            },
            Value::Array(entries) => entries.iter().map(|entry| self.read(entry, depth)).collect(),
            Value::Object(members) => self.read_members(members, depth),
            _ => Ok(value.clone()),
        }
    }

    fn read_members(&self, members: &Map<String, Value>, depth: usize) -> Result<Value, StyleError> {
        if let Some(name) = members.get("$as").and_then(Value::as_str) {
            if depth >= self.parts.len() {
                return Err(StyleError::Circle(name.to_owned()));
            }
            let part = self.parts.get(name).ok_or_else(|| StyleError::Unknown(format!("the part {name}")))?;
            let mut part = self.read(part, depth + 1)?;
            for (member, value) in members.iter().filter(|(member, _)| *member != "$as") {
                let held = part.as_object_mut().ok_or_else(|| StyleError::NoObject(name.to_owned()))?;
                held.insert(member.clone(), self.read(value, depth)?);
            }
            return Ok(part);
        }
        if let Some(value) = ["$fades", "$recedes", "$selected"].iter().find_map(|name| members.get(*name)) {
            return self.read(value, depth);
        }
        if members.keys().any(|name| name.starts_with('$')) {
            let lang = self.look.lang.pick("$zh", "$en");
            let view = format!("${}", self.look.view.name());
            let chosen = members.get(lang).or_else(|| members.get(&view));
            let names = || members.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            return self.read(chosen.ok_or_else(|| StyleError::Unknown(names()))?, depth);
        }
        let read = |(name, value): (&String, &Value)| Ok((name.clone(), self.read(value, depth)?));
        members.iter().map(read).collect::<Result<Map<_, _>, _>>().map(Value::Object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LIGHT: Look = Look { view: View::Explore, theme: Theme::Light, lang: Lang::Zh };

    fn read(template: &Value, look: Look) -> Result<Vec<Value>, StyleError> {
        let sheet = ":root { --core: #AA0011; --r: 10px; } [data-theme='dark'] { --core: #00BBCC; }";
        read_layers(template, look, &read_tokens(sheet, look.theme)?, false)
    }

    fn layer(id: &str, look: Look) -> Option<&'static Value> {
        layers(look).iter().find(|layer| layer["id"] == id)
    }

    #[test]
    fn every_look_has_its_own_layers() {
        for (at, look) in Look::all().enumerate() {
            assert_eq!(look.index(), at, "{look:?}");
            let written = Value::from(layers(look)).to_string();
            assert!(!written.contains('$'), "{look:?}: {written}");
            assert!(layers(look).iter().all(|layer| layer["source"] != "selected"), "{look:?}");
        }
        let (parcels, dark, english) = (
            Look { view: View::Parcels, ..LIGHT },
            Look { theme: Theme::Dark, ..LIGHT },
            Look { lang: Lang::En, ..LIGHT },
        );
        let core = |look| layer("core-fill", look).expect("a layer")["paint"].clone();
        let spacing =
            |look| layer("core-name", look).expect("a layer")["layout"]["text-letter-spacing"].clone();
        assert_eq!(
            (&core(LIGHT)["fill-color"], &core(dark)["fill-color"]),
            (&json!("#9E1B32"), &json!("#FF7F8F"))
        );
        assert_eq!(
            (&core(LIGHT)["fill-opacity"], &core(parcels)["fill-opacity"]),
            (&json!(0.15), &json!(0.06))
        );
        assert_eq!((spacing(LIGHT), spacing(english)), (json!(0.12), json!(0.03)));
        assert!(layer("belt-hatch", LIGHT).is_some() && layer("belt-hatch", parcels).is_none());
    }

    #[test]
    fn the_rules_of_the_template() {
        let template = json!({
            "parts": { "thin": { "line-color": "$core", "line-width": 1 }, "name": ["get", "name"], "far": { "$as": "name" } },
            "layers": [
                { "id": "a", "paint": { "$as": "thin", "line-width": { "$explore": 2, "$parcels": { "$zh": 3, "$en": 4 } } } },
                { "id": "b", "$only": "parcels", "layout": [{ "$as": "far" }, { "$fades": 0.4 }, { "$recedes": 1 }, { "$selected": "" }] },
                { "id": "c", "source": "selected" },
            ],
        });
        let thin = |colour: &str, width: u8| json!({ "id": "a", "paint": { "line-color": colour, "line-width": width } });
        assert_eq!(read(&template, LIGHT), Ok(vec![thin("#AA0011", 2)]));
        let other = Look { view: View::Parcels, theme: Theme::Dark, lang: Lang::En };
        let names = json!({ "id": "b", "layout": [["get", "name"], 0.4, 1, ""] });
        assert_eq!(read(&template, other), Ok(vec![thin("#00BBCC", 4), names]));
    }

    #[test]
    fn a_template_that_names_what_is_not_there_is_refused() {
        let of = |value: Value| json!({ "parts": { "a": { "$as": "b" }, "b": [{ "$as": "a" }], "n": [] }, "layers": [{ "id": value }] });
        let unknown = |what: &str| StyleError::Unknown(what.to_owned());
        let cases = [
            (of(json!("$cor")), unknown("the colour --cor")),
            (of(json!({ "$as": "c" })), unknown("the part c")),
            (of(json!({ "$fr": 1, "$de": 2 })), unknown("$fr, $de")),
            (of(json!({ "$as": "a" })), StyleError::Circle("b".to_owned())),
            (of(json!({ "$as": "n", "m": 1 })), StyleError::NoObject("n".to_owned())),
            (json!({ "layers": [] }), StyleError::Lacks("parts")),
            (json!({ "parts": {} }), StyleError::Lacks("layers")),
            (json!({ "parts": {}, "layers": [1] }), StyleError::Lacks("a layer that is an object")),
        ];
        for (template, want) in cases {
            assert_eq!(read(&template, LIGHT), Err(want), "{template}");
        }
    }

    #[test]
    fn a_style_sheet_is_read_strictly() {
        let dark = "[data-theme='dark'] { --a: #010203; }";
        let sheet = format!(":root {{ --a: #FFFFFF; --b: #abcdef; --r: 10px }} {dark}");
        let light = read_tokens(&sheet, Theme::Light).expect("tokens");
        assert_eq!(
            [light.get("a"), light.get("b"), light.get("r")],
            [Some("#FFFFFF"), Some("#abcdef"), None]
        );
        let dark = read_tokens(&sheet, Theme::Dark).expect("tokens");
        assert_eq!([dark.get("a"), dark.get("b")], [Some("#010203"), Some("#abcdef")]);
        let wrong = |value: &str| {
            let fault = StyleError::Colour { name: "a".to_owned(), value: value.to_owned() };
            assert_eq!(read_tokens(&format!(":root {{ --a: {value}; }}"), Theme::Light), Err(fault));
        };
        ["#FFF", "#GGGGGG", "#FFFFFFFF"].into_iter().for_each(wrong);
        assert_eq!(read_tokens("p {}", Theme::Light), Err(StyleError::NoBlock(":root {")));
        assert_eq!(
            read_tokens(":root { --a: #FFFFFF; }", Theme::Dark),
            Err(StyleError::NoBlock("[data-theme='dark'] {"))
        );
    }

    #[test]
    fn names_lead_back_to_views_and_themes() {
        assert_eq!(View::ALL.map(|view| View::parse(view.name())), View::ALL.map(Some));
        assert_eq!(Theme::ALL.map(|theme| Theme::parse(theme.name())), Theme::ALL.map(Some));
        assert_eq!((View::parse("Explore"), Theme::parse("")), (None, None));
    }
}

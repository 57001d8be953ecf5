//! The style of the map: its tokens and its layers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::model::Lang;

/// A screen of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The layout of the plan.
    Explore,
    /// Parcels, above a quieter layout.
    Parcels,
}

/// Which of the two sets of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// What a style depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look {
    /// The screen.
    pub view: View,
    /// The colours.
    pub theme: Theme,
    /// The language of names.
    pub lang: Lang,
}

/// Colours by name, each `#RRGGBB`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tokens(BTreeMap<Box<str>, Box<str>>);

impl Tokens {
    /// The colour of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|colour| &**colour)
    }
}

/// The colours of a theme.
#[must_use]
pub fn tokens(_theme: Theme) -> &'static Tokens {
    static NONE: LazyLock<Tokens> = LazyLock::new(Tokens::default);
    &NONE
}

/// The layers of a style, from the lowest to the highest (`MapLibre` style specification), with all tokens resolved.
#[must_use]
pub fn layers(_look: Look) -> &'static [Value] {
    &[]
}

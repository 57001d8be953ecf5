//! How does the map look, what does it draw, and how does it become a picture?
//!
//! In: a catalogue and a [`Request`]: a look, a part of the earth, furniture. Out: the layers of a style and the
//! features they draw; a [`Picture`], and it as PNG, SVG or PDF. Leaves out: files, requests.
//!
//! One look has one style, and the web app draws by the same: [`style`] says how, [`sources`] what. A picture is made in
//! three steps. [`scene`] reads the layers ([`layer`], [`expression`]), puts the features on the frame ([`outline`]) and
//! finds room for their names ([`labels`], [`place`], [`text`]) and signs ([`signs`]). [`furniture`] adds legend, scale
//! bar and the rest. What comes out is one list of paths and texts ([`picture`]), which [`png`], [`svg`] and [`pdf`] only
//! write down.

pub mod color;
pub mod expression;
pub mod frame;
pub mod labels;
pub mod layer;
pub mod outline;
pub mod pdf;
pub mod picture;
pub mod place;
pub mod png;
pub mod scene;
pub mod signs;
pub mod sources;
mod spots;
pub mod style;
pub mod svg;
pub mod text;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::catalog::Catalog;
use crate::query::{Budget, QueryError};
use color::Color;
use frame::Frame;
use layer::{Layer, StyleError};
use outline::Outline;
use picture::{About, Picture};
use scene::{Feature, Features, Stage};
use sources::Drawn;
use style::Look;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum MapError {
    /// The style has something that is not drawn.
    #[error(transparent)]
    Style(#[from] StyleError),
    /// The build has no fonts.
    #[error(transparent)]
    Fonts(#[from] text::NoFonts),
    /// The time for it is over.
    #[error(transparent)]
    Spent(#[from] QueryError),
}

/// What a picture is to show.
#[derive(Debug, Clone)]
pub struct Request {
    /// How it looks.
    pub look: Look,
    /// The part of the earth.
    pub frame: Frame,
}

/// Draws a picture.
///
/// # Errors
/// The build has no fonts, or the budget is spent.
pub fn draw(_catalog: &Catalog, sources: &BTreeMap<&'static str, Vec<Drawn>>, request: &Request, budget: &Budget) -> Result<Picture, MapError> {
    text::check()?;
    let Request { look, frame } = request;
    let layers = style::layers(*look).iter().map(Layer::parse).collect::<Result<Vec<_>, _>>()?;
    let mut features: Features<'_> = BTreeMap::new();
    for (name, drawn) in sources {
        let feature = |drawn: &'_ Drawn| Outline::all_of(&drawn.geometry, frame);
        features.insert(name, drawn.iter().map(|drawn| Feature { properties: &drawn.properties, outlines: feature(drawn) }).collect());
    }
    let stage = Stage { frame, tokens: style::tokens(look.theme), budget };
    let scene = scene::compose(stage, &layers, &features, &[])?;
    Ok(Picture {
        size: frame.size,
        background: scene.background.unwrap_or(Color::BLACK),
        items: scene.items,
        about: About::default(),
        missing: std::collections::BTreeSet::new(),
    })
}

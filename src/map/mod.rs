//! How does the map look, and what does it draw?
//!
//! In: a catalogue, a view, a theme, a language. Out: the layers of a style and the features they draw. Leaves out:
//! files, requests, how a picture is encoded.

pub mod sources;
mod spots;
pub mod style;

//! Layers whose lines are the shortest ways between their positions, with their lengths.

use super::StoreError;
use super::manifest::FieldSpec;
use crate::geometry::{GeometryArray, GeometryBuilder, GeometryKind, Part, along_geodesic, length_m};
use crate::model::{ColumnBuilder, Field, Incoming, Layer, ValueKind, Words};

/// The field that is added.
const LENGTH: &str = "length_m";
/// Metres between positions of a line: so near that it bends as the shortest way does at any scale of a web map of regions.
const STEP_M: f64 = 10_000.0;

/// The layer with positions set along its lines, and their length on the ellipsoid as one field more.
///
/// # Errors
/// It has a field of that name, or features that are no lines.
pub fn drawn(layer: &Layer) -> Result<Layer, StoreError> {
    if let Some(kind) = layer.geometries().kinds().into_iter().find(|&kind| !is_line(kind)) {
        let id = &layer.id;
        return Err(StoreError::Manifest(format!(
            "layer {id}: geodesic is for lines, and a feature is a {kind:?}; leave it out"
        )));
    }
    if layer.schema.find(LENGTH).is_some() {
        let id = &layer.id;
        return Err(StoreError::Manifest(format!(
            "layer {id}: geodesic adds the field {LENGTH}, which its file has, too"
        )));
    }
    let mut lengths = ColumnBuilder::new(Some(ValueKind::Real), 0);
    for ix in layer.positions() {
        let geometry = layer.feature(ix).geometry();
        let metres = geometry.map(|geometry| length_m(&geometry.to_shape())).filter(|metres| *metres > 0.0);
        lengths.push(
            &metres.map_or(Incoming::Null, |metres| Incoming::Real((metres * 1000.0).round() / 1000.0)),
        );
    }
    let FieldSpec { title, unit, find, .. } = field();
    let field = Field { name: LENGTH.into(), kind: ValueKind::Real, title, unit, find };
    Ok(layer.with_geometries(lines(layer))?.with_column(field, lengths.build().1)?)
}

/// What is known of the field that is added.
pub fn field() -> FieldSpec {
    FieldSpec {
        name: LENGTH.to_owned(),
        kind: Some(ValueKind::Real),
        title: Some(Words { zh: "大地线长度".into(), en: "length of the geodesic".into() }),
        unit: Some("m".into()),
        find: None,
        always: true,
    }
}

fn is_line(kind: GeometryKind) -> bool {
    matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString)
}

/// The geometries as geodesics.
fn lines(layer: &Layer) -> GeometryArray {
    let mut builder = GeometryBuilder::default();
    for ix in layer.positions() {
        let geometry = layer.feature(ix).geometry();
        let parts: Vec<_> = geometry.iter().flat_map(|geometry| geometry.parts()).collect();
        if parts.is_empty() {
            builder.null();
            continue;
        }
        let runs = parts.iter().flat_map(Part::runs);
        let runs: Vec<_> = runs
            .flat_map(|run| {
                let positions: Vec<_> = (0..run.len()).map(|at| run.at(at)).collect();
                along_geodesic(&positions, STEP_M)
            })
            .collect();
        let kind = if runs.len() == 1 { GeometryKind::LineString } else { GeometryKind::MultiLineString };
        let added = runs.iter().try_for_each(|run| builder.line(run, &[]));
        if runs.is_empty() || added.is_err() {
            builder.null();
            continue;
        }
        builder.end_member(kind);
        // A geometry of one member is never refused.
        if builder.finish(false).is_err() {
            builder.null();
        }
    }
    builder.build()
}

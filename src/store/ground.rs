//! The ground of a data folder that made-up parcels may stand on.

use std::path::Path;

use super::manifest::{self, LayerSpec, Manifest};
use super::{StoreError, geojson};
use crate::model::{FeatureRef, Layer};
use crate::sample::Ground;

/// Free distance on either side of a road's middle, in metres.
const ROAD_CLEAR_M: f64 = 30.0;
/// Free distance on either side of the middle of a river drawn as a line, in metres.
const RIVER_CLEAR_M: f64 = 60.0;

/// Reads where parcels may stand: the subdistricts that the catalogue file names under `sample_areas` (where it
/// names none, all of them; without subdistricts, the zone), off the water and the roads. Other layers are not
/// read, so that a missing sample is no obstacle to making it.
///
/// # Errors
/// A broken file, or a name under `sample_areas` that is no feature.
pub fn ground(folder: &Path) -> Result<Ground, StoreError> {
    let Manifest { layers, sample_areas, .. } = manifest::read(folder)?;
    let read = |role: &str| {
        let drawn = layers.iter().filter(|spec| spec.about.draw.as_deref() == Some(role));
        drawn.map(|spec| read_layer(folder, spec)).collect::<Result<Vec<_>, _>>()
    };
    let mut areas = read("subdistrict")?;
    if areas.is_empty() {
        areas = read("zone")?;
    }
    let mut ground = Ground::default();
    if sample_areas.is_empty() {
        let shapes = areas.iter().flat_map(|layer| layer.positions().map(move |ix| layer.feature(ix)));
        for (number, geometry) in (1..).zip(shapes.filter_map(FeatureRef::geometry)) {
            ground.add_area(&format!("A{number}"), geometry);
        }
    }
    for (id, code) in &sample_areas {
        let mut shapes = areas.iter().flat_map(|layer| layer.positions().map(move |ix| layer.feature(ix)));
        let found = shapes.find(|feature| feature.id().to_string() == *id);
        let geometry = found.and_then(FeatureRef::geometry);
        ground.add_area(code, geometry.ok_or_else(|| StoreError::NoArea(id.clone()))?);
    }
    for layer in read("water")? {
        for geometry in layer.positions().filter_map(|ix| layer.feature(ix).geometry()) {
            ground.add_outside(geometry);
            ground.add_line(geometry, RIVER_CLEAR_M, false);
        }
    }
    for layer in read("road")? {
        for geometry in layer.positions().filter_map(|ix| layer.feature(ix).geometry()) {
            ground.add_line(geometry, ROAD_CLEAR_M, true);
        }
    }
    Ok(ground)
}

fn read_layer(folder: &Path, spec: &LayerSpec) -> Result<Layer, StoreError> {
    let path = folder.join(&spec.file);
    let bytes = std::fs::read(&path).map_err(|fault| StoreError::Read { path, fault })?;
    Ok(geojson::read(&bytes, spec)?.0)
}

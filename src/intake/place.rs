//! Figures to a geometry as it is stored: placed in degrees, closed, wound, on the grid of 1e-7 degree.

use super::row::Figure;
use super::system::Reading;
use crate::geometry::{GeometryArray, GeometryBuilder, GeometryFault, GeometryKind, to_grid};

/// A geometry in degrees, and what was done to it.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// One geometry, or one null.
    pub array: Option<GeometryArray>,
    pub repaired: Vec<(&'static str, String)>,
    pub noted: Vec<(&'static str, String)>,
}

/// Places the figures of a row.
pub(super) fn place(figures: &[Figure], reading: &Reading) -> Result<Placed, (&'static str, String)> {
    let mut placed = Placed::default();
    if figures.is_empty() {
        return Ok(placed);
    }
    let mut all = Vec::with_capacity(figures.len());
    for figure in figures {
        let mut fault = None;
        let moved = figure.moved(&mut |at| {
            let position = match reading.misfit(at) {
                Some(misfit) => Err(("a position of another system", misfit)),
                None => reading.place(at).ok_or_else(|| {
                    let [a, b] = at;
                    let reason = format!("{a}, {b} has no place on the earth in {}", reading.placer.system());
                    ("a position without a place", reason)
                }),
            };
            position.map(|position| position.map(to_grid)).map_err(|found| fault.get_or_insert(found)).ok()
        });
        let Some(moved) = moved else { return Err(fault.unwrap_or_default()) };
        all.push(moved);
    }
    let mut builder = GeometryBuilder::default();
    let kinds = [GeometryKind::Point, GeometryKind::LineString, GeometryKind::Polygon];
    let kind_of = |figure: &Figure| match figure {
        Figure::Point(_) => 0,
        Figure::Line(_) => 1,
        Figure::Polygon(_) => 2,
    };
    let is_mixed = all.iter().any(|figure| kind_of(figure) != kind_of(&all[0]));
    let faulty = |fault: GeometryFault| ("a broken geometry", fault.to_string());
    let several = all.len() > 1 && !is_mixed;
    let (mut parts_left, count) = (all.len(), all.len());
    for (number, (figure, source)) in (1..).zip(all.iter_mut().zip(figures)) {
        let kind = kinds[kind_of(figure)];
        match (figure, source) {
            (Figure::Polygon(rings), Figure::Polygon(source)) => {
                if let Some(reason) = polygon(&mut builder, rings, source, &mut placed)? {
                    parts_left -= 1;
                    if parts_left == 0 {
                        return Err(("a broken geometry", reason));
                    }
                    let reason = format!("part {number} of {count}: {reason}; the part is left out");
                    placed.repaired.push(("a part without area", reason));
                    continue;
                }
            }
            (Figure::Line(line), _) => builder.line(line, &[]).map_err(faulty)?,
            (figure, _) => {
                for at in figure.positions() {
                    builder.point(at, None).map_err(faulty)?;
                }
            }
        }
        if !several {
            builder.end_member(kind);
        }
    }
    if several {
        builder.end_member(match kind_of(&all[0]) {
            0 => GeometryKind::MultiPoint,
            1 => GeometryKind::MultiLineString,
            _ => GeometryKind::MultiPolygon,
        });
    }
    builder.finish(is_mixed).map_err(faulty)?;
    placed.array = Some(builder.build());
    Ok(placed)
}

/// Adds a polygon; tells why where it has no area, and adds none then.
fn polygon(
    builder: &mut GeometryBuilder,
    rings: &mut [Vec<[f64; 2]>],
    source: &[Vec<[f64; 2]>],
    placed: &mut Placed,
) -> Result<Option<String>, (&'static str, String)> {
    for (at, (ring, source)) in rings.iter_mut().zip(source).enumerate() {
        if let (Some(&first), Some(&last)) = (ring.first(), ring.last())
            && first != last
        {
            ring.push(first);
            placed.repaired.push((
                "a ring that was open",
                format!("ring {at} ended at {last:?} and began at {first:?}; closed"),
            ));
        }
        let reason = match builder.ring(ring, &mut [], at == 0) {
            Ok(note) => {
                if let Some(near) = note.crosses_near {
                    let reason = format!(
                        "a ring crosses itself near {near:?}; taken as it is, areas and relations may be off"
                    );
                    placed.noted.push(("a ring that crosses itself", reason));
                }
                continue;
            }
            Err(GeometryFault::FlatRing { ring }) if !is_on_a_line(source) => {
                format!(
                    "ring {ring} has no area left: it is too small or too thin for 7 decimals of a degree"
                )
            }
            Err(fault @ (GeometryFault::FlatRing { .. } | GeometryFault::ShortRing { .. })) => {
                fault.to_string()
            }
            Err(fault) => return Err(("a broken geometry", fault.to_string())),
        };
        if at == 0 {
            return Ok(Some(reason));
        }
        placed.repaired.push(("a hole without area", format!("{reason}; the hole is left out")));
    }
    Ok(None)
}

/// Do all positions lie on one line, as they stand in the file?
fn is_on_a_line(ring: &[[f64; 2]]) -> bool {
    let Some((&from, rest)) = ring.split_first() else { return true };
    let Some(&to) = rest.iter().find(|at| **at != from) else { return true };
    let along = [to[0] - from[0], to[1] - from[1]];
    ring.iter().all(|at| along[0] * (at[1] - from[1]) == along[1] * (at[0] - from[0]))
}

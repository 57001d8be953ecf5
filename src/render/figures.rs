//! How are coordinates written as figures?
//!
//! In: positions of stored geometries. Out: coordinates of a system, and well-known text and well-known binary
//! (OGC 06-103r4, 7 and 8). Leaves out: features.

use super::geojson::number;
use crate::geometry::{Crs, GeometryKind, GeometryRef, Part, Run};

/// The coordinates of a position in the order of the axes, metres to a tenth of a millimetre.
///
/// A system is offered only for layers that lie in its domain, so there always are two.
pub(super) fn in_axes(crs: Crs, run: &Run<'_>, at: usize) -> [f64; 2] {
    let coordinates = crs.forward(run.at(at)).unwrap_or([f64::NAN; 2]);
    if crs.is_geographic() { coordinates } else { coordinates.map(|metres| (metres * 1e4).round() / 1e4) }
}

/// The same, easting or longitude first whatever the order of the axes.
pub(super) fn east_first(crs: Crs, run: &Run<'_>, at: usize) -> [f64; 2] {
    crs.east_first(in_axes(crs, run, at))
}

/// Has one of its positions an altitude?
pub(super) fn has_altitude(shape: GeometryRef<'_>) -> bool {
    shape.parts().any(|part| part.runs().any(|run| (0..run.len()).any(|at| run.altitude_at(at).is_some())))
}

/// Number of the position at `step`, the first again behind the last of a ring.
pub(super) fn steps(run: &Run<'_>, closed: bool) -> impl Iterator<Item = usize> + use<> {
    (0..run.len()).chain(closed.then_some(0))
}

/// Runs of a part, grouped into polygons: each shell with its holes.
pub(super) fn polygons<'a>(part: &Part<'a>) -> Vec<Vec<Run<'a>>> {
    let mut polygons: Vec<Vec<Run<'a>>> = Vec::new();
    for run in part.runs() {
        match polygons.last_mut() {
            Some(polygon) if !run.is_shell => polygon.push(run),
            _ => polygons.push(vec![run]),
        }
    }
    polygons
}

/// A geometry as well-known text, easting or longitude first, as programs that read tables take it.
pub(super) fn wkt(out: &mut Vec<u8>, shape: GeometryRef<'_>, crs: Crs) {
    if shape.kind() != GeometryKind::GeometryCollection {
        return shape.parts().for_each(|part| wkt_part(out, &part, crs));
    }
    out.extend_from_slice(b"GEOMETRYCOLLECTION");
    let parts: Vec<_> = shape.parts().collect();
    group(out, &parts, |out, part| wkt_part(out, part, crs));
}

fn wkt_part(out: &mut Vec<u8>, part: &Part<'_>, crs: Crs) {
    let runs: Vec<_> = part.runs().collect();
    // A geometry is of one dimension: with one altitude left out, all are.
    let high =
        !runs.is_empty() && runs.iter().all(|run| (0..run.len()).all(|at| run.altitude_at(at).is_some()));
    out.extend_from_slice(part.kind().name().to_ascii_uppercase().as_bytes());
    if high {
        out.extend_from_slice(b" Z");
    }
    let position = |out: &mut Vec<u8>, run: &Run<'_>, at: usize| {
        let [first, second] = east_first(crs, run, at);
        number(out, first);
        out.push(b' ');
        number(out, second);
        if let Some(metres) = run.altitude_at(at).filter(|_| high) {
            out.push(b' ');
            number(out, metres);
        }
    };
    let points = |out: &mut Vec<u8>, run: &Run<'_>, closed: bool| {
        let steps: Vec<_> = steps(run, closed).collect();
        group(out, &steps, |out, &at| position(out, run, at));
    };
    match part.kind() {
        GeometryKind::Point | GeometryKind::LineString => {
            if let Some(run) = runs.first() {
                points(out, run, false);
            } else {
                out.extend_from_slice(b" EMPTY");
            }
        }
        GeometryKind::MultiPoint | GeometryKind::MultiLineString => {
            group(out, &runs, |out, run| points(out, run, false));
        }
        GeometryKind::Polygon => group(out, &runs, |out, run| points(out, run, true)),
        _ => group(out, &polygons(part), |out, rings| {
            group(out, rings, |out, run| points(out, run, true));
        }),
    }
}

/// Members between parentheses, or the word for none.
fn group<T>(out: &mut Vec<u8>, members: &[T], mut write: impl FnMut(&mut Vec<u8>, &T)) {
    if members.is_empty() {
        return out.extend_from_slice(b" EMPTY");
    }
    out.push(b'(');
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, member);
    }
    out.push(b')');
}

/// The code of a kind in well-known binary (OGC 06-103r4, 8.2.8), which `FlatGeobuf` shares.
pub(super) fn code(kind: GeometryKind) -> u8 {
    match kind {
        GeometryKind::Point => 1,
        GeometryKind::LineString => 2,
        GeometryKind::Polygon => 3,
        GeometryKind::MultiPoint => 4,
        GeometryKind::MultiLineString => 5,
        GeometryKind::MultiPolygon => 6,
        GeometryKind::GeometryCollection => 7,
    }
}

/// A geometry as well-known binary, little-endian, easting first; a missing altitude among others is NaN.
pub(super) fn wkb(shape: GeometryRef<'_>, crs: Crs) -> Vec<u8> {
    let mut wkb = Wkb { out: Vec::with_capacity(64), crs, high: has_altitude(shape) };
    if shape.kind() == GeometryKind::GeometryCollection {
        wkb.head(GeometryKind::GeometryCollection);
        wkb.count(shape.parts().count());
    }
    shape.parts().for_each(|part| wkb.part(&part));
    wkb.out
}

struct Wkb {
    out: Vec<u8>,
    crs: Crs,
    high: bool,
}

impl Wkb {
    fn head(&mut self, kind: GeometryKind) {
        self.out.push(1);
        let code = u32::from(code(kind)) + if self.high { 1000 } else { 0 };
        self.out.extend_from_slice(&code.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        // A layer has fewer than 2^32 positions.
        self.out.extend_from_slice(&u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
    }

    fn position(&mut self, run: &Run<'_>, at: usize) {
        for coordinate in east_first(self.crs, run, at) {
            self.out.extend_from_slice(&coordinate.to_le_bytes());
        }
        if self.high {
            self.out.extend_from_slice(&run.altitude_at(at).unwrap_or(f64::NAN).to_le_bytes());
        }
    }

    fn positions(&mut self, run: &Run<'_>, closed: bool) {
        self.count(run.len() + usize::from(closed));
        steps(run, closed).for_each(|at| self.position(run, at));
    }

    fn part(&mut self, part: &Part<'_>) {
        self.head(part.kind());
        let runs: Vec<_> = part.runs().collect();
        match part.kind() {
            GeometryKind::Point => runs.iter().take(1).for_each(|run| self.position(run, 0)),
            GeometryKind::LineString => runs.iter().take(1).for_each(|run| self.positions(run, false)),
            GeometryKind::MultiPoint => {
                self.count(runs.len());
                for run in &runs {
                    self.head(GeometryKind::Point);
                    self.position(run, 0);
                }
            }
            GeometryKind::MultiLineString => {
                self.count(runs.len());
                for run in &runs {
                    self.head(GeometryKind::LineString);
                    self.positions(run, false);
                }
            }
            GeometryKind::Polygon => {
                self.count(runs.len());
                for run in &runs {
                    self.positions(run, true);
                }
            }
            GeometryKind::MultiPolygon | GeometryKind::GeometryCollection => {
                let all = polygons(part);
                self.count(all.len());
                for rings in &all {
                    self.head(GeometryKind::Polygon);
                    self.count(rings.len());
                    for run in rings {
                        self.positions(run, true);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::GeometryBuilder;

    #[test]
    fn text_and_binary_have_the_longitude_first() {
        let mut builder = GeometryBuilder::default();
        builder.point([114.0, 30.5], Some(-7.5)).expect("a point");
        builder.end_member(GeometryKind::Point);
        builder.finish(false).expect("a geometry");
        let array = builder.build();
        let point = array.get(0).expect("a geometry");
        let text = |crs| {
            let mut out = Vec::new();
            wkt(&mut out, point, crs);
            String::from_utf8(out).expect("text")
        };
        assert_eq!(text(Crs::Crs84), "POINT Z(114 30.5 -7.5)");
        assert_eq!(text(Crs::Epsg4326), "POINT Z(114 30.5 -7.5)");
        // Byte order 1, code 1001, three doubles, by hand: 114 is 0x405C80…, 30.5 is 0x403E80…, -7.5 is 0xC01E….
        let want = [
            1, 0xE9, 3, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x5C, 0x40, 0, 0, 0, 0, 0, 0x80, 0x3E, 0x40, 0, 0, 0, 0,
            0, 0, 0x1E, 0xC0,
        ];
        assert_eq!(wkb(point, Crs::Epsg4326), want);
    }
}

//! Degrees to the units of one tile.
//!
//! Latitudes of Web Mercator need a logarithm each. Within a tile that is small enough a polynomial of degree four
//! around its middle serves instead; a tile says at its making whether it is close enough.

use super::matrix::{MatrixSet, TileId, mercator};
use super::{BUFFER, EXTENT};
use crate::geometry::Bounds;

/// How far off, in tile units, the polynomial may be.
const CLOSE: f64 = 1.0 / 1024.0;

/// Steps of a degree that positions of most layers are multiples of (see `geometry::GeometryArray`).
pub(super) const STEP: f64 = 1e-7;

/// The way from degrees to tile units, x to the east and y to the south, both 0 in the tile's north-western corner.
pub(super) struct Frame {
    set: MatrixSet,
    tile: TileId,
    x_scale: f64,
    x_shift: f64,
    down: Down,
    /// The tile with its buffer in degrees, longitudes beyond 180 where it reaches over the antimeridian.
    pub(super) window: [f64; 4],
}

/// From latitude to tile units.
enum Down {
    Straight { scale: f64, shift: f64 },
    Mercator { middle: f64, reach: f64, series: Option<[f64; 5]> },
}

impl Frame {
    pub(super) fn new(set: MatrixSet, tile: TileId) -> Self {
        let [cols, rows] = set.size(tile.matrix).map(f64::from);
        let extent = f64::from(EXTENT);
        let (row, col) = (f64::from(tile.row), f64::from(tile.col));
        let window = buffered(set, tile);
        let [_, south, _, north] = window;
        let x_scale = cols / 360.0 * extent;
        let x_shift = (cols / 2.0 - col) * extent;
        let mut frame = Self {
            set,
            tile,
            x_scale,
            x_shift,
            down: Down::Straight { scale: -rows / 180.0 * extent, shift: (rows / 2.0 - row) * extent },
            window,
        };
        if set == MatrixSet::WebMercatorQuad {
            let (middle, half) = (f64::midpoint(south, north), (north - south) / 2.0);
            frame.down = Down::Mercator { middle, reach: half, series: None };
            let series = frame.series(middle);
            let misses = |offset: f64| (polynomial(&series, offset) - frame.exactly(middle + offset)).abs();
            // Features reach beyond the tile; where that is no less close, they are placed by the polynomial, too.
            let is_close =
                |reach: f64| [-1.0, -0.5, 0.5, 1.0].iter().all(|part| misses(part * reach) < CLOSE);
            if let Some(reach) = [8.0 * half, half].into_iter().find(|&reach| is_close(reach)) {
                frame.down = Down::Mercator { middle, reach, series: Some(series) };
            }
        }
        frame
    }

    /// Coefficients of y around a latitude, by degrees: the derivatives of asinh(tan φ).
    fn series(&self, middle: f64) -> [f64; 5] {
        let radians = middle.to_radians();
        let (tan, sec) = (radians.tan(), radians.cos().recip());
        let derivatives =
            [sec, sec * tan, sec * (1.0 + 2.0 * tan * tan), sec * tan * (5.0 + 6.0 * tan * tan)];
        let rows = f64::from(self.set.size(self.tile.matrix)[1]);
        let units = -rows * f64::from(EXTENT) / (2.0 * std::f64::consts::PI);
        let degree = std::f64::consts::PI / 180.0;
        let mut series = [self.exactly(middle), 0.0, 0.0, 0.0, 0.0];
        let mut factor = units;
        for (order, derivative) in (1_u8..).zip(derivatives) {
            factor *= degree / f64::from(order);
            series[usize::from(order)] = derivative * factor;
        }
        series
    }

    fn exactly(&self, latitude: f64) -> f64 {
        let rows = f64::from(self.set.size(self.tile.matrix)[1]);
        let place = 0.5 - mercator(latitude) / (2.0 * std::f64::consts::PI);
        (place * rows - f64::from(self.tile.row)) * f64::from(EXTENT)
    }

    /// Where a position lies.
    #[inline]
    pub(super) fn place(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        [longitude * self.x_scale + self.x_shift, self.down(latitude)]
    }

    /// Adds where positions lie, `turn` degrees further east. The way down is chosen once for all.
    pub(super) fn place_all(
        &self,
        positions: impl Iterator<Item = [f64; 2]> + Clone,
        turn: f64,
        placed: &mut Vec<[f64; 2]>,
    ) {
        let across = |longitude: f64| (longitude + turn) * self.x_scale + self.x_shift;
        match &self.down {
            Down::Straight { scale, shift } => {
                placed.extend(positions.map(|[x, y]| [across(x), y * scale + shift]));
            }
            Down::Mercator { middle, reach, series: Some(series) } => {
                // Without a branch in between, several are done at a time; what lies too far off is done again.
                let (start, mut farthest) = (placed.len(), 0.0_f64);
                placed.extend(positions.clone().map(|[x, y]| {
                    let offset = y - middle;
                    farthest = if offset.abs() > farthest { offset.abs() } else { farthest };
                    [across(x), polynomial(series, offset)]
                }));
                if farthest > *reach {
                    placed.truncate(start);
                    let down = |latitude| self.near(latitude, *middle, *reach, series);
                    placed.extend(positions.map(|[x, y]| [across(x), down(y)]));
                }
            }
            Down::Mercator { .. } => placed.extend(positions.map(|[x, y]| [across(x), self.exactly(y)])),
        }
    }

    #[inline]
    fn down(&self, latitude: f64) -> f64 {
        match &self.down {
            Down::Straight { scale, shift } => latitude * scale + shift,
            Down::Mercator { middle, reach, series: Some(series) } => {
                self.near(latitude, *middle, *reach, series)
            }
            Down::Mercator { .. } => self.exactly(latitude),
        }
    }

    /// By the polynomial, where it holds.
    #[inline]
    fn near(&self, latitude: f64, middle: f64, reach: f64, series: &[f64; 5]) -> f64 {
        let offset = latitude - middle;
        if offset.abs() <= reach { polynomial(series, offset) } else { self.exactly(latitude) }
    }

    /// Where a position lies, to the last bit the same for the tile and its neighbours.
    pub(super) fn place_exactly(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let [cols, rows] = self.set.size(self.tile.matrix).map(f64::from);
        let [across, down] = self.set.place([longitude, latitude]);
        let extent = f64::from(EXTENT);
        [
            (across * cols - f64::from(self.tile.col)) * extent,
            (down * rows - f64::from(self.tile.row)) * extent,
        ]
    }

    /// The position of a place in tile units, degrees; longitudes beyond the antimeridian stay beyond.
    pub(super) fn degrees(&self, [x, y]: [i32; 2]) -> [f64; 2] {
        let rows = f64::from(self.set.size(self.tile.matrix)[1]);
        let place = (f64::from(y) / f64::from(EXTENT) + f64::from(self.tile.row)) / rows;
        [(f64::from(x) - self.x_shift) / self.x_scale, self.set.latitude(place)]
    }

    /// Tile units of a degree of longitude.
    pub(super) fn units_of_degree(&self) -> f64 {
        self.x_scale
    }

    /// The windows of stored positions that the buffered tile shows, each with the degrees to add to longitudes.
    pub(super) fn windows(&self) -> impl Iterator<Item = (Bounds, f64)> {
        windows(self.window)
    }
}

/// A tile with its buffer in degrees: west, south, east, north; longitudes beyond 180 where it reaches over the
/// antimeridian.
pub(super) fn buffered(set: MatrixSet, tile: TileId) -> [f64; 4] {
    let [cols, rows] = set.size(tile.matrix).map(f64::from);
    let margin = f64::from(BUFFER) / f64::from(EXTENT);
    let longitude = |col: f64| col / cols * 360.0 - 180.0;
    let latitude = |row: f64| set.latitude(row / rows).clamp(-90.0, 90.0);
    let (row, col) = (f64::from(tile.row), f64::from(tile.col));
    [
        longitude(col - margin),
        latitude(row + 1.0 + margin),
        longitude(col + 1.0 + margin),
        latitude(row - margin),
    ]
}

/// The windows of stored positions in one in degrees, each with the degrees to add to longitudes: one, and more where
/// it reaches over the antimeridian.
pub(super) fn windows([west, south, east, north]: [f64; 4]) -> impl Iterator<Item = (Bounds, f64)> {
    [0.0, -360.0, 360.0].into_iter().filter_map(move |turn| {
        let (west, east) = ((west - turn).max(-180.0), (east - turn).min(180.0));
        (west < east).then_some((Bounds { west, south, east, north }, turn))
    })
}

#[inline]
fn polynomial(series: &[f64; 5], offset: f64) -> f64 {
    let [zero, one, two, three, four] = *series;
    zero + offset * (one + offset * (two + offset * (three + offset * four)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(set: MatrixSet, matrix: u8, row: u32, col: u32) -> Frame {
        Frame::new(set, set.tile(matrix, row, col).expect("a tile"))
    }

    #[test]
    fn corners_of_a_tile_are_its_ends() {
        let cases = [
            (0, 0, 0),
            (1, 0, 1),
            (6, 26, 52),
            (10, 420, 837),
            (16, 26_900, 53_570),
            (24, 6_888_888, 13_700_000),
        ];
        for set in MatrixSet::ALL {
            for (matrix, row, col) in cases {
                let Some(tile) = set.tile(matrix, row, col) else { continue };
                let (frame, bounds) = (Frame::new(set, tile), set.bounds(tile));
                let corners = [
                    ([bounds.west, bounds.north], [0.0, 0.0]),
                    ([bounds.east, bounds.south], [4096.0, 4096.0]),
                ];
                for (corner, want) in corners {
                    let (near, exact) = (frame.place(corner), frame.place_exactly(corner));
                    for axis in 0..2 {
                        assert!((near[axis] - want[axis]).abs() < 0.01, "{set:?} {tile:?} {near:?}");
                        assert!((exact[axis] - want[axis]).abs() < 0.01, "{set:?} {tile:?} {exact:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_polynomial_is_close_wherever_it_is_used() {
        for (matrix, row) in [(3, 0), (6, 26), (8, 1), (10, 420), (14, 6_720), (20, 430_000)] {
            let frame = frame(MatrixSet::WebMercatorQuad, matrix, row, 0);
            let [_, south, _, north] = frame.window;
            for part in 0..=100 {
                let latitude = south + (north - south) * f64::from(part) / 100.0;
                let [_, near] = frame.place([0.0, latitude]);
                assert!((near - frame.exactly(latitude)).abs() < CLOSE * 1.5, "{matrix} {row} {latitude}");
            }
            let has_series = matches!(frame.down, Down::Mercator { series: Some(_), .. });
            assert_eq!(has_series, matrix >= 8, "{matrix}");
        }
    }

    #[test]
    fn tiles_at_the_antimeridian_show_both_of_its_sides() {
        let turns = |frame: &Frame| frame.windows().map(|(_, turn)| turn).collect::<Vec<_>>();
        let set = MatrixSet::WebMercatorQuad;
        assert_eq!(turns(&frame(set, 3, 2, 3)), [0.0]);
        assert_eq!(turns(&frame(set, 3, 2, 0)), [0.0, -360.0]);
        assert_eq!(turns(&frame(set, 3, 2, 7)), [0.0, 360.0]);
        assert_eq!(turns(&frame(set, 0, 0, 0)), [0.0, -360.0, 360.0]);
        // A position at 179.9 lies 0.1 degrees west of column 0 of matrix 3: -0.1 / 45 × 4096 = -9.1 units.
        let western = frame(set, 3, 2, 0);
        let (window, turn) = western.windows().nth(1).expect("the other side");
        assert!((window.west..=window.east).contains(&179.9));
        assert!((western.place([179.9 + turn, 0.0])[0] + 9.1).abs() < 0.01);
    }

    #[test]
    fn places_and_degrees_are_inverse() {
        for set in MatrixSet::ALL {
            let frame = frame(set, 12, 1_600, 3_300);
            let [x, y] = frame.place(frame.degrees([1234, 2345]));
            assert!((x - 1234.0).abs() < 1e-3 && (y - 2345.0).abs() < 1e-2, "{set:?} {x} {y}");
        }
    }
}

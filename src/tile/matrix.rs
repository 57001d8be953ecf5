//! Tile matrix sets: which tiles there are, and what each covers (OGC 17-083r4).
//!
//! The set of sets is closed: two of the OGC's register and one of our own on CGCS2000, whose tiles are those of
//! `WorldCRS84Quad` because its frame is taken as that of WGS 84 (see `geometry::Crs`).

use std::f64::consts::PI;

use crate::geometry::{Bounds, Crs};

/// Semi-major axis of WGS 84, metres; the radius of Web Mercator.
const RADIUS_M: f64 = 6_378_137.0;

/// Metres of a degree of longitude on the equator of WGS 84.
const DEGREE_M: f64 = RADIUS_M * PI / 180.0;

/// Metres of a pixel of the standard (OGC 17-083r4, 6.1.1.1).
const PIXEL_M: f64 = 0.000_28;

/// Pixels of a tile along each side, of which cell size and scale denominator speak.
pub const TILE_PIXELS: u32 = 256;

/// A tile matrix set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatrixSet {
    /// Web Mercator, one square for the world.
    WebMercatorQuad,
    /// Degrees, two squares for the world.
    WorldCrs84Quad,
    /// Degrees of CGCS2000, two squares for the world.
    Cgcs2000Quad,
}

/// Name of a tile in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    /// Its matrix, from the coarsest on.
    pub matrix: u8,
    /// Row from the north.
    pub row: u32,
    /// Column from the west.
    pub col: u32,
}

/// The tiles of one matrix that a window touches, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatrixLimits {
    /// The matrix.
    pub matrix: u8,
    /// First and last row.
    pub rows: [u32; 2],
    /// First and last column.
    pub cols: [u32; 2],
}

impl MatrixLimits {
    /// Does the tile lie within?
    #[must_use]
    pub fn hold(&self, tile: TileId) -> bool {
        let within = |[first, last]: [u32; 2], at| first <= at && at <= last;
        self.matrix == tile.matrix && within(self.rows, tile.row) && within(self.cols, tile.col)
    }

    /// All tiles within, row after row.
    pub fn tiles(self) -> impl Iterator<Item = TileId> {
        let [first, last] = self.cols;
        let row = move |row| (first..=last).map(move |col| TileId { matrix: self.matrix, row, col });
        (self.rows[0]..=self.rows[1]).flat_map(row)
    }

    /// How many tiles lie within.
    #[must_use]
    pub fn count(&self) -> u64 {
        let length = |[first, last]: [u32; 2]| u64::from(last - first) + 1;
        length(self.rows) * length(self.cols)
    }
}

impl MatrixSet {
    /// All sets; the first is the one that web maps use.
    pub const ALL: [Self; 3] = [Self::WebMercatorQuad, Self::WorldCrs84Quad, Self::Cgcs2000Quad];

    /// Its id in addresses.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "WebMercatorQuad",
            Self::WorldCrs84Quad => "WorldCRS84Quad",
            Self::Cgcs2000Quad => "CGCS2000Quad",
        }
    }

    /// The set of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.id() == id)
    }

    /// What the register calls it, and what ours is called after it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::WebMercatorQuad => "Google Maps Compatible for the World",
            Self::WorldCrs84Quad => "CRS84 for the World",
            Self::Cgcs2000Quad => "CGCS2000 for the World",
        }
    }

    /// Its address in the register of the OGC, if it stands there.
    #[must_use]
    pub fn uri(self) -> Option<String> {
        (self != Self::Cgcs2000Quad)
            .then(|| format!("http://www.opengis.net/def/tilematrixset/OGC/1.0/{}", self.id()))
    }

    /// The well-known scale set it follows.
    #[must_use]
    pub fn scale_set(self) -> Option<&'static str> {
        match self {
            Self::WebMercatorQuad => Some("http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"),
            Self::WorldCrs84Quad => Some("http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad"),
            Self::Cgcs2000Quad => None,
        }
    }

    /// The system its tiles are cut in.
    #[must_use]
    pub fn crs(self) -> Crs {
        match self {
            Self::WebMercatorQuad => Crs::Epsg3857,
            Self::WorldCrs84Quad => Crs::Crs84,
            Self::Cgcs2000Quad => Crs::Epsg4490,
        }
    }

    /// Names of the axes of its system, in their order.
    #[must_use]
    pub fn axes(self) -> [&'static str; 2] {
        match self {
            Self::WebMercatorQuad => ["X", "Y"],
            Self::WorldCrs84Quad => ["Lon", "Lat"],
            Self::Cgcs2000Quad => ["Lat", "Lon"],
        }
    }

    /// The top left corner of every matrix, in the order of the axes.
    #[must_use]
    pub fn origin(self) -> [f64; 2] {
        match self {
            Self::WebMercatorQuad => [-PI * RADIUS_M, PI * RADIUS_M],
            Self::WorldCrs84Quad => [-180.0, 90.0],
            Self::Cgcs2000Quad => [90.0, -180.0],
        }
    }

    /// Its finest matrix.
    #[must_use]
    pub fn last_matrix(self) -> u8 {
        match self {
            Self::WebMercatorQuad => 24,
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => 23,
        }
    }

    /// Columns and rows of a matrix.
    #[must_use]
    pub fn size(self, matrix: u8) -> [u32; 2] {
        let rows = 1 << matrix;
        match self {
            Self::WebMercatorQuad => [rows, rows],
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => [2 * rows, rows],
        }
    }

    /// Side of a pixel of a matrix, in the units of its system.
    #[must_use]
    pub fn cell_size(self, matrix: u8) -> f64 {
        let across = match self {
            Self::WebMercatorQuad => 2.0 * PI * RADIUS_M,
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => 360.0,
        };
        across / f64::from(self.size(matrix)[0]) / f64::from(TILE_PIXELS)
    }

    /// Denominator of the scale of a matrix on a screen of standard pixels.
    #[must_use]
    pub fn scale_denominator(self, matrix: u8) -> f64 {
        let metres = match self {
            Self::WebMercatorQuad => 1.0,
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => DEGREE_M,
        };
        self.cell_size(matrix) * metres / PIXEL_M
    }

    /// The tile, if the set has it.
    #[must_use]
    pub fn tile(self, matrix: u8, row: u32, col: u32) -> Option<TileId> {
        let exists = matrix <= self.last_matrix() && {
            let [cols, rows] = self.size(matrix);
            col < cols && row < rows
        };
        exists.then_some(TileId { matrix, row, col })
    }

    /// Where a position lies in the world of a set: from west to east and from north to south, 0 to 1 each.
    #[must_use]
    pub fn place(self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        let down = match self {
            Self::WebMercatorQuad => 0.5 - mercator(latitude) / (2.0 * PI),
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => 0.5 - latitude / 180.0,
        };
        [0.5 + longitude / 360.0, down]
    }

    /// The latitude of a place from north (0) to south (1).
    #[must_use]
    pub fn latitude(self, down: f64) -> f64 {
        match self {
            Self::WebMercatorQuad => ((0.5 - down) * 2.0 * PI).sinh().atan().to_degrees(),
            Self::WorldCrs84Quad | Self::Cgcs2000Quad => (0.5 - down) * 180.0,
        }
    }

    /// The window of a tile, degrees.
    #[must_use]
    pub fn bounds(self, tile: TileId) -> Bounds {
        let [cols, rows] = self.size(tile.matrix).map(f64::from);
        let longitude = |col: f64| col / cols * 360.0 - 180.0;
        let latitude = |row: f64| self.latitude(row / rows);
        let (row, col) = (f64::from(tile.row), f64::from(tile.col));
        Bounds {
            west: longitude(col),
            south: latitude(row + 1.0),
            east: longitude(col + 1.0),
            north: latitude(row),
        }
    }

    /// The tiles of a matrix that hold the positions of a window. A position on an edge between tiles lies in the
    /// greater row or column. A window over the antimeridian takes all columns.
    #[must_use]
    pub fn limits(self, matrix: u8, window: Bounds) -> MatrixLimits {
        let [cols, rows] = self.size(matrix);
        let at = |place: f64, count: u32| {
            let last = f64::from(count - 1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to the matrix"
            )]
            let at = (place * f64::from(count)).floor().clamp(0.0, last) as u32;
            at
        };
        let [west, north] = self.place([window.west, window.north]);
        let [east, south] = self.place([window.east, window.south]);
        let across =
            if window.crosses_antimeridian() { [0, cols - 1] } else { [at(west, cols), at(east, cols)] };
        MatrixLimits { matrix, rows: [at(north, rows), at(south, rows)], cols: across }
    }
}

/// Web Mercator of a latitude in radii. Near the poles, which the projection sends to infinity, it is that of the
/// last latitude it can tell apart.
pub(super) fn mercator(latitude: f64) -> f64 {
    const POLE: f64 = 89.999_999;
    latitude.clamp(-POLE, POLE).to_radians().tan().asinh()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of the OGC's register (17-083r4, annex D), written there to 12 digits or more.
    #[test]
    fn cell_sizes_and_scales_are_those_of_the_register() {
        let cases = [
            (MatrixSet::WebMercatorQuad, 0, 156_543.033_928_041, 559_082_264.028_717),
            (MatrixSet::WebMercatorQuad, 24, 0.009_330_691_929_342_8, 33.323_899_747_652_8),
            (MatrixSet::WorldCrs84Quad, 0, 0.703_125, 279_541_132.014_358),
            (MatrixSet::WorldCrs84Quad, 17, 5.364_418_029_785_16e-6, 2_132.729_583_849_78),
        ];
        for (set, matrix, cell, scale) in cases {
            assert!((set.cell_size(matrix) / cell - 1.0).abs() < 1e-12, "{set:?} {matrix}");
            assert!((set.scale_denominator(matrix) / scale - 1.0).abs() < 1e-12, "{set:?} {matrix}");
        }
        assert!((MatrixSet::WebMercatorQuad.origin()[1] - 20_037_508.342_789_2).abs() < 1e-7);
    }

    /// Wuhan's city hall, (114.3, 30.6), in the tiles of web maps: by the formula of any slippy map,
    /// x = (114.3 + 180) / 360 × 1024 = 837.12, y = (1 − asinh(tan 30.6°) / π) / 2 × 1024 = 420.23.
    #[test]
    fn tiles_hold_their_positions() {
        let spot = Bounds { west: 114.3, east: 114.3, south: 30.6, north: 30.6 };
        let found = |set: MatrixSet| set.limits(10, spot);
        let want = MatrixLimits { matrix: 10, rows: [420; 2], cols: [837; 2] };
        assert_eq!(found(MatrixSet::WebMercatorQuad), want);
        // 2048 columns of 0.17578125 degrees: 294.3 / 0.17578125 = 1674.24; rows: 59.4 / 0.17578125 = 337.92.
        let want = MatrixLimits { matrix: 10, rows: [337; 2], cols: [1674; 2] };
        assert_eq!(found(MatrixSet::WorldCrs84Quad), want);
        assert_eq!(found(MatrixSet::Cgcs2000Quad), want);
        for set in MatrixSet::ALL {
            let tile = found(set).tiles().next().expect("one tile");
            assert!(set.bounds(tile).overlaps(spot), "{set:?}");
        }
    }

    #[test]
    fn edges_belong_to_the_greater_row_and_column() {
        let at = |longitude, latitude| {
            let spot = Bounds { west: longitude, east: longitude, south: latitude, north: latitude };
            MatrixSet::WorldCrs84Quad.limits(1, spot)
        };
        // Matrix 1 has 4 × 2 tiles of 90 degrees.
        assert_eq!((at(0.0, 0.0).cols, at(0.0, 0.0).rows), ([2, 2], [1, 1]));
        assert_eq!((at(-180.0, 90.0).cols, at(-180.0, 90.0).rows), ([0, 0], [0, 0]));
        assert_eq!((at(180.0, -90.0).cols, at(180.0, -90.0).rows), ([3, 3], [1, 1]));
    }

    #[test]
    fn a_set_has_no_tiles_beyond_its_matrices() {
        let set = MatrixSet::WebMercatorQuad;
        assert!(set.tile(24, (1 << 24) - 1, 0).is_some());
        assert_eq!(set.tile(25, 0, 0), None);
        assert_eq!(set.tile(3, 8, 0), None);
        assert_eq!(set.tile(3, 0, 8), None);
        assert!(MatrixSet::Cgcs2000Quad.tile(0, 0, 1).is_some());
        assert_eq!(MatrixSet::Cgcs2000Quad.tile(0, 1, 0), None);
    }

    #[test]
    fn a_window_over_the_antimeridian_takes_all_columns() {
        let fiji = Bounds { west: 177.0, south: -20.0, east: -178.0, north: -15.0 };
        assert_eq!(MatrixSet::WebMercatorQuad.limits(2, fiji).cols, [0, 3]);
    }
}

//! Which part of the earth is a picture of, and where on it does a position stand?
//!
//! In: an extent, or a centre and a zoom; a size. Out: positions in pixels of the picture. Web Mercator, as the web map:
//! zoom 0 shows the world on 512 pixels. Leaves out: what is drawn.

use crate::geometry::Bounds;
use crate::tile::MatrixSet;

/// Pixels of the world at zoom 0.
const WORLD: f64 = 512.0;
/// Length of the equator, metres.
const EQUATOR: f64 = 40_075_016.686;
/// Where the square of Web Mercator ends, degrees.
pub const MOST_LATITUDE: f64 = 85.051_128_779_806_6;
/// The closest zoom.
pub const MOST_ZOOM: f64 = 22.0;

/// A point of a picture, pixels from its upper left corner.
pub type Point = [f32; 2];

/// The size of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// Width, CSS pixels.
    pub width: u16,
    /// Height, CSS pixels.
    pub height: u16,
    /// Pixels of a raster per CSS pixel.
    pub scale: f32,
}

impl Size {
    /// Width and height of the raster.
    #[must_use]
    pub fn pixels(self) -> [u32; 2] {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
        [self.width, self.height].map(|side| (f32::from(side) * self.scale).round().max(1.0) as u32)
    }
}

/// Room along the edges of a picture, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Margins {
    /// On the left.
    pub left: f64,
    /// At the top.
    pub top: f64,
    /// On the right.
    pub right: f64,
    /// At the bottom.
    pub bottom: f64,
}

impl Margins {
    /// The same room on every side.
    #[must_use]
    pub fn all(room: f64) -> Self {
        Self { left: room, top: room, right: room, bottom: room }
    }
}

/// A part of the earth on a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    /// The picture.
    pub size: Size,
    /// The zoom.
    pub zoom: f64,
    /// The middle, in parts of the world from its upper left corner.
    center: [f64; 2],
}

/// A position in parts of the world from its upper left corner.
fn mercator([longitude, latitude]: [f64; 2]) -> [f64; 2] {
    MatrixSet::WebMercatorQuad.place([longitude, latitude.clamp(-MOST_LATITUDE, MOST_LATITUDE)])
}

impl Frame {
    /// A picture around a position, longitude first.
    #[must_use]
    pub fn at(center: [f64; 2], zoom: f64, size: Size) -> Self {
        Self { size, zoom: zoom.clamp(0.0, MOST_ZOOM), center: mercator(center) }
    }

    /// The closest picture that shows a window, with room around it.
    #[must_use]
    pub fn around(window: Bounds, room: Margins, closest: f64, size: Size) -> Self {
        let east = if window.crosses_antimeridian() { window.east + 360.0 } else { window.east };
        let [left, top] = mercator([window.west, window.north]);
        let [right, bottom] = mercator([east, window.south]);
        let fits = |pixels: u16, room: f64, share: f64| {
            let pixels = (f64::from(pixels) - room).max(f64::from(pixels) / 5.0);
            (pixels / WORLD / share).log2()
        };
        let across = fits(size.width, room.left + room.right, right - left);
        let down = fits(size.height, room.top + room.bottom, bottom - top);
        // A window without width fits at any zoom.
        let zoom = across.min(down).min(closest).clamp(0.0, MOST_ZOOM);
        let aside = [room.right - room.left, room.bottom - room.top]
            .map(|pixels| pixels / 2.0 / (WORLD * zoom.exp2()));
        let center = [f64::midpoint(left, right) + aside[0], f64::midpoint(top, bottom) + aside[1]];
        Self { size, zoom, center }
    }

    /// Pixels of the whole world.
    fn world(&self) -> f64 {
        WORLD * self.zoom.exp2()
    }

    /// Where a position stands on the picture. Positions on the other side of the antimeridian stand where the picture
    /// is, when it shows that side.
    #[must_use]
    pub fn project(&self, position: [f64; 2]) -> Point {
        let [x, y] = mercator(position);
        let world = self.world();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "far from the picture a pixel more or less is nothing"
        )]
        [
            ((x - self.center[0]) * world + f64::from(self.size.width) / 2.0) as f32,
            ((y - self.center[1]) * world + f64::from(self.size.height) / 2.0) as f32,
        ]
    }

    /// The position at a point of the picture; longitudes may lie outside -180 to 180.
    #[must_use]
    pub fn position(&self, [x, y]: Point) -> [f64; 2] {
        let world = self.world();
        let x = self.center[0] + (f64::from(x) - f64::from(self.size.width) / 2.0) / world;
        let y = self.center[1] + (f64::from(y) - f64::from(self.size.height) / 2.0) / world;
        [x * 360.0 - 180.0, MatrixSet::WebMercatorQuad.latitude(y)]
    }

    /// Width and height, CSS pixels.
    #[must_use]
    pub fn extent(&self) -> Point {
        [f32::from(self.size.width), f32::from(self.size.height)]
    }

    /// What the picture shows, and a margin of some pixels around it.
    #[must_use]
    pub fn window(&self, margin: f32) -> Bounds {
        let [width, height] = self.extent();
        let [west, north] = self.position([-margin, -margin]);
        let [east, south] = self.position([width + margin, height + margin]);
        let (south, north) = (south.clamp(-90.0, 90.0), north.clamp(-90.0, 90.0));
        if east - west >= 360.0 {
            return Bounds { south, north, ..Bounds::WORLD };
        }
        let turned = |longitude: f64| {
            if longitude > 180.0 {
                longitude - 360.0
            } else if longitude < -180.0 {
                longitude + 360.0
            } else {
                longitude
            }
        };
        Bounds { west: turned(west), south, east: turned(east), north }
    }

    /// How far to turn longitudes so that a feature around a longitude stands next to the middle of the picture.
    #[must_use]
    pub fn turn(&self, longitude: f64) -> f64 {
        let middle = self.center[0] * 360.0 - 180.0;
        if (middle - longitude).abs() <= 180.0 { 0.0 } else { ((middle - longitude) / 360.0).round() * 360.0 }
    }

    /// Latitude of the middle, degrees.
    #[must_use]
    pub fn latitude(&self) -> f64 {
        let [width, height] = self.extent();
        self.position([width / 2.0, height / 2.0])[1]
    }

    /// Metres of a pixel at a latitude, on the sphere of Web Mercator.
    #[must_use]
    pub fn metres_per_pixel(&self, latitude: f64) -> f64 {
        EQUATOR * latitude.to_radians().cos() / self.world()
    }

    /// Where the pixels of the picture stand among those of the world, from 0 up to `period`: patterns of pictures side
    /// by side fit each other.
    #[must_use]
    pub fn phase(&self, period: f64) -> Point {
        let world = self.world();
        let left = self.center[0] * world - f64::from(self.size.width) / 2.0;
        let top = self.center[1] * world - f64::from(self.size.height) / 2.0;
        #[expect(clippy::cast_possible_truncation, reason = "less than the period")]
        [left.rem_euclid(period) as f32, top.rem_euclid(period) as f32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 800, height: 600, scale: 1.0 };

    #[test]
    fn positions_stand_where_web_mercator_puts_them() {
        // The world on 512 pixels in the middle of 800 by 600.
        let world = Frame::at([0.0, 0.0], 0.0, SIZE);
        assert_eq!(world.project([0.0, 0.0]), [400.0, 300.0]);
        assert_eq!(world.project([-180.0, 0.0]), [144.0, 300.0]);
        assert!((world.project([0.0, MOST_LATITUDE])[1] - 44.0).abs() < 1e-3);
        // At zoom 1 a pixel is half as long.
        assert!((world.metres_per_pixel(60.0) - EQUATOR / 1024.0).abs() < 1e-6);
        let back = world.position(world.project([114.16, 30.45]));
        assert!((back[0] - 114.16).abs() < 1e-4 && (back[1] - 30.45).abs() < 1e-4, "{back:?}");
    }

    #[test]
    fn a_window_fits_tightly() {
        let window = Bounds { west: 10.0, south: -5.0, east: 20.0, north: 5.0 };
        let frame = Frame::around(window, Margins::default(), MOST_ZOOM, SIZE);
        // The height is the narrower side: north and south touch the edges.
        assert!(frame.project([15.0, 5.0])[1].abs() < 0.01);
        assert!((frame.project([15.0, -5.0])[1] - 600.0).abs() < 0.01);
        assert!((frame.project([15.0, 0.0])[0] - 400.0).abs() < 0.01);
        let padded = Frame::around(window, Margins::all(60.0), MOST_ZOOM, SIZE);
        assert!((padded.project([15.0, 5.0])[1] - 60.0).abs() < 0.01);
        // Room on the left moves what is shown to the right by half of it.
        let aside = Frame::around(window, Margins { left: 100.0, ..Margins::default() }, MOST_ZOOM, SIZE);
        assert!((aside.project([15.0, 0.0])[0] - 450.0).abs() < 0.01);
        let point = Bounds { west: 10.0, south: 5.0, east: 10.0, north: 5.0 };
        assert!((Frame::around(point, Margins::default(), 14.0, SIZE).zoom - 14.0).abs() < 1e-9);
    }

    #[test]
    fn a_picture_may_cross_the_antimeridian() {
        let fiji = Bounds { west: 177.0, south: -20.0, east: -178.0, north: -15.0 };
        let frame = Frame::around(fiji, Margins::default(), MOST_ZOOM, SIZE);
        let window = frame.window(0.0);
        assert!(window.crosses_antimeridian(), "{window:?}");
        assert!((frame.turn(-179.0) - 360.0).abs() < 1e-9 && frame.turn(179.0).abs() < 1e-9);
    }
}

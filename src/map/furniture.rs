//! What stands on a map beside the map: title, notices, legend, scale bar, north arrow, graticule, attribution,
//! approval number.
//!
//! In: which of them are wanted, and what is in sight. Out: items, and the boxes that names keep off. Leaves out: what
//! the map shows.

use tiny_skia::PathBuilder;

use super::card::{self, Paragraph, Type};
use super::frame::{Frame, Point};
use super::graticule;
use super::layer::Layer;
use super::legend;
use super::picture::{About, Item, Pen};
use super::place::Box;
use super::scene::{Features, Furnished, Scene, Stage};
use super::signs::token;
use super::text::Weight;
use super::words;
use crate::catalog::Catalog;
use crate::geometry::{Shape, distance_m};
use crate::model::Lang;
use crate::query::QueryError;

/// From the edge of the picture to what stands on it, CSS pixels.
pub(super) const MARGIN: f32 = 14.0;
/// The longest scale bar, CSS pixels.
pub(super) const LONGEST_BAR: f32 = 150.0;
/// What its card has beside it, left and right together.
pub(super) const BESIDE_BAR: f32 = 20.0;
/// From this width on, a legend stands beside what the map shows, CSS pixels.
pub(super) const WIDE: u16 = 900;
/// How much the scale may vary over a picture without a word about it.
const STEADY: f64 = 0.05;

/// A piece of furniture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Piece {
    /// What the map is of.
    Title,
    /// What the drawing means.
    Legend,
    /// How long a stretch is.
    ScaleBar,
    /// Where north is.
    North,
    /// Meridians and parallels.
    Graticule,
    /// Date, coordinate system, who is credited.
    Attribution,
    /// The approval number of the map, where it has one.
    Approval,
}

impl Piece {
    /// All of them with their names in requests.
    pub const ALL: [(&'static str, Self); 7] = [
        ("title", Self::Title),
        ("legend", Self::Legend),
        ("scalebar", Self::ScaleBar),
        ("north", Self::North),
        ("graticule", Self::Graticule),
        ("attribution", Self::Attribution),
        ("approval", Self::Approval),
    ];
}

/// The pieces on a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Furniture(Vec<Piece>);

impl Furniture {
    /// What a request may say.
    pub const EXPECTED: &'static str = "all, none, or names split by commas: title, legend, scalebar, north, graticule, attribution, approval";

    /// All pieces, none, or those of a list of names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let piece =
            |name: &str| Piece::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, piece)| piece);
        match text {
            "all" => Some(Self(Piece::ALL.map(|(_, piece)| piece).to_vec())),
            "none" => Some(Self(Vec::new())),
            _ => text.split(',').map(|name| piece(name.trim())).collect::<Option<Vec<_>>>().map(Self),
        }
    }

    /// Is a piece wanted?
    #[must_use]
    pub fn has(&self, piece: Piece) -> bool {
        self.0.contains(&piece)
    }

    /// Is nothing wanted?
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Furniture {
    /// All but the graticule, which stands on scientific maps.
    fn default() -> Self {
        let pieces = Piece::ALL.into_iter().map(|(_, piece)| piece);
        Self(pieces.filter(|piece| *piece != Piece::Graticule).collect())
    }
}

/// A piece and the box around it.
type Placed = (Vec<Item>, Box);

/// What furniture is made from.
pub struct Room<'a> {
    /// The frame and the colours.
    pub stage: Stage<'a>,
    /// The layers of the style.
    pub layers: &'a [Layer],
    /// The features on the picture.
    pub features: &'a Features<'a>,
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// The language.
    pub lang: Lang,
    /// The pieces wanted.
    pub wanted: &'a Furniture,
    /// What the map says of itself.
    pub about: &'a About,
}

impl Room<'_> {
    /// Puts the furniture on the map.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn furnish(&self, scene: &Scene) -> Result<Furnished, QueryError> {
        let mut furnished = Furnished::default();
        if self.wanted.is_none() {
            return Ok(furnished);
        }
        let [width, height] = self.stage.frame.extent();
        let mut put = |(items, one): Placed| {
            furnished.over.extend(items);
            furnished.boxes.push(one.grown(4.0));
            one
        };
        let [strip, head, _, bar] = self.pieces().map(|piece| piece.map(&mut put));
        let floor = strip.map_or(height, |strip| strip.top) - MARGIN;
        if self.wanted.has(Piece::Legend) {
            let ceiling = head.map_or(MARGIN, |head| head.bottom + 8.0);
            let wide = self.stage.frame.size.width >= WIDE;
            // On a narrow map the legend stands above the scale bar, as wide as the map, and smaller.
            let floor = if wide { floor } else { bar.map_or(floor, |bar| bar.top - 8.0) };
            let room = bar.filter(|_| wide).map_or(width, |bar| bar.left) - 2.0 * MARGIN;
            let site = legend::Site {
                corner: [MARGIN, floor],
                width: if wide { legend::WIDTH } else { room },
                // No legend hides most of the map.
                most: [room.min(width * if wide { 0.5 } else { 1.0 }), (floor - ceiling).min(height * 0.75)],
                size: if wide { 1.0 } else { 0.85 },
            };
            let sections = legend::sections(scene, self.features, self.catalog, self.lang);
            let drawn = legend::draw(self.stage, self.layers, &sections, self.lang, site)?;
            drawn.map(&mut put);
        }
        if self.wanted.has(Piece::Graticule) {
            let (items, boxes) = graticule::draw(self.stage.frame, self.stage.tokens, &furnished.boxes);
            furnished.under = items;
            furnished.boxes.extend(boxes);
        }
        Ok(furnished)
    }

    /// What stands where it does whatever the map shows: the strip along the lower edge, the title, the arrow, the scale bar.
    pub(super) fn pieces(&self) -> [Option<Placed>; 4] {
        if self.wanted.is_none() {
            return [const { None }; 4];
        }
        let [width, height] = self.stage.frame.extent();
        let (strip, head) = (self.strip(), self.head());
        let north = self.wanted.has(Piece::North).then(|| {
            // On a narrow map below the title, which reaches to the other side.
            let above = head.as_ref().map(|(_, head)| head).filter(|head| head.right + 60.0 >= width);
            self.north([width - MARGIN - 36.0, above.map_or(MARGIN, |head| head.bottom + 8.0)])
        });
        let floor = strip.as_ref().map_or(height, |(_, strip)| strip.top) - MARGIN;
        let bar = self.wanted.has(Piece::ScaleBar).then(|| self.scale_bar([width - MARGIN, floor])).flatten();
        [strip, head, north, bar]
    }

    fn look(&self, weight: Weight, size: f32, color: &str) -> Type {
        Type { weight, size, color: token(self.stage.tokens, color) }
    }

    /// Title and notices, in the upper left corner. A map with any furniture carries its notices.
    fn head(&self) -> Option<Placed> {
        let [width, _] = self.stage.frame.extent();
        let most = (width - 2.0 * MARGIN - 28.0).min(560.0);
        let mut lines: Vec<Paragraph> = Vec::new();
        if self.wanted.has(Piece::Title) {
            lines.extend(Paragraph::set(&self.about.title, self.look(Weight::Bold, 20.0, "tx"), most));
            let plan = self.catalog.plan.as_ref();
            let formula = plan.and_then(|plan| Some(plan.layout.formula.as_ref()?.say(self.lang)));
            lines.extend(
                formula.and_then(|text| Paragraph::set(text, self.look(Weight::Regular, 13.0, "tx2"), most)),
            );
        }
        let notices = self.about.notices.iter();
        lines.extend(
            notices.filter_map(|text| Paragraph::set(text, self.look(Weight::Regular, 12.0, "warn"), most)),
        );
        let widest = lines.iter().map(|line| line.size()[0]).reduce(f32::max)?;
        let mut pen = MARGIN + 9.0;
        let mut words = Vec::new();
        for line in &lines {
            words.push(line.at([MARGIN + 14.0, pen]));
            pen += line.size()[1] + 3.0;
        }
        let one = Box { left: MARGIN, top: MARGIN, right: MARGIN + widest + 28.0, bottom: pen + 7.0 };
        let mut items = card::ground(one, true, self.stage.tokens);
        items.extend(words);
        Some((items, one))
    }

    /// Attribution and approval number, along the lower edge.
    fn strip(&self) -> Option<Placed> {
        let [width, height] = self.stage.frame.extent();
        let number = &self.catalog.about.approval_number;
        let approval = self.wanted.has(Piece::Approval) && !number.is_empty();
        let approval = approval.then(|| words::APPROVAL.with(self.lang, "number", number));
        let attribution = self.wanted.has(Piece::Attribution).then_some(self.about.attribution.clone());
        let text = [approval, attribution].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let words = Paragraph::set(&text, self.look(Weight::Regular, 11.0, "tx2"), width - 2.0 * MARGIN)?;
        let one = Box { left: 0.0, top: height - words.size()[1] - 8.0, right: width, bottom: height };
        let mut items = card::ground(one, false, self.stage.tokens);
        items.push(words.at([MARGIN, one.top + 4.0]));
        Some((items, one))
    }

    /// An arrow to the north: up, everywhere on a map of Web Mercator.
    fn north(&self, [left, top]: Point) -> Placed {
        let one = Box { left, top, right: left + 36.0, bottom: top + 52.0 };
        let mut items = card::ground(one, true, self.stage.tokens);
        let middle = left + 18.0;
        for (side, color) in [(-1.0, "tx"), (1.0, "bg")] {
            let mut path = PathBuilder::new();
            path.move_to(middle, top + 22.0);
            path.line_to(middle + side * 8.0, top + 45.0);
            path.line_to(middle, top + 40.0);
            path.close();
            let Some(path) = path.finish() else { continue };
            let rim = token(self.stage.tokens, "tx");
            items.push(Item::Fill {
                path: path.clone(),
                color: token(self.stage.tokens, color),
                smooth: true,
            });
            items.push(Item::Stroke { path, color: rim, pen: Pen::plain(1.0) });
        }
        let name = Paragraph::set(words::NORTH.say(self.lang), self.look(Weight::Bold, 13.0, "tx"), 36.0);
        items.extend(name.map(|name| name.at([middle - name.size()[0] / 2.0, top + 4.0])));
        (items, one)
    }

    /// A stretch of a round length, its lower right corner at a point.
    fn scale_bar(&self, [right, bottom]: Point) -> Option<Placed> {
        let bar = Bar::of(self.stage.frame);
        let (number, unit) = if bar.metres >= 1000.0 {
            (bar.metres / 1000.0, words::KILOMETRE)
        } else {
            (bar.metres, words::METRE)
        };
        let mut text = format!("{number} {}", unit.say(self.lang));
        if scale_varies(self.stage.frame) {
            let open = self.lang.pick("（", " (");
            text = format!("{text}{open}{}{}", words::SCALE_VARIES.say(self.lang), self.lang.pick("）", ")"));
        }
        let label = Paragraph::set(&text, self.look(Weight::Regular, 12.0, "tx"), 260.0)?;
        let [wide, high] = label.size();
        let inner = wide.max(bar.pixels);
        let one = Box { left: right - inner - BESIDE_BAR, top: bottom - high - 20.0, right, bottom };
        let mut items = card::ground(one, true, self.stage.tokens);
        let (left, base) = (one.left + 10.0, one.bottom - 8.0);
        let mut path = PathBuilder::new();
        path.move_to(left, base - 5.0);
        path.line_to(left, base);
        path.line_to(left + bar.pixels, base);
        path.line_to(left + bar.pixels, base - 5.0);
        let color = token(self.stage.tokens, "tx");
        items.extend(path.finish().map(|path| Item::Stroke {
            path,
            color,
            pen: Pen { join: super::picture::Join::Miter, ..Pen::plain(1.6) },
        }));
        items.push(label.at([left, one.top + 4.0]));
        Some((items, one))
    }
}

/// A stretch of a round length in the middle of a map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bar {
    /// Its length on the ground, metres.
    pub metres: f64,
    /// Its length on the map, CSS pixels.
    pub pixels: f32,
}

impl Bar {
    /// The longest of 1, 2 and 5 times a power of ten that is not too long, by the geodesic at the middle of the map.
    #[must_use]
    pub fn of(frame: &Frame) -> Self {
        let per_pixel = metres_per_pixel(frame, frame.latitude());
        let most = f64::from(LONGEST_BAR).min(f64::from(frame.size.width) / 3.0) * per_pixel;
        let power = 10f64.powf(most.log10().floor());
        let metres = [5.0, 2.0, 1.0]
            .into_iter()
            .map(|step| step * power)
            .find(|metres| *metres <= most)
            .unwrap_or(power);
        #[expect(clippy::cast_possible_truncation, reason = "no longer than the longest bar")]
        let pixels = (metres / per_pixel) as f32;
        Self { metres, pixels }
    }
}

/// Metres of a pixel eastward at a latitude, by the geodesic over about a kilometre.
fn metres_per_pixel(frame: &Frame, latitude: f64) -> f64 {
    let sphere = frame.metres_per_pixel(latitude);
    let degrees = 1000.0 / (111_320.0 * latitude.to_radians().cos()).max(1.0);
    let at = |longitude: f64| Shape::Point(geo_types::Point::new(longitude, latitude));
    let ground = distance_m(&at(0.0), &at(degrees)).unwrap_or(0.0);
    let pixels = degrees / frame.metres_per_pixel(0.0) * 40_075_016.686 / 360.0;
    if ground > 0.0 { ground / pixels } else { sphere }
}

/// Does the scale at the upper or the lower edge differ from that of the middle by more than is steady?
fn scale_varies(frame: &Frame) -> bool {
    let [width, height] = frame.extent();
    let middle = frame.metres_per_pixel(frame.latitude());
    let edges = [0.0, height].map(|y| frame.position([width / 2.0, y])[1]);
    edges.into_iter().any(|latitude| (frame.metres_per_pixel(latitude) / middle - 1.0).abs() > STEADY)
}

#[cfg(test)]
mod tests {
    use super::super::frame::Size;
    use super::*;

    #[test]
    fn pieces_are_named() {
        assert_eq!(Furniture::parse("all").map(|furniture| furniture.0.len()), Some(7));
        assert!(Furniture::parse("none").is_some_and(|furniture| furniture.is_none()));
        assert_eq!(Furniture::parse("north, title"), Some(Furniture(vec![Piece::North, Piece::Title])));
        for wrong in ["", "all,title", "compass", "title,"] {
            assert_eq!(Furniture::parse(wrong), None, "{wrong}");
        }
        assert!(!Furniture::default().has(Piece::Graticule) && Furniture::default().has(Piece::Legend));
    }

    /// On the ellipsoid of WGS 84 a degree of the 30th parallel is 96 486 metres.
    #[test]
    fn a_scale_bar_is_as_long_as_it_says() {
        for (zoom, width) in [(3.0, 1600), (8.3, 900), (10.45, 1600), (14.0, 390), (19.7, 400)] {
            let frame = Frame::at([114.0, 30.0], zoom, Size { width, height: 900, scale: 1.0 });
            let bar = Bar::of(&frame);
            let degrees = f64::from(bar.pixels) / (512.0 * zoom.exp2()) * 360.0;
            assert!((degrees * 96_486.0 / bar.metres - 1.0).abs() < 1e-4, "{zoom}: {bar:?}");
            assert!(
                bar.pixels > 20.0 && bar.pixels <= 150.0 && bar.pixels <= f32::from(width) / 3.0,
                "{zoom}: {bar:?}"
            );
            assert!(
                ["1", "2", "5"]
                    .contains(&bar.metres.to_string().trim_end_matches('0').trim_start_matches("0.")),
                "{bar:?}"
            );
        }
    }

    #[test]
    fn a_scale_varies_on_maps_of_much_of_the_earth_only() {
        let at = |latitude: f64, zoom: f64| {
            scale_varies(&Frame::at([114.0, latitude], zoom, Size { width: 800, height: 600, scale: 1.0 }))
        };
        // 600 pixels at zoom 10 are about a third of a degree: cos 30.4 and cos 30.6 differ by 0.2 %.
        assert!(!at(30.4, 10.0));
        // At zoom 4 they are 22 degrees.
        assert!(at(30.4, 4.0));
    }
}

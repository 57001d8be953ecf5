//! `Area`: a polygon that many stored geometries are sorted into.
//!
//! In: a polygon, boxes and stored geometries. Out: whether they lie outside, across its border or within, exactly,
//! and which share of a geometry the polygon holds. Leaves out: how the features are reached.
//!
//! The edges stand in the cells of a grid, where a box finds those it may meet. Of one spot in each cell it is known
//! whether it lies inside; a position of that cell has only to count the edges on the way to it. Most boxes meet no cell
//! with an edge, and then the spot of any cell tells for all. The meaning is that of [`Prepared`]: edges are straight in
//! degrees, `within` and `intersects` are those of Simple Features.

use std::sync::OnceLock;

use geo_types::{LineString, MultiLineString};

use super::array::{GeometryKind, GeometryRef};
use super::bounds::Bounds;
use super::measure::{ECCENTRICITY_2, centroid};
use super::prepared::Prepared;
use super::ring::side;
use super::shape::{Relation, Shape};
use super::topology::{Frame, Place, Position};

/// How a geometry lies to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// They share no position.
    Outside,
    /// They share a position, but the geometry does not lie within.
    Across,
    /// Within, as Simple Features say it.
    Within,
}

/// An edge, its end in the south first.
#[derive(Debug, Clone, Copy)]
struct Upward {
    south: Position,
    north: Position,
}

impl Upward {
    fn new(a: Position, b: Position) -> Self {
        if a[1] <= b[1] { Self { south: a, north: b } } else { Self { south: b, north: a } }
    }

    fn frame(&self) -> Frame {
        let (a, b) = (self.south, self.north);
        Frame { low: [a[0].min(b[0]), a[1]], high: [a[0].max(b[0]), b[1]] }
    }

    /// 180 or -180, where it runs along the antimeridian.
    fn antimeridian(&self) -> Option<f64> {
        let x = self.south[0];
        (x.abs() == 180.0 && x == self.north[0]).then_some(x)
    }

    /// Where it stands at a latitude between its ends.
    fn x_at(&self, y: f64) -> f64 {
        let ([x0, y0], [x1, y1]) = (self.south, self.north);
        if y == y1 { x1 } else { x0 + (x1 - x0) * ((y - y0) / (y1 - y0)) }
    }

    /// The latitude where it crosses the meridian just east of a position that is not on it, if that is further north;
    /// exact in that.
    fn meridian_above(&self, position: Position) -> Option<f64> {
        let ([x0, y0], [x1, y1]) = (self.south, self.north);
        let [x, y] = position;
        let to_east = x1 > x;
        if (x0 > x) == to_east {
            return None;
        }
        let is_above = if y0 == y1 {
            y0 > y
        } else {
            let turn = side(self.south, self.north, position);
            if to_east { turn < 0.0 } else { turn > 0.0 }
        };
        is_above.then(|| (y0 + (x - x0) / (x1 - x0) * (y1 - y0)).max(y))
    }

    /// Do they share a position? Exact.
    fn meets(&self, other: &Self) -> bool {
        if !self.frame().meets(&other.frame()) {
            return false;
        }
        let apart = |line: &Self, other: &Self| {
            let a = side(line.south, line.north, other.south);
            let b = side(line.south, line.north, other.north);
            a * b > 0.0
        };
        !apart(self, other) && !apart(other, self)
    }

    /// Is it apart from the whole box? May say no in doubt.
    fn misses(&self, frame: &Frame) -> bool {
        let own = self.frame();
        if !own.meets(frame) {
            return true;
        }
        let ([x0, y0], [x1, y1]) = (self.south, self.north);
        let (dx, dy) = (x1 - x0, y1 - y0);
        let turn = |x: f64, y: f64| dx * (y - y0) - dy * (x - x0);
        // Rounding is a few units in the last place of the products.
        let doubt = 1e-14 * (dx.abs() * 180.0 + dy * 360.0);
        let [w, s] = frame.low;
        let [e, n] = frame.high;
        let turns = [turn(w, s), turn(e, s), turn(e, n), turn(w, n)];
        turns.iter().all(|&turn| turn > doubt) || turns.iter().all(|&turn| turn < -doubt)
    }
}

/// A geometry taken apart, and room that is used again from one geometry to the next.
#[derive(Debug, Default)]
pub struct Scratch {
    positions: Vec<Position>,
    /// One position of each line or ring, and each point.
    starts: Vec<Position>,
    rings: Vec<Upward>,
    lines: Vec<Upward>,
    near: Vec<u32>,
    levels: Vec<f64>,
    turns: Vec<f64>,
    along: Vec<[f64; 2]>,
    own: Vec<(f64, Upward)>,
    other: Vec<(f64, Option<Upward>)>,
}

impl Scratch {
    /// Takes a geometry apart; `None` when it has no position.
    fn take(&mut self, geometry: GeometryRef<'_>) -> Option<Frame> {
        self.positions.clear();
        self.starts.clear();
        self.rings.clear();
        self.lines.clear();
        for part in geometry.parts() {
            let areal = part.kind().is_areal();
            let edges = if areal { &mut self.rings } else { &mut self.lines };
            for run in part.runs() {
                let begin = self.positions.len();
                self.positions.extend((0..run.len()).map(|at| run.at(at)));
                let run = &self.positions[begin..];
                let is_joined =
                    areal || matches!(part.kind(), GeometryKind::LineString | GeometryKind::MultiLineString);
                self.starts.extend(&run[..if is_joined { run.len().min(1) } else { run.len() }]);
                let pairs = run.windows(2).map(|pair| [pair[0], pair[1]]);
                let closing =
                    run.last().zip(run.first()).filter(|_| areal).map(|(last, first)| [*last, *first]);
                let pairs = pairs.chain(closing).filter(|[a, b]| a != b);
                edges.extend(pairs.map(|[a, b]| Upward::new(a, b)));
            }
        }
        self.positions.iter().copied().map(Frame::of).reduce(Frame::join)
    }

    fn edges(&self) -> impl Iterator<Item = &Upward> {
        self.rings.iter().chain(&self.lines)
    }
}

/// A polygon, or several, whose edges are searched by a grid.
#[derive(Debug)]
pub struct Area {
    shape: Shape,
    frame: Frame,
    edges: Vec<Upward>,
    grid: Grid,
    exact: OnceLock<Prepared>,
}

/// Lists of edges, one behind the other: list `i` is `edges[first[i] .. first[i + 1]]`.
#[derive(Debug, Default)]
struct Buckets {
    first: Vec<u32>,
    edges: Vec<u32>,
}

impl Buckets {
    /// Of pairs of a list and an edge.
    fn new(lists: usize, pairs: &[(u32, u32)]) -> Self {
        let mut first = vec![0; lists + 1];
        for (list, _) in pairs {
            first[*list as usize + 1] += 1;
        }
        for at in 0..lists {
            first[at + 1] += first[at];
        }
        let mut next = first.clone();
        let mut edges = vec![0; pairs.len()];
        for &(list, edge) in pairs {
            let slot: &mut u32 = &mut next[list as usize];
            edges[*slot as usize] = edge;
            *slot += 1;
        }
        Self { first, edges }
    }

    /// The edges of some lists in a row.
    fn of(&self, lists: std::ops::Range<usize>) -> &[u32] {
        &self.edges[self.first[lists.start] as usize..self.first[lists.end] as usize]
    }

    fn memory(&self) -> usize {
        (self.first.len() + self.edges.len()) * size_of::<u32>()
    }
}

/// Cells over the frame of an area.
#[derive(Debug, Default)]
struct Grid {
    low: Position,
    cells_a_degree: Position,
    degrees_a_cell: Position,
    columns: usize,
    rows: usize,
    /// The edges that may meet each cell.
    edges: Buckets,
    /// How many cells with edges lie to the west and south of each corner of cells.
    filled: Vec<u32>,
    /// Where the spot of each cell lies, and with it all of a cell without edges.
    spots: Vec<Place>,
}

/// A part of a cell.
const FLAT: f64 = 1e-3;

/// Where in a cell its spot is. Edges like to run through the middle; few run through here.
const SPOT: Position = [0.518_764_3, 0.473_251_9];

/// Columns and rows of cells.
#[derive(Clone, Copy)]
struct Cells {
    columns: [usize; 2],
    rows: [usize; 2],
}

impl Grid {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of cells are small and positive"
    )]
    fn new(frame: &Frame, edges: &[Upward]) -> Self {
        const MOST: f64 = 1024.0;
        // More cost more to make than they save.
        const CELLS_AN_EDGE: f64 = 3.0;
        let size = [frame.high[0] - frame.low[0], frame.high[1] - frame.low[1]];
        let cells = CELLS_AN_EDGE * edges.len() as f64;
        let columns = (cells * size[0] / size[1]).sqrt().clamp(1.0, MOST).min(cells) as usize;
        let rows = (cells / columns as f64).clamp(1.0, MOST) as usize;
        let cells_a_degree = [columns as f64 / size[0], rows as f64 / size[1]];
        let cells_a_degree = cells_a_degree.map(|scale| if scale.is_finite() { scale } else { 0.0 });
        let degrees_a_cell = [size[0] / columns as f64, size[1] / rows as f64];
        let mut grid =
            Self { low: frame.low, cells_a_degree, degrees_a_cell, columns, rows, ..Self::default() };
        let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(edges.len() * 2);
        for (at, edge) in (0..).zip(edges) {
            grid.cells_of(edge, |cell| pairs.push((cell as u32, at)));
        }
        grid.edges = Buckets::new(columns * rows, &pairs);
        grid.filled = vec![0; (columns + 1) * (rows + 1)];
        for row in 0..rows {
            let (south, north) = grid.filled[row * (columns + 1)..].split_at_mut(columns + 1);
            let lists = grid.edges.first[row * columns..].windows(2);
            let mut filled = 0;
            for (list, (south, north)) in lists.zip(south[1..].iter().zip(&mut north[1..=columns])) {
                filled += u32::from(list[0] < list[1]);
                *north = south + filled;
            }
        }
        grid.place_spots(edges);
        grid
    }

    /// Goes through each row from the west and turns from outside to inside or back at every edge. Exact.
    fn place_spots(&mut self, edges: &[Upward]) {
        let mut turned = vec![false; self.columns * self.rows];
        let mut borders = Vec::new();
        for edge in edges {
            let (south, north) = (edge.south[1], edge.north[1]);
            for row in self.at(south, 1)..=self.at(north, 1) {
                let y = self.spot(0, row)[1];
                if y < south || y >= north {
                    continue;
                }
                // The first spot to the east; rounding may be one column off.
                let mut column = self.at(edge.x_at(y), 0).saturating_sub(1);
                while column < self.columns {
                    let turn = side(edge.south, edge.north, self.spot(column, row));
                    if turn == 0.0 {
                        borders.push(row * self.columns + column);
                    } else if turn < 0.0 {
                        turned[row * self.columns + column] ^= true;
                        break;
                    }
                    column += 1;
                }
            }
        }
        self.spots.reserve_exact(turned.len());
        for turned in turned.chunks(self.columns) {
            let mut inside = false;
            self.spots.extend(turned.iter().map(|turned| {
                inside ^= turned;
                if inside { Place::Interior } else { Place::Exterior }
            }));
        }
        for cell in borders {
            self.spots[cell] = Place::Border;
        }
        // Without width or height no cell has a spot.
        if self.cells_a_degree.contains(&0.0) {
            self.spots.fill(Place::Border);
        }
    }

    /// The spot of a cell.
    #[expect(clippy::cast_precision_loss, reason = "at most 1024")]
    fn spot(&self, column: usize, row: usize) -> Position {
        [
            (column as f64 + SPOT[0]) * self.degrees_a_cell[0] + self.low[0],
            (row as f64 + SPOT[1]) * self.degrees_a_cell[1] + self.low[1],
        ]
    }

    /// The column or row that holds a coordinate; the first or last for those beyond.
    fn at(&self, coordinate: f64, axis: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "those beyond become the first or last")]
        let cell = ((coordinate - self.low[axis]) * self.cells_a_degree[axis]) as i32;
        (cell.max(0).cast_unsigned() as usize).min(if axis == 0 { self.columns } else { self.rows } - 1)
    }

    fn cells(&self, frame: &Frame) -> Cells {
        let range = |axis| [self.at(frame.low[axis], axis), self.at(frame.high[axis], axis)];
        Cells { columns: range(0), rows: range(1) }
    }

    /// Calls `act` with each cell that an edge may meet.
    fn cells_of(&self, edge: &Upward, mut act: impl FnMut(usize)) {
        let Cells { columns, rows } = self.cells(&edge.frame());
        // An edge so flat enters a row where rounding will have it.
        let flat = (edge.north[1] - edge.south[1]) * self.cells_a_degree[1] < FLAT;
        if columns[0] == columns[1] || rows[0] == rows[1] || flat {
            for row in rows[0]..=rows[1] {
                (columns[0]..=columns[1]).for_each(|column| act(row * self.columns + column));
            }
            return;
        }
        // More than rounding can move where another enters it.
        let doubt = FLAT / self.cells_a_degree[0];
        for row in rows[0]..=rows[1] {
            #[expect(clippy::cast_precision_loss, reason = "at most 1024")]
            let side = |row: usize| {
                let y = row as f64 / self.cells_a_degree[1] + self.low[1];
                edge.x_at(y.clamp(edge.south[1], edge.north[1]))
            };
            let (a, b) = (side(row), side(row + 1));
            let first = self.at(a.min(b) - doubt, 0).max(columns[0]);
            let last = self.at(a.max(b) + doubt, 0).min(columns[1]);
            (first..=last).for_each(|column| act(row * self.columns + column));
        }
    }

    fn filled_in(&self, cells: Cells) -> u32 {
        let corner = |column: usize, row: usize| self.filled[row * (self.columns + 1) + column];
        let ([west, east], [south, north]) = (cells.columns, cells.rows);
        corner(east + 1, north + 1) + corner(west, south) - corner(west, north + 1) - corner(east + 1, south)
    }

    /// Lists of the edges that may meet the cells, one of each row; some edges are in several.
    fn lists_in(&self, cells: Cells) -> impl Iterator<Item = &[u32]> {
        (cells.rows[0]..=cells.rows[1]).map(move |row| {
            let first = row * self.columns;
            self.edges.of(first + cells.columns[0]..first + cells.columns[1] + 1)
        })
    }
}

/// Most cells whose edges are held against a box.
const FEW_CELLS: usize = 64;

/// Parts below this share are rounding.
pub const LEAST_SHARE: f64 = 1e-9;

impl Area {
    /// Of polygons; `None` for other shapes and for empty ones.
    #[must_use]
    pub fn new(shape: Shape) -> Option<Self> {
        let mut edges = Vec::new();
        let mut ring = |ring: &geo_types::LineString| {
            for line in ring.lines().filter(|line| line.start != line.end) {
                edges.push(Upward::new(line.start.into(), line.end.into()));
            }
        };
        let mut polygon = |polygon: &geo_types::Polygon| {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).for_each(&mut ring);
        };
        match &shape {
            Shape::Polygon(one) => polygon(one),
            Shape::MultiPolygon(all) => all.iter().for_each(polygon),
            _ => return None,
        }
        let frame = edges.iter().map(Upward::frame).reduce(Frame::join)?;
        let grid = Grid::new(&frame, &edges);
        Some(Self { shape, frame, edges, grid, exact: OnceLock::new() })
    }

    /// Its edges that may reach into a window, as lines; not those along which it was cut at the antimeridian.
    #[must_use]
    pub fn border_in(&self, window: Bounds) -> Shape {
        let (mut near, mut lines) = (Vec::new(), Vec::new());
        for part in window.parts() {
            self.near(&Frame::around(part), &mut near);
            near.sort_unstable();
            near.dedup();
            let edges = near.iter().map(|&at| &self.edges[at as usize]);
            lines.extend(edges.flat_map(|edge| self.uncut(edge)).map(|ends| LineString::from(ends.to_vec())));
        }
        Shape::MultiLineString(MultiLineString(lines))
    }

    /// The pieces of an edge along which it does not go on on the other side of the antimeridian.
    fn uncut(&self, edge: &Upward) -> Vec<[Position; 2]> {
        /// Degrees, a centimetre: how far apart the ends of both sides of a cut may be.
        const SNAP: f64 = 1e-7;
        let Some(meridian) = edge.antimeridian() else { return vec![[edge.south, edge.north]] };
        let other_side = self.edges.iter().filter(|other| other.antimeridian() == Some(-meridian));
        let mut cuts: Vec<[f64; 2]> = other_side.map(|other| [other.south[1], other.north[1]]).collect();
        cuts.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let [mut from, end] = [edge.south[1], edge.north[1]];
        let mut pieces = Vec::new();
        for [south, north] in cuts.into_iter().chain([[end, end]]) {
            let to = south.min(end);
            if to - from > SNAP {
                pieces.push([from, to].map(|latitude| [meridian, latitude]));
            }
            from = from.max(north);
        }
        pieces
    }

    /// The smallest window around it.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        self.frame.bounds()
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        // The shape, the edges and, where it was needed, the exact form hold each position about once.
        self.edges.len() * (2 * size_of::<Upward>() + size_of::<Position>())
            + self.grid.edges.memory()
            + self.grid.filled.len() * size_of::<u32>()
            + self.grid.spots.len() * size_of::<Place>()
    }

    /// How all of a closed box lies to it. `Across` when some edge may meet the box.
    #[must_use]
    pub fn of_box(&self, low: Position, high: Position) -> Lies {
        let frame = Frame { low, high };
        if !self.frame.meets(&frame) {
            return Lies::Outside;
        }
        let cells = self.grid.cells(&frame);
        if self.grid.filled_in(cells) == 0 {
            let cell = cells.rows[0] * self.grid.columns + cells.columns[0];
            return if self.grid.spots[cell] == Place::Interior { Lies::Within } else { Lies::Outside };
        }
        // Large boxes that come near an edge are opened, not looked at.
        let [width, height] = [cells.columns, cells.rows].map(|[first, last]| last - first + 1);
        if width * height > FEW_CELLS {
            return Lies::Across;
        }
        for list in self.grid.lists_in(cells) {
            if list.iter().any(|&at| !self.edges[at as usize].misses(&frame)) {
                return Lies::Across;
            }
        }
        match self.place(low) {
            Place::Exterior => Lies::Outside,
            _ => Lies::Within,
        }
    }

    /// Where a position lies. Exact.
    fn place(&self, position: Position) -> Place {
        if !self.frame.holds(position) {
            return Place::Exterior;
        }
        let (column, row) = (self.grid.at(position[0], 0), self.grid.at(position[1], 1));
        let cell = row * self.grid.columns + column;
        let edges = self.grid.edges.of(cell..cell + 1);
        let known = self.grid.spots[cell];
        if edges.is_empty() {
            return known;
        }
        if known == Place::Border {
            return self.place_by_ray(position);
        }
        let spot = self.grid.spot(column, row);
        let way = Frame::of(position).join(Frame::of(spot));
        let mut inside = known == Place::Interior;
        for edge in edges.iter().map(|&at| &self.edges[at as usize]) {
            if !edge.frame().meets(&way) {
                continue;
            }
            let from = side(edge.south, edge.north, position);
            if from == 0.0 && edge.frame().holds(position) {
                return Place::Border;
            }
            // An end that lies on the way counts as left of it, so that the edges on both sides of it count once. The
            // position or the spot in line with an edge but not on it means that the edge ends before the way.
            if from * side(edge.south, edge.north, spot) < 0.0 {
                let is_left = |end| side(position, spot, end) >= 0.0;
                inside ^= is_left(edge.south) != is_left(edge.north);
            }
        }
        if inside { Place::Interior } else { Place::Exterior }
    }

    /// Where a position lies, by the edges to the east of it.
    fn place_by_ray(&self, [x, y]: Position) -> Place {
        let mut inside = false;
        for edge in &self.edges {
            let frame = edge.frame();
            if y < frame.low[1] || y > frame.high[1] || x > frame.high[0] {
                continue;
            }
            let turn = side(edge.south, edge.north, [x, y]);
            if turn == 0.0 && x >= frame.low[0] {
                return Place::Border;
            }
            inside ^= y < frame.high[1] && turn > 0.0;
        }
        if inside { Place::Interior } else { Place::Exterior }
    }

    /// Does it hold the position, its border included?
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        self.place(position) != Place::Exterior
    }

    /// The edges whose boxes meet the frame, some more than once.
    fn near(&self, frame: &Frame, near: &mut Vec<u32>) {
        near.clear();
        if self.frame.meets(frame) {
            for list in self.grid.lists_in(self.grid.cells(frame)) {
                near.extend(list.iter().filter(|&&at| self.edges[at as usize].frame().meets(frame)));
            }
        }
    }

    /// Where a few positions of a geometry lie, far from each other. They often tell enough.
    fn places(&self, geometry: GeometryRef<'_>) -> impl Iterator<Item = Place> {
        let run = geometry.parts().next().and_then(|part| part.runs().next());
        run.into_iter().flat_map(move |run| {
            [0, 2, 1, 3]
                .into_iter()
                .take(run.len())
                .map(move |quarter| self.place(run.at(quarter * run.len() / 4)))
        })
    }

    /// Does it share a position with a stored geometry? Exact.
    #[must_use]
    pub fn meets(&self, geometry: GeometryRef<'_>, scratch: &mut Scratch) -> bool {
        self.places(geometry).any(|place| place != Place::Exterior)
            || self.unless_along_border(geometry, scratch) != Some(Lies::Outside)
    }

    /// Does a stored geometry lie within, as Simple Features say it? Exact.
    #[must_use]
    pub fn contains(&self, geometry: GeometryRef<'_>, scratch: &mut Scratch) -> bool {
        self.places(geometry).all(|place| place != Place::Exterior)
            && self.of_geometry(geometry, scratch) == Lies::Within
    }

    /// How a stored geometry lies to it. Exact; one without position lies outside.
    #[must_use]
    pub fn of_geometry(&self, geometry: GeometryRef<'_>, scratch: &mut Scratch) -> Lies {
        let (mut out, mut holds) = (false, false);
        for place in self.places(geometry) {
            out |= place == Place::Exterior;
            holds |= place != Place::Exterior;
            if out && holds {
                return Lies::Across;
            }
        }
        self.unless_along_border(geometry, scratch).unwrap_or_else(|| {
            let exact = self.exact.get_or_init(|| Prepared::new(&self.shape, None));
            if exact.relates(geometry, Relation::Within) { Lies::Within } else { Lies::Across }
        })
    }

    /// How a stored geometry lies to it; `None` where the full matrix has to tell whether what lies along its border
    /// lies within or across.
    fn unless_along_border(&self, geometry: GeometryRef<'_>, scratch: &mut Scratch) -> Option<Lies> {
        let Some(frame) = scratch.take(geometry) else { return Some(Lies::Outside) };
        self.near(&frame, &mut scratch.near);
        let near = || scratch.near.iter().map(|&at| &self.edges[at as usize]);
        let is_met = near().any(|own| {
            let own_frame = own.frame();
            scratch.edges().any(|edge| own_frame.meets(&edge.frame()) && own.meets(edge))
        });
        let (mut out, mut holds, mut border) = (false, false, false);
        // What no edge meets lies on one side with all its positions.
        for &position in if is_met { &scratch.positions } else { &scratch.starts } {
            let place = self.place(position);
            out |= place == Place::Exterior;
            holds |= place != Place::Exterior;
            border |= place == Place::Border;
            if out && (holds || is_met) {
                return Some(Lies::Across);
            }
        }
        // A whole ring of the area inside the geometry, of which no edge meets an edge.
        let swallows = || !scratch.rings.is_empty() && near().any(|own| parity(&scratch.rings, own.south));
        match (out, is_met || border) {
            (true, _) => Some(if swallows() { Lies::Across } else { Lies::Outside }),
            (false, false) => Some(if swallows() { Lies::Across } else { Lies::Within }),
            (false, true) => None,
        }
    }

    /// Where the centre of mass of a geometry lies: within, across for the border, or outside.
    #[must_use]
    pub fn of_centroid(&self, geometry: GeometryRef<'_>) -> Lies {
        let Some(bounds) = geometry.bounds() else { return Lies::Outside };
        match self.of_box([bounds.west, bounds.south], [bounds.east, bounds.north]) {
            Lies::Across => {}
            sure => return sure,
        }
        match centroid(&geometry.to_shape()).map(|centre| self.place(centre)) {
            Some(Place::Interior) => Lies::Within,
            Some(Place::Border) => Lies::Across,
            _ => Lies::Outside,
        }
    }

    /// Can the insides of both have something in common? May say yes in doubt, so that areas which only share a border
    /// need not be measured.
    #[must_use]
    pub fn may_overlap(&self, other: &Self) -> bool {
        if !self.frame.meets(&other.frame) {
            return false;
        }
        let reaches_into = |one: &Self, other: &Self| {
            one.edges.iter().any(|edge| {
                let middle = [0, 1].map(|axis| f64::midpoint(edge.south[axis], edge.north[axis]));
                [edge.south, middle].into_iter().any(|at| other.place(at) == Place::Interior)
            })
        };
        self.frame == other.frame
            || reaches_into(self, other)
            || reaches_into(other, self)
            || self.crosses(other)
    }

    /// Does an edge cross an edge of the other, neither ending on the other?
    fn crosses(&self, other: &Self) -> bool {
        let mut near = Vec::new();
        other.edges.iter().any(|edge| {
            self.near(&edge.frame(), &mut near);
            near.iter().any(|&at| {
                let own = &self.edges[at as usize];
                let apart = |line: &Upward, other: &Upward| {
                    side(line.south, line.north, other.south) * side(line.south, line.north, other.north)
                        < 0.0
                };
                apart(own, edge) && apart(edge, own)
            })
        })
    }

    /// Which share of a geometry it holds, from 0 to 1: of its area, or of its length where it has none, or of its
    /// points. Shares are those of areas on the ellipsoid, not in degrees.
    #[must_use]
    pub fn share(&self, geometry: GeometryRef<'_>, scratch: &mut Scratch) -> f64 {
        let Some(frame) = scratch.take(geometry) else { return 0.0 };
        match self.of_box(frame.low, frame.high) {
            Lies::Outside => return 0.0,
            Lies::Within => return 1.0,
            Lies::Across => {}
        }
        let share = if !scratch.rings.is_empty() {
            self.share_of_area(&frame, scratch)
        } else if !scratch.lines.is_empty() {
            self.near(&frame, &mut scratch.near);
            self.share_of_lines(scratch)
        } else {
            self.share_of_points(&scratch.positions)
        };
        if share < LEAST_SHARE {
            0.0
        } else if share > 1.0 - LEAST_SHARE {
            1.0
        } else {
            share
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of points")]
    fn share_of_points(&self, positions: &[Position]) -> f64 {
        positions.iter().filter(|&&position| self.holds(position)).count() as f64 / positions.len() as f64
    }

    fn share_of_lines(&self, scratch: &mut Scratch) -> f64 {
        let (mut held, mut all) = (0.0, 0.0);
        for edge in &scratch.lines {
            let ([x0, y0], [x1, y1]) = (edge.south, edge.north);
            let (dx, dy) = (x1 - x0, y1 - y0);
            let length = (dx * f64::midpoint(y0, y1).to_radians().cos()).hypot(dy);
            all += length;
            // Where it meets edges of the area, from 0 to 1 along it.
            scratch.levels.clear();
            scratch.levels.extend([0.0, 1.0]);
            scratch.along.clear();
            for own in scratch.near.iter().map(|&at| &self.edges[at as usize]).filter(|own| own.meets(edge)) {
                let ([u0, v0], [u1, v1]) = (own.south, own.north);
                let cross = dx * (v1 - v0) - dy * (u1 - u0);
                let on_line = |position| side(edge.south, edge.north, position) == 0.0;
                if cross == 0.0 || (on_line(own.south) && on_line(own.north)) {
                    // Along each other: the ends of the other.
                    let along = |x: f64, y: f64| ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
                    let ends = [along(u0, v0), along(u1, v1)].map(|at| at.clamp(0.0, 1.0));
                    scratch.levels.extend(ends);
                    scratch.along.push([ends[0].min(ends[1]), ends[0].max(ends[1])]);
                } else {
                    let at = ((u0 - x0) * (v1 - v0) - (v0 - y0) * (u1 - u0)) / cross;
                    scratch.levels.push(at.clamp(0.0, 1.0));
                }
            }
            scratch.levels.sort_unstable_by(f64::total_cmp);
            for pair in scratch.levels.windows(2).filter(|pair| pair[0] < pair[1]) {
                let middle = f64::midpoint(pair[0], pair[1]);
                // A position between the ends of a slanted edge is rounded to beside it.
                let is_along = scratch.along.iter().any(|[low, high]| *low < middle && middle < *high);
                if is_along || self.holds([x0 + dx * middle, y0 + dy * middle]) {
                    held += length * (pair[1] - pair[0]);
                }
            }
        }
        if all > 0.0 { held / all } else { 0.0 }
    }

    /// A position a little to the south and west of a frame that is not on the border, and where that lies.
    fn beyond(&self, frame: &Frame) -> (Position, Place) {
        let size = (frame.high[0] - frame.low[0]).max(frame.high[1] - frame.low[1]);
        let (mut gap, mut slope) = (1e-9 + size / 1024.0, 0.37);
        loop {
            let corner = [frame.low[0] - gap, frame.low[1] - slope * gap];
            let place = self.place(corner);
            if place != Place::Border || gap < 1e-12 {
                return (corner, place);
            }
            (gap, slope) = (gap * 0.7, slope * 0.9);
        }
    }

    /// Both are cut at every latitude where one of their edges ends or two cross. In a slice between two of them all
    /// edges are straight and do not cross, so what is shared is trapezoids. An error in a latitude moves little of
    /// the area from one slice to the next, so no decision has to be exact.
    fn share_of_area(&self, frame: &Frame, scratch: &mut Scratch) -> f64 {
        let Scratch { near, rings, levels, turns, own, other, .. } = scratch;
        let (south, north) = (frame.low[1], frame.high[1]);
        let (corner, begins) = self.beyond(frame);
        self.near(&Frame { low: corner, high: frame.high }, near);
        rings.sort_unstable_by(|a, b| a.south[1].total_cmp(&b.south[1]));
        near.sort_unstable_by(|&a, &b| {
            self.edges[a as usize].south[1].total_cmp(&self.edges[b as usize].south[1]).then(a.cmp(&b))
        });
        near.dedup();
        levels.clear();
        levels.extend(rings.iter().flat_map(|edge| [edge.south[1], edge.north[1]]));
        turns.clear();
        for edge in near.iter().map(|&at| &self.edges[at as usize]) {
            let ([_, y0], [_, y1]) = (edge.south, edge.north);
            levels.extend([y0, y1].into_iter().filter(|y| *y > south && *y < north));
            turns.extend(edge.meridian_above(corner).map(|y| y.min(north)));
            if y0 < y1 {
                levels.extend(rings.iter().filter_map(|ring| crossing(edge, ring)));
            }
        }
        turns.sort_unstable_by(f64::total_cmp);
        levels.extend(turns.iter().filter(|y| **y > south));
        levels.sort_unstable_by(f64::total_cmp);
        levels.dedup();
        let west = corner[0];
        let weight = Weight::new(south, north);
        let (mut shared, mut all) = (0.0, 0.0);
        let (mut inside, mut turned) = (begins == Place::Interior, 0);
        let (mut rings, mut near) =
            (Slices::new(rings.iter().copied()), Slices::new(near.iter().map(|&at| self.edges[at as usize])));
        for slice in levels.windows(2) {
            let [low, high] = [slice[0], slice[1]];
            let middle = f64::midpoint(low, high);
            own.clear();
            own.extend(rings.at(low).map(|edge| (edge.x_at(middle), *edge)));
            own.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            while turns.get(turned).is_some_and(|y| *y <= low) {
                inside = !inside;
                turned += 1;
            }
            other.clear();
            if inside {
                other.push((west, None));
            }
            let east = near.at(low).filter(|edge| match [edge.south, edge.north].map(|end| end[0] > west) {
                [false, false] => false,
                [true, true] => true,
                // As the turns have it, whatever rounding makes of the place in the slice.
                [_, to_east] => edge.meridian_above(corner).is_none_or(|y| y.min(north) <= low) == to_east,
            });
            other.extend(east.map(|edge| (edge.x_at(middle), Some(*edge))));
            other[usize::from(inside)..].sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            let width = |(x, edge): (f64, Option<Upward>)| {
                edge.map_or([x; 2], |edge| [edge.x_at(low), edge.x_at(high)])
            };
            let span = |left, right| {
                let ([l0, l1], [r0, r1]) = (width(left), width(right));
                weight.trapezoid(low, high, (r0 - l0).max(0.0), (r1 - l1).max(0.0))
            };
            for pair in own.chunks_exact(2) {
                let [left, right] = [pair[0], pair[1]].map(|(x, edge)| (x, Some(edge)));
                all += span(left, right);
                for pair in other.chunks(2) {
                    let left = if pair[0].0 > left.0 { pair[0] } else { left };
                    let right = pair.get(1).copied().filter(|end| end.0 < right.0).unwrap_or(right);
                    if left.0 < right.0 {
                        shared += span(left, right);
                    }
                }
            }
        }
        if all > 0.0 { shared / all } else { 0.0 }
    }
}

/// Edges in the order of their southern ends, taken slice by slice from south to north.
struct Slices<I: Iterator<Item = Upward>> {
    rest: std::iter::Peekable<I>,
    open: Vec<Upward>,
}

impl<I: Iterator<Item = Upward>> Slices<I> {
    fn new(edges: I) -> Self {
        Self { rest: edges.peekable(), open: Vec::new() }
    }

    /// The edges that span the slice above a latitude, none of which ends within it.
    fn at(&mut self, low: f64) -> impl Iterator<Item = &Upward> {
        while let Some(edge) = self.rest.next_if(|edge| edge.south[1] <= low) {
            self.open.push(edge);
        }
        self.open.retain(|edge| edge.north[1] > low);
        self.open.iter()
    }
}

/// The latitude where two edges that are not flat cross.
fn crossing(a: &Upward, b: &Upward) -> Option<f64> {
    let (low, high) = (a.south[1].max(b.south[1]), a.north[1].min(b.north[1]));
    if low >= high {
        return None;
    }
    let (first, last) = (a.x_at(low) - b.x_at(low), a.x_at(high) - b.x_at(high));
    (first * last < 0.0).then(|| low + first / (first - last) * (high - low))
}

/// How much of the ellipsoid a square degree covers, between two latitudes.
///
/// It goes as cos φ / (1 − e² sin² φ)²; a parabola through three latitudes stands for it.
struct Weight {
    middle: f64,
    terms: [f64; 3],
}

impl Weight {
    fn new(south: f64, north: f64) -> Self {
        let at = |latitude: f64| {
            let (sine, cosine) = latitude.to_radians().sin_cos();
            cosine / (1.0 - ECCENTRICITY_2 * sine * sine).powi(2)
        };
        let (middle, half) = (f64::midpoint(south, north), (north - south) / 2.0);
        let [low, mid, high] = [at(south), at(middle), at(north)];
        let terms = if half > 0.0 {
            [mid, (high - low) / (2.0 * half), (high - 2.0 * mid + low) / (2.0 * half * half)]
        } else {
            [mid, 0.0, 0.0]
        };
        Self { middle, terms }
    }

    fn at(&self, y: f64) -> f64 {
        let t = y - self.middle;
        self.terms[0] + t * (self.terms[1] + t * self.terms[2])
    }

    /// The area between two latitudes, `below` and `above` wide there, in square degrees of the equator. Simpson's
    /// rule, exact for what is a cubic.
    fn trapezoid(&self, low: f64, high: f64, below: f64, above: f64) -> f64 {
        let middle = f64::midpoint(low, high);
        (high - low) / 6.0
            * (below * self.at(low) + 2.0 * (below + above) * self.at(middle) + above * self.at(high))
    }
}

/// Is a position that lies on no edge inside the rings?
fn parity(rings: &[Upward], [x, y]: Position) -> bool {
    let crossed = rings
        .iter()
        .filter(|edge| edge.south[1] <= y && y < edge.north[1] && side(edge.south, edge.north, [x, y]) > 0.0);
    crossed.count() % 2 == 1
}

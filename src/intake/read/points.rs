//! Points of boundaries, a row each, and how the outlines of parcels are made of them.

use std::collections::{HashMap, HashSet};

use super::position::polygons;
use super::table::Line;
use crate::intake::mapping;
use crate::intake::row::{Cell, Figure, Row};
use crate::model::narrowed;

/// The columns of a table of boundary points beside those of the coordinates.
pub(super) struct Columns {
    /// Which parcel a point is of.
    pub parcel: Parcels,
    /// Which point it is.
    pub point: usize,
    /// Which ring or which part of the parcel it is of.
    pub rings: Vec<usize>,
    /// The lengths of sides.
    pub sides: Vec<usize>,
    /// The headings leave no doubt that they are points of a boundary.
    pub is_sure: bool,
}

/// What says of which parcel a point is.
pub(super) enum Parcels {
    Column(usize),
    /// A line above the points of each; their numbers become those of this heading.
    Captions(usize),
}

impl Parcels {
    pub(super) fn column(&self) -> Option<usize> {
        match self {
            Self::Column(at) => Some(*at),
            Self::Captions(_) => None,
        }
    }
}

/// Does a heading say which boundary point a row is?
pub(super) fn is_point(heading: &str) -> bool {
    #[rustfmt::skip]
    const POINTS: &[&str] = &[
        "界址点", "界址点号", "界址点编号", "界址点序号", "边界点号", "拐点", "拐点号", "拐点编号", "顶点", "顶点号", "折点号", "点号", "点编号", "点序",
        "点序号", "jzd", "jzdh",
    ];
    POINTS.contains(&mapping::plain(heading).as_str())
}

/// Does a heading say of which ring or part a point is?
pub(super) fn is_ring(heading: &str) -> bool {
    #[rustfmt::skip]
    const RINGS: &[&str] = &[
        "圈号", "地块圈号", "宗地圈号", "界址圈号", "环号", "部件号", "部件编号", "部分号", "ring", "ringno", "ringid", "part", "partno", "partid",
    ];
    RINGS.contains(&mapping::plain(heading).as_str())
}

/// Does a heading say how long sides are?
pub(super) fn is_side(heading: &str) -> bool {
    let plain = mapping::plain(heading);
    plain.contains("边长") || ["间距", "距离", "点间距"].contains(&plain.as_str())
}

/// The heading and the number of a line that says of which parcel the points below it are, as 宗地编号：A-1.
pub(super) fn caption(line: &Line) -> Option<(String, String)> {
    let mut texts = line.cells.iter().filter(|cell| **cell != Cell::Null).map(Cell::shown);
    let first = narrowed(&texts.next()?);
    let (heading, number) = first.split_once(':').unwrap_or((&first, ""));
    let number = match number.trim() {
        "" => texts.next()?,
        // Something else may be said behind it.
        number if number.contains(':') => number.split_whitespace().next()?.to_owned(),
        number => number.to_owned(),
    };
    (mapping::name_of(heading) == Some("parcel_no") && !number.contains(':'))
        .then(|| (heading.trim().to_owned(), number))
}

/// A row that is a boundary point.
pub(super) struct Point {
    /// The number of its parcel; empty for that of the point before it.
    pub parcel: String,
    pub ring: String,
    /// What it is called.
    pub label: String,
    pub row: Row,
    /// The row as it stands in the file.
    pub text: String,
}

/// A parcel whose boundary points come.
struct Parcel {
    number: String,
    /// Its first row.
    row: Row,
    rings: Vec<Ring>,
    /// The ring of the last point.
    ring: usize,
    /// In how many places of the file its points stand.
    places: usize,
    /// Its rows as they stand in the file.
    text: String,
}

#[derive(Default)]
struct Ring {
    name: String,
    points: Vec<[f64; 2]>,
    labels: Vec<String>,
    /// Points of others stand among its own.
    is_parted: bool,
}

/// Boundary points as they come, and the parcels that are made of them.
#[derive(Default)]
pub(super) struct Outlines {
    open: Option<Parcel>,
    /// The number of the parcel of the last point, and that which a line above the next ones states.
    last: Option<String>,
    stated: Option<String>,
    /// Since the last point a line came that may say of which parcel those below are.
    doubt: Option<u64>,
    /// The numbers of parcels that came, and of those that came again.
    known: HashSet<String>,
    again: HashSet<String>,
    /// Parcels that are known to come again, in the order of their first points.
    gathered: Vec<Parcel>,
    at: HashMap<String, usize>,
    count: usize,
}

impl Outlines {
    /// Most points of parcels that come again; they are kept until the end of the file.
    const MOST_GATHERED: usize = 4_000_000;

    /// Says of which parcel the points below are.
    pub(super) fn caption(&mut self, number: String) {
        self.stated = Some(number);
        self.doubt = None;
    }

    /// The parcel that such a line stated last.
    pub(super) fn stated(&self) -> Option<&str> {
        self.stated.as_deref()
    }

    /// Is it the parcel of the last point?
    pub(super) fn is_last(&self, number: &str) -> bool {
        !number.is_empty() && self.last.as_deref() == Some(number)
    }

    /// A line without a point, which may say of which parcel the points below are.
    pub(super) fn doubt(&mut self, line: u64) {
        self.doubt = Some(line);
    }

    /// Looks whether the rows of a parcel come again.
    pub(super) fn watch(&mut self, number: &str) {
        if !number.is_empty() && !self.known.insert(number.to_owned()) {
            self.again.insert(number.to_owned());
        }
    }

    /// The numbers of the parcels whose points do not all stand behind each other.
    pub(super) fn again(&self) -> &HashSet<String> {
        &self.again
    }

    /// The next point; the parcel that ended before it. Points of scattered parcels are kept until the end. `differs` says in
    /// what two rows of a parcel differ that must not.
    pub(super) fn add(
        &mut self,
        point: Point,
        scattered: &HashSet<String>,
        differs: &dyn Fn(&Row, &Row) -> Option<String>,
    ) -> Result<Option<Row>, String> {
        let line = point.row.line.unwrap_or_default();
        let own = Some(point.parcel.clone()).filter(|number| !number.is_empty());
        let doubt = self.doubt.take().filter(|_| own.is_none());
        let Some(number) = own.or_else(|| self.stated.clone()).or_else(|| self.last.clone()) else {
            let fault = Some("no row says of which parcel its boundary point is".to_owned());
            return Ok(Some(Row { figures: Vec::new(), fault, raw: Some(point.text), ..point.row }));
        };
        let is_begun = self.last.as_ref() != Some(&number);
        self.last = Some(number.clone());
        let mut ended = None;
        let parcel = if scattered.contains(&number) {
            self.count += 1;
            if self.count > Self::MOST_GATHERED {
                return Err(format!(
                    "has more than {} boundary points of parcels whose points do not stand behind each other; sort it by parcels",
                    Self::MOST_GATHERED
                ));
            }
            let at = *self.at.entry(number.clone()).or_insert(self.gathered.len());
            if at == self.gathered.len() {
                self.gathered.push(Parcel::new(number, &point.row));
            }
            &mut self.gathered[at]
        } else {
            if self.open.as_ref().is_none_or(|open| open.number != number) {
                ended = self.open.take().map(Parcel::end);
                self.watch(&number);
            }
            self.open.get_or_insert_with(|| Parcel::new(number, &point.row))
        };
        if let Some(doubt) = doubt {
            parcel.row.fault.get_or_insert(format!(
                "line {doubt} stands among its boundary points and may say of which parcel those below it are"
            ));
        }
        if !parcel.rings.is_empty()
            && let Some(difference) = differs(&parcel.row, &point.row)
        {
            parcel.row.fault.get_or_insert(format!(
                "its points differ in {difference} (line {line}); expected the same for all points of a boundary, or a heading \
                 as \"界址点号\""
            ));
        }
        parcel.places += usize::from(is_begun);
        parcel.add(point, line);
        Ok(ended)
    }

    /// No more points come.
    pub(super) fn end(&mut self) -> Vec<Row> {
        let gathered = std::mem::take(&mut self.gathered);
        self.open.take().into_iter().chain(gathered).map(Parcel::end).collect()
    }
}

impl Parcel {
    fn new(number: String, row: &Row) -> Self {
        let row = Row { figures: Vec::new(), ..row.clone() };
        Self { number, row, rings: Vec::new(), ring: 0, places: 0, text: String::new() }
    }

    fn add(&mut self, point: Point, line: u64) {
        /// Most bytes of rows that are kept for those who correct them.
        const MOST_TEXT: usize = 1 << 16;
        let Point { ring, label, row, text, .. } = point;
        let is_first = self.rings.is_empty();
        let at = match self.rings.iter().position(|known| known.name == ring) {
            _ if ring.is_empty() && !is_first => self.ring,
            Some(at) => {
                self.rings[at].is_parted |= at != self.ring;
                at
            }
            None => {
                self.rings.push(Ring { name: ring, ..Ring::default() });
                self.rings.len() - 1
            }
        };
        self.ring = at;
        if row.figures.is_empty() {
            let reason = || format!("its boundary point in line {line} has no coordinates");
            let reason = row.fault.unwrap_or_else(reason);
            self.row.fault.get_or_insert(reason);
        } else if let Some(fault) = row.fault {
            self.row.fault.get_or_insert(fault);
        }
        if !is_first {
            self.row.repaired.extend(row.repaired);
        }
        let ring = &mut self.rings[at];
        let positions = row.figures.iter().flat_map(Figure::positions);
        ring.points.extend(positions);
        ring.labels.resize(ring.points.len(), label);
        if self.text.len() < MOST_TEXT {
            self.text.push_str(&text);
            self.text.push('\n');
        }
    }

    /// The parcel as a row.
    fn end(self) -> Row {
        let Self { number, mut row, mut rings, places, text, .. } = self;
        for ring in &mut rings {
            if places < 2 && !ring.is_parted {
                continue;
            }
            match ring.sort() {
                Some(false) => {}
                Some(true) => row.repaired.push(
                    "its boundary points stand in several places and are joined in the order of their numbers".to_owned(),
                ),
                None => {
                    row.fault.get_or_insert(format!(
                        "boundary points of the parcel {number:?} stand farther up as well, and their numbers do not tell how \
                         they go on; expected all of a parcel behind each other"
                    ));
                }
            }
        }
        match outline(rings) {
            Ok(figures) => row.figures = figures,
            Err(reason) => {
                row.fault.get_or_insert(format!("the parcel {number:?} {reason}"));
            }
        }
        if row.fault.is_some() {
            row.figures.clear();
            row.raw.get_or_insert_with(|| text.trim_end().to_owned());
        }
        row
    }
}

/// The polygons of rings. Where rows name the rings, each of them ends with its last point, whether it came back or not.
fn outline(mut rings: Vec<Ring>) -> Result<Vec<Figure>, String> {
    if rings.len() > 1 {
        for ring in &mut rings {
            let first = ring.points.first().copied();
            if ring.points.len() < 3 {
                return Err(format!(
                    "has a ring {:?} of {} points, expected three or more",
                    ring.name,
                    ring.points.len()
                ));
            }
            ring.points.extend(first.filter(|first| ring.points.last() != Some(first)));
        }
    }
    polygons(&rings.into_iter().flat_map(|ring| ring.points).collect::<Vec<_>>())
}

impl Ring {
    /// Brings its points into the order of their numbers, and says whether they were in another; `None` where they do not
    /// count on one by one.
    fn sort(&mut self) -> Option<bool> {
        let (mut count, labels) = (self.labels.len(), &self.labels);
        let comes_back =
            count > 1 && self.points.first() == self.points.last() && labels.first() == labels.last();
        count -= usize::from(comes_back);
        let numbers: Vec<(&str, u64)> =
            labels[..count].iter().map(|label| numbered(label)).collect::<Option<_>>()?;
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|&at| numbers[at].1);
        let counts_on = |pair: &[usize]| {
            let ((before, one), (behind, other)) = (numbers[pair[0]], numbers[pair[1]]);
            before == behind && one + 1 == other
        };
        if !order.windows(2).all(counts_on) {
            return None;
        }
        let is_other = !order.is_sorted();
        self.points = order.into_iter().map(|at| self.points[at]).collect();
        Some(is_other)
    }
}

/// The number at the end of what a point is called, and what stands before it.
fn numbered(label: &str) -> Option<(&str, u64)> {
    let digits = label.len() - label.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (before, number) = label.split_at(label.len() - digits);
    Some((before, number.parse().ok().filter(|number| *number < u64::MAX)?))
}

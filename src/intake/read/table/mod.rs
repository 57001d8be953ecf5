//! Tables: which columns hold the place, and rows of cells as rows.

mod rows;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::again::{Again, Passed};
use super::drawn::{figures, is_well_known};
use super::head::{beside, is_void};
use super::points::{self, Outlines};
use super::position::{coordinate, joint, outline};
use super::role::{JOINT, Part, Role, is_one_of, pair_of, part_of, role};
use super::says::{self, Said};
use super::shown::{Heard, Shown};
use super::{Beyond, Told, Wish};
use crate::intake::mapping::{self, Known};
use crate::intake::number::written;
use crate::intake::row::{Cell, Figure, Headings, MOST_HEADINGS, Row, cut};
use crate::intake::value::Unit;
use crate::intake::{refused, value};
use crate::model::{Timestamp, narrowed};

pub(super) use rows::{Line, Rows};

/// A table whose head was found.
struct Table {
    /// Numbers of the headings by column; none for columns without one.
    columns: Vec<Option<usize>>,
    /// The headings by column, as they are told.
    names: Vec<Option<String>>,
    /// The known fields that they stand for.
    fields: Vec<Option<&'static Known>>,
    /// Columns that may hold the place; in each row it is the first of them that is not empty.
    places: Vec<Place>,
    /// The column of geometries hides columns of coordinates.
    has_spare: bool,
    refused: Option<Refused>,
    /// Every value stands in a column of its own, whatever is missing before it.
    is_sheet: bool,
    /// The columns of the place have decimal commas.
    is_decimal: bool,
    /// Columns in which times of days were met, and those in which an earlier look met them.
    clocks: HashSet<usize>,
    clocked: HashSet<usize>,
    /// Columns of degrees, and those of their minutes and seconds.
    minutes: BTreeMap<usize, [Option<usize>; 2]>,
    /// Columns that say the system of each row, and what the first that does says, with its text.
    systems: Vec<usize>,
    system: Option<(Said, String)>,
    /// What stands above the head of the system.
    system_above: Option<(Said, String)>,
    traps: Vec<String>,
    /// The column of areas and the one beside it that states the unit of each.
    units: Option<(usize, usize)>,
    /// What stands above the head of the unit of areas.
    unit: Option<(Unit, String)>,
    /// Columns that may begin groups of rows, and how often they are empty where no other is.
    groups: BTreeMap<usize, Passed>,
    /// Columns that show more than the digits of their numbers, which are taken without it, with an example.
    unheard: BTreeMap<usize, String>,
    /// Columns that have merged cells below their heading, with an example.
    merged: BTreeMap<usize, String>,
    /// Its rows are points of outlines.
    points: Option<points::Columns>,
    /// The columns of parcels and points of rows that may be points of outlines, if numbers of parcels come again.
    may_be_points: Option<points::Columns>,
    /// Headings below those of the table.
    again: Again,
    /// Rows among boundary points that hold lengths and sums.
    beside: Passed,
    /// What geometries in its cells have beside two numbers.
    beyond: Beyond,
}

/// What a row is in a table of boundary points; in others all are rows.
#[derive(PartialEq)]
enum Kind {
    Row,
    Point,
    /// It says of which parcel the points below it are.
    Caption(String),
    /// It holds the length of a side, or a sum, and nothing else.
    Beside,
    /// It may say of which parcel the points below it are.
    Stray,
}

/// The columns that a file of refused rows has beside those of its rows.
#[derive(Clone, Copy)]
struct Refused {
    row: usize,
    reason: usize,
    system: Option<usize>,
    text: usize,
    geometry: Option<usize>,
}

/// The field of areas.
const AREA: &str = "area_m2";

/// Which columns hold the place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Text(usize),
    Pair(usize, usize),
    /// Both coordinates, one after the other.
    Joint(usize),
    /// The corners of an outline, one after the other.
    Outline(usize),
}

/// Most columns.
pub(super) const MOST_COLUMNS: usize = MOST_HEADINGS;

impl Table {
    /// Understands a head.
    fn of_head(head: &[Cell], wish: &Wish, headings: &mut Headings) -> Result<Self, String> {
        if head.len() > MOST_HEADINGS {
            return Err(format!(
                "has {} columns, at most {MOST_HEADINGS} are taken; is the delimiter right?",
                head.len()
            ));
        }
        let mut names: Vec<Option<String>> = Vec::new();
        for cell in head {
            let name = Some(cell.shown().replace(['\n', '\r'], "")).filter(|name| !name.is_empty());
            // A heading that stands twice is told apart by a number.
            let count = |name: &String| names.iter().flatten().filter(|known| *known == name).count();
            let name = name
                .map(|name| if count(&name) == 0 { name } else { format!("{name} {}", count(&name) + 1) });
            names.push(name);
        }
        let wanted = |wish: &Option<String>| match wish {
            None => Ok(None),
            Some(name) => {
                names.iter().position(|known| known.as_ref() == Some(name)).map(Some).ok_or_else(|| {
                    format!(
                        "has no column {name:?}; columns are {}",
                        cut(&names.iter().flatten().cloned().collect::<Vec<_>>().join(", "))
                    )
                })
            }
        };
        let of =
            |role_of: Role| names.iter().position(|name| name.as_deref().and_then(role) == Some(role_of));
        let named = |plain: &str| {
            names.iter().position(|name| name.as_deref().is_some_and(|name| mapping::plain(name) == plain))
        };
        let refused = Refused::of_head(head);
        let traps = beside(head).into_iter().collect();
        let added = refused.and_then(|refused| refused.geometry);
        let text = of(Role::Text).filter(|text| Some(*text) != added).map(Place::Text);
        let pair = pair_of(&names);
        // Letters that stand for many things mean the place where nothing else does, and both are there.
        let letters = || named("e").zip(named("n")).filter(|_| text.is_none());
        let pair = pair.or_else(letters).map(|(x, y)| Place::Pair(x, y));
        let mut has_spare = false;
        let places: Vec<Place> = match (wanted(&wish.geometry)?, wanted(&wish.x)?, wanted(&wish.y)?) {
            (Some(text), _, _) => vec![Place::Text(text)],
            (None, Some(x), Some(y)) => vec![Place::Pair(x, y)],
            // Refused rows of several files stand in one, each with its place where it was.
            (None, None, None) if added.is_some() => {
                added.map(Place::Text).into_iter().chain(text).chain(pair).collect()
            }
            (None, None, None) => {
                has_spare = text.is_some() && pair.is_some() && !wish.is_void;
                text.filter(|_| pair.is_none() || !wish.is_void).or(pair).into_iter().collect()
            }
            _ => return Err("x and y belong together: name the columns of both".to_owned()),
        };
        let columns = names.iter().enumerate().map(|(at, name)| {
            let is_own = refused.is_some_and(|refused| refused.has(at));
            name.as_ref().filter(|_| !is_own).map(|name| headings.number(name)).transpose()
        });
        let part = |at: usize| names[at].as_deref().and_then(part_of);
        let parts_of = |degrees: usize| {
            let base = part(degrees)
                .map_or_else(|| names[degrees].as_deref().map(mapping::plain), |(base, _)| Some(base))?;
            let beside = |wanted| (0..names.len()).find(|at| part(*at) == Some((base.clone(), wanted)));
            let minutes = beside(Part::Minutes)?;
            Some((degrees, [Some(minutes), beside(Part::Seconds)]))
        };
        let pairs = places.iter().flat_map(|place| match *place {
            Place::Pair(x, y) => vec![x, y],
            _ => Vec::new(),
        });
        let minutes = pairs.filter_map(parts_of).collect();
        let was_clocked = |at: &usize| names[*at].as_ref().is_some_and(|name| wish.clocked.contains(name));
        let own_system = refused.and_then(|refused| refused.system);
        let says_system = |at: &usize| {
            let is_column = |name: &str| says::is_column(&mapping::plain(name));
            Some(*at) == own_system || names[*at].as_deref().is_some_and(is_column)
        };
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            minutes,
            clocks: HashSet::new(),
            clocked: (0..names.len()).filter(was_clocked).collect(),
            systems: (0..names.len()).filter(says_system).collect(),
            system: None,
            system_above: None,
            fields: names.iter().map(|name| name.as_deref().and_then(mapping::field_of)).collect(),
            names,
            places,
            has_spare,
            refused,
            is_sheet: false,
            is_decimal: false,
            traps,
            units: None,
            unit: None,
            groups: BTreeMap::new(),
            unheard: BTreeMap::new(),
            merged: BTreeMap::new(),
            points: None,
            may_be_points: None,
            again: Again::default(),
            beside: Passed::default(),
            beyond: Beyond::default(),
        })
    }

    /// Tells what the headings of the place say of the system, else a column beside them, else a line above them.
    fn tell_system(&mut self, told: &mut Told) {
        let columns = self.places.iter().flat_map(|place| match *place {
            Place::Text(at) | Place::Joint(at) | Place::Outline(at) => [at, at],
            Place::Pair(x, y) => [x, y],
        });
        let mut names = columns.filter_map(|at| self.names[at].as_ref());
        if let Some((said, name)) = names.find_map(|name| Some((says::of(name)?, name))) {
            said.tell(told, format!("the heading {name:?}"), "a heading of its coordinates");
        } else if let Some((said, text)) = self.system.take() {
            said.tell(told, format!("the column of systems, as in {text:?},"), "its column of systems");
        } else if let Some((said, line)) = self.system_above.take() {
            said.tell(told, format!("the line {line:?} above the headings"), "a line above its headings");
        }
    }

    /// Looks what a row says of its system. One that says another than those before it cannot be taken with them.
    fn find_system(&mut self, cells: &[Cell], wish: &Wish) -> Option<String> {
        let said_in = |at: &usize| {
            let name = self.names[*at].as_deref().unwrap_or_default();
            let cell = cells.get(*at).filter(|cell| **cell != Cell::Null)?;
            Some((says::of(&format!("{name} {}", cell.shown()))?, cell.shown()))
        };
        let (said, text) = self.systems.iter().find_map(said_in)?;
        let Some((first, text_of_first)) = &self.system else {
            self.system = Some((said, text));
            return None;
        };
        (*first != said && !wish.is_system_said).then(|| {
            format!(
                "its system is {:?}, that of those before it {:?}; expected one system in a file",
                cut(&text),
                cut(text_of_first)
            )
        })
    }

    /// The heading of the column that holds geometries.
    fn drawn_in(&self) -> Option<usize> {
        match self.places.first() {
            Some(Place::Text(at)) => self.columns[*at],
            _ => None,
        }
    }

    /// Looks for a column that states the unit of each area.
    fn find_units(&mut self, rows: &[&[Cell]]) {
        let is_called = |at: &usize, is: &dyn Fn(&str) -> bool| self.names[*at].as_deref().is_some_and(is);
        let is_area = |name: &str| mapping::name_of(name) == Some(AREA) && value::unit_of(name).is_none();
        let is_height =
            |name: &str| mapping::name_of(name) == Some(value::HEIGHT) && mapping::length_of(name).is_none();
        let is_unit = |name: &str| {
            ["单位", "面积单位", "长度单位", "高度单位", "计量单位"].contains(&mapping::plain(name).as_str())
        };
        let all = 0..self.names.len();
        let Some(unit) = all.clone().find(|at| is_called(at, &is_unit)) else { return };
        let cells = || rows.iter().filter_map(|row| row.get(unit)).filter(|cell| **cell != Cell::Null);
        let is_measured: &dyn Fn(&str) -> bool = if cells()
            .any(|cell| value::unit_of(&cell.shown()).is_some())
        {
            &is_area
        } else if cells().any(|cell| value::named_length(&narrowed(&cell.shown()).to_lowercase()).is_some()) {
            &is_height
        } else {
            return;
        };
        let before = (0..unit).rev().find(|at| is_called(at, is_measured));
        let measured = before.or_else(|| all.skip(unit).find(|at| is_called(at, is_measured)));
        self.units = measured.map(|measured| (measured, unit));
    }

    /// Looks for columns that may begin groups of rows, as those of units before the numbers of parcels do.
    fn find_groups(&mut self, rows: &[&[Cell]]) {
        let meaning = |at: usize| self.names[at].as_deref().and_then(mapping::name_of);
        let parcel = (0..self.names.len()).find(|at| meaning(*at) == Some("parcel_no"));
        let may_be = |at: &usize| {
            let is_before = parcel.is_some_and(|parcel| *at < parcel);
            (is_before || meaning(*at) == Some("unit_no"))
                && Some(*at) != parcel
                && self.columns[*at].is_some()
                && rows.first().is_some_and(|row| !is_void(row, *at))
        };
        self.groups = (0..self.names.len()).filter(may_be).map(|at| (at, Passed::default())).collect();
    }

    /// Gives values what stands beside them, or in how they are shown.
    fn hear(&mut self, cells: &mut [Cell], shown: &[(usize, Shown)]) {
        for (at, shown) in shown {
            let has_heading = self.names.get(*at).is_some_and(Option::is_some);
            let Some(cell) = cells.get_mut(*at).filter(|_| has_heading) else { continue };
            match shown.heard(cell, self.fields.get(*at).copied().flatten()) {
                Heard::As(heard) => *cell = heard,
                Heard::Unheard => {
                    self.unheard.entry(*at).or_insert_with(|| cell.shown());
                }
                Heard::Alike => {}
            }
        }
        let unit = self.units.and_then(|(area, unit)| Some((area, cells.get(unit)?.shown())));
        if let Some((at, unit)) = unit
            && let Some(cell) = cells.get_mut(at).filter(|cell| cell.as_number().is_some())
        {
            *cell = Cell::text(&format!("{}{unit}", cell.shown()));
        }
    }

    /// Workbooks do not tell a day from its first moment: in a column of times it is that.
    fn find_clocks(&mut self, cells: &mut [Cell]) {
        for (at, cell) in cells.iter_mut().enumerate().filter(|_| self.is_sheet) {
            match cell {
                Cell::Date(day) if self.clocked.contains(&at) => {
                    *cell = Cell::Text(format!("{day}T00:00:00"));
                }
                Cell::Text(text)
                    if text.as_bytes().get(10) == Some(&b'T') && Timestamp::of_data(text).is_some() =>
                {
                    self.clocks.insert(at);
                }
                _ => {}
            }
        }
    }

    /// Looks at the first rows for coordinates with decimal commas.
    fn find_commas(&mut self, rows: &[&[Cell]]) {
        let pair = self.places.iter().find_map(|place| match place {
            Place::Pair(x, y) => Some((*x, *y)),
            _ => None,
        });
        let Some((x, y)) = pair else { return };
        let cells = || rows.iter().flat_map(|row| [row.get(x), row.get(y)]).flatten();
        if let Some((text, step)) =
            cells().find_map(|cell| rounded(&cell.shown()).map(|step| (cell.shown(), step)))
        {
            self.traps.push(format!(
                "coordinates as {text} are rounded to {step} by the program that wrote them; the places are no nearer than that"
            ));
        }
        let has_them = |cell: &&Cell| matches!(cell, Cell::Text(text) if written(text, false).is_some_and(|read| read.has_decimal_comma));
        let example = cells().find(has_them);
        if let Some(example) = example {
            self.is_decimal = true;
            self.traps.push(format!(
                "the coordinates are written with decimal commas, as in {:?}; read so",
                example.shown()
            ));
        }
    }

    /// Looks for a column whose values are geometries, outlines, or both coordinates, where no heading says which.
    fn find_by_values(&mut self, rows: &[&[Cell]]) {
        if !self.places.is_empty() {
            return;
        }
        let all = |at: usize, is: &dyn Fn(&str) -> bool| {
            let mut values =
                rows.iter().filter_map(|row| row.get(at)).filter(|cell| **cell != Cell::Null).peekable();
            let has_heading = self.columns[at].is_some();
            has_heading
                && values.peek().is_some()
                && values.all(|cell| matches!(cell, Cell::Text(text) if is(text)))
        };
        let says_so = |at: usize| {
            let name = mapping::plain(self.names[at].as_deref().unwrap_or_default());
            name.contains("坐标") || is_one_of(JOINT, &name)
        };
        let find = |is: &dyn Fn(usize) -> bool| (0..self.names.len()).find(|at| is(*at));
        let place = find(&|at| all(at, &is_well_known))
            .map(Place::Text)
            .or_else(|| find(&|at| all(at, &|text| outline(text).is_some())).map(Place::Outline))
            .or_else(|| find(&|at| says_so(at) && all(at, &|text| joint(text).is_some())).map(Place::Joint));
        self.places.extend(place);
    }

    /// Looks whether the rows are points of outlines: they say which point they are, and several are of one parcel, as its
    /// column or a line above its points says.
    fn find_points(
        &mut self,
        rows: &[&[Cell]],
        above: &[Line],
        wish: &Wish,
        headings: &mut Headings,
    ) -> Result<(), String> {
        let names = &self.names;
        let all = |is: &dyn Fn(&str) -> bool| {
            (0..names.len()).filter(|at| names[*at].as_deref().is_some_and(is)).collect::<Vec<_>>()
        };
        let (Some(&point), &[Place::Pair(x, y)]) = (all(&points::is_point).first(), &self.places[..]) else {
            return Ok(());
        };
        let name = |at: usize| names[at].clone().unwrap_or_default();
        let (rings, sides) = (all(&points::is_ring), all(&points::is_side));
        let own = mapping::plain(&name(point));
        let is_sure = ["界址", "拐点", "边界", "jzd"].iter().any(|word| own.contains(word))
            || sides.iter().any(|at| mapping::plain(&name(*at)).contains("边长"));
        let parcel = all(&|name| mapping::name_of(name) == Some("parcel_no")).first().copied();
        let caption = above.iter().rev().find_map(points::caption);
        let (parcel, of) = match (parcel, caption) {
            (Some(at), _) => (points::Parcels::Column(at), format!("{:?}", name(at))),
            (None, Some((heading, _))) if is_sure => {
                let of = format!("the lines as {heading:?} above them");
                (points::Parcels::Captions(headings.number(&heading)?), of)
            }
            (None, _) => {
                if is_sure {
                    self.traps.push(format!(
                        "{:?} says that the rows are boundary points, but nothing says of which parcel; each is taken for itself",
                        name(point)
                    ));
                }
                return Ok(());
            }
        };
        let columns = points::Columns { parcel, point, rings, sides, is_sure };
        if let Some(parcel) = columns.parcel.column() {
            let held = |row: &[Cell]| row.get(parcel).map(Cell::shown).unwrap_or_default();
            let is_next = |pair: &[&[Cell]]| held(pair[0]) == held(pair[1]) || held(pair[1]).is_empty();
            if !rows.windows(2).any(is_next) && wish.scattered.is_empty() {
                self.may_be_points = Some(columns);
                return Ok(());
            }
            // Samples and boreholes have points of their own, each with its values.
            let is_own = |at: usize| [x, y, point, parcel].contains(&at) || columns.rings.contains(&at);
            let is_other = |at: &usize| !is_own(*at) && self.columns[*at].is_some() && !is_serial(&name(*at));
            let mut first: Option<&[Cell]> = None;
            let mut differing = None;
            for &row in rows {
                match first.filter(|first| held(row).is_empty() || held(row) == held(first)) {
                    None => first = Some(row),
                    Some(first) => {
                        let differs = |at: &usize| !is_void(row, *at) && row.get(*at) != first.get(*at);
                        differing = differing.or_else(|| (0..names.len()).filter(is_other).find(differs));
                    }
                }
            }
            if let Some(at) = differing.filter(|_| !is_sure) {
                self.traps.push(format!(
                    "the rows may be boundary points ({:?}), but those of a parcel ({of}) differ in {:?}; each is taken for \
                     itself, under the heading \"界址点号\" they would be joined",
                    name(point),
                    name(at)
                ));
                return Ok(());
            }
        }
        let parted = columns.rings.first().map(|at| format!("; {:?} tells their rings", name(*at)));
        self.traps.push(format!(
            "the rows are boundary points ({:?}); those of each parcel ({of}) are joined in their order to an outline, the other \
             values are those of its first row{}",
            name(point),
            parted.unwrap_or_default()
        ));
        if let Some(example) = wish.scattered.iter().min() {
            self.traps.push(format!(
                "the points of {} of the parcels, as {example:?}, do not stand behind each other; they are joined where their \
                 numbers go on one by one, else refused",
                wish.scattered.len()
            ));
        }
        for at in [x, y, point].iter().chain(&columns.rings).chain(&columns.sides) {
            self.columns[*at] = None;
        }
        self.points = Some(columns);
        Ok(())
    }

    /// Are its rows boundary points whose parcels stand in lines above them?
    fn has_captions(&self) -> bool {
        self.points.as_ref().is_some_and(|points| matches!(points.parcel, points::Parcels::Captions(_)))
    }

    /// The numbers of parcels whose boundary points do not all stand behind each other.
    fn scattered(&mut self, outlines: &Outlines) -> HashSet<String> {
        let Some(example) = outlines.again().iter().min() else { return HashSet::new() };
        match &self.may_be_points {
            Some(columns) if !columns.is_sure => {
                let name = |at: usize| self.names[at].clone().unwrap_or_default();
                self.traps.push(format!(
                    "the rows may be boundary points ({:?}), as {example:?} is the parcel of several; each is taken for itself, \
                     under the heading \"界址点号\" they would be joined",
                    name(columns.point)
                ));
                HashSet::new()
            }
            _ => outlines.again().clone(),
        }
    }

    /// What a row is among boundary points.
    fn kind_of(&mut self, line: &Line, outlines: &Outlines) -> Kind {
        let (Some(columns), Some(&Place::Pair(x, y))) = (&self.points, self.places.first()) else {
            return Kind::Row;
        };
        let own: Vec<usize> = (0..line.cells.len()).filter(|at| !is_void(&line.cells, *at)).collect();
        let shown = |at: usize| line.cells.get(at).map(Cell::shown).unwrap_or_default();
        let is_numbered = shown(columns.point).contains(|c: char| c.is_ascii_digit());
        if own.is_empty() || [x, y].iter().all(|at| own.contains(at)) {
            return Kind::Point;
        }
        if let Some((_, number)) = points::caption(line).filter(|_| self.has_captions()) {
            return Kind::Caption(number);
        }
        let parcel = columns.parcel.column().filter(|at| outlines.is_last(&shown(*at)));
        let is_side =
            |at: &usize| columns.sides.contains(at) || line.merged.contains(at) || Some(*at) == parcel;
        let is_sum = mapping::is_known(&shown(columns.point)) && own.len() == 2;
        let has_side = own.iter().any(|at| columns.sides.contains(at));
        if has_side && own.iter().all(is_side) || is_sum && !is_numbered {
            self.beside.push(line.number);
            Kind::Beside
        } else if is_numbered || parcel.is_some() {
            Kind::Point
        } else {
            Kind::Stray
        }
    }

    /// The first value in which a boundary point differs from the first one of its parcel.
    fn difference(&self, first: &Row, row: &Row) -> Option<String> {
        let of_first = |heading: usize| first.cells.iter().find(|(other, _)| *other == heading);
        row.cells.iter().filter(|(_, cell)| *cell != Cell::Null).find_map(|(heading, cell)| {
            let before = of_first(*heading).map_or(&Cell::Null, |(_, cell)| cell);
            let at = self.columns.iter().position(|column| *column == Some(*heading))?;
            let name = self.names[at].as_deref().filter(|name| !is_serial(name))?;
            (before != cell)
                .then(|| format!("{name:?}, {:?} and {:?}", cut(&before.shown()), cut(&cell.shown())))
        })
    }

    /// Is a column one of boundary points, and none of parcels?
    fn is_of_points(&self, at: usize) -> bool {
        let is_coordinate = |place: &Place| matches!(place, Place::Pair(x, y) if [*x, *y].contains(&at));
        self.points.as_ref().is_some_and(|points| {
            points.point == at
                || points.rings.contains(&at)
                || points.sides.contains(&at)
                || self.places.iter().any(is_coordinate)
        })
    }

    /// Gives a column without heading, which has a value, one of its own.
    fn name_column(&mut self, at: usize, example: &Cell, headings: &mut Headings) -> Result<usize, String> {
        if self.columns.len() <= at {
            self.columns.resize(at + 1, None);
            self.names.resize(at + 1, None);
        }
        if let Some(number) = self.columns[at] {
            return Ok(number);
        }
        let letters = letters(at);
        let mut name = format!("column_{}", letters.to_lowercase());
        while self.names.iter().flatten().any(|known| *known == name) {
            name.push('_');
        }
        self.traps.push(format!(
            "column {letters} has no heading; its values, as in {:?}, are kept as {name:?}",
            cut(&example.shown())
        ));
        let number = headings.number(&name)?;
        self.columns[at] = Some(number);
        self.names[at] = Some(name);
        Ok(number)
    }

    fn into_traps(self) -> Vec<String> {
        let merged = self.merged.iter().map(|(at, example)| {
            let name = self.names.get(*at).cloned().flatten().unwrap_or_else(|| letters(*at));
            format!("{name:?} has merged cells; their value, as in {example:?}, is taken for all their rows")
        });
        let unheard = self.unheard.iter().filter_map(|(at, example)| {
            let name = self.names.get(*at)?.as_deref()?;
            Some(format!(
                "{name:?} is shown with more than its digits, as zeros before them; its numbers, as {example}, are taken without that"
            ))
        });
        let groups = self.groups.iter().filter_map(|(at, passed)| {
            let name = self.names.get(*at)?.as_deref()?;
            let what = format!("rows are empty in {name:?} alone; it may be that of the row above, as in a cell that was merged");
            passed.told(&what)
        });
        let beside =
            self.beside.told("rows among the boundary points hold lengths or sums and are passed over");
        self.traps
            .iter()
            .cloned()
            .chain(unheard)
            .chain(merged)
            .chain(groups)
            .chain(self.again.told())
            .chain(beside)
            .collect()
    }

    /// A row of cells as a row; `None` when it is empty.
    fn row(&mut self, line: Line, headings: &mut Headings) -> Result<Option<Row>, String> {
        let Line { number, mut cells, percent, shown, merged, errors } = line;
        if cells.iter().all(|cell| *cell == Cell::Null) {
            return Ok(None);
        }
        self.hear(&mut cells, &shown);
        self.find_clocks(&mut cells);
        let has_heading = |at: &usize| self.columns[*at].is_some();
        let mut empty = (0..self.columns.len()).filter(has_heading).filter(|at| is_void(&cells, *at));
        if let (Some(at), None) = (empty.next(), empty.next())
            && let Some(passed) = self.groups.get_mut(&at)
        {
            passed.push(number);
        }
        for at in merged {
            self.merged.entry(at).or_insert_with(|| cut(&cells[at].shown()));
        }
        let mut row = Row { is_mended: self.refused.is_some(), ..Row::default() };
        if let Some(Refused { reason, text, geometry, .. }) = self.refused {
            for cell in &mut cells {
                if let Cell::Text(text) = cell
                    && let Some(own) = refused::formulated(text)
                {
                    *text = own.to_owned();
                }
            }
            if let Some(Cell::Text(text)) = cells.get(text) {
                row.raw = Some(text.clone());
                if geometry.is_none_or(|at| is_void(&cells, at)) {
                    row.fault = Some(cells.get(reason).map(Cell::shown).unwrap_or_default());
                }
            }
        }
        let named = if self.is_sheet { cells.len() } else { self.columns.len() };
        for (at, cell) in cells.iter().enumerate().take(named) {
            let is_nameless = self.columns.get(at).is_none_or(Option::is_none);
            if *cell != Cell::Null
                && is_nameless
                && !self.is_of_points(at)
                && !self.refused.is_some_and(|refused| refused.has(at))
            {
                self.name_column(at, cell, headings)?;
            }
        }
        row.percent.extend(percent.iter().filter_map(|at| self.columns.get(*at).copied().flatten()));
        let beyond = cells.iter().skip(self.columns.len()).filter(|cell| **cell != Cell::Null).count();
        if beyond > 0 {
            row.fault = Some(format!("has {beyond} values beyond the last heading"));
            row.raw = Some(refused::record(&cells));
        }
        let has_breaks = cells.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains('\n')));
        if has_breaks && cells.len() < self.columns.len() {
            let (values, headings) = (cells.len(), self.columns.len());
            row.fault = Some(format!(
                "has {values} values with line breaks in them for {headings} headings; a quotation mark may stand open"
            ));
            row.raw = Some(refused::record(&cells));
        }
        let decimals = self.find_place(&cells, &mut row);
        for (at, error) in errors {
            let name = self.names.get(at).cloned().flatten().unwrap_or_else(|| letters(at));
            let reason = format!("{name:?} holds {error}");
            match &mut row.fault {
                Some(fault) => *fault = format!("{fault}; {reason}"),
                None => row.repaired.push(format!("{reason}; left unknown")),
            }
        }
        // What is refused keeps its text.
        for (at, value) in decimals.into_iter().filter(|_| row.fault.is_none()) {
            let value = Cell::number(value);
            let text = std::mem::replace(&mut cells[at], value).shown();
            if !self.is_decimal {
                row.repaired
                    .push(format!("the comma of the coordinate {text:?} is read as that of decimals"));
            }
        }
        for (at, cell) in cells.into_iter().enumerate() {
            if self.places.first() == Some(&Place::Text(at)) {
                row.drawn = Some((self.columns[at], cell));
            } else if let Some(Some(heading)) = self.columns.get(at) {
                row.cells.push((*heading, cell));
            }
        }
        Ok(Some(row))
    }

    /// Finds the place of a row. Coordinates that were read from decimal commas are handed back with their columns.
    fn find_place(&mut self, cells: &[Cell], row: &mut Row) -> Vec<(usize, f64)> {
        let place = self.places.iter().find(|place| match place {
            Place::Text(at) | Place::Joint(at) | Place::Outline(at) => !is_void(cells, *at),
            Place::Pair(x, y) => !is_void(cells, *x) || !is_void(cells, *y),
        });
        let mut decimals = Vec::new();
        match place {
            None => {}
            Some(&Place::Text(at)) => {
                let text = match &cells[at] {
                    Cell::Text(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.shown()),
                };
                match figures(&text, &mut row.figures) {
                    Ok(said) => {
                        row.srid = said.srid;
                        self.beyond.add(said.beyond);
                    }
                    Err(reason) => {
                        row.figures.clear();
                        row.fault.get_or_insert(format!(
                            "its geometry {:?} cannot be read: {reason}; expected well-known text as in POINT(114 30.5), \
                             well-known binary in hexadecimal digits, or GeoJSON",
                            cut(&text)
                        ));
                    }
                }
            }
            Some(&Place::Joint(at)) => {
                row.figures.extend(joint(&cells[at].shown()).map(Figure::Point));
                if row.figures.is_empty() {
                    let reason =
                        format!("its coordinates are {:?}, expected two numbers", cut(&cells[at].shown()));
                    row.fault.get_or_insert(reason);
                }
            }
            Some(&Place::Outline(at)) => {
                row.figures.extend(outline(&cells[at].shown()).into_iter().flatten());
                if row.figures.is_empty() {
                    row.fault.get_or_insert(format!(
                        "its outline is {:?}, expected three pairs of numbers or more, with semicolons between",
                        cut(&cells[at].shown())
                    ));
                }
            }
            Some(&Place::Pair(x, y)) => {
                let cell = |at: usize| match self.minutes.get(&at) {
                    Some(parts) => Cow::Owned(sexagesimal(cells, at, *parts)),
                    None => Cow::Borrowed(cells.get(at).unwrap_or(&Cell::Null)),
                };
                let mut read = |at: usize| match &*cell(at) {
                    Cell::Text(text) => match written(text, self.is_decimal) {
                        Some(read) if read.has_decimal_comma && read.behind.is_empty() => {
                            decimals.push((at, read.value));
                            Ok(Some(read.value))
                        }
                        _ => coordinate(&cell(at)),
                    },
                    other => coordinate(other),
                };
                match (read(x), read(y)) {
                    (Ok(Some(x)), Ok(Some(y))) => row.figures.push(Figure::Point([x, y])),
                    (Ok(None), Ok(None)) => {}
                    _ => {
                        let reason = format!(
                            "its coordinates are {:?} and {:?}, expected two numbers",
                            cell(x).shown(),
                            cell(y).shown()
                        );
                        row.fault.get_or_insert(reason);
                    }
                }
            }
        }
        decimals
    }
}

impl Refused {
    fn of_head(head: &[Cell]) -> Option<Self> {
        let of = |name: &str| head.iter().position(|cell| matches!(cell, Cell::Text(text) if text == name));
        let (row, reason, text) = (of(refused::ROW)?, of(refused::REASON)?, of(refused::TEXT)?);
        let is_geometry = matches!(head.get(text + 1), Some(Cell::Text(name)) if name == refused::GEOMETRY);
        let system = of(refused::SYSTEM).filter(|at| *at == reason + 1);
        Some(Self { row, reason, system, text, geometry: is_geometry.then_some(text + 1) })
    }

    /// Is a column one of them?
    fn has(self, at: usize) -> bool {
        [Some(self.row), Some(self.reason), self.system, Some(self.text), self.geometry].contains(&Some(at))
    }
}

/// Degrees, minutes and seconds of several cells in one.
fn sexagesimal(cells: &[Cell], degrees: usize, parts: [Option<usize>; 2]) -> Cell {
    let shown = |at: usize| cells.get(at).map(Cell::shown).unwrap_or_default();
    let mut text = String::new();
    for (at, sign) in [Some(degrees), parts[0], parts[1]].into_iter().zip(['°', '′', '″']) {
        let part = at.map(shown).unwrap_or_default();
        if !part.is_empty() {
            text.push_str(&part);
            text.push(sign);
        }
    }
    Cell::text(&text)
}

/// Cells without the empty ones at the end.
pub(super) fn trimmed(cells: &[Cell]) -> &[Cell] {
    let width = cells.iter().rposition(|cell| *cell != Cell::Null).map_or(0, |last| last + 1);
    &cells[..width]
}

/// Does a heading count the rows and nothing else?
fn is_serial(heading: &str) -> bool {
    ["序号", "no", "xh", "fid", "oid", "objectid"].contains(&mapping::plain(heading).as_str())
}

/// The letters of a column, as workbooks name it.
pub(super) fn letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.insert(0, b'A' + u8::try_from(at % 26).unwrap_or_default());
        match (at / 26).checked_sub(1) {
            Some(rest) => at = rest,
            None => return String::from_utf8_lossy(&letters).into_owned(),
        }
    }
}

/// How far a number is rounded that is written as in 3.85153E+07, where that is a whole unit or more.
fn rounded(text: &str) -> Option<f64> {
    let upper = text.to_ascii_uppercase();
    let (digits, power) = upper.split_once("E+")?;
    let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
    let steps = power.parse::<i32>().ok()? - i32::try_from(behind).ok()?;
    (0..=9).contains(&steps).then(|| 10_f64.powi(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_hide_digits() {
        assert_eq!(
            (rounded("3.85153E+07"), rounded("3.8515349181E+07"), rounded("38515349")),
            (Some(100.0), None, None)
        );
    }

    #[test]
    fn columns_have_the_letters_of_workbooks() {
        assert_eq!([0, 3, 25, 26, 701, 702].map(letters), ["A", "D", "Z", "AA", "ZZ", "AAA"]);
    }
}

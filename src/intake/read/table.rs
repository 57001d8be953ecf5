//! Tables: which row is the head, which columns hold the place.

use std::borrow::Cow;
use std::path::Path;

use super::{Stated, Take, Told, Wish, geojson, wkb};
use crate::geometry::System;
use crate::intake::row::{Cell, Figure, Headings, MOST_HEADINGS, Row, cut};
use crate::intake::{IntakeError, mapping, refused};

/// A table whose head was found.
struct Table {
    /// Numbers of the headings by column; none for columns without one.
    columns: Vec<Option<usize>>,
    /// Columns that may hold the place; in each row it is the first of them that is not empty.
    places: Vec<Place>,
    /// The column of geometries hides columns of coordinates.
    has_spare: bool,
    refused: Option<Refused>,
}

/// The columns that a file of refused rows has beside those of its rows.
#[derive(Clone, Copy)]
struct Refused {
    reason: usize,
    text: usize,
    geometry: Option<usize>,
}

/// What rows state of their system.
#[derive(Default)]
struct Srids {
    first: Option<u32>,
    /// How many state another, and the number of the first of them.
    others: u64,
    other: u64,
}

/// The rows of a table as they come: the first are kept until its head is found among them.
pub(super) struct Rows<'a> {
    /// The file, and what of it is read where it holds several tables.
    path: &'a Path,
    what: &'a str,
    wish: &'a Wish,
    first: Vec<(u64, Vec<Cell>)>,
    table: Option<Table>,
    number: u64,
    srids: Srids,
    /// Some row has something in the column of geometries.
    is_drawn: bool,
}

impl<'a> Rows<'a> {
    pub(super) fn new(path: &'a Path, what: &'a str, wish: &'a Wish) -> Self {
        let (first, srids) = (Vec::new(), Srids::default());
        Self { path, what, wish, first, table: None, number: 0, srids, is_drawn: false }
    }

    /// The next row, of a line of the file.
    pub(super) fn push(
        &mut self,
        line: u64,
        cells: Vec<Cell>,
        headings: &mut Headings,
        take: &mut Take<'_>,
    ) -> Result<(), IntakeError> {
        if self.table.is_some() {
            return self.hand(line, cells, take);
        }
        self.first.push((line, cells));
        if self.first.len() == MOST_TITLES { self.settle(headings, take) } else { Ok(()) }
    }

    /// No more rows come; what all of them said.
    pub(super) fn end(mut self, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
        if self.table.is_none() {
            self.settle(headings, take)?;
        }
        let Some(table) = &self.table else { return Ok(Told::default()) };
        let mut told = Told {
            drawn_in: table.drawn_in(),
            is_apart: table.refused.is_some_and(|refused| refused.geometry.is_some()),
            is_void: table.has_spare && !self.is_drawn,
            ..Told::default()
        };
        let Srids { first, others, other } = self.srids;
        if let Some(first) = first {
            let other_name = || Stated::Other(format!("SRID {first}"));
            told.stated = System::of_epsg(first).map_or_else(other_name, Stated::System);
            told.by = "the SRID of its geometries";
        }
        if let Some(first) = first.filter(|_| others > 0) {
            let fate = if self.wish.is_system_said { "taken in that of --crs" } else { "refused" };
            told.traps.push(format!(
                "its geometries state several systems: SRID {first} first, {others} rows another one (row {other} the first \
                 of them), which are {fate}"
            ));
        }
        Ok(told)
    }

    /// Finds the head among the first rows, and hands over those below it.
    fn settle(&mut self, headings: &mut Headings, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let unfit = |reason: String| IntakeError::unfit(self.path, &reason);
        let rows: Vec<Vec<Cell>> = self.first.iter().map(|(_, cells)| cells.clone()).collect();
        let at = head(&rows).ok_or_else(|| unfit(format!("{}has no row of headings", self.what)))?;
        self.table = Some(Table::of_head(&rows[at], self.wish, headings).map_err(unfit)?);
        std::mem::take(&mut self.first)
            .into_iter()
            .skip(at + 1)
            .try_for_each(|(line, cells)| self.hand(line, cells, take))
    }

    fn hand(&mut self, line: u64, cells: Vec<Cell>, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let Some(mut row) = self.table.as_ref().and_then(|table| table.row(cells)) else { return Ok(()) };
        self.number += 1;
        self.is_drawn |= row.drawn.as_ref().is_some_and(|(_, cell)| *cell != Cell::Null);
        if let Some(srid) = row.srid {
            let first = *self.srids.first.get_or_insert(srid);
            if first != srid {
                self.srids.others += 1;
                if self.srids.others == 1 {
                    self.srids.other = self.number;
                }
                if !self.wish.is_system_said {
                    row.fault.get_or_insert(format!(
                        "its geometry states SRID {srid}, those before it SRID {first}; expected one system in a file"
                    ));
                }
            }
        }
        take(Row { number: self.number, line: Some(line), ..row })
    }
}

/// Which columns hold the place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Text(usize),
    Pair(usize, usize),
}

/// Most columns.
pub(super) const MOST_COLUMNS: usize = MOST_HEADINGS;
/// How many rows may stand above the head, as titles do.
const MOST_TITLES: usize = 10;

/// Which of the first rows of a table is its head: that with most known headings, else the first with two texts.
fn head(rows: &[Vec<Cell>]) -> Option<usize> {
    let texts = |row: &Vec<Cell>| {
        row.iter()
            .filter_map(|cell| match cell {
                Cell::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let known = |row: &Vec<Cell>| {
        texts(row).iter().filter(|text| mapping::is_known(text) || role(text).is_some()).count()
    };
    let best = (0..rows.len()).max_by_key(|&at| (known(&rows[at]), std::cmp::Reverse(at)))?;
    if known(&rows[best]) > 0 { Some(best) } else { rows.iter().position(|row| texts(row).len() > 1) }
}

/// What a heading says of the place.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Text,
    East,
    North,
}

fn role(heading: &str) -> Option<Role> {
    const TEXT: &[&str] = &[
        "wkt",
        "geometry",
        "geom",
        "thegeom",
        "wktgeom",
        "shape",
        "几何",
        "图形",
        "空间数据",
        "geometrywkt",
    ];
    const EAST: &[&str] = &[
        "x",
        "lon",
        "lng",
        "long",
        "longitude",
        "经度",
        "经度°",
        "east",
        "easting",
        "东坐标",
        "x坐标",
        "坐标x",
        "横坐标",
        "pointx",
        "xcoord",
        "centroidx",
    ];
    const NORTH: &[&str] = &[
        "y",
        "lat",
        "latitude",
        "纬度",
        "纬度°",
        "north",
        "northing",
        "北坐标",
        "y坐标",
        "坐标y",
        "纵坐标",
        "pointy",
        "ycoord",
        "centroidy",
    ];
    let plain = mapping::plain(heading);
    let is = |list: &[&str]| list.contains(&plain.as_str());
    [(TEXT, Role::Text), (EAST, Role::East), (NORTH, Role::North)]
        .into_iter()
        .find_map(|(list, role)| is(list).then_some(role))
}

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
        let refused = Refused::of_head(head);
        let added = refused.and_then(|refused| refused.geometry);
        let text = of(Role::Text).filter(|text| Some(*text) != added).map(Place::Text);
        let pair = of(Role::East).zip(of(Role::North)).map(|(x, y)| Place::Pair(x, y));
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
        let is_own = |at: usize| {
            refused.is_some_and(|refused| {
                [Some(refused.reason), Some(refused.text), refused.geometry].contains(&Some(at))
                    || names[at].as_deref() == Some(refused::ROW)
            })
        };
        let columns = names.iter().enumerate().map(|(at, name)| {
            name.as_ref().filter(|_| !is_own(at)).map(|name| headings.number(name)).transpose()
        });
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, places, has_spare, refused })
    }

    /// The heading of the column that holds geometries.
    fn drawn_in(&self) -> Option<usize> {
        match self.places.first() {
            Some(Place::Text(at)) => self.columns[*at],
            _ => None,
        }
    }

    /// A row of cells as a row; `None` when it is empty.
    fn row(&self, mut cells: Vec<Cell>) -> Option<Row> {
        if cells.iter().all(|cell| *cell == Cell::Null) {
            return None;
        }
        let mut row = Row::default();
        let is_void = |cells: &[Cell], at: usize| cells.get(at).is_none_or(|cell| *cell == Cell::Null);
        if let Some(Refused { reason, text, geometry }) = self.refused {
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
        let place = self.places.iter().find(|place| match place {
            Place::Text(at) => !is_void(&cells, *at),
            Place::Pair(x, y) => !is_void(&cells, *x) || !is_void(&cells, *y),
        });
        match place {
            None => {}
            Some(&Place::Text(at)) => {
                let text = match &cells[at] {
                    Cell::Text(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.shown()),
                };
                match figures(&text, &mut row.figures) {
                    Ok(srid) => row.srid = srid,
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
            Some(&Place::Pair(x, y)) => {
                let cell = |at: usize| cells.get(at).unwrap_or(&Cell::Null);
                match (coordinate(cell(x)), coordinate(cell(y))) {
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
        for (at, cell) in cells.into_iter().enumerate() {
            if self.places.first() == Some(&Place::Text(at)) {
                row.drawn = Some((self.columns[at], cell));
            } else if let Some(Some(heading)) = self.columns.get(at) {
                row.cells.push((*heading, cell));
            }
        }
        Some(row)
    }
}

impl Refused {
    fn of_head(head: &[Cell]) -> Option<Self> {
        let of = |name: &str| head.iter().position(|cell| matches!(cell, Cell::Text(text) if text == name));
        let (_, reason, text) = (of(refused::ROW)?, of(refused::REASON)?, of(refused::TEXT)?);
        let is_geometry = matches!(head.get(text + 1), Some(Cell::Text(name)) if name == refused::GEOMETRY);
        Some(Self { reason, text, geometry: is_geometry.then_some(text + 1) })
    }
}

/// A number, or degrees, minutes and seconds.
fn coordinate(cell: &Cell) -> Result<Option<f64>, ()> {
    if *cell == Cell::Null {
        return Ok(None);
    }
    if let Some(number) = cell.as_number() {
        return Ok(Some(number));
    }
    let Cell::Text(text) = cell else { return Err(()) };
    let upper = text.to_ascii_uppercase();
    let sign = if upper.ends_with(['W', 'S']) { -1.0 } else { 1.0 };
    let bare = upper.trim_matches(|c: char| c.is_ascii_alphabetic() || c.is_whitespace());
    if !bare.contains(['°', '度']) {
        return Err(());
    }
    let parts: Vec<f64> = bare
        .split(['°', '度', '′', '\'', '分', '″', '"', '秒', ' '])
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map_err(drop)?;
    match parts[..] {
        [degrees] => Ok(Some(sign * degrees)),
        [degrees, minutes] if minutes < 60.0 => Ok(Some(sign * (degrees + minutes / 60.0))),
        [degrees, minutes, seconds] if minutes < 60.0 && seconds < 60.0 => {
            Ok(Some(sign * (degrees + minutes / 60.0 + seconds / 3600.0)))
        }
        _ => Err(()),
    }
}

/// Appends the figures of a geometry as databases and programs of tables write it, and tells the id of the system that it
/// states.
fn figures(text: &str, into: &mut Vec<Figure>) -> Result<Option<u32>, String> {
    if text.starts_with('{') {
        return geojson::geometry(text, into).map(|()| None);
    }
    // Zero is the id of no system.
    let known = |srid: u32| Some(srid).filter(|srid| *srid != 0);
    if let Some(bytes) = wkb::of_hex(text) {
        return wkb::figures(&bytes, into).map(|()| wkb::srid(&bytes).and_then(known));
    }
    let stated = text.split_once(';').filter(|(head, _)| head.to_ascii_uppercase().starts_with("SRID="));
    let (srid, text) = match stated {
        None => (None, text),
        Some((head, text)) => match head["SRID=".len()..].trim().parse() {
            Ok(srid) => (known(srid), text),
            Err(_) => return Err(format!("{:?} names no system by its number", cut(head))),
        },
    };
    // The library follows nested brackets with its own stack.
    let nested = text.to_ascii_uppercase().matches("GEOMETRYCOLLECTION").count();
    if nested > 16 || text.contains("((((((((") {
        return Err("brackets are nested too deeply".to_owned());
    }
    let parsed: wkt::Wkt<f64> = text.parse().map_err(|reason: &str| reason.to_owned())?;
    gather(&parsed, into);
    Ok(srid)
}

fn gather(from: &wkt::Wkt<f64>, into: &mut Vec<Figure>) {
    use wkt::Wkt;
    let line =
        |line: &wkt::types::LineString<f64>| line.coords().iter().map(|at| [at.x, at.y]).collect::<Vec<_>>();
    let point = |point: &wkt::types::Point<f64>| point.coord().map(|at| Figure::Point([at.x, at.y]));
    let polygon = |polygon: &wkt::types::Polygon<f64>| {
        let rings: Vec<_> = polygon.rings().iter().map(line).collect();
        (!rings.is_empty()).then_some(Figure::Polygon(rings))
    };
    match from {
        Wkt::Point(one) => into.extend(point(one)),
        Wkt::MultiPoint(all) => into.extend(all.points().iter().filter_map(point)),
        Wkt::LineString(one) => into.extend((!one.coords().is_empty()).then(|| Figure::Line(line(one)))),
        Wkt::MultiLineString(all) => {
            into.extend(all.line_strings().iter().map(|one| Figure::Line(line(one))));
        }
        Wkt::Polygon(one) => into.extend(polygon(one)),
        Wkt::MultiPolygon(all) => into.extend(all.polygons().iter().filter_map(polygon)),
        Wkt::GeometryCollection(all) => all.geometries().iter().for_each(|one| gather(one, into)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_minutes_and_seconds_are_read() {
        assert_eq!(coordinate(&Cell::text("114°30′36″E")), Ok(Some(114.51)));
        assert_eq!(coordinate(&Cell::text("30度15分")), Ok(Some(30.25)));
        assert_eq!(coordinate(&Cell::text("114.5")), Ok(Some(114.5)));
        assert_eq!(coordinate(&Cell::text("30°75′")), Err(()));
        assert_eq!(coordinate(&Cell::text("unknown")), Err(()));
    }

    #[test]
    fn geometries_are_read_as_databases_write_them() {
        let read = |text: &str| {
            let mut into = Vec::new();
            figures(text, &mut into).map(|srid| (srid, into))
        };
        let point = |srid: Option<u32>| Ok((srid, vec![Figure::Point([1.0, 2.0])]));
        assert_eq!(read("POINT(1 2)"), point(None));
        assert_eq!(read("srid=4547;POINT Z (1 2 3)"), point(Some(4547)));
        assert_eq!(read("SRID=0;POINT(1 2)"), point(None));
        assert_eq!(read("0101000000000000000000F03F0000000000000040"), point(None));
        assert_eq!(read("\\x0101000020C3110000000000000000f03f0000000000000040"), point(Some(4547)));
        assert_eq!(read("{\"type\":\"Point\",\"coordinates\":[1,2]}"), point(None));
        for broken in ["SRID=;POINT(1 2)", "0101000000", "{\"type\":\"Point\"}", "12", "somewhere"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn the_head_is_found_below_titles() {
        let row = |texts: &[&str]| texts.iter().map(|text| Cell::text(text)).collect::<Vec<_>>();
        let rows = [
            row(&["某单元地块指标表"]),
            row(&["单位：公顷", "二〇二六年"]),
            row(&["地块编号", "用地代码", "经度", "纬度"]),
            row(&["A-1", "0701", "1", "2"]),
        ];
        assert_eq!(head(&rows), Some(2));
        assert_eq!(head(&[row(&["first", "second"]), row(&["a", "b"])]), Some(0));
    }
}

//! Tables: which row is the head, which columns hold the place.

use std::path::Path;

use super::{Take, Wish};
use crate::intake::row::{Cell, Figure, Headings, MOST_HEADINGS, Row, cut};
use crate::intake::{IntakeError, mapping};

/// A table whose head was found.
struct Table {
    /// Numbers of the headings by column; none for columns without one.
    columns: Vec<Option<usize>>,
    place: Place,
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
}

impl<'a> Rows<'a> {
    pub(super) fn new(path: &'a Path, what: &'a str, wish: &'a Wish) -> Self {
        Self { path, what, wish, first: Vec::new(), table: None, number: 0 }
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

    /// No more rows come.
    pub(super) fn end(mut self, headings: &mut Headings, take: &mut Take<'_>) -> Result<(), IntakeError> {
        if self.table.is_none() { self.settle(headings, take) } else { Ok(()) }
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
        let Some(row) = self.table.as_ref().and_then(|table| table.row(cells)) else { return Ok(()) };
        self.number += 1;
        take(Row { number: self.number, line: Some(line), ..row })
    }
}

/// Which columns hold the place.
enum Place {
    None,
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
        let place = match (wanted(&wish.geometry)?, wanted(&wish.x)?, wanted(&wish.y)?) {
            (Some(text), _, _) => Place::Text(text),
            (None, Some(x), Some(y)) => Place::Pair(x, y),
            (None, None, None) => match (of(Role::Text), of(Role::East), of(Role::North)) {
                (Some(text), _, _) => Place::Text(text),
                (None, Some(x), Some(y)) => Place::Pair(x, y),
                _ => Place::None,
            },
            _ => return Err("x and y belong together: name the columns of both".to_owned()),
        };
        let columns = names.iter().map(|name| name.as_ref().map(|name| headings.number(name)).transpose());
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, place })
    }

    /// A row of cells as a row; `None` when it is empty.
    fn row(&self, cells: Vec<Cell>) -> Option<Row> {
        if cells.iter().all(|cell| *cell == Cell::Null) {
            return None;
        }
        let mut row = Row::default();
        let beyond = cells.iter().skip(self.columns.len()).filter(|cell| **cell != Cell::Null).count();
        if beyond > 0 {
            row.fault = Some(format!("has {beyond} values beyond the last heading"));
        }
        let has_breaks = cells.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains('\n')));
        if has_breaks && cells.len() < self.columns.len() {
            let (values, headings) = (cells.len(), self.columns.len());
            row.fault = Some(format!(
                "has {values} values with line breaks in them for {headings} headings; a quotation mark may stand open"
            ));
        }
        match self.place {
            Place::None => {}
            Place::Text(at) => {
                if let Some(Cell::Text(text)) = cells.get(at)
                    && let Err(reason) = figures(text, &mut row.figures)
                {
                    row.figures.clear();
                    row.fault.get_or_insert(format!("its geometry is no well-known text: {reason}"));
                }
            }
            Place::Pair(x, y) => {
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
        let is_place = |at: usize| matches!(self.place, Place::Text(text) if text == at);
        for (at, cell) in cells.into_iter().enumerate() {
            if let Some(Some(heading)) = self.columns.get(at)
                && !is_place(at)
            {
                row.cells.push((*heading, cell));
            } else if is_place(at) && row.fault.is_some() {
                row.raw = Some(cell.shown());
            }
        }
        Some(row)
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

/// Appends the figures of well-known text.
fn figures(text: &str, into: &mut Vec<Figure>) -> Result<(), String> {
    // A code of the system may stand before it, as other programs write it.
    let text = text
        .split_once(';')
        .filter(|(head, _)| head.to_ascii_uppercase().starts_with("SRID="))
        .map_or(text, |(_, text)| text);
    // The library follows nested brackets with its own stack.
    let nested = text.to_ascii_uppercase().matches("GEOMETRYCOLLECTION").count();
    if nested > 16 || text.contains("((((((((") {
        return Err("brackets are nested too deeply".to_owned());
    }
    let parsed: wkt::Wkt<f64> = text.parse().map_err(|reason: &str| reason.to_owned())?;
    gather(&parsed, into);
    Ok(())
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

//! The rows of a table as they come.

use std::path::Path;

use super::{Kind, Table};
use crate::geometry::System;
use crate::intake::read::again::Again;
use crate::intake::read::head::{MOST_TITLES, Stacked, filled, head, passed_over, second_table, unit_above};
use crate::intake::read::merged::{Merged, Region};
use crate::intake::read::points::{self, Outlines};
use crate::intake::read::says;
use crate::intake::read::shown::Shown;
use crate::intake::read::{Stated, Take, Told, Wish};
use crate::intake::row::{Cell, Headings, Row};
use crate::intake::{IntakeError, refused};

/// How many rows are kept until the table is understood; a second table beside it is seen to end among them.
const LOOKED_AT: usize = 100;

/// What rows state of their system.
#[derive(Default)]
struct Srids {
    first: Option<u32>,
    /// How many state another, and the number of the first of them.
    others: u64,
    other: u64,
}

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub(in crate::intake::read) struct Line {
    /// Number of its line, from 1.
    pub number: u64,
    pub cells: Vec<Cell>,
    /// Columns whose numbers are shares that are shown in per cent.
    pub percent: Vec<usize>,
    /// Columns whose numbers are shown with more than their digits.
    pub shown: Vec<(usize, Shown)>,
    /// Columns whose cells have no value because of a formula, and what they hold.
    pub errors: Vec<(usize, String)>,
    /// Columns whose value is that of a merged cell which begins above.
    pub merged: Vec<usize>,
}

impl Line {
    pub(in crate::intake::read) fn new(number: u64, cells: Vec<Cell>) -> Self {
        Self { number, cells, ..Self::default() }
    }
}

/// The rows of a table as they come: the first are kept until its head is found among them.
pub(in crate::intake::read) struct Rows<'a> {
    /// The file, and what of it is read where it holds several tables.
    path: &'a Path,
    what: &'a str,
    wish: &'a Wish,
    /// Of sheets.
    merged: Option<Merged>,
    first: Vec<Line>,
    table: Option<Table>,
    number: u64,
    srids: Srids,
    /// Some row has something in the column of geometries.
    is_drawn: bool,
    outlines: Outlines,
}

impl<'a> Rows<'a> {
    pub(in crate::intake::read) fn new(path: &'a Path, what: &'a str, wish: &'a Wish) -> Self {
        Self {
            path,
            what,
            wish,
            merged: None,
            first: Vec::new(),
            table: None,
            number: 0,
            srids: Srids::default(),
            is_drawn: false,
            outlines: Outlines::default(),
        }
    }

    /// Those of a sheet.
    pub(in crate::intake::read) fn of_sheet(
        path: &'a Path,
        what: &'a str,
        wish: &'a Wish,
        merged: Vec<Region>,
    ) -> Self {
        Self { merged: Some(Merged::new(merged)), ..Self::new(path, what, wish) }
    }

    /// The next row.
    pub(in crate::intake::read) fn push(
        &mut self,
        mut line: Line,
        headings: &mut Headings,
        take: &mut Take<'_>,
    ) -> Result<(), IntakeError> {
        if let Some(merged) = &mut self.merged {
            line.merged = merged.fill(line.number, &mut line.cells);
        }
        if self.table.is_some() {
            return self.hand(line, headings, take);
        }
        self.first.push(line);
        if self.first.len() == LOOKED_AT { self.settle(headings, take) } else { Ok(()) }
    }

    /// No more rows come; what all of them said.
    pub(in crate::intake::read) fn end(
        mut self,
        headings: &mut Headings,
        take: &mut Take<'_>,
    ) -> Result<Told, IntakeError> {
        if self.table.is_none() {
            self.settle(headings, take)?;
        }
        for row in self.outlines.end() {
            self.number += 1;
            take(Row { number: self.number, ..row })?;
        }
        let Some(mut table) = self.table else { return Ok(Told::default()) };
        let scattered = table.scattered(&self.outlines);
        let mut told = Told {
            drawn_in: table.drawn_in(),
            is_apart: table.refused.is_some_and(|refused| refused.geometry.is_some()),
            is_void: table.has_spare && !self.is_drawn,
            scattered,
            unit: table.unit.take(),
            notes: table.beyond.note().into_iter().collect(),
            ..Told::default()
        };
        table.tell_system(&mut told);
        told.clocked = table.clocks.iter().filter_map(|at| table.names.get(*at)?.clone()).collect();
        told.traps = table.into_traps();
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
        let rows: Vec<&[Cell]> = self.first.iter().map(|line| &*line.cells).collect();
        let at = head(&rows[..rows.len().min(MOST_TITLES)], self.wish)
            .ok_or_else(|| unfit(format!("{}has no row of headings", self.what)))?;
        let mut stacked = Stacked::around(&self.first, at, self.merged.as_ref());
        if let Some(merged) = &mut self.merged {
            stacked.end_beside(&mut self.first, merged);
        }
        let below: Vec<&[Cell]> = self.first[stacked.below..].iter().map(|line| &*line.cells).collect();
        stacked.traps.extend(second_table(&mut stacked.names, &below));
        let below = &below[..below.len().min(MOST_TITLES.saturating_sub(stacked.below))];
        let mut table = Table::of_head(&stacked.names, self.wish, headings).map_err(unfit)?;
        table.is_sheet = self.merged.is_some();
        table.traps.extend(passed_over(&self.first[..stacked.top], &self.first[at]));
        table.traps.extend(stacked.traps);
        table.unit = unit_above(&self.first[..stacked.top]);
        table.system_above = self.first[..stacked.top].iter().find_map(|line| says::of_line(&line.cells));
        table.find_units(below);
        table.find_groups(below);
        table.find_commas(below);
        table.find_by_values(below);
        table.find_points(below, &self.first[..stacked.top], self.wish, headings).map_err(unfit)?;
        table.again = Again::new(&self.first[stacked.top..stacked.below]);
        let caption = self.first[..stacked.top].iter().rev().find_map(points::caption);
        if let Some((_, number)) = caption.filter(|_| table.has_captions()) {
            self.outlines.caption(number);
        }
        self.table = Some(table);
        std::mem::take(&mut self.first)
            .into_iter()
            .skip(stacked.below)
            .try_for_each(|line| self.hand(line, headings, take))
    }

    /// Takes a row of a table of boundary points, if it is a point or says of which parcel they are.
    fn join(&mut self, line: &Line, mut row: Row, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let Some((table, columns)) =
            self.table.as_ref().and_then(|table| Some((table, table.points.as_ref()?)))
        else {
            return Ok(());
        };
        let shown = |at: usize| line.cells.get(at).map(Cell::shown).unwrap_or_default();
        let parcel = columns.parcel.column().map(shown).unwrap_or_default();
        let rings: Vec<String> = columns.rings.iter().map(|at| shown(*at)).collect();
        if let points::Parcels::Captions(heading) = columns.parcel
            && let Some(number) = self.outlines.stated()
        {
            row.cells.push((heading, Cell::text(number)));
        }
        let point = points::Point {
            parcel,
            ring: rings.join(" ").trim().to_owned(),
            label: shown(columns.point),
            row: Row { line: Some(line.number), ..row },
            text: refused::record(&line.cells),
        };
        let differs = |first: &Row, row: &Row| {
            if columns.is_sure { None } else { table.difference(first, row) }
        };
        let ended = self.outlines.add(point, &self.wish.scattered, &differs);
        if let Some(row) = ended.map_err(|reason| IntakeError::unfit(self.path, &reason))? {
            self.number += 1;
            take(Row { number: self.number, ..row })?;
        }
        Ok(())
    }

    fn hand(&mut self, line: Line, headings: &mut Headings, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let number = line.number;
        if table.again.is_head(&line, &table.names) {
            return Ok(());
        }
        if let Some(reason) = table.again.fault() {
            if filled(&line.cells) == 0 {
                return Ok(());
            }
            // Its values belong below none of the headings.
            let (fault, raw) = (Some(reason.to_owned()), Some(refused::record(&line.cells)));
            self.number += 1;
            return take(Row { number: self.number, line: Some(number), fault, raw, ..Row::default() });
        }
        let line = table.again.turned(line, table.names.len());
        let watched = table.may_be_points.as_ref().and_then(|columns| columns.parcel.column());
        if let Some(cell) = watched.and_then(|at| line.cells.get(at)) {
            self.outlines.watch(&cell.shown());
        }
        let kind = table.kind_of(&line, &self.outlines);
        match &kind {
            Kind::Caption(number) => {
                self.outlines.caption(number.clone());
                return Ok(());
            }
            Kind::Beside => return Ok(()),
            Kind::Stray => self.outlines.doubt(number),
            Kind::Row | Kind::Point => {}
        }
        let is_alone = kind == Kind::Stray && (table.has_captions() || filled(&line.cells) == 1);
        let copy = (kind == Kind::Point).then(|| line.clone());
        let other_system = table.find_system(&line.cells, self.wish);
        let row = table.row(line, headings).map_err(|reason| IntakeError::unfit(self.path, &reason))?;
        let Some(mut row) = row else { return Ok(()) };
        if let Some(reason) = other_system {
            row.fault.get_or_insert(reason);
        }
        if let Some(line) = copy {
            return self.join(&line, row, take);
        }
        if is_alone {
            row.fault.get_or_insert_with(|| "stands among boundary points and is none".to_owned());
        }
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
        take(Row { number: self.number, line: Some(number), ..row })
    }
}

//! How does a table stand on pages?
//!
//! In: a table, a width, the room of a page. Out: bands, one a row, and the head that stands again on each page. Leaves
//! out: which page a row stands on.

use tiny_skia::PathBuilder;

use crate::map::color::Color;
use crate::map::picture::{Item, Pen};
use crate::map::text::Weight;
use crate::report::document::{Cell, Column, Table, Tongue};
use crate::report::lines::{Lines, Look, ink};
use crate::report::page::{Band, Part, Role};

/// Room at the left and right of what is in a cell, CSS pixels.
const BESIDE: f32 = 5.0;
/// Room above and below it.
const ABOVE: f32 = 4.0;
/// Sizes that a table may be set in, and ems that each heading then gets in one line, where it is that long; the first
/// that it fits in is taken.
const SETTINGS: [(f32, f32); 4] = [(10.7, 7.5), (9.8, 7.5), (9.8, 4.0), (9.0, 0.0)];
/// What is taken where nothing fits.
const SMALLEST: (f32, f32) = (8.4, 0.0);
/// The share of the width that the longest word of a column may claim.
const CLAIM: f32 = 0.3;
/// Ems that a text which is longer than that gets at least, where its words are shorter.
const LEAST: f32 = 5.0;
/// What is left on a page for the headings above a row that is cut, CSS pixels.
const HEADINGS: f32 = 110.0;

/// A table in bands: its title, its head, its rows, what sums up.
pub struct Grid {
    /// The bands, the head among them.
    pub bands: Vec<Band<'static>>,
    /// Height and items of the head.
    pub head: (f32, Vec<Item>),
}

/// Sets a table. `element` is its number among the elements of the report, `head` that of its head; `room` is the height
/// of a page.
#[must_use]
pub fn set(table: &Table, [element, head]: [usize; 2], [width, room]: [f32; 2], tongue: Tongue) -> Grid {
    let (size, widths) = columns(table, width, tongue);
    let setter = Setter { columns: &table.columns, widths, size, tongue, element, width };
    let cells: Vec<Cell> = table.columns.iter().map(|column| Cell::Text(column.heading.clone())).collect();
    let mut heading = setter.row(&cells, 0, f32::INFINITY);
    let band = heading.pop().unwrap_or_default();
    let items: Vec<Item> = band.parts.iter().flat_map(|part| part.items.clone()).collect();
    let height = band.height;
    let mut bands = vec![Band { clings: true, ..band }];
    let room = (room - height - HEADINGS).max(60.0);
    for (at, row) in table.rows.iter().enumerate() {
        bands.extend(setter.row(row, at + 1, room));
    }
    // The first row takes the second along, so that a table does not begin with one row alone.
    if let [_, first, _, ..] = bands.as_mut_slice() {
        first.clings = true;
    }
    if table.rows.is_empty() && table.total.is_none() {
        bands.extend(setter.row(&[Cell::Missing], 1, room));
    }
    if let Some(total) = &table.total {
        // A sum never stands alone.
        if let Some(last) = bands.last_mut() {
            last.clings = true;
        }
        bands.extend(setter.row(total, TOTAL, room));
    }
    for band in &mut bands[1..] {
        band.head = Some(head);
    }
    Grid { bands, head: (height, items) }
}

/// The number of the row that sums up.
const TOTAL: usize = usize::MAX;

struct Setter<'a> {
    columns: &'a [Column],
    widths: Vec<f32>,
    size: f32,
    tongue: Tongue,
    element: usize,
    width: f32,
}

impl Setter<'_> {
    /// The bands of a row: one, or several where it is higher than a page.
    fn row(&self, cells: &[Cell], row: usize, room: f32) -> Vec<Band<'static>> {
        let look = look(row, self.size, self.tongue);
        let set = |(cell, (about, width)): (&Cell, (&Column, &f32))| match cell {
            // A text has no sum, and that is known.
            Cell::Missing if row == TOTAL && !about.is_number => Lines::default(),
            cell => Lines::set(&cell.shown(), &look, width - 2.0 * BESIDE),
        };
        let cells: Vec<Lines> = cells.iter().zip(self.columns.iter().zip(&self.widths)).map(set).collect();
        let mut bands = Vec::new();
        let mut shown = vec![0; cells.len()];
        loop {
            let fitting = |(cell, from): (&Lines, &usize)| {
                cell.part(*from..*from + cell.fitting(*from, room - 2.0 * ABOVE))
            };
            let parts: Vec<Lines> = cells.iter().zip(&shown).map(fitting).collect();
            for (shown, part) in shown.iter_mut().zip(&parts) {
                *shown += part.len();
            }
            let is_last = cells.iter().zip(&shown).all(|(cell, shown)| cell.len() == *shown);
            bands.push(self.band(&parts, row, is_last));
            if is_last {
                return bands;
            }
        }
    }

    fn band(&self, cells: &[Lines], row: usize, is_last: bool) -> Band<'static> {
        let least = self.size * 1.3;
        let high = cells.iter().map(Lines::height).fold(least, f32::max) + 2.0 * ABOVE;
        let mut parts = vec![Part::of(Role::Decoration, self.ground(high, row, is_last))];
        let mut left = 0.0;
        for (column, (cell, (about, width))) in
            cells.iter().zip(self.columns.iter().zip(&self.widths)).enumerate()
        {
            // The lines of a head end where the numbers begin.
            let top = if row == 0 { high - ABOVE - cell.height() } else { ABOVE };
            let justify = if about.is_number { 1.0 } else { 0.0 };
            let items = cell.at([left + BESIDE, top], width - 2.0 * BESIDE, justify);
            let role = Role::Cell { table: self.element, row, column, is_heading: row == 0 };
            parts.push(Part::of(role, items));
            left += width;
        }
        Band { height: high, parts, ..Band::default() }
    }

    /// What lies under a row: a ground for the head, rules for all.
    fn ground(&self, height: f32, row: usize, is_last: bool) -> Vec<Item> {
        let mut items = Vec::new();
        match row {
            0 => {
                items.extend(area([0.0, 0.0, self.width, height], ink("bg3")));
                items.extend(rule(height, self.width, ink("ln2"), 1.0));
            }
            TOTAL => {
                items.extend(area([0.0, 0.0, self.width, height], ink("bg2")));
                items.extend(rule(0.0, self.width, ink("tx"), 1.2));
            }
            _ if is_last => items.extend(rule(height, self.width, ink("ln"), 0.7)),
            _ => {}
        }
        items
    }
}

fn look(row: usize, size: f32, tongue: Tongue) -> Look {
    let weight = if matches!(row, 0 | TOTAL) { Weight::Bold } else { Weight::Regular };
    Look::of(weight, size, "tx", tongue)
}

/// The size of the texts of a table, and how wide each column is.
fn columns(table: &Table, width: f32, tongue: Tongue) -> (f32, Vec<f32>) {
    let needs: Vec<Need> = (0..table.columns.len()).map(|at| Need::of(table, at, tongue)).collect();
    let claims = |&(size, heading): &(f32, f32)| -> (f32, Vec<Claim>) {
        let claim = |(need, column): (&Need, &Column)| need.claim(column, size, heading, width);
        (size, needs.iter().zip(&table.columns).map(claim).collect())
    };
    let fits = |(_, claims): &(f32, Vec<Claim>)| claims.iter().map(|claim| claim.least).sum::<f32>() <= width;
    let (size, claims) = SETTINGS.iter().map(claims).find(fits).unwrap_or_else(|| claims(&SMALLEST));
    (size, share(&claims, width))
}

/// The widths of the longest word and of the longest line of a column, in ems.
#[derive(Debug, Clone, Copy)]
struct Need {
    heading: [f32; 2],
    cells: [f32; 2],
}

impl Need {
    fn of(table: &Table, at: usize, tongue: Tongue) -> Self {
        let column = &table.columns[at];
        let rows = table.rows.iter().map(|row| (1, row)).chain(table.total.iter().map(|row| (TOTAL, row)));
        let mut cells = [0.0_f32; 2];
        for (row, cell) in rows.filter_map(|(row, cells)| Some((row, cells.get(at)?))) {
            let [part, whole] = look(row, 1.0, tongue).widths(&cell.shown());
            // Numbers and days are not cut.
            let is_whole =
                column.is_number || matches!(cell, Cell::Number(..) | Cell::Digits(_) | Cell::Day(_));
            cells = [cells[0].max(if is_whole { whole } else { part }), cells[1].max(whole)];
        }
        Self { heading: look(0, 1.0, tongue).widths(&column.heading), cells }
    }

    /// What it is in pixels, where a heading of so many ems stands in one line.
    fn claim(self, column: &Column, size: f32, heading: f32, width: f32) -> Claim {
        let [part, whole] = self.heading;
        let most = whole.max(self.cells[1]);
        let least = part.max(whole.min(heading)).max(self.cells[0]).max(self.cells[1].min(LEAST));
        let least = (least * size).min(width * CLAIM);
        let [least, most] =
            [least, (most * size).max(least)].map(|width| (width + 2.0 * BESIDE + 0.5).ceil());
        Claim { least, most, weight: f32::from(column.weight.max(1)) }
    }
}

/// What a column needs, CSS pixels.
#[derive(Debug, Clone, Copy)]
struct Claim {
    least: f32,
    most: f32,
    weight: f32,
}

/// The widths of columns that together are as wide as the table: by their weights, but none wider than it needs while
/// another is too narrow, and none narrower than its words.
fn share(claims: &[Claim], width: f32) -> Vec<f32> {
    let sum = |of: fn(&Claim) -> f32| claims.iter().map(of).sum::<f32>();
    let (least, most) = (sum(|claim| claim.least), sum(|claim| claim.most));
    if least >= width {
        // The widest give way, so that those that are narrow already stay whole.
        return level(width, |level| claims.iter().map(|claim| claim.least.min(level)).collect());
    }
    if most <= width {
        return claims.iter().map(|claim| claim.most + (width - most) * claim.most / most).collect();
    }
    level(width, |level| {
        claims.iter().map(|claim| (claim.weight * level).clamp(claim.least, claim.most)).collect()
    })
}

/// The widths at the highest level at which their sum is no more than this.
fn level(width: f32, at: impl Fn(f32) -> Vec<f32>) -> Vec<f32> {
    let (mut low, mut high) = (0.0, width);
    for _ in 0..40 {
        let middle = f32::midpoint(low, high);
        if at(middle).iter().sum::<f32>() > width {
            high = middle;
        } else {
            low = middle;
        }
    }
    at(low)
}

/// A line over the width of a table.
#[must_use]
pub fn rule(y: f32, width: f32, color: Color, thickness: f32) -> Option<Item> {
    let mut path = PathBuilder::new();
    path.move_to(0.0, y);
    path.line_to(width, y);
    Some(Item::Stroke { path: path.finish()?, color, pen: Pen::plain(thickness) })
}

/// A filled rectangle: left, top, width, height.
#[must_use]
pub fn area([left, top, width, height]: [f32; 4], color: Color) -> Option<Item> {
    let path = PathBuilder::from_rect(tiny_skia::Rect::from_xywh(left, top, width, height)?);
    Some(Item::Fill { path, color, smooth: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(least: f32, most: f32, weight: f32) -> Claim {
        Claim { least, most, weight }
    }

    #[test]
    fn columns_share_the_width() {
        let cases = [
            // There is room for all: the rest goes along with what each needs.
            (vec![claim(10.0, 30.0, 1.0), claim(10.0, 20.0, 9.0)], vec![60.0, 40.0]),
            // By weight, 1 to 3.
            (vec![claim(10.0, 200.0, 1.0), claim(10.0, 200.0, 3.0)], vec![25.0, 75.0]),
            // The second needs 40 only, the first gets the rest.
            (vec![claim(10.0, 200.0, 1.0), claim(10.0, 40.0, 3.0)], vec![60.0, 40.0]),
            // The first is not torn.
            (vec![claim(45.0, 200.0, 1.0), claim(10.0, 200.0, 3.0)], vec![45.0, 55.0]),
            // Nothing helps: the wider gives way.
            (vec![claim(20.0, 200.0, 1.0), claim(300.0, 400.0, 1.0)], vec![20.0, 80.0]),
        ];
        for (claims, want) in cases {
            let widths = share(&claims, 100.0);
            let is_equal = widths.iter().zip(&want).all(|(width, want)| (width - want).abs() < 0.01);
            assert!(is_equal, "{claims:?}: {widths:?}, wanted {want:?}");
        }
    }
}

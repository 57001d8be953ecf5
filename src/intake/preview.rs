//! What is told before any row is: how files are understood, and why.

use std::fmt::Write as _;

use serde_json::json;

use super::mapping::Writing;
use super::row::{Cell, cut};
use super::system::Offset;
use super::{Intake, Seen, cell_of, name_of};
use crate::geometry::Datum;
use crate::model::{Layer, counted};

impl Intake {
    /// What is told before any row is, as JSON.
    pub(super) fn about(&self) -> serde_json::Value {
        let unit_of =
            |writing: &Writing| writing.unit.as_ref().map(|(unit, by)| json!({ "unit": unit.0, "by": by }));
        let files = self.files.iter().zip(&self.mapping.writing).map(|(file, writing)| json!({
            "file": name_of(&file.source.path), "format": file.source.format.name(), "rows": file.survey.rows,
            "system": file.reading.placer.system().to_string(), "why": file.reading.why, "northFirst": file.reading.north_first,
            "areaUnit": unit_of(writing), "traps": file.traps().collect::<Vec<_>>(), "notes": file.told.notes, "from": self.said.datum.map(Datum::title),
            "offset": file.offset.as_ref().map(|offset| json!({ "anchors": offset.anchors, "eastM": offset.metres[0], "northM": offset.metres[1], "is": offset.datum.map(Datum::title) })),
            "leftM": file.after.as_ref().filter(|_| self.said.datum.is_some()).map(Offset::length),
        }));
        let fields = self.mapping.fields.iter().map(|field| json!({ "heading": self.headings.names()[field.heading], "field": field.name, "by": field.by }));
        json!({
            "collection": self.order.collection, "files": files.collect::<Vec<_>>(), "fields": fields.collect::<Vec<_>>(),
            "areaUnit": self.mapping.writing_of_all().and_then(unit_of),
            "traps": self.traps, "blockers": self.blockers,
            "held": self.existing().map(Layer::len), "append": self.order.append,
        })
    }

    /// The same for people.
    pub(super) fn preface(&self) -> String {
        let mut text = String::new();
        let names = self.headings.names();
        for file in &self.files {
            let Seen { source, told, survey, reading, offset, after, .. } = file;
            let _ = writeln!(
                text,
                "{}: {}, {}",
                name_of(&source.path),
                counted(survey.rows, "row"),
                source.format.name()
            );
            let _ = writeln!(text, "  system   {}", reading.why);
            if let Some(datum) = self.said.datum {
                let _ = writeln!(text, "  from     {}, converted to WGS 84", datum.title());
            }
            for trap in file.traps() {
                let _ = writeln!(text, "  trap     {trap}");
            }
            if let (Some(offset), Some(after), true) = (offset, after, self.said.datum.is_some()) {
                let _ = writeln!(
                    text,
                    "  offset   as in the file {}; after conversion {:.0} m",
                    offset.say(),
                    after.length()
                );
            } else if let Some(offset) = offset {
                let _ = writeln!(text, "  offset   {}", offset.say());
            } else if self.said.datum.is_some() {
                let _ = writeln!(
                    text,
                    "  offset   not measured: no feature has a known place in the data folder"
                );
            } else if self.order.from.is_none() && file.may_be_shifted() {
                let _ = writeln!(
                    text,
                    "  offset   not measured: no feature has a known place in the data folder, so that degrees of GCJ-02 or BD-09, \
                     some 600 m or 1,200 m off in China, would not be told from these; --from gcj02 or bd09 converts them"
                );
            }
            for note in &told.notes {
                let _ = writeln!(text, "  note     {note}");
            }
        }
        text.push_str("fields\n");
        for field in &self.mapping.fields {
            let example = self
                .samples()
                .find_map(|(_, row)| cell_of(row, field.heading).filter(|cell| **cell != Cell::Null));
            let example = example.map_or(String::new(), |cell| format!(", as in {}", cut(&cell.shown())));
            let is_percent = |writing: &&Writing| writing.percent.contains(&field.heading);
            let percent = match self.mapping.writing.iter().filter(is_percent).count() {
                0 => "",
                count if count == self.files.len() => ", in per cent",
                _ => ", in per cent in some of the files",
            };
            let _ = writeln!(
                text,
                "  {} -> {} ({}{percent}){example}",
                names[field.heading], field.name, field.by
            );
        }
        for (heading, why) in &self.mapping.left_out {
            let _ = writeln!(text, "  {} is left out: {why}", names[*heading]);
        }
        let is_same = self.mapping.writing_of_all().is_some();
        for (file, writing) in
            self.files.iter().zip(&self.mapping.writing).take(if is_same { 1 } else { usize::MAX })
        {
            let of = if is_same { String::new() } else { format!(" of {}", name_of(&file.source.path)) };
            if let Some((unit, by)) = &writing.unit {
                let _ = writeln!(text, "areas{of:<5} in {}, by {by}", unit.0);
            }
        }
        let basis = self
            .order
            .basis
            .as_deref()
            .or(self.mapping.heading_of("basis").map(|_| "from the file"))
            .unwrap_or("unknown (--basis)");
        let accuracy =
            self.order.accuracy_m.map_or("unknown (--accuracy-m)".to_owned(), |metres| format!("{metres} m"));
        let _ = writeln!(text, "basis      {basis}; accuracy {accuracy}; source {}", self.source());
        if let Some(layer) = self.existing() {
            let features = counted(layer.len() as u64, "feature");
            let _ = if self.order.append {
                writeln!(text, "adds to    the {features} of collection {:?}", self.order.collection)
            } else {
                writeln!(
                    text,
                    "replaces   the {features} of collection {:?}, whose file is kept with .old behind its name; --append keeps them",
                    self.order.collection
                )
            };
        }
        for trap in &self.traps {
            let _ = writeln!(text, "trap       {trap}");
        }
        self.first_rows(&mut text);
        text
    }

    fn first_rows(&self, text: &mut String) {
        let names = self.headings.names();
        text.push_str("first rows\n");
        for row in self.files.iter().flat_map(|file| &file.survey.first) {
            let cells: Vec<String> = row
                .cells
                .iter()
                .filter(|(_, cell)| *cell != Cell::Null)
                .take(6)
                .map(|(at, cell)| format!("{} {}", names[*at], cut(&cell.shown())))
                .collect();
            let at = row
                .figures
                .first()
                .and_then(|figure| figure.positions().next())
                .map_or("no position".to_owned(), |[a, b]| format!("{a}, {b}"));
            let _ = writeln!(text, "  {} | {at}", cells.join(" | "));
        }
    }
}

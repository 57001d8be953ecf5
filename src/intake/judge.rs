//! What the rows that were looked at show: units, shares in per cent, the system where several fit, the shift.

use super::folder::{Anchors, Known, SAME_M};
use super::mapping::KNOWN;
use super::number::Commas;
use super::place::place;
use super::row::{Cell, Row, cut};
use super::system::{self, LEAST_ANCHORS, Offset, Reading};
use super::value::{self, DayOrder, Kind};
use super::{Intake, IntakeError, Seen, cell_of};
use crate::geometry::{centroid, metres_between, stored_area_m2};
use crate::model::{Timestamp, narrowed};

/// Farther than this from its known place it is another feature of the same name, metres.
const FARTHEST_M: f64 = 5000.0;

/// Farther off than this, and than it is known, a feature is not where it is known to be, metres.
const STRAY_M: f64 = 100.0;

/// A shift of less is how exactly places are known, metres.
const LEAST_SHIFT_M: f64 = 50.0;

/// Days from that before 1900, which workbooks count from, to the first of 1904.
const DAYS_TO_1904: i32 = 1462;

impl Intake {
    /// Which numbers have decimal commas.
    fn find_commas(&mut self, file: usize) {
        let numbers = [Kind::Area, Kind::Share, Kind::Number, Kind::Whole];
        let (mut decimal, mut traps) = (Vec::new(), Vec::new());
        for field in &self.mapping.fields {
            if field.known.is_none_or(|at| !numbers.contains(&KNOWN[at].kind)) {
                continue;
            }
            let (mut example, mut is_whole) = (None, true);
            for row in &self.files[file].survey.sample {
                let Some(cell @ Cell::Text(text)) = cell_of(row, field.heading) else { continue };
                match value::written_in(cell, false).map(|read| read.commas) {
                    Some(Some(Commas::Decimals)) => {
                        example.get_or_insert(text);
                    }
                    Some(Some(Commas::Groups)) => is_whole = false,
                    Some(None) if text.contains('.') => is_whole = false,
                    _ => {}
                }
            }
            let Some(example) = example else { continue };
            if is_whole {
                let name = &self.headings.names()[field.heading];
                let trap = format!("{name:?} is written with decimal commas, as in {example:?}; read so");
                traps.push(trap);
            }
            decimal.push((field.heading, is_whole));
        }
        self.mapping.writing[file].decimal = decimal;
        self.files[file].told.traps.append(&mut traps);
    }

    /// What begins the days that end with their year: a number above twelve is no month. Where a column has none, or some of both,
    /// nothing is guessed.
    fn find_days(&mut self, file: usize) {
        let (mut days, mut traps) = (Vec::new(), Vec::new());
        for field in &self.mapping.fields {
            if field.kind() != Some(Kind::Date) && field.declared != Some(Kind::Date) {
                continue;
            }
            let texts =
                self.files[file].survey.sample.iter().filter_map(|row| match cell_of(row, field.heading) {
                    Some(Cell::Text(text)) => Some((value::year_last(text)?, text)),
                    _ => None,
                });
            let (mut any, mut day_first, mut month_first) = (None, None, None);
            for ([first, second, _], text) in texts {
                any.get_or_insert(text);
                match (first > 12, second > 12) {
                    (true, false) => day_first.get_or_insert(text),
                    (false, true) => month_first.get_or_insert(text),
                    _ => continue,
                };
            }
            let name = &self.headings.names()[field.heading];
            let Some(any) = any else { continue };
            let unread = "they are left unknown and kept in the note; write them as 2026-05-01";
            traps.push(match (day_first, month_first) {
                (Some(proof), None) => {
                    days.push((field.heading, DayOrder::DayFirst));
                    format!("the days of {name:?} begin with the day, as {proof:?} shows; read so")
                }
                (None, Some(proof)) => {
                    days.push((field.heading, DayOrder::MonthFirst));
                    format!("the days of {name:?} begin with the month, as {proof:?} shows; read so")
                }
                (None, None) => format!("nothing shows whether the days of {name:?}, as {any:?}, begin with the day or the month; {unread}"),
                (Some(one), Some(other)) => format!(
                    "some days of {name:?} begin with the day and some with the month, as {one:?} and {other:?}; {unread}"
                ),
            });
        }
        self.mapping.writing[file].days = days;
        self.files[file].told.traps.append(&mut traps);
    }

    /// Which shares are written in per cent: by their heading, unless the numbers belie it, or by the numbers.
    fn find_percent(&mut self, file: usize) {
        let (mut percent, mut traps) = (Vec::new(), Vec::new());
        let sample = &self.files[file].survey.sample;
        for field in &self.mapping.fields {
            if field.known.is_none_or(|at| KNOWN[at].kind != Kind::Share) {
                continue;
            }
            // Numbers that say themselves how they are meant are no proof for the others.
            let mut values: Vec<(f64, &Cell)> = sample
                .iter()
                .filter(|row| !row.percent.contains(&field.heading))
                .filter_map(|row| {
                    let cell = cell_of(row, field.heading)?;
                    let is_decimal = self.mapping.writing[file].ways(field.heading, row).is_decimal;
                    let read = value::written_in(cell, is_decimal)?;
                    (read.behind.is_empty() && read.value > 0.0).then_some((read.value, cell))
                })
                .collect();
            values.sort_by(|a, b| a.0.total_cmp(&b.0));
            let name = &self.headings.names()[field.heading];
            let says_so = name.contains(['%', '％']);
            let share = values.first().filter(|(least, _)| *least < 1.0);
            let is_percent = match (values.last(), share) {
                (Some((most, _)), Some((_, example))) if says_so && *most <= 1.0 => {
                    traps.push(format!(
                        "the heading {name:?} says per cent, but its numbers, as in {}, are shares already; taken so",
                        example.shown()
                    ));
                    false
                }
                (None, _) => says_so && !sample.iter().any(|row| row.percent.contains(&field.heading)),
                _ => says_so || values.get(values.len() / 2).is_some_and(|(median, _)| *median > 1.0),
            };
            if is_percent && let Some((_, example)) = share {
                traps.push(format!(
                    "{name:?} is written in per cent, but holds numbers below 1, as {0}; {0} is taken as {0} %",
                    example.shown()
                ));
            }
            if is_percent {
                percent.push(field.heading);
            }
        }
        self.mapping.writing[file].percent = percent;
        self.files[file].told.traps.append(&mut traps);
    }

    /// Which words stand for no value, and what programs of tables have made something else of.
    fn find_ruins(&mut self, file: usize) {
        let (mut empty, mut example, mut traps) = (Vec::new(), None, Vec::new());
        let names = self.headings.names();
        let sample = &self.files[file].survey.sample;
        for field in &self.mapping.fields {
            let name = &names[field.heading];
            let cells = || sample.iter().filter_map(|row| cell_of(row, field.heading));
            if let Some(nothing) =
                field.kind().and_then(|kind| cells().find(|cell| value::is_nothing(kind, cell)))
            {
                empty.push(format!("{name:?}"));
                example.get_or_insert(nothing.shown());
            }
            if ["id", "parcel_no"].contains(&field.name.as_str())
                && let Some(ruined) = cells().find(|cell| is_ruined(cell)).or_else(|| rounded(cells()))
            {
                traps.push(format!(
                    "{name:?} holds {}, which a program of tables has made of a number of a parcel; the true ones stand in \
                     the table that it was made from",
                    ruined.shown()
                ));
            }
            let has_zone = |text: &str| {
                text.split_once(':').is_some_and(|(_, time)| time.contains(['+', '-', 'Z', 'z']))
            };
            let is_local = |cell: &&Cell| matches!(cell, Cell::Text(text) if !has_zone(text) && Timestamp::of_data(text).is_some());
            let is_of_moments = field.kind().is_none_or(|kind| kind == Kind::Moment);
            if let Some(local) = cells().find(is_local).filter(|_| is_of_moments) {
                traps.push(format!(
                    "nothing says of which zone the times of {name:?} are, as in {}; they are served as those of UTC",
                    local.shown()
                ));
            }
        }
        if let Some(example) = example {
            traps.push(format!(
                "{example:?} and the like stand for no value in {}; taken as empty",
                empty.join(", ")
            ));
        }
        let mut texts = sample.iter().flat_map(|row| &row.cells).map(|(at, cell)| (&names[*at], cell));
        let garbled = texts.find_map(|(name, cell)| match cell {
            _ if name.contains(char::REPLACEMENT_CHARACTER) => Some(name.clone()),
            Cell::Text(text) if text.contains(char::REPLACEMENT_CHARACTER) => Some(cut(text)),
            _ => None,
        });
        traps.extend(garbled.map(|garbled| {
            format!(
                "{garbled:?} holds characters that could not be read; the file is of another encoding, or was spoilt by one before"
            )
        }));
        self.files[file].told.traps.append(&mut traps);
    }

    /// Finds how each file means its numbers.
    pub(super) fn find_units(&mut self) -> Result<(), IntakeError> {
        for file in 0..self.files.len() {
            self.find_commas(file);
            self.find_percent(file);
            self.find_days(file);
            self.find_unit(file)?;
            if self.files[file].told.is_1904 {
                self.mapping.writing[file].days_late = DAYS_TO_1904;
            }
            self.find_ruins(file);
        }
        Ok(())
    }

    /// Finds the unit of the stated areas of a file by its option, by what is measured, or by its heading.
    fn find_unit(&mut self, file: usize) -> Result<(), IntakeError> {
        let Some(heading) = self.mapping.heading_of("area_m2") else { return Ok(()) };
        let name = self.headings.names()[heading].clone();
        if let Some(wanted) = &self.order.area_unit {
            let unit = value::UNITS.iter().find(|unit| unit.0 == wanted.as_str()).ok_or_else(|| {
                IntakeError::Option(format!("--area-unit is {wanted:?}, expected m2, ha, mu or km2"))
            })?;
            self.mapping.writing[file].unit = Some((*unit, "--area-unit".to_owned()));
            return Ok(());
        }
        let by_heading = if name == "area_m2" { Some(value::UNITS[0]) } else { value::unit_of(&name) };
        let (by_heading, says, by) = match (by_heading, &self.files[file].told.unit) {
            (None, Some((unit, line))) => (
                Some(*unit),
                format!("the line {line:?} above the headings"),
                format!("the line {line:?} above its heading"),
            ),
            (unit, _) => (unit, format!("the heading {name:?}"), "its heading".to_owned()),
        };
        let mut ratios = Vec::new();
        let mut stretch = Vec::new();
        let mut without = 0;
        for row in &self.files[file].survey.sample {
            let is_decimal = self.mapping.writing[file].ways(heading, row).is_decimal;
            let written = cell_of(row, heading).and_then(|cell| value::written_in(cell, is_decimal));
            // Areas that state their own unit say nothing of that of the others.
            let bare = written.filter(|written| written.behind.is_empty());
            without += u32::from(bare.is_some());
            let stated = bare.filter(|written| written.value > 0.0).map(|written| written.value);
            let (Some(stated), Ok(placed)) = (stated, place(&row.figures, &self.files[file].reading)) else {
                continue;
            };
            let Some(shape) = placed.array.as_ref().and_then(|array| array.get(0)) else { continue };
            let measured = stored_area_m2(shape);
            if measured > 1.0 {
                ratios.push(stated / measured);
                let latitude = shape.bounds().map_or(0.0, |bounds| f64::midpoint(bounds.south, bounds.north));
                stretch.push(latitude.to_radians().cos().powi(-2));
            }
        }
        ratios.sort_by(f64::total_cmp);
        stretch.sort_by(f64::total_cmp);
        let by_numbers = ratios.get(ratios.len() / 2).map(|ratio| {
            let fits = |unit: &&value::Unit| (ratio * unit.1 - 1.0).abs() < 0.1;
            (*ratio, value::UNITS.iter().find(fits))
        });
        let mut traps = Vec::new();
        let unit = match (by_heading, by_numbers) {
            (Some(unit), Some((_, Some(other)))) if unit.0 != other.0 => {
                traps.push(format!(
                    "{says} says {}, but the areas are those measured in {}; read as {}",
                    unit.0, other.0, other.0
                ));
                Some((*other, format!("the areas measured, against {by}")))
            }
            (Some(unit), Some((ratio, None))) if is_mercator(ratio * unit.1, &stretch) => {
                self.left_out(file, heading, ratio * unit.1);
                None
            }
            (None, Some((ratio, None))) if is_mercator(ratio, &stretch) => {
                self.left_out(file, heading, ratio);
                None
            }
            (Some(unit), _) => Some((unit, by)),
            (None, Some((_, Some(unit)))) => Some((*unit, "the areas measured".to_owned())),
            (None, _) if without == 0 => None,
            (None, _) => {
                traps.push(format!("nothing shows the unit of {name:?}; its areas are left unknown (--area-unit m2, ha or mu settles it)"));
                None
            }
        };
        self.mapping.writing[file].unit = unit;
        self.files[file].told.traps.append(&mut traps);
        Ok(())
    }

    /// Areas of a Mercator plane are not taken.
    fn left_out(&mut self, file: usize, heading: usize, ratio: f64) {
        let name = &self.headings.names()[heading];
        self.files[file].told.traps.push(format!(
            "{name:?} holds areas of Web Mercator, {:.0} % too large here; they are left out, the measured ones are taken",
            (ratio - 1.0) * 100.0
        ));
        self.mapping.writing[file].left_out.push(heading);
        let is_held = |seen: &Seen| seen.survey.sample.iter().any(|row| cell_of(row, heading).is_some());
        let mut files = self.files.iter().zip(&self.mapping.writing);
        if files.all(|(seen, writing)| writing.left_out.contains(&heading) || !is_held(seen)) {
            self.mapping.fields.retain(|field| field.heading != heading);
            self.mapping.left_out.push((heading, "areas of Web Mercator"));
        }
    }

    /// Files that call one field by different headings are not taken together: what is that field in one would be another in the other.
    pub(super) fn find_rivals(&mut self) {
        if self.files.len() < 2 {
            return;
        }
        let names = self.headings.names();
        let has = |file: &Seen, heading: usize| {
            file.survey.sample.iter().any(|row| cell_of(row, heading).is_some())
        };
        let apart = |(one, other): &(usize, usize)| {
            !self.files.iter().any(|file| has(file, *one) && has(file, *other))
        };
        let rivals: Vec<String> = self
            .mapping
            .rivals(names)
            .iter()
            .filter(|pair| apart(pair))
            .map(|(one, other)| format!("{:?} and {:?}", names[*other], names[*one]))
            .collect();
        if !rivals.is_empty() {
            self.blockers.push(format!(
                "the files call the same fields by different headings: {}; import them one after the other, the later ones with --append",
                rivals.join(", ")
            ));
        }
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.survey.sample.iter().map(move |row| (at, row)))
    }

    /// Features of a file whose place the data folder knows: their names, where they lie as they are understood, and where
    /// they are known to, wherever that is.
    fn known<'a>(
        &self,
        file: &'a Seen,
        reading: &'a Reading,
        anchors: &'a Anchors,
    ) -> impl Iterator<Item = (String, [f64; 2], Known)> + 'a {
        let keys = self.keys();
        file.survey.called.rows.iter().filter_map(move |row| {
            let (name, known) = keys.iter().find_map(|&key| {
                let name = cell_of(row, key)?.shown();
                anchors.get(&name).map(|known| (name, known))
            })?;
            let placed = place(&row.figures, reading).ok()?;
            Some((name, centroid(&placed.array?.get(0)?.to_shape())?, known))
        })
    }

    /// Those of them that are no others of the same name.
    fn anchored<'a>(
        &self,
        file: &'a Seen,
        reading: &'a Reading,
        anchors: &'a Anchors,
    ) -> impl Iterator<Item = (String, [f64; 2], Known)> + 'a {
        self.known(file, reading, anchors)
            .filter(|(_, here, known)| metres_between(*here, known.at) < FARTHEST_M)
    }

    /// Says how far off features lie that are called as known ones, where so many of them do that they are hardly others.
    /// Numbers are no names: every layer counts its features.
    fn far(&self, file: &Seen, anchors: &Anchors) -> Option<String> {
        let known = self.known(file, &file.reading, anchors);
        let mut metres: Vec<f64> = known
            .filter(|(name, _, known)| known.is_measure() && name.parse::<f64>().is_err())
            .map(|(_, here, known)| metres_between(here, known.at))
            .collect();
        metres.sort_by(f64::total_cmp);
        let near = metres.partition_point(|metres| *metres < FARTHEST_M);
        let far = &metres[near..];
        (far.len() >= LEAST_ANCHORS && far.len() > near).then(|| {
            format!(
                "{} of {} features that are called as known ones lie {:.0} km or more from their places, half of them {:.0} km; \
                 is the system the true one, and are they the same features?",
                far.len(),
                metres.len(),
                (far[0] / 1000.0).floor(),
                far[far.len() / 2] / 1000.0
            )
        })
    }

    /// Headings of what features are called.
    fn keys(&self) -> Vec<usize> {
        let names = ["id", "parcel_no", "name_zh", "name_en"].iter();
        names.filter_map(|name| self.mapping.heading_of(name)).collect()
    }

    /// Names that several features of a file have in common with features of several places, where too few others tell of a
    /// shift. Numbers are no names: every layer counts its features.
    fn disputed(&self, file: &Seen, anchors: &Anchors) -> Option<String> {
        let keys = self.keys();
        let of_several = |row: &&Row| {
            let names = || keys.iter().filter_map(|&key| cell_of(row, key)).map(Cell::shown);
            let is_name = |name: &String| name.parse::<f64>().is_err();
            names().any(|name| is_name(&name) && anchors.knows(&name) && anchors.get(&name).is_none())
                && !names().any(|name| anchors.get(&name).is_some())
        };
        let count = file.survey.called.rows.iter().filter(of_several).count();
        let known = self.pairs(file, &file.reading, anchors).len();
        (count >= LEAST_ANCHORS && known < LEAST_ANCHORS).then(|| {
            format!(
                "{count} features are called as features that the data folder knows at several places, more than {SAME_M:.0} m apart; \
                 a shift of them would not be found"
            )
        })
    }

    /// Where those of them lie whose place is known well, and where they are known to.
    fn pairs(&self, file: &Seen, reading: &Reading, anchors: &Anchors) -> Vec<([f64; 2], [f64; 2])> {
        let measures = self.anchored(file, reading, anchors).filter(|(_, _, known)| known.is_measure());
        measures.map(|(_, here, known)| (here, known.at)).collect()
    }

    /// The shift of a file. Few features, and those whose place is known roughly, prove one where it leads exactly there.
    fn offset(&self, file: &Seen, anchors: &Anchors) -> Option<Offset> {
        let measured = system::offset(&self.pairs(file, &file.reading, anchors));
        let is_told = |offset: &Offset| offset.datum.is_some() || offset.mixed.is_some();
        if measured.as_ref().is_some_and(is_told) {
            return measured;
        }
        let all = self.anchored(file, &file.reading, anchors).map(|(_, here, known)| (here, known.at));
        system::exact_offset(&all.collect::<Vec<_>>()).or(measured)
    }

    /// Names the features that lie off their known places while the others do not, or while they are too few to tell of a shift.
    fn strays(&self, file: &Seen, anchors: &Anchors) -> Option<String> {
        let (mut strays, mut others) = (Vec::new(), 0);
        for (name, here, known) in self.anchored(file, &file.reading, anchors) {
            let off = metres_between(here, known.at);
            if off > STRAY_M + known.accuracy_m {
                strays.push((name, off));
            } else {
                others += 1;
            }
        }
        let are_few = others == 0 && strays.len() < LEAST_ANCHORS;
        if strays.is_empty() || strays.len() >= others && !are_few {
            return None;
        }
        let named: Vec<_> = strays.iter().take(5).map(|(name, off)| format!("{name} {off:.0} m")).collect();
        let more = if strays.len() > named.len() { ", …" } else { "" };
        Some(format!(
            "{} of {} features whose place is known lie off it: {}{more}",
            strays.len(),
            strays.len() + others,
            named.join(", ")
        ))
    }

    /// Where the numbers of a file fit several systems, places that the data folder knows must decide.
    pub(super) fn settle_systems(&mut self, anchors: &Anchors) {
        for at in 0..self.files.len() {
            let mut others = std::mem::take(&mut self.files[at].reading.others);
            let Some(other) = others.first() else { continue };
            let file = &self.files[at];
            let readings = || std::iter::once(&file.reading).chain(&others);
            let pairs: Vec<_> = readings().map(|reading| self.pairs(file, reading, anchors)).collect();
            let (best, metres) = system::proven(&pairs);
            let systems: Vec<_> = readings().map(|reading| reading.placer.system()).collect();
            let names: Vec<String> = systems.iter().map(ToString::to_string).collect();
            let off = |at: usize| format!("{:.0} m off in {}", metres[at], names[at]);
            match (best, &file.reading.unstated) {
                (Some(0) | None, None) => {}
                (Some(best), None) => {
                    let option =
                        |at: usize| systems[at].epsg().map_or(names[at].clone(), |code| code.to_string());
                    self.blockers.push(format!(
                        "{}: {}, but features whose place is known lie {} and {}; say --crs {} for the one, or --crs {} to take the \
                         file as stated",
                        file.source.path.display(),
                        file.reading.why,
                        off(0),
                        off(best),
                        option(best),
                        option(0)
                    ));
                }
                (Some(best), Some(_)) => {
                    let all: Vec<String> = (0..names.len()).map(off).collect();
                    let trap = format!(
                        "the numbers fit {} systems; features whose place is known lie {}",
                        names.len(),
                        all.join(", ")
                    );
                    let file = &mut self.files[at];
                    if best > 0 {
                        file.reading = others.swap_remove(best - 1);
                    }
                    file.reading.traps.push(trap);
                }
                (None, Some(unstated)) => {
                    let first = file.survey.places[0];
                    let apart = file
                        .reading
                        .place(first)
                        .zip(other.place(first))
                        .map_or(0.0, |(a, b)| metres_between(a, b));
                    self.blockers.push(format!(
                        "{}: {unstated}, and numbers such as {}, {} fit {}, which lie {apart:.0} m apart; name the true one with \
                         --crs",
                        file.source.path.display(),
                        first[0],
                        first[1],
                        names.join(" as well as ")
                    ));
                }
            }
        }
    }

    /// Positions that the file says to be shifted are not taken as they are unless the operator says so.
    pub(super) fn find_said_shifts(&mut self) {
        for file in self.files.iter().filter(|_| self.order.from.is_none()) {
            let Some((datum, place)) = &file.told.shifted else { continue };
            self.blockers.push(format!(
                "{}: {place} says that positions are in {}. Say --from {} to convert them, or --from wgs84 to take them as they are",
                file.source.path.display(),
                datum.title(),
                datum.name()
            ));
        }
    }

    /// Holds features against places that the data folder knows.
    pub(super) fn find_shift(&mut self, anchors: &Anchors) {
        for at in 0..self.files.len() {
            let after = self.offset(&self.files[at], anchors);
            let before = match self.files[at].reading.datum.take() {
                None => after.clone(),
                Some(datum) => {
                    let before = self.offset(&self.files[at], anchors);
                    self.files[at].reading.datum = Some(datum);
                    before
                }
            };
            let file = &mut self.files[at];
            if let Some(offset) = &before
                && let Some(datum) = offset.datum.filter(|_| self.order.from.is_none())
            {
                self.blockers.push(format!(
                    "{}: positions are off by {}; this is the shift of {}. Say --from {} to convert them, or --from wgs84 to take them as they are",
                    file.source.path.display(),
                    offset.say(),
                    datum.title(),
                    datum.name()
                ));
            }
            if let Some((datum, shifted, right)) = before.as_ref().and_then(|offset| offset.mixed) {
                let mixed = format!(
                    "{right} features lie where they are known to and {shifted} are shifted as {} is: the file mixes both",
                    datum.title()
                );
                if self.order.from.is_none() {
                    self.blockers.push(format!(
                        "{}: {mixed}. Import them apart, these with --from {}, or say --from wgs84 to take all as they are",
                        file.source.path.display(),
                        datum.name()
                    ));
                } else {
                    file.reading.traps.push(format!("{mixed}; --from holds for all"));
                }
            }
            let found = before.as_ref().and_then(|offset| offset.datum);
            if let Some((said, found)) = file.reading.datum.zip(found).filter(|(said, found)| said != found) {
                file.reading.traps.push(format!(
                    "--from says {}, but the shift as in the file is that of {}",
                    said.title(),
                    found.title()
                ));
            }
            if let Some(left) = after.as_ref().filter(|offset| {
                offset.is_uniform && offset.datum.is_none() && offset.length() > LEAST_SHIFT_M
            }) {
                file.reading.traps.push(format!(
                    "positions lie off by {}, all about alike, which is the shift of no known degrees; is the system the true one?",
                    left.say()
                ));
            }
            if before
                .as_ref()
                .zip(after.as_ref())
                .is_some_and(|(before, after)| after.length() > before.length())
            {
                file.reading.traps.push("converted, the positions lie farther from their known places than before; were they shifted at all?".to_owned());
            }
            (file.offset, file.after) = (before, after);
            let file = &self.files[at];
            let told = [self.strays(file, anchors), self.disputed(file, anchors), self.far(file, anchors)];
            let told: Vec<_> = told.into_iter().flatten().collect();
            self.files[at].reading.traps.extend(told);
        }
    }
}

/// Is a number of a parcel one that a program of tables takes for a number, a date or a fault, and writes so?
fn is_ruined(cell: &Cell) -> bool {
    /// Programs of tables count in doubles.
    const EXACT: f64 = 9e15;
    match cell {
        Cell::Date(_) => true,
        Cell::Real(number) => *number >= EXACT,
        Cell::Text(text) => {
            let is_rounded =
                text.to_uppercase().contains("E+") && text.parse::<f64>().is_ok_and(|number| number > 1e4);
            let is_fault = text.len() > 1 && text.bytes().all(|byte| byte == b'#')
                || ["#REF!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "#DIV/0!"].contains(&text.as_str());
            is_rounded || is_fault || is_day(text)
        }
        _ => false,
    }
}

/// Is a text a day as programs of tables show it: 3月4日, 4-Mar, Mar-24, 2024/1/2?
fn is_day(text: &str) -> bool {
    const MONTHS: &[&str] =
        &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let folded = narrowed(text).to_lowercase();
    let short = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let year = |part: &str| part.len() == 4 && ["19", "20"].iter().any(|begin| part.starts_with(begin));
    let of = |signs: &[char]| folded.split(signs).map(str::to_owned).collect::<Vec<_>>();
    let [dashed, slashed, written] = [of(&['-']), of(&['/']), of(&['年', '月', '日'])];
    let is_month = |part: &String| MONTHS.contains(&part.as_str());
    let is_short = |part: &String| short(part);
    let by_name = (2..=3).contains(&dashed.len())
        && dashed.iter().filter(|part| is_month(part)).count() == 1
        && dashed.iter().filter(|part| !is_month(part)).all(|part| short(part) || year(part));
    let by_signs = slashed.len() == 3 && year(&slashed[0]) && slashed[1..].iter().all(is_short);
    let by_words = folded.ends_with('日') && folded.contains('月') && {
        let (last, parts) = written.split_last().unwrap_or((&folded, &[]));
        let (day, others) = parts.split_at(parts.len().saturating_sub(2));
        last.is_empty() && others.iter().all(is_short) && day.iter().all(|part| year(part))
    };
    by_name || by_signs || by_words
}

/// One of several numbers of more digits than programs of tables keep, all of whose others are noughts.
fn rounded<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<&'a Cell> {
    const KEPT: usize = 15;
    let long = |cell: &&Cell| {
        let shown = cell.shown();
        shown.len() > KEPT && shown.bytes().all(|byte| byte.is_ascii_digit())
    };
    let all: Vec<&Cell> = cells.filter(long).collect();
    let is_cut = |cell: &&Cell| cell.shown()[KEPT..].bytes().all(|byte| byte == b'0');
    all.first().copied().filter(|_| all.len() > 1 && all.iter().all(is_cut))
}

fn is_mercator(ratio: f64, stretch: &[f64]) -> bool {
    stretch
        .get(stretch.len() / 2)
        .is_some_and(|stretch| *stretch > 1.05 && (ratio / stretch - 1.0).abs() < 0.02)
}

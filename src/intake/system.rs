//! Which system are the coordinates of a file in, and which of the two numbers goes north?
//!
//! Asked in this order: the operator, the file, the numbers. What the numbers show is held against the extent of the data
//! folder, because one wrong axis or zone leads a thousand kilometres away and a Mercator plane is not told from a zone by
//! its digits alone. Every trap that was met is named.

use std::ops::RangeInclusive;

use super::read::{Stated, Told};
use super::{projection, row::cut};
use crate::geometry::positions::vicinity;
use crate::geometry::{Bounds, Crs, Datum, Placer, Strip, System, Zone, metres_between};

/// The system that this service takes eastings of six digits for, where nothing shows another.
const OWN: u32 = 4547;
/// Of the positions looked at, how many must lie there.
const MOST: f64 = 0.5;

/// How the coordinates of a file are understood.
#[derive(Debug)]
pub(super) struct Reading {
    pub placer: Placer,
    pub north_first: bool,
    pub datum: Option<Datum>,
    /// Why so.
    pub why: String,
    /// What would have gone wrong.
    pub traps: Vec<String>,
    /// Why the numbers had to tell the system; `None` where it is stated.
    pub unstated: Option<String>,
    /// How the numbers may be understood too, as far as digits and extent tell.
    pub others: Vec<Reading>,
    /// Where the data of the folder lies, if positions are found to lie there.
    pub home: Option<Bounds>,
    /// Is the system one that nothing but a custom of this service speaks for?
    pub is_guess: bool,
    /// Do numbers look like those of the system, so that some which do not are none of it?
    pub is_suited: bool,
}

impl Reading {
    /// A position of the file in degrees, longitude first.
    pub(super) fn place(&self, [a, b]: [f64; 2]) -> Option<[f64; 2]> {
        let position = self.placer.degrees(if self.north_first { [b, a] } else { [a, b] })?;
        Some(self.datum.map_or(position, |datum| datum.inverse(position)))
    }

    /// Why a position of the file is none of its system, where the others are; most often both numbers were exchanged.
    pub(super) fn misfit(&self, at: [f64; 2]) -> Option<String> {
        let system = self.placer.system();
        if !self.is_suited || suits(system, at, self.north_first) {
            return None;
        }
        let exchanged = if suits(system, at, !self.north_first) { "; exchanged they would be" } else { "" };
        Some(format!("{} are no coordinates of {system}, as the others of the file are{exchanged}", pair(at)))
    }

    /// Does something lie far from the data of the folder, where the others lie?
    pub(super) fn is_astray(&self, bounds: Bounds) -> bool {
        self.home.is_some_and(|home| !vicinity(home).overlaps(bounds))
    }
}

/// What the operator says of the system.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Said {
    pub system: Option<System>,
    pub datum: Option<Datum>,
}

const UNSTATED: &str = "nothing states the system of its coordinates";

/// Decides on a file by some of its positions; `home` is where the data of the folder lies.
#[expect(clippy::too_many_lines, reason = "one decision, its cases in their order")]
pub(super) fn decide(
    sample: &[[f64; 2]],
    told: &Told,
    said: Said,
    home: Option<Bounds>,
) -> Result<Reading, String> {
    let mut traps = Vec::new();
    let (system, by) = match (said.system, &told.stated) {
        (Some(system), stated) => {
            if let Stated::System(other) = stated
                && !same(*other, system)
            {
                traps.push(format!("{} states {other}, the option --crs holds", told.by));
            }
            if let Stated::Other(name) = stated {
                traps.push(format!(
                    "{} states {name:?}, which is none of the systems that are read; the option --crs holds, and all may lie off by as much \
                     as both are apart",
                    told.by
                ));
            }
            (Some(system), "the option --crs")
        }
        (None, Stated::System(system)) => (Some(*system), told.by),
        (None, Stated::Other(name)) => return Err(projection::refusal(name)),
        (None, Stated::Nothing) if may_be_packed(sample) && are_written(sample) => {
            return Err(format!(
                "{UNSTATED}; all numbers, such as {}, may be degrees, minutes and seconds behind each other (D.MMSS): write them as \
                 114°05′38.97″, or name the system of decimal degrees with --crs, as in --crs EPSG:4490",
                sample.first().map_or_else(String::new, |at| pair(*at))
            ));
        }
        (None, Stated::Nothing) => (None, ""),
    };
    let reading = |system: System, north_first, why: String, mut traps: Vec<String>| {
        if system.is_geographic() && may_be_packed(sample) {
            traps.push(format!(
                "all degrees, such as {}, may be degrees, minutes and seconds behind each other (D.MMSS); they are taken as decimal degrees; \
                 if they are not, write them as 114°05′38.97″",
                pair(sample[0])
            ));
        }
        Ok(Reading {
            placer: Placer::new(system),
            north_first,
            datum: said.datum,
            why,
            traps,
            unstated: None,
            others: Vec::new(),
            home,
            is_guess: false,
            is_suited: sample.iter().filter(|at| suits(system, **at, north_first)).count() * 2
                >= sample.len().max(1),
        })
    };
    if sample.is_empty() {
        traps.push(
            "no row has a position, so that nothing of it will be on a map; columns that hold the place are named with --map x=HEADING \
             --map y=HEADING, or --map geometry=HEADING"
                .to_owned(),
        );
        return reading(
            system.unwrap_or(System::Known(Crs::Crs84)),
            false,
            "no row has a position".to_owned(),
            traps,
        );
    }
    let share = |system, north_first| share(sample, system, north_first, home);
    let all = by_numbers(sample, home);
    let fitting: Vec<_> = all.iter().filter(|(_, _, share)| share.home >= MOST).collect();
    let mut unstated = UNSTATED.to_owned();
    if let Some(system) = system {
        let (plain, swapped) = (share(system, false), share(system, true));
        let why = format!("{system}, by {by}");
        if plain.home >= MOST || swapped.home >= MOST {
            let north_first = plain.home < MOST;
            if north_first {
                traps.push(swapped_trap(system, sample[0]));
            }
            let may_be = |(other, ..): &&&(System, bool, Share)| {
                said.system.is_none() && home.is_some() && !same(*other, system)
            };
            let others = fitting.iter().filter(may_be).map(|(other, north_first, _)| {
                reading(*other, *north_first, format!("{other}, by the numbers"), Vec::new())
            });
            let others = others.collect::<Result<_, String>>()?;
            return Ok(Reading { others, ..reading(system, north_first, why, traps)? });
        }
        // Where no data of the folder shows where it should lie, digits alone refute a statement only if they leave no doubt.
        let is_refuted = fitting
            .first()
            .is_some_and(|(shown, ..)| home.is_some() || shown.is_geographic() || is_zoned(*shown));
        if said.system.is_some() || !is_refuted {
            let north_first = swapped.earth > plain.earth;
            let best = if north_first { swapped } else { plain };
            let fault = away(&why, (system, north_first, best), sample, home);
            // What the operator says holds, wherever it leads.
            if plain.earth < MOST || said.system.is_none() && home.is_some() {
                return Err(fault);
            }
            traps.push(format!(
                "{fault}; taken, since {} says so",
                if said.system.is_some() { "--crs" } else { by }
            ));
            return Ok(Reading { home: None, ..reading(system, false, why, traps)? });
        }
        unstated = format!("{by} states {system}, but numbers such as {} are none of it", pair(sample[0]));
    }
    let Some(&&(system, north_first, _)) = fitting.first() else {
        let shown = pair(sample[0]);
        return Err(match all.first() {
            None => match utm_anywhere(sample).filter(|_| home.is_none()) {
                Some(utm) => format!("{unstated}; numbers such as {shown} may be {utm}; name it with --crs"),
                None => format!(
                    "nothing states the system of its coordinates, and numbers such as {shown} are none of a known one; name it \
                     with --crs"
                ),
            },
            Some(best) => {
                let what = format!("nothing states the system; by the numbers it is {}", best.0);
                away(&what, *best, sample, home)
            }
        });
    };
    let own = System::of_epsg(OWN);
    // Digits alone do not make it that; they must lead into its zone.
    let is_own = |system: System, north_first: bool| {
        let leads_there = || {
            let area = Zone::all(false).find(|zone| zone.code() == OWN).map(Zone::area_of_use);
            self::share(sample, system, north_first, area).home >= MOST
        };
        home.is_none() && Some(system) == own && leads_there()
    };
    let (system, north_first) =
        match fitting.iter().find(|(system, north_first, _)| is_own(*system, *north_first)) {
            Some((system, north_first, _)) => (*system, *north_first),
            None => (system, north_first),
        };
    let is_open = home.is_none() && !system.is_geographic() && !is_zoned(system);
    if is_open && Some(system) != own {
        let utm = utm_anywhere(sample);
        if all.len() > 1 || utm.is_some() {
            let all: Vec<String> = named(&all).into_iter().chain(utm).collect();
            return Err(format!(
                "{unstated}; numbers such as {} fit {}, and the data folder has nothing to hold them against; name it with --crs",
                pair(sample[0]),
                all.join(", ")
            ));
        }
    }
    let shown = |system: System, north_first: bool| {
        let mut traps = vec![format!("{unstated}; the numbers show {system}: {}", digits(system))];
        let is_guess = is_open && Some(system) == own;
        if is_guess {
            traps.push(guess_trap(system, north_first, sample));
        }
        if north_first {
            traps.push(swapped_trap(system, sample[0]));
        }
        let against = if by.is_empty() { String::new() } else { format!(", against {by}") };
        let why = format!("{system}, by the numbers{against}");
        Ok::<_, String>(Reading {
            unstated: Some(unstated.clone()),
            is_guess,
            ..reading(system, north_first, why, traps)?
        })
    };
    let others = fitting
        .iter()
        .filter(|(other, ..)| home.is_some() && *other != system)
        .map(|(other, north_first, _)| shown(*other, *north_first));
    Ok(Reading { others: others.collect::<Result<_, _>>()?, ..shown(system, north_first)? })
}

/// Zones of UTM that six-digit eastings may be in, where nothing shows one: what both hemispheres make of the northing.
fn utm_anywhere(sample: &[[f64; 2]]) -> Option<String> {
    let is_position = |[east, north]: [f64; 2]| (1e5..1e6).contains(&east) && (0.0..1e7).contains(&north);
    let [a, b] = sample[0];
    let east_first = [[a, b], [b, a]].into_iter().find(|&at| is_position(at))?;
    let latitude =
        |is_south| Some(Placer::new(System::Strip(Strip::utm(31, is_south))).degrees(east_first)?[1]);
    Some(format!(
        "UTM, EPSG:32601 to 32660 where they lie at {:.1}° N, EPSG:32701 to 32760 where they lie at {:.1}° S",
        latitude(false)?,
        -latitude(true)?
    ))
}

/// What a guess of the meridian would mean for what lies along another: its eastings are the same.
fn guess_trap(system: System, north_first: bool, sample: &[[f64; 2]]) -> String {
    let Some(at) = sample.first() else { return String::new() };
    let place = |system| Placer::new(system).degrees(if north_first { [at[1], at[0]] } else { *at });
    let told = |system: System, [x, y]: [f64; 2]| format!("{x:.2}, {y:.2} with {system}");
    let others = Zone::all(false).filter(|zone| (1..=3).contains(&zone.code().abs_diff(OWN)));
    let others = others.map(|zone| System::Strip(zone.strip()));
    let others: Vec<String> = others.filter_map(|other| Some(told(other, place(other)?))).collect();
    format!(
        "the data folder has nothing to hold the zone against, and nothing supports its middle: {} lies at {}, but at {}, and so on \
         with each zone; --crs names the true one, and until then what is imported proves nothing to later imports",
        pair(*at),
        place(system).map(|place| told(system, place)).unwrap_or_default(),
        others.join(", ")
    )
}

/// The first of some systems, each once.
fn named(all: &[(System, bool, Share)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (system, ..) in all {
        let name = system.to_string();
        if !names.contains(&name) && names.len() < 6 {
            names.push(name);
        }
    }
    names
}

/// Do two systems give the same coordinates, the easting or longitude first?
fn same(a: System, b: System) -> bool {
    a == b || a.is_geographic() && b.is_geographic() || a.epsg().is_some() && a.epsg() == b.epsg()
}

/// Which shares of positions have a place on the earth, and one near the data of the folder; where there is none, how many look like
/// coordinates of the system.
#[derive(Debug, Clone, Copy)]
struct Share {
    earth: f64,
    home: f64,
}

/// May degrees be minutes and seconds behind the point? Two in five pairs of digits would be 60 or more if they were not.
fn may_be_packed(sample: &[[f64; 2]]) -> bool {
    /// So many are hardly below 60 by chance: once in ten thousand times.
    const ENOUGH: usize = 9;
    let mut all: Vec<f64> = sample.as_flattened().iter().map(|degrees| degrees.abs()).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    // Decimals of whole minutes and rounded numbers have zeros there.
    let pairs = |degrees: &f64| [1e2, 1e4].map(|shift| (degrees * shift + 1e-6).floor() % 100.0);
    let are_fine = all.iter().filter(|degrees| pairs(degrees)[1] > 0.0).count() >= ENOUGH;
    are_fine && all.iter().all(|degrees| pairs(degrees).iter().all(|digits| *digits < 60.0))
}

/// Have all numbers at most nine decimals, as people write them, and not those of a computation?
fn are_written(sample: &[[f64; 2]]) -> bool {
    let is_written = |degrees: &f64| {
        let steps = degrees * 1e9;
        (steps - steps.round()).abs() < 1e-3
    };
    sample.as_flattened().iter().all(is_written)
}

fn suits(system: System, [a, b]: [f64; 2], north_first: bool) -> bool {
    system.suits(if north_first { [b, a] } else { [a, b] })
}

fn share(sample: &[[f64; 2]], system: System, north_first: bool, home: Option<Bounds>) -> Share {
    let placer = Placer::new(system);
    let places = sample.iter().map(|&[a, b]| placer.degrees(if north_first { [b, a] } else { [a, b] }));
    let (mut earth, mut near) = (0_u32, 0_u32);
    for (&at, place) in sample.iter().zip(places) {
        let Some([x, y]) = place else { continue };
        earth += 1;
        let place = Bounds { west: x, south: y, east: x, north: y };
        near += u32::from(match home {
            Some(home) => vicinity(home).overlaps(place),
            None => suits(system, at, north_first),
        });
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousand positions")]
    let of = |count: u32| f64::from(count) / sample.len() as f64;
    Share { earth: of(earth), home: of(near) }
}

/// Zones of UTM that are tried wherever the data of the folder lies.
const UTM_IN_CHINA: RangeInclusive<u32> = 43..=53;

/// The systems that numbers fit by their digits, the likeliest first. Degrees that fit both ways are longitude first.
fn by_numbers(sample: &[[f64; 2]], home: Option<Bounds>) -> Vec<(System, bool, Share)> {
    let mut found = Vec::new();
    for north_first in [false, true] {
        let east_first = |[a, b]: [f64; 2]| if north_first { [b, a] } else { [a, b] };
        let fits = |test: &dyn Fn([f64; 2]) -> bool| {
            let count = sample.iter().filter(|at| test(east_first(**at))).count();
            count * 2 > sample.len()
        };
        let mut candidates = Vec::new();
        if fits(&|[x, y]| x.abs() <= 180.0 && y.abs() <= 90.0) {
            candidates.push(System::Known(Crs::Crs84));
        }
        let is_northing = |y: f64| (1e6..1e7).contains(&y);
        for zone in (25..=45).chain(13..=23) {
            let low = f64::from(zone) * 1e6;
            if fits(&|[x, y]| is_northing(y) && (low..low + 1e6).contains(&x)) {
                candidates.extend(Strip::of_zone(zone).map(System::Strip));
            }
        }
        if fits(&|[x, y]| is_northing(y) && (1e5..1e6).contains(&x)) {
            let middle = home.map_or(105.0, |home| home.middle()[0]);
            let mut meridians: Vec<f64> = (25..=45).map(|zone| f64::from(zone * 3)).collect();
            meridians.sort_by(|a, b| (a - middle).abs().total_cmp(&(b - middle).abs()));
            candidates
                .extend(meridians.iter().map(|&meridian| System::Strip(Strip::gauss_kruger(meridian, 0))));
            candidates.extend(UTM_IN_CHINA.map(|zone| System::Strip(Strip::utm(zone, false))));
        }
        if let Some([longitude, latitude]) = home.map(Bounds::middle)
            && fits(&|[x, y]| (0.0..1e7).contains(&y) && (1e5..1e6).contains(&x))
        {
            // Data on the border of two zones is in either.
            let is_south = latitude < 0.0;
            let zones = (1..=60).filter(|&zone| {
                let off = (Strip::utm(zone, is_south).meridian - longitude).abs();
                off.min(360.0 - off) <= 6.0 && (is_south || !UTM_IN_CHINA.contains(&zone))
            });
            candidates.extend(zones.map(|zone| System::Strip(Strip::utm(zone, is_south))));
        }
        // Near Greenwich eastings are small; elsewhere those of six digits are of a zone.
        let is_near_greenwich = home.is_some_and(|home| home.middle()[0].abs() < 10.0);
        let least = if is_near_greenwich { 0.0 } else { 1e6 };
        if fits(&|[x, y]| {
            (least..2.0038e7).contains(&x.abs())
                && y.abs() < 2.0038e7
                // Not degrees.
                && x.abs() + y.abs() > 1e3
        }) {
            candidates.push(System::Known(Crs::Epsg3857));
        }
        found.extend(
            candidates
                .into_iter()
                .map(|system| (system, north_first, share(sample, system, north_first, home))),
        );
    }
    // Gauss-Kruger of CGCS2000 leads to China or is none; with no data to hold the numbers against, zones of UTM are not told apart.
    let in_china = |system, north_first| {
        self::share(sample, system, north_first, Some(Crs::Epsg4490.area_of_use())).home >= MOST
    };
    found.retain(|&(system, north_first, share)| {
        let is_open = home.is_none() && matches!(system, System::Strip(_)) && !is_zoned(system);
        share.earth >= MOST && (!is_open || in_china(system, north_first))
    });
    found
}

/// Does the easting itself say the zone?
fn is_zoned(system: System) -> bool {
    matches!(system, System::Strip(strip) if strip.false_easting > 1e6)
}

/// Which digits show a system.
fn digits(system: System) -> String {
    match system {
        System::Strip(strip) if is_zoned(system) => {
            format!(
                "eastings of eight digits begin with the number of the zone, {}",
                (strip.false_easting / 1e6).floor()
            )
        }
        System::Strip(strip) => {
            format!("eastings of six digits leave the zone open; its middle is taken as {}°", strip.meridian)
        }
        System::Known(Crs::Epsg3857) => {
            "metres of Web Mercator, whose areas are too large and are never used".to_owned()
        }
        System::Known(_) | System::Framed(..) => "they are degrees, taken as those of WGS 84".to_owned(),
    }
}

fn pair([a, b]: [f64; 2]) -> String {
    format!("{a}, {b}")
}

fn swapped_trap(system: System, at: [f64; 2]) -> String {
    if system.is_geographic() {
        format!("latitude stands before longitude, as in {}; swapped", pair(at))
    } else {
        format!(
            "the northing stands before the easting, as in {} (X goes north in Chinese surveys); swapped",
            pair(at)
        )
    }
}

/// Says how far off data would lie.
fn away(
    what: &str,
    (system, north_first, share): (System, bool, Share),
    sample: &[[f64; 2]],
    home: Option<Bounds>,
) -> String {
    let placer = Placer::new(system);
    let is_nowhere = |[a, b]: [f64; 2]| placer.degrees(if north_first { [b, a] } else { [a, b] }).is_none();
    // Where some have no place, one of those is shown.
    let first_lost = sample.iter().find(|at| share.earth < MOST && is_nowhere(**at));
    let shown = pair(*first_lost.unwrap_or(&sample[0]));
    let Some(home) = home.filter(|_| share.earth >= MOST) else {
        let fault =
            if share.earth >= MOST { "lie far outside of it" } else { "have no place on the earth in it" };
        return format!("{what}, but numbers such as {shown} {fault}; name the system with --crs");
    };
    format!(
        "{what}, but then it lies far from the data of the folder ({:.2}, {:.2} to {:.2}, {:.2} degrees); numbers are such \
         as {shown}. Name the true system with --crs",
        home.west, home.south, home.east, home.north
    )
}

/// What positions of known features tell of a shift.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offset {
    /// How many features were held against their known places.
    pub anchors: usize,
    /// Median shift to the east and to the north, metres.
    pub metres: [f64; 2],
    /// The shifted degrees whose shift it is.
    pub datum: Option<Datum>,
    /// Are all shifted about alike?
    pub is_uniform: bool,
    /// The shifted degrees that some of them are in, how many, and how many others lie where they are known to.
    pub mixed: Option<(Datum, usize, usize)>,
}

/// Fewest anchors that prove a shift.
pub(super) const LEAST_ANCHORS: usize = 3;
/// Metres within which known places prove a system.
const PROOF_M: f64 = 100.0;
/// Metres within which a place is met exactly: a shift of some hundred metres that is turned back and ends there is no chance.
const EXACT_M: f64 = 10.0;

/// Which of several ways to understand the numbers leads to the known places, and how many metres off each leads: those of
/// the best must be few, and less than half of the next.
pub(super) fn proven(pairs: &[Vec<([f64; 2], [f64; 2])>]) -> (Option<usize>, Vec<f64>) {
    let apart = |pairs: &Vec<([f64; 2], [f64; 2])>| {
        if pairs.len() < LEAST_ANCHORS {
            f64::INFINITY
        } else {
            median(pairs.iter().map(|(here, known)| metres_between(*here, *known)).collect())
        }
    };
    let metres: Vec<f64> = pairs.iter().map(apart).collect();
    let best = (0..metres.len()).min_by(|&a, &b| metres[a].total_cmp(&metres[b]));
    let is_proof = |best: &usize| {
        metres[*best] < PROOF_M
            && metres.iter().enumerate().all(|(at, other)| at == *best || *other > metres[*best] * 2.0)
    };
    (best.filter(is_proof), metres)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Median shift of positions to the east and to the north of where their features are known to be, metres.
fn shift_m(pairs: &[([f64; 2], [f64; 2])]) -> [f64; 2] {
    let along = |east: bool| {
        let metres = pairs.iter().map(|(here, known)| {
            let along = if east { [here[0], known[1]] } else { [known[0], here[1]] };
            let metres = metres_between(*known, along);
            if along[0] < known[0] || along[1] < known[1] { -metres } else { metres }
        });
        median(metres.collect())
    };
    [along(true), along(false)]
}

/// The shift of a datum that leads most features exactly to where they are known to be, however few they are.
pub(super) fn exact_offset(pairs: &[([f64; 2], [f64; 2])]) -> Option<Offset> {
    let is_exact = |datum: Datum, (here, known): ([f64; 2], [f64; 2])| {
        metres_between(here, known) > PROOF_M && metres_between(datum.inverse(here), known) < EXACT_M
    };
    let is_proven =
        |datum: &Datum| pairs.iter().filter(|pair| is_exact(*datum, **pair)).count() * 2 > pairs.len();
    let datum = Datum::ALL.into_iter().find(is_proven)?;
    let metres = shift_m(pairs);
    Some(Offset { anchors: pairs.len(), metres, datum: Some(datum), is_uniform: true, mixed: None })
}

/// Measures the shift of positions from where their features are known to be. It is that of a datum when all are shifted
/// about alike and what remains after turning it back is less than half. Few prove nothing.
pub(super) fn offset(pairs: &[([f64; 2], [f64; 2])]) -> Option<Offset> {
    if pairs.is_empty() {
        return None;
    }
    let metres = shift_m(pairs);
    if pairs.len() < LEAST_ANCHORS {
        return Some(Offset { anchors: pairs.len(), metres, datum: None, is_uniform: false, mixed: None });
    }
    let remains = |back: &dyn Fn([f64; 2]) -> [f64; 2]| {
        median(pairs.iter().map(|(here, known)| metres_between(back(*here), *known)).collect())
    };
    let now = remains(&|at| at);
    // What lies right both as it is and turned back, as all does where nothing is shifted, tells nothing.
    let told = |datum: Datum| {
        let right = |at: [f64; 2], known: [f64; 2]| metres_between(at, known) < PROOF_M;
        let both =
            pairs.iter().map(|(here, known)| [datum.inverse(*here), *here].map(|at| right(at, *known)));
        let both: Vec<_> = both.collect();
        let count = |wanted: [bool; 2]| both.iter().filter(|both| **both == wanted).count();
        (datum, count([true, false]), count([false, true]))
    };
    let mixed = Datum::ALL
        .into_iter()
        .map(told)
        .max_by_key(|(_, shifted, _)| *shifted)
        .filter(|(_, shifted, right)| shifted.min(right) >= &LEAST_ANCHORS);
    let best = Datum::ALL
        .into_iter()
        .map(|datum| (datum, remains(&|at| datum.inverse(at))))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    let datum = best.filter(|(_, after)| mixed.is_none() && now > PROOF_M && *after < now / 2.0);
    // In degrees, of which those to the east are a little shorter here; that is near enough to tell scatter from shift.
    let shift = |axis: usize| median(pairs.iter().map(|(here, known)| here[axis] - known[axis]).collect());
    let shift = [shift(0), shift(1)];
    let scatter = remains(&|at| [at[0] - shift[0], at[1] - shift[1]]);
    let is_uniform = scatter < now / 4.0;
    Some(Offset { anchors: pairs.len(), metres, datum: datum.map(|(datum, _)| datum), is_uniform, mixed })
}

impl Offset {
    /// How far it is in all.
    pub(super) fn length(&self) -> f64 {
        self.metres[0].hypot(self.metres[1])
    }

    pub(super) fn say(&self) -> String {
        let way = |metres: f64, plus: &str, minus: &str| {
            format!("{:.0} m {}", metres.abs(), if metres < 0.0 { minus } else { plus })
        };
        let of = match self.anchors {
            1 => "by the one feature whose place is known".to_owned(),
            several => format!("the median of {several} features whose place is known"),
        };
        let [east, north] = self.metres;
        format!(
            "{:.0} m ({}, {}), {of}",
            self.length(),
            way(east, "east", "west"),
            way(north, "north", "south")
        )
    }
}

/// The system of a definition, or of a name as EPSG:4547, OGC:CRS84 or srid:4326.
pub(super) fn of_text(text: &str) -> Stated {
    if text.contains('[') {
        return projection::of_wkt(text);
    }
    of_option(text).map_or_else(|_| Stated::Other(cut(text)), Stated::System)
}

/// Reads the option `--crs`: a code, with or without its authority, or an address.
pub(super) fn of_option(text: &str) -> Result<System, String> {
    let last = text.rsplit([':', '/', ']']).find(|part| !part.is_empty()).unwrap_or(text);
    if text.to_ascii_uppercase().contains("CRS84") {
        return Ok(System::Known(Crs::Crs84));
    }
    last.parse().ok().and_then(System::of_epsg).ok_or_else(|| {
        format!(
            "--crs is {:?}, expected the EPSG code of WGS 84 (4326), CGCS2000 (4490), its Gauss-Kruger zones (4491 to 4554), \
             UTM (32601 to 32760), Web Mercator (3857), ETRS89 (4258, 25828 to 25838) or SIRGAS 2000 (4674, 31965 to 31985)",
            cut(text)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Option<Bounds> = Some(Bounds { west: 113.7, south: 30.1, east: 114.3, north: 30.6 });

    #[test]
    fn mercator_near_greenwich_has_small_eastings() {
        // 6378137 times the longitude in radians, and times ln(tan(45 degrees + latitude / 2)): 2.25 E, 48.86 N.
        let paris = Some(Bounds { west: 2.0, south: 48.6, east: 2.6, north: 49.0 });
        let found = by_numbers(&[[250_469.0, 6_251_140.0]; 3], paris);
        let is_it = |(system, north_first, share): &(System, bool, Share)| {
            *system == System::Known(Crs::Epsg3857) && !north_first && share.home >= MOST
        };
        assert!(found.iter().any(is_it));
        let degrees = by_numbers(&[[2.25, 48.86]; 3], paris);
        assert!(degrees.iter().all(|(system, ..)| *system == System::Known(Crs::Crs84)));
    }

    fn read(at: [f64; 2], stated: Stated) -> Result<(Option<u32>, bool, [f64; 2]), String> {
        let told = Told { stated, by: "its .prj", ..Told::default() };
        let reading = decide(&[at; 3], &told, Said::default(), HOME)?;
        Ok((reading.placer.system().epsg(), reading.north_first, reading.place(at).expect("a place")))
    }

    #[test]
    fn numbers_show_their_system_against_the_extent_of_the_folder() {
        // 114.17, 30.47 by PROJ: the coordinates of each system.
        let cases = [
            ([516_324.835, 3_372_228.194], 4547, false),
            ([3_372_228.194, 516_324.835], 4547, true),
            ([38_516_324.835, 3_372_228.194], 4526, false),
            ([3_372_228.194, 38_516_324.835], 4526, true),
        ];
        for (at, code, north_first) in cases {
            let (epsg, first, place) =
                read(at, Stated::Nothing).unwrap_or_else(|fault| panic!("{at:?}: {fault}"));
            assert_eq!((epsg, first), (Some(code), north_first), "{at:?}");
            assert!(metres_between(place, [114.17, 30.47]) < 0.01, "{place:?}");
        }
        let (_, first, place) = read([30.47, 114.17], Stated::Nothing).unwrap();
        assert!(first && place == [114.17, 30.47]);
        // Mercator of the same place, by hand: 6378137 times the longitude in radians.
        let x = 6_378_137.0 * 114.17_f64.to_radians();
        let y = 6_378_137.0 * ((45.0 + 30.47 / 2.0_f64).to_radians()).tan().ln();
        let (epsg, _, place) = read([x, y], Stated::Nothing).unwrap();
        assert!(epsg == Some(3857) && metres_between(place, [114.17, 30.47]) < 0.01);
    }

    #[test]
    fn a_statement_that_numbers_belie_is_told() {
        let crs84 = Stated::System(System::Known(Crs::Crs84));
        let told = Told { stated: crs84, by: "RFC 7946, 4", ..Told::default() };
        let zoned = decide(&[[38_516_324.8, 3_372_228.2]], &told, Said::default(), HOME).unwrap();
        assert!(zoned.traps[0].contains("4526"), "{:?}", zoned.traps);
        let swapped = decide(&[[30.47, 114.17]], &told, Said::default(), HOME).unwrap();
        assert!(swapped.traps[0].contains("latitude stands before longitude"));
        // By PROJ: 4.435° E, 51.904° N in zone 31 north; 178.44° E, 18.14° S in zone 60 south.
        for (at, code, west, south) in
            [([598_721.7, 5_751_333.9], 32_631, 4.2, 51.8), ([652_334.4, 7_993_729.2], 32_760, 178.2, -18.3)]
        {
            let home = Some(Bounds { west, south, east: west + 0.5, north: south + 0.4 });
            let utm = decide(&[at; 3], &told, Said::default(), home).unwrap();
            assert_eq!(utm.placer.system().epsg(), Some(code));
        }
        let paris = decide(&[[2.35, 48.85]], &told, Said::default(), HOME);
        assert!(paris.is_err_and(|fault| fault.contains("far from the data of the folder")));
        assert!(
            read([1.0, 1.0], Stated::Other("Xian 1980 zone 38".to_owned()))
                .is_err_and(|fault| fault.contains("not public"))
        );
    }

    #[test]
    fn numbers_that_fit_two_systems_are_told_whatever_is_stated() {
        // 114.17, 30.47 by PROJ in UTM zone 49; in Gauss-Kruger along the same 111° E it lies 1.3 km farther north.
        let at = [804_364.152, 3_375_139.321];
        let decided = |stated| {
            let told = Told { stated, by: "its .prj", ..Told::default() };
            decide(&[at; 3], &told, Said::default(), HOME).expect("a system")
        };
        let code = |reading: &Reading| reading.placer.system().epsg();
        for stated in [Stated::Nothing, Stated::System(System::Known(Crs::Epsg4326))] {
            let reading = decided(stated);
            let others: Vec<_> = reading.others.iter().map(code).collect();
            assert_eq!((code(&reading), others), (Some(4546), vec![Some(32_649)]));
            assert!(reading.unstated.is_some());
        }
        for (stated, other) in [(4546, 32_649), (32_649, 4546)] {
            let reading = decided(Stated::System(System::of_epsg(stated).expect("a system")));
            let others: Vec<_> = reading.others.iter().map(code).collect();
            assert_eq!((code(&reading), others), (Some(stated), vec![Some(other)]));
            assert!(reading.unstated.is_none());
        }
    }

    #[test]
    fn numbers_refute_a_statement_also_where_the_folder_holds_nothing() {
        let decided = |at: [f64; 2], code: u32| {
            let system = System::of_epsg(code).expect("a system");
            let told = Told { stated: Stated::System(system), by: "its .prj", ..Told::default() };
            decide(&[at; 3], &told, Said::default(), None)
        };
        // 114.17, 30.47 by PROJ in zone 38, and in UTM zone 50.
        let northing_first = [(4547, [3_372_228.194, 516_324.835]), (32_650, [3_374_867.0, 228_130.0])];
        for (code, at) in northing_first {
            let reading = decided(at, code).expect("a system");
            assert!(
                reading.north_first && reading.traps[0].contains("northing stands before"),
                "{:?}",
                reading.traps
            );
        }
        for code in [4547, 4526, 32_650, 3857] {
            let reading = decided([114.17, 30.47], code).expect("a system");
            assert_eq!(reading.place([114.17, 30.47]), Some([114.17, 30.47]), "{code}");
            assert!(reading.traps[0].contains(&format!("EPSG:{code}")), "{:?}", reading.traps);
        }
        // A country in one zone: 1,400 km from its middle all numbers are still its own.
        let wide = decided([1_900_000.0, 4_000_000.0], 4547).expect("a system");
        assert_eq!(wide.placer.system().epsg(), Some(4547));
        assert!(wide.traps[0].contains("far outside"), "{:?}", wide.traps);
    }

    #[test]
    fn positions_of_another_system_are_none_of_the_file() {
        let told = Told { stated: Stated::Nothing, by: "", ..Told::default() };
        let reading = decide(&[[516_324.8, 3_372_228.2]; 3], &told, Said::default(), HOME).unwrap();
        assert_eq!(reading.misfit([516_000.0, 3_372_000.0]), None);
        let misfit = |at| reading.misfit(at).unwrap_or_default();
        assert!(misfit([3_372_228.2, 516_324.8]).contains("exchanged they would be"));
        assert!(misfit([114.17, 30.47]).contains("EPSG:4547"));
        assert!(misfit([38_516_324.8, 3_372_228.2]).contains("no coordinates of"));
    }

    #[test]
    fn degrees_that_may_be_packed_are_told() {
        // 114°05′ and 30°28′, seconds from 0 to 59 behind, and the same as decimal degrees.
        let packed: Vec<[f64; 2]> =
            (0..40).map(|at| f64::from(at * 37 % 60)).map(|s| [114.05 + s / 1e4, 30.28 + s / 1e4]).collect();
        let decimal: Vec<[f64; 2]> = (0..40)
            .map(|at| f64::from(at * 37 % 60))
            .map(|s| [114.0 + (5.0 + s / 60.0) / 60.0, 30.0 + (28.0 + s / 60.0) / 60.0])
            .collect();
        let told = Told { stated: Stated::Nothing, by: "", ..Told::default() };
        let said = |sample: &[[f64; 2]], system| {
            decide(sample, &told, Said { system, ..Said::default() }, HOME)
                .map(|reading| reading.traps.concat())
        };
        let is_told = |said: &str| said.contains("D.MMSS");
        for few in [40, 6] {
            assert!(said(&packed[..few], None).is_err_and(|stopped| is_told(&stopped)), "{few}");
            assert!(said(&decimal[..few], None).is_ok_and(|traps| !is_told(&traps)), "{few}");
            // Many decimals may be so by chance.
            let computed: Vec<_> = packed[..few].iter().map(|[x, y]| [x + 1e-11, y + 1e-11]).collect();
            assert!(said(&computed, None).is_ok_and(|traps| is_told(&traps)), "{few}");
            // Whoever names the system is told, and not stopped.
            assert!(said(&packed[..few], Some(System::Known(Crs::Crs84))).is_ok_and(|traps| is_told(&traps)));
        }
    }

    #[test]
    fn shifts_are_told_from_noise() {
        let known = [[114.1, 30.4], [114.12, 30.42], [114.15, 30.45], [114.2, 30.5]];
        for datum in Datum::ALL {
            let pairs: Vec<_> = known.iter().map(|&at| (datum.forward(at), at)).collect();
            assert_eq!(offset(&pairs).and_then(|offset| offset.datum), Some(datum));
        }
        // 300 m to four sides is no shift.
        let scattered: Vec<_> = known
            .iter()
            .zip([[0.003, 0.0], [-0.003, 0.0], [0.0, 0.003], [0.0, -0.003]])
            .map(|(&at, by)| ([at[0] + by[0], at[1] + by[1]], at))
            .collect();
        assert_eq!(offset(&scattered).and_then(|offset| offset.datum), None);
        // Outside China nothing is shifted, so that the same places are no mixture.
        let auckland =
            [[174.75, -36.88], [174.76, -36.87], [174.77, -36.86], [174.74, -36.85]].map(|at| (at, at));
        assert_eq!(offset(&auckland).and_then(|offset| offset.mixed), None);
        let shifted = |at: [f64; 2]| (Datum::Gcj02.forward(at), at);
        let half: Vec<_> = known.iter().map(|&at| (at, at)).chain(known.map(shifted)).collect();
        assert_eq!(offset(&half).and_then(|offset| offset.mixed), Some((Datum::Gcj02, 4, 4)));
        let few = offset(&[shifted(known[0])]).expect("metres");
        assert_eq!((few.datum, few.is_uniform, few.mixed), (None, false, None));
        assert_eq!(offset(&[]), None);
    }

    #[test]
    fn few_features_prove_a_shift_that_leads_exactly_to_their_places() {
        let known = [114.1, 30.4];
        for datum in Datum::ALL {
            let shifted = (datum.forward(known), known);
            let found = exact_offset(&[shifted]).expect("a shift");
            assert_eq!((found.datum, found.anchors), (Some(datum), 1));
            // 30 m off it is near, and no proof.
            assert_eq!(exact_offset(&[(shifted.0, [known[0] + 0.0003, known[1]])]), None);
            assert_eq!(
                exact_offset(&[shifted, (known, known)]),
                None,
                "half of them lie where they are known to"
            );
        }
        assert_eq!(exact_offset(&[(known, known)]), None);
        assert_eq!(exact_offset(&[]), None);
    }
}

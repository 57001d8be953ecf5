//! Parcels as GeoJSON, one a line.

use std::io::Write;

use super::chance::{between, bits, mix, nearest, real};
use super::city::{Block, Lot};
use super::uses::{RESERVED, USES, Use};
use super::{SampleError, Summary};

/// Bytes gathered before they are handed on.
pub(super) const CHUNK: usize = 1 << 17;
/// Parcels between two words of progress.
pub(super) const NEWS: u64 = 1 << 15;

pub(super) struct Writer<'a, W, P> {
    pub(super) out: &'a mut W,
    pub(super) progress: &'a mut P,
    pub(super) seed: u64,
    pub(super) count: u64,
    pub(super) text: Vec<u8>,
    /// What all features have in common, after the identifier.
    pub(super) common: Vec<u8>,
    /// Code and names of each use.
    pub(super) uses: Vec<Vec<u8>>,
    pub(super) unit: Option<(i64, [i64; 2])>,
    pub(super) unit_no: Vec<u8>,
    pub(super) in_unit: u64,
    pub(super) done: Summary,
}

impl<'a, W: Write, P: FnMut(u64)> Writer<'a, W, P> {
    pub(super) fn new(out: &'a mut W, seed: u64, count: u64, progress: &'a mut P) -> Self {
        let common = format!(
            "\",\"name_zh\":null,\"name_en\":null,\"aliases\":[],\"plan_refs\":[],\"inside_zone\":true,\
             \"basis\":\"synthetic\",\"accuracy_m\":null,\"confidence\":null,\
             \"source\":\"synthetic sample, seed {seed}\",\"valid_from\":null,\"valid_to\":null,\"parcel_no\":\""
        );
        let uses = USES.iter().map(|land_use| {
            let Use { code, zh, en, .. } = land_use;
            format!(
                "\",\"use_code\":\"{code}\",\"use_name_zh\":\"{zh}\",\"use_name_en\":\"{en}\",\"area_m2\":"
            )
        });
        Self {
            out,
            progress,
            seed,
            count,
            text: Vec::with_capacity(CHUNK + 4096),
            common: common.into_bytes(),
            uses: uses.map(String::into_bytes).collect(),
            unit: None,
            unit_no: Vec::new(),
            in_unit: 0,
            done: Summary { parcels: 0, positions: 0, with_hole: 0, bytes: 0, block_m: 0.0 },
        }
    }

    pub(super) fn head(&mut self) -> Result<(), SampleError> {
        let head = format!(
            "{{\"type\":\"FeatureCollection\",\"synthetic\":true,\"generator\":\"innospace sample parcels\",\
             \"seed\":{},\"count\":{},\"features\":[",
            self.seed, self.count
        );
        self.text.extend_from_slice(head.as_bytes());
        self.flush()
    }

    pub(super) fn finish(mut self) -> Result<Summary, SampleError> {
        self.text.extend_from_slice(b"\n]}\n");
        self.flush()?;
        self.out.flush()?;
        (self.progress)(self.done.parcels);
        Ok(self.done)
    }

    pub(super) fn flush(&mut self) -> Result<(), SampleError> {
        self.out.write_all(&self.text)?;
        self.done.bytes += self.text.len() as u64;
        self.text.clear();
        Ok(())
    }

    pub(super) fn parcel(&mut self, block: &Block<'_>, lot: &Lot<'_>) -> Result<(), SampleError> {
        let unit = block.unit;
        if self.unit != Some((unit.piece.index, unit.place)) {
            self.unit = Some((unit.piece.index, unit.place));
            self.in_unit = 0;
            self.unit_no.clear();
            self.unit_no.extend_from_slice(unit.piece.code.as_bytes());
            digits(&mut self.unit_no, unit.place[0].unsigned_abs() + 1, 2);
            digits(&mut self.unit_no, unit.place[1].unsigned_abs() + 1, 2);
        }
        self.in_unit += 1;
        let first = self.done.parcels == 0;
        self.done.parcels += 1;
        self.done.positions += (lot.shell.len() + lot.hole.len()) as u64;
        self.done.with_hole += u64::from(!lot.hole.is_empty());
        let text = &mut self.text;
        text.extend_from_slice(if first { b"\n" } else { b",\n" });
        text.extend_from_slice(b"{\"type\":\"Feature\",\"id\":\"p-");
        let id = text.len();
        digits(text, self.done.parcels, 7);
        let id = id..text.len();
        text.extend_from_slice(b"\",\"properties\":{\"id\":\"p-");
        text.extend_from_within(id);
        text.extend_from_slice(&self.common);
        text.extend_from_slice(&self.unit_no);
        text.push(b'-');
        digits(text, self.in_unit, 3);
        text.extend_from_slice(b"\",\"unit_no\":\"");
        text.extend_from_slice(&self.unit_no);
        text.extend_from_slice(&self.uses[usize::from(lot.land_use)]);
        let area = doubled(lot.shell) - doubled(lot.hole).abs();
        let tenths = nearest(real(area) / 2.0 * unit.m2_per_step2 * 10.0);
        fixed(text, tenths.unsigned_abs(), 1);
        facts(text, block, lot);
        text.extend_from_slice(b",\"synthetic\":true},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[");
        ring(text, lot.shell);
        if !lot.hole.is_empty() {
            text.push(b',');
            ring(text, lot.hole);
        }
        text.extend_from_slice(b"]}}");
        if self.text.len() >= CHUNK {
            self.flush()?;
        }
        if self.done.parcels.is_multiple_of(NEWS) {
            (self.progress)(self.done.parcels);
        }
        Ok(())
    }
}

/// Twice the area of an open ring in square steps, counterclockwise positive; exact.
pub(super) fn doubled(ring: &[[i64; 2]]) -> i64 {
    let Some(&origin) = ring.first() else { return 0 };
    ring.windows(2)
        .map(|pair| {
            let [a, b] = [pair[0], pair[1]].map(|p| [p[0] - origin[0], p[1] - origin[1]]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// Indicators and history. They fit together: floor area is density times storeys, so is height.
pub(super) fn facts(text: &mut Vec<u8>, block: &Block<'_>, lot: &Lot<'_>) {
    let land_use = &USES[usize::from(lot.land_use)];
    let (c, d) = (mix(lot.chance ^ 0x15), mix(lot.chance ^ 0x16));
    let range = |slice, [low, high]: [u32; 2]| between(c, slice, low, high);
    let density = range(0, land_use.density);
    let storeys = range(1, land_use.storeys).min(land_use.far_max / density.max(1)).max(1);
    let green = range(2, land_use.green).min(95 - density.min(95));
    let far = density * storeys * between(c, 3, 82, 100) / 100;
    let height_dm = storeys * land_use.storey_dm + between(d, 3, 0, 24);
    // What is not known of a parcel: two in a hundred each.
    let unknown = mix(lot.chance ^ 0x17);
    let reserved = lot.land_use == RESERVED;
    let known = |slice: u32| !reserved && bits(unknown, slice) > 1310;
    let mut number = |name: &str, value: u32, decimals: u32, known: bool| {
        text.extend_from_slice(name.as_bytes());
        if known { fixed(text, u64::from(value), decimals) } else { text.extend_from_slice(b"null") }
    };
    number(",\"far\":", far, 2, known(0));
    number(",\"density\":", density, 2, known(1));
    number(",\"green_ratio\":", green, 2, known(2));
    number(",\"height_m\":", height_dm, 1, known(3) && land_use.storey_dm > 0 && density > 0);
    let ripe = bits(mix(block.seed ^ 0x18), 0) < 46000;
    let [built, rising, idle, planned] = if ripe { [78, 84, 92, 97] } else { [36, 60, 78, 97] };
    let share = bits(d, 0) * 100 / 65536;
    let opened = 1992 + block.unit.opened;
    let late = between(d, 1, 0, 10);
    let (status, year) = if reserved {
        (if share < 60 { "\"idle\"" } else { "\"planned\"" }, None)
    } else if share < built {
        ("\"built\"", Some(if ripe { opened + late } else { 2014 + late }))
    } else if share < rising {
        ("\"under-construction\"", Some(2023 + late % 4))
    } else if share < idle {
        ("\"idle\"", Some(2012 + late))
    } else if share < planned {
        ("\"planned\"", None)
    } else {
        ("null", Some(opened + late))
    };
    let mode = if land_use.industrial { bits(d, 2) * 100 / 65536 } else { 100 };
    let supply = match mode {
        0..20 => "\"long-lease\"",
        20..48 => "\"lease-then-transfer\"",
        48..66 => "\"lease-transfer-mix\"",
        66..94 => "\"flexible-term-transfer\"",
        _ => "null",
    };
    text.extend_from_slice(b",\"status\":");
    text.extend_from_slice(status.as_bytes());
    text.extend_from_slice(b",\"supply_mode\":");
    text.extend_from_slice(supply.as_bytes());
    text.extend_from_slice(b",\"year\":");
    match year.filter(|_| bits(mix(unknown), 0) > 1960) {
        Some(year) => digits(text, u64::from(year), 4),
        None => text.extend_from_slice(b"null"),
    }
}

/// Writes a number with at least `width` digits.
pub(super) fn digits(text: &mut Vec<u8>, number: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let plain = buffer.format(number);
    for _ in plain.len()..width {
        text.push(b'0');
    }
    text.extend_from_slice(plain.as_bytes());
}

/// Writes a number given in tenths or hundredths.
pub(super) fn fixed(text: &mut Vec<u8>, number: u64, decimals: u32) {
    let one = 10_u64.pow(decimals);
    digits(text, number / one, 1);
    text.push(b'.');
    digits(text, number % one, decimals as usize);
}

/// Writes an open ring, closed.
pub(super) fn ring(text: &mut Vec<u8>, ring: &[[i64; 2]]) {
    text.push(b'[');
    for p in ring.iter().chain(ring.first()) {
        text.push(b'[');
        degrees(text, p[0]);
        text.push(b',');
        degrees(text, p[1]);
        text.extend_from_slice(b"],");
    }
    text.pop();
    text.push(b']');
}

/// Writes steps as degrees with seven decimals.
pub(super) fn degrees(text: &mut Vec<u8>, steps: i64) {
    let size = steps.unsigned_abs();
    if steps < 0 {
        text.push(b'-');
    }
    digits(text, size / 10_000_000, 1);
    // The leading one keeps the zeros; the point takes its place.
    let mut buffer = itoa::Buffer::new();
    let decimals = buffer.format(10_000_000 + size % 10_000_000);
    text.push(b'.');
    text.extend_from_slice(&decimals.as_bytes()[1..]);
}

//! Parcels that fit together, as many as asked, the same every time: `fabric COUNT SEED` writes GeoJSON to standard output.
//!
//! Lots stand in blocks of six by six with streets between. Lots of a block share corners and the bends of borders. A lot
//! has eight vertices on average and seven attributes; one in 25 has a hole. However many there are, they are equally
//! dense, so a window holds as many in ten million as in ten thousand.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "it says how it is called")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts are below 2^32, positions below 2^53"
)]

use std::f64::consts::TAU;
use std::io::{BufWriter, Write};

/// Lots along the side of a block.
const SIDE: u64 = 6;
/// Width of a street, in lots.
const STREET: f64 = 0.25;
/// The south-western corner, and the size of a lot: about 67 m by 55 m.
const ORIGIN: [f64; 2] = [113.7, 30.1];
const LOT: [f64; 2] = [0.0007, 0.0005];
/// The most frequent first.
const LAND_USES: [&str; 20] = [
    "R2", "M1", "B1", "R3", "G1", "M2", "G2", "B2", "A3", "R1", "W1", "S4", "E2", "A1", "A5", "B3", "U1",
    "S3", "A2", "A4",
];
/// Districts along each side of the whole.
const DISTRICTS: u64 = 14;

/// In a degree; one is about a centimetre.
const UNITS: i64 = 10_000_000;

/// A position, in those units.
type Position = [i64; 2];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, count, seed] = arguments.as_slice() else {
        println!("tests/bench/run runs this one");
        return;
    };
    let (count, seed): (u64, u64) = (count.parse().unwrap(), seed.parse().unwrap());
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let mut blocks = 1; // along each side
    while blocks * blocks * SIDE * SIDE < count {
        blocks += 1;
    }
    write!(out, r#"{{"type":"FeatureCollection","synthetic":true,"seed":{seed},"features":["#).unwrap();
    for number in 1..=count {
        let (block, lot) = ((number - 1) / (SIDE * SIDE), (number - 1) % (SIDE * SIDE));
        let lot = Lot { seed, block: [block % blocks, block / blocks], at: [lot % SIDE, lot / SIDE] };
        out.write_all(if number > 1 { b",\n" } else { b"\n" }).unwrap();
        lot.write(&mut out, number, blocks);
    }
    out.write_all(b"\n]}\n").unwrap();
    out.flush().unwrap();
}

struct Lot {
    seed: u64,
    block: [u64; 2],
    /// Where it stands in its block.
    at: [u64; 2],
}

impl Lot {
    fn write(&self, out: &mut impl Write, number: u64, blocks: u64) {
        let [x, y] = self.at;
        let mut chance = self.chance(0, x, y);
        let mut rings = vec![self.outline()];
        if chance.share() < 0.04 {
            rings.push(self.hole(&mut chance));
        }
        // Land uses keep together.
        let mut of_block = self.chance(1, 0, 0);
        let picks = if chance.share() < 0.7 { &mut of_block } else { &mut chance };
        let land_use = LAND_USES[(picks.share().powi(2) * LAND_USES.len() as f64) as usize];
        let status = match chance.share() {
            share if share < 0.2 => "idle",
            share if share < 0.85 => "built",
            _ => "planned",
        };
        let district =
            1 + self.block[0] * DISTRICTS / blocks + DISTRICTS * (self.block[1] * DISTRICTS / blocks);
        let (far, year) = (chance.share() * 4.0, 1980 + (46.0 * chance.share().sqrt()) as u64);
        let area: f64 = rings.iter().map(|ring| square_metres(ring)).sum();
        write!(
            out,
            r#"{{"type":"Feature","id":{number},"properties":{{"parcel_id":"P{number:08}","land_use":"{land_use}","far":{far:.2},"area_m2":{area:.1},"status":"{status}","district":"D{district:03}","year":{year}}},"geometry":{{"type":"Polygon","coordinates":["#
        )
        .unwrap();
        for (at, ring) in rings.iter().enumerate() {
            out.write_all(if at > 0 { b",[" } else { b"[" }).unwrap();
            for (at, [x, y]) in ring.iter().chain(&ring[..1]).enumerate() {
                let comma = if at > 0 { "," } else { "" };
                let (x, x_rest, y, y_rest) = (x / UNITS, x % UNITS, y / UNITS, y % UNITS);
                write!(out, "{comma}[{x}.{x_rest:07},{y}.{y_rest:07}]").unwrap();
            }
            out.write_all(b"]").unwrap();
        }
        out.write_all(b"]}}").unwrap();
    }

    /// Anticlockwise, its first position not repeated.
    fn outline(&self) -> Vec<Position> {
        let [x, y] = self.at;
        let mut ring = self.border([x, y], [x + 1, y]);
        ring.extend(self.border([x + 1, y], [x + 1, y + 1]));
        // The others run against the direction in which their neighbours have them.
        for (from, to) in [([x, y + 1], [x + 1, y + 1]), ([x, y], [x, y + 1])] {
            let mut border = self.border(from, to);
            border.push(position(self.corner(to)));
            ring.extend(border[1..].iter().rev());
        }
        ring
    }

    /// A border of lots from a corner on, with up to two bends, without its end.
    fn border(&self, from: [u64; 2], to: [u64; 2]) -> Vec<Position> {
        let mut chance = self.chance(2 + to[0] - from[0], from[0], from[1]);
        let ([x, y], [end_x, end_y]) = (self.corner(from), self.corner(to));
        let (east, north) = (end_x - x, end_y - y);
        let bends = (chance.share() * 2.75) as u32;
        let mut border = vec![position([x, y])];
        for bend in 1..=bends {
            let (along, aside) = (f64::from(bend) / f64::from(bends + 1), 0.12 * (chance.share() - 0.5));
            border.push(position([x + along * east - aside * north, y + along * north + aside * east]));
        }
        border
    }

    /// Clockwise, around the middle.
    fn hole(&self, chance: &mut Chance) -> Vec<Position> {
        let vertices = 4 + (5.0 * chance.share()) as u32;
        let (turn, radius) = (chance.share(), 0.1 + 0.1 * chance.share());
        let ([x, y], [far_x, far_y]) = (self.corner(self.at), self.corner(self.at.map(|at| at + 1)));
        let vertex = |vertex| {
            let angle = -TAU * (f64::from(vertex) + turn) / f64::from(vertices);
            position([
                f64::midpoint(x, far_x) + radius * angle.cos(),
                f64::midpoint(y, far_y) + radius * angle.sin(),
            ])
        };
        (0..vertices).map(vertex).collect()
    }

    /// In lots from the origin.
    fn corner(&self, at: [u64; 2]) -> [f64; 2] {
        let mut chance = self.chance(4, at[0], at[1]);
        [0, 1].map(|axis| {
            let start = self.block[axis] as f64 * (SIDE as f64 + STREET);
            let edge = at[axis] == 0 || at[axis] == SIDE; // streets are straight
            start + at[axis] as f64 + 0.3 * (chance.share() - 0.5) * f64::from(u8::from(!edge))
        })
    }

    fn chance(&self, kind: u64, x: u64, y: u64) -> Chance {
        let key = [kind, self.block[0], self.block[1], x, y];
        Chance(key.iter().fold(self.seed, |state, part| Chance(state ^ part).next()))
    }
}

fn position(lots: [f64; 2]) -> Position {
    [0, 1].map(|axis| ((ORIGIN[axis] + LOT[axis] * lots[axis]) * UNITS as f64).round() as i64)
}

/// Negative for a hole, which runs clockwise; in the plane, which is right to a few per mille.
fn square_metres(ring: &[Position]) -> f64 {
    let cross = |at: usize| {
        let ([x, y], [next_x, next_y]) = (ring[at], ring[(at + 1) % ring.len()]);
        ((x - ring[0][0]) * (next_y - ring[0][1]) - (next_x - ring[0][0]) * (y - ring[0][1])) as f64
    };
    let (metres, latitude) = (111_195.0 / UNITS as f64, ring[0][1] as f64 / UNITS as f64);
    (0..ring.len()).map(cross).sum::<f64>() / 2.0 * metres.powi(2) * latitude.to_radians().cos()
}

/// `SplitMix64` (Steele, Lea and Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to less than 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

//! Planning units and blocks.

use std::cell::OnceCell;

use super::SampleError;
use super::chance::{between, bits, choose, hash, mix, nearest, noise, real, unit, whole};
use super::lattice::Lattice;
use super::plane::{
    Frame, Half, Known, Piece, SETBACK_MAX_M, STEPS, Side, distance_2, metres_per_degree, twice_area,
};
use super::uses::{CENTRE, DWELLING, FREIGHT, INDUSTRY, Kind, Quarter, SCIENCE};

/// Side of a block, streets included, in metres, where there is room enough.
pub(super) const BLOCK_MAX_M: f64 = 270.0;
/// Side of the smallest block; its parcels are a hundred steps wide.
pub(super) const BLOCK_MIN_M: f64 = 3.0;
/// Side of a planning unit, in metres.
pub(super) const UNIT_M: f64 = 1250.0;
/// How far streets bend off a straight line, and over what length, in metres.
pub(super) const BEND_M: f64 = 110.0;
pub(super) const BEND_OVER_M: f64 = 2400.0;

/// All areas with one block size.
pub(super) struct City<'a> {
    pub(super) pieces: &'a [Piece],
    pub(super) seed: u64,
    pub(super) block_m: f64,
    /// Parcels by [`Block::priority`].
    pub(super) by_priority: Vec<u64>,
}

/// Finds the block size: as large as may be with room for `count`.
pub(super) fn fit(pieces: &[Piece], count: u64, seed: u64) -> Result<City<'_>, SampleError> {
    let land_m2: f64 = pieces.iter().map(|piece| piece.area_m2.abs()).sum();
    let asked = real(i64::try_from(count).unwrap_or(i64::MAX));
    let room_of = |block_m: f64| {
        let mut site = Site::default();
        let mut room = 0;
        City { pieces, seed, block_m, by_priority: Vec::new() }.walk(|block| {
            room += block.count(&mut site)?;
            Ok(())
        })?;
        Ok::<u64, SampleError>(room)
    };
    let clamp = |block_m: f64| block_m.clamp(BLOCK_MIN_M, BLOCK_MAX_M);
    let mut block_m = clamp((land_m2 * 3.5 / asked).sqrt());
    let mut best = None;
    for _ in 0..24 {
        let room = room_of(block_m)?;
        let share = real(i64::try_from(room).unwrap_or(i64::MAX)) / asked;
        if room >= count {
            best = Some(block_m);
            if share < 1.03 || block_m >= BLOCK_MAX_M {
                break;
            }
            let larger = clamp(block_m * (share / 1.012).sqrt());
            if larger <= block_m * 1.002 {
                break;
            }
            block_m = larger;
        } else if best.is_some() {
            break;
        } else if block_m <= BLOCK_MIN_M {
            return Err(if room == 0 {
                SampleError::NoGround
            } else {
                SampleError::TooMany { asked: count, room }
            });
        } else {
            block_m = clamp(block_m * (share / 1.008).sqrt().max(0.4));
        }
    }
    let block_m = best.unwrap_or(BLOCK_MIN_M);
    let mut city = City { pieces, seed, block_m, by_priority: Vec::new() };
    let mut by_priority = vec![0; usize::from(u16::MAX) + 1];
    let mut site = Site::default();
    city.walk(|block| {
        by_priority[usize::from(block.priority())] += block.count(&mut site)?;
        Ok(())
    })?;
    let room: u64 = by_priority.iter().sum();
    city.by_priority = by_priority;
    if room < count { Err(SampleError::TooMany { asked: count, room }) } else { Ok(city) }
}

/// A planning unit: a square of the street grid.
pub(super) struct Unit<'a> {
    pub(super) piece: &'a Piece,
    /// Its place, from 0; below 99 both.
    pub(super) place: [i64; 2],
    pub(super) seed: u64,
    pub(super) quarter: &'static Quarter,
    /// When its ground was opened, in years after 1992.
    pub(super) opened: u32,
    /// Seed of the chance in [`Block::priority`], the same all over the area.
    pub(super) wander: u64,
    /// Seed of the bends of streets, the same all over the area.
    pub(super) bend: u64,
    /// Square metres in a square step at its latitude.
    pub(super) m2_per_step2: f64,
}

/// A block between streets.
pub(super) struct Block<'a> {
    pub(super) unit: &'a Unit<'a>,
    pub(super) seed: u64,
    pub(super) kind: &'static Kind,
    pub(super) shape: Shape,
    /// Its edges before streets are bent: west and east, south and north.
    pub(super) sides: [[f64; 2]; 2],
    /// Made when asked for: counting a block far from any edge takes none.
    pub(super) patch: OnceCell<Patch>,
    pub(super) street_m: f64,
    /// Edges that come near; empty when all of it is ground.
    pub(super) near: &'a [u32],
}

impl City<'_> {
    /// The priority of the last blocks to fill, and how many parcels they give.
    pub(super) fn reach(&self, count: u64) -> (u16, u64) {
        let mut left = count;
        for (priority, &parcels) in (0..=u16::MAX).zip(&self.by_priority) {
            if parcels >= left {
                return (priority, left);
            }
            left -= parcels;
        }
        (u16::MAX, left)
    }

    /// Visits every block that may hold a parcel, area by area, unit by unit.
    pub(super) fn walk(
        &self,
        mut visit: impl FnMut(&Block<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let mut near = Vec::new();
        for piece in self.pieces {
            let [west, south, east, north] = piece.window;
            let (west, south) = (west - BEND_M, south - BEND_M);
            let sides = [east + BEND_M - west, north + BEND_M - south];
            let unit_m = UNIT_M.max(sides[0] / 98.0).max(sides[1] / 98.0);
            let blocks = nearest(unit_m / self.block_m).max(1);
            let unit_m = (real(blocks) * self.block_m).max(sides[0] / 98.0).max(sides[1] / 98.0);
            let [columns, rows] = sides.map(|side| whole(side / unit_m) + 1);
            for row in 0..rows {
                for column in 0..columns {
                    let low = [west + real(column) * unit_m, south + real(row) * unit_m];
                    let middle = low.map(|v| v + unit_m / 2.0);
                    let known = piece.near(middle, [unit_m / 2.0 + BEND_M; 2], SETBACK_MAX_M, &mut near);
                    if known != Known::Outside {
                        let unit = self.unit(piece, [column, row], middle);
                        self.walk_unit(&unit, low, unit_m, blocks, known, &mut near, &mut visit)?;
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn unit<'p>(&self, piece: &'p Piece, place: [i64; 2], middle: [f64; 2]) -> Unit<'p> {
        let seed = hash(hash(self.seed, piece.index, 1), place[0], place[1]);
        let region = hash(self.seed, piece.index, 2);
        let work = noise(region, middle[0] / 2900.0, middle[1] / 2900.0) + 0.3 * (unit(seed, 0) - 0.5);
        let kind = noise(region ^ 1, middle[0] / 2900.0, middle[1] / 2900.0) + 0.3 * (unit(seed, 1) - 0.5);
        let far_2 = middle[0] * middle[0] + middle[1] * middle[1];
        let quarter = if far_2 < 600.0 * 600.0 || (kind > 0.6 && work < 0.1) {
            &CENTRE
        } else if work > 0.0 {
            if kind < -0.42 { &FREIGHT } else { &INDUSTRY }
        } else if work > -0.2 && kind > -0.3 {
            &SCIENCE
        } else {
            &DWELLING
        };
        let latitude = real(piece.frame.written(middle)[1]) / STEPS;
        let [east, north] = metres_per_degree(latitude);
        Unit {
            piece,
            place,
            seed,
            quarter,
            opened: between(seed, 2, 0, 20),
            wander: hash(self.seed, piece.index, 4),
            bend: hash(self.seed, piece.index, 3),
            m2_per_step2: east * north / (STEPS * STEPS),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the walk, cut out for its length")]
    pub(super) fn walk_unit(
        &self,
        unit: &Unit<'_>,
        low: [f64; 2],
        unit_m: f64,
        blocks: i64,
        known: Known,
        near: &mut Vec<u32>,
        visit: &mut impl FnMut(&Block<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let count = (blocks + unit.quarter.finer * (blocks / 4).max(1)).max(1);
        let side_m = unit_m / real(count);
        let street_m = (0.085 * self.block_m).min(22.0);
        // The streets of a unit: its borders are avenues, those between wander off their even places.
        let street = |axis: i64, at: i64| {
            let even = real(at) * side_m;
            if at == 0 || at == count {
                even
            } else {
                even + side_m * 0.36 * (super::chance::unit(hash(unit.seed, axis, at), 0) - 0.5)
            }
        };
        let margin = |at: i64| if at == 0 || at == count { street_m } else { street_m / 2.0 };
        for j in 0..count {
            let v = [low[1] + street(11, j) + margin(j), low[1] + street(11, j + 1) - margin(j + 1)];
            for i in 0..count {
                let u = [low[0] + street(12, i) + margin(i), low[0] + street(12, i + 1) - margin(i + 1)];
                near.clear();
                let patch = OnceCell::new();
                if known == Known::Edges {
                    let (middle, half) = patch.get_or_init(|| Patch::new(unit.bend, u, v)).box_around();
                    if unit.piece.near(middle, half, street_m / 2.0, near) == Known::Outside {
                        continue;
                    }
                }
                let seed = hash(unit.seed, i + 64, j);
                let kind = unit.quarter.blocks[(seed >> 60) as usize];
                let shape = Shape::new(kind, seed, u[1] - u[0] < v[1] - v[0]);
                visit(&Block { unit, seed, kind, shape, sides: [u, v], patch, street_m, near })?;
            }
        }
        Ok(())
    }
}

/// Blocks below this side, in metres, are parallelograms: over them a street bends by less than its fourteenth.
pub(super) const STRAIGHT_M: f64 = 60.0;

/// Where the unit square of a block lies: a quadratic surface, so that streets bend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patch {
    /// Factors of 1, s, t, s², t², st for x and y; s and t run from -1 to 1.
    pub(super) factors: [[f64; 6]; 2],
}

impl Patch {
    pub(super) fn new(seed: u64, u: [f64; 2], v: [f64; 2]) -> Self {
        let bend = |u: f64, v: f64| {
            let (a, b) = (u / BEND_OVER_M, v / BEND_OVER_M);
            [u + BEND_M * noise(seed, a, b), v + BEND_M * noise(seed ^ 1, a, b)]
        };
        let (mu, mv) = (f64::midpoint(u[0], u[1]), f64::midpoint(v[0], v[1]));
        let (middle, east, north) = (bend(mu, mv), bend(u[1], mv), bend(mu, v[1]));
        if (u[1] - u[0]).max(v[1] - v[0]) < STRAIGHT_M {
            let factors = [0, 1].map(|axis| {
                [middle[axis], east[axis] - middle[axis], north[axis] - middle[axis], 0.0, 0.0, 0.0]
            });
            return Self { factors };
        }
        let (west, south, corner) = (bend(u[0], mv), bend(mu, v[0]), bend(u[1], v[1]));
        let factors = [0, 1].map(|axis| {
            let (c, w, e) = (middle[axis], west[axis], east[axis]);
            let (s, n) = (south[axis], north[axis]);
            let (ds, dt) = ((e - w) / 2.0, (n - s) / 2.0);
            let (ss, tt) = (f64::midpoint(e, w) - c, f64::midpoint(n, s) - c);
            [c, ds, dt, ss, tt, corner[axis] - c - ds - dt - ss - tt]
        });
        Self { factors }
    }

    /// The place of `s`, `t`, each from 0 to 1.
    pub(super) fn at(&self, [s, t]: [f64; 2]) -> [f64; 2] {
        let (s, t) = (2.0 * s - 1.0, 2.0 * t - 1.0);
        self.factors.map(|f| f[0] + s * (f[1] + s * f[3] + t * f[5]) + t * (f[2] + t * f[4]))
    }

    /// Middle and half sides of a box that holds it.
    pub(super) fn box_around(&self) -> ([f64; 2], [f64; 2]) {
        let half = self.factors.map(|f| f[1..].iter().map(|factor| factor.abs()).sum());
        (self.factors.map(|f| f[0]), half)
    }
}

/// How a block is split, known without building it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Split in two along a slanted line.
    pub(super) wedge: bool,
    /// The cell with a hole.
    pub(super) hole: Option<usize>,
    /// The hole is a parcel of its own.
    pub(super) enclave: bool,
}

impl Shape {
    pub(super) fn new(kind: &Kind, seed: u64, upright: bool) -> Self {
        let chance = mix(seed ^ 5);
        let along = between(chance, 0, kind.along[0], kind.along[1]) as usize;
        let across = between(chance, 1, kind.across[0], kind.across[1]) as usize;
        let (columns, rows) = if upright { (across, along) } else { (along, across) };
        let wedge = bits(chance, 2) < 2300;
        let cells = along * across;
        let share = u64::from(bits(chance, 3)) * 1000 / 65536;
        let hole = (!wedge && share < 47 * cells as u64).then(|| choose(mix(chance), cells));
        Self { columns, rows, wedge, hole, enclave: hole.is_some() && mix(chance ^ 1) % 10 < 4 }
    }

    pub(super) fn parcels(self) -> u64 {
        if self.wedge { 2 } else { (self.columns * self.rows) as u64 + u64::from(self.enclave) }
    }
}

/// One parcel on its way out.
pub(super) struct Lot<'a> {
    pub(super) shell: &'a [[i64; 2]],
    pub(super) hole: &'a [[i64; 2]],
    pub(super) chance: u64,
    pub(super) land_use: u8,
}

/// Room to work in, used again for every parcel.
#[derive(Debug, Default)]
pub(super) struct Site {
    pub(super) shell_m: Vec<[f64; 2]>,
    pub(super) hole_m: Vec<[f64; 2]>,
    pub(super) spare_m: Vec<[f64; 2]>,
    pub(super) shell: Vec<[i64; 2]>,
    pub(super) hole: Vec<[i64; 2]>,
    pub(super) halves: Vec<Half>,
}

impl Block<'_> {
    pub(super) fn patch(&self) -> &Patch {
        let [u, v] = self.sides;
        self.patch.get_or_init(|| Patch::new(self.unit.bend, u, v))
    }

    pub(super) fn is_small(&self) -> bool {
        self.sides.iter().all(|[low, high]| high - low < STRAIGHT_M)
    }

    /// Blocks with a lower one are filled first: metres to the middle of the area or to a main road, and some
    /// chance, so that the rim is not a circle.
    pub(super) fn priority(&self) -> u16 {
        let piece = self.unit.piece;
        let at = if self.is_small() {
            // Where exactly a small block lies does not matter, and bends are dear.
            self.sides.map(|[low, high]| f64::midpoint(low, high))
        } else {
            self.patch().at([0.5, 0.5])
        };
        let centre = (at[0] * at[0] + at[1] * at[1]).sqrt();
        let road_2 = piece.roads.iter().fold(f64::INFINITY, |least, &road| least.min(distance_2(road, at)));
        let wander = 1.0 + noise(self.unit.wander, at[0] / 800.0, at[1] / 800.0);
        let metres = centre.min(500.0 + 1.6 * road_2.sqrt()) + 450.0 * wander;
        u16::try_from(whole(metres.min(65535.0))).unwrap_or(u16::MAX)
    }

    pub(super) fn count(&self, site: &mut Site) -> Result<u64, SampleError> {
        if self.near.is_empty() {
            return Ok(self.shape.parcels());
        }
        let mut count = 0;
        self.each(site, |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// Builds its parcels, one after the other.
    pub(super) fn each(
        &self,
        site: &mut Site,
        mut take: impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let edges = &self.unit.piece.edges;
        let twosided = self.near.iter().any(|&at| edges[at as usize].side != Side::Left);
        for right in [false, true] {
            if right && !twosided {
                break;
            }
            site.halves.clear();
            site.halves.extend(self.near.iter().map(|&at| {
                let edge = &edges[at as usize];
                edge.half(edge.reach(self.street_m / 2.0), right && edge.side != Side::Left)
            }));
            if self.shape.wedge {
                self.wedges(site, &mut take)?;
            } else {
                self.cells(site, &mut take)?;
            }
        }
        Ok(())
    }

    pub(super) fn cells(
        &self,
        site: &mut Site,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let lattice = Lattice::new(self);
        let main = self.kind.main[choose(mix(self.seed ^ 6), self.kind.main.len())];
        for row in 0..self.shape.rows {
            for column in 0..self.shape.columns {
                let cell = row * self.shape.columns + column;
                let chance = mix(self.seed.wrapping_add(1000 + cell as u64));
                site.shell_m.clear();
                site.hole_m.clear();
                lattice.cell(column, row, &mut site.shell_m);
                if self.shape.hole == Some(cell) {
                    lattice.hole(column, row, &mut site.hole_m);
                }
                let land_use = if bits(chance, 0) < 49000 {
                    main
                } else {
                    self.kind.company[bits(chance, 1) as usize % self.kind.company.len()]
                };
                let whole_lot = self.place(site, chance, land_use, take)?;
                if whole_lot && self.shape.enclave && self.shape.hole == Some(cell) {
                    site.shell_m.clear();
                    site.hole_m.clear();
                    lattice.hole(column, row, &mut site.shell_m);
                    site.shell_m.reverse();
                    let small = [18, 19, 21, 20, 16][bits(chance, 2) as usize % 5];
                    self.place(site, mix(chance ^ 9), small, take)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn wedges(
        &self,
        site: &mut Site,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let chance = mix(self.seed ^ 7);
        let flip = bits(chance, 0) & 1 == 1;
        let pair: [&[[f64; 2]]; 2] = if bits(chance, 1) < 26000 {
            [&[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]], &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]]
        } else {
            let (a, b) = (0.18 + 0.15 * unit(chance, 2), 0.67 + 0.15 * unit(chance, 3));
            [&[[0.0, 0.0], [a, 0.0], [b, 1.0], [0.0, 1.0]], &[[a, 0.0], [1.0, 0.0], [1.0, 1.0], [b, 1.0]]]
        };
        for (at, ring) in (0..).zip(pair) {
            site.shell_m.clear();
            site.hole_m.clear();
            site.shell_m.extend(ring.iter().map(|&[s, t]| [if flip { 1.0 - s } else { s }, t]));
            if flip {
                site.shell_m.reverse();
            }
            let chance = mix(chance ^ (10 + at));
            let land_use = self.kind.main[bits(chance, 0) as usize % self.kind.main.len()];
            self.place(site, chance, land_use, take)?;
        }
        Ok(())
    }

    /// Puts the parcel drawn in the unit square on the ground, cuts it where the ground ends, hands it on if
    /// enough is left. Answers whether it stands uncut.
    pub(super) fn place(
        &self,
        site: &mut Site,
        chance: u64,
        land_use: u8,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<bool, SampleError> {
        let piece = self.unit.piece;
        let patch = self.patch();
        for p in site.shell_m.iter_mut().chain(&mut site.hole_m) {
            *p = patch.at(*p);
        }
        let mut is_cut = false;
        if !self.near.is_empty() {
            let before = twice_area(&site.shell_m);
            for half in &site.halves {
                is_cut |= half.cut(&mut site.shell_m, &mut site.spare_m);
            }
            if site.shell_m.len() < 3
                || is_cut && twice_area(&site.shell_m) < 0.35 * before
                || !piece.is_ground(site.shell_m[0])
            {
                return Ok(false);
            }
            if is_cut {
                site.hole_m.clear();
            }
        }
        write_down(&piece.frame, &site.shell_m, &mut site.shell);
        write_down(&piece.frame, &site.hole_m, &mut site.hole);
        if is_cut && !is_clean(&site.shell) {
            return Ok(false);
        }
        take(&Lot { shell: &site.shell, hole: &site.hole, chance, land_use })?;
        Ok(!is_cut)
    }
}

impl Half {
    /// Keeps the part of a ring on this side. Cut points depend on the ends of an edge, not on its direction,
    /// so neighbours get the same ones.
    pub(super) fn cut(self, ring: &mut Vec<[f64; 2]>, spare: &mut Vec<[f64; 2]>) -> bool {
        let over = |p: [f64; 2]| self.normal[0] * p[0] + self.normal[1] * p[1] - self.from;
        if ring.iter().all(|&p| over(p) >= 0.0) {
            return false;
        }
        spare.clear();
        let Some(&last) = ring.last() else { return false };
        let mut a = last;
        for &b in ring.iter() {
            let (da, db) = (over(a), over(b));
            if (da >= 0.0) != (db >= 0.0) {
                let (p, q, dp, dq) = if da >= 0.0 { (a, b, da, db) } else { (b, a, db, da) };
                let ratio = dp / (dp - dq);
                spare.push([p[0] + ratio * (q[0] - p[0]), p[1] + ratio * (q[1] - p[1])]);
            }
            if db >= 0.0 {
                spare.push(b);
            }
            a = b;
        }
        std::mem::swap(ring, spare);
        true
    }
}

/// Rounds a ring to steps; positions that fall on the one before are left out.
pub(super) fn write_down(frame: &Frame, ring_m: &[[f64; 2]], ring: &mut Vec<[i64; 2]>) {
    ring.clear();
    for &p in ring_m {
        let p = frame.written(p);
        if ring.last() != Some(&p) {
            ring.push(p);
        }
    }
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
}

/// Is a ring simple, and nowhere thinner than a few steps? Only cut rings need to be asked.
pub(super) fn is_clean(ring: &[[i64; 2]]) -> bool {
    const THIN_STEPS_2: f64 = 16.0;
    let n = ring.len();
    let turn = |a: [i64; 2], b: [i64; 2], c: [i64; 2]| {
        ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).signum()
    };
    n >= 3
        && (0..n).all(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % n]);
            let flat = [a, b].map(|p| [real(p[0] - a[0]), real(p[1] - a[1])]);
            (0..n).filter(|&k| k != i && k != (i + 1) % n).all(|k| {
                let (c, d) = (ring[k], ring[(k + 1) % n]);
                let thick = distance_2(flat, [real(c[0] - a[0]), real(c[1] - a[1])]) >= THIN_STEPS_2;
                let apart = (k + 1) % n == i
                    || turn(a, b, c) * turn(a, b, d) > 0
                    || turn(c, d, a) * turn(c, d, b) > 0;
                thick && apart
            })
        })
}

//! Chance by numbers alone, the same on every machine.

/// Stirs a number well: the output function of `SplitMix64`.
pub(super) fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number for a place in the grid.
pub(super) fn hash(seed: u64, x: i64, y: i64) -> u64 {
    let place = x.cast_unsigned().wrapping_mul(0xA24B_AED4_963E_E407);
    mix(seed ^ mix(place ^ y.cast_unsigned().wrapping_mul(0x9FB2_1C65_1E98_DF25)))
}

/// A number for a part of something.
pub(super) fn hash_of(seed: u64, what: usize, at: usize) -> u64 {
    hash(seed, (what as u64).cast_signed(), (at as u64).cast_signed())
}

/// One of `count` places.
pub(super) fn choose(chance: u64, count: usize) -> usize {
    usize::try_from(chance % count as u64).expect("less than a usize")
}

/// Sixteen bits of chance, counted from the low end.
pub(super) fn bits(chance: u64, slice: u32) -> u32 {
    u32::try_from(chance >> (16 * slice) & 0xFFFF).expect("sixteen bits")
}

/// Turns a slice of chance into 0 up to 1.
pub(super) fn unit(chance: u64, slice: u32) -> f64 {
    f64::from(bits(chance, slice)) / 65536.0
}

/// Turns a slice of chance into a number from `low` to `high`, both possible.
pub(super) fn between(chance: u64, slice: u32, low: u32, high: u32) -> u32 {
    low + ((bits(chance, slice) * (high - low + 1)) >> 16)
}

/// Smooth chance over the plane, -1 to 1; a step of 1 leads to new chance.
pub(super) fn noise(seed: u64, x: f64, y: f64) -> f64 {
    let (west, south) = (floor(x), floor(y));
    let corner = |east: i64, north: i64| unit(hash(seed, west + east, south + north), 0) * 2.0 - 1.0;
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - real(west)), ease(y - real(south)));
    let low = corner(0, 0) * (1.0 - s) + corner(1, 0) * s;
    let high = corner(0, 1) * (1.0 - s) + corner(1, 1) * s;
    low * (1.0 - t) + high * t
}

/// The whole number at or below. Without SSE 4.1, `f64::floor` is a call into a library.
pub(super) fn floor(value: f64) -> i64 {
    let towards_zero = whole(value);
    towards_zero - i64::from(real(towards_zero) > value)
}

#[expect(clippy::cast_possible_truncation, reason = "metres and steps of this ground, far below 2^53")]
pub(super) fn whole(value: f64) -> i64 {
    value as i64
}

/// Rounds to the next whole number by IEEE addition alone.
pub(super) fn nearest(value: f64) -> i64 {
    whole(value + 4_294_967_296.5) - 4_294_967_296
}

#[expect(clippy::cast_precision_loss, reason = "steps and counts of this ground, far below 2^53")]
pub(super) fn real(value: i64) -> f64 {
    value as f64
}

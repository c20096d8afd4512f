//! The requantiser against the integer algorithm that hardware uses, written here on its own, and
//! against values worked out by hand.

use super::{Bench, LOAD, RAM, STORE, head, pair};
use crate::npu::{Multiplier, Requantiser, requantise};
use proptest::prelude::*;

/// `value` rounded to its 24 most significant bits, half to even; the bits and the dropped count.
fn round_to_24_bits(value: u64) -> (u64, u32) {
    let bits = 64 - value.leading_zeros();
    let drop = bits.saturating_sub(24);
    (shift_right_to_even(value, drop), drop)
}

fn shift_right_to_even(value: u64, shift: u32) -> u64 {
    if shift == 0 {
        return value;
    }
    if shift > 60 {
        return 0;
    }
    let (quotient, rest, half) = (value >> shift, value & ((1 << shift) - 1), 1 << (shift - 1));
    quotient + u64::from(rest > half || rest == half && quotient % 2 == 1)
}

/// Integer arithmetic only: mantissas, shifts, half-to-even roundings.
fn by_integers(accumulator: i32, multiplier: u32, r: &Requantiser) -> i8 {
    let acc = accumulator.wrapping_add(r.bias);
    let exponent = multiplier >> 23 & 0xff;
    let mantissa = u64::from(multiplier & 0x7f_ffff | 0x80_0000);
    let (a, dropped_a) = round_to_24_bits(u64::from(acc.unsigned_abs()));
    let (p, dropped_p) = round_to_24_bits(a * mantissa);
    let scale = exponent as i32 - 150 + (dropped_a + dropped_p) as i32;
    let magnitude = if exponent == 0 || p == 0 {
        0
    } else if scale > 0 {
        // Already beyond int8 with 2^9, whatever the mantissa.
        (p << scale.min(9)).min(1 << 40)
    } else {
        shift_right_to_even(p, scale.unsigned_abs())
    };
    let negative = (acc < 0) != (multiplier >> 31 == 1);
    let v = if negative { -(magnitude as i64) } else { magnitude as i64 };
    let y = v + i64::from(r.zero_point);
    y.max(i64::from(r.clamp_min)).min(i64::from(r.clamp_max)) as i8
}

fn multiplier() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => (100u32..130, 0u32..1 << 23).prop_map(|(e, m)| e << 23 | m),
        2 => (100u32..130, proptest::sample::select(&[0u32, 1, 0x40_0000, 0x7f_ffff][..]))
            .prop_map(|(e, m)| e << 23 | m),
        1 => any::<u32>(),
        1 => (proptest::sample::select(&[0u32, 1, 254, 255, 256, 510, 511][..]), 0u32..1 << 23)
            .prop_map(|(e, m)| e << 23 | m),
    ]
}

fn accumulator() -> impl Strategy<Value = i32> {
    prop_oneof![
        4 => -100_000i32..100_000,
        2 => any::<i32>(),
        2 => (0u32..31, -3i32..4).prop_map(|(shift, d)| (1i32 << shift).wrapping_add(d)),
        1 => proptest::sample::select(&[0, 1, -1, i32::MIN, i32::MAX, 1 << 24, (1 << 24) + 1][..]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100_000) })]

    #[test]
    fn equals_the_integer_algorithm(
        acc in accumulator(),
        bias in prop_oneof![Just(0), any::<i32>()],
        multiplier in multiplier(),
        zero_point: i8,
        clamps in prop_oneof![Just((-128i8, 127i8)), any::<(i8, i8)>()],
    ) {
        let (clamp_min, clamp_max) = clamps;
        let float = Multiplier::Float(multiplier);
        let r = Requantiser { bias, multiplier: float, zero_point, clamp_min, clamp_max };
        prop_assert_eq!(requantise(acc, &r), by_integers(acc, multiplier, &r));
    }
}

fn plain(acc: i32, multiplier: f32, zero_point: i8) -> i8 {
    let multiplier = Multiplier::Float(multiplier.to_bits());
    let r = Requantiser { bias: 0, multiplier, zero_point, clamp_min: -128, clamp_max: 127 };
    requantise(acc, &r)
}

#[test]
fn ties_go_to_even_before_the_zero_point() {
    for (acc, y) in [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)] {
        assert_eq!(plain(acc, 0.5, 0), y);
        assert_eq!(plain(acc, 0.5, 1), y + 1);
    }
}

#[test]
fn saturates() {
    assert_eq!(plain(1000, 1.0, 0), 127);
    assert_eq!(plain(-1000, 1.0, 0), -128);
    assert_eq!(plain(i32::MAX, f32::MAX, -128), 127);
    assert_eq!(plain(i32::MIN, f32::MAX, 127), -128);
    assert_eq!(plain(1, f32::MIN_POSITIVE, 5), 5);
}

#[test]
fn odd_multipliers_behave_as_specified() {
    // Subnormal and zero: 0. A NaN or infinity pattern: one more binade. Negative: negated.
    assert_eq!(plain(i32::MAX, f32::from_bits(0x007f_ffff), 3), 3);
    assert_eq!(plain(7, 0.0, 3), 3);
    assert_eq!(plain(0, f32::INFINITY, 3), 3);
    assert_eq!(plain(1, f32::INFINITY, 3), 127);
    assert_eq!(plain(-1, f32::NAN, 3), -128);
    assert_eq!(plain(1, f32::NEG_INFINITY, 3), -128);
    assert_eq!(plain(10, -0.5, 3), -2);
}

#[test]
fn the_bias_wraps_and_the_upper_clamp_wins() {
    let one = Multiplier::Float(1f32.to_bits());
    let mut r =
        Requantiser { bias: 1, multiplier: one, zero_point: 0, clamp_min: -128, clamp_max: 127 };
    assert_eq!(requantise(i32::MAX, &r), -128);
    (r.clamp_min, r.clamp_max) = (50, -50);
    assert_eq!(requantise(0, &r), -50);
    (r.clamp_min, r.clamp_max) = (0, 6);
    assert_eq!((requantise(-9, &r), requantise(3, &r), requantise(99, &r)), (0, 4, 6));
}

/// 9 rows of parameters a tile: the shifts are behind the multipliers, bit 31 of which is ignored.
#[test]
fn double_rounding_takes_shifts() {
    let mut bench = Bench::new(4);
    let words = |values: [u32; 4]| values.map(u32::to_le_bytes).concat();
    let half = 1 << 30;
    let mut parameters = words([0, 5, 0, 1 << 31]);
    parameters.extend(words([half, half | 1 << 31, 3 << 29, 0x7fff_ffff]));
    parameters.extend([0u8, 1, 0xfe, 0xe4]);
    parameters.extend(words([100, 0, 0, 0]));
    parameters.extend(words([half, 0, 0, 0]));
    parameters.extend([0xfdu8, 0, 0, 0]);
    bench.fill(RAM, &parameters);
    let load = [head(LOAD, &[], &[STORE]) | 1 << 16, RAM, 4, pair(18, 4), pair(2, 1), 0, 0, 0];
    let out = RAM + 0x1000;
    let head = head(STORE, &[LOAD], &[]);
    let (first, rounding) = (pair(0, 0), u32::from_le_bytes([3, 0x80, 0x7f, 1]));
    let store = [head, out, 8, pair(1, 5), first, pair(0, 2), rounding, 0];
    let end = bench.run(&[load, store]).end;
    assert_eq!(end.cause, 0);
    // 0; 5 * 2 / 2; 0; -2^31 * (1 - 2^-31) / 2^28 = -8; 100 / 2 / 8 = 6.25.
    assert_eq!(bench.bytes(out, 6), [3, 8, 3, 0xfb, 9, 0]);
}

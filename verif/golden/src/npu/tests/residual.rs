//! Residual adds against exact integers with one rounding, and through jobs.

use super::{Bench, STORE, head, pair};
use crate::npu::{cause, residual_add};
use proptest::prelude::*;

/// `a * factor + term` in integers, rounded to 24 significant bits, then to an integer.
///
/// Exponents that are not 0 may be up to 90 apart.
fn plain(a: i8, factor: u32, term: u32) -> i8 {
    let exponent = |bits: u32| (bits >> 23 & 255) as i32;
    let significand = |bits: u32| -> i128 {
        let magnitude = i128::from(bits & 0x7f_ffff | 0x80_0000);
        match (exponent(bits), bits >> 31) {
            (0, _) => 0,
            (_, 0) => magnitude,
            _ => -magnitude,
        }
    };
    let base = match (exponent(factor), exponent(term)) {
        (0, e) | (e, 0) => e,
        (e, f) => e.min(f),
    };
    let align = |bits: u32| significand(bits) << (exponent(bits) - base).max(0);
    let exact = i128::from(a) * align(factor) + align(term);
    // Its unit is 2^(base - 150).
    let rounded = |value: i128, bits: i32| -> i128 {
        if bits <= 0 {
            return value;
        }
        let (below, unit) = (value & ((1 << bits) - 1), 1i128 << bits);
        let up = below > unit / 2 || below == unit / 2 && value >> bits & 1 == 1;
        ((value >> bits) + i128::from(up)) << bits
    };
    let length = 128 - exact.unsigned_abs().leading_zeros() as i32;
    let single = rounded(exact, length - 24);
    let point = 150 - base;
    let integer = if point > 120 {
        0
    } else if point > 0 {
        rounded(single, point) >> point
    } else if point > -60 {
        single << -point
    } else {
        single.signum() * 1000
    };
    integer.clamp(-128, 127) as i8
}

/// Bits of a float around `exponent`, with few or many significant bits.
fn near(exponent: u32) -> impl Strategy<Value = u32> {
    let significand = prop_oneof![any::<u32>(), any::<u32>().prop_map(|bits| bits & 0x7f_0000)];
    (exponent - 12..exponent + 12, significand, any::<bool>()).prop_map(
        |(exponent, significand, negative)| {
            exponent.min(255) << 23 | significand & 0x7f_ffff | u32::from(negative) << 31
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4000) })]

    #[test]
    fn ordinary_numbers(a in any::<i8>(), factor in near(127), term in near(130)) {
        prop_assert_eq!(residual_add(a, factor, term), plain(a, factor, term));
    }

    #[test]
    fn numbers_far_apart(a in any::<i8>(), factor in near(100), term in near(128)) {
        prop_assert_eq!(residual_add(a, factor, term), plain(a, factor, term));
    }

    #[test]
    fn the_largest_numbers(a in any::<i8>(), factor in near(248), term in near(248)) {
        prop_assert_eq!(residual_add(a, factor, term), plain(a, factor, term));
    }

    /// The smallest normal numbers, 0 and subnormal patterns, which count as 0.
    #[test]
    fn the_smallest_numbers(a in any::<i8>(), factor in near(12), term in near(12)) {
        prop_assert_eq!(residual_add(a, factor, term), 0);
    }
}

#[test]
fn one_rounding_then_ties_to_even() {
    let bits = f32::to_bits;
    let add = |a, factor: f32, term: f32| residual_add(a, bits(factor), bits(term));
    assert_eq!([0.5, 1.5, 2.5, -0.5, -1.5].map(|term| add(0, 1.0, term)), [0, 2, 2, 0, -2]);
    assert_eq!([add(127, 1.0, 0.5), add(127, 1.0, 0.4), add(-128, 1.0, -9.0)], [127, 127, -128]);
    // 3 * (1 + 2^-23) is no float32: rounding the product first would give the tie 0.5.
    let factor = f32::from_bits(0x3f80_0001);
    assert_eq!(add(3, factor, -2.5), 1);
    assert_eq!(add(3, 1.0, -2.5), 0);
    // A sum that rounds to a tie in float32, and then to even.
    let small = f32::from_bits(0x3080_0000);
    assert_eq!(add(1, small, 100.5), 100);
}

#[test]
fn exponents_beyond_the_normal_ones() {
    let (half, subnormal, huge) = (0.5f32.to_bits(), 0x007f_ffff, 0x7f80_0000);
    assert_eq!(residual_add(127, subnormal, 7f32.to_bits()), 7);
    assert_eq!(residual_add(127, half, subnormal), 64);
    assert_eq!(residual_add(127, half, 0x8000_0000), 64);
    assert_eq!(residual_add(0, huge, 3f32.to_bits()), 3);
    assert_eq!(residual_add(1, huge, 3f32.to_bits()), 127);
    assert_eq!(residual_add(-1, huge | 0x7f_ffff, 3f32.to_bits()), -128);
    assert_eq!(residual_add(1, huge, huge | 1 << 31), 0);
    assert_eq!(residual_add(2, huge, huge | 1 << 31), 127);
    // Twice 2^127 against the same in the extra binade.
    assert_eq!(residual_add(2, 0x7f00_0000, huge | 1 << 31), 0);
    assert_eq!(residual_add(2, 0x7f00_0000, huge | 1 << 31 | 1), -128);
}

/// Rows of residuals apart from the destination's and the same, with lines, in two chunks, the last
/// one short.
#[test]
fn residual_rows_lie_like_the_destination() {
    for in_place in [false, true] {
        let mut bench = Bench::new(4);
        // b counts twice, a 1.5 times.
        for b in -128..=127i32 {
            bench.memories.set_table((b + 128) as u32, (2.0 * b as f32).to_bits());
        }
        bench.memories.set_table(256, 1.5f32.to_bits());
        let residual = if in_place { 100 } else { 300 };
        let place = |t: u32, r: u32| t * 40 + r / 3 * 10 + r % 3 * 2;
        let (a, b) = (
            |t: u32, r: u32, n: u32| (t * 20 + r * 3 + n) as i32 - 16,
            |r: u32, n: u32| (r * 7 + n) as i32 - 12,
        );
        for row in 100..160 {
            bench.memories.scratchpad_mut(row).fill(99);
        }
        for (t, r) in (0..2).flat_map(|t| (0..5).map(move |r| (t, r))) {
            for n in 0..4 {
                bench.memories.accumulators_mut(t * 5 + r)[n as usize] = a(t, r, n);
                bench.memories.scratchpad_mut(residual + place(t, r))[n as usize] = b(r, n) as i8;
            }
        }
        for row in [4, 5, 6, 7, 12, 13, 14, 15] {
            bench.memories.parameters_mut(row).copy_from_slice(&1f32.to_le_bytes());
        }
        let store = [
            head(STORE, &[], &[]) | 3 << 18,
            pair(100, residual),
            pair(2, 40),
            pair(5, 6),
            pair(0, 5),
            pair(1, 0),
            0x7f_8000,
            pair(3, 10),
        ];
        assert_eq!(bench.run(&[store]).end.cause, cause::NONE);
        for (t, r) in (0..2).flat_map(|t| (0..5).map(move |r| (t, r))) {
            let sum = |n: u32| (1.5 * a(t, r, n) as f32 + 2.0 * b(r, n) as f32).round_ties_even();
            let lanes = if t == 0 { 4 } else { 2 };
            let expected: Vec<i8> =
                (0..4).map(|n| if n < lanes { sum(n) as i8 } else { 0 }).collect();
            assert_eq!(bench.scratchpad(100 + place(t, r)), expected, "chunk {t} row {r}");
        }
        assert_eq!(bench.scratchpad(101), [99; 4]);
    }
}

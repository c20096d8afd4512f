//! Double rounding in a lane of the requantiser against the manual's formulas.

use crate::npu::requantise_lane::{LANE_STAGES, requantise_lane};
use crate::npu::tests::random::Random;
use crate::npu::tests::reference::double_rounding;
use crate::npu::tests::stress;

use super::lane::{Case, corner_sum, offer, offer_mode, stream};
use super::start;

impl Case {
    /// Operands of double rounding, mostly at corners.
    pub fn random_double(random: &mut Random) -> Self {
        let case = Case::random(random);
        let any = random.next() as u32;
        let shift = match random.below(8) {
            0 => any as i8,
            1 => random.pick(&[-128, -127, -64, -33, -32, -31, -30, 30, 31, 32, 33, 64, 127]),
            2 => random.range(0, 62) as i8 - 31,
            3 => random.pick(&[-1, 0, 1]),
            // About the binade that gives an int8.
            _ => {
                let sum = case.accumulator.wrapping_add(case.bias);
                let width = 32 - sum.unsigned_abs().leading_zeros() as i8;
                random.range(0, 11) as i8 - width
            }
        };
        let multiplier = match random.below(8) {
            0 => any,
            1 => random.pick(&[0, 1, 2, 1 << 30, (1 << 30) - 1, (1 << 30) + 1, i32::MAX as u32]),
            // A power of two and its neighbours: ties.
            2 => (1u32 << random.below(32)).wrapping_add(random.range(0, 2)).wrapping_sub(1),
            3 => (1 << 31 | any) & (u32::MAX << random.below(31)),
            _ => 1 << 30 | any & 0x3fff_ffff,
        };
        let shift = Some(shift);
        if random.chance(50) {
            return Case { multiplier, shift, ..case };
        }
        Case {
            accumulator: near_tie(random, multiplier, shift),
            bias: 0,
            multiplier,
            shift,
            ..case
        }
    }
}

/// A sum whose result is next to k + 1/2, if there is one; else any.
fn near_tie(random: &mut Random, multiplier: u32, shift: Option<i8>) -> i32 {
    let scale = f64::from(multiplier & 0x7fff_ffff) * f64::from(shift.unwrap_or(0) - 31).exp2();
    let target = f64::from(random.range(0, 512) as i32 - 256) + 0.5;
    let exact = (target / scale).round();
    if exact.abs() > 2e9 || exact.is_nan() {
        return corner_sum(random);
    }
    exact as i32 + random.range(0, 4) as i32 - 2
}

#[test]
fn equals_the_formulas() {
    stream(true, 300_000, 1, Case::random_double);
}

/// Each operand has its own mode.
#[test]
fn both_modes_follow_each_other() {
    stream(true, 300_000, 2, |random| {
        if random.chance(50) { Case::random(random) } else { Case::random_double(random) }
    });
}

/// Every shift with sums of every length, both signs.
#[test]
fn every_shift_and_length() {
    let next = std::cell::Cell::new(0u32);
    stream(true, 256 * 33 * 2 * 4, 3, |random| {
        let index = next.replace(next.get() + 1);
        let (shift, length) = ((index % 256) as u8 as i8, index / 256 % 33);
        let any = random.next() as u32 | 1 << 31;
        let sum = any.checked_shr(32 - length).unwrap_or(0) as i32;
        let multiplier = random.pick(&[i32::MAX as u32, 1 << 30, any]);
        let accumulator =
            if (index / (256 * 33)).is_multiple_of(2) { sum } else { sum.wrapping_neg() };
        let (zero_point, clamp_min, clamp_max) = (0, -128, 127);
        let shift = Some(shift);
        Case { accumulator, bias: 0, multiplier, shift, zero_point, clamp_min, clamp_max }
    });
}

/// How the lane computes, to compare with the formulas over many more cases than the interpreter
/// can run: magnitudes, a saturated one of 2^31, a shift limited to 32 bits.
fn by_magnitudes(case: &Case, shift: i8) -> i8 {
    let sum = case.accumulator.wrapping_add(case.bias);
    let (left, right) = (shift.clamp(0, 31), shift.min(0).unsigned_abs().min(32));
    let shifted = (u64::from(sum.unsigned_abs()) << left).min(1 << 31);
    let product = shifted * u64::from(case.multiplier & 0x7fff_ffff);
    let upper = (product + (1 << 30) - u64::from(sum < 0)) >> 31;
    let halves = (2 * upper) >> right;
    let magnitude = (halves / 2).min(511) as i64 + (halves % 2) as i64;
    let value = if sum < 0 { -magnitude } else { magnitude };
    let moved = value.clamp(-511, 511) + i64::from(case.zero_point);
    moved.max(case.clamp_min.into()).min(case.clamp_max.into()) as i8
}

#[test]
fn magnitudes_equal_the_formulas() {
    let mut random = Random::new(4);
    for _ in 0..5_000_000 * stress() {
        let case = Case::random_double(&mut random);
        let shift = case.shift.expect("double rounding");
        assert_eq!(by_magnitudes(&case, shift), case.expected(), "{case:x?}");
    }
}

/// Worked out by hand: ties of both roundings, the one before the other, saturation.
#[test]
fn known_values() {
    let half = 1 << 30;
    let known = [
        // 1/2, 3/2, -1/2, -3/2: the first rounding goes up.
        (1, half, 0, 1),
        (3, half, 0, 2),
        (-1, half, 0, 0),
        (-3, half, 0, -1),
        // 2 / 4 and -2 / 4: the second one goes away from zero.
        (4, half, -2, 1),
        (-4, half, -2, -1),
        (12, half, -2, 2),
        (-12, half, -2, -2),
        // 3/2 becomes 2, half of that 1; 1/2 becomes 1, half of that 1.
        (3, half, -1, 1),
        (1, half, -1, 1),
        (-1, half, -1, 0),
        // Saturates to 2^31 - 1 and to -2^31 first.
        (3, 1, 30, 1),
        (-3, 1, 30, -1),
        (1, 100, 127, 100),
        (-1, 100, 127, -100),
        (i32::MIN, i32::MAX as u32, -31, -1),
        (i32::MAX, i32::MAX as u32, -31, 1),
        (i32::MIN, i32::MAX as u32, -32, 0),
        (i32::MIN, i32::MAX as u32, -128, 0),
        // Bit 31 is ignored.
        (10, 1 << 31 | half, 0, 5),
    ];
    let mut sim = start(&requantise_lane(true));
    sim.set("advance", 1);
    sim.set_signed("clamp_min", -128);
    sim.set_signed("clamp_max", 127);
    for (sum, multiplier, shift, result) in known {
        assert_eq!(double_rounding(sum, multiplier, shift), result, "{sum} {multiplier} {shift}");
        let (zero_point, clamp_min, clamp_max) = (0, -128, 127);
        let shift = Some(shift);
        let case =
            Case { accumulator: sum, bias: 0, multiplier, shift, zero_point, clamp_min, clamp_max };
        offer(&mut sim, &case);
        offer_mode(&mut sim, &case);
        (0..LANE_STAGES).for_each(|_| super::step(&mut sim));
        assert_eq!(sim.get_signed("result"), result, "{case:?}");
    }
}

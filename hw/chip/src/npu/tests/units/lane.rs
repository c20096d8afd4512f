//! The requantiser's arithmetic against float32, and the cases of both modes.

use systole_hdl::prelude::*;

use crate::npu::requantise_lane::{LANE_STAGES, requantise_lane};
use crate::npu::tests::random::Random;
use crate::npu::tests::reference::double_rounding;

use super::{start, step};

/// Operands of one result.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub accumulator: i32,
    pub bias: i32,
    /// Bits of a float32, or an integer.
    pub multiplier: u32,
    /// With double rounding.
    pub shift: Option<i8>,
    pub zero_point: i8,
    pub clamp_min: i8,
    pub clamp_max: i8,
}

impl Case {
    /// What the manual says, with the float32 arithmetic of this machine.
    pub fn expected(&self) -> i8 {
        let sum = self.accumulator.wrapping_add(self.bias);
        if let Some(shift) = self.shift {
            let moved = double_rounding(sum, self.multiplier, shift) + i64::from(self.zero_point);
            return moved.max(self.clamp_min.into()).min(self.clamp_max.into()) as i8;
        }
        let multiplier = f32::from_bits(self.multiplier);
        let value = match self.multiplier >> 23 & 0xff {
            0 => 0.0,
            // One more binade: beyond every int8 unless the sum is 0.
            255 if sum == 0 => 0.0,
            255 => f32::INFINITY.copysign(sum.signum() as f32 * sign(self.multiplier)),
            _ => sum as f32 * multiplier,
        };
        // A cast saturates, far beyond what the zero point can bring back.
        let rounded = value.round_ties_even() as i64;
        let moved = rounded.saturating_add(self.zero_point.into());
        moved.max(self.clamp_min.into()).min(self.clamp_max.into()) as i8
    }

    /// Any operands, mostly at corners.
    pub fn random(random: &mut Random) -> Self {
        let sum = corner_sum(random);
        let bias = if random.chance(50) { 0 } else { random.next() as i32 };
        let [zero_point, clamp_min, clamp_max] = match random.below(4) {
            0 => [(); 3].map(|()| random.next() as i8),
            1 => [random.next() as i8, -128, 127],
            2 => [random.pick(&[-128, 127, 0]), random.pick(&[-128, 0]), 127],
            _ => [0, -128, 127],
        };
        let multiplier = corner_multiplier(random, sum);
        let accumulator = sum.wrapping_sub(bias);
        Case { accumulator, bias, multiplier, shift: None, zero_point, clamp_min, clamp_max }
    }
}

fn sign(multiplier: u32) -> f32 {
    if multiplier >> 31 == 1 { -1.0 } else { 1.0 }
}

/// A sum of any size, near powers of two, near the 24-bit boundary, at half-way points, extreme.
pub fn corner_sum(random: &mut Random) -> i32 {
    let any = random.next() as i32;
    let value = match random.below(6) {
        0 => random.pick(&[0, 1, -1, i32::MIN, i32::MAX, i32::MIN + 1, 0x7fff_ff80, 0x7fff_ffc0]),
        // Around 2^n, and around the values that float32 cannot tell apart.
        1 => (1i32 << random.below(31)).wrapping_add(random.range(0, 4) as i32 - 2),
        2 => 1 << 24 | random.range(0, 64) as i32,
        3 => {
            let dropped = random.range(1, 7);
            let half = 1 << (dropped - 1);
            let kept = 1 << 23 | (any & 0x7f_ffff);
            (kept << dropped | half).wrapping_add(random.range(0, 2) as i32 - 1)
        }
        _ => any >> random.below(32),
    };
    if random.chance(50) { value.wrapping_neg() } else { value }
}

/// A multiplier that brings `sum` near the int8 range, near a tie, or anything at all.
fn corner_multiplier(random: &mut Random, sum: i32) -> u32 {
    let any = random.next() as u32;
    match random.below(8) {
        0 => any,
        // Powers of two, alone and one mantissa step away.
        1 => (random.range(1, 254) << 23).wrapping_add(random.range(0, 2)).wrapping_sub(1),
        2 => random.pick(&[0, 0xff, 1, 0xfe]) << 23 | (any & 0x807f_ffff),
        // A quotient k + 1/2 of the sum, to land on or beside a tie.
        3 | 4 if sum != 0 => {
            let half = f64::from(random.range(0, 512) as i32 - 256) + 0.5;
            let bits = ((half / f64::from(sum as f32)) as f32).to_bits();
            bits.wrapping_add(random.range(0, 4)).wrapping_sub(2)
        }
        // An integer or a power-of-two fraction divided by the sum.
        5 if sum != 0 => {
            let target = f64::from(random.range(0, 1024)) / 4.0;
            ((target / f64::from(sum as f32)) as f32).to_bits()
        }
        _ => {
            // About the binade that gives an int8.
            let width = 32 - sum.unsigned_abs().leading_zeros();
            let exponent = 127 + random.range(0, 11) - width;
            exponent << 23 | (any & 0x007f_ffff)
        }
    }
}

/// Streams `count` cases through a lane, with stalls.
pub fn stream(double_rounding: bool, count: usize, seed: u64, case: impl Fn(&mut Random) -> Case) {
    let mut sim = start(&requantise_lane(double_rounding));
    let mut random = Random::new(seed);
    let mut under_way = std::collections::VecDeque::new();
    for _ in 0..count {
        let case = case(&mut random);
        offer(&mut sim, &case);
        if double_rounding {
            offer_mode(&mut sim, &case);
        }
        if random.chance(10) {
            // A stall changes nothing.
            sim.set("advance", 0);
            step(&mut sim);
        }
        sim.set("advance", 1);
        step(&mut sim);
        under_way.push_back(case);
        if under_way.len() == LANE_STAGES as usize {
            let due = under_way.pop_front().expect("not empty");
            check_result(&mut sim, &due);
        }
    }
}

/// Puts the operands of `case` on the inputs that every lane has.
pub fn offer(sim: &mut Interpreter, case: &Case) {
    sim.set_signed("accumulator", case.accumulator.into());
    sim.set_signed("bias", case.bias.into());
    sim.set("multiplier", case.multiplier.into());
}

/// Puts the mode of `case` on the inputs.
pub fn offer_mode(sim: &mut Interpreter, case: &Case) {
    sim.set("double_rounding", case.shift.is_some().into());
    sim.set_signed("shift", case.shift.unwrap_or(case.multiplier as i8).into());
}

fn check_result(sim: &mut Interpreter, case: &Case) {
    sim.set_signed("zero_point", case.zero_point.into());
    sim.set_signed("clamp_min", case.clamp_min.into());
    sim.set_signed("clamp_max", case.clamp_max.into());
    assert_eq!(sim.get_signed("result"), case.expected().into(), "{case:x?}");
}

#[test]
fn equals_float32_arithmetic() {
    stream(false, 400_000, 1, Case::random);
}

/// Every exponent with sums of every length, both signs.
#[test]
fn every_exponent_and_length() {
    let mut sim = start(&requantise_lane(false));
    let mut random = Random::new(2);
    let mut under_way = std::collections::VecDeque::new();
    sim.set("advance", 1);
    for exponent in 0..=255 {
        for length in 0..=31 {
            for sign in [0, 1] {
                let any = random.next() as u32;
                let fraction = random.pick(&[0, 1, 0x7f_ffff, any & 0x7f_ffff]);
                let case = Case {
                    accumulator: (random.next() as i32 & i32::MAX | 1 << 30) >> (31 - length),
                    bias: 0,
                    multiplier: sign << 31 | exponent << 23 | fraction,
                    shift: None,
                    zero_point: 3,
                    clamp_min: -128,
                    clamp_max: 127,
                };
                offer(&mut sim, &case);
                step(&mut sim);
                under_way.push_back(case);
                if under_way.len() == LANE_STAGES as usize {
                    let due = under_way.pop_front().expect("not empty");
                    check_result(&mut sim, &due);
                }
            }
        }
    }
}

/// The documented integer algorithm, to compare with float32 over many more cases than the
/// interpreter can run.
fn in_integers(case: &Case) -> i8 {
    let sum = case.accumulator.wrapping_add(case.bias);
    let exponent = (case.multiplier >> 23 & 0xff) as i32;
    let normalised =
        sum.unsigned_abs().checked_shl(sum.unsigned_abs().leading_zeros()).unwrap_or(0);
    let rounded = (normalised >> 8) + u32::from(rounds_up(u64::from(normalised), 8));
    let carry = (rounded >> 24) as i32;
    let mantissa = u64::from(rounded & 0x7f_ffff | 0x80_0000);
    let product = mantissa * u64::from(case.multiplier & 0x7f_ffff | 0x80_0000);
    let top = (product >> 47) as u32;
    let product_mantissa = (product >> (23 + top)) + u64::from(rounds_up(product, 23 + top));
    let offset = 104 - exponent + sum.unsigned_abs().leading_zeros() as i32 - carry - top as i32;
    let magnitude = match offset {
        _ if sum == 0 || exponent == 0 => 0,
        ..0 => 511,
        10.. => 0,
        _ => {
            let shift = 15 + offset as u32;
            (product_mantissa >> shift) as i64 + i64::from(rounds_up(product_mantissa, shift))
        }
    };
    let negative = (sum < 0) != (case.multiplier >> 31 == 1);
    let value = if negative { -magnitude } else { magnitude };
    let moved = value + i64::from(case.zero_point);
    moved.max(case.clamp_min.into()).min(case.clamp_max.into()) as i8
}

/// Whether dropping the low `bits` bits rounds up, half to even.
fn rounds_up(value: u64, bits: u32) -> bool {
    let dropped = value & ((1 << bits) - 1);
    let half = 1 << (bits - 1);
    dropped > half || (dropped == half && value >> bits & 1 == 1)
}

#[test]
fn the_integer_algorithm_equals_float32() {
    let mut random = Random::new(4);
    for _ in 0..5_000_000 {
        let case = Case::random(&mut random);
        assert_eq!(in_integers(&case), case.expected(), "{case:x?}");
    }
}

/// Known results: ties go to even, double rounding of large sums, saturation.
#[test]
fn known_values() {
    let one_half = 0.5f32.to_bits();
    let known = [
        (1, one_half, 0),
        (3, one_half, 2),
        (5, one_half, 2),
        (-1, one_half, 0),
        (-3, one_half, -2),
        (255, one_half, 127),
        (-257, one_half, -128),
        (i32::MIN, f32::exp2(-24.0).to_bits(), -128),
        (i32::MIN, f32::exp2(-31.0).to_bits(), -1),
        (i32::MAX, f32::exp2(-31.0).to_bits(), 1),
        (0x0100_0001, f32::exp2(-23.0).to_bits(), 2),
        (1, 0xff00_0000 >> 1, 127),
        (1, 0xff80_0000, -128),
        (0, 0x7f80_0000, 0),
        (i32::MAX, 0x007f_ffff, 0),
    ];
    for (accumulator, multiplier, result) in known {
        let case = Case {
            accumulator,
            bias: 0,
            multiplier,
            shift: None,
            zero_point: 0,
            clamp_min: -128,
            clamp_max: 127,
        };
        assert_eq!(case.expected(), result, "{case:x?}");
        let mut sim = start(&requantise_lane(false));
        sim.set("advance", 1);
        offer(&mut sim, &case);
        (0..LANE_STAGES).for_each(|_| step(&mut sim));
        check_result(&mut sim, &case);
    }
}

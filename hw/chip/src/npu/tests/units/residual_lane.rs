//! The residual lane against the fused multiply-add of Rust.

use std::collections::VecDeque;

use crate::npu::residual_lane::{ADDEND_STAGE, LANE_STAGES, residual_lane};
use crate::npu::tests::random::Random;
use crate::npu::tests::reference::residual_add;
use crate::npu::tests::stress;

use super::{start, step};

/// A value with its scale and addend.
pub type Case = (i8, u32, u32);

/// A float32 with a random sign and mantissa and a biased exponent.
pub fn float(random: &mut Random, exponent: i32) -> u32 {
    let mantissa = match random.below(4) {
        0 => 0,
        1 => 0x7f_ffff,
        // Few bits set: ties.
        2 => (random.next() as u32 & random.next() as u32 & random.next() as u32) & 0x7f_ffff,
        _ => random.next() as u32 & 0x7f_ffff,
    };
    (random.below(2) << 31) | (exponent.clamp(1, 254) as u32) << 23 | mantissa
}

fn value(random: &mut Random) -> i8 {
    let edges = [-128, -127, -1, 0, 1, 2, 64, 127];
    if random.chance(25) { random.pick(&edges) } else { random.next() as i8 }
}

/// A float near `wanted`: itself, or a few units of its last place away.
fn near(random: &mut Random, wanted: f64) -> u32 {
    let bits = (wanted as f32).to_bits();
    let near = bits.wrapping_add(random.below(9)).wrapping_sub(4);
    let exponent = near >> 23 & 255;
    if exponent == 0 || exponent == 255 { 0 } else { near }
}

/// An addend for a value and a scale: any; as large as the product; or one that brings the sum near
/// a half of an integer.
fn addend(random: &mut Random, value: i8, scale: u32) -> u32 {
    let product = f64::from(value) * f64::from(f32::from_bits(scale));
    match random.below(6) {
        0 => {
            let exponent = random.range(1, 254);
            float(random, exponent as i32)
        }
        1 => {
            let exponent = random.range(90, 150);
            float(random, exponent as i32)
        }
        2 => {
            let exponent = (scale >> 23 & 255) + random.below(50);
            float(random, exponent as i32 - 24)
        }
        3 => near(random, -product),
        4 => {
            let half = f64::from(random.below(520)) / 2.0 - 130.0;
            near(random, half - product)
        }
        _ => {
            // Near a half as float32 sees it: the distance is about a unit of its last place.
            let half = f64::from(random.below(260)) - 129.5;
            let unit = 2f64.powi(-(random.range(14, 30) as i32));
            let units = f64::from(random.below(5)) - 2.0;
            near(random, half - product + unit * units)
        }
    }
}

/// The operands of `count` cases with one scale.
pub fn cases(random: &mut Random, scale: u32, count: u32) -> Vec<Case> {
    (0..count)
        .map(|_| {
            let value = value(random);
            (value, scale, addend(random, value, scale))
        })
        .collect()
}

/// Runs the cases of each group, which have the same scale, one a cycle.
fn run(groups: &[Vec<Case>], expected: impl Fn(Case) -> i8) {
    let mut sim = start(&residual_lane());
    sim.set("advance", 1);
    for group in groups {
        let mut due: VecDeque<Case> = VecDeque::new();
        for moves in 0..group.len() + LANE_STAGES as usize {
            if let Some(&(value, scale, _)) = group.get(moves) {
                sim.set_signed("value", value.into());
                sim.set("scale", scale.into());
            }
            let late = moves.checked_sub(ADDEND_STAGE as usize).and_then(|at| group.get(at));
            if let Some(&case) = late {
                sim.set("addend", case.2.into());
                due.push_back(case);
            }
            if moves >= LANE_STAGES as usize {
                let case = due.pop_front().expect("as many come out as go in");
                let (value, scale, addend) = case;
                assert_eq!(
                    sim.get_signed("result"),
                    expected(case).into(),
                    "{value} * {scale:#x} + {addend:#x}"
                );
            }
            step(&mut sim);
        }
    }
}

/// `SYSTOLE_STRESS=100 cargo test --release` runs some millions.
#[test]
fn matches_the_fused_multiply_add() {
    let mut random = Random::new(41);
    let groups: Vec<Vec<Case>> = (0..150 * stress())
        .map(|group| {
            // Scales near 1 as models have them, and any.
            let exponent =
                if group % 3 == 0 { random.range(1, 254) } else { random.range(112, 134) };
            let scale = float(&mut random, exponent as i32);
            cases(&mut random, scale, 400)
        })
        .collect();
    run(&groups, |(value, scale, addend)| residual_add(value, scale, addend));
}

/// All values against addends that meet every half, exactly and one unit to either side.
#[test]
fn all_values_and_halves() {
    let mut groups = Vec::new();
    for scale in [0.5f32, 1.0, 1.5, 0.75, 1.0 / 3.0, -2.5] {
        let mut group = Vec::new();
        for value in -128..=127i8 {
            for half in (-255..=255).step_by(17) {
                let wanted = (f32::from(half as i16) / 2.0) - f32::from(value) * scale;
                for bits in [0, 1, u32::MAX].map(|by| wanted.to_bits().wrapping_add(by)) {
                    if !matches!(bits >> 23 & 255, 0 | 255) {
                        group.push((value, scale.to_bits(), bits));
                    }
                }
            }
        }
        groups.push(group);
    }
    run(&groups, |(value, scale, addend)| residual_add(value, scale, addend));
}

/// A float32 as the manual reads it.
pub fn number(bits: u32) -> f64 {
    let sign = if bits >> 31 == 1 { -1.0 } else { 1.0 };
    let (exponent, mantissa) = (bits >> 23 & 255, f64::from(bits & 0x7f_ffff));
    let binade = 2f64.powi(exponent as i32 - 127);
    if exponent == 0 { 0.0 } else { sign * binade * (1.0 + mantissa / f64::from(1 << 23)) }
}

/// Exponent 0 is zero, exponent 255 a binade above the normal ones.
#[test]
fn entries_that_are_not_normal() {
    let one = 1f32.to_bits();
    let group = |scale: u32| {
        [0, 1, 0x7f_ffff, 0x8000_0001, one, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffff_ffff]
            .iter()
            .flat_map(|&addend| [-128, -3, 0, 5, 127].map(|value| (value, scale, addend)))
            .collect::<Vec<Case>>()
    };
    let scales = [0, 0x7f_ffff, one, 0xbf80_0000, 0x7f80_0000, 0xffff_ffff];
    // These sums are exact in float64, or far beyond the range of a result.
    run(&scales.map(group), |(value, scale, addend)| {
        let sum = f64::from(value) * number(scale) + number(addend);
        sum.round_ties_even().clamp(-128.0, 127.0) as i8
    });
}

//! The arithmetic of STORE: each of its modes against plain Rust, in the RTL and, for many more cases,
//! in its program.

use super::super::lists::{ADD, DOUBLE_ROUNDING, STORE};
use super::super::memory::FAST;
use super::super::random::Random;
use super::super::reference::residual_add;
use super::super::units::lane::Case;
use super::super::units::residual_lane;
use super::super::{sequential_config, stress};
use super::OUT;
use super::npu::{Npu, Program, Rtl, word};
use crate::config::NpuConfig;

/// Requantises one element for each of the cases, which have their zero point and clamps of the
/// first, and checks the results. Each has its own parameters: a tile for four of them.
fn requantise(npu: &mut impl Npu, cases: &[Case]) {
    let doubly = cases[0].shift.is_some();
    let tile_rows = if doubly { 9 } else { 8 };
    let bounds = cases[0];
    for (tile, of_tile) in (0..).zip(cases.chunks(4)) {
        let mut shifts = [0; 4];
        for (n, case) in (0..).zip(of_tile) {
            npu.set_sum(tile, n, case.accumulator);
            npu.set_parameter(tile_rows * tile + n, case.bias as u32);
            npu.set_parameter(tile_rows * tile + 4 + n, case.multiplier);
            shifts[n as usize] = case.shift.unwrap_or(0) as u8;
        }
        if doubly {
            npu.set_parameter(tile_rows * tile + 8, u32::from_le_bytes(shifts));
        }
    }
    let bytes = [bounds.zero_point, bounds.clamp_min, bounds.clamp_max, 0].map(|byte| byte as u8);
    let mode = u32::from_le_bytes(bytes) | if doubly { DOUBLE_ROUNDING } else { 0 };
    let columns = cases.len() as u32;
    let store = [STORE | 16, OUT, 0, 1 | columns << 16, 1 << 16, 0, mode, 0];
    npu.run(store);
    for (case, address) in cases.iter().zip(OUT..) {
        let result = npu.byte(address);
        let Case { zero_point, clamp_min, clamp_max, .. } = bounds;
        let case = Case { zero_point, clamp_min, clamp_max, ..*case };
        assert_eq!(result as i8, case.expected(), "{case:x?}");
    }
}

fn random_requantising(npu: &mut impl Npu, jobs: u64) {
    let mut random = Random::new(11);
    for _ in 0..jobs {
        requantise(npu, &[(); 32].map(|()| Case::random(&mut random)));
    }
}

#[test]
fn requantiser_equals_float32_arithmetic() {
    random_requantising(&mut Program::new(), 30_000 * stress());
    let config = NpuConfig { double_rounding: false, ..sequential_config() };
    random_requantising(&mut Program::with(config), 1_000);
    random_requantising(&mut Rtl::new(FAST, 1), 20);
}

fn random_double_rounding(npu: &mut impl Npu, jobs: u64) {
    let mut random = Random::new(12);
    for _ in 0..jobs {
        requantise(npu, &[(); 28].map(|()| Case::random_double(&mut random)));
    }
}

#[test]
fn double_rounding_equals_the_formulas() {
    random_double_rounding(&mut Program::new(), 30_000 * stress());
    random_double_rounding(&mut Rtl::new(FAST, 1), 20);
}

/// Exponents of the multiplier with sums of every length, both signs.
fn lengths(npu: &mut impl Npu, random: &mut Random, exponents: impl Iterator<Item = u32>) {
    for exponent in exponents {
        let cases: Vec<Case> = (0..32)
            .map(|length| {
                let any = random.next() as u32;
                let magnitude = (any | 1 << 31).checked_shr(32 - length).unwrap_or(0) as i32;
                let fraction = random.pick(&[0, 1, 0x7f_ffff, any & 0x7f_ffff]);
                Case {
                    accumulator: if random.chance(50) { -magnitude } else { magnitude },
                    bias: 0,
                    multiplier: random.below(2) << 31 | exponent << 23 | fraction,
                    shift: None,
                    zero_point: 3,
                    clamp_min: -128,
                    clamp_max: 127,
                }
            })
            .collect();
        requantise(npu, &cases);
    }
}

#[test]
fn every_exponent_and_length() {
    let mut random = Random::new(13);
    let mut program = Program::new();
    (0..40 * stress()).for_each(|_| lengths(&mut program, &mut random, 0..256));
    let exponents = [0, 1, 94, 95, 102, 118, 126, 133, 134, 135, 255];
    lengths(&mut Rtl::new(FAST, 1), &mut random, exponents.into_iter());
}

/// Residual adds of one scale: element i is the value of a case, and its addend entry i.
fn add(
    npu: &mut impl Npu,
    cases: &[residual_lane::Case],
    expected: impl Fn(residual_lane::Case) -> i8,
) {
    const RESIDUAL: u32 = 64;
    const TARGET: u32 = 128;
    for n in 0..4 {
        npu.set_parameter(n, 0);
        npu.set_parameter(4 + n, 1f32.to_bits());
    }
    npu.set_entry(256, cases[0].1);
    for (index, &(value, _, addend)) in (0..).zip(cases) {
        npu.set_sum(index / 4, index % 4, value.into());
        npu.set_entry(index, addend);
    }
    for row in 0..64 {
        // Element i is i - 128.
        let bytes = [0, 1, 2, 3].map(|n| (4 * row + n) as u8 ^ 0x80);
        npu.set_inner(RESIDUAL + row, word(&bytes));
    }
    let rows = cases.len() as u32 / 4;
    let word_0 = STORE | 16 | 1 << 18 | ADD;
    let places = TARGET | RESIDUAL << 16;
    let store = [word_0, places, 1, rows | 4 << 16, 0, 1, 0x7f_8000, 0];
    npu.run(store);
    for (index, &case) in (0..).zip(cases) {
        let result = npu.inner(TARGET + index / 4) >> (8 * (index % 4));
        let (value, scale, addend) = case;
        assert_eq!(result as i8, expected(case), "{value} * {scale:#x} + {addend:#x}");
    }
}

fn random_adds(npu: &mut impl Npu, jobs: u64) {
    let mut random = Random::new(14);
    for job in 0..jobs {
        let exponent = if job % 3 == 0 { random.range(1, 254) } else { random.range(112, 134) };
        let scale = residual_lane::float(&mut random, exponent as i32);
        let cases = residual_lane::cases(&mut random, scale, 256);
        add(npu, &cases, |(value, scale, addend)| residual_add(value, scale, addend));
    }
}

#[test]
fn residual_add_equals_the_fused_multiply_add() {
    random_adds(&mut Program::new(), 3_000 * stress());
    random_adds(&mut Rtl::new(FAST, 1), 5);
}

/// Exponent 0 is zero, exponent 255 a binade above the normal ones.
#[test]
fn residual_add_of_what_is_not_normal() {
    let npu = &mut Program::new();
    let words = [0, 0x7f_ffff, 0x8000_0001, 1f32.to_bits(), 0xbf80_0000, 0x7f80_0000, 0xffff_ffff];
    for scale in words {
        let cases: Vec<residual_lane::Case> = words
            .iter()
            .flat_map(|&addend| [-128, -3, 0, 127].map(|value| (value, scale, addend)))
            .collect();
        add(npu, &cases, |(value, scale, addend)| {
            let sum =
                f64::from(value) * residual_lane::number(scale) + residual_lane::number(addend);
            sum.round_ties_even().clamp(-128.0, 127.0) as i8
        });
    }
}

//! Multipliers of the requantiser, for either of its modes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use systole_compiler::{double_rounding_table, parameter_table};

use super::Target;

/// Multipliers of some channels; others take them in turn.
#[derive(Clone, Debug)]
pub(super) enum Multipliers {
    /// float32.
    Float(Vec<f32>),
    /// Integers and their shifts, with double rounding.
    Integer(Vec<(u32, i8)>),
}

impl Multipliers {
    /// Whether they are for double rounding.
    pub(super) fn double_rounding(&self) -> bool {
        matches!(self, Self::Integer(_))
    }

    /// Rows of the parameter memory that a tile takes.
    pub(super) fn tile_rows(&self) -> u16 {
        if self.double_rounding() { 9 } else { 8 }
    }

    /// The parameters of as many channels as there are biases.
    pub(super) fn table(&self, dim: u32, bias: &[i32]) -> Vec<u8> {
        match self {
            Self::Float(multipliers) => parameter_table(dim, bias, &in_turn(multipliers, bias)),
            Self::Integer(multipliers) => {
                double_rounding_table(dim, bias, &in_turn(multipliers, bias))
            }
        }
    }
}

fn in_turn<T: Copy>(multipliers: &[T], bias: &[i32]) -> Vec<T> {
    multipliers.iter().copied().cycle().take(bias.len()).collect()
}

/// 1 to `most` multipliers, of a mode that the NPU has.
pub(super) fn multipliers(target: Target, most: usize) -> BoxedStrategy<Multipliers> {
    let float = vec(multiplier(), 1..=most).prop_map(Multipliers::Float);
    if !doubly_rounds(target) {
        return float.boxed();
    }
    let integer = vec(integer_multiplier(), 1..=most).prop_map(Multipliers::Integer);
    prop_oneof![3 => float, 2 => integer].boxed()
}

/// Whether the NPU has double rounding, and room for the parameters of two tiles of it.
pub(super) fn doubly_rounds(target: Target) -> bool {
    target.double_rounding && target.npu.parameter_rows >= 32
}

/// From ordinary ones to the extremes.
pub(super) fn multiplier() -> impl Strategy<Value = f32> {
    prop_oneof![
        6 => (0x3a00_0000..0x3d00_0000u32).prop_map(f32::from_bits),
        2 => (0x3000_0000..0x4200_0000u32).prop_map(f32::from_bits),
        1 => (-12..2i32).prop_map(|e| 2f32.powi(e)),
        1 => (0x0080_0000..0x7f80_0000u32).prop_map(f32::from_bits),
        1 => select(&[0x0000_0000u32, 0x0000_0001, 0x7f80_0000, 0xbf00_0000][..])
            .prop_map(f32::from_bits),
    ]
}

/// A multiplier and a shift, from those of ordinary layers to the extremes.
pub(super) fn integer_multiplier() -> impl Strategy<Value = (u32, i8)> {
    let normal = || 1u32 << 30..1u32 << 31;
    let extreme = select(&[0, 1, 1 << 30, (1 << 31) - 1, 1 << 31, u32::MAX][..]);
    let far = select(&[-128, -33, -32, -31, -30, -1, 0, 1, 30, 31, 32, 127][..]);
    prop_oneof![
        6 => (normal(), -12..-3i8),
        2 => (normal(), -31..31i8),
        // Powers of two: ties of both roundings.
        2 => ((20..31u32).prop_map(|e| 1u32 << e), -8..2i8),
        1 => any::<(u32, i8)>(),
        1 => (extreme, prop_oneof![far, -31..31i8]),
    ]
}

/// A bias and a multiplier whose product is next to n + 1/2: rounding decides.
pub(super) fn tie() -> impl Strategy<Value = (i32, f32)> {
    prop_oneof![2 => tie_of_multiplier(), 2 => tie_of_bias(), 1 => tie_of_product()]
}

/// The same for double rounding.
pub(super) fn integer_tie() -> impl Strategy<Value = (i32, (u32, i8))> {
    prop_oneof![1 => integer_tie_of_multiplier(), 2 => integer_tie_of_bias()]
}

/// Sums of every size, and next to where their bits change.
fn sum() -> impl Strategy<Value = i32> {
    let edge = (0..32u32, -2..=2i64, any::<bool>()).prop_map(|(bit, offset, negative)| {
        let magnitude = (1i64 << bit) + offset;
        let sum = if negative { -magnitude } else { magnitude };
        sum.clamp(i32::MIN.into(), i32::MAX.into()) as i32
    });
    let any_size = (any::<i32>(), 0..31u32).prop_map(|(bits, less)| bits >> less);
    prop_oneof![2 => edge, 2 => any_size, 1 => select(&[i32::MIN, i32::MAX][..])]
}

/// A tie of any sum: the multiplier follows, within a few units of its last place.
fn tie_of_bias() -> impl Strategy<Value = (i32, f32)> {
    (sum(), -130..130i32, -2..=2i32).prop_map(|(sum, n, offset)| {
        let exact = ((f64::from(n) + 0.5) / f64::from(sum).abs().max(1.0)) as f32;
        (sum, f32::from_bits(exact.to_bits().wrapping_add_signed(offset)))
    })
}

/// A product that lies in the middle between two float32 numbers, one of which is n + 1/2.
fn tie_of_product() -> impl Strategy<Value = (i32, f32)> {
    let factor = prop_oneof![Just(3u32), (1..64u32).prop_map(|half| 2 * half + 1)];
    (1..127u32, any::<bool>(), factor, 0..20u32, any::<bool>()).prop_map(
        |(n, above, first, shift, negative)| {
            // One bit more than float32 has, the last one set.
            let fraction_bits = 24 - n.ilog2();
            let half = (2 * n + 1) << (fraction_bits - 1);
            let product = if above { half + 1 } else { half - 1 };
            let divides = |factor: &u32| product.is_multiple_of(*factor);
            let factor = (first..512).step_by(2).find(divides).unwrap_or(1);
            let scale = (-f64::from(fraction_bits + shift)).exp2();
            let multiplier = f64::from(product / factor) * scale;
            let sum = (factor << shift) as i32;
            (if negative { -sum } else { sum }, multiplier as f32)
        },
    )
}

/// A tie of any sum and any shift.
fn integer_tie_of_bias() -> impl Strategy<Value = (i32, (u32, i8))> {
    let shift = prop_oneof![8 => -31..31i8, 1 => any::<i8>()];
    (sum(), shift, 0..130i32, -2..=2i64).prop_map(|(sum, shift, n, offset)| {
        let shifted = (f64::from(sum).abs() * f64::from(shift.max(0)).exp2()).min(2f64.powi(31));
        let exact = (f64::from(n) + 0.5) * f64::from(31 - i32::from(shift.min(0))).exp2();
        let multiplier = (exact / shifted.max(1.0)) as i64;
        (sum, (multiplier.saturating_add(offset).clamp(0, (1 << 31) - 1) as u32, shift))
    })
}

fn tie_of_multiplier() -> impl Strategy<Value = (i32, f32)> {
    // From multipliers that leave the accumulator within 24 bits to those that need 31.
    let multiplier = (0x3480_0000..0x3a00_0000u32).prop_map(f32::from_bits);
    (multiplier, -120..120i32, -8..=8i32).prop_map(|(multiplier, n, offset)| {
        (next_to_tie(n, f64::from(multiplier), offset), multiplier)
    })
}

fn integer_tie_of_multiplier() -> impl Strategy<Value = (i32, (u32, i8))> {
    let power = (20..31u32).prop_map(|e| 1u32 << e);
    let multiplier = prop_oneof![2 => 1u32 << 30..1u32 << 31, 1 => power];
    (multiplier, -22..8i8, -120..120i32, -8..=8i32).prop_map(|(multiplier, shift, n, offset)| {
        let scale = f64::from(multiplier) * f64::from(i32::from(shift) - 31).exp2();
        (next_to_tie(n, scale, offset), (multiplier, shift))
    })
}

fn next_to_tie(n: i32, scale: f64, offset: i32) -> i32 {
    let exact = (f64::from(n) + 0.5) / scale;
    (exact.round() as i32).saturating_add(offset)
}

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
    // From multipliers that leave the accumulator within 24 bits to those that need 31.
    let multiplier = (0x3480_0000..0x3a00_0000u32).prop_map(f32::from_bits);
    (multiplier, -120..120i32, -8..=8i32).prop_map(|(multiplier, n, offset)| {
        (next_to_tie(n, f64::from(multiplier), offset), multiplier)
    })
}

/// The same for double rounding.
pub(super) fn integer_tie() -> impl Strategy<Value = (i32, (u32, i8))> {
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

//! Requantisation in IEEE 754 single precision (the native float of the machine, not the integer
//! algorithm of the hardware), and with gemmlowp's two roundings.

use super::double_rounding::multiply;

/// The parameters of one output channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requantiser {
    /// Added to the accumulator, wrapping.
    pub bias: i32,
    /// Applied to the biased accumulator.
    pub multiplier: Multiplier,
    /// Added after rounding.
    pub zero_point: i8,
    /// Lower clamp.
    pub clamp_min: i8,
    /// Upper clamp; wins when it is below the lower one.
    pub clamp_max: i8,
}

/// What the accumulator is multiplied by, and how the product is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Multiplier {
    /// Bits of a float32: convert, multiply and round, each to nearest with ties to even.
    Float(u32),
    /// `multiplier * 2^(shift - 31)`, with double rounding.
    Integer {
        /// Not negative.
        multiplier: i32,
        /// To the left.
        shift: i8,
    },
}

/// int32 to int8.
pub fn requantise(accumulator: i32, r: &Requantiser) -> i8 {
    let acc = accumulator.wrapping_add(r.bias);
    // i128 stands for unbounded integers: an infinite product saturates far outside int8.
    let y = match r.multiplier {
        Multiplier::Float(bits) => product(acc, bits).round_ties_even() as i128,
        Multiplier::Integer { multiplier, shift } => multiply(acc, multiplier, shift).into(),
    };
    let y = y.saturating_add(i128::from(r.zero_point));
    y.max(i128::from(r.clamp_min)).min(i128::from(r.clamp_max)) as i8
}

/// `fp32(acc) * multiplier`. A biased exponent of 0 gives 0 (no subnormals); exponent 255 is one
/// more normal binade, in which any acc other than 0 saturates.
fn product(acc: i32, multiplier: u32) -> f32 {
    let exponent = multiplier >> 23 & 0xff;
    if acc == 0 || exponent == 0 {
        return 0.0;
    }
    let negative = multiplier >> 31 == 1;
    match exponent {
        255 if negative != (acc < 0) => f32::NEG_INFINITY,
        255 => f32::INFINITY,
        _ => acc as f32 * f32::from_bits(multiplier),
    }
}

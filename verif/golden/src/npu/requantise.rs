//! Requantisation in IEEE 754 single precision: the native float of the machine, not the integer
//! algorithm of the hardware.

/// The parameters of one output channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requantiser {
    /// Added to the accumulator, wrapping.
    pub bias: i32,
    /// Bits of a float32.
    pub multiplier: u32,
    /// Added after rounding.
    pub zero_point: i8,
    /// Lower clamp.
    pub clamp_min: i8,
    /// Upper clamp; wins when it is below the lower one.
    pub clamp_max: i8,
}

/// int32 to int8: convert, multiply and round, each to nearest with ties to even.
pub fn requantise(accumulator: i32, r: &Requantiser) -> i8 {
    let acc = accumulator.wrapping_add(r.bias);
    let v = product(acc, r.multiplier);
    // i128 stands for unbounded integers: an infinite product saturates far outside int8.
    let y = v.round_ties_even() as i128;
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

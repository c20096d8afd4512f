//! Residual add in IEEE 754 single precision: the native fused multiply-add of the machine.

/// `a * factor + term`, rounded once to float32, then to int8, each to nearest with ties to even.
/// `factor` and `term` are bits of float32; a biased exponent of 0 counts as 0, and 255 as one more
/// normal binade.
pub fn residual_add(a: i8, factor: u32, term: u32) -> i8 {
    let v = if exponent(factor) == 255 || exponent(term) == 255 {
        // The sum is `term` (a = 0), or 0 in an exact cancellation, or far outside int8: the
        // rounding of f64 changes none of this.
        (f64::from(a) * extended(factor) + extended(term)) as f32
    } else {
        f32::from(a).mul_add(normal(factor), normal(term))
    };
    v.round_ties_even().clamp(-128.0, 127.0) as i8
}

fn exponent(bits: u32) -> u32 {
    bits >> 23 & 0xff
}

fn normal(bits: u32) -> f32 {
    if exponent(bits) == 0 { 0.0 } else { f32::from_bits(bits) }
}

fn extended(bits: u32) -> f64 {
    if exponent(bits) != 255 {
        return f64::from(normal(bits));
    }
    let one_binade_below = f32::from_bits(bits - (1 << 23));
    2.0 * f64::from(one_binade_below)
}

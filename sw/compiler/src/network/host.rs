//! What is done outside the NPU at the ends of a network.

/// Real numbers to int8: `round_half_even(clamp(x / scale)) + zero_point`; NaN gives -128.
pub fn quantise(x: &[f32], scale: f32, zero_point: i8) -> Vec<i8> {
    let zero = f32::from(zero_point);
    let one = |&x: &f32| {
        let steps = x / scale;
        if steps.is_nan() {
            return i8::MIN;
        }
        (steps.clamp(-128.0 - zero, 127.0 - zero).round_ties_even() + zero) as i8
    };
    x.iter().map(one).collect()
}

/// int8 to real numbers: `fp32(q - zero_point) * scale`.
pub fn dequantise(q: &[i8], scale: f32, zero_point: i8) -> Vec<f32> {
    q.iter().map(|&q| f32::from(i16::from(q) - i16::from(zero_point)) * scale).collect()
}

/// A softmax's term of a number that is `distance` below the largest: `exp(-distance * scale)`.
pub fn softmax_power(distance: u8, scale: f32) -> f64 {
    (-f64::from(distance) * f64::from(scale)).exp()
}

/// Softmax of `q * scale` in steps of 1/256 from -128 on: the real softmax, rounded once.
pub fn softmax(q: &[i8], scale: f32) -> Vec<i8> {
    let Some(max) = q.iter().copied().max() else { return Vec::new() };
    let power = |q: i8| softmax_power(max.abs_diff(q), scale);
    let sum: f64 = q.iter().copied().map(power).sum();
    let one = |&q: &i8| ((power(q) / sum * 256.0).round_ties_even() - 128.0).min(127.0) as i8;
    q.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{dequantise, quantise, softmax};

    #[test]
    fn quantisation_rounds_half_to_even_and_saturates() {
        let x = [0.0, 0.25, 0.75, 1e9, -1e9, f32::NAN, 0.5];
        assert_eq!(quantise(&x, 0.5, 3), [3, 3, 5, 127, -128, -128, 4]);
        assert_eq!(dequantise(&[3, 5, -128], 0.5, 3), [0.0, 1.0, -65.5]);
    }

    #[test]
    fn softmax_sums_to_one_and_saturates() {
        assert_eq!(softmax(&[1, 1, 1, 1], 0.1), [-64; 4]);
        assert_eq!(softmax(&[127, -128], 1.0), [127, -128]);
        assert!(softmax(&[], 1.0).is_empty());
    }
}

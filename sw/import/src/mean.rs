//! Whether the NPU's mean, of integers, is that of a ReduceMean between DequantizeLinear and
//! QuantizeLinear, which ONNX Runtime computes in float32 and does not fuse.
//!
//! The sum of the codes is an integer, and there are few: for each of them the float sum is bounded
//! by what its roundings can add up to, and all float sums within the bounds have to give the
//! integer's code. Sums close to a tie do not, most often where both scales are the same.

use systole_compiler::network::{Requantise, quantise};

use crate::requantise::NOT_NORMAL;
use crate::value::Quantisation;

/// Half of the last place of a float32 is at most this part of the number.
const HALF_PLACE: f64 = 1.0 / 16_777_216.0;

/// More pixels than a plan takes.
const MAX_PIXELS: u32 = 0xffff;

/// A mean over the pixels of a map.
pub struct Mean {
    /// Of the map.
    pub input: Quantisation,
    /// Of the mean.
    pub output: Quantisation,
    /// Pixels.
    pub pixels: u32,
    /// The pixels of a channel lie one behind the other.
    pub channels_first: bool,
}

impl Mean {
    /// `fp32(sx / fp32(sy * fp32(pixels)))`, by which the sum is multiplied.
    pub fn multiplier(&self) -> f32 {
        self.input.scale / (self.output.scale * self.pixels as f32)
    }

    /// What becomes of the sums of codes.
    pub fn requantise(&self) -> Result<Requantise, &'static str> {
        let multiplier = self.multiplier();
        if !multiplier.is_normal() {
            return Err(NOT_NORMAL);
        }
        Ok(Requantise {
            bias: vec![-(i32::from(self.input.zero_point) * self.pixels as i32)],
            multiplier: vec![multiplier],
            zero_point: self.output.zero_point,
            clamp_min: i8::MIN,
            clamp_max: i8::MAX,
        })
    }

    /// Whether integers give the same code for all maps.
    pub fn is_exact(&self) -> bool {
        self.is_exact_by(&[Self::float_code])
    }

    /// Whether they do so, too, where ONNX Runtime fuses an average with its quantisations: it then
    /// rounds `mean / scale + zero point`, a float32 sum. (Its models are also run without.)
    pub fn is_exact_fused(&self) -> bool {
        self.is_exact_by(&[Self::float_code, Self::fused_code])
    }

    fn is_exact_by(&self, codes: &[fn(&Self, f32) -> i8]) -> bool {
        if self.pixels > MAX_PIXELS {
            return false;
        }
        let pixels = i64::from(self.pixels);
        let zero = i64::from(self.input.zero_point);
        let (low, high) = (-128 - zero, 127 - zero);
        let scale = f64::from(self.input.scale);
        let of_product =
            (low..=high).map(|x| relative_error(x, self.input.scale)).fold(0.0, f64::max);
        let additions = self.additions();
        (low * pixels..=high * pixels).all(|sum| {
            // All terms have the sum's sign, or they may be larger than it.
            let terms = if low >= 0 || high <= 0 { sum.abs() } else { pixels * high.max(-low) };
            let terms = terms as f64 * scale * (1.0 + 1e-6);
            let of_sum: f64 = additions
                .iter()
                .map(|&(count, rounds)| f64::from(rounds) * powers(terms, count))
                .sum();
            let error = terms * of_product + of_sum * HALF_PLACE;
            let real = sum as f64 * scale;
            let code = self.code(sum);
            [
                within(real - error, f32::next_up, |x, b| x < b),
                within(real + error, f32::next_down, |x, b| x > b),
            ]
            .into_iter()
            .all(|float_sum| codes.iter().all(|float_code| float_code(self, float_sum) == code))
        })
    }

    /// How many rounds of additions there are, by how many partial sums come out of each: two
    /// running sums of four lanes, these two, then the lanes. Where the order is not known, one
    /// addition after the other.
    fn additions(&self) -> Vec<(u32, u32)> {
        if !self.channels_first || !self.pixels.is_multiple_of(4) {
            return vec![(u32::MAX, self.pixels - 1)];
        }
        let chunks = self.pixels / 4;
        let (running, last) = (chunks / 2, chunks % 2);
        let of_running = if running > 0 { [(8, running - 1), (4, 1 + last)] } else { [(4, 0); 2] };
        of_running.into_iter().chain([(2, 1), (1, 1)]).collect()
    }

    fn code(&self, sum: i64) -> i8 {
        let steps = (sum as f32 * self.multiplier()).round_ties_even();
        (f64::from(steps) + f64::from(self.output.zero_point)).clamp(-128.0, 127.0) as i8
    }

    fn float_code(&self, sum: f32) -> i8 {
        let mean = sum / self.pixels as f32;
        quantise(&[mean], self.output.scale, self.output.zero_point)[0]
    }

    fn fused_code(&self, sum: f32) -> i8 {
        let steps = sum / self.pixels as f32 / self.output.scale;
        // The zero point is that of the model's type.
        let offset = if self.output.unsigned { 128.0 } else { 0.0 };
        let code = (steps + (f32::from(self.output.zero_point) + offset)).round_ties_even();
        (code - offset).clamp(-128.0, 127.0) as i8
    }
}

/// The float32 closest to `bound` that is not beyond it.
fn within(bound: f64, inwards: fn(f32) -> f32, beyond: fn(f64, f64) -> bool) -> f32 {
    let near = bound as f32;
    if beyond(f64::from(near), bound) { inwards(near) } else { near }
}

/// How far `x * scale` is from what float32 has of it, as a part of it.
fn relative_error(x: i64, scale: f32) -> f64 {
    let real = x as f64 * f64::from(scale);
    if x == 0 { 0.0 } else { ((f64::from(x as f32 * scale) - real) / real).abs() }
}

/// The most that `count` numbers which add up to `total` are when each is cut to a power of two:
/// the last place of each is that far below.
fn powers(total: f64, count: u32) -> f64 {
    let mut left = total;
    for _ in 0..count.min(f64::MANTISSA_DIGITS) {
        // Without the mantissa: the largest power of two that is not larger.
        left -= f64::from_bits(left.to_bits() & 0xfff0_0000_0000_0000);
    }
    total - left
}

#[cfg(test)]
mod tests {
    use super::{Mean, powers};
    use crate::value::Quantisation;

    fn mean(input: (f32, i8), output: (f32, i8), pixels: u32) -> Mean {
        let of = |(scale, zero_point)| Quantisation { scale, zero_point, unsigned: true };
        Mean { input: of(input), output: of(output), pixels, channels_first: true }
    }

    #[test]
    fn powers_are_the_first_bits() {
        assert_eq!(powers(95.5, 1), 64.0);
        assert_eq!(powers(95.5, 2), 80.0);
        assert_eq!(powers(95.5, u32::MAX), 95.5);
        assert_eq!(powers(0.0, 8), 0.0);
    }

    #[test]
    fn ties_are_not_exact_unless_no_float_is_rounded() {
        // Half of a step is a sum of 8: the float sums lie on either side of it.
        assert!(!mean((0.042_030_115, -128), (0.042_030_115, -128), 16).is_exact());
        // The digits network's scales.
        assert!(mean((0.065_260_01, -128), (0.024_862_578, -128), 16).is_exact());
    }

    /// The bounds hold for random maps, summed in ONNX Runtime's order.
    #[test]
    fn what_is_called_exact_is_exact() {
        use systole_compiler::network::{Shape, TailStep, tail};
        let mean = mean((0.065_260_01, -128), (0.024_862_578, -128), 16);
        let steps =
            [TailStep::Dequantise { scale: mean.input.scale, zero_point: -128 }, TailStep::Mean];
        let mut random = 1u32;
        for _ in 0..20_000 {
            let codes: Vec<i8> = (0..16)
                .map(|_| {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (random >> 24) as i8
                })
                .collect();
            let shape = Shape { height: 4, width: 4, channels: 1 };
            let sum: i64 = codes.iter().map(|&q| i64::from(q) + 128).sum();
            let float = tail(&steps, shape, &codes)[0] * 16.0;
            assert_eq!(mean.float_code(float), mean.code(sum), "{codes:?}");
        }
    }
}

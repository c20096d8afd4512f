//! The end of a network that the model leaves in real numbers, computed by the caller.
//!
//! A float sum depends on the order of its terms. These are the orders of ONNX Runtime on x86-64
//! (checked with 1.32): four lanes for a mean, eight for a product of one row. Other machines may
//! differ from it in last bits, as ONNX Runtime there does from itself here.

use super::{Shape, dequantise, quantise};

/// A step from int8 codes to real numbers.
#[derive(Clone, PartialEq, Debug)]
pub enum TailStep {
    /// Codes become real numbers: the first step.
    Dequantise {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
    /// The mean over the pixels of a map, which are a multiple of four.
    Mean,
    /// To the nearest step, within int8.
    Round {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
    /// A product of the vector with a matrix, and a bias.
    Product {
        /// `[out][in]`.
        weights: Vec<f32>,
        /// One for each output.
        bias: Vec<f32>,
    },
}

/// Lanes of a mean's sums.
const MEAN_LANES: usize = 4;
/// Lanes of a product's sums.
const PRODUCT_LANES: usize = 8;

/// The real numbers that `steps` make of a network's int8 output of `shape`, NHWC.
pub fn tail(steps: &[TailStep], shape: Shape, codes: &[i8]) -> Vec<f32> {
    let mut values = Vec::new();
    for step in steps {
        values = match step {
            TailStep::Dequantise { scale, zero_point } => dequantise(codes, *scale, *zero_point),
            TailStep::Mean => means(&values, shape),
            TailStep::Round { scale, zero_point } => {
                dequantise(&quantise(&values, *scale, *zero_point), *scale, *zero_point)
            }
            TailStep::Product { weights, bias } => product(&values, weights, bias),
        };
    }
    values
}

fn means(values: &[f32], shape: Shape) -> Vec<f32> {
    let (channels, pixels) = (shape.channels as usize, shape.pixels() as usize);
    let of_channel = |c: usize| {
        let map: Vec<f32> = values.iter().skip(c).step_by(channels).copied().collect();
        let (lanes, _) = map.as_chunks::<MEAN_LANES>();
        mean_sum(lanes) / pixels as f32
    };
    (0..channels).map(of_channel).collect()
}

/// Lane by lane, chunks 0, 2, 4... and 1, 3, 5... to a sum each; these, and what is left over, to
/// one; then lanes 0 and 2, 1 and 3, and both.
fn mean_sum(chunks: &[[f32; MEAN_LANES]]) -> f32 {
    let add = |a: [f32; MEAN_LANES], b: &[f32; MEAN_LANES]| [0, 1, 2, 3].map(|i| a[i] + b[i]);
    let (pairs, odd) = chunks.as_chunks::<2>();
    let Some((first, rest)) = pairs.split_first() else {
        return odd.first().map_or(0.0, |&lanes| across(lanes));
    };
    let sums =
        rest.iter().fold(*first, |sums, pair| [add(sums[0], &pair[0]), add(sums[1], &pair[1])]);
    across(odd.iter().fold(add(sums[0], &sums[1]), add))
}

fn across(lanes: [f32; MEAN_LANES]) -> f32 {
    (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
}

/// Products of eight inputs at a time go to eight sums for each output. In which order these are
/// added up depends on whether the output is computed with three others, with one, or alone.
fn product(x: &[f32], weights: &[f32], bias: &[f32]) -> Vec<f32> {
    let outputs = bias.len();
    let of_output = |n: usize| {
        let mut sums = [0f32; PRODUCT_LANES];
        for (i, (x, w)) in x.iter().zip(&weights[n * x.len()..]).enumerate() {
            sums[i % PRODUCT_LANES] += x * w;
        }
        let [a, b, c, d, e, f, g, h] = sums;
        // Outputs from the start of its block of four on.
        let left = outputs - n / 4 * 4;
        let sum = if left >= 4 {
            (((a + b) + c) + d) + (((e + f) + g) + h)
        } else if left >= 2 && n % 4 < 2 {
            ((a + c) + (e + g)) + ((b + d) + (f + h))
        } else {
            ((a + b) + (c + d)) + ((e + f) + (g + h))
        };
        sum + bias[n]
    };
    (0..outputs).map(of_output).collect()
}

#[cfg(test)]
mod tests {
    use super::{TailStep, tail};
    use crate::network::Shape;

    #[test]
    fn a_mean_is_rounded_and_multiplied() {
        let shape = Shape { height: 2, width: 2, channels: 2 };
        let steps = [
            TailStep::Dequantise { scale: 0.5, zero_point: 1 },
            TailStep::Mean,
            TailStep::Round { scale: 0.5, zero_point: 0 },
            TailStep::Product { weights: vec![1.0, 2.0, -4.0, 0.5], bias: vec![0.25, 0.0] },
        ];
        // Sums of 0.5 * (1 + 3 + 5 + 8) and 0.5 * (-1 - 1 - 1 + 0); means 2.125 and -0.375.
        let codes = [2, 0, 4, 0, 6, 0, 9, 1];
        assert_eq!(tail(&steps[..2], shape, &codes), [2.125, -0.375]);
        assert_eq!(tail(&steps[..3], shape, &codes), [2.0, -0.5]);
        assert_eq!(tail(&steps, shape, &codes), [1.25, -8.25]);
    }

    /// 2^24 swallows a 1 that is added to it, so the sums tell the orders apart.
    #[test]
    fn sums_have_the_order_of_the_lanes() {
        let large = 16_777_216.0;
        let ones = |x: [f32; 8]| super::product(&x, &[1.0; 8 * 7], &[0.0; 7]);
        // Four outputs, two, and one.
        let sums = |four: f32, two: f32, one: f32| [four, four, four, four, two, two, one];
        let expected = sums(large, large, large + 2.0);
        assert_eq!(ones([large, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]), expected);
        let expected = sums(large, large + 2.0, large);
        assert_eq!(ones([1.0, large, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]), expected);
        let expected = sums(large + 2.0, large, large + 2.0);
        assert_eq!(ones([1.0, 1.0, large, 0.0, 0.0, 0.0, 0.0, 0.0]), expected);
        // Lane 0 of chunks 0 and 2 come together, then that of chunks 1 and 3.
        let chunks = |x: [f32; 4]| x.map(|x| [x, 0.0, 0.0, 0.0]);
        assert_eq!(super::mean_sum(&chunks([large, 1.0, 0.0, 1.0])), large + 2.0);
        assert_eq!(super::mean_sum(&chunks([large, 1.0, 1.0, 0.0])), large);
    }
}

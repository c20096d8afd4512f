//! How a layer with weights rounds, whatever format the model has.

use systole_compiler::network::Requantise;

use crate::value::Quantisation;

/// More weights of all layers than this, once groups are spread out, are refused.
const MAX_WEIGHTS: usize = 1 << 26;

/// Why scales cannot be used.
pub const NOT_NORMAL: &str = "the quotient of its scales is not a normal number";

/// Counts the weights of a network before they are made: a small file can have many layers with
/// the same large constant.
#[derive(Default)]
pub struct WeightBudget(usize);

impl WeightBudget {
    /// Takes the product of `factors`.
    pub fn take(&mut self, factors: &[usize]) -> Result<(), String> {
        let count = factors.iter().try_fold(1usize, |n, &factor| n.checked_mul(factor));
        let count = count.and_then(|count| self.0.checked_add(count));
        self.0 = count.filter(|&count| count <= MAX_WEIGHTS).ok_or_else(|| {
            format!("with it, more than {MAX_WEIGHTS} weights are too many for one network")
        })?;
        Ok(())
    }
}

/// Folds what the input's zero point contributes into the bias, and makes the multipliers
/// `fp32(fp32(input * weight) / output)`. `weights` are those of one output after the other, less
/// their zero points; there is one bias for each output.
pub fn requantise(
    mut bias: Vec<i32>,
    weights: &[i16],
    weight_scales: &[f32],
    (input, output): (Quantisation, Quantisation),
) -> Result<Requantise, &'static str> {
    let outputs = bias.len();
    for (bias, weights) in bias.iter_mut().zip(weights.chunks_exact(weights.len() / outputs)) {
        let sum = weights.iter().fold(0i32, |sum, &w| sum.wrapping_add(w.into()));
        *bias = bias.wrapping_sub(sum.wrapping_mul(input.zero_point.into()));
    }
    let of = |weight: &f32| input.scale * weight / output.scale;
    let multiplier: Vec<f32> = match weight_scales {
        [one] => vec![of(one); outputs],
        each if each.len() == outputs => each.iter().map(of).collect(),
        _ => return Err("weight scales are neither one nor one for each output"),
    };
    if !multiplier.iter().all(|m| m.is_normal()) {
        return Err(NOT_NORMAL);
    }
    Ok(Requantise {
        bias,
        multiplier,
        zero_point: output.zero_point,
        clamp_min: i8::MIN,
        clamp_max: i8::MAX,
    })
}

//! Weights and biases of a layer, and their scales.

use super::operator::Operator;
use super::tensor::{Tensor, element};
use crate::ImportError;
use crate::value::Quantisation;

/// How far the scale of a bias may be from that of the sums, as a part of it: what float32 makes of
/// the product of two scales.
const BIAS_SCALE_TOLERANCE: f64 = 1e-6;

/// int8 weights.
pub fn bytes<'a>(operator: &Operator<'a>, tensor: &Tensor<'a>) -> Result<&'a [u8], ImportError> {
    if tensor.element != element::INT8 {
        let name = element::name(tensor.element);
        return Err(operator.error(format!("its weights are {name}, only INT8 is supported")));
    }
    operator.constant(tensor)
}

/// One scale, or one for each output.
pub fn scales(
    operator: &Operator,
    tensor: &Tensor,
    outputs: usize,
    dimension: i32,
) -> Result<Vec<f32>, ImportError> {
    let count = tensor.scales.len();
    if count != 1 && (count != outputs || tensor.scale_dimension != dimension) {
        return Err(operator.error(format!(
            "its weights have {count} scales along dimension {}, neither one nor one for each of \
             {outputs} outputs",
            tensor.scale_dimension
        )));
    }
    if !has_no_zero_point(tensor) {
        return Err(operator.error("zero points of weights other than 0 are not supported"));
    }
    tensor.scales.iter().map(|&scale| tensor.scale(scale)).collect()
}

/// Whether 0 stands for 0, and there are not more zero points than scales.
fn has_no_zero_point(tensor: &Tensor) -> bool {
    let zeros = tensor.zero_points;
    zeros.len() <= tensor.scales.len() && zeros.iter().all(|&zero| zero == [0; 8])
}

/// int32 in steps of the sums, or zeros.
pub fn biases(
    operator: &Operator,
    outputs: usize,
    (input, weights): (Quantisation, &[f32]),
) -> Result<Vec<i32>, ImportError> {
    let Some(tensor) = operator.optional_input(2)? else { return Ok(vec![0; outputs]) };
    let (words, _) = operator.constant(&tensor)?.as_chunks();
    if tensor.element != element::INT32 || words.len() != outputs {
        return Err(operator.error("its bias has to be one int32 for each output"));
    }
    let fits = |n: usize| {
        let of = |len: usize| if len == 1 { 0 } else { n };
        let wanted = f64::from(input.scale * weights[of(weights.len())]);
        let given = tensor.scales.get(of(tensor.scales.len()));
        given.is_some_and(|&given| {
            (f64::from(f32::from_le_bytes(given)) - wanted).abs() <= wanted * BIAS_SCALE_TOLERANCE
        })
    };
    // Some converters leave the scale of a bias out.
    let good = tensor.scales.is_empty() || has_no_zero_point(&tensor) && (0..outputs).all(fits);
    if !good {
        return Err(operator.error(
            "the scale of its bias is not that of input times weights, or it has a zero point",
        ));
    }
    Ok(words.iter().map(|&word| i32::from_le_bytes(word)).collect())
}

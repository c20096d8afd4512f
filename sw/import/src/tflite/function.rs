//! Functions of one number: a table of the 256 codes, as ONNX Runtime computes it of the same model
//! in ONNX. TensorFlow Lite's own kernels round some of them in fixed point.

use systole_compiler::network::{Operation, Table};

use super::graph::Reader;
use super::operator::Operator;
use super::value::{Content, Value};
use crate::ImportError;
use crate::function::{Function, bounds, hard, leaky, logistic};

/// `LeakyReluOptions` in `BuiltinOptions`.
const LEAKY_RELU: u8 = 75;

/// RELU, RELU6 and RELU_N1_TO_1 as operators of their own.
pub fn clamp(
    reader: &mut Reader,
    operator: &Operator,
    (low, high): (f32, f32),
) -> Result<(), ImportError> {
    function(reader, operator, |codes| codes.then(|x| x.max(low).min(high)))
}

/// LEAKY_RELU.
pub fn leaky_relu(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let alpha = operator.options(LEAKY_RELU)?.f32(0)?;
    function(reader, operator, |codes| codes.then(leaky(alpha)))
}

/// HARD_SWISH.
pub fn hard_swish(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let hard = hard(1.0 / 6.0, 0.5);
    function(reader, operator, |codes| codes.then(|x| x * hard(x)))
}

/// ABS.
pub fn abs(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    function(reader, operator, |codes| codes.then(f32::abs))
}

/// LOGISTIC.
pub fn sigmoid(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    function(reader, operator, |codes| codes.near(logistic))
}

/// TANH.
pub fn tanh(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    function(reader, operator, |codes| codes.near(f64::tanh))
}

/// QUANTIZE of int8 to another scale.
pub fn requantise(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    function(reader, operator, Function::clone)
}

fn function(
    reader: &mut Reader,
    operator: &Operator,
    f: impl FnOnce(&Function) -> Function,
) -> Result<(), ImportError> {
    let (value, input) = reader.map(operator, 0)?;
    let output = operator.output_quantisation()?;
    let table = f(&Function::dequantised(input)).quantised(output).map_err(|code| {
        operator.error(format!(
            "the result for code {code} is so near a tie that an approximation decides"
        ))
    })?;
    match bounds(&table) {
        Some((i8::MIN, i8::MAX)) => {
            reader.bind(operator, Value { content: Content::Quantised(output), ..value })
        }
        _ => {
            let layer = (Operation::Table(Table(table)), output);
            reader.add_layer(operator, value.tensor, value.shape, layer)
        }
    }
}

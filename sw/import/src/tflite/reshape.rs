//! What computes nothing: RESHAPE, and QUANTIZE and DEQUANTIZE at the ends.

use systole_compiler::network::{Input, Shape};

use super::function;
use super::graph::Reader;
use super::operator::Operator;
use super::tensor::element;
use super::value::{Content, Value};
use crate::ImportError;
use crate::value::Quantisation;

/// RESHAPE: the elements keep their order, so that only who asks for a map has to look.
pub fn reshape(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    reader.settle(operator, 0)?;
    let value = reader.value(operator, 0)?;
    let output = operator.output()?;
    let shape = output.map()?;
    if shape.len() != value.shape.len() {
        let (from, to) = (value.shape.len(), shape.len());
        return Err(operator.error(format!("makes {to} elements of {from}")));
    }
    let same = match value.content {
        Content::Quantised(q) => operator.output_quantisation()? == q,
        Content::UnsignedInput(q) | Content::Softmax { quantisation: q, .. } => {
            output.quantisation()? == q
        }
        // An unsigned end has no scale any more; real numbers have none.
        Content::Unsigned => output.element == element::UINT8,
        _ => output.element == element::FLOAT32,
    };
    if !same {
        return Err(operator.error("input and output differ in type, scale or zero point"));
    }
    // The input's bytes are the caller's: it can have the shape that the first layer asks for.
    if reader.is_fresh_input(value) {
        reader.reshape_input(shape);
    }
    reader.bind(operator, Value { shape, ..value })
}

/// A map with pads around it.
pub fn padded(shape: Shape, pads: [u32; 4]) -> Shape {
    let height = shape.height + pads[0] + pads[2];
    Shape { height, width: shape.width + pads[1] + pads[3], ..shape }
}

/// QUANTIZE of the model's input, or to uint8 for its output.
pub fn quantize(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    reader.settle(operator, 0)?;
    let value = reader.value(operator, 0)?;
    let target = operator.output()?.quantisation()?;
    let content = match value.content {
        Content::RealInput if !target.unsigned => {
            let Quantisation { scale, zero_point, .. } = target;
            reader.prepare(operator, Input::Real { scale, zero_point })?;
            Content::Quantised(target)
        }
        Content::UnsignedInput(q) if same_step(q, target) && !target.unsigned => {
            reader.prepare(operator, Input::Unsigned)?;
            Content::Quantised(target)
        }
        Content::Quantised(q) if same_step(q, target) => match target.unsigned {
            true => Content::Unsigned,
            false => Content::Quantised(target),
        },
        Content::Softmax { scale, quantisation } if same_step(quantisation, target) => {
            Content::Softmax { scale, quantisation: target }
        }
        Content::Quantised(_) if !target.unsigned => return function::requantise(reader, operator),
        _ => {
            return Err(operator.error(
                "is supported of the model's input, of int8, and between int8 and uint8 of one scale at the \
                 ends",
            ));
        }
    };
    reader.bind(operator, Value { content, ..value })
}

/// Whether two quantisations differ in the type alone.
fn same_step(a: Quantisation, b: Quantisation) -> bool {
    (a.scale, a.zero_point) == (b.scale, b.zero_point)
}

/// DEQUANTIZE of the model's output.
pub fn dequantize(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    reader.settle(operator, 0)?;
    let value = reader.value(operator, 0)?;
    match value.content {
        Content::Quantised(q) if operator.output()?.element == element::FLOAT32 => {
            reader.bind(operator, Value { content: Content::Real(q), ..value })
        }
        Content::Softmax { .. } => Err(operator.error(
            "of a softmax is not supported: convert the model with an int8 or uint8 output, whose \
             steps are 1/256",
        )),
        _ => Err(operator.error("is supported from int8 to float32 for the output alone")),
    }
}

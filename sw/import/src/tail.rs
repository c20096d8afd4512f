//! Where a model ends in float operators that integers do not repeat to the bit: the caller
//! computes them from the network's int8 output.

use systole_compiler::network::TailStep;

use crate::ImportError;
use crate::constant::{Constant, Data};
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Quantisation, Value};

/// As many multiplications as ONNX Runtime's product leaves to one thread: with more the order of
/// the sums would depend on the number of threads.
const MAX_MULTIPLICATIONS: usize = 1 << 16;

/// A Gemm that is not quantised.
pub fn product(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let one = |name: &str| node.float(name, 1.0) == 1.0;
    if !one("alpha") || !one("beta") || node.int("transA", 0) != 0 || node.int("transB", 0) != 1 {
        return Err(node.error("without QuantizeLinear alpha, beta and transB have to be 1"));
    }
    let &Constant { ref dims, data: Data::Float(ref weights) } = node.constant(1)? else {
        return Err(node.error("its weights have to be float"));
    };
    let &[outputs, inputs] = dims.as_slice() else {
        return Err(node.error("its weights have to be a matrix"));
    };
    let x = reader.value(node, 0)?;
    let shape = reader.value_shape(x);
    if !x.order.is_flat() || shape.pixels() > 1 {
        return Err(node.error("its first operand has to be a vector"));
    }
    if inputs != shape.len() || outputs == 0 {
        return Err(node.error(format!("has {inputs} weights for {} inputs", shape.len())));
    }
    if inputs * outputs >= MAX_MULTIPLICATIONS {
        return Err(node.error("without QuantizeLinear it is too large"));
    }
    let bias = if node.input(2).is_empty() {
        vec![0.0; outputs]
    } else {
        match &node.constant(2)?.data {
            Data::Float(bias) if bias.len() == outputs => bias.clone(),
            _ => return Err(node.error("its bias has to be one float for each output")),
        }
    };
    real(reader, node, x)?;
    reader.add_tail_step(node, x, TailStep::Product { weights: weights.clone(), bias }, None)
}

/// Makes the first operand real numbers.
fn real(reader: &mut Reader, node: &NodeReader, x: Value) -> Result<(), ImportError> {
    match x.content {
        Content::Tail { rounded: None } => {}
        Content::Dequantised { quantisation, function: None } => {
            begin(reader, node, quantisation)?;
        }
        Content::Mean(quantisation) => mean(reader, node, x, quantisation)?,
        _ => return Err(node.error("its first operand has to be dequantised")),
    }
    Ok(())
}

/// QuantizeLinear of a mean that integers do not give to the bit.
pub fn rounded_mean(
    reader: &mut Reader,
    node: &NodeReader,
    (x, input): (Value, Quantisation),
    target: Quantisation,
) -> Result<(), ImportError> {
    mean(reader, node, x, input)?;
    round(reader, node, x, target)
}

/// QuantizeLinear within the tail.
pub fn round(
    reader: &mut Reader,
    node: &NodeReader,
    x: Value,
    target: Quantisation,
) -> Result<(), ImportError> {
    let step = TailStep::Round { scale: target.scale, zero_point: target.zero_point };
    reader.add_tail_step(node, x, step, Some(target))
}

fn mean(
    reader: &mut Reader,
    node: &NodeReader,
    x: Value,
    input: Quantisation,
) -> Result<(), ImportError> {
    let channels_first = matches!(x.order, Order::ChannelsFirst | Order::FlatChannelsFirst);
    if !channels_first || !reader.shape(x.tensor).pixels().is_multiple_of(4) {
        return Err(node.error(
            "the mean depends on the order of float additions, which is known for [1, C, H, W] with \
             a multiple of 4 pixels only",
        ));
    }
    begin(reader, node, input)?;
    reader.add_tail_step(node, x, TailStep::Mean, None)
}

/// The caller dequantises the network's output.
fn begin(reader: &mut Reader, node: &NodeReader, q: Quantisation) -> Result<(), ImportError> {
    if reader.has_tail() {
        return Err(node.error("the caller can compute one chain of float operators, not two"));
    }
    let x = reader.value(node, 0)?;
    let step = TailStep::Dequantise { scale: q.scale, zero_point: q.zero_point };
    reader.add_tail_step(node, x, step, None)
}

//! QLinearConv, QGemm and QLinearMatMul: layers with weights.

use systole_compiler::network::{Convolution, Operation, Requantise, Shape};

use crate::ImportError;
use crate::constant::Data;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::requantise::requantise;
use crate::value::{Content, Order, Quantisation, Value};
use crate::window::{TOO_LARGE, Window};

/// Weights as numbers, `[out][y][x][in]`, and how the layer rounds.
struct Weights {
    /// Zero points are not taken off yet.
    values: Vec<i16>,
    outputs: usize,
}

/// Inputs of a node by meaning.
struct Inputs {
    weights: usize,
    weight_scale: usize,
    weight_zero: usize,
    bias: usize,
    output_scale: usize,
    output_zero: usize,
}

/// x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias
const CONVOLUTION: Inputs = Inputs {
    weights: 3,
    weight_scale: 4,
    weight_zero: 5,
    output_scale: 6,
    output_zero: 7,
    bias: 8,
};

/// a, a_scale, a_zero, b, b_scale, b_zero, bias, y_scale, y_zero
const GEMM: Inputs = Inputs {
    weights: 3,
    weight_scale: 4,
    weight_zero: 5,
    bias: 6,
    output_scale: 7,
    output_zero: 8,
};

/// QLinearConv.
pub fn convolution(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (x, quantisation) = reader.quantised_input(node, 0, (1, 2))?;
    if x.order != Order::ChannelsFirst {
        return Err(node.error("its input has to be [1, C, H, W]"));
    }
    let shape = reader.shape(x.tensor);
    let weight = node.constant(CONVOLUTION.weights)?;
    let &[outputs, of_group, height, width] = weight.dims.as_slice() else {
        return Err(node.error("only two-dimensional convolutions are supported"));
    };
    let groups = usize::try_from(node.int("group", 1)).unwrap_or(0);
    let channels = shape.channels as usize;
    if groups == 0 || of_group * groups != channels || outputs % groups != 0 || outputs == 0 {
        return Err(node.error("groups, channels and weights do not agree"));
    }
    let kernel = [height, width].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    if kernel.iter().any(|&side| side > 4095)
        || node.ints("kernel_shape").is_some_and(|k| k != kernel.map(i64::from))
    {
        return Err(node.error("kernel_shape and the weights do not agree"));
    }
    let window = Window::read(node, kernel, shape)?;
    let [out_height, out_width] =
        window.output(shape, false).ok_or_else(|| node.error(TOO_LARGE))?;

    let depthwise = groups == channels && outputs == channels && channels > 1;
    let seen = if depthwise { 1 } else { channels };
    let taps = height * width;
    reader.reserve_weights(node, &[outputs, taps, seen])?;
    let zeros = zero_points(node, CONVOLUTION.weight_zero, outputs)?;
    let given = node.bytes(CONVOLUTION.weights)?;
    let mut values = Vec::with_capacity(outputs * taps * seen);
    for n in 0..outputs {
        // Channels of other groups meet zeros: the zero point, before it is taken off.
        let first = if depthwise { 0 } else { n / (outputs / groups) * of_group };
        for tap in 0..taps {
            values.extend((0..seen).map(|k| match k.checked_sub(first) {
                Some(k) if k < of_group => given[(n * of_group + k) * taps + tap],
                _ => zeros[n],
            }));
        }
    }
    let weights = Weights { values, outputs };
    let output = Shape { height: out_height, width: out_width, channels: outputs as u32 };
    let make = |weights, requantise| Convolution {
        kernel,
        stride: window.stride,
        pads: window.pads,
        depthwise,
        weights,
        pad_value: quantisation.zero_point,
        requantise,
    };
    finish(reader, node, (x, quantisation), &CONVOLUTION, weights, (output, make))
}

/// QGemm, `a * b + bias`.
pub fn gemm(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    if node.float("alpha", 1.0) != 1.0 || node.int("transA", 0) != 0 {
        return Err(node.error("alpha has to be 1 and transA 0"));
    }
    if node.input(GEMM.output_scale).is_empty() {
        return Err(node.error("a float output is not supported"));
    }
    product(reader, node, node.int("transB", 0) != 0, &GEMM)
}

/// QLinearMatMul with constant second operand.
pub fn matmul(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    product(reader, node, false, &Inputs { bias: 8, ..CONVOLUTION })
}

fn product(
    reader: &mut Reader,
    node: &NodeReader,
    transposed: bool,
    inputs: &Inputs,
) -> Result<(), ImportError> {
    let (x, quantisation) = reader.quantised_input(node, 0, (1, 2))?;
    let shape = reader.shape(x.tensor);
    if !x.order.is_flat() {
        return Err(node.error("its first operand has to be [1, K]"));
    }
    let &[rows, columns] = node.constant(inputs.weights)?.dims.as_slice() else {
        return Err(node.error("its weights have to be a matrix"));
    };
    let (k, outputs) = if transposed { (columns, rows) } else { (rows, columns) };
    if k != shape.len() || outputs == 0 {
        return Err(node.error(format!("has {k} weights for {} inputs", shape.len())));
    }
    reader.reserve_weights(node, &[k, outputs])?;
    let given = node.bytes(inputs.weights)?;
    let [pixels, channels] = [shape.pixels() as usize, shape.channels as usize];
    let mut values = Vec::with_capacity(given.len());
    for n in 0..outputs {
        for pixel in 0..pixels {
            for c in 0..channels {
                let k = match x.order {
                    Order::FlatChannelsFirst => c * pixels + pixel,
                    _ => pixel * channels + c,
                };
                values.push(given[if transposed { n * columns + k } else { k * columns + n }]);
            }
        }
    }
    let make = |weights, requantise| Convolution {
        kernel: [shape.height, shape.width],
        stride: [1, 1],
        pads: [0; 4],
        depthwise: false,
        weights,
        pad_value: quantisation.zero_point,
        requantise,
    };
    let output = Shape::flat(outputs as u32);
    finish(reader, node, (x, quantisation), inputs, Weights { values, outputs }, (output, make))
}

/// Folds zero points, makes the multipliers and adds the layer.
fn finish(
    reader: &mut Reader,
    node: &NodeReader,
    (x, input): (Value, Quantisation),
    inputs: &Inputs,
    weights: Weights,
    (shape, make): (Shape, impl FnOnce(Vec<i16>, Requantise) -> Convolution),
) -> Result<(), ImportError> {
    let outputs = weights.outputs;
    let output = node.quantisation(inputs.output_scale, inputs.output_zero)?;
    let values = without_zero_points(node, inputs.weight_zero, weights)?;
    let bias = biases(node, inputs.bias, outputs)?;
    let scales = node.scales(inputs.weight_scale)?;
    let requantise =
        requantise(bias, &values, scales, (input, output)).map_err(|reason| node.error(reason))?;
    let order = if x.order.is_flat() { Order::FlatChannelsFirst } else { Order::ChannelsFirst };
    let content = Content::Quantised { unsigned: output.unsigned };
    let operation = Operation::Convolution(make(values, requantise));
    reader.add_layer(node, x.tensor, shape, operation, (order, content))
}

/// One zero point for each output.
fn zero_points(node: &NodeReader, index: usize, outputs: usize) -> Result<Vec<i16>, ImportError> {
    if node.input(index).is_empty() {
        return Ok(vec![0; outputs]);
    }
    let zeros = node.bytes(index)?;
    match zeros.len() {
        1 => Ok(vec![zeros[0]; outputs]),
        len if len == outputs => Ok(zeros),
        _ => Err(node.error("weight zero points are neither one nor one for each output")),
    }
}

/// Weights less their zero points: -255 to 255.
fn without_zero_points(
    node: &NodeReader,
    index: usize,
    weights: Weights,
) -> Result<Vec<i16>, ImportError> {
    let zeros = zero_points(node, index, weights.outputs)?;
    let of_output = weights.values.len() / weights.outputs;
    let of = |(i, &w): (usize, &i16)| w - zeros[i / of_output];
    Ok(weights.values.iter().enumerate().map(of).collect())
}

fn biases(node: &NodeReader, index: usize, outputs: usize) -> Result<Vec<i32>, ImportError> {
    if node.input(index).is_empty() {
        return Ok(vec![0; outputs]);
    }
    let Data::Integer(bias) = &node.constant(index)?.data else {
        return Err(node.error("its bias has to be int32"));
    };
    let bias: Option<Vec<i32>> = bias.iter().map(|&b| i32::try_from(b).ok()).collect();
    bias.filter(|bias| bias.len() == outputs)
        .ok_or_else(|| node.error("its bias has to be one int32 for each output"))
}

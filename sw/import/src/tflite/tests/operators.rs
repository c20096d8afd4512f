//! Operators and what stands around them.

use systole_compiler::network::{Input, Network, Operation, Output, Shape, interpret};

use super::builder::{Builder, Fields, byte, float, int};
use crate::tflite::tensor::element;

const ADD: u8 = 0;
pub const AVERAGE_POOL_2D: u8 = 1;
pub const CONV_2D: u8 = 3;
const DEPTHWISE_CONV_2D: u8 = 4;
const DEQUANTIZE: u8 = 6;
pub const FULLY_CONNECTED: u8 = 9;
pub const MAX_POOL_2D: u8 = 17;
const RESHAPE: u8 = 22;
const SOFTMAX: u8 = 25;
pub const PAD: u8 = 34;
const MEAN: u8 = 40;
pub const QUANTIZE: u8 = 114;

const SAME: u8 = 0;
pub const VALID: u8 = 1;
const RELU: u8 = 1;
const RELU6: u8 = 3;
const TANH: u8 = 4;

/// Options of CONV_2D: padding, stride down and to the right, activation.
pub fn convolution(padding: u8, [down, right]: [i32; 2], activation: u8) -> (u8, Fields) {
    (1, vec![(0, byte(padding)), (1, int(right)), (2, int(down)), (3, byte(activation))])
}

fn depthwise(padding: u8, [down, right]: [i32; 2]) -> (u8, Fields) {
    (2, vec![(0, byte(padding)), (1, int(right)), (2, int(down)), (3, int(1))])
}

/// Options of pools.
pub fn pool(
    padding: u8,
    stride: [i32; 2],
    [height, width]: [i32; 2],
    activation: u8,
) -> (u8, Fields) {
    let (_, mut fields) = convolution(padding, stride, 0);
    fields.truncate(3);
    fields.extend([(3, int(width)), (4, int(height)), (5, byte(activation))]);
    (5, fields)
}

/// Options of FULLY_CONNECTED: its activation.
pub fn product(activation: u8) -> (u8, Fields) {
    (8, vec![(0, byte(activation))])
}

/// No options.
pub fn none() -> (u8, Fields) {
    (0, Vec::new())
}

/// What a network makes of an input.
pub fn output(network: &Network, input: &[i8]) -> Vec<i8> {
    let values = interpret(network, input).expect("the input fits");
    values.get(network.output).expect("it was computed").to_vec()
}

#[test]
fn a_convolution_has_scales_for_its_outputs_and_bounds() {
    let mut b = Builder::new(&[1, 1, 2, 2], 0.5, 1);
    let w = b.weights(&[2, 1, 1, 2], (&[1.0, 2.0], 0), &[2, 0, 0, 3]);
    let bias = b.integers(&[2], &[4, -6]);
    let y = b.map(&[1, 1, 2, 2], 0.5, -3);
    b.operator(CONV_2D, (&[0, w, bias], y), convolution(VALID, [1, 1], RELU6));
    let network = b.read(y).expect("it is supported");
    assert_eq!((network.prepare, &network.finish), (Input::Signed, &Output::Signed));
    // Pixels (3, 5) and (-1, 11), less the zero point 1: 2*2 + 4, 2*(3*4 - 6); -2*2 + 4,
    // 2*(3*10 - 6), of which RELU6 leaves 12 steps.
    assert_eq!(output(&network, &[3, 5, -1, 11]), [8 - 3, 12 - 3, -3, 12 - 3]);
}

#[test]
fn groups_and_multipliers_see_their_own_channels() {
    let mut b = Builder::new(&[1, 1, 2, 2], 1.0, 0);
    let w = b.weights(&[1, 1, 2, 4], (&[1.0, 1.0, 1.0, 0.5], 3), &[1, 2, 3, 4, 5, 6, 7, 8]);
    let y = b.map(&[1, 1, 1, 4], 1.0, 0);
    b.operator(DEPTHWISE_CONV_2D, (&[0, w], y), depthwise(VALID, [1, 1]));
    let network = b.read(y).expect("it is supported");
    // Pixels (1, 2) and (3, 4), two outputs for each channel.
    assert_eq!(output(&network, &[1, 2, 3, 4]), [1 + 15, 2 + 18, 6 + 28, (8 + 32) / 2]);

    let mut b = Builder::new(&[1, 1, 1, 4], 1.0, 0);
    let w = b.weights(&[2, 1, 1, 2], (&[1.0], 0), &[1, 2, 3, 4]);
    let y = b.map(&[1, 1, 1, 2], 1.0, 0);
    b.operator(CONV_2D, (&[0, w], y), convolution(VALID, [1, 1], 0));
    let network = b.read(y).expect("it is supported");
    assert_eq!(output(&network, &[1, 2, 3, 4]), [5, 25]);
}

#[test]
fn one_output_a_channel_is_depthwise() {
    let mut b = Builder::new(&[1, 1, 2, 2], 1.0, 0);
    let w = b.weights(&[1, 1, 2, 2], (&[1.0], 3), &[1, 2, 3, 4]);
    let y = b.map(&[1, 1, 1, 2], 1.0, 0);
    b.operator(DEPTHWISE_CONV_2D, (&[0, w], y), depthwise(VALID, [1, 1]));
    let network = b.read(y).expect("it is supported");
    assert!(matches!(&network.layers[0].operation, Operation::Convolution(c) if c.depthwise));
    assert_eq!(output(&network, &[1, 2, 3, 4]), [1 + 9, 4 + 16]);
}

#[test]
fn pads_are_those_of_pad_and_of_same() {
    // 3 x 4 padded to 5 x 5; with stride 2 SAME adds a line above and below, a pixel left and right.
    let mut b = Builder::new(&[1, 3, 4, 1], 1.0, -7);
    let paddings = b.integers(&[4, 2], &[0, 0, 0, 2, 1, 0, 0, 0]);
    let padded = b.map(&[1, 5, 5, 1], 1.0, -7);
    b.operator(PAD, (&[0, paddings], padded), none());
    let w = b.weights(&[1, 3, 3, 1], (&[1.0], 0), &[1; 9]);
    let y = b.map(&[1, 3, 3, 1], 1.0, 0);
    b.operator(CONV_2D, (&[padded, w], y), convolution(SAME, [2, 2], 0));
    let network = b.read(y).expect("it is supported");
    let Operation::Convolution(c) = &network.layers[0].operation else { panic!("no convolution") };
    assert_eq!((c.pads, c.pad_value), ([1, 2, 3, 1], -7));
    // Of an odd pad the larger part is behind: 4 pixels need 1 for a kernel of 3 and stride 2.
    let mut b = Builder::new(&[1, 4, 4, 1], 1.0, 0);
    let y = b.map(&[1, 2, 2, 1], 1.0, 0);
    let w = b.weights(&[1, 3, 3, 1], (&[1.0], 0), &[1; 9]);
    b.operator(CONV_2D, (&[0, w], y), convolution(SAME, [2, 2], 0));
    let network = b.read(y).expect("it is supported");
    let Operation::Convolution(c) = &network.layers[0].operation else { panic!("no convolution") };
    assert_eq!(c.pads, [0, 0, 1, 1]);
}

#[test]
fn a_reshaped_map_keeps_its_order() {
    let mut b = Builder::new(&[1, 2, 1, 2], 1.0, 0);
    let pooled = b.map(&[1, 2, 1, 2], 1.0, 0);
    b.operator(MAX_POOL_2D, (&[0], pooled), pool(VALID, [1, 1], [1, 1], 0));
    let target = b.integers(&[2], &[1, 4]);
    let flat = b.map(&[1, 4], 1.0, 0);
    b.operator(RESHAPE, (&[pooled, target], flat), none());
    let w = b.weights(&[2, 4], (&[1.0], 0), &[1, 0, 0, 0, 0, 1, 1, 0]);
    let y = b.map(&[1, 2], 1.0, 1);
    b.operator(FULLY_CONNECTED, (&[flat, w, -1], y), product(RELU));
    let network = b.read(y).expect("it is supported");
    assert_eq!(output(&network, &[-10, 20, 30, 40]), [1, 51]);
}

#[test]
fn a_vector_that_becomes_a_map_is_the_callers() {
    let mut b = Builder::new(&[1, 4], 1.0, 0);
    let map = b.map(&[1, 2, 2, 1], 1.0, 0);
    b.operator(RESHAPE, (&[0], map), none());
    let y = b.map(&[1, 1, 1, 1], 1.0, 0);
    b.operator(AVERAGE_POOL_2D, (&[map], y), pool(VALID, [2, 2], [2, 2], 0));
    let network = b.read(y).expect("it is supported");
    assert_eq!(network.shape(network.input), Shape { height: 2, width: 2, channels: 1 });
    assert_eq!(output(&network, &[1, 2, 3, 4]), [2]);
}

#[test]
fn sums_maxima_and_means() {
    let mut b = Builder::new(&[1, 1, 2, 2], 0.5, 1);
    let sum = b.map(&[1, 1, 2, 2], 0.25, -3);
    // An ADD whose activation starts at -3 would have to be bounded.
    b.operator(ADD, (&[0, 0], sum), (11, vec![(0, byte(0))]));
    let max = b.map(&[1, 1, 1, 2], 0.25, -3);
    b.operator(MAX_POOL_2D, (&[sum], max), pool(SAME, [1, 2], [1, 2], 0));
    let axes = b.integers(&[2], &[2, -3]);
    let y = b.map(&[1, 2], 0.5, 1);
    b.operator(MEAN, (&[max, axes], y), (27, vec![(0, byte(0))]));
    let network = b.read(y).expect("it is supported");
    assert_eq!(output(&network, &[3, 5, -1, 11]), [5, 21]);
}

#[test]
fn ends_are_float_or_uint8() {
    let real = |b: &mut Builder, dims: &[i32]| b.tensor(dims, element::FLOAT32, None);
    let mut b = Builder::new(&[1, 2], 0.5, 1);
    b.tensors.clear();
    let x = real(&mut b, &[1, 2]);
    let quantised = b.map(&[1, 2], 0.5, 1);
    b.operator(QUANTIZE, (&[x], quantised), none());
    let w = b.weights(&[2, 2], (&[1.0], 0), &[1, 0, 0, 1]);
    let sums = b.map(&[1, 2], 0.25, -1);
    b.operator(FULLY_CONNECTED, (&[quantised, w], sums), product(0));
    let y = real(&mut b, &[1, 2]);
    b.operator(DEQUANTIZE, (&[sums], y), none());
    let network = b.read(y).expect("it is supported");
    assert_eq!(network.prepare, Input::Real { scale: 0.5, zero_point: 1 });
    assert_eq!(network.finish, Output::Real { scale: 0.25, zero_point: -1 });

    let mut b = Builder::new(&[1, 2], 0.5, 1);
    b.tensors.clear();
    let x = b.tensor(&[1, 2], element::UINT8, Some((&[0.5], 129)));
    let quantised = b.map(&[1, 2], 0.5, 1);
    b.operator(QUANTIZE, (&[x], quantised), none());
    let w = b.weights(&[2, 2], (&[1.0], 0), &[1, 0, 0, 1]);
    let sums = b.map(&[1, 2], 0.25, -1);
    b.operator(FULLY_CONNECTED, (&[quantised, w], sums), product(0));
    let likely = b.map(&[1, 2], 1.0 / 256.0, -128);
    b.operator(SOFTMAX, (&[sums], likely), (9, vec![(0, float(1.0))]));
    let y = b.tensor(&[1, 2], element::UINT8, Some((&[1.0 / 256.0], 0)));
    b.operator(QUANTIZE, (&[likely], y), none());
    let network = b.read(y).expect("it is supported");
    assert_eq!(network.prepare, Input::Unsigned);
    assert_eq!(network.finish, Output::Softmax { scale: 0.25, unsigned: true });
}

#[test]
fn activations_that_cannot_be_bounds_are_named() {
    let sum = |zero: i64, activation: u8| {
        let mut b = Builder::new(&[1, 1, 1, 2], 0.5, 1);
        let y = b.map(&[1, 1, 1, 2], 0.5, zero);
        b.operator(ADD, (&[0, 0], y), (11, vec![(0, byte(activation))]));
        b.read(y)
    };
    assert!(sum(-128, RELU).is_ok());
    let error = sum(-3, RELU).expect_err("a bound");
    assert!(
        error.starts_with("ADD operator 0 (output tensor 1 \"t1\"): its activation"),
        "{error}"
    );
    let error = sum(-128, TANH).expect_err("no bound");
    assert!(error.ends_with("the fused activation TANH is not supported"), "{error}");
}

/// A model with most of the operators that are supported, and the number of its output.
pub fn many_operators() -> (Builder, i32) {
    let mut b = Builder::new(&[1, 32], 0.5, 1);
    b.tensors.clear();
    let image = b.tensor(&[1, 32], element::UINT8, Some((&[0.5], 129)));
    let vector = b.map(&[1, 32], 0.5, 1);
    b.operator(QUANTIZE, (&[image], vector), none());
    let map = b.map(&[1, 4, 4, 2], 0.5, 1);
    let target = b.integers(&[4], &[1, 4, 4, 2]);
    b.operator(RESHAPE, (&[vector, target], map), none());
    let padded = b.map(&[1, 5, 6, 2], 0.5, 1);
    let paddings = b.integers(&[4, 2], &[0, 0, 1, 0, 1, 1, 0, 0]);
    b.operator(PAD, (&[map, paddings], padded), none());
    let w = b.weights(&[3, 2, 3, 2], (&[0.5, 0.25, 1.0], 0), &[1; 36]);
    let bias = b.integers(&[3], &[10, -20, 30]);
    let x = b.map(&[1, 4, 4, 3], 0.75, -3);
    b.operator(CONV_2D, (&[padded, w, bias], x), convolution(VALID, [1, 1], RELU6));
    let w = b.weights(&[1, 3, 3, 3], (&[0.5], 3), &[-1; 27]);
    let y = b.map(&[1, 4, 4, 3], 0.5, 4);
    b.operator(DEPTHWISE_CONV_2D, (&[x, w], y), depthwise(SAME, [1, 1]));
    let sum = b.map(&[1, 4, 4, 3], 1.0, 0);
    b.operator(ADD, (&[x, y], sum), (11, vec![(0, byte(0))]));
    let max = b.map(&[1, 2, 2, 3], 1.0, 0);
    b.operator(MAX_POOL_2D, (&[sum], max), pool(VALID, [2, 2], [2, 2], 0));
    let mean = b.map(&[1, 3], 0.5, 2);
    let axes = b.integers(&[2], &[1, 2]);
    b.operator(MEAN, (&[max, axes], mean), (27, vec![(0, byte(0))]));
    let w = b.weights(&[4, 3], (&[0.5], 0), &[1; 12]);
    let logits = b.map(&[1, 4], 0.25, 0);
    b.operator(FULLY_CONNECTED, (&[mean, w, -1], logits), product(0));
    let likely = b.map(&[1, 4], 1.0 / 256.0, -128);
    b.operator(SOFTMAX, (&[logits], likely), (9, vec![(0, float(1.0))]));
    let end = b.tensor(&[1, 4], element::UINT8, Some((&[1.0 / 256.0], 0)));
    b.operator(QUANTIZE, (&[likely], end), none());
    (b, end)
}

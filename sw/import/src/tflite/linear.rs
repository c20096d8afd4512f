//! CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED: layers with weights.

use systole_compiler::network::{Convolution, Operation, Shape};

use super::activation;
use super::constants::{biases, bytes, scales};
use super::flatbuffer::Table;
use super::graph::Reader;
use super::operator::Operator;
use super::reshape::padded;
use super::tensor::Tensor;
use crate::ImportError;
use crate::requantise::requantise;
use crate::window::{TOO_LARGE, Window, same};

/// Fields of the options that differ between the two convolutions.
struct Fields {
    kind: u8,
    activation: usize,
    dilation: [usize; 2],
}

const CONVOLUTION: Fields = Fields { kind: 1, activation: 3, dilation: [5, 4] };
const DEPTHWISE: Fields = Fields { kind: 2, activation: 4, dilation: [6, 5] };
/// `FullyConnectedOptions` in `BuiltinOptions`.
const FULLY_CONNECTED: u8 = 8;

/// The weights of a convolution, before groups are spread out.
struct Weights<'a> {
    tensor: Tensor<'a>,
    kernel: [u32; 2],
    outputs: usize,
    /// Channels that an output sees.
    of_group: usize,
    /// Where the weight of an output, tap and channel of its group is.
    at: fn(&Self, usize, usize, usize) -> usize,
    /// The dimension of the outputs.
    dimension: i32,
}

/// CONV_2D: weights `[out][y][x][in]`.
pub fn convolution(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let tensor = operator.input(1)?;
    let [outputs, height, width, of_group] = sizes(operator, &tensor)?;
    let weights = Weights {
        tensor,
        kernel: [height, width],
        outputs: outputs as usize,
        of_group: of_group as usize,
        at: |w, n, tap, k| (n * w.taps() + tap) * w.of_group + k,
        dimension: 0,
    };
    finish(reader, operator, weights, &CONVOLUTION)
}

/// DEPTHWISE_CONV_2D: weights `[1][y][x][out]`, as many outputs in a row for each channel.
pub fn depthwise(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let tensor = operator.input(1)?;
    let [1, height, width, outputs] = sizes(operator, &tensor)? else {
        return Err(operator.error("its weights have to be [1, H, W, C]"));
    };
    let weights = Weights {
        tensor,
        kernel: [height, width],
        outputs: outputs as usize,
        of_group: 1,
        at: |w, n, tap, _| tap * w.outputs + n,
        dimension: 3,
    };
    finish(reader, operator, weights, &DEPTHWISE)
}

/// Four sizes of weights, each of 1 to 4095.
fn sizes(operator: &Operator, tensor: &Tensor) -> Result<[u32; 4], ImportError> {
    let dims = tensor.dims()?;
    let good = dims.iter().all(|d| (1..=4095).contains(d));
    dims.as_slice().try_into().ok().filter(|_| good).ok_or_else(|| {
        operator.error(format!("its weights have shape {dims:?}, not four sizes of 1 to 4095"))
    })
}

impl Weights<'_> {
    fn taps(&self) -> usize {
        (self.kernel[0] * self.kernel[1]) as usize
    }

    /// `[out][tap][channel]` of a map of so many channels: those of other groups meet zeros. Of a
    /// depthwise convolution `[out][tap]`.
    fn spread(&self, data: &[u8], channels: usize, depthwise: bool) -> Vec<i16> {
        let seen = if depthwise { 1 } else { channels };
        let of_channel = self.outputs / (channels / self.of_group);
        let mut values = Vec::with_capacity(self.outputs * self.taps() * seen);
        for n in 0..self.outputs {
            let first = if depthwise { 0 } else { n / of_channel * self.of_group };
            for tap in 0..self.taps() {
                values.extend((0..seen).map(|channel| match channel.checked_sub(first) {
                    Some(k) if k < self.of_group => {
                        i16::from(data[(self.at)(self, n, tap, k)] as i8)
                    }
                    _ => 0,
                }));
            }
        }
        values
    }
}

fn finish(
    reader: &mut Reader,
    operator: &Operator,
    weights: Weights,
    fields: &Fields,
) -> Result<(), ImportError> {
    let (x, input, pads) = reader.padded_map(operator, 0)?;
    let output = operator.output_quantisation()?;
    let options = operator.options(fields.kind)?;
    if [options.i32(fields.dilation[0], 1)?, options.i32(fields.dilation[1], 1)?] != [1, 1] {
        return Err(operator.error("dilations other than 1 are not supported"));
    }
    let shape = reader.shape(x.tensor);
    let window = window(operator, &options, weights.kernel, padded(shape, pads))?;
    let pads = [0, 1, 2, 3].map(|side| pads[side] + window.pads[side]);
    let window = Window { pads, ..window };
    let [height, width] = window.output(shape, false).ok_or_else(|| operator.error(TOO_LARGE))?;

    let (outputs, channels) = (weights.outputs, shape.channels as usize);
    let groups = channels / weights.of_group;
    if groups == 0 || groups * weights.of_group != channels || outputs % groups != 0 {
        return Err(operator.error(format!(
            "{outputs} outputs that see {} channels each do not fit {channels} channels",
            weights.of_group
        )));
    }
    let depthwise = groups == channels && outputs == channels && channels > 1;
    let seen = if depthwise { 1 } else { channels };
    let data = bytes(operator, &weights.tensor)?;
    reader.reserve_weights(operator, &[outputs, weights.taps(), seen])?;
    let values = weights.spread(data, channels, depthwise);
    let scales = scales(operator, &weights.tensor, outputs, weights.dimension)?;
    let bias = biases(operator, outputs, (input, &scales))?;
    let requantise = requantise(bias, &values, &scales, (input, output))
        .map_err(|reason| operator.error(reason))?;
    let activation = options.u8(fields.activation)?;
    let layer = Convolution {
        kernel: window.kernel,
        stride: window.stride,
        pads: window.pads,
        depthwise,
        weights: values,
        pad_value: input.zero_point,
        requantise: activation::bound(operator, activation, output, requantise)?,
    };
    let shape = Shape { height, width, channels: outputs as u32 };
    reader.add_layer(operator, x.tensor, shape, (Operation::Convolution(layer), output))
}

/// Padding and strides over a map of `shape`, which are the first options of convolutions and pools.
pub fn window(
    operator: &Operator,
    options: &Table,
    kernel: [u32; 2],
    shape: Shape,
) -> Result<Window, ImportError> {
    let stride = [options.i32(2, 0)?, options.i32(1, 0)?];
    let sizes = stride.map(|side| u32::try_from(side).unwrap_or(0));
    if kernel.iter().chain(&sizes).any(|side| !(1..=4095).contains(side)) {
        let reason = format!("kernel {kernel:?} and stride {stride:?} have to be 1 to 4095");
        return Err(operator.error(reason));
    }
    let pads = match options.u8(0)? {
        0 => same([shape.height, shape.width], kernel, sizes, false),
        1 => [0; 4],
        other => return Err(operator.error(format!("there is no padding {other}"))),
    };
    Ok(Window { kernel, stride: sizes, pads })
}

/// FULLY_CONNECTED: weights `[out][in]`. The elements of a map are in its order, too.
pub fn fully_connected(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (x, input) = reader.quantised(operator, 0)?;
    let output = operator.output_quantisation()?;
    let options = operator.options(FULLY_CONNECTED)?;
    if options.u8(1)? != 0 {
        return Err(operator.error("shuffled weights are not supported"));
    }
    let tensor = operator.input(1)?;
    let shape = reader.shape(x.tensor);
    let (outputs, inputs) = match *tensor.dims()?.as_slice() {
        [outputs, inputs] if (1..=4095).contains(&outputs) => (outputs, inputs),
        ref dims => {
            let reason = format!("its weights have shape {dims:?}, not [outputs, inputs]");
            return Err(operator.error(reason));
        }
    };
    if inputs as usize != shape.len() {
        return Err(operator.error(format!("has {inputs} weights for {} inputs", shape.len())));
    }
    let data = bytes(operator, &tensor)?;
    reader.reserve_weights(operator, &[data.len()])?;
    let values: Vec<i16> = data.iter().map(|&w| i16::from(w as i8)).collect();
    let scales = scales(operator, &tensor, outputs as usize, 0)?;
    let bias = biases(operator, outputs as usize, (input, &scales))?;
    let requantise = requantise(bias, &values, &scales, (input, output))
        .map_err(|reason| operator.error(reason))?;
    let layer = Convolution {
        kernel: [shape.height, shape.width],
        stride: [1, 1],
        pads: [0; 4],
        depthwise: false,
        weights: values,
        pad_value: input.zero_point,
        requantise: activation::bound(operator, options.u8(0)?, output, requantise)?,
    };
    let layer = (Operation::Convolution(layer), output);
    reader.add_layer(operator, x.tensor, Shape::flat(outputs), layer)
}

//! Averages over windows: depthwise convolutions with weights of 1.

use systole_compiler::network::{Convolution, Operation, Requantise, Shape};

use crate::ImportError;
use crate::mean::Mean;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Quantisation};
use crate::window::{TOO_LARGE, Window};

/// QLinearAveragePool (com.microsoft), which ONNX Runtime computes in float32.
pub fn pool(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (x, input) = reader.quantised_input(node, 0, (1, 2))?;
    let output = node.quantisation(3, 4)?;
    if x.order != Order::ChannelsFirst || node.int("channels_last", 0) != 0 {
        return Err(node.error("its input has to be [1, C, H, W]"));
    }
    let shape = reader.shape(x.tensor);
    let window = Window::read(node, node.sizes("kernel_shape", 0)?, shape)?;
    let padded = window.pads != [0; 4];
    if padded && node.int("count_include_pad", 0) == 0 {
        return Err(node.error(
            "windows at the borders have fewer pixels, by which the sum would be divided: only \
             count_include_pad 1, or no padding, is supported",
        ));
    }
    let size = window.output(shape, false).ok_or_else(|| node.error(TOO_LARGE))?;
    if node.int("ceil_mode", 0) != 0 && window.output(shape, true) != Some(size) {
        return Err(node.error("windows that reach beyond the map have fewer pixels"));
    }
    let pixels = window.kernel[0] * window.kernel[1];
    let mean = Mean { input, output, pixels, channels_first: false };
    let requantise = mean.requantise().map_err(|reason| node.error(reason))?;
    if !mean.is_exact_fused() {
        return Err(node.error(format!(
            "a mean of {pixels} codes is so near a tie that the order of float additions decides: \
             another output scale than {} may do",
            output.scale
        )));
    }
    reader.reserve_weights(node, &[pixels as usize, shape.channels as usize])?;
    let [height, width] = size;
    let layer = convolution(&window, shape.channels, input, requantise);
    let content = Content::Quantised { unsigned: output.unsigned };
    let size = Shape { height, width, ..shape };
    let ends = (x.order, content);
    reader.add_layer(node, x.tensor, size, Operation::Convolution(layer), ends)
}

/// The sums over a window of each channel; `requantise` has one bias and one multiplier.
pub fn convolution(
    window: &Window,
    channels: u32,
    input: Quantisation,
    requantise: Requantise,
) -> Convolution {
    let channels = channels as usize;
    let taps = (window.kernel[0] * window.kernel[1]) as usize;
    Convolution {
        kernel: window.kernel,
        stride: window.stride,
        pads: window.pads,
        depthwise: channels > 1,
        weights: vec![1; taps * channels],
        pad_value: input.zero_point,
        requantise: Requantise {
            bias: vec![requantise.bias[0]; channels],
            multiplier: vec![requantise.multiplier[0]; channels],
            ..requantise
        },
    }
}

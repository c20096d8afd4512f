//! QLinearGlobalAveragePool, ReduceMean, MaxPool, QLinearAdd and QLinearSoftmax.

use systole_compiler::network::{
    Add, GlobalAveragePool, MaxPool, Operation, ResidualAdd, Shape, TensorId,
};

use crate::ImportError;
use crate::constant::Data;
use crate::mean::Mean;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Quantisation, Value};
use crate::window::{TOO_LARGE, Window};

/// QLinearGlobalAveragePool (com.microsoft).
pub fn global_average(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (x, input) = reader.quantised_input(node, 0, (1, 2))?;
    let output = node.quantisation(3, 4)?;
    let wanted = match node.int("channels_last", 0) {
        0 => Order::ChannelsFirst,
        _ => Order::ChannelsLast,
    };
    if x.order != wanted {
        return Err(node.error("its input and channels_last do not agree"));
    }
    mean(reader, node, x.tensor, (input, output), x.order)
}

/// A layer that takes the mean of `tensor` over all pixels.
pub fn mean(
    reader: &mut Reader,
    node: &NodeReader,
    tensor: TensorId,
    (input, output): (Quantisation, Quantisation),
    order: Order,
) -> Result<(), ImportError> {
    let shape = reader.shape(tensor);
    let pixels = shape.pixels();
    let channels_first = order == Order::ChannelsFirst;
    let mean = Mean { input, output, pixels, channels_first };
    let requantise = mean.requantise().map_err(|reason| node.error(reason))?;
    let operation = Operation::GlobalAveragePool(GlobalAveragePool { requantise });
    let content = Content::Quantised { unsigned: output.unsigned };
    reader.add_layer(node, tensor, Shape::flat(shape.channels), operation, (order, content))
}

/// ReduceMean over the pixels of dequantised numbers; becomes a layer where they are quantised.
pub fn reduce_mean(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let x = reader.value(node, 0)?;
    let Content::Dequantised { quantisation, function } = x.content else {
        return Err(node.error("only the mean of dequantised numbers is supported"));
    };
    if function.is_some() {
        return Err(node.error("the mean of bounded numbers is not supported"));
    }
    let axes = match node.ints("axes") {
        Some(axes) => axes.to_vec(),
        None if node.input(1).is_empty() => Vec::new(),
        None => match &node.constant(1)?.data {
            Data::Integer(axes) => axes.clone(),
            _ => return Err(node.error("axes have to be integers")),
        },
    };
    let mut axes: Vec<i64> = axes.iter().map(|&a| if a < 0 { a + 4 } else { a }).collect();
    axes.sort_unstable();
    let pixels = match x.order {
        Order::ChannelsFirst => [2, 3],
        Order::ChannelsLast => [1, 2],
        _ => return Err(node.error("only the mean of a map is supported")),
    };
    if axes != pixels {
        return Err(node.error(format!("axes {axes:?} are not the pixels of a map")));
    }
    let order = if node.int("keepdims", 1) == 0 { x.order.flat() } else { x.order };
    reader.bind(node, Value { order, content: Content::Mean(quantisation), ..x })
}

/// MaxPool of quantised numbers, or between two quantisations.
pub fn maximum(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let x = reader.value(node, 0)?;
    // The maximum of real numbers is that of their codes.
    let quantised = matches!(x.content, Content::Quantised { .. } | Content::Dequantised { .. });
    if x.order != Order::ChannelsFirst || !quantised {
        return Err(node.error("its input has to be a quantised [1, C, H, W]"));
    }
    if reader.function(x).is_some_and(|function| !function.rises()) {
        return Err(node.error("the maximum of a function that falls is not supported"));
    }
    let shape = reader.shape(x.tensor);
    let window = Window::read(node, node.sizes("kernel_shape", 0)?, shape)?;
    let ceil = node.int("ceil_mode", 0) != 0;
    let [height, width] = window.output(shape, ceil).ok_or_else(|| node.error(TOO_LARGE))?;
    let pool = MaxPool {
        kernel: window.kernel,
        stride: window.stride,
        pads: [window.pads[0], window.pads[1]],
    };
    let output = Shape { height, width, channels: shape.channels };
    reader.add_layer(node, x.tensor, output, Operation::MaxPool(pool), (x.order, x.content))
}

/// QLinearAdd (com.microsoft) of two tensors of one shape.
pub fn add(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (a, qa) = reader.quantised_input(node, 0, (1, 2))?;
    let (b, qb) = reader.quantised_input(node, 3, (4, 5))?;
    let output = node.quantisation(6, 7)?;
    let shape = reader.shape(a.tensor);
    if a.order != b.order || shape != reader.shape(b.tensor) {
        return Err(node.error("only operands of one shape are supported"));
    }
    let of = |q: Quantisation| (q.scale, q.zero_point);
    let arithmetic = ResidualAdd::new(of(qa), of(qb), of(output));
    let operation = Operation::Add(Add { other: b.tensor, arithmetic });
    let content = Content::Quantised { unsigned: output.unsigned };
    reader.add_layer(node, a.tensor, shape, operation, (a.order, content))
}

/// QLinearSoftmax (com.microsoft) as the last step.
pub fn softmax(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (x, input) = reader.quantised_input(node, 0, (1, 2))?;
    let output = node.quantisation(3, 4)?;
    if !x.order.is_flat() || !matches!(node.int("axis", -1), -1 | 1) {
        return Err(node.error("only the softmax of a vector is supported"));
    }
    if output.scale != 1.0 / 256.0 || output.zero_point != -128 {
        return Err(node.error("its result has to have scale 1/256 and the least zero point"));
    }
    let content = Content::Softmax { scale: input.scale, unsigned: output.unsigned };
    reader.bind(node, Value { content, ..x })
}

//! What moves no data: Flatten, Reshape, Transpose between the two orders, Identity; and the
//! quantisation of real numbers.

use systole_compiler::network::Shape;

use crate::ImportError;
use crate::constant::Data;
use crate::mean::Mean;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Value};
use crate::{function, pool, tail};

/// Flatten to `[1, N]`.
pub fn flatten(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    if node.int("axis", 1) != 1 {
        return Err(node.error("only axis 1 is supported"));
    }
    let value = reader.value(node, 0)?;
    make_flat(reader, node, value)
}

/// Reshape to `[1, N]`, or of one pixel to a map.
pub fn reshape(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let Data::Integer(target) = &node.constant(1)?.data else {
        return Err(node.error("the target shape has to be integers"));
    };
    let shape = reader.value_shape(value);
    let (elements, one_pixel) = (shape.len() as i64, shape.pixels() == 1);
    match target.as_slice() {
        &[1, n] | &[-1, n] if n == elements => make_flat(reader, node, value),
        [0 | 1, -1] => make_flat(reader, node, value),
        &[-1..=1, n, 1, 1] if one_pixel && (n == elements || n == -1) => {
            reader.bind(node, Value { order: Order::ChannelsFirst, ..value })
        }
        other => Err(node.error(format!("a reshape to {other:?} is not supported"))),
    }
}

fn make_flat(reader: &mut Reader, node: &NodeReader, value: Value) -> Result<(), ImportError> {
    let shape = reader.shape(value.tensor);
    let keeps_order = shape.channels == 1 || value.order == Order::ChannelsLast;
    // The input's bytes are the caller's: as a vector they fill whole rows of the scratchpad.
    let given = value.tensor == 0 && value.content == Content::RealInput;
    if keeps_order && given && reader.uses(node.input(0)) == 1 {
        reader.reshape_tensor(value.tensor, Shape::flat(shape.len() as u32));
    }
    reader.bind(node, Value { order: value.order.flat(), ..value })
}

/// Transpose between the two orders of a map.
pub fn transpose(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let order = match (node.ints("perm"), value.order) {
        (Some([0, 3, 1, 2]), Order::ChannelsLast) => Order::ChannelsFirst,
        (Some([0, 2, 3, 1]), Order::ChannelsFirst) => Order::ChannelsLast,
        (perm, _) => {
            let perm = perm.unwrap_or_default();
            return Err(node.error(format!("permutation {perm:?} would move data")));
        }
    };
    reader.bind(node, Value { order, ..value })
}

/// Identity.
pub fn identity(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    reader.bind(node, value)
}

/// QuantizeLinear of the model's input, of a mean, or of bounded numbers with the scale that they
/// had.
pub fn quantize(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let target = node.quantisation(1, 2)?;
    match value.content {
        Content::RealInput => {
            reader.prepare_real(node, target)?;
            let content = Content::Quantised { unsigned: target.unsigned };
            reader.bind(node, Value { content, ..value })
        }
        Content::Mean(input) => {
            let pixels = reader.shape(value.tensor).pixels();
            let channels_first =
                matches!(value.order, Order::ChannelsFirst | Order::FlatChannelsFirst);
            let exact = Mean { input, output: target, pixels, channels_first }.is_exact();
            match exact {
                true => pool::mean(reader, node, value.tensor, (input, target), value.order),
                false => tail::rounded_mean(reader, node, (value, input), target),
            }
        }
        Content::Tail { rounded: None } => tail::round(reader, node, value, target),
        Content::Dequantised { .. } => function::quantise_function(reader, node, value, target),
        _ => Err(node.error("its input is quantised already")),
    }
}

/// DequantizeLinear.
pub fn dequantize(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    if let Content::Tail { rounded: Some(rounded) } = value.content {
        if node.quantisation(1, 2)? != rounded {
            return Err(node.error("scale or zero point differ from those of its input"));
        }
        return reader.bind(node, Value { content: Content::Tail { rounded: None }, ..value });
    }
    let (value, quantisation) = reader.quantised_input(node, 0, (1, 2))?;
    let content = Content::Dequantised { quantisation, function: None };
    reader.bind(node, Value { content, ..value })
}

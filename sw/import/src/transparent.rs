//! What computes nothing: Transpose between the two orders, Identity, and the quantisation of real
//! numbers.

use crate::ImportError;
use crate::mean::Mean;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Value};
use crate::{function, pool, tail};

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

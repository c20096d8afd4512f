//! Reshape, Flatten, Squeeze and Unsqueeze: the elements keep their order, as the model sees it.

use systole_compiler::network::{Piece, Shape};

use crate::ImportError;
use crate::movement::{arrange, movable};
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Value};

/// Flatten to `[1, N]`.
pub fn flatten(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let dims = dims(reader, value);
    let given = node.int("axis", 1);
    let axis = if given < 0 { given + dims.len() as i64 } else { given };
    let before = usize::try_from(axis).ok().and_then(|axis| dims.get(..axis));
    match before {
        Some(before) if before.iter().product::<i64>() == reader.batch() => {
            make_flat(reader, node, value)
        }
        _ => Err(node.error(format!("axis {given} of {dims:?} is not supported: only axis 1"))),
    }
}

/// Reshape; 0 keeps a size, and -1 is what is left.
pub fn reshape(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let target = match node.integers(1)? {
        Some(target) => target,
        None => node.ints("shape").unwrap_or_default().to_vec(),
    };
    let from = dims(reader, value);
    let keeps_zeros = node.int("allowzero", 0) == 0;
    let kept = |(i, &size): (usize, &i64)| match size {
        0 if keeps_zeros => from.get(i).copied().unwrap_or(0),
        _ => size,
    };
    let mut to: Vec<i64> = target.iter().enumerate().map(kept).collect();
    let total: i64 = from.iter().product();
    let known = to.iter().filter(|&&size| size != -1).try_fold(1i64, |n, &s| n.checked_mul(s));
    if let (Some(open), Some(known)) = (to.iter().position(|&size| size == -1), known)
        && known > 0
    {
        to[open] = total / known;
    }
    relabel(reader, node, value, &to)
}

/// Squeeze: sizes of 1 go.
pub fn squeeze(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let from = dims(reader, value);
    let given = given_axes(node)?;
    let axes = given.as_ref().map(|axes| numbered(axes, from.len()));
    let goes = |i: usize| match &axes {
        Some(axes) => axes.contains(&(i as i64)),
        None => from[i] == 1,
    };
    if let Some(i) = (0..from.len()).find(|&i| goes(i) && from[i] != 1) {
        return Err(node.error(format!("axis {i} of {from:?} is not 1")));
    }
    let to: Vec<i64> = (0..from.len()).filter(|&i| !goes(i)).map(|i| from[i]).collect();
    relabel(reader, node, value, &to)
}

/// Unsqueeze: sizes of 1 come.
pub fn unsqueeze(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let mut from = dims(reader, value).into_iter();
    let given = given_axes(node)?.ok_or_else(|| node.error("it has no axes"))?;
    let rank = from.len() + given.len();
    let axes = numbered(&given, rank);
    let to: Vec<i64> = (0..rank as i64)
        .map(|i| if axes.contains(&i) { 1 } else { from.next().unwrap_or(1) })
        .collect();
    relabel(reader, node, value, &to)
}

fn given_axes(node: &NodeReader) -> Result<Option<Vec<i64>>, ImportError> {
    Ok(node.integers(1)?.or_else(|| node.ints("axes").map(<[i64]>::to_vec)))
}

/// Axes counted from the start.
fn numbered(axes: &[i64], rank: usize) -> Vec<i64> {
    axes.iter().map(|&axis| if axis < 0 { axis + rank as i64 } else { axis }).collect()
}

/// The sizes of a value, as the model sees it.
pub fn dims(reader: &Reader, value: Value) -> Vec<i64> {
    let Shape { height, width, channels } = reader.value_shape(value);
    let [height, width, channels] = [height, width, channels].map(i64::from);
    match value.order {
        Order::ChannelsFirst => vec![reader.batch(), channels, height, width],
        Order::ChannelsLast => vec![reader.batch(), height, width, channels],
        _ => vec![reader.batch(), channels * height * width],
    }
}

/// Gives a value other sizes.
fn relabel(
    reader: &mut Reader,
    node: &NodeReader,
    value: Value,
    to: &[i64],
) -> Result<(), ImportError> {
    let from = dims(reader, value);
    if to.iter().try_fold(1i64, |n, &size| n.checked_mul(size)) != Some(from.iter().product()) {
        return Err(node.error(format!("{from:?} does not have the elements of {to:?}")));
    }
    let shape = reader.value_shape(value);
    let [channels, batch] = [i64::from(shape.channels), reader.batch()];
    let channels_first = value.order.is_channels_first();
    match *to {
        [n, _] if n == batch => make_flat(reader, node, value),
        [_] if batch == 1 => make_flat(reader, node, value),
        [n, c, 1, 1] if n == batch && c == channels && shape.pixels() == 1 => {
            reader.bind(node, Value { order: Order::ChannelsFirst, ..value })
        }
        [n, c, height, width] if n == batch && c == channels && channels_first => {
            lines(reader, node, Value { order: Order::ChannelsFirst, ..value }, [height, width])
        }
        [n, height, width, c] if n == batch && c == channels && !channels_first => {
            lines(reader, node, Value { order: Order::ChannelsLast, ..value }, [height, width])
        }
        _ => Err(node.error(format!(
            "a reshape of {from:?} to {to:?} is not supported: it would move numbers between \
             channels"
        ))),
    }
}

/// A map whose pixels are on other lines.
fn lines(
    reader: &mut Reader,
    node: &NodeReader,
    value: Value,
    [height, width]: [i64; 2],
) -> Result<(), ImportError> {
    let shape = reader.value_shape(value);
    if [height, width] == [i64::from(shape.height), i64::from(shape.width)] {
        return reader.bind(node, value);
    }
    let side = |side: i64| u32::try_from(side).unwrap_or(0);
    let (height, width) = (side(height), side(width));
    movable(reader, node, 0)?;
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < shape.pixels() && width > 0 {
        // Up to the end of a line, here or there.
        let end = [shape.width, width].map(|width| (at / width + 1) * width);
        let count = end[0].min(end[1]) - at;
        pieces.push(Piece {
            size: [1, count, shape.channels],
            from: [at / shape.width, at % shape.width, 0],
            to: [at / width, at % width, 0],
            ..Piece::whole(value.tensor, shape, [0; 3])
        });
        at += count;
    }
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, [height, width, shape.channels]), (0, pieces))
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

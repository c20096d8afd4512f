//! Operators that move numbers: Concat, QLinearConcat, Split, Slice, Pad, DepthToSpace,
//! SpaceToDepth.

use systole_compiler::network::{Arrange, Operation, Piece, Shape, Table, TensorId};

use crate::ImportError;
use crate::constant::Data;
use crate::function::{Function, bounds};
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Order, Quantisation, Value};

/// Lines, pixels or channels: an axis of a network's tensor.
type Axis = usize;

/// Which axis of the network's tensor each axis of the model's is; `None` is the batch.
pub fn axes(
    reader: &Reader,
    node: &NodeReader,
    value: Value,
) -> Result<Vec<Option<Axis>>, ImportError> {
    match value.order {
        Order::ChannelsFirst => Ok(vec![None, Some(2), Some(0), Some(1)]),
        Order::ChannelsLast => Ok(vec![None, Some(0), Some(1), Some(2)]),
        _ if reader.shape(value.tensor).pixels() == 1 => Ok(vec![None, Some(2)]),
        _ => Err(node.error("a map that was flattened is supported in front of a product alone")),
    }
}

/// The axis with this number, counted from the end if it is negative.
fn axis(node: &NodeReader, axes: &[Option<Axis>], number: i64) -> Result<Axis, ImportError> {
    let index = if number < 0 { number + axes.len() as i64 } else { number };
    let axis = usize::try_from(index).ok().and_then(|index| axes.get(index).copied());
    match axis {
        Some(Some(axis)) => Ok(axis),
        Some(None) => Err(node.error("the batch is one image: it cannot be cut or joined")),
        None => Err(node.error(format!("there is no axis {number}"))),
    }
}

/// Lines, pixels and channels.
pub fn sides(shape: Shape) -> [u32; 3] {
    [shape.height, shape.width, shape.channels]
}

fn shape_of([height, width, channels]: [u32; 3]) -> Shape {
    Shape { height, width, channels }
}

/// A value that can be moved: codes, or real numbers that codes stand for.
pub fn movable(reader: &Reader, node: &NodeReader, index: usize) -> Result<Value, ImportError> {
    let value = reader.value(node, index)?;
    match value.content {
        Content::Quantised { .. } | Content::Dequantised { .. } | Content::RealInput => Ok(value),
        _ => Err(node.error(format!("input {index} is not quantised"))),
    }
}

/// Adds a layer that makes `output` of pieces of `value` and others alike.
pub fn arrange(
    reader: &mut Reader,
    node: &NodeReader,
    output: &str,
    (value, sides): (Value, [u32; 3]),
    (fill, pieces): (i8, Vec<Piece>),
) -> Result<(), ImportError> {
    if sides.iter().any(|&side| side == 0 || side > 4095) {
        return Err(node.error("a side of its result is not 1 to 4095"));
    }
    let arrange = Operation::Arrange(Arrange { fill, pieces });
    let ends = (value.order, value.content);
    reader.add_named_layer(node, output, value.tensor, shape_of(sides), arrange, ends)
}

/// Concat of numbers that mean the same.
pub fn concat(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let values = (0..node.inputs()).map(|index| movable(reader, node, index));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    let Some(&first) = values.first() else { return Err(node.error("it has no inputs")) };
    if values.iter().any(|v| !reader.means_the_same(*v, first)) {
        return Err(node.error(
            "its inputs differ in type, scale or zero point, and its result does not go to \
             QuantizeLinear alone",
        ));
    }
    join(reader, node, &values, node.int("axis", 1))
}

/// QLinearConcat (com.microsoft): y_scale, y_zero, and for each input x, x_scale, x_zero. An input
/// with another scale goes through a table.
pub fn qlinear_concat(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let output = node.quantisation(0, 1)?;
    let mut values = Vec::new();
    for index in (2..node.inputs()).step_by(3) {
        let (value, input) = reader.quantised_input(node, index, (index + 1, index + 2))?;
        let tensor = requantised(reader, node, value, (input, output))?;
        let content = Content::Quantised { unsigned: output.unsigned };
        values.push(Value { tensor, content, ..value });
    }
    join(reader, node, &values, node.int("axis", 1))
}

/// A tensor with a value's numbers as codes of another quantisation.
fn requantised(
    reader: &mut Reader,
    node: &NodeReader,
    value: Value,
    (input, output): (Quantisation, Quantisation),
) -> Result<TensorId, ImportError> {
    let table = Function::dequantised(input).quantised(output);
    let table = table.map_err(|code| node.error(format!("code {code} has no result")))?;
    if bounds(&table) == Some((i8::MIN, i8::MAX)) {
        return Ok(value.tensor);
    }
    let name = format!("{} (requantised for {})", reader.name(value.tensor), node.name());
    Ok(reader.add_tensor(&name, value.tensor, Operation::Table(Table(table))))
}

fn join(
    reader: &mut Reader,
    node: &NodeReader,
    values: &[Value],
    number: i64,
) -> Result<(), ImportError> {
    let Some(&first) = values.first() else { return Err(node.error("it has no inputs")) };
    let axes = axes(reader, node, first)?;
    let axis = axis(node, &axes, number)?;
    let mut to = [0; 3];
    let mut all = sides(reader.shape(first.tensor));
    let mut pieces = Vec::new();
    for value in values {
        let shape = reader.shape(value.tensor);
        let same = (0..3).all(|i| i == axis || sides(shape)[i] == all[i]);
        if value.order != first.order || !same {
            return Err(node.error("its inputs differ in more than the axis along which they join"));
        }
        pieces.push(Piece::whole(value.tensor, shape, to));
        to[axis] += sides(shape)[axis];
    }
    all[axis] = to[axis];
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (first, all), (0, pieces))
}

/// Split into outputs of given or equal sizes.
pub fn split(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = movable(reader, node, 0)?;
    let axes = axes(reader, node, value)?;
    let axis = axis(node, &axes, node.int("axis", 0))?;
    let shape = reader.shape(value.tensor);
    let (side, outputs) = (sides(shape)[axis], node.outputs());
    let given = match node.integers(1)? {
        Some(sizes) => Some(sizes),
        None => node.ints("split").map(<[i64]>::to_vec),
    };
    let equal = || {
        // The last one may be smaller.
        let size = i64::from(side).div_euclid(outputs.len().max(1) as i64);
        let size = if size * outputs.len() as i64 == i64::from(side) { size } else { size + 1 };
        let left = |i: usize| i64::from(side) - i as i64 * size;
        (0..outputs.len()).map(|i| size.min(left(i))).collect()
    };
    let sizes: Vec<i64> = given.unwrap_or_else(equal);
    let fits = sizes.iter().all(|&size| size > 0) && sizes.iter().sum::<i64>() == side.into();
    if sizes.len() != outputs.len() || !fits {
        let reason = format!("sizes {sizes:?} do not make {} outputs of {side}", outputs.len());
        return Err(node.error(reason));
    }
    let mut at = 0;
    for (output, &size) in outputs.iter().zip(&sizes) {
        let (mut from, mut all) = ([0; 3], sides(shape));
        (from[axis], all[axis]) = (at, size as u32);
        at += size as u32;
        let piece = Piece { size: all, from, ..Piece::whole(value.tensor, shape, [0; 3]) };
        if !output.is_empty() {
            arrange(reader, node, output, (value, all), (0, vec![piece]))?;
        }
    }
    Ok(())
}

/// Slice, by inputs or, before opset 10, by attributes.
pub fn slice(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = movable(reader, node, 0)?;
    let axes = axes(reader, node, value)?;
    let list = |index: usize, attribute: &str| match node.integers(index)? {
        Some(list) => Ok::<_, ImportError>(Some(list)),
        None => Ok(node.ints(attribute).map(<[i64]>::to_vec)),
    };
    let starts = list(1, "starts")?.ok_or_else(|| node.error("it has no starts"))?;
    let ends = list(2, "ends")?.ok_or_else(|| node.error("it has no ends"))?;
    let numbers = list(3, "axes")?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = list(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), numbers.len(), steps.len()].iter().any(|&len| len != starts.len()) {
        return Err(node.error("starts, ends, axes and steps differ in their number"));
    }
    let shape = reader.shape(value.tensor);
    let mut piece = Piece::whole(value.tensor, shape, [0; 3]);
    for (i, &number) in numbers.iter().enumerate() {
        let index = if number < 0 { number + axes.len() as i64 } else { number };
        let batch = usize::try_from(index).is_ok_and(|index| axes.get(index) == Some(&None));
        if batch && starts[i] == 0 && ends[i] >= reader.batch() && steps[i] == 1 {
            continue;
        }
        let axis = axis(node, &axes, number)?;
        let side = i64::from(sides(shape)[axis]);
        if steps[i] < 1 {
            return Err(node.error(format!("step {} is not supported, only forward", steps[i])));
        }
        let clamped = |at: i64| if at < 0 { at.saturating_add(side) } else { at }.clamp(0, side);
        let (start, end) = (clamped(starts[i]), clamped(ends[i]));
        if end <= start {
            return Err(node.error(format!("nothing is left of {side} from {start} to {end}")));
        }
        let step = steps[i].min(side);
        piece.from[axis] = start as u32;
        piece.step[axis] = step as u32;
        piece.size[axis] = ((end - start + step - 1) / step) as u32;
    }
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, piece.size), (0, vec![piece]))
}

/// Pad with a constant; what is negative is cut.
pub fn pad(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let value = movable(reader, node, 0)?;
    if !matches!(node.string("mode"), b"" | b"constant") {
        return Err(node.error("only mode constant is supported"));
    }
    let axes = axes(reader, node, value)?;
    let pads = match node.integers(1)? {
        Some(pads) => pads,
        None => node.ints("pads").unwrap_or_default().to_vec(),
    };
    let numbers = match node.integers(3)? {
        Some(numbers) => numbers,
        None => (0..axes.len() as i64).collect(),
    };
    if pads.len() != 2 * numbers.len() {
        let reason = format!("has {} pads for {} axes", pads.len(), numbers.len());
        return Err(node.error(reason));
    }
    let shape = reader.shape(value.tensor);
    let mut piece = Piece::whole(value.tensor, shape, [0; 3]);
    let mut all = piece.size;
    for (i, &number) in numbers.iter().enumerate() {
        let ends = [pads[i], pads[i + numbers.len()]];
        if ends == [0, 0] {
            continue;
        }
        let axis = axis(node, &axes, number)?;
        if ends.iter().any(|pad| pad.abs() > 4095) {
            return Err(node.error(format!("pads {ends:?} are more than 4095")));
        }
        let side = i64::from(all[axis]);
        let cut = ends.map(|pad| (-pad).max(0));
        let (left, total) = (side - cut[0] - cut[1], side + ends[0] + ends[1]);
        if left < 1 {
            return Err(node.error(format!("pads {ends:?} leave nothing of {side}")));
        }
        piece.from[axis] = cut[0] as u32;
        piece.to[axis] = ends[0].max(0) as u32;
        (piece.size[axis], all[axis]) = (left as u32, total as u32);
    }
    let fill = if all == piece.size { 0 } else { fill(reader, node, value)? };
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, all), (fill, vec![piece]))
}

/// The code of what Pad pads with.
fn fill(reader: &Reader, node: &NodeReader, value: Value) -> Result<i8, ImportError> {
    let constant = if node.input(2).is_empty() { None } else { Some(node.constant(2)?) };
    let code = match (value.content, constant.map(|c| &c.data)) {
        (Content::Quantised { unsigned: true }, None) => Some(-128),
        (Content::Quantised { unsigned: false }, None) => Some(0),
        (Content::Quantised { unsigned: true }, Some(Data::Unsigned(x))) if x.len() == 1 => {
            Some((x[0] ^ 0x80) as i8)
        }
        (Content::Quantised { unsigned: false }, Some(Data::Signed(x))) if x.len() == 1 => {
            Some(x[0])
        }
        (Content::Dequantised { .. }, data) => {
            let real = match data {
                None => node.float("value", 0.0),
                Some(Data::Float(x)) if x.len() == 1 => x[0],
                Some(_) => return Err(node.error("what it pads with has to be one float")),
            };
            reader.function(value).and_then(|f| f.code(real))
        }
        _ => None,
    };
    code.ok_or_else(|| node.error("no code of its input stands for what it pads with"))
}

/// DepthToSpace: blocks of channels become pixels.
pub fn depth_to_space(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (value, block) = block(reader, node)?;
    let shape = reader.shape(value.tensor);
    let channels = shape.channels / (block * block);
    if channels * block * block != shape.channels {
        return Err(node.error("its channels are not a multiple of the block"));
    }
    let by_columns = match node.string("mode") {
        b"" | b"DCR" => false,
        b"CRD" => true,
        _ => return Err(node.error("its mode is neither DCR nor CRD")),
    };
    let pieces = (0..block * block).map(|i| {
        let (first, step) = if by_columns { (i, block * block) } else { (i * channels, 1) };
        Piece {
            size: [shape.height, shape.width, channels],
            from: [0, 0, first],
            step: [1, 1, step],
            to: [i / block, i % block, 0],
            spread: [block, block, 1],
            source: value.tensor,
        }
    });
    let all = [shape.height * block, shape.width * block, channels];
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, all), (0, pieces.collect()))
}

/// SpaceToDepth: blocks of pixels become channels.
pub fn space_to_depth(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let (value, block) = block(reader, node)?;
    let shape = reader.shape(value.tensor);
    let [height, width] = [shape.height / block, shape.width / block];
    if [height * block, width * block] != [shape.height, shape.width] {
        return Err(node.error("its sides are not multiples of the block"));
    }
    let pieces = (0..block * block).map(|i| Piece {
        size: [height, width, shape.channels],
        from: [i / block, i % block, 0],
        step: [block, block, 1],
        to: [0, 0, i * shape.channels],
        spread: [1; 3],
        source: value.tensor,
    });
    let all = [height, width, shape.channels.saturating_mul(block * block)];
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, all), (0, pieces.collect()))
}

fn block(reader: &Reader, node: &NodeReader) -> Result<(Value, u32), ImportError> {
    let value = movable(reader, node, 0)?;
    if value.order != Order::ChannelsFirst {
        return Err(node.error("its input has to be [1, C, H, W]"));
    }
    let block = u32::try_from(node.int("blocksize", 0)).ok().filter(|b| (1..=64).contains(b));
    Ok((value, block.ok_or_else(|| node.error("its block has to be 1 to 64"))?))
}

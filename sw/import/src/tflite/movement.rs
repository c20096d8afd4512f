//! CONCATENATION, PAD, PADV2, SLICE, STRIDED_SLICE, RESIZE_NEAREST_NEIGHBOR, DEPTH_TO_SPACE and
//! SPACE_TO_DEPTH: operators that move numbers.

use systole_compiler::network::{Arrange, Operation, Piece, Shape};

use super::activation;
use super::graph::Reader;
use super::operator::Operator;
use super::reshape::padded;
use super::tensor::element;
use super::value::{Content, Value};
use crate::ImportError;
use crate::movement::sides;
use crate::resize;
use crate::value::Quantisation;

/// Numbers in `BuiltinOptions`.
mod options {
    pub const CONCATENATION: u8 = 10;
    pub const SPACE_TO_DEPTH: u8 = 19;
    pub const STRIDED_SLICE: u8 = 32;
    pub const RESIZE_NEAREST_NEIGHBOR: u8 = 74;
    pub const DEPTH_TO_SPACE: u8 = 94;
}

/// Lines, pixels and channels as axes of the model; the batch stands before them.
fn axes(operator: &Operator) -> Result<Vec<Option<usize>>, ImportError> {
    match operator.input(0)?.dims()?.len() {
        4 => Ok(vec![None, Some(0), Some(1), Some(2)]),
        2 => Ok(vec![None, Some(2)]),
        rank => Err(operator.error(format!("{rank} dimensions are not supported, only 2 and 4"))),
    }
}

/// Adds a layer that makes the operator's output of pieces of maps of one quantisation.
fn arrange(
    reader: &mut Reader,
    operator: &Operator,
    sides: [u32; 3],
    (fill, pieces): (i8, Vec<Piece>),
) -> Result<(), ImportError> {
    let [height, width, channels] = sides;
    if sides.iter().any(|&side| side == 0 || side > 4095) {
        return Err(operator.error("a side of its result is not 1 to 4095"));
    }
    let shape = Shape { height, width, channels };
    let source = pieces.first().map_or(0, |piece| piece.source);
    let layer = (Operation::Arrange(Arrange { fill, pieces }), operator.output_quantisation()?);
    reader.add_layer(operator, source, shape, layer)
}

/// A map whose numbers keep their meaning.
fn kept(reader: &mut Reader, operator: &Operator) -> Result<(Value, Quantisation), ImportError> {
    let (value, quantisation) = reader.map(operator, 0)?;
    if operator.output_quantisation()? != quantisation {
        return Err(operator.error("input and output differ in scale or zero point"));
    }
    Ok((value, quantisation))
}

/// CONCATENATION of any axis but the batch.
pub fn concatenation(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let output = operator.output_quantisation()?;
    let options = operator.options(options::CONCATENATION)?;
    activation::no_bound(operator, options.u8(1)?, output)?;
    let axes = axes(operator)?;
    let number = options.i32(0, 0)?;
    let index = if number < 0 { number + axes.len() as i32 } else { number };
    let axis = usize::try_from(index).ok().and_then(|i| axes.get(i).copied().flatten());
    let axis = axis.ok_or_else(|| operator.error(format!("axis {number} is not supported")))?;
    let mut at = [0; 3];
    let mut all = [0; 3];
    let mut pieces = Vec::new();
    for number in 0..operator.input_indices()?.len() {
        let (value, input) = reader.map(operator, number)?;
        if input != output {
            return Err(operator
                .error(format!("input {number} and the output differ in scale or zero point")));
        }
        let of = sides(value.shape);
        if number > 0 && (0..3).any(|i| i != axis && of[i] != all[i]) {
            return Err(operator.error("its inputs differ in more than the axis of their joint"));
        }
        pieces.push(Piece::whole(value.tensor, value.shape, at));
        at[axis] += of[axis];
        all = of;
    }
    all[axis] = at[axis];
    arrange(reader, operator, all, (0, pieces))
}

/// PAD and PADV2. Height and width padded with the zero point become pads of a convolution, if one
/// reads them.
pub fn pad(reader: &mut Reader, operator: &Operator, version_2: bool) -> Result<(), ImportError> {
    let (value, quantisation, before) = reader.padded_map(operator, 0)?;
    if operator.output_quantisation()? != quantisation {
        return Err(operator.error("input and output differ in scale or zero point"));
    }
    let zero = quantisation.zero_point;
    let fill = if version_2 { constant(operator, 2)? } else { zero };
    let given = operator.integers(1)?;
    let [0, 0, top, bottom, left, right, first, last] = given[..] else {
        return Err(operator.error(format!("paddings {given:?} are not those of [1, H, W, C]")));
    };
    let size = |pad: i64| {
        u32::try_from(pad).ok().filter(|&pad| pad <= 4095).ok_or_else(|| {
            operator.error(format!("paddings {given:?} are not numbers of 0 to 4095"))
        })
    };
    if [first, last] != [0, 0] || fill != zero {
        let (value, _) = reader.map(operator, 0)?;
        let to = [size(top)?, size(left)?, size(first)?];
        let behind = [size(bottom)?, size(right)?, size(last)?];
        let all = [0, 1, 2].map(|i| to[i] + sides(value.shape)[i] + behind[i]);
        let pieces = vec![Piece::whole(value.tensor, value.shape, to)];
        return arrange(reader, operator, all, (fill, pieces));
    }
    let mut pads = [0; 4];
    for ((pad, before), given) in pads.iter_mut().zip(before).zip([top, left, bottom, right]) {
        *pad = size(i64::from(before) + given)?;
    }
    let shape = padded(reader.shape(value.tensor), pads);
    if operator.output()?.map()? != shape {
        return Err(operator.error("the size of its output does not follow from its paddings"));
    }
    let content = Content::Padded(quantisation, pads);
    reader.bind_padded(operator, Value { content, ..value })
}

/// One int8 that is an input.
fn constant(operator: &Operator, number: usize) -> Result<i8, ImportError> {
    let tensor = operator.input(number)?;
    match operator.constant(&tensor)? {
        [byte] if tensor.element == element::INT8 => Ok(*byte as i8),
        _ => Err(operator.error(format!("input {number} has to be one int8"))),
    }
}

/// SLICE: begin and size, -1 for all that is left.
pub fn slice(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (value, _) = kept(reader, operator)?;
    let (begin, size) = (operator.integers(1)?, operator.integers(2)?);
    let ends = begin.iter().zip(&size).map(|(&begin, &size)| match size {
        -1 => i64::MAX,
        _ => begin.saturating_add(size),
    });
    let ends: Vec<i64> = ends.collect();
    window(reader, operator, value, (&begin, &ends, &vec![1; begin.len()]))
}

/// STRIDED_SLICE forwards, that keeps all axes.
pub fn strided_slice(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (value, _) = kept(reader, operator)?;
    let options = operator.options(options::STRIDED_SLICE)?;
    if [2, 3, 4].iter().any(|&mask| options.i32(mask, 0).is_ok_and(|mask| mask != 0))
        || options.u8(5)? != 0
    {
        return Err(operator.error("ellipsis, new_axis, shrink_axis and offset are not supported"));
    }
    let masked = |mask: i32, list: Vec<i64>, open: i64| -> Vec<i64> {
        let of = |(i, at)| if mask >> i & 1 == 1 { open } else { at };
        list.into_iter().enumerate().map(of).collect()
    };
    let begin = masked(options.i32(0, 0)?, operator.integers(1)?, 0);
    let end = masked(options.i32(1, 0)?, operator.integers(2)?, i64::MAX);
    window(reader, operator, value, (&begin, &end, &operator.integers(3)?))
}

fn window(
    reader: &mut Reader,
    operator: &Operator,
    value: Value,
    (begin, end, stride): (&[i64], &[i64], &[i64]),
) -> Result<(), ImportError> {
    let axes = axes(operator)?;
    if [begin.len(), end.len(), stride.len()] != [axes.len(); 3] {
        return Err(operator.error("begin, end and strides are not one for each axis"));
    }
    let mut piece = Piece::whole(value.tensor, value.shape, [0; 3]);
    for (i, axis) in axes.iter().enumerate() {
        let side = axis.map_or(1, |axis| i64::from(sides(value.shape)[axis]));
        let clamped = |at: i64| if at < 0 { at.saturating_add(side) } else { at }.clamp(0, side);
        let (first, last) = (clamped(begin[i]), clamped(end[i]));
        if stride[i] < 1 || last <= first {
            let (a, b, step) = (begin[i], end[i], stride[i]);
            return Err(operator.error(format!("from {a} to {b} by {step} is not supported")));
        }
        if let Some(axis) = *axis {
            let step = stride[i].min(side);
            piece.from[axis] = first as u32;
            piece.step[axis] = step as u32;
            piece.size[axis] = ((last - first + step - 1) / step) as u32;
        }
    }
    arrange(reader, operator, piece.size, (0, vec![piece]))
}

/// RESIZE_NEAREST_NEIGHBOR.
pub fn resize_nearest(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (value, _) = kept(reader, operator)?;
    let options = operator.options(options::RESIZE_NEAREST_NEIGHBOR)?;
    let (align, half) = (options.u8(0)? != 0, options.u8(1)? != 0);
    let size = operator.integers(1)?;
    if size.len() != 2 || size.iter().any(|side| !(1..=4095).contains(side)) {
        return Err(operator.error(format!("size {size:?} is not height and width, 1 to 4095")));
    }
    let places = |axis: usize| -> Vec<usize> {
        let (from, to) = (sides(value.shape)[axis] as f32, size[axis] as f32);
        let scale = if align && to > 1.0 { (from - 1.0) / (to - 1.0) } else { from / to };
        let of = |at: i64| {
            let place = (at as f32 + if half { 0.5 } else { 0.0 }) * scale;
            let place = if align { place.round() } else { place.floor() };
            place.clamp(0.0, from - 1.0) as usize
        };
        (0..size[axis]).map(of).collect()
    };
    let channels = (0..value.shape.channels as usize).collect();
    let places = [places(0), places(1), channels];
    let pieces =
        resize::pieces(value.tensor, &places).ok_or_else(|| operator.error(resize::UNEVEN))?;
    arrange(reader, operator, places.map(|places| places.len() as u32), (0, pieces))
}

/// DEPTH_TO_SPACE: blocks of channels become pixels.
pub fn depth_to_space(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (value, block) = block(reader, operator, options::DEPTH_TO_SPACE)?;
    let Shape { height, width, channels } = value.shape;
    let channels_out = channels / (block * block);
    if channels_out * block * block != channels {
        return Err(operator.error("its channels are not a multiple of the block"));
    }
    let pieces = (0..block * block).map(|i| Piece {
        size: [height, width, channels_out],
        from: [0, 0, i * channels_out],
        to: [i / block, i % block, 0],
        spread: [block, block, 1],
        ..Piece::whole(value.tensor, value.shape, [0; 3])
    });
    let all = [height * block, width * block, channels_out];
    arrange(reader, operator, all, (0, pieces.collect()))
}

/// SPACE_TO_DEPTH: blocks of pixels become channels.
pub fn space_to_depth(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (value, block) = block(reader, operator, options::SPACE_TO_DEPTH)?;
    let Shape { height, width, channels } = value.shape;
    let [lines, pixels] = [height / block, width / block];
    if [lines * block, pixels * block] != [height, width] {
        return Err(operator.error("its sides are not multiples of the block"));
    }
    let pieces = (0..block * block).map(|i| Piece {
        size: [lines, pixels, channels],
        from: [i / block, i % block, 0],
        step: [block, block, 1],
        ..Piece::whole(value.tensor, value.shape, [0, 0, i * channels])
    });
    let all = [lines, pixels, channels * block * block];
    arrange(reader, operator, all, (0, pieces.collect()))
}

fn block(reader: &mut Reader, operator: &Operator, kind: u8) -> Result<(Value, u32), ImportError> {
    let (value, _) = kept(reader, operator)?;
    let block = operator.options(kind)?.i32(0, 0)?;
    let block = u32::try_from(block).ok().filter(|block| (1..=64).contains(block));
    Ok((value, block.ok_or_else(|| operator.error("its block has to be 1 to 64"))?))
}

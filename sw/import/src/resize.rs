//! Resize and Upsample to the nearest pixel.

use systole_compiler::network::{Piece, TensorId};

use crate::ImportError;
use crate::constant::Data;
use crate::movement::{arrange, axes, movable, sides};
use crate::node::NodeReader;
use crate::reader::Reader;

/// The longest period of pixels in which a side's pattern may come again.
const MAX_PERIOD: usize = 16;

/// Resize; Upsample has `floor` and `asymmetric` for what Resize names.
pub fn resize(reader: &mut Reader, node: &NodeReader, upsample: bool) -> Result<(), ImportError> {
    let value = movable(reader, node, 0)?;
    if !matches!(node.string("mode"), b"" | b"nearest") {
        return Err(node.error("only mode nearest is supported"));
    }
    let axes = axes(reader, node, value)?;
    let shape = reader.shape(value.tensor);
    // Before opset 11 there were the scales alone.
    let old = upsample || node.inputs() <= 2;
    let scales = floats(node, if old { 1 } else { 2 })?;
    let scales = scales.or_else(|| node.floats("scales").map(<[f32]>::to_vec));
    let sizes = if old { None } else { node.integers(3)? };
    let numbers: Vec<i64> =
        node.ints("axes").map_or_else(|| (0..axes.len() as i64).collect(), <[i64]>::to_vec);
    let count = scales.as_ref().map(Vec::len).or(sizes.as_ref().map(Vec::len));
    if count != Some(numbers.len())
        || !node.string("keep_aspect_ratio_policy").is_empty()
            && node.string("keep_aspect_ratio_policy") != b"stretch"
    {
        return Err(node.error("only one scale or size for each axis is supported"));
    }
    let rule = Rule::new(node, old)?;
    let mut places: [Vec<usize>; 3] = sides(shape).map(|side| (0..side as usize).collect());
    for (i, &number) in numbers.iter().enumerate() {
        let index = if number < 0 { number + axes.len() as i64 } else { number };
        let axis = usize::try_from(index).ok().and_then(|index| axes.get(index).copied());
        let axis = axis.ok_or_else(|| node.error(format!("there is no axis {number}")))?;
        let side = axis.map_or(1, |axis| sides(shape)[axis]) as f32;
        let (scale, size) = match (&scales, &sizes) {
            (Some(scales), _) => (scales[i], (side * scales[i]).floor()),
            (None, Some(sizes)) => {
                let batch = axis.is_none() && sizes[i] == reader.batch();
                let size = if batch { 1.0 } else { sizes[i] as f32 };
                (size / side, size)
            }
            (None, None) => (1.0, side),
        };
        if !(1.0..=4095.0).contains(&size) || scale <= 0.0 {
            return Err(node.error(format!("makes {size} of {side}")));
        }
        match axis {
            Some(axis) => places[axis] = rule.places(side, scale, size),
            None if size == 1.0 => {}
            None => return Err(node.error("the batch is one image: it cannot be resized")),
        }
    }
    let pieces = pieces(value.tensor, &places).ok_or_else(|| node.error(UNEVEN))?;
    let all = places.each_ref().map(|places| places.len() as u32);
    let output = node.output()?.to_owned();
    arrange(reader, node, &output, (value, all), (0, pieces))
}

/// Why places are not supported.
pub const UNEVEN: &str = "the pattern of its pixels does not come again within 16 of them: whole \
                          factors are supported, and simple fractions";

/// The pieces that put lines, pixels and channels of a tensor to their places, if they are even:
/// for each axis of the result it is told which of the source comes there.
pub fn pieces(source: TensorId, places: &[Vec<usize>; 3]) -> Option<Vec<Piece>> {
    let [lines, pixels, channels] = [runs(&places[0])?, runs(&places[1])?, runs(&places[2])?];
    let mut pieces = Vec::new();
    for line in &lines {
        for pixel in &pixels {
            pieces.extend(channels.iter().map(|channel| {
                let of = |part: fn(&Run) -> u32| [part(line), part(pixel), part(channel)];
                Piece {
                    source,
                    size: of(|run| run.count),
                    from: of(|run| run.from),
                    step: of(|run| run.step),
                    to: of(|run| run.to),
                    spread: of(|run| run.spread),
                }
            }));
        }
    }
    Some(pieces)
}

/// A float input that is given and not empty.
fn floats(node: &NodeReader, index: usize) -> Result<Option<Vec<f32>>, ImportError> {
    if node.input(index).is_empty() {
        return Ok(None);
    }
    match &node.constant(index)?.data {
        Data::Float(x) if x.is_empty() => Ok(None),
        Data::Float(x) => Ok(Some(x.clone())),
        _ => Err(node.error(format!("input {index} has to be float"))),
    }
}

/// How a pixel of the result finds its own.
struct Rule {
    to_original: fn(f32, [f32; 3]) -> f32,
    nearest: fn(f32) -> f32,
}

impl Rule {
    fn new(node: &NodeReader, old: bool) -> Result<Self, ImportError> {
        let transformation = node.string("coordinate_transformation_mode");
        let to_original: fn(f32, [f32; 3]) -> f32 = match transformation {
            b"asymmetric" => |x, [_, scale, _]| x / scale,
            _ if old => |x, [_, scale, _]| x / scale,
            b"" | b"half_pixel" => |x, [_, scale, _]| (x + 0.5) / scale - 0.5,
            b"pytorch_half_pixel" => |x, [_, scale, size]| {
                if size > 1.0 { (x + 0.5) / scale - 0.5 } else { 0.0 }
            },
            b"align_corners" => |x, [side, _, size]| {
                if size > 1.0 { x * (side - 1.0) / (size - 1.0) } else { 0.0 }
            },
            other => {
                let other = String::from_utf8_lossy(other);
                return Err(
                    node.error(format!("coordinate_transformation_mode {other} is not supported"))
                );
            }
        };
        let nearest: fn(f32) -> f32 = match node.string("nearest_mode") {
            b"floor" => f32::floor,
            _ if old => f32::floor,
            b"" | b"round_prefer_floor" => |x| (x - 0.5).ceil(),
            b"round_prefer_ceil" => |x| (x + 0.5).floor(),
            b"ceil" => f32::ceil,
            other => {
                let other = String::from_utf8_lossy(other);
                return Err(node.error(format!("nearest_mode {other} is not supported")));
            }
        };
        Ok(Self { to_original, nearest })
    }

    /// For each place of a side of `size` the place of a side of `side`.
    fn places(&self, side: f32, scale: f32, size: f32) -> Vec<usize> {
        let of = |x: usize| {
            let original = match scale {
                1.0 => x as f32,
                _ => (self.to_original)(x as f32, [side, scale, size]),
            };
            (self.nearest)(original).clamp(0.0, side - 1.0) as usize
        };
        (0..size as usize).map(of).collect()
    }
}

/// Places at even distances, from places at even distances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    from: u32,
    step: u32,
    to: u32,
    spread: u32,
    count: u32,
}

/// As few runs as give these places, with one period for all.
fn runs(places: &[usize]) -> Option<Vec<Run>> {
    (1..=MAX_PERIOD.min(places.len())).find_map(|period| {
        let of_rest = |first: usize| {
            let mut rest = places.iter().skip(first).step_by(period);
            let from = *rest.next()?;
            let step = rest.next().map_or(Some(1), |next| next.checked_sub(from))?;
            let even = places.iter().skip(first).step_by(period).enumerate();
            let even = step > 0 && even.into_iter().all(|(i, &place)| place == from + i * step);
            even.then(|| Run {
                from: from as u32,
                step: step as u32,
                to: first as u32,
                spread: period as u32,
                count: (places.len() - first).div_ceil(period) as u32,
            })
        };
        (0..period).map(of_rest).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{Run, runs};

    #[test]
    fn a_pattern_that_comes_again_has_a_run_for_each_of_its_places() {
        let twice = runs(&[0, 0, 1, 1, 2, 2]).expect("a period of 2");
        let run = |to| Run { from: 0, step: 1, to, spread: 2, count: 3 };
        assert_eq!(twice, [run(0), run(1)]);
        let half = runs(&[0, 2, 4]).expect("steps of 2");
        assert_eq!(half, [Run { from: 0, step: 2, to: 0, spread: 1, count: 3 }]);
        // Three for two.
        let wider = runs(&[0, 0, 1, 2, 2, 3]).expect("a period of 3");
        assert_eq!(wider.len(), 3);
        assert_eq!(wider[2], Run { from: 1, step: 2, to: 2, spread: 3, count: 2 });
        let uneven: Vec<usize> = (0..40).map(|i| i * 17 / 40).collect();
        assert_eq!(runs(&uneven), None);
    }
}

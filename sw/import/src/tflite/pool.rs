//! ADD, AVERAGE_POOL_2D, MEAN, MAX_POOL_2D and SOFTMAX.

use systole_compiler::network::{
    Add, GlobalAveragePool, MaxPool, Operation, Requantise, ResidualAdd, Shape, TensorId,
};

use super::activation;
use super::flatbuffer::Table;
use super::graph::Reader;
use super::linear::window;
use super::operator::Operator;
use super::value::{Content, Value};
use crate::ImportError;
use crate::average::convolution;
use crate::mean::Mean;
use crate::value::Quantisation;
use crate::window::{TOO_LARGE, Window};

/// Numbers in `BuiltinOptions`.
mod options {
    pub const POOL: u8 = 5;
    pub const SOFTMAX: u8 = 9;
    pub const ADD: u8 = 11;
}

/// ADD of two tensors of one shape.
pub fn add(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (a, qa) = reader.map(operator, 0)?;
    let (b, qb) = reader.map(operator, 1)?;
    let output = operator.output_quantisation()?;
    if a.shape != b.shape {
        return Err(operator.error("only operands of one shape are supported"));
    }
    let activation = operator.options(options::ADD)?.u8(0)?;
    activation::no_bound(operator, activation, output)?;
    let of = |q: Quantisation| (q.scale, q.zero_point);
    let arithmetic = ResidualAdd::new(of(qa), of(qb), of(output));
    let operation = Operation::Add(Add { other: b.tensor, arithmetic });
    reader.add_layer(operator, a.tensor, a.shape, (operation, output))
}

/// AVERAGE_POOL_2D over the whole map.
pub fn average(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (x, input) = reader.map(operator, 0)?;
    let (window, options) = pool_window(operator, x.shape)?;
    let whole = window.kernel == [x.shape.height, x.shape.width];
    if !whole || window.pads != [0; 4] || window.output(x.shape, false) != Some([1, 1]) {
        return average_windows(reader, operator, (x, input), (&window, options.u8(5)?));
    }
    average_of(reader, operator, (x.tensor, input), options.u8(5)?)
}

/// The averages of windows as TensorFlow Lite rounds them: sums of codes, halves away from zero. A
/// multiplier that is a little more than one part of the sum gives the same for each of them.
fn average_windows(
    reader: &mut Reader,
    operator: &Operator,
    (x, input): (Value, Quantisation),
    (window, activation): (&Window, u8),
) -> Result<(), ImportError> {
    let output = operator.output_quantisation()?;
    if output != input {
        return Err(operator.error("input and output differ in scale or zero point"));
    }
    if window.pads != [0; 4] {
        return Err(operator.error(
            "windows at the borders have fewer pixels, by which the sum would be divided: only \
             windows without padding are supported",
        ));
    }
    let [height, width] = window.output(x.shape, false).ok_or_else(|| operator.error(TOO_LARGE))?;
    let count = window.kernel[0] * window.kernel[1];
    let multiplier = average_multiplier(count);
    let multiplier = multiplier.ok_or_else(|| operator.error("its window is too large"))?;
    let requantise = Requantise {
        bias: vec![0],
        multiplier: vec![multiplier],
        zero_point: 0,
        clamp_min: i8::MIN,
        clamp_max: i8::MAX,
    };
    let requantise = activation::bound(operator, activation, output, requantise)?;
    reader.reserve_weights(operator, &[count as usize, x.shape.channels as usize])?;
    let layer = convolution(window, x.shape.channels, input, requantise);
    let shape = Shape { height, width, ..x.shape };
    reader.add_layer(operator, x.tensor, shape, (Operation::Convolution(layer), output))
}

/// By what sums of `count` codes are multiplied to give their rounded mean, if all sums do.
fn average_multiplier(count: u32) -> Option<f32> {
    /// More pixels than a window has.
    const MOST: u32 = 4096;
    let multiplier = (1.0 + 1.0 / 1_048_576.0) / count as f32;
    let n = count as i32;
    let rounded = |sum: i32| if sum > 0 { (sum + n / 2) / n } else { (sum - n / 2) / n };
    let same = |sum: i32| (sum as f32 * multiplier).round_ties_even() as i32 == rounded(sum);
    (count < MOST && (-128 * n..=127 * n).all(same)).then_some(multiplier)
}

/// MEAN over height and width.
pub fn mean(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (x, input) = reader.map(operator, 0)?;
    let given = operator.integers(1)?;
    let mut axes: Vec<i64> = given.iter().map(|&a| if a < 0 { a + 4 } else { a }).collect();
    axes.sort_unstable();
    if operator.input(0)?.dims()?.len() != 4 || axes != [1, 2] {
        return Err(operator.error(format!("axes {given:?} are not the pixels of [1, H, W, C]")));
    }
    average_of(reader, operator, (x.tensor, input), 0)
}

fn average_of(
    reader: &mut Reader,
    operator: &Operator,
    (tensor, input): (TensorId, Quantisation),
    activation: u8,
) -> Result<(), ImportError> {
    let output = operator.output_quantisation()?;
    let shape = reader.shape(tensor);
    let mean = Mean { input, output, pixels: shape.pixels(), channels_first: false };
    let requantise = mean.requantise().map_err(|reason| operator.error(reason))?;
    let requantise = activation::bound(operator, activation, output, requantise)?;
    let operation = Operation::GlobalAveragePool(GlobalAveragePool { requantise });
    reader.add_layer(operator, tensor, Shape::flat(shape.channels), (operation, output))
}

/// MAX_POOL_2D.
pub fn maximum(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (x, input) = reader.map(operator, 0)?;
    let output = operator.output_quantisation()?;
    if output != input {
        return Err(operator.error("input and output differ in scale or zero point"));
    }
    let (window, options) = pool_window(operator, x.shape)?;
    activation::no_bound(operator, options.u8(5)?, output)?;
    let [height, width] = window.output(x.shape, false).ok_or_else(|| operator.error(TOO_LARGE))?;
    let pool = MaxPool {
        kernel: window.kernel,
        stride: window.stride,
        pads: [window.pads[0], window.pads[1]],
    };
    let shape = Shape { height, width, ..x.shape };
    reader.add_layer(operator, x.tensor, shape, (Operation::MaxPool(pool), output))
}

/// The window of a pool, and its options.
fn pool_window<'a>(
    operator: &Operator<'a>,
    shape: Shape,
) -> Result<(Window, Table<'a>), ImportError> {
    let options = operator.options(options::POOL)?;
    let kernel = [options.i32(4, 0)?, options.i32(3, 0)?];
    let kernel = kernel.map(|side| u32::try_from(side).unwrap_or(0));
    Ok((window(operator, &options, kernel, shape)?, options))
}

/// SOFTMAX of a vector as the last step.
pub fn softmax(reader: &mut Reader, operator: &Operator) -> Result<(), ImportError> {
    let (x, input) = reader.quantised(operator, 0)?;
    let quantisation = operator.output_quantisation()?;
    if x.shape.pixels() != 1 {
        return Err(operator.error("only the softmax of a vector is supported"));
    }
    if operator.options(options::SOFTMAX)?.f32(0)? != 1.0 {
        return Err(operator.error("beta has to be 1"));
    }
    if quantisation.scale != 1.0 / 256.0 || quantisation.zero_point != -128 {
        return Err(operator.error("its result has to have scale 1/256 and zero point -128"));
    }
    let content = Content::Softmax { scale: input.scale, quantisation };
    reader.bind(operator, Value { content, ..x })
}

#[cfg(test)]
mod tests {
    use super::average_multiplier;

    #[test]
    fn every_window_has_a_multiplier() {
        for count in (1..=256).chain([49 * 49]) {
            assert!(average_multiplier(count).is_some(), "{count}");
        }
        assert_eq!(average_multiplier(4095), None, "ties are too near to other sums");
    }
}

//! ADD, AVERAGE_POOL_2D, MEAN, MAX_POOL_2D and SOFTMAX.

use systole_compiler::network::{
    Add, GlobalAveragePool, MaxPool, Operation, ResidualAdd, Shape, TensorId,
};

use super::activation;
use super::flatbuffer::Table;
use super::graph::Reader;
use super::linear::window;
use super::operator::Operator;
use super::value::{Content, Value};
use crate::ImportError;
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
        return Err(operator.error(format!(
            "only the average of a whole map is supported: the window is {} x {}, the map {} x {}",
            window.kernel[0], window.kernel[1], x.shape.height, x.shape.width
        )));
    }
    average_of(reader, operator, (x.tensor, input), options.u8(5)?)
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

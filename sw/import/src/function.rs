//! Functions of one number between DequantizeLinear and QuantizeLinear: a table of the 256 codes.
//!
//! They are computed in float32 as ONNX Runtime does (0 of 38,400 codes of random scales differed
//! for each). Of those with an exponential function only a bound is known of what its approximation
//! is off by: a table has to be the same whatever it is within the bound.
//!
//! Numbers that are quantised twice are rounded twice, as the model says. ONNX Runtime's optimiser may
//! join such quantisations to one of another scale: its results are then those of another model.

use systole_compiler::network::{Operation, Table, quantise};

use crate::ImportError;
use crate::constant::Data;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::value::{Content, Quantisation, Value};

/// Codes of int8.
const CODES: usize = 256;

/// Part of a number that ONNX Runtime's approximations are off by at most, and half of it that they
/// are off by in any case: more than thrice what 700,000 numbers showed of 1.32.
const APPROXIMATION: f32 = 1.0 / 1_048_576.0;

/// Real numbers that codes stand for: entry `q + 128` is between a lower and an upper bound.
#[derive(Clone, PartialEq, Debug)]
pub struct Function {
    low: Vec<f32>,
    high: Vec<f32>,
}

impl Function {
    /// What DequantizeLinear makes of the codes.
    pub fn dequantised(q: Quantisation) -> Self {
        let of = |code: i16| f32::from(code - i16::from(q.zero_point)) * q.scale;
        let low: Vec<f32> = (-128..=127).map(of).collect();
        Self { high: low.clone(), low }
    }

    /// Another function of what is known to the bit, or one that does not fall or does not rise.
    pub fn then(&self, f: impl Fn(f32) -> f32) -> Self {
        let ends = self.low.iter().zip(&self.high).map(|(&a, &b)| (f(a), f(b)));
        let (low, high) = ends.map(|(a, b)| (a.min(b), a.max(b))).unzip();
        Self { low, high }
    }

    /// An approximation of a function that does not fall.
    pub fn near(&self, f: impl Fn(f64) -> f64) -> Self {
        let mut made = self.then(|x| f(x.into()) as f32);
        let error = |y: f32| (y.abs() + 0.5) * APPROXIMATION;
        made.low.iter_mut().for_each(|y| *y -= error(*y));
        made.high.iter_mut().for_each(|y| *y += error(*y));
        made
    }

    /// Whether the bounds are one.
    fn is_exact(&self) -> bool {
        self.low == self.high
    }

    /// Whether a larger code never stands for a smaller number.
    pub fn rises(&self) -> bool {
        self.is_exact() && self.low.windows(2).all(|pair| pair[0] <= pair[1])
    }

    /// The code of a number that is one of those that stand for a code.
    pub fn code(&self, real: f32) -> Option<i8> {
        let index = self.low.iter().position(|&x| x == real).filter(|_| self.is_exact())?;
        Some((index as i32 - 128) as i8)
    }

    /// The codes of the results; `Err` is a code whose result is too near a tie.
    pub fn quantised(&self, q: Quantisation) -> Result<[i8; CODES], i32> {
        let [low, high] = [&self.low, &self.high].map(|x| quantise(x, q.scale, q.zero_point));
        match low.iter().zip(&high).position(|(a, b)| a != b) {
            Some(index) => Err(index as i32 - 128),
            None => low.try_into().map_err(|_| 0),
        }
    }
}

/// The bounds of a table that does nothing but bound codes.
pub fn bounds(table: &[i8; CODES]) -> Option<(i8, i8)> {
    let (low, high) = (table[0], table[CODES - 1]);
    let clamps = (-128i16..)
        .zip(table)
        .all(|(q, &y)| low <= high && q.clamp(low.into(), high.into()) == y.into());
    clamps.then_some((low, high))
}

/// Makes the node's output another function of its input's numbers.
fn apply(
    reader: &mut Reader,
    node: &NodeReader,
    f: impl FnOnce(&Function) -> Result<Function, &'static str>,
) -> Result<(), ImportError> {
    let value = reader.value(node, 0)?;
    let Content::Dequantised { quantisation, .. } = value.content else {
        return Err(node.error("is supported between DequantizeLinear and QuantizeLinear"));
    };
    let before = reader.function(value).ok_or_else(|| node.error("its input is not quantised"))?;
    let made = f(&before).map_err(|reason| node.error(reason))?;
    let function = Some(reader.add_function(made));
    reader.bind(node, Value { content: Content::Dequantised { quantisation, function }, ..value })
}

/// A function that float32 gives to the bit, which does not fall or does not rise.
fn exact(
    reader: &mut Reader,
    node: &NodeReader,
    f: impl Fn(f32) -> f32,
) -> Result<(), ImportError> {
    apply(reader, node, |before| Ok(before.then(f)))
}

/// A function that may turn, of numbers that are known to the bit.
fn turning(
    reader: &mut Reader,
    node: &NodeReader,
    f: impl Fn(f32) -> f32,
) -> Result<(), ImportError> {
    apply(reader, node, |before| match before.is_exact() {
        true => Ok(before.then(f)),
        false => {
            Err("its input is an approximation, and its result may not be the same to the bit")
        }
    })
}

/// A function with an exponential.
fn approximate(
    reader: &mut Reader,
    node: &NodeReader,
    f: impl Fn(f64) -> f64,
) -> Result<(), ImportError> {
    apply(reader, node, |before| Ok(before.near(f)))
}

/// Relu.
pub fn relu(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    exact(reader, node, |x| x.max(0.0))
}

/// Clip.
pub fn clip(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let limit = |index: usize, attribute: &str, default: f32| match node.input(index) {
        "" => Ok(node.float(attribute, default)),
        _ => match &node.constant(index)?.data {
            Data::Float(x) if x.len() == 1 => Ok(x[0]),
            _ => Err(node.error("a bound has to be one float")),
        },
    };
    let low = limit(1, "min", f32::NEG_INFINITY)?;
    let high = limit(2, "max", f32::INFINITY)?;
    if low.is_nan() || high.is_nan() {
        return Err(node.error("a bound is no number"));
    }
    exact(reader, node, |x| x.max(low).min(high))
}

/// LeakyRelu.
pub fn leaky_relu(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    turning(reader, node, leaky(node.float("alpha", 0.01)))
}

/// LeakyRelu.
pub fn leaky(alpha: f32) -> impl Fn(f32) -> f32 {
    move |x| if x >= 0.0 { x } else { alpha * x }
}

/// ThresholdedRelu.
pub fn thresholded_relu(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let alpha = node.float("alpha", 1.0);
    turning(reader, node, move |x| if x > alpha { x } else { 0.0 })
}

/// HardSigmoid.
pub fn hard_sigmoid(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    exact(reader, node, hard(node.float("alpha", 0.2), node.float("beta", 0.5)))
}

/// HardSigmoid.
pub fn hard(alpha: f32, beta: f32) -> impl Fn(f32) -> f32 {
    move |x| (alpha * x + beta).clamp(0.0, 1.0)
}

/// HardSwish: the number times a HardSigmoid of it.
pub fn hard_swish(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let hard = hard(1.0 / 6.0, 0.5);
    turning(reader, node, move |x| x * hard(x))
}

/// Abs.
pub fn abs(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    turning(reader, node, f32::abs)
}

/// Neg.
pub fn neg(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    exact(reader, node, |x| -x)
}

/// Sigmoid.
pub fn sigmoid(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    approximate(reader, node, logistic)
}

/// Sigmoid.
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Tanh.
pub fn tanh(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    approximate(reader, node, f64::tanh)
}

/// Elu.
pub fn elu(reader: &mut Reader, node: &NodeReader) -> Result<(), ImportError> {
    let alpha = f64::from(node.float("alpha", 1.0));
    if alpha < 0.0 {
        return Err(node.error("alpha has to be 0 or more"));
    }
    approximate(reader, node, |x| if x >= 0.0 { x } else { alpha * x.exp_m1() })
}

/// QLinearLeakyRelu and QLinearSigmoid (com.microsoft): their tables are those of the float
/// operators between two quantisations.
pub fn quantised(reader: &mut Reader, node: &NodeReader, sigmoid: bool) -> Result<(), ImportError> {
    let (x, input) = reader.quantised_input(node, 0, (1, 2))?;
    let output = node.quantisation(3, 4)?;
    let codes = Function::dequantised(input);
    let made = match sigmoid {
        true => codes.near(logistic),
        false => codes.then(leaky(node.float("alpha", 0.01))),
    };
    let table = table(node, &made, output)?;
    let shape = reader.shape(x.tensor);
    let content = Content::Quantised { unsigned: output.unsigned };
    reader.add_layer(node, x.tensor, shape, Operation::Table(table), (x.order, content))
}

/// The table of a function.
fn table(node: &NodeReader, f: &Function, target: Quantisation) -> Result<Table, ImportError> {
    f.quantised(target).map(Table).map_err(|code| {
        node.error(format!(
            "the result for code {code} is so near a tie that ONNX Runtime's approximation decides"
        ))
    })
}

/// QuantizeLinear of a function of codes: bounds of the layer in front of it, or a layer of its own.
pub fn quantise_function(
    reader: &mut Reader,
    node: &NodeReader,
    value: Value,
    target: Quantisation,
) -> Result<(), ImportError> {
    let f = reader.function(value).ok_or_else(|| node.error("its input is not quantised"))?;
    let Table(table) = table(node, &f, target)?;
    let content = Content::Quantised { unsigned: target.unsigned };
    let bounds = bounds(&table);
    if bounds == Some((i8::MIN, i8::MAX)) {
        return reader.bind(node, Value { content, ..value });
    }
    let alone = reader.single_use(value.tensor);
    if let (Some((low, high)), true, Some(Operation::Convolution(c))) =
        (bounds, alone, reader.producer(value.tensor))
    {
        let r = &mut c.requantise;
        r.clamp_min = r.clamp_min.clamp(low, high);
        r.clamp_max = r.clamp_max.clamp(low, high);
        return reader.bind(node, Value { content, ..value });
    }
    let shape = reader.shape(value.tensor);
    let operation = Operation::Table(Table(table));
    reader.add_layer(node, value.tensor, shape, operation, (value.order, content))
}

#[cfg(test)]
mod tests {
    use super::{Function, bounds};
    use crate::value::Quantisation;

    fn quantisation(scale: f32, zero_point: i8) -> Quantisation {
        Quantisation { scale, zero_point, unsigned: false }
    }

    #[test]
    fn quantising_what_was_dequantised_by_the_same_numbers_changes_nothing() {
        let q = quantisation(0.037, -5);
        let f = Function::dequantised(q);
        let table = f.quantised(q).expect("no tie");
        assert_eq!(bounds(&table), Some((-128, 127)));
        assert_eq!(bounds(&f.then(|x| x.max(0.0)).quantised(q).expect("no tie")), Some((-5, 127)));
        assert_eq!(bounds(&f.then(|x| -x).quantised(q).expect("no tie")), None);
        assert_eq!((f.code(0.0), f.code(0.037), f.code(0.04)), (Some(-5), Some(-4), None));
        assert!(f.rises() && !f.then(|x| -x).rises());
    }

    #[test]
    fn an_approximation_near_a_tie_is_no_table() {
        let f = Function::dequantised(quantisation(0.1, 0));
        // The logistic function of 0 is 1/2: half of a step of 1.
        assert_eq!(f.near(super::logistic).quantised(quantisation(1.0, 0)), Err(0));
        assert!(f.near(super::logistic).quantised(quantisation(1.0 / 256.0, -128)).is_ok());
    }
}

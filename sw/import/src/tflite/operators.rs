//! The operators that are supported.

use super::graph::Reader;
use super::names::{builtin, builtin_name};
use super::operator::Operator;
use super::{function, linear, movement, pool, reshape};
use crate::error::ImportError;

/// An operator that is supported.
pub struct Supported {
    /// Its number in `BuiltinOperator`.
    pub code: i32,
    /// What of it is supported, in a few words.
    limits: &'static str,
    /// Adds what it does to the network.
    pub take: fn(&mut Reader, &Operator) -> Result<(), ImportError>,
}

const TABLE: &str = "a table";
const NEAR: &str = "a table, where no result is near a tie";
const RELU: (f32, f32) = (0.0, f32::INFINITY);
const RELU6: (f32, f32) = (0.0, 6.0);

/// All of them.
pub const OPERATORS: [Supported; 27] = [
    Supported {
        code: builtin::CONV_2D,
        limits: "any stride and padding, groups; no dilation",
        take: |r, o| linear::convolution(r, o),
    },
    Supported {
        code: builtin::DEPTHWISE_CONV_2D,
        limits: "any stride, padding and depth multiplier; no dilation",
        take: |r, o| linear::depthwise(r, o),
    },
    Supported {
        code: builtin::FULLY_CONNECTED,
        limits: "constant weights; bias or none",
        take: |r, o| linear::fully_connected(r, o),
    },
    Supported {
        code: builtin::ADD,
        limits: "two maps of one shape; an activation only where it bounds nothing",
        take: |r, o| pool::add(r, o),
    },
    Supported {
        code: builtin::AVERAGE_POOL_2D,
        limits: "over the whole map; windows without padding",
        take: |r, o| pool::average(r, o),
    },
    Supported {
        code: builtin::MEAN,
        limits: "over height and width",
        take: |r, o| pool::mean(r, o),
    },
    Supported {
        code: builtin::MAX_POOL_2D,
        limits: "any window; an activation only where it bounds nothing",
        take: |r, o| pool::maximum(r, o),
    },
    Supported {
        code: builtin::PAD,
        limits: "of any axis but the batch",
        take: |r, o| movement::pad(r, o, false),
    },
    Supported {
        code: builtin::PADV2,
        limits: "of any axis but the batch",
        take: |r, o| movement::pad(r, o, true),
    },
    Supported {
        code: builtin::CONCATENATION,
        limits: "maps of one scale; any axis but the batch",
        take: |r, o| movement::concatenation(r, o),
    },
    Supported {
        code: builtin::SLICE,
        limits: "any axis but the batch",
        take: |r, o| movement::slice(r, o),
    },
    Supported {
        code: builtin::STRIDED_SLICE,
        limits: "forward; begin and end masks",
        take: |r, o| movement::strided_slice(r, o),
    },
    Supported {
        code: builtin::RESIZE_NEAREST_NEIGHBOR,
        limits: "whole factors and simple fractions",
        take: |r, o| movement::resize_nearest(r, o),
    },
    Supported {
        code: builtin::DEPTH_TO_SPACE,
        limits: "",
        take: |r, o| movement::depth_to_space(r, o),
    },
    Supported {
        code: builtin::SPACE_TO_DEPTH,
        limits: "",
        take: |r, o| movement::space_to_depth(r, o),
    },
    Supported { code: builtin::RELU, limits: TABLE, take: |r, o| function::clamp(r, o, RELU) },
    Supported { code: builtin::RELU6, limits: TABLE, take: |r, o| function::clamp(r, o, RELU6) },
    Supported {
        code: builtin::RELU_N1_TO_1,
        limits: TABLE,
        take: |r, o| function::clamp(r, o, (-1.0, 1.0)),
    },
    Supported { code: builtin::LEAKY_RELU, limits: TABLE, take: |r, o| function::leaky_relu(r, o) },
    Supported { code: builtin::HARD_SWISH, limits: TABLE, take: |r, o| function::hard_swish(r, o) },
    Supported { code: builtin::ABS, limits: TABLE, take: |r, o| function::abs(r, o) },
    Supported { code: builtin::LOGISTIC, limits: NEAR, take: |r, o| function::sigmoid(r, o) },
    Supported { code: builtin::TANH, limits: NEAR, take: |r, o| function::tanh(r, o) },
    Supported {
        code: builtin::RESHAPE,
        limits: "in front of `FULLY_CONNECTED`, `SOFTMAX` or the output, of one pixel, of the input",
        take: |r, o| reshape::reshape(r, o),
    },
    Supported {
        code: builtin::SOFTMAX,
        limits: "of a vector, as the last step, on the host",
        take: |r, o| pool::softmax(r, o),
    },
    Supported {
        code: builtin::QUANTIZE,
        limits: "at the input: float32 or uint8 outside; int8 to another scale",
        take: |r, o| reshape::quantize(r, o),
    },
    Supported {
        code: builtin::DEQUANTIZE,
        limits: "at the output",
        take: |r, o| reshape::dequantize(r, o),
    },
];

/// Names and limits of the operators that are supported.
pub fn operators() -> impl Iterator<Item = (&'static str, &'static str)> {
    OPERATORS.iter().filter_map(|operator| Some((builtin_name(operator.code)?, operator.limits)))
}

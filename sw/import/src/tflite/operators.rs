//! The operators that are supported.

use super::graph::Reader;
use super::names::{builtin, builtin_name};
use super::operator::Operator;
use super::{linear, pool, reshape};
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

/// All of them.
pub const OPERATORS: [Supported; 12] = [
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
        limits: "over the whole map",
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
        limits: "of height and width, in front of a convolution",
        take: |r, o| reshape::pad(r, o),
    },
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
        limits: "at the input: float32 or uint8 outside",
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

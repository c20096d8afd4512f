//! Quantised models to the compiler's networks: ONNX, in QOperator or QDQ form, and TensorFlow Lite.
//!
//! # ONNX
//!
//! [`read_model`] knows QLinearConv, QGemm, QLinearMatMul, QLinearAdd, QLinearGlobalAveragePool, MaxPool
//! and what stands around them: quantisation at the ends, operators that move numbers, functions of
//! one number as tables, averages, a mean between two quantisations, a softmax as the last step. Float operators between DequantizeLinear
//! and QuantizeLinear become these first. A mean and a Gemm at the end that are not quantised, or
//! not so that integers would give the same, are left to the caller
//! ([`Tail`](systole_compiler::network::Output::Tail)). Anything else is an error that names the
//! node and the operator.
//!
//! uint8 activations become int8 by xor 0x80, so their zero points lose 128. Weights are
//! what is left of them without their zero point, -255 to 255; the planner sees to those that do
//! not fit int8.
//!
//! # TensorFlow Lite
//!
//! Fused activations `NONE`, `RELU`, `RELU6` and `RELU_N1_TO_1` are bounds of the layer. Weights are
//! int8 with zero point 0, with one scale or one for each output; biases are int32.
//!
//! Anything else is an error that names the operator, its number and its output; where the file
//! itself is damaged, the byte.
//!
//! A model gives what its ONNX form gives in ONNX Runtime: sums times a float32, rounded half to
//! even, as in convolutions of LiteRT's default kernels (XNNPACK), too. TensorFlow Lite's reference
//! kernels round twice, in fixed point; their results are not those of a network here. (Convolutions
//! alone could be computed so, by the NPU's `double_rounding`; adds and means could not.)

mod average;
mod constant;
mod error;
mod function;
mod linear;
mod mean;
mod model;
mod movement;
mod node;
mod operators;
mod pool;
mod proto;
mod qdq;
mod reader;
mod relabel;
mod requantise;
mod resize;
mod tail;
mod tflite;
mod transparent;
mod value;
mod window;

#[cfg(test)]
mod tests;

pub use error::ImportError;
pub use model::{Format, Model, Port};
pub use operators::table as operators_table;

use systole_compiler::network::Network;

/// Reads a quantised ONNX or TensorFlow Lite model with one input and one output. A file with
/// `TFL3` at byte 4 is TensorFlow Lite, any other ONNX.
///
/// # Errors
/// When the bytes are no model, or the model has something that is not supported: the operator is
/// named, or the byte of the file.
pub fn read_model(bytes: &[u8]) -> Result<Model, ImportError> {
    if tflite::is_tflite(bytes) { tflite::read(bytes) } else { reader::read(bytes) }
}

/// The network of a model alone.
///
/// # Errors
/// As [`read_model`].
pub fn read(bytes: &[u8]) -> Result<Network, ImportError> {
    Ok(read_model(bytes)?.network)
}

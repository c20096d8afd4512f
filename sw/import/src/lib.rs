//! Quantised ONNX models, in QOperator or QDQ form, to the compiler's networks.
//!
//! [`read`] knows QLinearConv, QGemm, QLinearMatMul, QLinearAdd, QLinearGlobalAveragePool, MaxPool
//! and what stands around them: quantisation at the ends, reshaping that moves no data, a mean
//! between two quantisations, a softmax as the last step. Float operators between DequantizeLinear
//! and QuantizeLinear become these first. A mean and a Gemm at the end that are not quantised, or
//! not so that integers would give the same, are left to the caller
//! ([`Tail`](systole_compiler::network::Output::Tail)). Anything else is an error that names the
//! node and the operator.
//!
//! uint8 activations become int8 by xor 0x80, so their zero points lose 128. Weights are
//! what is left of them without their zero point, -255 to 255; the planner sees to those that do
//! not fit int8.

mod constant;
mod error;
mod linear;
mod mean;
mod node;
mod pool;
mod proto;
mod qdq;
mod reader;
mod requantise;
mod reshape;
mod tail;
mod value;
mod window;

#[cfg(test)]
mod tests;

pub use error::ImportError;
pub use reader::read;

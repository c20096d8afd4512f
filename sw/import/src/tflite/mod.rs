//! TensorFlow Lite models, quantised to int8: what is supported stands in the crate's
//! documentation.

mod activation;
mod constants;
mod flatbuffer;
mod function;
mod graph;
mod linear;
mod model;
mod movement;
mod names;
mod operator;
mod operators;
mod pool;
mod reshape;
mod tensor;
mod value;

#[cfg(test)]
mod tests;

pub use flatbuffer::Fault;
pub use graph::read;
pub use operators::operators;

/// What a TensorFlow Lite file has at byte 4.
const IDENTIFIER: &[u8] = b"TFL3";

/// Whether a file says that it is a TensorFlow Lite model.
pub fn is_tflite(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(IDENTIFIER)
}

//! The models of `sw/models` with their inputs and recorded outputs.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod npu;

use std::fs;
use std::path::PathBuf;

use systole_compiler::network::{Input, Network, Output, dequantise, quantise, softmax};
use systole_import::read;

/// Bytes of a file in `sw/models`.
pub fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../models").join(name);
    fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Bytes that mean int8.
pub fn signed(bytes: &[u8]) -> Vec<i8> {
    bytes.iter().map(|&b| b as i8).collect()
}

/// A network with inputs and expected outputs.
pub struct Case {
    pub network: Network,
    /// int8 inputs of the network, NHWC.
    pub inputs: Vec<Vec<i8>>,
    expected: Expected,
}

enum Expected {
    Bytes(Vec<Vec<i8>>),
    Real(Vec<Vec<f32>>),
}

impl Case {
    /// An MLPerf Tiny model.
    pub fn mlperf_tiny(name: &str) -> Self {
        let of = |suffix: &str| file(&format!("mlperf-tiny/{name}{suffix}"));
        let network = read(&of("_qoperator.onnx")).expect("the model is supported");
        let inputs = signed(&of(".x.s8"));
        let inputs: Vec<_> = inputs.chunks_exact(inputs.len() / 64).map(<[i8]>::to_vec).collect();
        let expected = signed(&of(".y.s8"));
        let expected = expected.chunks_exact(expected.len() / 64).map(<[i8]>::to_vec).collect();
        Self { network, inputs, expected: Expected::Bytes(expected) }
    }

    /// A digits network, on images 0, step, 2 * step...
    pub fn digits(name: &str, step: usize) -> Self {
        let network = read(&file(&format!("digits/{name}.onnx"))).expect("the model is supported");
        let Input::Real { scale, zero_point } = network.prepare else {
            panic!("the input is {:?}", network.prepare)
        };
        let pixels = file("digits/inputs.u8");
        let image = |bytes: &[u8]| {
            let real: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 16.0).collect();
            quantise(&real, scale, zero_point)
        };
        let logits: Vec<f32> = file(&format!("digits/{name}.logits.f32"))
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        Self {
            network,
            inputs: pixels.chunks_exact(64).step_by(step).map(image).collect(),
            expected: Expected::Real(
                logits.chunks_exact(10).step_by(step).map(<[f32]>::to_vec).collect(),
            ),
        }
    }

    /// Checks the network's int8 output for an input against what ONNX Runtime gave.
    pub fn check(&self, index: usize, output: &[i8]) {
        match (&self.expected, self.network.finish) {
            (Expected::Bytes(y), Output::Softmax { scale, .. }) => {
                assert_eq!(softmax(output, scale), y[index], "input {index}");
            }
            (Expected::Real(y), Output::Real { scale, zero_point }) => {
                assert_eq!(dequantise(output, scale, zero_point), y[index], "input {index}");
            }
            (_, finish) => panic!("the output is {finish:?}"),
        }
    }
}

/// Every n-th image of the digits: all 450 in release.
pub fn step() -> usize {
    if cfg!(debug_assertions) { 45 } else { 1 }
}

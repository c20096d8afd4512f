//! The models of `sw/models` with their inputs and recorded outputs.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod builder;
pub mod npu;

use std::fs;
use std::path::PathBuf;

use systole_compiler::network::{Input, Network, Output, dequantise, quantise, softmax, tail};
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
    Nothing,
}

impl Case {
    /// An MLPerf Tiny model in a form: `_qoperator.onnx` or `.tflite`.
    pub fn mlperf_tiny(name: &str, form: &str) -> Self {
        let of = |suffix: &str| file(&format!("mlperf-tiny/{name}{suffix}"));
        let network = read(&of(form)).expect("the model is supported");
        let inputs = signed(&of(".x.s8"));
        let inputs: Vec<_> = inputs.chunks_exact(inputs.len() / 64).map(<[i8]>::to_vec).collect();
        let expected = signed(&of(".y.s8"));
        let expected = expected.chunks_exact(expected.len() / 64).map(<[i8]>::to_vec).collect();
        Self { network, inputs, expected: Expected::Bytes(expected) }
    }

    /// A digits network, on images 0, step, 2 * step...
    pub fn digits(name: &str, step: usize) -> Self {
        let logits: Vec<f32> = file(&format!("digits/{name}.logits.f32"))
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let expected = logits.chunks_exact(10).step_by(step).map(<[f32]>::to_vec).collect();
        Self { expected: Expected::Real(expected), ..Self::unrecorded_digits(name, step) }
    }

    /// A digits network of which no logits are recorded.
    pub fn unrecorded_digits(name: &str, step: usize) -> Self {
        let network = read(&file(&format!("digits/{name}.onnx"))).expect("the model is supported");
        let Input::Real { scale, zero_point } = network.prepare else {
            panic!("the input is {:?}", network.prepare)
        };
        let pixels = file("digits/inputs.u8");
        let image = |bytes: &[u8]| {
            let real: Vec<f32> = bytes.iter().map(|&b| f32::from(b) / 16.0).collect();
            quantise(&real, scale, zero_point)
        };
        let inputs = pixels.chunks_exact(64).step_by(step).map(image).collect();
        Self { network, inputs, expected: Expected::Nothing }
    }

    /// The small U-Net, whose inputs and outputs are in NCHW.
    pub fn unet() -> Self {
        let network = read(&file("unet/unet.onnx")).expect("the model is supported");
        let nhwc = |bytes: Vec<u8>, channels: usize| -> Vec<Vec<i8>> {
            let image = |bytes: &[u8]| {
                let pixels = bytes.len() / channels;
                let places =
                    (0..pixels).flat_map(|pixel| (0..channels).map(move |c| c * pixels + pixel));
                places.map(|place| (bytes[place] ^ 0x80) as i8).collect()
            };
            bytes.chunks_exact(bytes.len() / 8).map(image).collect()
        };
        let inputs = nhwc(file("unet/x.u8"), 3);
        Self { network, inputs, expected: Expected::Bytes(nhwc(file("unet/y.u8"), 5)) }
    }

    /// The real numbers that the caller makes of the network's int8 output.
    pub fn real(&self, output: &[i8]) -> Vec<f32> {
        match &self.network.finish {
            Output::Real { scale, zero_point } => dequantise(output, *scale, *zero_point),
            Output::Tail(steps) => tail(steps, self.network.shape(self.network.output), output),
            finish => panic!("the output is {finish:?}"),
        }
    }

    /// Logits that differ from the recorded ones: index of the input and class.
    pub fn differences(&self, mut run: impl FnMut(&[i8]) -> Vec<i8>) -> Vec<(usize, usize)> {
        let Expected::Real(expected) = &self.expected else { panic!("no logits are recorded") };
        let mut differences = Vec::new();
        for (image, (input, expected)) in self.inputs.iter().zip(expected).enumerate() {
            let logits = self.real(&run(input));
            let differ = logits.iter().zip(expected).enumerate().filter(|(_, (y, e))| y != e);
            differences.extend(differ.map(|(class, _)| (image, class)));
        }
        differences
    }

    /// Checks the network's int8 output for an input against what ONNX Runtime gave.
    pub fn check(&self, index: usize, output: &[i8]) {
        match (&self.expected, &self.network.finish) {
            (Expected::Bytes(y), Output::Softmax { scale, .. }) => {
                assert_eq!(softmax(output, *scale), y[index], "input {index}");
            }
            (Expected::Bytes(y), Output::Unsigned) => {
                assert_eq!(output, y[index], "input {index}");
            }
            (Expected::Real(y), _) => assert_eq!(self.real(output), y[index], "input {index}"),
            (_, finish) => panic!("the output is {finish:?}"),
        }
    }

    /// Checks the logits of all images, computed by `run`, against their sum.
    pub fn check_sum(&self, sum: u64, mut run: impl FnMut(&[i8]) -> Vec<i8>) {
        let logits = self.inputs.iter().flat_map(|input| self.real(&run(input)));
        let got = logits.flat_map(f32::to_le_bytes).fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
            (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(got, sum, "the logits' sum is {got:#x}");
    }
}

/// The digits networks with recorded logits of which all are ours; of [`FLOAT_IN_PART`] not.
pub fn recorded() -> impl Iterator<Item = String> {
    let forms = ["qop_s8s8_pc", "qop_u8s8_pc", "qop_u8u8_pt", "qdq_s8s8_pc"];
    let names = forms
        .into_iter()
        .flat_map(|form| ["mlp", "cnn", "resnet"].map(|network| format!("{network}_{form}")));
    names.filter(|name| name != FLOAT_IN_PART)
}

/// The network of which ONNX Runtime leaves four convolutions in float: their int8 codes go to more
/// than one node, which keeps it from making them uint8 and mixing types from fusing.
pub const FLOAT_IN_PART: &str = "resnet_qdq_s8s8_pc";

/// Digits networks without recorded logits, and FNV-1a sums (64 bits) of the logits, as float32 in
/// little endian, that ONNX Runtime 1.32 gave for all images and for every 45th, with the option
/// `session.x64quantprecision` = 1. It ran the third with uint8 codes instead of int8, of which it
/// leaves no convolution in float (see [`FLOAT_IN_PART`]), and the last with a copy of each
/// constant for each use, without which its optimiser fails.
pub const UNRECORDED: [(&str, [u64; 2]); 4] = [
    ("mlp_qdq_s8s8_pt", [0x6517_5ee4_c7ea_654f, 0x1c52_716b_08dd_bb29]),
    ("cnn_qdq_s8s8_pt", [0x3557_43cb_5ef0_af62, 0xa911_694d_c9dc_40be]),
    ("resnet_qdq_s8s8_pt", [0x3a3d_db4e_841a_8c0b, 0x929e_28bd_f998_f51b]),
    ("cnn_pt2e_qdq", [0x5598_f126_ace9_9248, 0xe4bc_d356_517a_58a8]),
];

/// The sum for images 0, `step`, 2 * `step`...
pub fn sum_of([all, every_45th]: [u64; 2], step: usize) -> u64 {
    match step {
        1 => all,
        45 => every_45th,
        _ => panic!("no sum for every image {step}"),
    }
}

/// Every n-th image of the digits: all 450 in release.
pub fn step() -> usize {
    if cfg!(debug_assertions) { 45 } else { 1 }
}

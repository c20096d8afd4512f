//! A model: its network, and what its caller sees of it.

use systole_compiler::network::Network;

/// A model that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// What it computes, with all maps in NHWC.
    pub network: Network,
    /// Its input.
    pub input: Port,
    /// Its output.
    pub output: Port,
    /// What kind of file it was.
    pub format: Format,
}

/// A kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// ONNX.
    Onnx,
    /// TensorFlow Lite.
    TensorFlowLite,
}

/// Input or output, as the model's caller sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// As the model names it.
    pub name: String,
    /// Its shape, the batch of one included; empty where the model does not say.
    pub shape: Vec<usize>,
    /// Its elements are in the order of NCHW, also where they are flattened.
    pub channels_first: bool,
}

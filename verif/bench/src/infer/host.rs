//! What is done outside the NPU, before and behind a network's job, and why.

use systole_compiler::network::{Input, Output, TailStep};

use super::Model;

/// A step that the host does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostStep {
    /// `input` or `output`.
    pub at: &'static str,
    /// What is done.
    pub operation: String,
    /// Why not by the NPU.
    pub reason: &'static str,
}

impl Model {
    /// What the host does, in order.
    pub fn host_steps(&self) -> Vec<HostStep> {
        let mut steps = Vec::new();
        let mut step = |at, operation: String, reason| {
            steps.push(HostStep { at, operation, reason });
        };
        if self.input_is_reordered() {
            step("input", "NCHW to NHWC".into(), "the NPU reads all channels of a pixel together");
        }
        match self.network.prepare {
            Input::Signed => {}
            Input::Unsigned => step("input", "uint8 to int8".into(), "the NPU multiplies int8"),
            Input::Real { scale, zero_point } => {
                let operation = format!("quantise: scale {scale}, zero point {zero_point}");
                step("input", operation, "the NPU takes no real numbers");
            }
        }
        let real = "the model's output is in real numbers";
        match &self.network.finish {
            Output::Signed => {}
            Output::Unsigned => {
                step("output", "int8 to uint8".into(), "the NPU gives int8");
            }
            Output::Real { scale, zero_point } => {
                step("output", format!("dequantise: scale {scale}, zero point {zero_point}"), real);
            }
            Output::Softmax { .. } => {
                step("output", "softmax".into(), "the NPU has no exponential function");
            }
            Output::Tail(tail) => {
                for operation in tail.iter().map(tail_step) {
                    let reason = "the model leaves it in float, and integers would round otherwise";
                    step("output", operation, reason);
                }
            }
        }
        steps
    }
}

fn tail_step(step: &TailStep) -> String {
    match step {
        TailStep::Dequantise { scale, zero_point } => {
            format!("dequantise: scale {scale}, zero point {zero_point}")
        }
        TailStep::Mean => "mean over the pixels, in float32".into(),
        TailStep::Round { scale, zero_point } => {
            format!("quantise and dequantise: scale {scale}, zero point {zero_point}")
        }
        TailStep::Product { bias, weights } => {
            let inputs = weights.len() / bias.len().max(1);
            format!("fully connected {inputs} to {}, in float32", bias.len())
        }
    }
}

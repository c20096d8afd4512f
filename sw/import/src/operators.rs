//! The operators that are supported, of both formats: what is read is what this list has.

use crate::error::ImportError;
use crate::node::NodeReader;
use crate::reader::Reader;
use crate::{
    average, function, linear, movement, pool, relabel, resize, tail, tflite, transparent,
};

/// Domain of ONNX Runtime's own operators.
pub(crate) const MICROSOFT: &str = "com.microsoft";

/// An operator of ONNX.
pub(crate) struct Operator {
    /// Its domain, and whether it is in that of ONNX Runtime, too.
    domain: &'static str,
    also_microsoft: bool,
    name: &'static str,
    /// The float operator that becomes this one between DequantizeLinear and QuantizeLinear.
    float: Option<&'static str>,
    /// What of it is supported, in a few words.
    limits: &'static str,
    /// Adds what it does to the network.
    pub take: fn(&mut Reader, &NodeReader) -> Result<(), ImportError>,
}

const fn onnx(
    name: &'static str,
    limits: &'static str,
    take: fn(&mut Reader, &NodeReader) -> Result<(), ImportError>,
) -> Operator {
    Operator { domain: "", also_microsoft: false, name, float: None, limits, take }
}

const fn microsoft(
    name: &'static str,
    limits: &'static str,
    take: fn(&mut Reader, &NodeReader) -> Result<(), ImportError>,
) -> Operator {
    Operator { domain: MICROSOFT, ..onnx(name, limits, take) }
}

impl Operator {
    const fn instead_of(self, float: &'static str) -> Self {
        Self { float: Some(float), ..self }
    }

    const fn in_both_domains(self) -> Self {
        Self { also_microsoft: true, ..self }
    }
}

const AVERAGE: &str = "where no mean is near a tie, and all windows have as many pixels: no padding, or \
     count_include_pad";
const NEAREST: &str = "mode nearest; whole factors and simple fractions, any axis but the batch";
const FUNCTION: &str = "between two quantisations: a bound of the layer in front of it, or a table";
const APPROXIMATE: &str = "between two quantisations, where no result is near a tie: a table";

const OPERATORS: [Operator; 40] = [
    onnx(
        "QLinearConv",
        "kernels to 7 x 7, any stride and padding, groups; no dilation",
        linear::convolution,
    )
    .instead_of("Conv"),
    onnx("QLinearMatMul", "a vector times a constant matrix", linear::matmul).instead_of("MatMul"),
    microsoft("QGemm", "of a vector; alpha 1, transA 0", linear::gemm).instead_of("Gemm"),
    microsoft("QLinearAdd", "of two maps of one shape", pool::add).instead_of("Add"),
    microsoft("QLinearGlobalAveragePool", "", pool::global_average).instead_of("GlobalAveragePool"),
    microsoft("QLinearSoftmax", "of a vector, as the last step, on the host", pool::softmax),
    onnx("MaxPool", "any window, stride and padding; no dilation", pool::maximum),
    onnx("ReduceMean", "over height and width, between two quantisations", pool::reduce_mean),
    microsoft("QLinearAveragePool", AVERAGE, average::pool).instead_of("AveragePool"),
    microsoft("QLinearConcat", "of any axis but the batch", movement::qlinear_concat)
        .instead_of("Concat"),
    onnx("Concat", "of numbers of one scale; any axis but the batch", movement::concat),
    onnx("Split", "of any axis but the batch", movement::split),
    onnx("Slice", "of any axis but the batch, forward", movement::slice),
    onnx("Pad", "mode constant, with a number that a code stands for", movement::pad),
    onnx("DepthToSpace", "DCR and CRD", movement::depth_to_space),
    onnx("SpaceToDepth", "", movement::space_to_depth),
    onnx("Resize", NEAREST, |r, n| resize::resize(r, n, false)),
    onnx("Upsample", NEAREST, |r, n| resize::resize(r, n, true)),
    onnx("Relu", FUNCTION, function::relu),
    onnx("Clip", FUNCTION, function::clip),
    onnx("LeakyRelu", FUNCTION, function::leaky_relu),
    onnx("ThresholdedRelu", FUNCTION, function::thresholded_relu),
    onnx("HardSigmoid", FUNCTION, function::hard_sigmoid),
    onnx("HardSwish", FUNCTION, function::hard_swish),
    onnx("Abs", FUNCTION, function::abs),
    onnx("Neg", FUNCTION, function::neg),
    onnx("Sigmoid", APPROXIMATE, function::sigmoid),
    onnx("Tanh", APPROXIMATE, function::tanh),
    onnx("Elu", APPROXIMATE, function::elu),
    microsoft("QLinearLeakyRelu", "", |r, n| function::quantised(r, n, false)),
    microsoft("QLinearSigmoid", "where no result is near a tie", |r, n| {
        function::quantised(r, n, true)
    }),
    onnx("Flatten", "axis 1", relabel::flatten),
    onnx("Reshape", "to a vector, or of pixels to other lines", relabel::reshape),
    onnx("Squeeze", "as Reshape", relabel::squeeze),
    onnx("Unsqueeze", "as Reshape", relabel::unsqueeze),
    onnx("Transpose", "between NHWC and NCHW, where it moves no data", transparent::transpose),
    onnx("Identity", "", transparent::identity),
    onnx("QuantizeLinear", "one scale for a tensor; int8 or uint8", transparent::quantize)
        .in_both_domains(),
    onnx(
        "DequantizeLinear",
        "one scale for an activation, one for each output for weights",
        transparent::dequantize,
    )
    .in_both_domains(),
    onnx("Gemm", "not quantised: at the end, on the host", tail::product),
];

/// The operator of a node, if it is supported; `ai.onnx` is the domain without a name.
pub(crate) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    let domain = if domain == "ai.onnx" { "" } else { domain };
    OPERATORS.iter().find(|operator| {
        let own = operator.domain == domain;
        operator.name == name && (own || operator.also_microsoft && domain == MICROSOFT)
    })
}

/// Domain and name of the operator that does a float operator's work.
pub(crate) fn quantised(float: &str) -> Option<(&'static str, &'static str)> {
    let operator = OPERATORS.iter().find(|operator| operator.float == Some(float))?;
    Some((operator.domain, operator.name))
}

/// The supported operators as a table in Markdown, for the documentation.
pub fn table() -> String {
    let mut table = String::from("| format | operator | supported |\n|---|---|---|\n");
    let mut row = |format: &str, operator: &str, limits: &str| {
        table += &format!("| {format} | {operator} | {limits} |\n");
    };
    for Operator { domain, name, float, limits, .. } in &OPERATORS {
        let domain = if *domain == MICROSOFT { " of `com.microsoft`" } else { "" };
        let float = float.map(|float| format!("; as QDQ `{float}`")).unwrap_or_default();
        row("ONNX", &format!("`{name}`{domain}{float}"), limits);
    }
    for (name, limits) in tflite::operators() {
        row("TFLite", &format!("`{name}`"), limits);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_found_in_their_domains() {
        let found = |domain, name| find(domain, name).is_some();
        assert!(found("", "QLinearConv") && found("ai.onnx", "QLinearConv"));
        assert!(!found(MICROSOFT, "QLinearConv") && !found("", "QGemm"));
        assert!(found(MICROSOFT, "QuantizeLinear") && found("", "QuantizeLinear"));
        assert!(!found("", "Gelu"));
        assert_eq!(quantised("Gemm"), Some((MICROSOFT, "QGemm")));
        assert_eq!(quantised("Relu"), None);
    }

    /// `UPDATE_DOCS=1` writes the table into the documentation.
    #[test]
    fn the_documentation_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/models.md");
        let text = std::fs::read_to_string(path).expect("the page");
        let (before, rest) = text.split_once("| format | operator").expect("a table");
        let (_, after) = rest.split_once("\n\n").expect("something behind it");
        let wanted = format!("{before}{}\n{after}", table());
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, &wanted).expect("the page can be written");
        }
        assert!(
            text == wanted,
            "docs/models.md is old: UPDATE_DOCS=1 cargo test -p systole-import"
        );
    }
}

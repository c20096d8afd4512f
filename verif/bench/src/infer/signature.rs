//! What a model's caller sees of it: names, shapes and types of its input and output.

use prost::Message;
use systole_compiler::network::{Network, Tensor, TensorId};

use super::{Element, Error};

/// A model's input or output.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Port {
    /// As the model names it.
    pub name: String,
    /// Its shape, the batch of one included; empty where the model does not say.
    pub shape: Vec<usize>,
    /// Its type; `None` for one that no network has.
    pub element: Option<Element>,
}

/// Input and output of a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The input.
    pub input: Port,
    /// The output.
    pub output: Port,
    /// The input, as it is or quantised, is first transposed from NHWC to NCHW.
    pub channels_last: bool,
}

/// The signature of a TensorFlow Lite model: maps are in NHWC there, as in the network.
pub(super) fn of(network: &Network) -> Signature {
    let port = |id: TensorId| {
        let Tensor { name, shape } = &network.tensors[id];
        let map = [shape.height, shape.width, shape.channels].map(|n| n as usize);
        let shape = if shape.pixels() == 1 { vec![1, map[2]] } else { [&[1][..], &map].concat() };
        Port { name: name.clone(), shape, element: None }
    };
    let (input, output) = (port(network.input), port(network.output));
    Signature { input, output, channels_last: true }
}

/// Reads the signature of an ONNX model that the importer has taken, so with one input and one
/// output.
pub(super) fn read(bytes: &[u8]) -> Result<Signature, Error> {
    let graph = Model::decode(bytes).ok().and_then(|model| model.graph).unwrap_or_default();
    let constant = |name: &str| graph.initializers.iter().any(|tensor| tensor.name == name);
    let input = graph.inputs.iter().find(|input| !constant(&input.name));
    match (input, graph.outputs.first()) {
        (Some(input), Some(output)) => Ok(Signature {
            input: input.port(),
            output: output.port(),
            channels_last: graph.is_transposed(&input.name),
        }),
        _ => Err(Error::new("the model has no input or no output")),
    }
}

/// `onnx.proto3`, as far as it is needed here.
#[derive(Clone, PartialEq, Message)]
struct Model {
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    nodes: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    initializers: Vec<Initializer>,
    #[prost(message, repeated, tag = "11")]
    inputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    outputs: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    outputs: Vec<String>,
    #[prost(string, tag = "4")]
    operator: String,
    #[prost(message, repeated, tag = "5")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(int64, repeated, tag = "8")]
    ints: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Initializer {
    #[prost(string, tag = "8")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
struct ValueInfo {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    value_type: Option<ValueType>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorType {
    #[prost(int32, tag = "1")]
    element: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<TensorShape>,
}

#[derive(Clone, PartialEq, Message)]
struct TensorShape {
    #[prost(message, repeated, tag = "1")]
    dims: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, tag = "1")]
    value: i64,
}

impl ValueInfo {
    fn port(&self) -> Port {
        let tensor = self.value_type.as_ref().and_then(|of| of.tensor.clone()).unwrap_or_default();
        let dims = tensor.shape.unwrap_or_default().dims;
        let shape: Option<Vec<usize>> =
            dims.iter().map(|d| usize::try_from(d.value).ok().filter(|&d| d > 0)).collect();
        let element = match tensor.element {
            1 => Some(Element::Float32),
            2 => Some(Element::Uint8),
            3 => Some(Element::Int8),
            _ => None,
        };
        Port { name: self.name.clone(), shape: shape.unwrap_or_default(), element }
    }
}

impl Graph {
    /// Whether a value, or what a quantisation makes of it, goes to a Transpose from NHWC to NCHW.
    fn is_transposed(&self, name: &str) -> bool {
        // Nodes come behind what they read, so one pass follows a chain.
        let mut names = vec![name];
        for node in &self.nodes {
            let reads = node.inputs.first().is_some_and(|input| names.contains(&input.as_str()));
            match node.operator.as_str() {
                "Transpose" if reads => {
                    let permutation = node.attributes.iter().find(|a| a.name == "perm");
                    if permutation.is_some_and(|perm| perm.ints == [0, 3, 1, 2]) {
                        return true;
                    }
                }
                "QuantizeLinear" | "DequantizeLinear" | "Identity" if reads => {
                    names.extend(node.outputs.iter().map(String::as_str));
                }
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(operator: &str, [input, output]: [&str; 2], perm: &[i64]) -> Node {
        let attributes = vec![Attribute { name: "perm".into(), ints: perm.to_vec() }];
        let (inputs, outputs) = (vec![input.into()], vec![output.into()]);
        Node { inputs, outputs, operator: operator.into(), attributes }
    }

    #[test]
    fn a_transpose_behind_a_quantisation_tells_the_order() {
        let quantise = node("QuantizeLinear", ["x", "q"], &[]);
        let of =
            |nodes: &[Node]| Graph { nodes: nodes.to_vec(), ..Graph::default() }.is_transposed("x");
        assert!(of(&[quantise.clone(), node("Transpose", ["q", "t"], &[0, 3, 1, 2])]));
        assert!(!of(&[quantise.clone(), node("Transpose", ["q", "t"], &[0, 2, 3, 1])]));
        assert!(!of(&[quantise, node("Transpose", ["other", "t"], &[0, 3, 1, 2])]));
    }
}

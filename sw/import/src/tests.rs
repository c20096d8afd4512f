//! Small models, made here: what the files in `sw/models` do not have.

use prost::Message;
use systole_compiler::network::{Input, Network, Operation, Output, Shape, interpret};

use crate::proto::{
    Attribute, Dimension, Graph, Model, Node, Tensor, TensorShape, TensorType, ValueInfo,
    ValueType, data_type,
};
use crate::read;

/// A model in the making.
#[derive(Default)]
struct Builder {
    graph: Graph,
}

impl Builder {
    fn input(mut self, element: i32, dims: &[i64]) -> Self {
        let dims = dims.iter().map(|&value| Dimension { value }).collect();
        let tensor = TensorType { element, shape: Some(TensorShape { dims }) };
        let value_type = Some(ValueType { tensor: Some(tensor) });
        self.graph.inputs.push(ValueInfo { name: "x".into(), value_type });
        self
    }

    fn constant(mut self, name: &str, tensor: Tensor) -> Self {
        self.graph.initializers.push(Tensor { name: name.into(), ..tensor });
        self
    }

    /// Scale and zero point `NAME_s` and `NAME_z`, int8.
    fn quantisation(self, name: &str, scale: f32, zero: i8) -> Self {
        self.constant(&format!("{name}_s"), floats(&[scale]))
            .constant(&format!("{name}_z"), signed(&[], &[zero]))
    }

    fn node(mut self, operator: &str, inputs: &str, output: &str, ints: &[(&str, &[i64])]) -> Self {
        let attribute = |(name, values): &(&str, &[i64])| Attribute {
            name: (*name).into(),
            int: values[0],
            ints: values.to_vec(),
            ..Attribute::default()
        };
        let microsoft = ["QLinearAdd", "QGemm", "QLinearSoftmax"].contains(&operator);
        self.graph.nodes.push(Node {
            inputs: inputs.split(' ').map(|name| name.replace('-', "")).collect(),
            outputs: vec![output.into()],
            name: String::new(),
            operator: operator.into(),
            attributes: ints.iter().map(attribute).collect(),
            domain: if microsoft { "com.microsoft".into() } else { String::new() },
        });
        self
    }

    fn read(mut self, output: &str) -> Result<Network, String> {
        self.graph.outputs.push(ValueInfo { name: output.into(), value_type: None });
        let model = Model { graph: Some(self.graph) };
        read(&model.encode_to_vec()).map_err(|e| e.to_string())
    }
}

fn floats(values: &[f32]) -> Tensor {
    Tensor { data_type: data_type::FLOAT, float_data: values.to_vec(), ..dims(&[values.len()]) }
}

fn signed(shape: &[usize], values: &[i8]) -> Tensor {
    let raw_data = values.iter().map(|&v| v as u8).collect();
    Tensor { data_type: data_type::INT8, raw_data, ..dims(shape) }
}

fn dims(shape: &[usize]) -> Tensor {
    Tensor { dims: shape.iter().map(|&d| d as i64).collect(), ..Tensor::default() }
}

fn output(network: &Network, input: &[i8]) -> Vec<i8> {
    let values = interpret(network, input).expect("the input fits");
    values.get(network.output).expect("it was computed").to_vec()
}

const CONVOLUTION: &str = "x x_s x_z w w_s w_z y_s y_z";

/// A convolution of two channels to `outputs`, 1 x 1.
fn pointwise(weights: &[i8], dims: [usize; 4]) -> Builder {
    Builder::default()
        .input(data_type::INT8, &[1, 2, 1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.5, -3)
        .quantisation("w", 1.0, 0)
        .constant("w", signed(&dims, weights))
}

#[test]
fn groups_see_their_own_channels() {
    let network = pointwise(&[2, 3, 5, 7], [4, 1, 1, 1])
        .node("QLinearConv", CONVOLUTION, "y", &[("group", &[2])])
        .read("y")
        .expect("it is supported");
    // NHWC: pixels (3, 5) and (-1, 1), less the zero point 1.
    let y = output(&network, &[3, 5, -1, 1]);
    assert_eq!(y, [4 - 3, 6 - 3, 20 - 3, 28 - 3, -4 - 3, -6 - 3, -3, -3]);
    assert_eq!((network.prepare, network.finish), (Input::Signed, Output::Signed));
}

#[test]
fn one_channel_a_group_is_depthwise() {
    let network = pointwise(&[2, 3], [2, 1, 1, 1])
        .node("QLinearConv", CONVOLUTION, "y", &[("group", &[2])])
        .read("y")
        .expect("it is supported");
    assert!(matches!(&network.layers[0].operation, Operation::Convolution(c) if c.depthwise));
    assert_eq!(output(&network, &[3, 5, -1, 1]), [1, 9, -7, -3]);
}

#[test]
fn a_flattened_map_keeps_the_order_of_its_weights() {
    // [1, 2, 1, 2] as a vector: both pixels of channel 0, then those of channel 1.
    let network = pointwise(&[1, 0, 0, 0, 0, 1, 0, 0], [2, 4, 1, 1])
        .constant("g", signed(&[2, 4], &[1, 0, 0, 0, 0, 1, 0, 0]))
        .node("Flatten", "x", "f", &[])
        .node("QGemm", "f x_s x_z g w_s w_z - y_s y_z", "y", &[("transB", &[1])])
        .read("y")
        .expect("it is supported");
    assert_eq!(network.shape(0), Shape { height: 1, width: 2, channels: 2 });
    // Channel 0 of pixel 0 and of pixel 1.
    assert_eq!(output(&network, &[10, 20, 30, 40]), [10 - 1 - 3, 30 - 1 - 3]);
}

#[test]
fn relu_between_quantisations_bounds_the_layer_before() {
    let network = pointwise(&[2, 3], [2, 1, 1, 1])
        .node("QLinearConv", CONVOLUTION, "c", &[("group", &[2])])
        .node("DequantizeLinear", "c y_s y_z", "d", &[])
        .node("Relu", "d", "r", &[])
        .node("QuantizeLinear", "r y_s y_z", "y", &[])
        .read("y")
        .expect("it is supported");
    assert_eq!(output(&network, &[3, 5, -1, 1]), [1, 9, -3, -3]);
}

#[test]
fn what_is_not_supported_is_named() {
    let model = || pointwise(&[2, 3], [2, 1, 1, 1]);
    let error = model().node("Foo", "x", "y", &[]).read("y").expect_err("no such operator");
    assert_eq!(error, "Foo y: the operator is not supported");
    let error = model()
        .node("QLinearConv", CONVOLUTION, "y", &[("group", &[2]), ("dilations", &[2, 2])])
        .read("y")
        .expect_err("dilations");
    assert_eq!(error, "QLinearConv y: dilations other than 1 are not supported");
    let error =
        model().node("QLinearConv", "x x_s x_z", "y", &[]).read("y").expect_err("no inputs");
    assert!(error.starts_with("QLinearConv y: input 3"), "{error}");
    let error = model().node("Identity", "q", "y", &[]).read("y").expect_err("no such value");
    assert!(error.contains("\"q\""), "{error}");
    let error = model().read("z").expect_err("no such output");
    assert_eq!(error, "output z: no node makes it");
}

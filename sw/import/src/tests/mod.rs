//! Small models, made here: what the files in `sw/models` do not have.

mod movement;

use prost::Message;
use systole_compiler::network::{Input, Network, Operation, Output, Shape, interpret, tail};

use crate::proto::{
    Attribute, Dimension, Graph, Model, Node, Tensor, TensorShape, TensorType, ValueInfo,
    ValueType, data_type,
};
use crate::read_model;

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
            float: values[0] as f32 / 4.0,
            ..Attribute::default()
        };
        let microsoft = [
            "QLinearAdd",
            "QGemm",
            "QLinearSoftmax",
            "QLinearConcat",
            "QLinearAveragePool",
            "QLinearLeakyRelu",
        ]
        .contains(&operator);
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

    fn read(self, output: &str) -> Result<Network, String> {
        Ok(self.read_model(output)?.network)
    }

    fn read_model(mut self, output: &str) -> Result<crate::Model, String> {
        self.graph.outputs.push(ValueInfo { name: output.into(), value_type: None });
        let model = Model { graph: Some(self.graph) };
        read_model(&model.encode_to_vec()).map_err(|e| e.to_string())
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
fn both_ends_have_the_order_that_the_caller_sees() {
    let ends = |builder: Builder, output| {
        let model = builder.read_model(output).expect("it is supported");
        (model.input.channels_first, model.output.channels_first)
    };
    let convolution = |x: &str| {
        pointwise(&[2, 3, 5, 7], [4, 1, 1, 1]).node(
            "QLinearConv",
            &CONVOLUTION.replacen('x', x, 1),
            "y",
            &[("group", &[2])],
        )
    };
    assert_eq!(ends(convolution("x"), "y"), (true, true));
    assert_eq!(ends(convolution("x").node("Flatten", "y", "f", &[]), "f"), (true, true));
    let back = convolution("x").node("Transpose", "y", "t", &[("perm", &[0, 2, 3, 1])]);
    assert_eq!(ends(back, "t"), (true, false));

    // [1, 2, 1, 2] in NHWC: a line of two channels, two pixels high.
    let transposed = pointwise(&[2, 3, 5, 7], [4, 1, 1, 1])
        .node("Transpose", "x", "t", &[("perm", &[0, 3, 1, 2])])
        .node("QLinearConv", &CONVOLUTION.replacen('x', "t", 1), "y", &[("group", &[2])]);
    let model = transposed.read_model("y").expect("it is supported");
    assert_eq!(model.input.shape, [1, 2, 1, 2]);
    assert_eq!((model.input.channels_first, model.output.channels_first), (false, true));
    let shape = Shape { height: 2, width: 1, channels: 2 };
    assert_eq!(model.network.shape(model.network.input), shape);
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

/// A convolution of two channels to two, 1 x 1, in QDQ form without its QuantizeLinear, whose
/// result is `c`. Sums have the scale 0.5 times 1 and 2.
fn between_quantisations(bias: Tensor) -> Builder {
    Builder::default()
        .input(data_type::INT8, &[1, 2, 1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.5, -3)
        .constant("w", signed(&[2, 2, 1, 1], &[2, 0, 0, 3]))
        .constant("w_s", floats(&[1.0, 2.0]))
        .constant("w_z", signed(&[2], &[0, 0]))
        .constant("b", bias)
        .node("DequantizeLinear", "x x_s x_z", "xd", &[])
        .node("DequantizeLinear", "w w_s w_z", "wd", &[("axis", &[0])])
        .node("Conv", "xd wd b", "c", &[])
}

#[test]
fn a_group_between_quantisations_is_the_operator_in_quantised_form() {
    // Steps of 0.5 and 1: ties to even.
    let network = between_quantisations(floats(&[1.25, -1.5]))
        .node("Relu", "c", "r", &[])
        .node("QuantizeLinear", "r y_s y_z", "y", &[])
        .read("y")
        .expect("it is supported");
    let Operation::Convolution(c) = &network.layers[0].operation else { panic!("no convolution") };
    // Less the input's zero point times the weights.
    assert_eq!(c.requantise.bias, [2 - 2, -2 - 3]);
    assert_eq!(c.requantise.multiplier, [1.0, 2.0]);
    assert_eq!(output(&network, &[3, 5, -1, 1]), [6 - 3, 2 * (12 - 2) - 3, -3, -3]);
}

#[test]
fn sums_and_pools_between_quantisations() {
    let network = Builder::default()
        .input(data_type::INT8, &[1, 2, 1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.25, -3)
        .node("DequantizeLinear", "x x_s x_z", "xd", &[])
        .node("Add", "xd xd", "s", &[])
        .node("QuantizeLinear", "s y_s y_z", "q", &[])
        .node("DequantizeLinear", "q y_s y_z", "d", &[])
        .node("MaxPool", "d", "m", &[("kernel_shape", &[1, 2])])
        .node("QuantizeLinear", "m y_s y_z", "mq", &[])
        .node("DequantizeLinear", "mq y_s y_z", "md", &[])
        .node("GlobalAveragePool", "md", "g", &[])
        .node("QuantizeLinear", "g x_s x_z", "y", &[])
        .read("y")
        .expect("it is supported");
    // 4 * (3 - 1) - 3 and so on, the larger pixel of each channel, and a mean of one pixel.
    assert_eq!(output(&network, &[3, 5, -1, 11]), [5, 21]);
}

#[test]
fn groups_that_are_not_supported_are_named() {
    let integers = |values: &[i32]| Tensor {
        data_type: data_type::INT32,
        int32_data: values.to_vec(),
        ..dims(&[values.len()])
    };
    let model = || between_quantisations(floats(&[0.0, 0.0]));
    let quantised = |model: Builder| model.node("QuantizeLinear", "c y_s y_z", "y", &[]).read("y");
    assert!(quantised(model()).is_ok());

    let error = model().read("c").expect_err("a float result");
    assert!(error.starts_with("Conv c: its result has to go"), "{error}");
    let error = quantised(model().node("Add", "c xd", "z", &[])).expect_err("two readers");
    assert!(error.starts_with("2 nodes are not supported\n  Conv c: its result has to"), "{error}");
    assert!(error.contains("\n  Add z: its result has to go"), "{error}");

    let mut other = model();
    other.graph.nodes[1].attributes[0].int = 1;
    let error = quantised(other).expect_err("scales along the inputs");
    assert!(error.starts_with("Conv c: its weights have scales along axis 1"), "{error}");

    let bias = |scale: &[f32], zero: i32| {
        let mut model = between_quantisations(integers(&[4, -6]))
            .constant("b_s", floats(scale))
            .constant("b_z", integers(&[zero]));
        model.graph.nodes[2].inputs[2] = "bd".into();
        quantised(model.node("DequantizeLinear", "b b_s b_z", "bd", &[]))
    };
    let network = bias(&[0.5, 1.0], 0).expect("the scales of the sums");
    assert_eq!(output(&network, &[1, 1, 1, 1]), [4 - 3, -12 - 3, 4 - 3, -12 - 3]);
    for error in [bias(&[0.5, 1.1], 0), bias(&[0.5], 0), bias(&[0.5, 1.0], 1)] {
        let error = error.expect_err("another scale or a zero point");
        assert!(error.starts_with("Conv c: the scale of its bias"), "{error}");
    }
    let error = quantised(between_quantisations(floats(&[1e12, 0.0]))).expect_err("a large bias");
    assert_eq!(error, "Conv c: its bias does not fit int32");
}

/// A mean of four pixels with two channels, then what `rest` adds.
fn mean(axes: &[i64], scale: f32) -> Builder {
    Builder::default()
        .input(data_type::INT8, &[1, 2, 2, 2])
        .quantisation("x", 0.3, -128)
        .quantisation("m", scale, -128)
        .constant("w", signed(&[1, 2], &[2, 3]))
        .quantisation("w", 0.5, 0)
        .constant("b", floats(&[0.25]))
        .node("DequantizeLinear", "x x_s x_z", "xd", &[])
        .node("DequantizeLinear", "w w_s w_z", "wd", &[("axis", &[0])])
        .node("ReduceMean", "xd", "r", &[("axes", axes), ("keepdims", &[0])])
        .node("QuantizeLinear", "r m_s m_z", "q", &[])
        .node("DequantizeLinear", "q m_s m_z", "d", &[])
}

#[test]
fn a_float_mean_is_a_layer_only_where_integers_give_the_same() {
    // With steps of 1.21 / 4 no sum is near a tie.
    let network = mean(&[2, 3], 0.363).read("d").expect("it is supported");
    assert!(matches!(network.layers[0].operation, Operation::GlobalAveragePool(_)));
    assert_eq!(output(&network, &[-124, -128, -124, -128, -124, -128, -124, -126]), [-125, -128]);

    // Of half a step, as a quarter of all sums is, float roundings make a whole one or none.
    let error = mean(&[2, 3], 0.3)
        .node("Gemm", "d wd b", "g", &[("transB", &[1])])
        .node("QuantizeLinear", "g m_s m_z", "y", &[])
        .read("y")
        .expect_err("the product is to be a layer");
    assert!(error.starts_with("QGemm g: its input comes from a float operator"), "{error}");

    let error = mean(&[1, 2], 0.363).read("d").expect_err("channels");
    assert_eq!(error, "ReduceMean r: axes [1, 2] are not the pixels of a map");
    let error = mean(&[-1, 2, 3], 0.363).read("d").expect_err("an axis twice");
    assert_eq!(error, "ReduceMean r: axes [2, 3, 3] are not the pixels of a map");
}

#[test]
fn the_caller_computes_what_the_model_leaves_in_float() {
    // A layer before the mean: a network is at least one.
    let model = || {
        let mut model = mean(&[2, 3], 0.3);
        model.graph.nodes[0].inputs[0] = "p".into();
        let pool = Builder::default().node("MaxPool", "x", "p", &[("kernel_shape", &[1, 1])]);
        model.graph.nodes.splice(0..0, pool.graph.nodes);
        model
    };
    let gemm = [("transB", &[1i64][..])];
    let network = model().node("Gemm", "d wd b", "g", &gemm).read("g").expect("it is supported");
    let codes = output(&network, &[-124, -128, -124, -128, -124, -128, -124, -108]);
    let Output::Tail(steps) = &network.finish else { panic!("the output is {:?}", network.finish) };
    let real = tail(steps, network.shape(network.output), &codes)[0];
    // Means of 4 and 5 steps of 0.3, and weights 1 and 1.5.
    assert!((real - (1.2 + 2.25 + 0.25)).abs() < 1e-6, "{real}");

    let error = model()
        .node("Gemm", "d wd b", "g", &gemm)
        .node("Gemm", "d wd b", "h", &gemm)
        .read("g")
        .expect_err("two ends");
    assert!(error.contains("Gemm"), "{error}");
    let error = model().node("Gemm", "d wd b", "g", &[]).read("g").expect_err("not transposed");
    assert!(error.contains("scales along axis") || error.contains("transB"), "{error}");
}

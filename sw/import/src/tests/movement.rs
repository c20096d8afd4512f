//! Operators that move numbers, functions of one number, averages over windows, and the ends.

use systole_compiler::network::{Input, Operation, Output, Shape};

use super::{Builder, floats, output, signed};
use crate::proto::{Tensor, data_type};

fn integers(values: &[i64]) -> Tensor {
    Tensor {
        dims: vec![values.len() as i64],
        data_type: data_type::INT64,
        int64_data: values.to_vec(),
        ..Tensor::default()
    }
}

/// A map of two channels and two pixels, int8 with scale 0.5 and zero point 1, and what
/// DequantizeLinear makes of it: `d`.
fn model() -> Builder {
    Builder::default()
        .input(data_type::INT8, &[1, 2, 1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.25, -3)
        .node("DequantizeLinear", "x x_s x_z", "d", &[])
}

const MAP: [i8; 4] = [3, 5, -1, 11];

#[test]
fn numbers_of_two_scales_are_joined_in_the_scale_of_the_result() {
    let network = model()
        .node("QuantizeLinear", "d y_s y_z", "q", &[])
        .node("DequantizeLinear", "q y_s y_z", "e", &[])
        .node("Concat", "d e", "c", &[("axis", &[1])])
        .node("QuantizeLinear", "c y_s y_z", "y", &[])
        .read("y")
        .expect("it is supported");
    let codes = |q: i8| 2 * (q - 1) - 3;
    let pixel = |a: i8, b: i8| [codes(a), codes(b)].repeat(2);
    assert_eq!(output(&network, &MAP), [pixel(3, 5), pixel(-1, 11)].concat());

    let network = Builder::default()
        .input(data_type::INT8, &[1, 2, 1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.25, -3)
        .node("QLinearConcat", "y_s y_z x x_s x_z x x_s x_z", "y", &[("axis", &[-1])])
        .read("y")
        .expect("it is supported");
    assert_eq!(network.shape(network.output).width, 4);
    let line = MAP.map(codes);
    assert_eq!(output(&network, &MAP), [line, line].concat());
}

#[test]
fn numbers_that_mean_the_same_are_joined_without_quantisation() {
    let network = model().node("Concat", "d d", "c", &[("axis", &[2])]).read("c");
    let network = network.expect("it is supported");
    assert_eq!(network.finish, Output::Real { scale: 0.5, zero_point: 1 });
    assert_eq!(output(&network, &MAP), [MAP, MAP].concat());

    let error = model()
        .node("Neg", "d", "n", &[])
        .node("Concat", "d n", "c", &[("axis", &[2])])
        .read("c")
        .expect_err("two meanings");
    assert!(error.starts_with("Concat c: its inputs differ in type, scale"), "{error}");
    let error = model().node("Concat", "d d", "c", &[("axis", &[0])]).read("c");
    let error = error.expect_err("a batch");
    assert!(error.contains("the batch is one image"), "{error}");
}

#[test]
fn maps_are_cut_and_split() {
    let network = model()
        .constant("from", integers(&[-1]))
        .constant("to", integers(&[i64::MAX]))
        .constant("axis", integers(&[3]))
        .node("Slice", "x from to axis", "s", &[])
        .read("s")
        .expect("it is supported");
    assert_eq!(output(&network, &MAP), [-1, 11]);

    let mut split = model();
    split = split.node("Split", "x", "a", &[("axis", &[1]), ("num_outputs", &[2])]);
    split.graph.nodes[1].outputs = vec!["a".into(), "b".into()];
    let network = split.node("Concat", "b a", "y", &[("axis", &[1])]).read("y");
    let network = network.expect("it is supported");
    assert_eq!(output(&network, &MAP), [5, 3, 11, -1]);

    let error = model()
        .constant("from", integers(&[1]))
        .constant("to", integers(&[0]))
        .constant("axis", integers(&[3]))
        .constant("step", integers(&[-1]))
        .node("Slice", "x from to axis step", "s", &[])
        .read("s")
        .expect_err("backwards");
    assert_eq!(error, "Slice s: step -1 is not supported, only forward");
}

#[test]
fn pads_are_codes_of_what_stands_for_the_number() {
    let pad = |input: &str, value: Tensor| {
        model()
            .constant("pads", integers(&[0, 0, 0, 1, 0, 1, 0, -1]))
            .constant("value", value)
            .node("Pad", &format!("{input} pads value"), "p", &[])
            .read("p")
    };
    let network = pad("x", signed(&[], &[9])).expect("it is supported");
    assert_eq!(output(&network, &MAP), [9, 9, 9, 3, 5, 9]);
    // 2.0 is 4 steps of 0.5 above the zero point 1.
    let real = |value: f32| Tensor { dims: Vec::new(), ..floats(&[value]) };
    let network = pad("d", real(2.0)).expect("it is supported");
    assert_eq!(output(&network, &MAP), [5, 5, 5, 3, 5, 5]);
    let error = pad("d", real(0.3)).expect_err("no step");
    assert_eq!(error, "Pad p: no code of its input stands for what it pads with");
}

#[test]
fn pixels_are_repeated_and_blocks_are_channels() {
    let resize = |scales: &[f32]| {
        model().constant("s", floats(scales)).node("Resize", "x - s", "r", &[]).read("r")
    };
    let network = resize(&[1.0, 1.0, 2.0, 1.5]).expect("it is supported");
    let shape = Shape { height: 2, width: 3, channels: 2 };
    assert_eq!(network.shape(network.output), shape);
    // Pixels -0.17, 0.5 and 1.17: halves go down.
    let line = [3, 5, 3, 5, -1, 11];
    assert_eq!(output(&network, &MAP), [line, line].concat());
    let error = resize(&[2.0, 1.0, 1.0, 1.0]).expect_err("a batch");
    assert!(error.contains("the batch is one image"), "{error}");

    let deep = model().node("SpaceToDepth", "x", "y", &[("blocksize", &[2])]);
    let error = deep.read("y").expect_err("one line");
    assert!(error.starts_with("SpaceToDepth y: its sides are not multiples"), "{error}");
}

#[test]
fn functions_of_a_code_are_tables_and_bounds_are_not() {
    let network = model()
        .node("LeakyRelu", "d", "l", &[("alpha", &[1])])
        .node("Neg", "l", "n", &[])
        .node("QuantizeLinear", "n x_s x_z", "y", &[])
        .read("y")
        .expect("it is supported");
    assert_eq!(network.layers.len(), 1, "one table for both");
    // The builder makes an alpha of 1/4; a half goes to the even step.
    assert_eq!(output(&network, &[3, 5, -1, -7]), [-1, -3, 1, 3]);

    // A bound of a map that others read, too, is a table.
    let network = model()
        .node("Relu", "d", "r", &[])
        .node("QuantizeLinear", "r x_s x_z", "q", &[])
        .node("Concat", "q x", "y", &[("axis", &[1])])
        .read("y")
        .expect("it is supported");
    assert!(matches!(network.layers[0].operation, Operation::Table(_)));
    assert_eq!(output(&network, &MAP), [3, 5, 3, 5, 1, 11, -1, 11]);

    let network = Builder::default()
        .input(data_type::INT8, &[1, 2])
        .quantisation("x", 0.5, 1)
        .quantisation("y", 0.25, -3)
        .node("QLinearLeakyRelu", "x x_s x_z y_s y_z", "y", &[("alpha", &[1])])
        .read("y")
        .expect("it is supported");
    assert_eq!(output(&network, &[3, -7]), [1, -7]);

    let error = model().node("Relu", "x", "r", &[]).read("r").expect_err("codes");
    assert_eq!(error, "Relu r: is supported between DequantizeLinear and QuantizeLinear");
}

#[test]
fn averages_are_layers_where_no_mean_is_near_a_tie() {
    let average = |scale: f32, attributes: &[(&str, &[i64])]| {
        let attributes = [&[("kernel_shape", &[1i64, 2][..])], attributes].concat();
        model()
            .quantisation("a", scale, 0)
            .node("AveragePool", "d", "p", &attributes)
            .node("QuantizeLinear", "p a_s a_z", "y", &[])
            .read("y")
    };
    let network = average(0.37, &[]).expect("it is supported");
    // Means of 0 and 3.5.
    assert_eq!(output(&network, &MAP), [0, 9]);
    let network = average(0.37, &[("pads", &[0, 1, 0, 0]), ("count_include_pad", &[1])]);
    // And before them of 0.5 and 1.
    assert_eq!(output(&network.expect("it is supported"), &MAP), [1, 3, 0, 9]);

    let error = average(0.37, &[("pads", &[0, 1, 0, 0])]).expect_err("two divisors");
    assert!(error.contains("windows at the borders have fewer pixels"), "{error}");
    let error = average(0.3, &[]).expect_err("half of the sums are ties, almost");
    assert!(error.contains("so near a tie"), "{error}");
}

#[test]
fn batches_are_run_image_by_image() {
    let batch = |element: i32, dims: &[i64], shape: &[i64]| {
        let model = Builder::default()
            .input(element, dims)
            .quantisation("x", 0.5, 1)
            .constant("shape", integers(shape))
            .node("QuantizeLinear", "x x_s x_z", "q", &[])
            .node("Reshape", "q shape", "y", &[]);
        model.read_model("y").expect("it is supported")
    };
    for (dims, shape) in [(&[5i64, 2, 1, 2][..], &[5i64, 4][..]), (&[0, 2, 1, 2], &[0, -1])] {
        let model = batch(data_type::FLOAT, dims, shape);
        assert_eq!(model.network.prepare, Input::Real { scale: 0.5, zero_point: 1 });
        assert_eq!(model.input.shape, [dims[0].max(1) as usize, 2, 1, 2]);
        // Nothing is computed but a copy.
        assert_eq!(output(&model.network, &MAP), MAP);
    }
    let model = batch(data_type::FLOAT, &[4], &[1, 4]);
    assert_eq!(model.input.shape, [1, 4]);
}

#[test]
fn pixels_go_to_other_lines() {
    let reshape = |shape: &[i64]| {
        model().constant("shape", integers(shape)).node("Reshape", "x shape", "y", &[]).read("y")
    };
    let network = reshape(&[1, 2, -1, 1]).expect("it is supported");
    let shape = Shape { height: 2, width: 1, channels: 2 };
    assert_eq!(network.shape(network.output), shape);
    assert_eq!(output(&network, &MAP), MAP);
    let error = reshape(&[1, 1, 2, 2]).expect_err("channels become pixels");
    assert!(error.contains("would move numbers between channels"), "{error}");
    let error = reshape(&[1, 3]).expect_err("an element is missing");
    assert!(error.contains("does not have the elements"), "{error}");
}

#[test]
fn all_nodes_that_are_not_supported_are_named() {
    let error = model()
        .node("Foo", "d", "f", &[])
        .node("QuantizeLinear", "f x_s x_z", "q", &[])
        .node("Bar", "q", "b", &[])
        .read("b")
        .expect_err("two operators");
    assert_eq!(
        error,
        "2 nodes are not supported\n  Foo f: the operator is not supported\n  Bar b: the operator \
         is not supported"
    );
}

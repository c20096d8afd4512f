//! Imported models, interpreted layer by layer, against ONNX Runtime's outputs.

use systole_compiler::network::{Layer, interpret, plan_network};
use systole_import::{read, read_model};

mod common;

use common::npu::{BASE, shape};
use common::{Case, FLOAT_IN_PART, UNRECORDED, file, recorded, step, sum_of};

fn check(case: &Case, inputs: usize) {
    for (i, input) in case.inputs.iter().enumerate().take(inputs) {
        let values = interpret(&case.network, input).expect("the input fits");
        case.check(i, values.get(case.network.output).expect("it was computed"));
    }
}

/// The interpreter is slow without optimisation.
fn inputs() -> usize {
    if cfg!(debug_assertions) { 2 } else { 64 }
}

/// Both forms of a model give what ONNX Runtime gave, by the same layers and the same plan.
fn mlperf_tiny(name: &str, macs: u64) {
    let [onnx, tflite] = ["_qoperator.onnx", ".tflite"].map(|form| Case::mlperf_tiny(name, form));
    for case in [&onnx, &tflite] {
        assert_eq!(case.network.macs(), macs);
        check(case, inputs());
    }
    let layers = |case: &Case| {
        let network = &case.network;
        let layer = |l: &Layer| (l.input, l.output, network.shape(l.output), l.operation.clone());
        network.layers.iter().map(layer).collect::<Vec<_>>()
    };
    assert_eq!(layers(&onnx), layers(&tflite));
    // The ONNX form transposes what comes in; both take NHWC.
    for form in ["_qoperator.onnx", ".tflite"] {
        let model = read_model(&file(&format!("mlperf-tiny/{name}{form}"))).expect("supported");
        assert!(!model.input.channels_first, "{name}{form}");
    }
    let ends = |case: &Case| (case.network.prepare, case.network.finish.clone());
    assert_eq!(ends(&onnx), ends(&tflite));
    let descriptors = |case: &Case| {
        let plan = plan_network(&shape(16, 32768), &case.network, BASE).expect("it fits");
        (plan.descriptors, plan.segments.into_iter().map(|s| s.bytes).collect::<Vec<_>>())
    };
    assert!(descriptors(&onnx) == descriptors(&tflite), "the plans differ");
}

#[test]
fn keyword_spotting() {
    mlperf_tiny("kws_ref_model", 2_656_768);
}

#[test]
fn resnet_8() {
    mlperf_tiny("pretrainedResnet_quant", 12_501_632);
}

#[test]
fn small_unet() {
    let case = Case::unet();
    assert_eq!(case.network.macs(), 1_037_568);
    check(&case, 8);
}

#[test]
fn digits() {
    for name in recorded() {
        let case = Case::digits(&name, step());
        let macs = match name.split('_').next() {
            Some("mlp") => 2_720,
            Some("cnn") => 89_152,
            _ => 533_824,
        };
        assert_eq!(case.network.macs(), macs, "{name}");
        check(&case, 450);
    }
}

/// Where ONNX Runtime computes convolutions in float, its roundings decide near ties: two logits
/// differ by a step from those of the same network in QOperator form, which are ours.
#[test]
fn digits_that_onnx_runtime_leaves_in_float_in_part() {
    let run = |case: &Case, input: &[i8]| {
        let values = interpret(&case.network, input).expect("the input fits");
        values.get(case.network.output).expect("it was computed").to_vec()
    };
    let case = Case::digits(FLOAT_IN_PART, step());
    let differences = case.differences(|input| run(&case, input));
    // Neither is among every 45th image.
    let known: &[_] = if step() == 1 { &[(190, 6), (396, 1)] } else { &[] };
    assert_eq!(differences, known);
    let twin = Case::digits("resnet_qop_s8s8_pc", step());
    assert_eq!(twin.differences(|input| run(&case, input)), []);
}

#[test]
fn digits_without_recorded_logits() {
    for (name, sums) in UNRECORDED {
        let case = Case::unrecorded_digits(name, step());
        case.check_sum(sum_of(sums, step()), |input| {
            let values = interpret(&case.network, input).expect("the input fits");
            values.get(case.network.output).expect("it was computed").to_vec()
        });
    }
}

/// Cut or changed files give errors or other networks, and do not panic.
#[test]
fn damaged_files_do_not_panic() {
    for name in ["cnn_qop_s8s8_pc", "cnn_qdq_s8s8_pc", "cnn_pt2e_qdq"] {
        let model = file(&format!("digits/{name}.onnx"));
        for end in (0..model.len()).step_by(61) {
            assert!(read(&model[..end]).is_err(), "{name}, {end} bytes");
        }
        for at in (0..model.len()).step_by(13) {
            let mut damaged = model.clone();
            damaged[at] ^= 0x55;
            let _ = read(&damaged);
        }
    }
}

//! Imported models, interpreted layer by layer, against ONNX Runtime's outputs.

use systole_compiler::network::interpret;
use systole_import::read;

mod common;

use common::{Case, file, step};

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

#[test]
fn keyword_spotting() {
    let case = Case::mlperf_tiny("kws_ref_model");
    assert_eq!(case.network.macs(), 2_656_768);
    check(&case, inputs());
}

#[test]
fn resnet_8() {
    let case = Case::mlperf_tiny("pretrainedResnet_quant");
    assert_eq!(case.network.macs(), 12_501_632);
    check(&case, inputs());
}

#[test]
fn digits() {
    for (name, macs) in [("mlp", 2_720), ("cnn", 89_152), ("resnet", 533_824)] {
        for types in ["s8s8_pc", "u8s8_pc", "u8u8_pt"] {
            let case = Case::digits(&format!("{name}_qop_{types}"), step());
            assert_eq!(case.network.macs(), macs, "{name}");
            check(&case, 450);
        }
    }
}

/// Cut or changed files give errors or other networks, and do not panic.
#[test]
fn damaged_files_do_not_panic() {
    let model = file("digits/cnn_qop_s8s8_pc.onnx");
    for end in (0..model.len()).step_by(61) {
        assert!(read(&model[..end]).is_err(), "{end} bytes");
    }
    for at in (0..model.len()).step_by(13) {
        let mut damaged = model.clone();
        damaged[at] ^= 0x55;
        let _ = read(&damaged);
    }
}

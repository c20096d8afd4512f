//! Whole networks as programs on the golden model's NPU, against ONNX Runtime's outputs.

use systole_compiler::NpuShape;
use systole_compiler::network::plan_network;

mod common;

use common::npu::{BASE, Npu, shape};
use common::{Case, step};

fn check(case: &Case, shape: &NpuShape, inputs: usize) {
    let program = plan_network(shape, &case.network, BASE).expect("the network fits");
    let mut npu = Npu::new(shape, &program);
    for (i, input) in case.inputs.iter().enumerate().take(inputs) {
        case.check(i, &npu.run(input));
    }
}

/// The model is slow without optimisation.
fn inputs() -> usize {
    if cfg!(debug_assertions) { 1 } else { 64 }
}

#[test]
fn keyword_spotting() {
    let case = Case::mlperf_tiny("kws_ref_model");
    for (dim, rows) in [(4, 8192), (8, 8192), (16, 8192)] {
        check(&case, &shape(dim, rows), inputs());
    }
}

#[test]
fn resnet_8() {
    let case = Case::mlperf_tiny("pretrainedResnet_quant");
    for (dim, rows) in [(4, 32768), (8, 8192), (16, 8192)] {
        check(&case, &shape(dim, rows), inputs());
    }
}

#[test]
fn digits() {
    for name in ["mlp", "cnn", "resnet"] {
        for types in ["s8s8_pc", "u8s8_pc"] {
            let case = Case::digits(&format!("{name}_qop_{types}"), step());
            for dim in [4, 8, 16] {
                check(&case, &shape(dim, 2048), 450);
            }
        }
    }
}

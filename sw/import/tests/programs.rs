//! Whole networks as programs on the golden model's NPU, against ONNX Runtime's outputs.

use systole_compiler::NpuShape;
use systole_compiler::network::{estimate, plan_network};

mod common;

use common::npu::{BASE, Npu, shape};
use common::{Case, FLOAT_IN_PART, UNRECORDED, recorded, step, sum_of};

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
    let case = Case::mlperf_tiny("kws_ref_model", "_qoperator.onnx");
    for (dim, rows) in [(4, 8192), (8, 8192), (16, 8192)] {
        check(&case, &shape(dim, rows), inputs());
    }
}

#[test]
fn resnet_8() {
    let case = Case::mlperf_tiny("pretrainedResnet_quant", "_qoperator.onnx");
    for (dim, rows) in [(4, 32768), (8, 8192), (16, 8192)] {
        check(&case, &shape(dim, rows), inputs());
    }
}

#[test]
fn small_unet() {
    let case = Case::unet();
    for (dim, rows) in [(4, 8192), (8, 8192), (16, 4096), (32, 4096)] {
        check(&case, &shape(dim, rows), 8);
    }
}

#[test]
fn digits() {
    for name in recorded() {
        let case = Case::digits(&name, step());
        for dim in [4, 8, 16] {
            check(&case, &shape(dim, 2048), 450);
        }
    }
}

#[test]
fn digits_that_onnx_runtime_leaves_in_float_in_part() {
    let case = Case::digits(FLOAT_IN_PART, step());
    let shape = shape(8, 2048);
    let program = plan_network(&shape, &case.network, BASE).expect("the network fits");
    let mut npu = Npu::new(&shape, &program);
    // Neither is among every 45th image.
    let known: &[_] = if step() == 1 { &[(190, 6), (396, 1)] } else { &[] };
    assert_eq!(case.differences(|input| npu.run(input)), known);
}

#[test]
fn digits_without_recorded_logits() {
    for (name, sums) in UNRECORDED {
        for (dim, step) in [(8, step()), (4, 45), (16, 45)] {
            let case = Case::unrecorded_digits(name, step);
            let shape = shape(dim, 2048);
            let program = plan_network(&shape, &case.network, BASE).expect("the network fits");
            let mut npu = Npu::new(&shape, &program);
            case.check_sum(sum_of(sums, step), |input| npu.run(input));
        }
    }
}

/// Rings of weights, parameters and accumulators that wrap often; narrow and wide buses.
#[test]
fn small_memories() {
    let case = Case::digits("resnet_qop_u8s8_pc", 45);
    let small = NpuShape {
        dim: 8,
        bus_bytes: 4,
        scratchpad_rows: 1024,
        accumulator_rows: 64,
        parameter_rows: 32,
        requantise_lanes: 4,
        sequential: false,
    };
    check(&case, &small, 10);
    check(&case, &NpuShape { dim: 4, bus_bytes: 32, scratchpad_rows: 2048, ..small }, 10);
    check(&case, &NpuShape { dim: 32, bus_bytes: 8, scratchpad_rows: 512, ..small }, 10);
}

#[test]
fn what_does_not_fit_is_an_error() {
    // With 2048 rows maps pass through the scratchpad; 32 are too few for a line of one.
    let case = Case::mlperf_tiny("kws_ref_model", "_qoperator.onnx");
    plan_network(&shape(4, 2048), &case.network, BASE).expect("maps pass through");
    plan_network(&shape(4, 32), &case.network, BASE).expect_err("a line is larger");
    let tiny = NpuShape { accumulator_rows: 16, ..shape(16, 8192) };
    let case = Case::mlperf_tiny("pretrainedResnet_quant", "_qoperator.onnx");
    let error = plan_network(&tiny, &case.network, BASE).expect_err("lines are longer");
    assert!(error.to_string().contains("accumulators"), "{error}");
}

/// The array is what limits a plan, by the estimate: other units wait for it.
#[test]
fn the_array_is_busy_nearly_always() {
    for (name, dim, share) in [
        ("kws_ref_model", 8, 0.97),
        ("kws_ref_model", 16, 0.93),
        ("pretrainedResnet_quant", 8, 0.99),
        ("pretrainedResnet_quant", 16, 0.97),
    ] {
        let case = Case::mlperf_tiny(name, "_qoperator.onnx");
        let shape = shape(dim, 8192);
        let program = plan_network(&shape, &case.network, BASE).expect("the network fits");
        let estimate = estimate(&shape, &program.descriptors);
        let busy = estimate.busy[1] as f64 / estimate.total as f64;
        assert!(busy > share, "{name} on {dim} x {dim}: {busy}");
    }
}

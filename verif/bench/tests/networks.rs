//! Whole networks in lockstep: the RTL's NPU gives what ONNX Runtime gave, byte for byte, and writes
//! what the golden model writes.

mod common;

use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_compiler::network::{Output, plan_network, softmax};
use systole_golden::elf::{Program, Segment};
use systole_verif::chip;
use systole_verif::run::{End, Engine, Report, Setup, run};

const FIRMWARE: &[u8] = include_bytes!("../../../sw/programs/npu_jobs.elf");
/// Where `npu_jobs.c` looks for the number of jobs and their lists.
const JOB_COUNT: u32 = 0x8000_fff0;
const JOB_TABLE: u32 = 0x8001_0000;
/// Where the network goes.
const NETWORK: u32 = 0x8010_0000;

/// A model with inputs and the outputs that ONNX Runtime gave.
struct Model {
    name: &'static str,
    onnx: &'static [u8],
    inputs: &'static [u8],
    outputs: &'static [u8],
}

macro_rules! model {
    ($name:literal) => {
        Model {
            name: $name,
            onnx: include_bytes!(concat!(
                "../../../sw/models/mlperf-tiny/",
                $name,
                "_qoperator.onnx"
            )),
            inputs: include_bytes!(concat!("../../../sw/models/mlperf-tiny/", $name, ".x.s8")),
            outputs: include_bytes!(concat!("../../../sw/models/mlperf-tiny/", $name, ".y.s8")),
        }
    };
}

/// Recorded inputs of a model.
const RECORDED: usize = 64;
/// Of these, those that are run here.
const INPUTS: usize = 4;

/// Runs the first inputs of a model on `preset` and compares with what was recorded.
fn recorded_outputs(model: &Model, preset: &str, engine: Engine) {
    let config = ChipConfig::preset(preset).expect("a preset");
    let library = common::library(&config, false);
    let network = systole_import::read(model.onnx).expect("the model is supported");
    let Output::Softmax { scale, .. } = network.finish else { panic!("no softmax at the end") };
    let shape = chip::target(&config).npu;
    let plan = plan_network(&shape, &network, NETWORK).expect("the model fits");
    let length = plan.output_shape.len();
    let (inputs, outputs) = (model.inputs.len() / RECORDED, model.outputs.len() / RECORDED);
    for index in 0..INPUTS {
        let mut program = Program::parse("npu_jobs.elf", FIRMWARE, config.memory.ram_bytes)
            .expect("the committed program is good");
        let word = |word: u32| word.to_le_bytes().to_vec();
        program.segments.extend(
            plan.segments.iter().map(|s| Segment { address: s.address, bytes: s.bytes.clone() }),
        );
        let input = model.inputs[index * inputs..][..inputs].to_vec();
        program.segments.push(Segment { address: plan.input, bytes: input });
        program.segments.push(Segment { address: JOB_COUNT, bytes: word(1) });
        program.segments.push(Segment { address: JOB_TABLE, bytes: word(plan.list) });
        // A signature has whole words.
        program.symbols.insert("begin_signature".into(), plan.output);
        let end = plan.output + length.next_multiple_of(4) as u32;
        program.symbols.insert("end_signature".into(), end);
        let setup = Setup {
            config: &config,
            library: Some(&library),
            max_instructions: 10_000_000,
            console: &mut std::io::sink(),
            trace: None,
            window: None,
            interrupted: &AtomicBool::new(false),
        };
        let Report { end, signature, .. } = run(&program, engine, setup).expect("enough memory");
        let context = format!("{} on {preset}, input {index}", model.name);
        assert_eq!(end, End::Exit(0), "{context}");
        let signature = signature.expect("symbols were set");
        let output: Vec<i8> = signature[..length].iter().map(|&byte| byte as i8).collect();
        let expected = model.outputs[index * outputs..][..outputs].iter().map(|&byte| byte as i8);
        assert_eq!(softmax(&output, scale), expected.collect::<Vec<_>>(), "{context}");
    }
}

#[test]
fn keyword_spotting_on_edge() {
    recorded_outputs(&model!("kws_ref_model"), "edge", Engine::Lockstep);
}

#[test]
fn image_classification_on_edge() {
    recorded_outputs(&model!("pretrainedResnet_quant"), "edge", Engine::Lockstep);
}

#[test]
fn keyword_spotting_on_apex() {
    recorded_outputs(&model!("kws_ref_model"), "apex", Engine::Rtl);
}

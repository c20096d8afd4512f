//! Whole networks in lockstep: the RTL's NPU gives what ONNX Runtime gave, byte for byte, and
//! writes what the golden model writes.

mod common;

use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_compiler::network::{
    Input, Network, Output, dequantise, plan_network, quantise, softmax,
};
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

/// Runs `network` on inputs, on `preset`, and gives its outputs.
fn outputs(network: &Network, inputs: &[Vec<u8>], preset: &str, engine: Engine) -> Vec<Vec<i8>> {
    let config = ChipConfig::preset(preset).expect("a preset");
    let library = common::library(&config, false);
    let shape = chip::target(&config).npu;
    let plan = plan_network(&shape, network, NETWORK).expect("the model fits");
    let length = plan.output_shape.len();
    let run_one = |(index, input): (usize, &Vec<u8>)| {
        let mut program = Program::parse("npu_jobs.elf", FIRMWARE, config.memory.ram_bytes)
            .expect("the committed program is good");
        let word = |word: u32| word.to_le_bytes().to_vec();
        program.segments.extend(
            plan.segments.iter().map(|s| Segment { address: s.address, bytes: s.bytes.clone() }),
        );
        program.segments.push(Segment { address: plan.input, bytes: input.clone() });
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
        assert_eq!(end, End::Exit(0), "input {index} on {preset}");
        let signature = signature.expect("symbols were set");
        signature[..length].iter().map(|&byte| byte as i8).collect()
    };
    inputs.iter().enumerate().map(run_one).collect()
}

/// Runs the first inputs of a model on `preset` and compares with what was recorded.
fn recorded_outputs(model: &Model, preset: &str, engine: Engine) {
    let network = systole_import::read(model.onnx).expect("the model is supported");
    let Output::Softmax { scale, .. } = network.finish else { panic!("no softmax at the end") };
    let chunks = |bytes: &[u8]| -> Vec<Vec<u8>> {
        bytes.chunks_exact(bytes.len() / RECORDED).take(INPUTS).map(<[u8]>::to_vec).collect()
    };
    let outputs = outputs(&network, &chunks(model.inputs), preset, engine);
    for (index, (output, expected)) in outputs.iter().zip(chunks(model.outputs)).enumerate() {
        let expected: Vec<i8> = expected.iter().map(|&byte| byte as i8).collect();
        let context = format!("{} on {preset}, input {index}", model.name);
        assert_eq!(softmax(output, scale), expected, "{context}");
    }
}

/// uint8 weights whose zero points leave int8 no room: each layer has two sets of weights, the
/// depthwise one in its mode.
#[test]
fn digits_with_uint8_weights_on_edge() {
    let onnx = include_bytes!("../../../sw/models/digits/cnn_qop_u8u8_pt.onnx");
    let images = include_bytes!("../../../sw/models/digits/inputs.u8");
    let logits = include_bytes!("../../../sw/models/digits/cnn_qop_u8u8_pt.logits.f32");
    let network = systole_import::read(onnx).expect("the model is supported");
    let (Input::Real { scale, zero_point }, Output::Real { scale: of, zero_point: zero }) =
        (network.prepare, &network.finish)
    else {
        panic!("the ends are real numbers")
    };
    let input = |image: &[u8]| {
        let pixels: Vec<f32> = image.iter().map(|&pixel| f32::from(pixel) / 16.0).collect();
        quantise(&pixels, scale, zero_point).iter().map(|&code| code as u8).collect()
    };
    let inputs: Vec<Vec<u8>> = images.chunks_exact(64).take(INPUTS).map(input).collect();
    let outputs = outputs(&network, &inputs, "edge", Engine::Lockstep);
    for (index, (output, expected)) in outputs.iter().zip(logits.chunks_exact(40)).enumerate() {
        let got: Vec<u8> =
            dequantise(output, *of, *zero).into_iter().flat_map(f32::to_le_bytes).collect();
        assert_eq!(got, expected, "image {index}");
    }
}

/// Maps that are joined, cut, padded and resized, averages, and tables; inputs are in NCHW.
#[test]
fn small_unet_on_edge() {
    let network = systole_import::read(include_bytes!("../../../sw/models/unet/unet.onnx"));
    let network = network.expect("the model is supported");
    let images = include_bytes!("../../../sw/models/unet/x.u8");
    let expected = include_bytes!("../../../sw/models/unet/y.u8");
    assert_eq!((network.prepare, &network.finish), (Input::Unsigned, &Output::Unsigned));
    let (inputs, pixels) = (3, 256);
    let input = |image: &[u8]| -> Vec<u8> {
        let places = (0..pixels).flat_map(|pixel| (0..inputs).map(move |c| c * pixels + pixel));
        places.map(|place| image[place] ^ 0x80).collect()
    };
    let inputs: Vec<_> = images.chunks_exact(inputs * pixels).take(INPUTS).map(input).collect();
    let outputs = outputs(&network, &inputs, "edge", Engine::Lockstep);
    let channels = network.shape(network.output).channels as usize;
    for (index, (output, expected)) in
        outputs.iter().zip(expected.chunks_exact(channels * pixels)).enumerate()
    {
        let at = |place: usize| output[place % pixels * channels + place / pixels] as u8 ^ 0x80;
        let got: Vec<u8> = (0..output.len()).map(at).collect();
        assert_eq!(got, expected, "image {index}");
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

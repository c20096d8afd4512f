//! The trained digits network on the chip: three fully connected layers as NPU jobs, started by a
//! C program on the hart, for all 450 test images; the logits equal ONNX Runtime's to the bit.

use std::sync::atomic::AtomicBool;

use serde::Deserialize;
use systole_chip::ChipConfig;
use systole_compiler::{Gemm, Matrix, Output, parameter_table, plan};
use systole_golden::elf::{Program, Segment};
use systole_verif::chip;
use systole_verif::run::{End, Engine, Report, Setup, run};

mod common;

const FIRMWARE: &[u8] = include_bytes!("../../../sw/programs/npu_jobs.elf");
const NETWORK: &str = include_str!("../../../sw/models/digits/mlp.json");
const INPUTS: &[u8] = include_bytes!("../../../sw/models/digits/inputs.u8");
const LOGITS: &[u8] = include_bytes!("../../../sw/models/digits/logits.f32");

const IMAGES: usize = 450;
/// Images that fit the smallest preset's RAM at once, beside the program.
const BATCH: usize = 150;
const PIXELS: usize = 64;
const CLASSES: usize = 10;

/// Where `npu_jobs.c` looks for the number of jobs and their lists.
const JOB_COUNT: u32 = 0x8000_fff0;
const JOB_TABLE: u32 = 0x8001_0000;

#[derive(Deserialize)]
struct Network {
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
struct Layer {
    inputs: usize,
    outputs: usize,
    weights: Vec<i8>,
    bias: Vec<i32>,
    input_scale_bits: u32,
    input_zero_point: i32,
    weight_scale_bits: Vec<u32>,
    output_scale_bits: u32,
    output_zero_point: i32,
}

impl Layer {
    /// The bias with the input's zero point folded in.
    fn folded_bias(&self) -> Vec<i32> {
        let sum = |n: usize| -> i32 {
            (0..self.inputs).map(|k| i32::from(self.weights[k * self.outputs + n])).sum()
        };
        self.bias.iter().enumerate().map(|(n, b)| b - self.input_zero_point * sum(n)).collect()
    }

    /// `fp32(fp32(sx * sw) / sy)` for each channel.
    fn multipliers(&self) -> Vec<f32> {
        let (x, y) =
            (f32::from_bits(self.input_scale_bits), f32::from_bits(self.output_scale_bits));
        self.weight_scale_bits.iter().map(|&w| x * f32::from_bits(w) / y).collect()
    }
}

/// Memory of one batch, growing upwards from the job table.
struct Memory {
    next: u32,
    segments: Vec<Segment>,
}

impl Memory {
    fn place(&mut self, bytes: Vec<u8>) -> u32 {
        let address = self.next.next_multiple_of(32);
        self.next = address + bytes.len() as u32;
        self.segments.push(Segment { address, bytes });
        address
    }
}

/// The program with the jobs of a batch in memory, and where the output is.
fn program(network: &Network, config: &ChipConfig, images: &[u8]) -> (Program, u32) {
    let mut program = Program::parse("npu_jobs.elf", FIRMWARE, config.memory.ram_bytes)
        .expect("the committed program is good");
    let shape = chip::target(config).npu;
    let batch = images.len() / PIXELS;
    let mut memory = Memory { next: JOB_TABLE + 64, segments: Vec::new() };
    let mut activations = memory.place(quantise(&network.layers[0], images));
    let mut lists = Vec::new();
    for layer in &network.layers {
        let output = memory.place(vec![0; batch * layer.outputs]);
        let weights = memory.place(layer.weights.iter().map(|&w| w as u8).collect());
        let table = parameter_table(shape.dim, &layer.folded_bias(), &layer.multipliers());
        let parameters = memory.place(table);
        let matrix = |address, columns: usize| Matrix { address, stride: columns as i32 };
        let gemm = Gemm {
            m: batch as u32,
            n: layer.outputs as u32,
            k: layer.inputs as u32,
            activations: matrix(activations, layer.inputs),
            weights: matrix(weights, layer.outputs),
            int4: false,
            output: matrix(output, layer.outputs),
            result: Output::Requantised {
                parameters,
                zero_point: layer.output_zero_point as i8,
                clamp_min: i8::MIN,
                clamp_max: i8::MAX,
                double_rounding: false,
            },
        };
        let list = plan(&shape, &gemm).expect("layers fit");
        lists.push(memory.place(list.iter().flat_map(|d| d.to_bytes()).collect()));
        activations = output;
    }
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect();
    program.segments.extend(memory.segments);
    program.segments.push(Segment { address: JOB_COUNT, bytes: words(&[lists.len() as u32]) });
    program.segments.push(Segment { address: JOB_TABLE, bytes: words(&lists) });
    program.symbols.insert("begin_signature".into(), activations);
    program.symbols.insert("end_signature".into(), activations + (batch * CLASSES) as u32);
    (program, activations)
}

/// ONNX QuantizeLinear of pixel / 16.
fn quantise(layer: &Layer, pixels: &[u8]) -> Vec<u8> {
    let scale = f32::from_bits(layer.input_scale_bits);
    let value = |&pixel: &u8| (f32::from(pixel) / 16.0 / scale).round_ties_even() as i32;
    let code = |pixel| (value(pixel) + layer.input_zero_point).clamp(-128, 127) as u8;
    pixels.iter().map(code).collect()
}

fn logits(layer: &Layer, codes: &[u8]) -> Vec<f32> {
    let scale = f32::from_bits(layer.output_scale_bits);
    let value = |&code: &u8| (i32::from(code as i8) - layer.output_zero_point) as f32 * scale;
    codes.iter().map(value).collect()
}

fn all_images(preset: &str, engine: Engine) {
    let config = ChipConfig::preset(preset).expect("a preset");
    let library = (engine != Engine::Golden).then(|| common::library(&config, false));
    let network: Network = serde_json::from_str(NETWORK).expect("the fixture is good");
    let last = network.layers.last().expect("layers");
    let expected: Vec<u32> =
        LOGITS.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().expect("4"))).collect();
    assert_eq!(expected.len(), IMAGES * CLASSES);
    for (batch, images) in INPUTS.chunks(BATCH * PIXELS).enumerate() {
        let (program, _) = program(&network, &config, images);
        let setup = Setup {
            config: &config,
            library: library.as_ref(),
            max_instructions: 10_000_000,
            console: &mut std::io::sink(),
            trace: None,
            window: None,
            interrupted: &AtomicBool::new(false),
        };
        let Report { end, signature, .. } = run(&program, engine, setup).expect("enough memory");
        assert_eq!(end, End::Exit(0), "batch {batch} on {}", engine.name());
        let got = logits(last, &signature.expect("symbols were set"));
        let expected = &expected[batch * BATCH * CLASSES..][..got.len()];
        let differing = got.iter().zip(expected).filter(|(g, e)| g.to_bits() != **e).count();
        assert_eq!(differing, 0, "logits of batch {batch} differ on {}", engine.name());
    }
}

#[test]
fn golden_model_gives_the_recorded_logits() {
    all_images("edge", Engine::Golden);
}

#[test]
fn rtl_gives_the_recorded_logits_on_nano_in_lockstep() {
    all_images("nano", Engine::Lockstep);
}

#[test]
fn rtl_gives_the_recorded_logits_on_edge() {
    all_images("edge", Engine::Rtl);
}

//! Random networks whose maps do not fit the scratchpad, on the golden model, against the same
//! networks computed by plain loops. The golden model also tells whether a token is missing.

use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use systole_chip::ChipConfig;
use systole_compiler::network::{
    Add, Convolution, GlobalAveragePool, Input, Layer, MaxPool, Network, Operation, Output,
    Requantise, ResidualAdd, Shape, Tensor, interpret,
};
use systole_verif::infer::{Job, Planned, Runner};
use systole_verif::run::Engine;

/// What a layer is to be, where its shapes allow it.
#[derive(Clone, Debug)]
enum Kind {
    Full {
        kernel: u32,
        stride: u32,
        pad: u32,
        channels: u32,
    },
    Depthwise {
        kernel: u32,
        stride: u32,
    },
    Maximum {
        kernel: u32,
        stride: u32,
        pad: u32,
    },
    /// To the newest earlier map of the same shape.
    Add,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        4 => (1u32..6, 1u32..4, 0u32..3, 1u32..50).prop_map(|(kernel, stride, pad, channels)| {
            Kind::Full { kernel, stride, pad: pad.min(kernel - 1), channels }
        }),
        2 => (2u32..4, 1u32..3).prop_map(|(kernel, stride)| Kind::Depthwise { kernel, stride }),
        1 => (1u32..4, 1u32..3, 0u32..2).prop_map(|(kernel, stride, pad)| {
            Kind::Maximum { kernel, stride, pad: pad.min(kernel - 1) }
        }),
        3 => Just(Kind::Add),
    ]
}

/// Numbers that look random, the same every time.
struct Noise(u64);

impl Noise {
    fn next(&mut self, most: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32 % most
    }

    fn code(&mut self) -> i8 {
        self.next(256) as u8 as i8
    }
}

struct Maker {
    network: Network,
    noise: Noise,
}

impl Maker {
    fn new(input: Shape, seed: u64) -> Self {
        let network = Network {
            tensors: vec![Tensor { name: "input".into(), shape: input }],
            layers: Vec::new(),
            input: 0,
            prepare: Input::Signed,
            output: 0,
            finish: Output::Signed,
        };
        Self { network, noise: Noise(seed) }
    }

    fn push(&mut self, shape: Shape, operation: Operation) {
        let input = self.network.output;
        let output = self.network.tensors.len();
        let name = format!("layer {}", self.network.layers.len());
        self.network.tensors.push(Tensor { name: name.clone(), shape });
        self.network.layers.push(Layer { name, input, output, operation });
        self.network.output = output;
    }

    /// Rounding of sums of `products` products.
    fn requantise(&mut self, channels: u32, products: u32) -> Requantise {
        let scale = 1.0 / (60.0 * f64::from(products).sqrt()) as f32;
        Requantise {
            bias: (0..channels).map(|_| self.noise.next(2000) as i32 - 1000).collect(),
            multiplier: (0..channels).map(|_| scale * (1 + self.noise.next(3)) as f32).collect(),
            zero_point: self.noise.code() / 8,
            clamp_min: -128,
            clamp_max: 127,
        }
    }

    fn convolution(&mut self, [kernel, stride, pad]: [u32; 3], channels: u32, depthwise: bool) {
        let input = self.network.shape(self.network.output);
        let side = |from: u32| (from + 2 * pad).checked_sub(kernel).map(|room| room / stride + 1);
        let (Some(height), Some(width)) = (side(input.height), side(input.width)) else { return };
        let seen = if depthwise { 1 } else { input.channels };
        let count = channels * seen * kernel * kernel;
        let convolution = Convolution {
            kernel: [kernel; 2],
            stride: [stride; 2],
            pads: [pad; 4],
            depthwise,
            weights: (0..count).map(|_| self.noise.code().into()).collect(),
            pad_value: self.noise.code(),
            requantise: self.requantise(channels, seen * kernel * kernel),
        };
        self.push(Shape { height, width, channels }, Operation::Convolution(convolution));
    }

    fn maximum(&mut self, [kernel, stride, pad]: [u32; 3]) {
        let input = self.network.shape(self.network.output);
        let side = |from: u32| (from + pad).checked_sub(kernel).map(|room| room / stride + 1);
        let (Some(height), Some(width)) = (side(input.height), side(input.width)) else { return };
        let pool = MaxPool { kernel: [kernel; 2], stride: [stride; 2], pads: [pad; 2] };
        let channels = input.channels;
        self.push(Shape { height, width, channels }, Operation::MaxPool(pool));
    }

    fn add(&mut self) {
        let (newest, shape) = (self.network.output, self.network.shape(self.network.output));
        let Some(other) = (0..newest).rev().find(|&id| self.network.shape(id) == shape) else {
            return;
        };
        let arithmetic = ResidualAdd::new((0.04, 3), (0.1, -4), (0.07, 9));
        self.push(shape, Operation::Add(Add { other, arithmetic }));
    }

    fn mean(&mut self) {
        let input = self.network.shape(self.network.output);
        let requantise =
            Requantise { multiplier: vec![1.0 / input.pixels() as f32], ..self.requantise(1, 1) };
        let pool = Operation::GlobalAveragePool(GlobalAveragePool { requantise });
        self.push(Shape::flat(input.channels), pool);
    }

    fn layer(&mut self, kind: &Kind) {
        match *kind {
            Kind::Full { kernel, stride, pad, channels } => {
                self.convolution([kernel, stride, pad], channels, false);
            }
            Kind::Depthwise { kernel, stride } => {
                let channels = self.network.shape(self.network.output).channels;
                self.convolution([kernel, stride, kernel / 2], channels, true);
            }
            Kind::Maximum { kernel, stride, pad } => self.maximum([kernel, stride, pad]),
            Kind::Add => self.add(),
        }
    }
}

/// A network of the layers, and an input.
fn network(input: Shape, kinds: &[Kind], mean: bool, seed: u64) -> Option<(Network, Vec<i8>)> {
    let mut maker = Maker::new(input, seed);
    kinds.iter().for_each(|kind| maker.layer(kind));
    if mean {
        maker.mean();
    }
    let codes = (0..input.len()).map(|_| maker.noise.code()).collect();
    (!maker.network.layers.is_empty()).then_some((maker.network, codes))
}

fn config(preset: &str, rows: u32) -> ChipConfig {
    let settings = [format!("npu.scratchpad_rows={rows}"), "npu.parameter_rows=256".into()];
    let config = ChipConfig::preset(preset).expect("a preset");
    config.with_settings(&settings).unwrap_or_else(|error| panic!("{error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn maps_that_pass_through_a_small_scratchpad_are_right(
        (height, width, channels) in (1u32..24, 1u32..24, 1u32..40),
        kinds in prop::collection::vec(kind(), 1..6),
        mean in any::<bool>(),
        seed in any::<u64>(),
        rows in prop::sample::select(vec![256u32, 512, 1024]),
        preset in prop::sample::select(vec!["edge", "apex"]),
    ) {
        let input = Shape { height, width, channels };
        let Some((network, codes)) = network(input, &kinds, mean, seed) else { return Ok(()) };
        let config = config(preset, rows);
        // A line of a large kernel over many channels may not fit.
        let planned = match Planned::new(&network, &config) { Ok(p) => p, Err(e) => { eprintln!("NOFIT {e}"); return Ok(()) } };
        eprintln!("FIT {}", planned.program.descriptors.len());
        let stop = AtomicBool::new(false);
        let mut runner = Runner::new(&config, Engine::Golden, None, &stop).expect("no library");
        let mut job = Job::new(&planned);
        job.set_input(&codes);
        let ran = runner.run(&job).map_err(|failure| TestCaseError::fail(failure.to_string()))?;
        let right = interpret(&network, &codes).expect("the network is consistent");
        let right = right.get(network.output).unwrap_or_default();
        let wrong = (0..right.len()).filter(|&i| right[i] != ran.output[i]).collect::<Vec<_>>();
        prop_assert!(wrong.is_empty(), "{} of {} differ, first {:?}", wrong.len(), right.len(), wrong.first());
    }
}

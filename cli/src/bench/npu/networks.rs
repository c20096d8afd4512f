//! Whole networks as jobs: two of MLPerf Tiny's models, and the shapes of the two others.

use systole_chip::ChipConfig;
use systole_compiler::network::{
    Convolution, GlobalAveragePool, Input, Layer, Network, Operation, Output, Requantise, Shape,
    Tensor, estimate, plan_network,
};

use super::{DATA, Job, pattern};

/// Models with their names.
const MODELS: [(&str, &[u8]); 2] = [
    (
        "ResNet-8",
        include_bytes!("../../../../sw/models/mlperf-tiny/pretrainedResnet_quant_qoperator.onnx"),
    ),
    (
        "DS-CNN KWS",
        include_bytes!("../../../../sw/models/mlperf-tiny/kws_ref_model_qoperator.onnx"),
    ),
];

/// A network that this NPU can hold, or why it cannot.
pub(super) type Planned = (String, Result<Job, String>);

/// All networks for a chip.
pub(super) fn jobs(config: &ChipConfig) -> Vec<Planned> {
    let models = MODELS.iter().map(|(name, bytes)| {
        let network = systole_import::read(bytes).expect("the committed models are good");
        (*name, network)
    });
    let made = [("MobileNetV1 0.25 96x96", mobilenet()), ("FC autoencoder", autoencoder())];
    models
        .chain(made)
        .map(|(name, network)| (name.to_owned(), plan(config, name, &network)))
        .collect()
}

fn plan(config: &ChipConfig, name: &str, network: &Network) -> Result<Job, String> {
    let shape = systole_verif::chip::target(config).npu;
    let program = plan_network(&shape, network, DATA).map_err(|error| error.to_string())?;
    let predicted = estimate(&shape, &program.descriptors).total;
    let mut segments: Vec<(u32, Vec<u8>)> =
        program.segments.into_iter().map(|segment| (segment.address, segment.bytes)).collect();
    segments.push((program.input, pattern(program.input_shape.len())));
    Ok(Job {
        name: name.to_owned(),
        macs: network.macs(),
        bytes: bytes(network),
        predicted,
        before: Vec::new(),
        list: program.descriptors,
        segments,
        end: program.end,
    })
}

/// Bytes of the input, and of weights, biases and multipliers.
fn bytes(network: &Network) -> u64 {
    network.shape(network.input).len() as u64 + constants(network)
}

/// Bytes of weights, biases and multipliers.
fn constants(network: &Network) -> u64 {
    let of_layer = |layer: &Layer| match &layer.operation {
        Operation::Convolution(c) => {
            c.weight_sets() as usize * c.weights.len() + 8 * c.requantise.bias.len()
        }
        _ => 0,
    };
    network.layers.iter().map(of_layer).sum::<usize>() as u64
}

/// Layers one behind the other, with weights that differ from each other.
struct Chain {
    network: Network,
}

impl Chain {
    fn new(input: Shape) -> Self {
        let tensors = vec![Tensor { name: "input".into(), shape: input }];
        let network = Network {
            tensors,
            layers: Vec::new(),
            input: 0,
            prepare: Input::Signed,
            output: 0,
            finish: Output::Signed,
        };
        Self { network }
    }

    fn shape(&self) -> Shape {
        self.network.shape(self.network.output)
    }

    fn layer(&mut self, operation: Operation, shape: Shape) {
        let network = &mut self.network;
        let name = format!("layer {}", network.layers.len());
        let output = network.tensors.len();
        network.tensors.push(Tensor { name: name.clone(), shape });
        network.layers.push(Layer { name, input: network.output, output, operation });
        network.output = output;
    }

    /// A square kernel with padding as TensorFlow's `same`.
    fn convolution(&mut self, side: u32, stride: u32, channels: u32, depthwise: bool) {
        let from = self.shape();
        let size = |length: u32| length.div_ceil(stride);
        let pads = |length: u32| {
            let pad = ((size(length) - 1) * stride + side).saturating_sub(length);
            (pad / 2, pad - pad / 2)
        };
        let ((top, bottom), (left, right)) = (pads(from.height), pads(from.width));
        let inputs = if depthwise { 1 } else { from.channels };
        let count = side * side * inputs * channels;
        let weights =
            (0..count).map(|i| ((i.wrapping_mul(0x85eb_ca6b) >> 24) as i8).into()).collect();
        let convolution = Convolution {
            kernel: [side, side],
            stride: [stride, stride],
            pads: [top, left, bottom, right],
            depthwise,
            weights,
            pad_value: -3,
            requantise: requantise(channels),
        };
        let shape = Shape { height: size(from.height), width: size(from.width), channels };
        self.layer(Operation::Convolution(convolution), shape);
    }

    fn mean(&mut self) {
        let channels = self.shape().channels;
        let pool = GlobalAveragePool { requantise: requantise(1) };
        self.layer(Operation::GlobalAveragePool(pool), Shape::flat(channels));
    }
}

fn requantise(channels: u32) -> Requantise {
    Requantise {
        bias: (0..channels as i32).map(|channel| 37 * channel - 500).collect(),
        multiplier: vec![0.002; channels as usize],
        zero_point: -3,
        clamp_min: -128,
        clamp_max: 127,
    }
}

/// MobileNetV1 with a quarter of the channels on 96 x 96 pixels, as in MLPerf Tiny's visual wake
/// words.
fn mobilenet() -> Network {
    let mut chain = Chain::new(Shape { height: 96, width: 96, channels: 3 });
    chain.convolution(3, 2, 8, false);
    let pairs = [(1, 16), (2, 32), (1, 32), (2, 64), (1, 64), (2, 128)];
    let deep = [(1, 128); 5].into_iter().chain([(2, 256), (1, 256)]);
    for (stride, channels) in pairs.into_iter().chain(deep) {
        let inputs = chain.shape().channels;
        chain.convolution(3, stride, inputs, true);
        chain.convolution(1, 1, channels, false);
    }
    chain.mean();
    chain.convolution(1, 1, 2, false);
    chain.network
}

/// MLPerf Tiny's autoencoder for anomaly detection.
fn autoencoder() -> Network {
    let mut chain = Chain::new(Shape::flat(640));
    for outputs in [128, 128, 128, 128, 8, 128, 128, 128, 128, 640] {
        chain.convolution(1, 1, outputs, false);
    }
    chain.network
}

#[cfg(test)]
mod tests {
    use systole_chip::ChipConfig;
    use systole_compiler::network::{Network, interpret, plan_network};
    use systole_golden::Machine;
    use systole_verif::chip;

    use super::{DATA, autoencoder, constants, mobilenet, pattern};

    /// The counts of the published models.
    #[test]
    fn networks_have_as_many_multiplications_as_the_models() {
        assert_eq!(mobilenet().macs(), 7_489_664);
        assert_eq!(autoencoder().macs(), 264_192);
        assert_eq!(constants(&autoencoder()), 277_568);
    }

    /// The plan of a network gives on the golden model what plain loops give.
    fn plan_is_right(preset: &str, network: &Network) {
        let config = ChipConfig::preset(preset).expect("a preset");
        let plan = plan_network(&chip::target(&config).npu, network, DATA).expect("it fits");
        let mut machine = Machine::new(&chip::golden_config(&config));
        let input = pattern(plan.input_shape.len());
        let mut segments: Vec<(u32, Vec<u8>)> = vec![(plan.input, input.clone())];
        segments.extend(plan.segments.into_iter().map(|s| (s.address, s.bytes)));
        for (address, bytes) in &segments {
            machine.write_memory(*address, bytes).expect("in the RAM");
        }
        let record = machine.run_job(plan.list).expect("no job runs");
        assert_eq!(record.end.cause, 0, "{preset}");
        let input: Vec<i8> = input.iter().map(|&byte| byte as i8).collect();
        let values = interpret(network, &input).expect("a good network");
        let expected = values.get(network.output).expect("it is computed");
        let output = machine.read_memory(plan.output, expected.len()).expect("in the RAM");
        let output: Vec<i8> = output.iter().map(|&byte| byte as i8).collect();
        assert_eq!(output, expected, "{preset}");
        assert!(output.iter().any(|&y| y != output[0]), "all the same says little");
    }

    #[test]
    fn plans_of_the_made_networks_are_right() {
        for preset in ["edge", "apex"] {
            plan_is_right(preset, &mobilenet());
            plan_is_right(preset, &autoencoder());
        }
    }
}

//! Every layer's map on an engine against the same network computed by plain loops, which know
//! nothing of the NPU.
//!
//! Maps stay in the scratchpad, and some as rings of a few lines. So each layer is seen as the output
//! of a network that ends with it, planned and run on its own: a whole run for each layer.

use systole_chip::ChipConfig;
use systole_compiler::network::{Layer, Network, Output, Shape, TensorId, interpret};

use super::layers::operation;
use super::{Error, Failure, Job, Planned, Runner};

/// A layer whose map is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Name of the model's node.
    pub layer: String,
    /// What it computes.
    pub operation: String,
    /// Elements of the map.
    pub elements: usize,
    /// Elements that differ.
    pub differing: usize,
    /// Line, pixel and channel of the first.
    pub first: [u32; 3],
    /// What the engine gave there.
    pub found: i8,
    /// What is right.
    pub expected: i8,
}

/// A network that ends with one of the layers.
struct Part {
    name: String,
    operation: String,
    output: TensorId,
    shape: Shape,
    job: Job,
}

/// The parts of a network, ready to be compared.
pub struct Checker {
    network: Network,
    parts: Vec<Part>,
    /// Layers that could not be planned alone, and why.
    pub unseen: Vec<(String, Error)>,
}

impl Checker {
    /// Plans a part for each layer.
    pub fn new(network: &Network, config: &ChipConfig) -> Self {
        let (mut parts, mut unseen) = (Vec::new(), Vec::new());
        for layer in &network.layers {
            match Planned::try_new(&until(network, layer.output), config) {
                Ok(planned) => parts.push(Part {
                    name: layer.name.clone(),
                    operation: operation(network, layer),
                    output: layer.output,
                    shape: network.shape(layer.output),
                    job: Job::new(&planned),
                }),
                Err(error) => unseen.push((layer.name.clone(), error)),
            }
        }
        Self { network: network.clone(), parts, unseen }
    }

    /// Layers that are compared.
    pub fn layers(&self) -> usize {
        self.parts.len()
    }

    /// Runs all parts on an input, int8 in NHWC, up to the first that differs. `whole` is what the
    /// network as one job gave.
    ///
    /// # Errors
    /// When a job does not end as it should, with the name of its layer.
    pub fn check(
        &mut self,
        input: &[i8],
        whole: &[i8],
        runner: &mut Runner,
    ) -> Result<Option<Difference>, (String, Failure)> {
        let right = interpret(&self.network, input)
            .map_err(|error| (String::new(), Failure::Broken(error.to_string())))?;
        for part in &mut self.parts {
            part.job.set_input(input);
            let ran = runner.run(&part.job).map_err(|failure| (part.name.clone(), failure))?;
            let expected = right.get(part.output).unwrap_or_default();
            if let Some(found) = part.difference(&ran.output, expected) {
                return Ok(Some(found));
            }
        }
        let output = self.network.output;
        let last = self.parts.iter().find(|part| part.output == output);
        let expected = right.get(output).unwrap_or_default();
        let whole = last.and_then(|part| part.difference(whole, expected));
        Ok(whole.map(|found| Difference {
            layer: format!("{} (of the whole network as one job)", found.layer),
            ..found
        }))
    }
}

/// The network with only what `output` needs.
fn until(network: &Network, output: TensorId) -> Network {
    let mut needed = vec![false; network.tensors.len()];
    needed[output] = true;
    let mut layers: Vec<Layer> = Vec::new();
    for layer in network.layers.iter().rev() {
        if needed[layer.output] {
            layer.reads().for_each(|id| needed[id] = true);
            layers.push(layer.clone());
        }
    }
    layers.reverse();
    Network { layers, output, finish: Output::Signed, ..network.clone() }
}

impl Part {
    fn difference(&self, found: &[i8], expected: &[i8]) -> Option<Difference> {
        let mut differing = (0..expected.len()).filter(|&i| found.get(i) != Some(&expected[i]));
        let first = differing.next()?;
        let (channels, width) = (self.shape.channels as usize, self.shape.width as usize);
        let place = [first / channels / width, first / channels % width, first % channels];
        Some(Difference {
            layer: self.name.clone(),
            operation: self.operation.clone(),
            elements: expected.len(),
            differing: 1 + differing.count(),
            first: place.map(|at| at as u32),
            found: found.get(first).copied().unwrap_or_default(),
            expected: expected[first],
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use systole_chip::ChipConfig;
    use systole_compiler::network::{Network, Operation};

    use super::Checker;
    use crate::infer::{Job, Planned, Runner};
    use crate::run::Engine;

    fn network() -> Network {
        let onnx = include_bytes!("../../../../sw/models/digits/resnet_qop_s8s8_pc.onnx");
        systole_import::read(onnx).expect("the model is supported")
    }

    /// The network with another bias in the convolution of number `layer`.
    fn spoilt(layer: usize) -> Network {
        let mut network = network();
        let Operation::Convolution(c) = &mut network.layers[layer].operation else {
            panic!("layer {layer} is no convolution")
        };
        c.requantise.bias[2] += 3000;
        network
    }

    #[test]
    fn the_first_layer_that_differs_is_named() {
        let config = ChipConfig::preset("edge").expect("a preset");
        let stop = AtomicBool::new(false);
        let mut runner = Runner::new(&config, Engine::Golden, None, &stop).expect("no library");
        let mut checker = Checker::new(&network(), &config);
        assert_eq!((checker.layers(), checker.unseen.len()), (10, 0));
        let input: Vec<i8> = (0..64).map(|i| (i * 37 % 128) as i8).collect();
        let mut job = Job::new(&Planned::new(&network(), &config).expect("it fits"));
        job.set_input(&input);
        let whole = runner.run(&job).expect("it ends").output;
        assert_eq!(checker.check(&input, &whole, &mut runner), Ok(None));

        // The engine runs the network; what is right is said to be another.
        checker.network = spoilt(2);
        let found = checker.check(&input, &whole, &mut runner).expect("jobs end");
        let found = found.expect("a layer differs");
        assert_eq!(found.layer, network().layers[2].name);
        assert_eq!(found.first[2], 2, "the channel with the other bias: {found:?}");
        assert_ne!(found.found, found.expected);

        checker.network = network();
        let mut wrong = whole;
        wrong[4] ^= 1;
        let found = checker.check(&input, &wrong, &mut runner).expect("jobs end");
        let found = found.expect("the whole differs");
        assert!(found.layer.contains("whole network"), "{found:?}");
        assert_eq!((found.first, found.differing), ([0, 0, 4], 1));
    }
}

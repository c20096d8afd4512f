//! A network with what its caller sees of it: types, shapes and the order of elements.

use systole_compiler::network::{
    Input, Network, Output, Shape, dequantise, quantise, softmax, tail,
};
use systole_import::{Format, ImportError, Port, read_model};

use super::{Array, Element, Error, Numbers};

/// A model that can be planned and run.
pub struct Model {
    /// The network, with maps in NHWC.
    pub network: Network,
    /// The input, as the model names it.
    pub input: Port,
    /// The output.
    pub output: Port,
    /// What kind of file it is.
    pub format: Format,
    /// Whether the caller's input and output are in NCHW, and differ from NHWC.
    channels_first: [bool; 2],
    output_shape: Vec<usize>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// When the bytes are no model, or the model has something that is not supported: names the
    /// node and the operator.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        let model = read_model(bytes).map_err(|error| {
            let help = match error {
                ImportError::NotOnnx(_) => {
                    "give an ONNX or TensorFlow Lite model, whole and not as text"
                }
                _ => {
                    "models quantised to int8 or uint8 are read, as ONNX in QOperator or QDQ \
                     form or as TensorFlow Lite: docs/models.md lists the operators"
                }
            };
            Error::new(error).help(help)
        })?;
        Ok(Self::new(model))
    }

    /// With what the caller sees.
    fn new(model: systole_import::Model) -> Self {
        let systole_import::Model { network, input, output, format } = model;
        let differs =
            |port: &Port, map: Shape| port.channels_first && map.channels > 1 && map.pixels() > 1;
        let map = network.shape(network.output);
        let mut channels_first =
            [differs(&input, network.shape(network.input)), differs(&output, map)];
        let length = finished(&network, &vec![0; map.len()]).len();
        // What a tail makes of a map is no map.
        channels_first[1] &= length == map.len();
        let output_shape = match output.shape.split_first() {
            Some((_, rest)) if rest.iter().product::<usize>() == length => rest.to_vec(),
            _ => vec![length],
        };
        Self { network, input, output, format, channels_first, output_shape }
    }

    /// Shape of one input, without the batch.
    pub fn input_shape(&self) -> &[usize] {
        self.input.shape.get(1..).unwrap_or_default()
    }

    /// Shape of one output, without the batch.
    pub fn output_shape(&self) -> &[usize] {
        &self.output_shape
    }

    /// Type of the input.
    pub fn input_element(&self) -> Element {
        match self.network.prepare {
            Input::Signed => Element::Int8,
            Input::Unsigned => Element::Uint8,
            Input::Real { .. } => Element::Float32,
        }
    }

    /// Type of the output.
    pub fn output_element(&self) -> Element {
        match self.network.finish {
            Output::Signed | Output::Softmax { unsigned: false, .. } => Element::Int8,
            Output::Unsigned | Output::Softmax { unsigned: true, .. } => Element::Uint8,
            Output::Real { .. } | Output::Tail(_) => Element::Float32,
        }
    }

    /// Numbers of one input.
    pub fn input_len(&self) -> usize {
        self.network.shape(self.network.input).len()
    }

    /// Whether the caller's input is in NCHW and has to be brought to NHWC.
    pub fn input_is_reordered(&self) -> bool {
        self.channels_first[0]
    }

    /// Whether the NPU's output, in NHWC, has to be brought to the caller's NCHW.
    pub fn output_is_reordered(&self) -> bool {
        self.channels_first[1]
    }

    /// What the NPU gets of input number `image`: int8, NHWC. The array has the model's type and
    /// shape, with a batch of any size.
    pub fn codes(&self, array: &Array, image: usize) -> Vec<i8> {
        let map = self.network.shape(self.network.input);
        let first = image * map.len();
        let places = (0..map.len()).map(|place| match self.channels_first[0] {
            true => first + to_channels_first(map, place),
            false => first + place,
        });
        match (array.numbers.pick(places), self.network.prepare) {
            (Numbers::Float32(x), Input::Real { scale, zero_point }) => {
                quantise(&x, scale, zero_point)
            }
            (Numbers::Int8(x), _) => x,
            (Numbers::Uint8(x), _) => x.iter().map(|&x| (x ^ 0x80) as i8).collect(),
            (Numbers::Float32(_), _) => Vec::new(),
        }
    }

    /// The model's output, made of what the NPU gives: int8, NHWC.
    pub fn outputs(&self, codes: &[i8]) -> Numbers {
        let map = self.network.shape(self.network.output);
        let numbers = finished(&self.network, codes);
        if !self.channels_first[1] {
            return numbers;
        }
        let (pixels, channels) = (map.pixels() as usize, map.channels as usize);
        numbers.pick((0..map.len()).map(|place| place % pixels * channels + place / pixels))
    }
}

/// The model's output, made of int8 codes, in the order of the codes.
fn finished(network: &Network, codes: &[i8]) -> Numbers {
    let unsigned = |codes: &[i8]| codes.iter().map(|&code| code as u8 ^ 0x80).collect();
    match &network.finish {
        Output::Signed => Numbers::Int8(codes.to_vec()),
        Output::Unsigned => Numbers::Uint8(unsigned(codes)),
        Output::Real { scale, zero_point } => {
            Numbers::Float32(dequantise(codes, *scale, *zero_point))
        }
        Output::Softmax { scale, unsigned: false } => Numbers::Int8(softmax(codes, *scale)),
        Output::Softmax { scale, unsigned: true } => {
            Numbers::Uint8(unsigned(&softmax(codes, *scale)))
        }
        Output::Tail(steps) => Numbers::Float32(tail(steps, network.shape(network.output), codes)),
    }
}

/// Place in NCHW of what is at `place` in NHWC.
fn to_channels_first(map: Shape, place: usize) -> usize {
    let channels = map.channels as usize;
    place % channels * map.pixels() as usize + place / channels
}

#[cfg(test)]
mod tests {
    use systole_compiler::network::{
        Input, Layer, MaxPool, Network, Operation, Output, Shape, Tensor,
    };

    use systole_import::{Format, Port};

    use super::Model;
    use crate::infer::{Array, Element, Numbers};

    const MAP: Shape = Shape { height: 1, width: 2, channels: 3 };

    fn model(shape: [usize; 4], channels_first: bool) -> Model {
        let pool = MaxPool { kernel: [1, 1], stride: [1, 1], pads: [0, 0] };
        let tensor = |name: &str| Tensor { name: name.into(), shape: MAP };
        let network = Network {
            tensors: vec![tensor("x"), tensor("y")],
            layers: vec![Layer {
                name: "pool".into(),
                input: 0,
                output: 1,
                operation: Operation::MaxPool(pool),
            }],
            input: 0,
            prepare: Input::Unsigned,
            output: 1,
            finish: Output::Unsigned,
        };
        let port = |name: &str| Port { name: name.into(), shape: shape.to_vec(), channels_first };
        let (input, output) = (port("x"), port("y"));
        Model::new(systole_import::Model { network, input, output, format: Format::Onnx })
    }

    #[test]
    fn channels_first_is_brought_to_channels_last_and_back() {
        let numbers = Numbers::Uint8((0..12).collect());
        let array = Array { shape: vec![2, 3, 1, 2], numbers };
        let first = model([1, 3, 1, 2], true);
        let codes = first.codes(&array, 1);
        assert_eq!(codes, [6, 8, 10, 7, 9, 11].map(|x| (x ^ 0x80u8) as i8));
        assert_eq!(first.outputs(&codes), Numbers::Uint8((6..12).collect()));
        // The same elements without a shape.
        let flat = model([1, 1, 1, 6], true);
        assert_eq!(flat.outputs(&codes), Numbers::Uint8((6..12).collect()));
        let last = model([1, 1, 2, 3], false);
        assert_eq!(last.codes(&array, 0), [0, 1, 2, 3, 4, 5].map(|x| (x ^ 0x80u8) as i8));
        assert_eq!(last.outputs(&codes), Numbers::Uint8(vec![6, 8, 10, 7, 9, 11]));
        assert_eq!((last.output_element(), last.output_shape()), (Element::Uint8, &[1, 2, 3][..]));
    }
}

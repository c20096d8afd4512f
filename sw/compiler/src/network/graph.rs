//! The graph: tensors and layers.

use super::{Arrange, ResidualAdd, TailStep};

/// Index of a tensor in [`Network::tensors`].
pub type TensorId = usize;

/// Height, width and channels of a map.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Lines.
    pub height: u32,
    /// Pixels of a line.
    pub width: u32,
    /// Channels of a pixel.
    pub channels: u32,
}

impl Shape {
    /// A vector.
    pub fn flat(channels: u32) -> Self {
        Self { height: 1, width: 1, channels }
    }

    /// Pixels.
    pub fn pixels(&self) -> u32 {
        self.height * self.width
    }

    /// Bytes.
    pub fn len(&self) -> usize {
        self.pixels() as usize * self.channels as usize
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An int8 map.
#[derive(Clone, PartialEq, Debug)]
pub struct Tensor {
    /// As the model names it.
    pub name: String,
    /// Its size.
    pub shape: Shape,
}

/// How int32 sums become int8: `clamp(round(fp32(sum + bias[c]) * multiplier[c]) + zero_point)`.
#[derive(Clone, PartialEq, Debug)]
pub struct Requantise {
    /// One for each output channel; what the input's zero point contributes is folded in.
    pub bias: Vec<i32>,
    /// One for each output channel.
    pub multiplier: Vec<f32>,
    /// Added after rounding.
    pub zero_point: i8,
    /// Lower bound of the result.
    pub clamp_min: i8,
    /// Upper bound of the result.
    pub clamp_max: i8,
}

/// A convolution; with a kernel as large as the map, a fully connected layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Convolution {
    /// Height and width.
    pub kernel: [u32; 2],
    /// Down and to the right.
    pub stride: [u32; 2],
    /// Lines and pixels outside the map: top, left, bottom, right.
    pub pads: [u32; 4],
    /// Each channel has its own kernel.
    pub depthwise: bool,
    /// `[out][y][x][in]`; depthwise `[channel][y][x]`. -255 to 255: a uint8 weight less its zero
    /// point. Where one does not fit int8, the plan computes with [`Self::weight_sets`].
    pub weights: Vec<i16>,
    /// Stands for channels outside the map: the input's zero point.
    pub pad_value: i8,
    /// What becomes of the sums.
    pub requantise: Requantise,
}

impl Convolution {
    /// How many int8 numbers each weight has to be the sum of: 1 if all fit int8. The array
    /// multiplies the same activations by one set after the other, and the accumulators add up what
    /// it gives.
    pub fn weight_sets(&self) -> u32 {
        let sets = |&w: &i16| (1..).find(|set| weight_part(w, *set) == 0).unwrap_or(1);
        self.weights.iter().map(sets).max().unwrap_or(1)
    }
}

/// What set number `set` holds of a weight: whatever the sets before it left over, saturated.
pub(super) fn weight_part(weight: i16, set: u32) -> i8 {
    let (weight, before) = (i32::from(weight), set as i32);
    let rest = match weight >= 0 {
        true => (weight - 127 * before).max(0),
        false => (weight + 128 * before).min(0),
    };
    rest.clamp(-128, 127) as i8
}

/// The mean over all pixels; bias and multiplier have one element for all channels.
#[derive(Clone, PartialEq, Debug)]
pub struct GlobalAveragePool {
    /// What becomes of the sums.
    pub requantise: Requantise,
}

/// Maxima over windows; pixels outside the map do not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxPool {
    /// Height and width.
    pub kernel: [u32; 2],
    /// Down and to the right.
    pub stride: [u32; 2],
    /// Lines above and pixels to the left of the map.
    pub pads: [u32; 2],
}

/// A residual add.
#[derive(Clone, PartialEq, Debug)]
pub struct Add {
    /// The second operand; the layer's input is the first.
    pub other: TensorId,
    /// The numbers.
    pub arithmetic: ResidualAdd,
}

/// A function of one code: entry `q + 128` is what becomes of `q`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table(pub [i8; 256]);

impl Table {
    /// What becomes of a code.
    pub fn apply(&self, q: i8) -> i8 {
        self.0[(i16::from(q) + 128) as usize]
    }
}

/// What a layer computes.
#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    /// Convolution, depthwise convolution or fully connected.
    Convolution(Convolution),
    /// Global average pool.
    GlobalAveragePool(GlobalAveragePool),
    /// Maximum pool.
    MaxPool(MaxPool),
    /// Residual add.
    Add(Add),
    /// Data that is moved.
    Arrange(Arrange),
    /// A function of each element.
    Table(Table),
}

/// A layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// As the model names it.
    pub name: String,
    /// What it reads; of an [`Arrange`] the source of its first piece.
    pub input: TensorId,
    /// What it makes.
    pub output: TensorId,
    /// How.
    pub operation: Operation,
}

/// What a caller has, and what it does to get the network's input.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Input {
    /// int8, as they are.
    Signed,
    /// uint8: xor 0x80.
    Unsigned,
    /// Real numbers, to be quantised.
    Real {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
}

/// What is left to do with the network's int8 output.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// Nothing.
    Signed,
    /// uint8: xor 0x80.
    Unsigned,
    /// Real numbers by `(q - zero_point) * scale`.
    Real {
        /// Of a step.
        scale: f32,
        /// int8 that stands for 0.
        zero_point: i8,
    },
    /// Softmax of `q * scale`, with steps of 1/256 from -128 on.
    Softmax {
        /// Of a step of the input.
        scale: f32,
        /// The result is uint8.
        unsigned: bool,
    },
    /// Real numbers by these steps: what the model does not quantise.
    Tail(Vec<TailStep>),
}

/// A network.
#[derive(Clone, PartialEq, Debug)]
pub struct Network {
    /// All maps.
    pub tensors: Vec<Tensor>,
    /// In an order in which they can be computed.
    pub layers: Vec<Layer>,
    /// The map that the caller fills.
    pub input: TensorId,
    /// How.
    pub prepare: Input,
    /// The map that is the result.
    pub output: TensorId,
    /// What the caller does with it.
    pub finish: Output,
}

impl Layer {
    /// The tensors that it reads; an add may read one twice.
    pub fn reads(&self) -> impl Iterator<Item = TensorId> + use<> {
        match &self.operation {
            Operation::Add(add) => vec![self.input, add.other],
            Operation::Arrange(arrange) => arrange.sources(),
            _ => vec![self.input],
        }
        .into_iter()
    }
}

impl Network {
    /// Shape of a tensor.
    pub fn shape(&self, id: TensorId) -> Shape {
        self.tensors[id].shape
    }

    /// Multiplications that the network asks for, without any that a plan adds.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(|layer| self.layer_macs(layer)).sum()
    }

    /// Multiplications of a layer; only convolutions have any.
    pub fn layer_macs(&self, layer: &Layer) -> u64 {
        let Operation::Convolution(convolution) = &layer.operation else { return 0 };
        u64::from(self.shape(layer.output).pixels()) * convolution.weights.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::weight_part;

    #[test]
    fn the_sets_add_up_to_the_weight_and_a_later_one_is_used_only_where_needed() {
        for weight in -255..=255 {
            let parts = [0, 1, 2].map(|set| weight_part(weight, set));
            assert_eq!(parts.map(i16::from).iter().sum::<i16>(), weight);
            assert_eq!(weight_part(weight, 3), 0);
            let used = parts.iter().filter(|&&part| part != 0).count();
            let needed = match weight {
                0 => 0,
                -128..=127 => 1,
                -255..=254 => 2,
                _ => 3,
            };
            assert_eq!(used, needed, "{weight}");
        }
    }
}

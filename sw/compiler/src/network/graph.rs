//! The graph: tensors and layers.

use super::{NetworkError, ResidualAdd};

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
    /// `[out][y][x][in]`; depthwise `[channel][y][x]`.
    pub weights: Vec<i8>,
    /// Stands for channels outside the map: the input's zero point.
    pub pad_value: i8,
    /// What becomes of the sums.
    pub requantise: Requantise,
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
}

/// A layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// As the model names it.
    pub name: String,
    /// What it reads.
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
#[derive(Clone, Copy, PartialEq, Debug)]
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
    /// The tensors that it reads.
    pub fn reads(&self) -> impl Iterator<Item = TensorId> {
        let other = match &self.operation {
            Operation::Add(add) => Some(add.other),
            _ => None,
        };
        std::iter::once(self.input).chain(other)
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

    /// Multiplications of a layer; a global average pool and an add have none.
    pub fn layer_macs(&self, layer: &Layer) -> u64 {
        let Operation::Convolution(convolution) = &layer.operation else { return 0 };
        u64::from(self.shape(layer.output).pixels()) * convolution.weights.len() as u64
    }

    /// Checks that indices, sizes and counts agree, so that later passes may rely on them.
    ///
    /// # Errors
    /// The first layer that is not consistent.
    pub fn check(&self) -> Result<(), NetworkError> {
        let mut made = vec![false; self.tensors.len()];
        let fault = |name: &str, reason: &str| Err(NetworkError::new(name, reason));
        for tensor in &self.tensors {
            let Shape { height, width, channels } = tensor.shape;
            let large = [height, width, channels].iter().any(|&size| size == 0 || size > 4095);
            if large {
                return fault(&tensor.name, "a side or the channels are not 1 to 4095");
            }
        }
        match made.get_mut(self.input) {
            Some(input) => *input = true,
            None => return fault("input", "there is no such tensor"),
        }
        for layer in &self.layers {
            if layer.reads().any(|id| made.get(id) != Some(&true)) {
                return fault(&layer.name, "reads a tensor that no earlier layer makes");
            }
            if made.get(layer.output) != Some(&false) {
                return fault(&layer.name, "makes a tensor that is there already");
            }
            self.check_layer(layer).map_err(|reason| NetworkError::new(&layer.name, reason))?;
            made[layer.output] = true;
        }
        if made.get(self.output) != Some(&true) || self.output == self.input {
            return fault("output", "no layer makes it");
        }
        Ok(())
    }

    fn check_layer(&self, layer: &Layer) -> Result<(), &'static str> {
        let (input, output) = (self.shape(layer.input), self.shape(layer.output));
        match &layer.operation {
            Operation::Convolution(c) => check_convolution(c, input, output),
            Operation::GlobalAveragePool(pool) => {
                let r = &pool.requantise;
                if output != Shape::flat(input.channels) {
                    return Err("the mean is not one pixel with the input's channels");
                }
                if r.bias.len() != 1 || r.multiplier.len() != 1 {
                    return Err("a mean has one bias and one multiplier");
                }
                Ok(())
            }
            Operation::MaxPool(p) => {
                let sizes = [p.kernel[0], p.kernel[1], p.stride[0], p.stride[1]];
                if sizes.contains(&0) {
                    return Err("a side of the kernel or a stride is 0");
                }
                if output.channels != input.channels {
                    return Err("a pool does not change the channels");
                }
                Ok(())
            }
            Operation::Add(add) => {
                if input != output || self.shape(add.other) != output {
                    return Err("the operands of an add have different shapes");
                }
                Ok(())
            }
        }
    }
}

fn check_convolution(c: &Convolution, input: Shape, output: Shape) -> Result<(), &'static str> {
    let sides = [c.kernel[0], c.kernel[1], c.stride[0], c.stride[1]];
    if sides.iter().any(|&side| side == 0 || side > 4095) || c.pads.iter().any(|&p| p > 4095) {
        return Err("a side of the kernel, a stride or a pad is out of range");
    }
    for (axis, (from, to)) in
        [(input.height, output.height), (input.width, output.width)].into_iter().enumerate()
    {
        let padded = from + c.pads[axis] + c.pads[axis + 2];
        if padded < c.kernel[axis] || (padded - c.kernel[axis]) / c.stride[axis] + 1 != to {
            return Err("the size of the output does not follow from that of the input");
        }
    }
    let taps = (c.kernel[0] * c.kernel[1]) as usize;
    let of_channel = if c.depthwise { 1 } else { input.channels as usize };
    if c.depthwise && input.channels != output.channels {
        return Err("a depthwise convolution does not change the channels");
    }
    if c.weights.len() != output.channels as usize * taps * of_channel {
        return Err("the number of weights does not follow from the shapes");
    }
    let r = &c.requantise;
    if r.bias.len() != output.channels as usize || r.multiplier.len() != r.bias.len() {
        return Err("there is not one bias and one multiplier for each output channel");
    }
    Ok(())
}

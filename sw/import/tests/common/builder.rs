//! Networks that grow layer by layer, with numbers that look random.

use proptest::prelude::*;
use systole_compiler::NpuShape;
use systole_compiler::network::{
    Convolution, Input, Layer, Network, Operation, Output, Requantise, Shape, Tensor, TensorId,
    interpret, plan_network,
};

use super::npu::{BASE, Npu, shape};

/// Numbers that look random.
pub struct Numbers(u64);

impl Numbers {
    pub fn next(&mut self) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }

    pub fn bytes(&mut self, count: usize) -> Vec<i8> {
        (0..count).map(|_| self.next() as i8).collect()
    }
}

/// A network that grows layer by layer.
pub struct Builder {
    pub network: Network,
    pub numbers: Numbers,
}

impl Builder {
    pub fn new(input: Shape, seed: u64) -> Self {
        let network = Network {
            tensors: vec![Tensor { name: "input".into(), shape: input }],
            layers: Vec::new(),
            input: 0,
            prepare: Input::Signed,
            output: 0,
            finish: Output::Signed,
        };
        Self { network, numbers: Numbers(seed) }
    }

    pub fn layer(&mut self, input: TensorId, shape: Shape, operation: Operation) -> TensorId {
        let output = self.network.tensors.len();
        let name = format!("layer {output}");
        self.network.tensors.push(Tensor { name: name.clone(), shape });
        self.network.layers.push(Layer { name, input, output, operation });
        self.network.output = output;
        output
    }

    pub fn requantise(&mut self, channels: usize, products: usize) -> Requantise {
        // Sums are about 74 * 74 * sqrt(products): most results are within int8.
        let scale = 1.0 / (100.0 * (products as f32).sqrt());
        let multiplier = |r: u32| scale * (1.0 + (r % 1000) as f32 / 1000.0);
        Requantise {
            bias: (0..channels).map(|_| self.numbers.next() as i32 % 20_000).collect(),
            multiplier: (0..channels).map(|_| multiplier(self.numbers.next())).collect(),
            zero_point: self.numbers.next() as i8 / 4,
            clamp_min: -120,
            clamp_max: 119,
        }
    }

    /// int8, or in every third layer all that the difference of two uint8 numbers can be.
    pub fn weights(&mut self, count: usize) -> Vec<i16> {
        match self.numbers.next() % 3 {
            0 => (0..count).map(|_| (self.numbers.next() % 511) as i16 - 255).collect(),
            _ => self.numbers.bytes(count).into_iter().map(i16::from).collect(),
        }
    }

    /// `None` where the kernel is larger than the padded map.
    pub fn convolution(&mut self, input: TensorId, g: &Geometry) -> Option<TensorId> {
        let from = self.network.shape(input);
        let channels = if g.depthwise { from.channels } else { g.channels };
        let of_channel = if g.depthwise { 1 } else { from.channels };
        let side = |size: u32, axis: usize| {
            let room = (size + g.pads[axis] + g.pads[axis + 2]).checked_sub(g.kernel[axis])?;
            Some(room / g.stride[axis] + 1)
        };
        let shape = Shape { height: side(from.height, 0)?, width: side(from.width, 1)?, channels };
        let products = (g.kernel[0] * g.kernel[1] * of_channel) as usize;
        let convolution = Convolution {
            kernel: g.kernel,
            stride: g.stride,
            pads: g.pads,
            depthwise: g.depthwise,
            weights: self.weights(products * channels as usize),
            pad_value: self.numbers.next() as i8,
            requantise: self.requantise(channels as usize, products),
        };
        Some(self.layer(input, shape, Operation::Convolution(convolution)))
    }

    /// Compares a program with the loops.
    pub fn check(self, dim: u32) {
        self.check_on(&shape(dim, 32768));
    }

    pub fn check_on(mut self, shape: &NpuShape) {
        let program = plan_network(shape, &self.network, BASE).expect("it fits");
        let input = self.numbers.bytes(self.network.shape(self.network.input).len());
        let values = interpret(&self.network, &input).expect("the input fits");
        let expected = values.get(self.network.output).expect("it was computed");
        assert_eq!(Npu::new(shape, &program).run(&input), expected);
    }
}

#[derive(Clone, Debug)]
pub struct Geometry {
    pub channels: u32,
    pub kernel: [u32; 2],
    pub stride: [u32; 2],
    pub pads: [u32; 4],
    pub depthwise: bool,
}

pub fn pointwise(channels: u32) -> Geometry {
    Geometry { channels, kernel: [1, 1], stride: [1, 1], pads: [0; 4], depthwise: false }
}

pub fn geometry(depthwise: bool) -> impl Strategy<Value = Geometry> {
    (
        1u32..40,
        [1u32..9, 1u32..9],
        [1u32..5, 1u32..5],
        [0u32..4, 0u32..4, 0u32..4, 0u32..4],
        Just(depthwise),
    )
        .prop_map(|(channels, kernel, stride, pads, depthwise)| Geometry {
            channels,
            kernel,
            stride,
            pads,
            depthwise,
        })
}

/// Sides of the array.
pub fn dim() -> impl Strategy<Value = u32> {
    proptest::sample::select(vec![2u32, 4, 8, 16, 32])
}

/// Networks that a property is tried on.
pub fn cases() -> u32 {
    if cfg!(debug_assertions) { 12 } else { 150 }
}

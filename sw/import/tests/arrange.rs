//! Data that is moved, and functions of each element, as programs on the golden model's NPU, against
//! plain loops.

use proptest::prelude::*;
use systole_compiler::NpuShape;
use systole_compiler::network::{
    Arrange, Convolution, Input, Layer, Network, Operation, Output, Piece, Requantise, Shape,
    Table, Tensor, TensorId, interpret, plan_network,
};

mod common;

use common::npu::{BASE, Npu, shape};

/// A network that grows layer by layer.
struct Builder {
    network: Network,
    seed: u64,
}

impl Builder {
    fn new(input: Shape, seed: u64) -> Self {
        let network = Network {
            tensors: vec![Tensor { name: "input".into(), shape: input }],
            layers: Vec::new(),
            input: 0,
            prepare: Input::Signed,
            output: 0,
            finish: Output::Signed,
        };
        Self { network, seed }
    }

    fn next(&mut self) -> u32 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as u32
    }

    fn layer(&mut self, input: TensorId, shape: Shape, operation: Operation) -> TensorId {
        let output = self.network.tensors.len();
        let name = format!("layer {output}");
        self.network.tensors.push(Tensor { name: name.clone(), shape });
        self.network.layers.push(Layer { name, input, output, operation });
        self.network.output = output;
        output
    }

    /// A pointwise convolution.
    fn convolution(&mut self, input: TensorId, channels: u32) -> TensorId {
        let from = self.network.shape(input);
        let weights = (0..channels * from.channels).map(|_| (self.next() as i8).into()).collect();
        let convolution = Convolution {
            kernel: [1, 1],
            stride: [1, 1],
            pads: [0; 4],
            depthwise: false,
            weights,
            pad_value: 0,
            requantise: Requantise {
                bias: (0..channels).map(|_| self.next() as i32 % 20_000).collect(),
                multiplier: vec![1.0 / (100.0 * (from.channels as f32).sqrt()); channels as usize],
                zero_point: 3,
                clamp_min: -128,
                clamp_max: 127,
            },
        };
        self.layer(input, Shape { channels, ..from }, Operation::Convolution(convolution))
    }

    fn table(&mut self, input: TensorId) -> TensorId {
        let entries = std::array::from_fn(|_| self.next() as i8);
        let shape = self.network.shape(input);
        self.layer(input, shape, Operation::Table(Table(entries)))
    }

    fn arrange(&mut self, shape: Shape, pieces: Vec<Piece>) -> TensorId {
        let fill = self.next() as i8;
        self.layer(pieces[0].source, shape, Operation::Arrange(Arrange { fill, pieces }))
    }

    /// Maps one behind the other along an axis.
    fn concat(&mut self, inputs: &[TensorId], axis: usize) -> TensorId {
        let mut at = [0; 3];
        let mut pieces = Vec::new();
        for &input in inputs {
            let piece = Piece::whole(input, self.network.shape(input), at);
            at[axis] += piece.size[axis];
            pieces.push(piece);
        }
        let [height, width, channels] =
            [0, 1, 2].map(|i| if i == axis { at[axis] } else { pieces[0].size[i] });
        self.arrange(Shape { height, width, channels }, pieces)
    }

    /// A box of a map, within pads.
    fn window(&mut self, input: TensorId, of: &Window) -> TensorId {
        let map = self.network.shape(input);
        let sides = [map.height, map.width, map.channels];
        let axes = [0, 1, 2];
        let from = axes.map(|i| of.from[i].min(sides[i] - 1));
        let size = axes.map(|i| (sides[i] - from[i]).div_ceil(of.step[i]));
        let [height, width, channels] =
            axes.map(|i| of.before[i] + (size[i] - 1) * of.spread[i] + 1 + of.behind[i]);
        let (step, to, spread) = (of.step, of.before, of.spread);
        let piece = Piece { source: input, size, from, step, to, spread };
        self.arrange(Shape { height, width, channels }, vec![piece])
    }

    /// Each pixel `factor` times down and to the right.
    fn resize(&mut self, input: TensorId, factor: [u32; 2]) -> TensorId {
        let map = self.network.shape(input);
        let [down, right] = factor;
        let places = (0..down).flat_map(|y| (0..right).map(move |x| [y, x, 0]));
        let spread = [down, right, 1];
        let pieces = places.map(|to| Piece { spread, ..Piece::whole(input, map, to) }).collect();
        let shape = Shape { height: map.height * down, width: map.width * right, ..map };
        self.arrange(shape, pieces)
    }

    /// Compares a program with the loops.
    fn check(mut self, dim: u32) {
        let shape: NpuShape = shape(dim, 65536);
        let program = plan_network(&shape, &self.network, BASE).expect("it fits");
        let length = self.network.shape(self.network.input).len();
        let input: Vec<i8> = (0..length).map(|_| self.next() as i8).collect();
        let values = interpret(&self.network, &input).expect("the input fits");
        let expected = values.get(self.network.output).expect("it was computed");
        assert_eq!(Npu::new(&shape, &program).run(&input), expected);
    }
}

#[derive(Clone, Debug)]
struct Window {
    from: [u32; 3],
    step: [u32; 3],
    before: [u32; 3],
    spread: [u32; 3],
    behind: [u32; 3],
}

fn window() -> impl Strategy<Value = Window> {
    let three = |range: std::ops::Range<u32>| [range.clone(), range.clone(), range];
    (three(0..9), three(1..5), three(0..10), three(1..4), three(0..10)).prop_map(
        |(from, step, before, spread, behind)| Window { from, step, before, spread, behind },
    )
}

fn map() -> impl Strategy<Value = Shape> {
    (1u32..12, 1u32..12, 1u32..40).prop_map(|(height, width, channels)| Shape {
        height,
        width,
        channels,
    })
}

fn dim() -> impl Strategy<Value = u32> {
    proptest::sample::select(vec![2u32, 4, 8, 16, 32])
}

fn cases() -> u32 {
    if cfg!(debug_assertions) { 12 } else { 150 }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(cases())
    })]

    /// Maps of any channels; that of the input among them, and one of them twice.
    #[test]
    fn concatenation(
        dim in dim(), map in map(), channels in [1u32..40, 1u32..40], axis in 0usize..3, seed: u64,
        last: bool,
    ) {
        let mut builder = Builder::new(map, seed);
        let channels = if axis == 2 { channels } else { [map.channels; 2] };
        let a = builder.convolution(0, channels[0]);
        let b = builder.convolution(0, channels[1]);
        let all = builder.concat(&[a, 0, b, a], axis);
        if !last {
            builder.convolution(all, 5);
        }
        builder.check(dim);
    }

    /// Boxes with steps, spread out within pads, along all axes.
    #[test]
    fn windows(dim in dim(), map in map(), of in window(), seed: u64, last: bool) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, map.channels);
        let window = builder.window(first, &of);
        if !last {
            builder.convolution(window, 9);
        }
        builder.check(dim);
    }

    /// Boxes whose channels stay in their lanes, with any step of lines and pixels.
    #[test]
    fn planes(dim in dim(), map in map(), of in window(), far in [1u32..8, 1u32..8], seed: u64) {
        let mut builder = Builder::new(map, seed);
        let axes = |of: [u32; 3], channels: u32| [of[0], of[1], channels];
        let window = Window {
            from: axes(of.from, (of.from[2] / 4).min((map.channels - 1) / dim) * dim),
            step: [far[0], far[1], 1],
            before: axes(of.before, of.before[2] / 4 * dim),
            spread: axes(of.spread, 1),
            behind: axes(of.behind, 0),
        };
        let moved = builder.window(0, &window);
        builder.convolution(moved, 9);
        builder.check(dim);
    }

    #[test]
    fn nearest_pixels(dim in dim(), map in map(), factor in [1u32..4, 1u32..4], seed: u64) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, map.channels);
        let large = builder.resize(first, factor);
        builder.convolution(large, 4);
        builder.check(dim);
    }

    /// Of a layer's results or of a map as it is, and of maps that other layers read, too.
    #[test]
    fn tables(
        dim in proptest::sample::select(vec![4u32, 8, 16, 32]), map in map(), kind in 0u32..4,
        seed: u64,
    ) {
        let mut builder = Builder::new(map, seed);
        let x = if kind & 1 == 1 { builder.convolution(0, map.channels) } else { 0 };
        let y = builder.table(x);
        let y = builder.table(y);
        match kind & 2 {
            0 => builder.concat(&[x, y], 2),
            _ => builder.convolution(y, 3),
        };
        builder.check(dim);
    }
}

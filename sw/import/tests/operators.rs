//! Single operators of any size as programs on the golden model's NPU, against plain loops.

use proptest::prelude::*;
use systole_compiler::NpuShape;
use systole_compiler::network::{Add, GlobalAveragePool, MaxPool, Operation, ResidualAdd, Shape};

mod common;

use common::builder::{Builder, Geometry, cases, dim, geometry, pointwise};
use common::npu::shape;

fn map() -> impl Strategy<Value = Shape> {
    (1u32..14, 1u32..14, 1u32..40).prop_map(|(height, width, channels)| Shape {
        height,
        width,
        channels,
    })
}

/// Maps with so few channels that taps are packed.
fn thin_map() -> impl Strategy<Value = Shape> {
    (4u32..24, 4u32..24, 1u32..5).prop_map(|(height, width, channels)| Shape {
        height,
        width,
        channels,
    })
}

/// Arrays that have a table memory.
fn table_dim() -> impl Strategy<Value = u32> {
    proptest::sample::select(vec![4u32, 8, 16, 32])
}

/// The packed input of a first convolution and its output do not fit together: the input comes in
/// a ring, with fewer parameters than channels once for each group of channels.
#[test]
fn first_convolution_with_its_input_in_a_ring() {
    for (dim, side, channels, parameter_rows) in
        [(8, 48, 32, 1024), (8, 48, 32, 32), (16, 64, 48, 32), (16, 63, 40, 1024)]
    {
        let mut builder = Builder::new(Shape { height: side, width: side, channels: 3 }, 7);
        let geometry = Geometry {
            channels,
            kernel: [3, 3],
            stride: [2, 2],
            pads: [0, 0, 1, 1],
            depthwise: false,
        };
        builder.convolution(0, &geometry).expect("the map is larger than the kernel");
        let shape = NpuShape { parameter_rows, ..shape(dim, 4096) };
        builder.check_on(&shape);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn first_convolution(dim in dim(), map in thin_map(), g in geometry(false), seed: u64) {
        let mut builder = Builder::new(map, seed);
        prop_assume!(builder.convolution(0, &g).is_some());
        builder.check(dim);
    }

    #[test]
    fn convolution_after_convolution(
        dim in dim(), map in map(), g in geometry(false), channels in 1u32..40, seed: u64,
    ) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, &pointwise(channels)).expect("any map has pixels");
        prop_assume!(builder.convolution(first, &g).is_some());
        builder.check(dim);
    }

    #[test]
    fn depthwise_between_pointwise(
        dim in dim(), map in map(), g in geometry(true), channels in 1u32..40, seed: u64,
    ) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, &pointwise(channels)).expect("any map has pixels");
        let Some(second) = builder.convolution(first, &g) else { return Ok(()) };
        builder.convolution(second, &pointwise(g.channels)).expect("any map has pixels");
        builder.check(dim);
    }

    #[test]
    fn depthwise_of_the_input(dim in dim(), map in map(), g in geometry(true), seed: u64) {
        let mut builder = Builder::new(map, seed);
        prop_assume!(builder.convolution(0, &g).is_some());
        builder.check(dim);
    }

    #[test]
    fn mean_and_fully_connected(dim in dim(), map in map(), outputs in 1u32..40, seed: u64) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, &pointwise(map.channels)).expect("any map has pixels");
        let pixels = map.pixels() as i32;
        let mut requantise = builder.requantise(1, 1);
        requantise.bias = vec![5 * pixels];
        requantise.multiplier = vec![2.0 / pixels as f32];
        let pool = Operation::GlobalAveragePool(GlobalAveragePool { requantise });
        let mean = builder.layer(first, Shape::flat(map.channels), pool);
        builder.convolution(mean, &pointwise(outputs)).expect("any map has pixels");
        builder.check(dim);
    }

    /// Weights and parameters come far ahead of their use, in memories that hold some of them.
    #[test]
    fn several_fully_connected(
        dim in dim(), sizes in proptest::collection::vec(1u32..150, 2..7), large: bool, seed: u64,
    ) {
        let mut builder = Builder::new(Shape::flat(sizes[0]), seed);
        for (input, &outputs) in sizes[1..].iter().enumerate() {
            builder.convolution(input, &pointwise(outputs)).expect("a vector has a pixel");
        }
        let (rows, parameter_rows) = if large { (32768, 1024) } else { (2048, 256) };
        builder.check_on(&NpuShape { parameter_rows, ..shape(dim, rows) });
    }

    #[test]
    fn fully_connected_over_a_map(dim in dim(), map in map(), outputs in 1u32..40, seed: u64) {
        let mut builder = Builder::new(map, seed);
        let first = builder.convolution(0, &pointwise(map.channels)).expect("any map has pixels");
        let kernel = [map.height, map.width];
        let g = Geometry { kernel, ..pointwise(outputs) };
        builder.convolution(first, &g).expect("the kernel is the map");
        // All weights of a tile of outputs are needed at once, at two rows each where they have 9 bits.
        builder.check_on(&shape(dim, 65536));
    }

    /// The largest map above with weights of 9 bits, which random maps seldom are.
    #[test]
    fn fully_connected_over_the_largest_map(seed: u64) {
        let mut builder = Builder::new(Shape { height: 13, width: 13, channels: 36 }, seed);
        let first = builder.convolution(0, &pointwise(36)).expect("any map has pixels");
        let g = Geometry { kernel: [13, 13], ..pointwise(1) };
        builder.convolution(first, &g).expect("the kernel is the map");
        builder.check_on(&shape(32, 65536));
    }

    #[test]
    fn maximum_pool(
        dim in dim(), map in map(), kernel in [1u32..8, 1u32..8], stride in [1u32..5, 1u32..5],
        pads in [0u32..8, 0u32..8], seed: u64, last: bool,
    ) {
        let mut builder = Builder::new(map, seed);
        let side = |size: u32, axis: usize| (size + pads[axis]).div_ceil(stride[axis]);
        let shape = Shape { height: side(map.height, 0), width: side(map.width, 1), ..map };
        let pool = Operation::MaxPool(MaxPool { kernel, stride, pads });
        let pooled = builder.layer(0, shape, pool);
        if !last {
            builder.convolution(pooled, &pointwise(9)).expect("any map has pixels");
        }
        builder.check(dim);
    }

    /// The sum of two convolutions, of a convolution and the input, or of the input with itself:
    /// with the add in the first, the second or neither; read by a depthwise layer or stored.
    #[test]
    fn residual_add(
        dim in table_dim(), map in map(), kind in 0u32..4, odd: bool, seed: u64,
        scales in [0.02f32..0.2, 0.02f32..0.2, 0.02f32..0.2],
    ) {
        let mut builder = Builder::new(map, seed);
        let branch = Geometry { kernel: [3, 3], pads: [1; 4], ..pointwise(map.channels) };
        let mut operand = |convolution: bool| match convolution {
            true => builder.convolution(0, &branch).expect("the map has pads"),
            false => 0,
        };
        let (a, b) = (operand(kind & 1 == 1), operand(kind & 2 == 2));
        let arithmetic = ResidualAdd::new((scales[0], 3), (scales[1], -20), (scales[2], 7));
        let sum = builder.layer(a, map, Operation::Add(Add { other: b, arithmetic }));
        if odd {
            let g = Geometry { depthwise: true, ..branch };
            builder.convolution(sum, &g).expect("the map has pads");
        }
        builder.check(dim);
    }
}

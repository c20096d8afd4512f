//! Data that is moved, and functions of each element, as programs on the golden model's NPU, against
//! plain loops.

use proptest::prelude::*;
use systole_compiler::network::{Arrange, Operation, Piece, Shape, Table, TensorId};

mod common;

use common::builder::{Builder, cases, dim, pointwise};
use common::npu::shape;

fn convolution(builder: &mut Builder, input: TensorId, channels: u32) -> TensorId {
    builder.convolution(input, &pointwise(channels)).expect("its kernel fits any map")
}

fn table(builder: &mut Builder, input: TensorId) -> TensorId {
    let entries = std::array::from_fn(|_| builder.numbers.next() as i8);
    let shape = builder.network.shape(input);
    builder.layer(input, shape, Operation::Table(Table(entries)))
}

fn arrange(builder: &mut Builder, shape: Shape, pieces: Vec<Piece>) -> TensorId {
    let fill = builder.numbers.next() as i8;
    builder.layer(pieces[0].source, shape, Operation::Arrange(Arrange { fill, pieces }))
}

/// Maps one behind the other along an axis.
fn concat(builder: &mut Builder, inputs: &[TensorId], axis: usize) -> TensorId {
    let mut at = [0; 3];
    let mut pieces = Vec::new();
    for &input in inputs {
        let piece = Piece::whole(input, builder.network.shape(input), at);
        at[axis] += piece.size[axis];
        pieces.push(piece);
    }
    let [height, width, channels] =
        [0, 1, 2].map(|i| if i == axis { at[axis] } else { pieces[0].size[i] });
    arrange(builder, Shape { height, width, channels }, pieces)
}

/// A box of a map, within pads.
fn box_of(builder: &mut Builder, input: TensorId, of: &Window) -> TensorId {
    let map = builder.network.shape(input);
    let sides = [map.height, map.width, map.channels];
    let axes = [0, 1, 2];
    let from = axes.map(|i| of.from[i].min(sides[i] - 1));
    let size = axes.map(|i| (sides[i] - from[i]).div_ceil(of.step[i]));
    let [height, width, channels] =
        axes.map(|i| of.before[i] + (size[i] - 1) * of.spread[i] + 1 + of.behind[i]);
    let (step, to, spread) = (of.step, of.before, of.spread);
    let piece = Piece { source: input, size, from, step, to, spread };
    arrange(builder, Shape { height, width, channels }, vec![piece])
}

/// Each pixel `factor` times down and to the right.
fn resize(builder: &mut Builder, input: TensorId, factor: [u32; 2]) -> TensorId {
    let map = builder.network.shape(input);
    let [down, right] = factor;
    let places = (0..down).flat_map(|y| (0..right).map(move |x| [y, x, 0]));
    let spread = [down, right, 1];
    let pieces = places.map(|to| Piece { spread, ..Piece::whole(input, map, to) }).collect();
    let shape = Shape { height: map.height * down, width: map.width * right, ..map };
    arrange(builder, shape, pieces)
}

/// Compares a program with the loops; all maps fit the scratchpad.
fn check(builder: Builder, dim: u32) {
    builder.check_on(&shape(dim, 65536));
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
        let a = convolution(&mut builder, 0, channels[0]);
        let b = convolution(&mut builder, 0, channels[1]);
        let all = concat(&mut builder, &[a, 0, b, a], axis);
        if !last {
            convolution(&mut builder, all, 5);
        }
        check(builder, dim);
    }

    /// Boxes with steps, spread out within pads, along all axes.
    #[test]
    fn windows(dim in dim(), map in map(), of in window(), seed: u64, last: bool) {
        let mut builder = Builder::new(map, seed);
        let first = convolution(&mut builder, 0, map.channels);
        let window = box_of(&mut builder, first, &of);
        if !last {
            convolution(&mut builder, window, 9);
        }
        check(builder, dim);
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
        let moved = box_of(&mut builder, 0, &window);
        convolution(&mut builder, moved, 9);
        check(builder, dim);
    }

    #[test]
    fn nearest_pixels(dim in dim(), map in map(), factor in [1u32..4, 1u32..4], seed: u64) {
        let mut builder = Builder::new(map, seed);
        let first = convolution(&mut builder, 0, map.channels);
        let large = resize(&mut builder, first, factor);
        convolution(&mut builder, large, 4);
        check(builder, dim);
    }

    /// Of a layer's results or of a map as it is, and of maps that other layers read, too.
    #[test]
    fn tables(
        dim in proptest::sample::select(vec![4u32, 8, 16, 32]), map in map(), kind in 0u32..4,
        seed: u64,
    ) {
        let mut builder = Builder::new(map, seed);
        let x = if kind & 1 == 1 { convolution(&mut builder, 0, map.channels) } else { 0 };
        let y = table(&mut builder, x);
        let y = table(&mut builder, y);
        match kind & 2 {
            0 => concat(&mut builder, &[x, y], 2),
            _ => convolution(&mut builder, y, 3),
        };
        check(builder, dim);
    }
}

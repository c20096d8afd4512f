//! Where the maps, weights and sums of two convolutions lie.

use std::ops::Range;

use systole_isa::Unit;

use super::{Content, Memory, Residence, merge, residences};
use crate::network::{
    Convolution, Input, Layer, Network, Operation, Output, Program, Requantise, Shape, Tensor,
    estimate, plan_network,
};
use crate::{NpuShape, TEST_SHAPE};

const SHAPE: NpuShape = TEST_SHAPE;

/// Maps of 24 x 24 pixels have more rows than this.
const SMALL: NpuShape = NpuShape { scratchpad_rows: 512, ..TEST_SHAPE };

/// Two convolutions of 3 x 3 over `side` x `side` pixels of 8 channels.
fn network(side: u32) -> Network {
    let map = Shape { height: side, width: side, channels: 8 };
    let tensor = |name: &str| Tensor { name: name.into(), shape: map };
    let convolution = || {
        Operation::Convolution(Convolution {
            kernel: [3, 3],
            stride: [1, 1],
            pads: [1; 4],
            depthwise: false,
            weights: (0..8 * 9 * 8).map(|i| i % 17 - 8).collect(),
            pad_value: 0,
            requantise: Requantise {
                bias: vec![1; 8],
                multiplier: vec![0.01; 8],
                zero_point: 0,
                clamp_min: -128,
                clamp_max: 127,
            },
        })
    };
    let layer = |id: usize| Layer {
        name: format!("c{id}"),
        operation: convolution(),
        input: id,
        output: id + 1,
    };
    Network {
        tensors: ["x", "a", "y"].map(tensor).into(),
        layers: vec![layer(0), layer(1)],
        input: 0,
        output: 2,
        prepare: Input::Signed,
        finish: Output::Signed,
    }
}

fn planned(shape: &NpuShape, side: u32) -> (Program, Vec<Residence>) {
    let program = plan_network(shape, &network(side), 0x8000_1000).expect("it fits");
    let spans = estimate(shape, &program.descriptors).spans;
    let spans: Vec<Range<u64>> = spans.into_iter().map(|(start, end)| start..end).collect();
    let found = residences(shape, &program, &spans);
    (program, found)
}

/// Rows that hold something at some time, and for how long.
fn held(all: &[Residence], memory: Memory, content: Content) -> (u32, Range<u64>) {
    let of = all.iter().filter(|of| (of.memory, of.content) == (memory, content));
    let mut rows: Vec<u32> = of.clone().flat_map(|of| of.rows.clone()).collect();
    rows.sort_unstable();
    rows.dedup();
    let from = of.clone().map(|of| of.time.start).min().unwrap_or(0);
    (rows.len() as u32, from..of.map(|of| of.time.end).max().unwrap_or(0))
}

#[test]
fn maps_weights_sums_and_parameters_are_where_the_layers_need_them() {
    let (program, all) = planned(&SHAPE, 6);
    let spans = estimate(&SHAPE, &program.descriptors).spans;
    let in_layer = |layer: usize| {
        let of = &program.layers[layer];
        let own = |&i: &usize| program.descriptors[i].unit() != Some(Unit::Load);
        let own = (of.first..=of.last).filter(own);
        let ends = own.clone().map(|i| spans[i].1).max().expect("it has descriptors");
        own.map(|i| spans[i].0).min().expect("it has descriptors")..ends
    };
    let [first, second] = [0, 1].map(in_layer);
    // A row holds a pixel.
    let (rows, time) = held(&all, Memory::Scratchpad, Content::Map(0));
    assert_eq!(rows, 36);
    assert!(first.start < time.start && time.start < first.end, "{time:?} in {first:?}");
    assert!(second.start < time.end && time.end <= second.end, "{time:?} in {second:?}");
    assert_eq!(held(&all, Memory::Scratchpad, Content::Map(1)).0, 0, "it goes to memory");
    assert_eq!(held(&all, Memory::Scratchpad, Content::Input).0, 36);
    for layer in 0..2 {
        let (rows, _) = held(&all, Memory::Scratchpad, Content::Weights(layer));
        assert_eq!(rows, 9 * 8, "nine taps");
        assert_eq!(held(&all, Memory::Parameters, Content::Parameters(layer)).0, 8);
        assert_eq!(held(&all, Memory::Accumulators, Content::Sums(layer)).0, 36);
    }
    let known = [Content::Map(0), Content::Input, Content::Weights(0), Content::Weights(1)];
    let spad = all.iter().filter(|of| of.memory == Memory::Scratchpad);
    assert!(spad.clone().all(|of| known.contains(&of.content)), "{spad:?}");
}

/// Of a map that passes through the scratchpad only some lines lie there at a time, and they are
/// still told from weights by what was stored to memory.
#[test]
fn maps_that_pass_through_are_there_in_parts() {
    let (program, all) = planned(&SMALL, 24);
    let spans = estimate(&SMALL, &program.descriptors).spans;
    let stores = |of: usize| {
        let layer = &program.layers[of];
        let is_store = |&i: &usize| program.descriptors[i].unit() == Some(Unit::Store);
        (layer.first..=layer.last).filter(is_store)
    };
    let pixels = 24 * 24;
    for (content, earliest) in [
        (Content::Input, 0),
        (Content::Map(0), stores(0).map(|i| spans[i].1).min().expect("it stores")),
    ] {
        let (rows, time) = held(&all, Memory::Scratchpad, content);
        assert!(rows < pixels, "{content:?} in {rows} rows");
        assert!(time.start >= earliest, "{content:?} from {time:?}");
        let of = all.iter().filter(|of| of.memory == Memory::Scratchpad && of.content == content);
        let came: u32 = of.map(|of| of.rows.end - of.rows.start).sum();
        assert!(came >= pixels, "{came} rows of {content:?} came");
    }
    assert_eq!(held(&all, Memory::Scratchpad, Content::Map(1)).0, 0, "it goes to memory");
    for layer in 0..2 {
        assert_eq!(held(&all, Memory::Scratchpad, Content::Weights(layer)).0, 9 * 8, "nine taps");
    }
}

#[test]
fn a_row_holds_one_thing_at_a_time() {
    for (shape, side) in [(SHAPE, 6), (SMALL, 24)] {
        let (_, all) = planned(&shape, side);
        for memory in Memory::ALL {
            for row in 0..memory.rows(&shape) {
                let of = all.iter().filter(|of| of.memory == memory && of.rows.contains(&row));
                let mut times: Vec<_> = of.map(|of| of.time.clone()).collect();
                times.sort_by_key(|time| time.start);
                let apart = times.windows(2).all(|pair| pair[0].end <= pair[1].start);
                assert!(apart, "row {row} of {memory:?}: {times:?}");
            }
        }
    }
}

#[test]
fn rows_side_by_side_are_put_together() {
    let of = |rows: Range<u32>, time| Residence {
        memory: Memory::Scratchpad,
        rows,
        content: Content::Input,
        time,
    };
    let all = vec![of(4..5, 0..9), of(2..3, 0..9), of(3..4, 0..9), of(5..6, 1..9)];
    assert_eq!(merge(all), [of(2..5, 0..9), of(5..6, 1..9)]);
}

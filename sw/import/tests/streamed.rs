//! Random networks whose maps do not fit the scratchpad, as programs on the golden model's NPU,
//! against plain loops.

use proptest::prelude::*;
use systole_compiler::NpuShape;
use systole_compiler::network::{
    Add, GlobalAveragePool, MaxPool, Operation, ResidualAdd, Shape, plan_network,
};

mod common;

use common::builder::{Builder, Geometry, cases, geometry};
use common::npu::{BASE, shape};

/// What a layer is to be, where its shapes allow it.
#[derive(Clone, Debug)]
enum Kind {
    Convolution(Geometry),
    Maximum([u32; 2], [u32; 2], [u32; 2]),
    /// To the newest earlier map of the same shape.
    Add,
}

fn kind() -> impl Strategy<Value = Kind> {
    let maximum = ([1u32..5, 1u32..5], [1u32..3, 1u32..3], [0u32..3, 0u32..3]);
    prop_oneof![
        4 => geometry(false).prop_map(Kind::Convolution),
        2 => geometry(true).prop_map(Kind::Convolution),
        1 => maximum.prop_map(|(kernel, stride, pads)| Kind::Maximum(kernel, stride, pads)),
        3 => Just(Kind::Add),
    ]
}

/// Appends a layer, if it can follow.
fn append(builder: &mut Builder, kind: &Kind) {
    let newest = builder.network.output;
    let from = builder.network.shape(newest);
    match kind {
        Kind::Convolution(geometry) => {
            builder.convolution(newest, geometry);
        }
        &Kind::Maximum(kernel, stride, pads) => {
            let side = |size: u32, axis: usize| (size + pads[axis]).div_ceil(stride[axis]);
            let shape = Shape { height: side(from.height, 0), width: side(from.width, 1), ..from };
            builder.layer(newest, shape, Operation::MaxPool(MaxPool { kernel, stride, pads }));
        }
        Kind::Add => {
            let alike = |&id: &usize| builder.network.shape(id) == from;
            let Some(other) = (0..newest).rev().find(alike) else { return };
            let arithmetic = ResidualAdd::new((0.04, 3), (0.1, -4), (0.07, 9));
            builder.layer(newest, from, Operation::Add(Add { other, arithmetic }));
        }
    }
}

fn append_mean(builder: &mut Builder) {
    let from = builder.network.shape(builder.network.output);
    let mut requantise = builder.requantise(1, 1);
    requantise.multiplier = vec![1.0 / from.pixels() as f32];
    let pool = Operation::GlobalAveragePool(GlobalAveragePool { requantise });
    builder.layer(builder.network.output, Shape::flat(from.channels), pool);
}

/// The input comes once for each group of channels, in lines that are no multiple of those that its
/// ring holds: the first lines of the next time must not come before the last are read.
#[test]
fn a_ring_that_begins_again_waits_for_its_readers() {
    let mut builder = Builder::new(Shape { height: 5, width: 12, channels: 33 }, 0);
    let geometry =
        Geometry { channels: 18, kernel: [1; 2], stride: [1; 2], pads: [0; 4], depthwise: false };
    append(&mut builder, &Kind::Convolution(geometry));
    append(&mut builder, &Kind::Maximum([1; 2], [1; 2], [0; 2]));
    builder.check_on(&NpuShape { parameter_rows: 256, ..shape(8, 512) });
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases())
    })]

    #[test]
    fn maps_that_pass_through_a_small_scratchpad(
        (height, width, channels) in (1u32..24, 1u32..24, 1u32..40),
        kinds in prop::collection::vec(kind(), 1..6),
        mean: bool,
        seed: u64,
        dim in prop::sample::select(vec![4u32, 8, 16]),
        rows in prop::sample::select(vec![512u32, 1024, 2048]),
    ) {
        let mut builder = Builder::new(Shape { height, width, channels }, seed);
        kinds.iter().for_each(|kind| append(&mut builder, kind));
        if mean {
            append_mean(&mut builder);
        }
        let shape = NpuShape { parameter_rows: 256, ..shape(dim, rows) };
        // A line of a large kernel over many channels may not fit.
        prop_assume!(plan_network(&shape, &builder.network, BASE).is_ok());
        builder.check_on(&shape);
    }
}

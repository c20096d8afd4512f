//! Jobs of layers over feature maps: convolutions, depthwise convolutions, residual adds, tables and
//! pools, each layer over the map that the one before left in the scratchpad.
//!
//! A job reads no row that it has not written.

use proptest::collection::vec;
use proptest::prelude::*;

use super::Target;
use super::free::{first, free_pool, kernel_side, pad_value, stride};
use super::jobs::{bias, rounding};
use super::layer_job::build;
use super::multipliers::{Multipliers, multipliers};
use crate::program::Job;

/// What a job consists of; sizes that do not fit are made smaller.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub seed: u64,
    /// First rows of what the job uses of the scratchpad, the accumulators, the parameter memory.
    pub rows: (u16, u16, u16),
    pub width: u16,
    pub height: u16,
    pub channels: u16,
    /// Rows that hold no pixel, behind each line of the map.
    pub gap: u16,
    pub table: Table,
    pub stages: Vec<Stage>,
}

/// What the table memory holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    /// Any bits, most of them floats of any size.
    Random,
    /// Residuals times the second number plus the third; results times the first.
    Linear(f32, f32, f32),
    /// Residuals and a half, so that rounding decides.
    Ties(f32),
}

/// A layer.
#[derive(Clone, Debug)]
pub(super) enum Stage {
    Convolution(ConvolutionStage),
    Pool {
        pool: systole_isa::Pool,
        out_height: u16,
        /// The results become the next map, too.
        resident: bool,
        /// Outputs that a result in memory has less than whole lines.
        missing: u16,
    },
}

/// A convolution and what becomes of its sums.
#[derive(Clone, Debug)]
pub(super) struct ConvolutionStage {
    pub depthwise: bool,
    /// Taps of a column and of a line, or passes and nothing.
    pub kernel: (u8, u8),
    pub stride: (u8, u8),
    pub out_width: u16,
    pub out_height: u16,
    /// Tap and pixel that meet first.
    pub first: (i16, i16),
    pub pad_value: i8,
    /// Output channels; a depthwise convolution keeps those that there are.
    pub channels: u16,
    /// Runs twice, the second time on top of the first.
    pub accumulate: bool,
    /// Accumulator rows from one tile to the next, beside the number of outputs.
    pub apart: i16,
    pub bias: Vec<i32>,
    pub multipliers: Multipliers,
    pub rounding: (i8, i8, i8),
    pub then: After,
    /// Rows from one result of a line to the next, and those behind each line.
    pub row_step: u16,
    pub gap: u16,
}

/// What becomes of requantised results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    Keep,
    Table,
    Add { in_place: bool },
}

/// Jobs of one to three layers.
pub(super) fn layers(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Job> {
    let dim = target.npu.dim;
    let map = (1..9u16, 1..9u16, channels(dim), 0..4u16);
    let rows = any::<(u16, u16, u16)>();
    let stage = prop_oneof![
        4 => convolution(target).prop_map(Stage::Convolution),
        1 => pool(),
    ];
    (any::<u64>(), rows, map, table(), vec(stage, 1..4))
        .prop_map(move |(seed, rows, (width, height, channels, gap), table, stages)| {
            let plan = Plan { seed, rows, width, height, channels, gap, table, stages };
            build(target, arena, bytes, &plan)
        })
        .boxed()
}

/// Numbers of channels around the array's side.
fn channels(dim: u32) -> impl Strategy<Value = u16> {
    let dim = dim as u16;
    prop_oneof![
        3 => prop::sample::select(vec![dim - 1, dim, dim + 1]),
        1 => 1..2 * dim + 2,
    ]
}

fn table() -> impl Strategy<Value = Table> {
    let scale = || prop_oneof![0.01..4f32, -2.0..2f32, Just(1.0)];
    prop_oneof![
        1 => Just(Table::Random),
        3 => (scale(), scale(), -100.0..100f32).prop_map(|(a, b, c)| Table::Linear(a, b, c)),
        1 => prop::sample::select(&[1.0f32, 0.5, -0.5, 0.25][..]).prop_map(Table::Ties),
    ]
}

fn convolution(target: Target) -> impl Strategy<Value = ConvolutionStage> {
    let dim = target.npu.dim;
    let most = 2 * dim as usize - 1;
    let kernel = (prop::bool::weighted(0.35), (kernel_side(), kernel_side()));
    let taps = ((stride(), stride()), (first(), first()), pad_value());
    let outputs = (1..7u16, 1..7u16, channels(dim), prop::bool::weighted(0.2));
    let apart = prop_oneof![3 => Just(0i16), 2 => 0..4i16, 1 => -3..0i16];
    let parameters = (vec(bias(), 1..=most), multipliers(target, most), rounding());
    let then = prop_oneof![
        2 => Just(After::Keep),
        2 => Just(After::Table),
        3 => any::<bool>().prop_map(|in_place| After::Add { in_place }),
    ];
    let place = (prop_oneof![4 => Just(1u16), 1 => 2..4u16], 0..4u16);
    (kernel, taps, outputs, (apart, parameters), (then, place)).prop_map(
        |(kernel, taps, outputs, (apart, parameters), (then, place))| ConvolutionStage {
            depthwise: kernel.0,
            kernel: kernel.1,
            stride: taps.0,
            out_width: outputs.0,
            out_height: outputs.1,
            first: taps.1,
            pad_value: taps.2,
            channels: outputs.2,
            accumulate: outputs.3,
            apart,
            bias: parameters.0,
            multipliers: parameters.1,
            rounding: parameters.2,
            then,
            row_step: place.0,
            gap: place.1,
        },
    )
}

fn pool() -> impl Strategy<Value = Stage> {
    (free_pool(), 1..6u16, any::<bool>(), 0..6u16).prop_map(
        |(pool, out_height, resident, missing)| Stage::Pool { pool, out_height, resident, missing },
    )
}

//! Convolutions, pools and windows with free geometry.

use proptest::prelude::*;
use systole_isa::{Convolution, Descriptor, Header, Kernel, Load, Pool, Space, Windows};

use super::Target;
use super::graph::row;

/// Values from ordinary ones to the extremes.
pub(super) fn pad_value() -> impl Strategy<Value = i8> {
    prop_oneof![2 => any::<i8>(), 1 => Just(0), 1 => Just(-128), 1 => Just(127)]
}

/// The first tap's line or pixel: before the map, in it, far outside.
pub(super) fn first() -> impl Strategy<Value = i16> {
    prop_oneof![8 => -6..2i16, 2 => -20..20i16, 1 => any::<i16>(), 1 => Just(i16::MIN)]
}

pub(super) fn kernel_side() -> impl Strategy<Value = u8> {
    prop_oneof![4 => 1..4u8, 1 => 1..8u8]
}

pub(super) fn stride() -> impl Strategy<Value = u8> {
    prop_oneof![3 => 1..3u8, 1 => 1..5u8]
}

pub(super) fn free_convolution(target: Target) -> BoxedStrategy<Descriptor> {
    let dim = target.npu.dim;
    let rows = row(target.npu.scratchpad_rows);
    let full = (1..4u8, 1..4u8).prop_map(|(height, width)| Kernel::Full { height, width });
    let kernel = prop_oneof![3 => full, 2 => Just(Kernel::Depthwise)];
    let activations = (rows.clone(), 0..16u16, 0..40u16);
    let weights = prop_oneof![Just((target.npu.scratchpad_rows / 2) as u16), rows];
    let accumulators = (row(target.npu.accumulator_rows), 0..30u16);
    let sizes = ((1..7u16, 1..6u16), (1..20u16, 1..20u16), (stride(), stride()));
    let tiles = (1..4u16, 1..3u16, any::<bool>());
    let values = (pad_value(), first(), first());
    let maps = (activations, weights, accumulators);
    (kernel, maps, sizes, tiles, values)
        .prop_map(move |(kernel, maps, (output, input, stride), tiles, values)| {
            let ((activation_row, row_pitch, plane_step), weight_row, accumulators) = maps;
            let depthwise = kernel == Kernel::Depthwise;
            let convolution = Convolution {
                kernel,
                accumulate: tiles.2,
                int4: false,
                activation_row,
                // Lines that a pass takes at once lie in different banks.
                row_pitch: row_pitch | u16::from(depthwise && dim >= 8),
                plane_step,
                weight_row,
                accumulator_row: accumulators.0,
                accumulator_n_step: accumulators.1,
                out_width: output.0,
                out_height: output.1,
                in_width: input.0,
                in_height: input.1,
                stride_x: stride.0,
                stride_y: stride.1,
                pad_value: values.0,
                k_tiles: tiles.0,
                n_tiles: tiles.1,
                first_y: values.1,
                first_x: if depthwise { -(values.2 & 3) } else { values.2 },
            };
            Descriptor::Convolution(Header::default(), convolution)
        })
        .boxed()
}

pub(super) fn free_pool() -> impl Strategy<Value = Pool> {
    let kernel = (kernel_side(), kernel_side());
    let map = (0..12u16, (1..10u16, 1..10u16), 1..6u16);
    (kernel, (0..8u8, 0..8u8), (stride(), stride()), map).prop_map(
        |(kernel, pad, stride, (row_pitch, input, out_width))| Pool {
            row_pitch,
            kernel_width: kernel.0,
            kernel_height: kernel.1,
            pad_left: pad.0,
            pad_top: pad.1,
            in_width: input.0,
            in_height: input.1,
            stride_x: stride.0,
            stride_y: stride.1,
            out_width,
        },
    )
}

/// How rows of `row_bytes` bytes are cut.
pub(super) fn windows_of(target: Target) -> impl Strategy<Value = Windows> {
    let dim = target.npu.dim as u8;
    let widest = target.npu.dim.min(target.npu.bus_bytes) as u8;
    let step = prop_oneof![4 => 1..8u8, 1 => 1..=255u8];
    let lead = prop_oneof![2 => Just(0i8), 4 => -8..=0i8, 1 => -128..=0i8];
    let lanes = (1..=widest).prop_flat_map(move |bytes| (Just(bytes), 0..=dim - bytes));
    (1..9u16, 0..5u16, step, lanes, pad_value(), lead).prop_map(
        |(count, row_step, step, (bytes, lane), pad_value, lead)| Windows {
            count,
            row_step,
            step,
            bytes,
            lane,
            pad_value,
            lead,
        },
    )
}

pub(super) fn free_windows(target: Target, arena: u32, bytes: u32) -> BoxedStrategy<Descriptor> {
    let source = (1..6u16, prop_oneof![1 => Just(0u16), 6 => 1..40u16], -64..64i32);
    let rows = (row(target.npu.scratchpad_rows), 0..12u16);
    (source, rows, windows_of(target), 0x800..bytes - 0x1000)
        .prop_map(move |((rows, row_bytes, stride), (row, row_step), windows, offset)| {
            let load = Load {
                space: Space::Scratchpad,
                address: arena + offset,
                stride,
                rows,
                row_bytes,
                row,
                row_step,
                chunk_step: 0,
                windows: Some(windows),
            };
            Descriptor::Load(Header::default(), load)
        })
        .boxed()
}

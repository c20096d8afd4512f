//! The steps of pools whose input passes through the scratchpad: a maximum some lines at a time, a
//! mean some planes at a time.

use std::ops::Range;

use systole_isa::{Destination, Pool, Source, Store};

use super::blocks::{Limits, Place, Target};
use super::convolution::with_loads;
use super::layout::Map;
use super::memory_map::MemoryMap;
use super::pools::{fills, mean_block, ones};
use super::step::{Step, Steps};
use super::streamed::{Stream, input_lines};
use crate::network::{GlobalAveragePool, MaxPool, Shape};

/// A maximum whose input, with the map `from`, comes from memory.
pub fn maximum(dim: u32, pool: &MaxPool, from: Map, stream: &Stream, to: (&Place, Shape)) -> Steps {
    let (place, output) = to;
    let planes = from.planes(dim);
    let needed = |lines: &Range<u32>| {
        let window = (pool.kernel[0], pool.stride[0], pool.pads[0]);
        input_lines(lines, window, from.shape.height)
    };
    let slot = |lines: &Range<u32>| match stream.input {
        Some(_) => stream.slot(from, planes, (lines.start, needed(lines).start)),
        None => from,
    };
    let parts = stream.chunks(output.height).map(|lines| {
        let map = slot(&lines);
        let store = |plane| Step::Move(store(dim, pool, &map, (place, output), plane, &lines));
        let stores = (0..planes).map(store).collect();
        (lines, stores)
    });
    let parts: Vec<_> = parts.collect();
    let loads = (parts.len(), stream.cut.slots > 1);
    let steps = with_loads(parts, loads, |lines| match &stream.input {
        Some(input) => {
            let loads = input.loads(dim, &slot(&lines), 0..planes, needed(&lines));
            loads.into_iter().map(Step::Stream).collect()
        }
        None => Vec::new(),
    });
    Steps { steps, ..Steps::default() }
}

/// The maximum of lines `lines` of the output of a plane, over what is in `map` as if the first line
/// that they need were the map's first.
fn store(
    dim: u32,
    pool: &MaxPool,
    map: &Map,
    (place, output): (&Place, Shape),
    plane: u32,
    lines: &Range<u32>,
) -> Store {
    let above = pool.pads[0].saturating_sub(lines.start * pool.stride[0]);
    let first = (lines.start * pool.stride[0] + above) - pool.pads[0];
    let destination = match place {
        Place::Memory(map) => map.destination(dim, plane, lines.start),
        Place::Map(map) => Destination::Scratchpad {
            row: map.line(plane, lines.start) as u16,
            row_step: 1,
            chunk_step: map.plane_step as u16,
            line_rows: 0,
            line_step: map.pitch as u16,
        },
    };
    Store {
        source: Source::MaxPool(Pool {
            row_pitch: map.pitch as u16,
            kernel_width: pool.kernel[1] as u8,
            kernel_height: pool.kernel[0] as u8,
            pad_left: pool.pads[1] as u8,
            pad_top: above as u8,
            in_width: map.shape.width as u16,
            in_height: (map.shape.height - first.min(map.shape.height - 1)) as u16,
            stride_x: pool.stride[1] as u8,
            stride_y: pool.stride[0] as u8,
            out_width: output.width as u16,
        }),
        destination,
        rows: (lines.len() as u32 * output.width) as u16,
        columns: dim.min(output.channels - plane * dim) as u16,
        source_row: map.line(plane, first) as u16,
        source_chunk_step: map.plane_step as u16,
        source_row_step: 0,
    }
}

/// A mean whose input comes from memory, `planes` planes of it at a time into one of `slots` slots
/// that begin at row `row`. `map` is the input's, with planes as many rows apart as a mean wants them.
pub fn mean(
    limits: &Limits,
    pool: &GlobalAveragePool,
    (input, map): (&MemoryMap, Map),
    (row, slots, planes): (u32, u32, u32),
    target: &Target,
) -> Steps {
    let dim = limits.dim();
    let height = map.shape.height;
    let mut steps = Vec::new();
    for start in (0..map.planes(dim)).step_by(planes as usize) {
        let slot = row + start / planes % slots * planes * map.plane_step;
        let row = slot.wrapping_sub(start * map.plane_step) & 0xffff;
        let slot = Map { row, ..map };
        let range = start..(start + planes).min(map.planes(dim));
        let loads = input.loads(dim, &slot, range.clone(), 0..height);
        steps.extend(fills(&limits.shape, &slot, range.clone()).into_iter().map(Step::Stream));
        steps.extend(loads.into_iter().map(Step::Stream));
        steps.extend(range.map(|plane| mean_block(dim, pool, &slot, target, plane)));
    }
    Steps { groups: vec![ones(dim, pool, &map)], steps, table: None }
}

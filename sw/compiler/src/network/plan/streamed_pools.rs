//! The steps of pools whose input passes through the scratchpad: a maximum some lines at a time, a
//! mean some planes at a time.

use std::ops::Range;

use super::blocks::{Limits, Place, Target};
use super::convolution::with_loads;
use super::layout::Map;
use super::memory_map::MemoryMap;
use super::pools::{fills, maximum_store, mean_block, ones};
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
        let store = |plane| maximum_store(dim, pool, &map, (place, output), (plane, &lines));
        let stores = (0..planes).map(store).map(Step::Move).collect();
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

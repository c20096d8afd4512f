//! What lay in the rows of the NPU's memories, and when.

use std::ops::Range;

use serde::Serialize;
use systole_compiler::network::{Content, Memory, Network, Residence, merge, residences};

use crate::infer::{Planned, Timing};

/// Rectangles of a page at most: each has some thirty bytes.
const RECTANGLES: usize = 10_000;
/// Steps of time in which rectangles are counted where there are too many, at first.
const STEPS: u64 = 8192;

/// All memories.
#[derive(Serialize)]
pub(super) struct Rows {
    /// Begin and end of rectangles are rounded to a multiple of this, in clock cycles.
    pub step: u64,
    /// What rows hold.
    pub contents: Vec<Named>,
    /// The memories.
    pub memories: Vec<Map>,
}

/// What rows hold, in words.
#[derive(Serialize)]
pub(super) struct Named {
    /// `input`, `map`, `weights`, `sums` or `parameters`.
    kind: &'static str,
    /// Name of the tensor, or of what the layer makes.
    name: String,
    /// The layer that makes it, or that reads weights and parameters; null for the input.
    layer: Option<usize>,
}

/// A memory over time.
#[derive(Serialize)]
pub(super) struct Map {
    name: &'static str,
    /// How many rows there are.
    pub rows: u32,
    /// What a row is.
    row: String,
    /// Rows that hold something at a time, at most.
    pub most: u32,
    /// Rectangles.
    pub held: Vec<Rectangle>,
}

/// A rectangle: index of the content, first row, rows, begin, end (in clock cycles). An array in JSON.
#[derive(Serialize)]
pub(super) struct Rectangle(usize, u32, u32, u64, u64);

/// The memories of a job whose descriptors ran as `timing` tells.
pub(super) fn rows(network: &Network, planned: &Planned, timing: &Timing) -> Rows {
    let exact = residences(&planned.shape, &planned.program, &timing.spans);
    let used = Memory::ALL.map(|memory| most(&exact, memory));
    let (all, step) = few(exact, RECTANGLES, timing.cycles);
    let mut contents: Vec<Content> = all.iter().map(|of| of.content).collect();
    contents.sort_unstable();
    contents.dedup();
    let map = |(memory, most): (Memory, u32)| {
        let of_memory = all.iter().filter(|of| of.memory == memory);
        let rectangle = |of: &Residence| {
            // Each content is in the list.
            let content = contents.binary_search(&of.content).unwrap_or(0);
            let count = of.rows.end - of.rows.start;
            Rectangle(content, of.rows.start, count, of.time.start, of.time.end)
        };
        let dim = planned.shape.dim;
        let (name, row) = match memory {
            Memory::Scratchpad => ("scratchpad", format!("{dim} int8")),
            Memory::Accumulators => ("accumulators", format!("{dim} int32")),
            Memory::Parameters => ("parameter memory", format!("{dim} bytes")),
        };
        let held = of_memory.map(rectangle).collect();
        Map { name, rows: memory.rows(&planned.shape), row, most, held }
    };
    let memories = Memory::ALL.into_iter().zip(used).map(map).collect();
    let named = |&content: &Content| named(network, planned, content);
    Rows { step, contents: contents.iter().map(named).collect(), memories }
}

fn named(network: &Network, planned: &Planned, content: Content) -> Named {
    let tensor = |id: usize| network.tensors[id].name.clone();
    let of_layer = |layer: usize| tensor(planned.program.layers[layer].output);
    let (kind, name, layer) = match content {
        Content::Input => ("input", tensor(network.input), None),
        Content::Map(layer) => ("map", of_layer(layer), Some(layer)),
        Content::Weights(layer) => ("weights", of_layer(layer), Some(layer)),
        Content::Sums(layer) => ("sums", of_layer(layer), Some(layer)),
        Content::Parameters(layer) => ("parameters", of_layer(layer), Some(layer)),
    };
    Named { kind, name, layer }
}

/// Rows of a memory that hold something at a time, at most.
fn most(all: &[Residence], memory: Memory) -> u32 {
    let mut changes: Vec<(u64, i64)> = Vec::new();
    for of in all.iter().filter(|of| of.memory == memory) {
        let rows = i64::from(of.rows.end - of.rows.start);
        changes.extend([(of.time.start, rows), (of.time.end, -rows)]);
    }
    // What ends is gone when something else begins.
    changes.sort_unstable();
    let sums = changes.iter().scan(0, |sum, (_, rows)| {
        *sum += rows;
        Some(*sum)
    });
    sums.max().unwrap_or(0) as u32
}

/// At most `count` residences, about, and the multiple to which begins and ends are rounded for that:
/// 1 if there are few enough as they are.
fn few(exact: Vec<Residence>, count: usize, cycles: u64) -> (Vec<Residence>, u64) {
    let mut step = cycles.div_ceil(STEPS).max(1);
    let (mut all, mut rounded) = (exact, 1);
    while all.len() > count && step < cycles {
        all = round(all, step);
        (rounded, step) = (step, 2 * step);
    }
    (all, rounded)
}

/// Rounds begins and ends to multiples of `step`; of a row, what is then without a gap becomes one.
fn round(all: Vec<Residence>, step: u64) -> Vec<Residence> {
    let near = |at: u64| (at + step / 2) / step * step;
    let of_rows = all.into_iter().flat_map(|of| {
        let time: Range<u64> = near(of.time.start)..near(of.time.end);
        of.rows.clone().map(move |row| Residence { rows: row..row + 1, time: time.clone(), ..of })
    });
    let mut of_rows: Vec<Residence> = of_rows.filter(|of| !of.time.is_empty()).collect();
    of_rows.sort_unstable_by_key(|of| (of.memory, of.rows.start, of.time.start));
    let mut joined: Vec<Residence> = Vec::new();
    for of in of_rows {
        match joined.last_mut() {
            Some(before)
                if (before.memory, before.content) == (of.memory, of.content)
                    && before.rows == of.rows
                    && before.time.end >= of.time.start =>
            {
                before.time.end = before.time.end.max(of.time.end);
            }
            _ => joined.push(of),
        }
    }
    merge(joined)
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use systole_compiler::network::{Content, Memory, Residence};

    use super::{few, most};

    fn of(content: Content, rows: Range<u32>, time: Range<u64>) -> Residence {
        Residence { memory: Memory::Scratchpad, rows, content, time }
    }

    #[test]
    fn what_ends_makes_room_for_what_begins() {
        let all = [
            of(Content::Input, 0..4, 0..10),
            of(Content::Map(0), 0..6, 10..20),
            of(Content::Map(1), 6..7, 5..12),
        ];
        assert_eq!(most(&all, Memory::Scratchpad), 7);
        assert_eq!(most(&all, Memory::Accumulators), 0);
    }

    #[test]
    fn few_residences_stay_as_they_are_and_many_become_fewer() {
        // A ring: each row holds a hundred weights, one after the other, for 9 cycles.
        let of_row = |row: u32| {
            let time = move |i: u64| i * 10 + u64::from(row)..i * 10 + u64::from(row) + 9;
            (0..100).map(move |i| of(Content::Weights(3), row..row + 1, time(i)))
        };
        let all: Vec<Residence> = (0..8).flat_map(of_row).collect();
        assert_eq!(few(all.clone(), 800, 1010), (all.clone(), 1));
        let (fewer, step) = few(all.clone(), 100, 1010);
        assert!(fewer.len() <= 100 && step > 1, "{} by {step}", fewer.len());
        let area = |all: &[Residence]| -> u64 {
            let sizes = all.iter().map(|of| (of.rows.len(), of.time.end - of.time.start));
            sizes.map(|(rows, cycles)| rows as u64 * cycles).sum()
        };
        let (before, after) = (area(&all), area(&fewer));
        // Rounding to the nearest takes away about as much as it adds.
        assert!(before.abs_diff(after) < before / 4, "{before} and {after}");
    }
}

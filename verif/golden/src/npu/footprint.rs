//! What a descriptor reads and writes, as intervals of rows and of memory.

use super::descriptor::{Descriptor, Destination, Exec, Load, Operation, Source, Store};
use super::memories::row_at;
use crate::machine::NpuConfig;
use std::fmt;
use std::ops::Range;

/// A memory that descriptors share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    Scratchpad,
    Accumulators,
    Parameters,
    Memory,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scratchpad => "scratchpad",
            Self::Accumulators => "accumulator",
            Self::Parameters => "parameter",
            Self::Memory => "memory",
        })
    }
}

/// A set of rows or bytes of one space that a descriptor touches.
pub(crate) struct Access {
    pub space: Space,
    pub writes: bool,
    /// Ascending, not overlapping.
    pub intervals: Vec<Range<u64>>,
}

impl Access {
    /// The first interval that both touch.
    pub fn overlap(&self, other: &Self) -> Option<Range<u64>> {
        let (mut a, mut b) = (self.intervals.iter().peekable(), other.intervals.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let common = x.start.max(y.start)..x.end.min(y.end);
            if !common.is_empty() {
                return Some(common);
            }
            if x.end <= y.end {
                a.next()
            } else {
                b.next()
            };
        }
        None
    }
}

/// Everything that a descriptor touches.
pub(crate) fn footprint(config: &NpuConfig, descriptor: &Descriptor) -> Vec<Access> {
    match &descriptor.operation {
        Operation::Load(load) => of_load(config, load),
        Operation::Exec(exec) => of_exec(config, exec),
        Operation::Store(store) => of_store(config, store),
    }
}

fn of_load(config: &NpuConfig, d: &Load) -> Vec<Access> {
    let chunks = d.row_bytes.div_ceil(config.dim);
    let (space, size) = if d.parameters {
        (Space::Parameters, config.parameter_rows)
    } else {
        (Space::Scratchpad, config.scratchpad_rows)
    };
    let rows = rows(size, d.row, &[(d.rows, d.row_step), (chunks, d.chunk_step)]);
    vec![
        memory(false, d.address, d.stride, d.rows, d.row_bytes),
        Access { space, writes: true, intervals: rows },
    ]
}

fn of_exec(config: &NpuConfig, d: &Exec) -> Vec<Access> {
    let activations = [(d.k_tiles, d.activation_k_step), (d.m_rows, d.activation_step)];
    let weights = [(d.n_tiles, d.weight_n_step), (d.k_tiles, d.weight_k_step), (config.dim, 1)];
    let accumulators = [(d.n_tiles, d.accumulator_n_step), (d.m_rows, 1)];
    let scratchpad = config.scratchpad_rows;
    let reads = |intervals| Access { space: Space::Scratchpad, writes: false, intervals };
    vec![
        reads(rows(scratchpad, d.activation_row, &activations)),
        reads(rows(scratchpad, d.weight_row, &weights)),
        Access {
            space: Space::Accumulators,
            writes: true,
            intervals: rows(config.accumulator_rows, d.accumulator_row, &accumulators),
        },
    ]
}

fn of_store(config: &NpuConfig, d: &Store) -> Vec<Access> {
    let chunks = d.columns.div_ceil(config.dim);
    let (space, size) = match d.source {
        Source::Scratchpad => (Space::Scratchpad, config.scratchpad_rows),
        Source::Requantised | Source::Raw => (Space::Accumulators, config.accumulator_rows),
    };
    let steps = [(chunks, d.source_chunk_step), (d.rows, d.source_row_step)];
    let mut accesses =
        vec![Access { space, writes: false, intervals: rows(size, d.source_row, &steps) }];
    if d.source == Source::Requantised {
        let intervals = rows(config.parameter_rows, d.parameter_row, &[(8 * chunks, 1)]);
        accesses.push(Access { space: Space::Parameters, writes: false, intervals });
    }
    accesses.push(match d.destination {
        Destination::Memory { address, stride } => {
            memory(true, address, stride, d.rows, d.columns * d.element_bytes())
        }
        Destination::Scratchpad { row, row_step, chunk_step } => {
            let steps = [(d.rows, row_step), (chunks, chunk_step)];
            let intervals = rows(config.scratchpad_rows, row, &steps);
            Access { space: Space::Scratchpad, writes: true, intervals }
        }
    });
    accesses
}

/// The rows `base + sum of i * step` for all `i` below each count, modulo `size`.
fn rows(size: u32, base: u32, steps: &[(u32, u32)]) -> Vec<Range<u64>> {
    let size = size.next_power_of_two();
    let mut reached = vec![false; size as usize];
    reached[(base % size) as usize] = true;
    for &(count, step) in steps {
        // The set for `have` values of i, joined with itself moved on, is that for up to twice as
        // many.
        let mut have = 1;
        while have < count {
            let more = have.min(count - have);
            let before: Vec<u32> = (0..size).filter(|&row| reached[row as usize]).collect();
            for row in before {
                reached[(row_at(row, &[(more, step)]) % size) as usize] = true;
            }
            have += more;
        }
    }
    let rows = (0..u64::from(size)).filter(|&row| reached[row as usize]);
    merge(rows.map(|row| row..row + 1).collect())
}

/// `rows` runs of `bytes` bytes, `stride` apart, in the circle of 2^32 bytes.
fn memory(writes: bool, address: u32, stride: u32, rows: u32, bytes: u32) -> Access {
    const END: u64 = 1 << 32;
    let mut intervals = Vec::new();
    for r in 0..rows {
        let start = u64::from(address.wrapping_add(r.wrapping_mul(stride)));
        let end = start + u64::from(bytes);
        intervals.push(start..end.min(END));
        if end > END {
            intervals.push(0..end - END);
        }
    }
    Access { space: Space::Memory, writes, intervals: merge(intervals) }
}

/// Sorts and joins intervals.
fn merge(mut intervals: Vec<Range<u64>>) -> Vec<Range<u64>> {
    intervals.sort_by_key(|interval| interval.start);
    let mut merged: Vec<Range<u64>> = Vec::new();
    for interval in intervals {
        match merged.last_mut() {
            Some(last) if interval.start <= last.end => last.end = last.end.max(interval.end),
            _ => merged.push(interval),
        }
    }
    merged
}

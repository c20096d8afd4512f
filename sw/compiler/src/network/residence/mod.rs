//! What lies in the rows of the NPU's memories while a program runs, and for how long.

#[cfg(test)]
mod tests;

use std::ops::Range;

use systole_isa::{Descriptor, Destination, Load, Space, Store};

use super::Program;
use super::plan::footprint::Rows;
use crate::NpuShape;

/// A memory of the NPU that has rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Memory {
    /// The scratchpad: rows of D int8.
    Scratchpad,
    /// The accumulators: rows of D int32.
    Accumulators,
    /// The parameter memory: rows of D bytes.
    Parameters,
}

impl Memory {
    /// All, in the order in which [`Rows`] numbers their rows.
    pub const ALL: [Self; 3] = [Self::Scratchpad, Self::Accumulators, Self::Parameters];

    /// Its rows in an NPU.
    pub fn rows(self, shape: &NpuShape) -> u32 {
        match self {
            Self::Scratchpad => shape.scratchpad_rows,
            Self::Accumulators => shape.accumulator_rows,
            Self::Parameters => shape.parameter_rows,
        }
    }
}

/// What a row holds. Layers are numbered as in [`Program::layers`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Content {
    /// The network's input.
    Input,
    /// What a layer makes.
    Map(usize),
    /// Weights of a layer, or other constants that it multiplies with.
    Weights(usize),
    /// Sums of a layer, which are not requantised yet.
    Sums(usize),
    /// Biases and multipliers of a layer.
    Parameters(usize),
}

/// Rows that hold the same for the same time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Residence {
    /// The memory.
    pub memory: Memory,
    /// Its rows.
    pub rows: Range<u32>,
    /// What they hold.
    pub content: Content,
    /// In clock cycles: from the begin of the descriptor that first writes them to the end of the
    /// last one that reads them, or to the begin of the one that overwrites them if it reads them,
    /// too.
    pub time: Range<u64>,
}

/// What a row holds now.
#[derive(Clone, Copy)]
struct Held {
    content: Content,
    from: u64,
    until: u64,
    /// A descriptor has read it: what is written then is something new.
    read: bool,
}

/// What lies in the memories while `program` runs on an NPU of `shape`, in order of memory, time and
/// row; `spans` are start and end of each descriptor, in clock cycles. Weights and parameters are
/// those of the first layer that reads them. What a row holds never overlaps in time.
///
/// # Panics
/// When there are fewer spans than descriptors.
pub fn residences(shape: &NpuShape, program: &Program, spans: &[Range<u64>]) -> Vec<Residence> {
    // Of memory it is enough to know which map a LOAD brings: `Stored` does.
    let rows = Rows::new(shape, 0..0);
    let mut tenants = Tenants { now: vec![None; rows.count()], past: Vec::new() };
    let mut stored = Stored::default();
    let mut layer = 0;
    for (index, descriptor) in program.descriptors.iter().enumerate() {
        let behind = |layer: usize| program.layers.get(layer).is_some_and(|of| index > of.last);
        layer += usize::from(behind(layer));
        let span = &spans[index];
        let footprint = rows.of(shape.dim, descriptor);
        for &row in &footprint.reads {
            tenants.read(row, layer, span);
        }
        let content = content(program, descriptor, layer, &mut stored);
        for &row in &footprint.writes {
            tenants.write(row, content, span);
        }
    }
    gather(shape, tenants.leave())
}

/// What a descriptor writes.
fn content(
    program: &Program,
    descriptor: &Descriptor,
    layer: usize,
    stored: &mut Stored,
) -> Content {
    match descriptor {
        Descriptor::Load(_, load) => loaded(program, load, layer, stored),
        Descriptor::Store(_, store) => {
            stored.add(store, layer);
            Content::Map(layer)
        }
        Descriptor::Exec(..) | Descriptor::Convolution(..) | Descriptor::Raw(_) => {
            Content::Sums(layer)
        }
    }
}

/// What a LOAD brings.
fn loaded(program: &Program, load: &Load, layer: usize, stored: &Stored) -> Content {
    let input = program.input..program.input + program.input_shape.len() as u32;
    match load.space {
        Space::Parameters => Content::Parameters(layer),
        _ if input.contains(&load.address) => Content::Input,
        _ => stored.of(load.address).map_or(Content::Weights(layer), Content::Map),
    }
}

/// Which layer stored to which bytes of memory.
#[derive(Default)]
struct Stored(Vec<(usize, Range<u32>)>);

impl Stored {
    fn add(&mut self, store: &Store, layer: usize) {
        let Destination::Memory { address, stride } = store.destination else { return };
        let last = i64::from(address) + i64::from(stride) * i64::from(store.rows.saturating_sub(1));
        let ends = [i64::from(address), last];
        let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let bytes = low as u32..(high + i64::from(store.columns)) as u32;
        match self.0.last_mut() {
            Some((of, all)) if *of == layer => {
                *all = all.start.min(bytes.start)..all.end.max(bytes.end);
            }
            _ => self.0.push((layer, bytes)),
        }
    }

    /// The last layer that stored around an address.
    fn of(&self, address: u32) -> Option<usize> {
        self.0.iter().rev().find(|(_, bytes)| bytes.contains(&address)).map(|(layer, _)| *layer)
    }
}

/// What rows hold, and what they held.
struct Tenants {
    now: Vec<Option<Held>>,
    past: Vec<(u32, Held)>,
}

impl Tenants {
    fn read(&mut self, row: u32, layer: usize, span: &Range<u64>) {
        let Some(held) = &mut self.now[row as usize] else { return };
        if !held.read {
            match &mut held.content {
                Content::Weights(of) | Content::Parameters(of) => *of = layer,
                Content::Input | Content::Map(_) | Content::Sums(_) => {}
            }
        }
        held.read = true;
        held.until = held.until.max(span.end);
    }

    fn write(&mut self, row: u32, content: Content, span: &Range<u64>) {
        let held = &mut self.now[row as usize];
        match held {
            // More of the same: some lanes, or a sum that grows.
            Some(before) if !before.read && before.content == content => {
                before.until = before.until.max(span.end);
            }
            _ => {
                let after = Held { content, from: span.start, until: span.end, read: false };
                if let Some(before) = held.replace(after) {
                    let until = before.until.min(span.start);
                    self.past.push((row, Held { until, ..before }));
                }
            }
        }
    }

    /// All that rows held, the last included.
    fn leave(self) -> Vec<(u32, Held)> {
        let last = self.now.into_iter().enumerate();
        let last = last.filter_map(|(row, held)| Some((row as u32, held?)));
        self.past.into_iter().chain(last).collect()
    }
}

/// Rows side by side that hold the same for the same time.
fn gather(shape: &NpuShape, places: Vec<(u32, Held)>) -> Vec<Residence> {
    let mut first = 0;
    let memories = Memory::ALL.map(|memory| {
        let rows = first..first + memory.rows(shape);
        first = rows.end;
        (memory, rows)
    });
    let residence = |(row, held): (u32, Held)| {
        let (memory, rows) = memories.iter().find(|(_, rows)| rows.contains(&row))?;
        let row = row - rows.start;
        let time = held.from..held.until;
        (!time.is_empty()).then_some(Residence {
            memory: *memory,
            rows: row..row + 1,
            content: held.content,
            time,
        })
    };
    merge(places.into_iter().filter_map(residence).collect())
}

/// Puts residences together that lie side by side and are otherwise the same, in order of memory,
/// time and row.
pub fn merge(mut all: Vec<Residence>) -> Vec<Residence> {
    all.sort_unstable_by_key(|of| {
        (of.memory, of.time.start, of.time.end, of.content, of.rows.start)
    });
    let mut merged: Vec<Residence> = Vec::new();
    for of in all {
        match merged.last_mut() {
            Some(before)
                if before.rows.end == of.rows.start
                    && (before.memory, before.content) == (of.memory, of.content)
                    && before.time == of.time =>
            {
                before.rows.end = of.rows.end;
            }
            _ => merged.push(of),
        }
    }
    merged
}

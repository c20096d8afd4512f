//! A list of descriptors that gets its tokens by itself: whenever a descriptor touches a row, or a
//! piece of the memory that maps lie in, that one of another unit has touched before, and one of them writes, the earlier one signals and the
//! later one waits, unless what the later unit knows already says that the earlier one is complete.

use std::ops::Range;

use systole_isa::{Descriptor, Unit};

use super::footprint::Rows;
use crate::NpuShape;
use crate::network::timeline::Timeline;

/// Most tokens that a counter holds.
const MAX_TOKENS: usize = 15;

/// For each unit the number of descriptors of the list up to its last one that is complete.
type Clock = [usize; 3];

/// Descriptors in list order.
pub struct List {
    rows: Rows,
    dim: u32,
    descriptors: Vec<Descriptor>,
    units: Vec<Unit>,
    timeline: Timeline,
    /// When each descriptor is complete.
    ends: Vec<u64>,
    /// What each descriptor knows when it is complete.
    clocks: Vec<Clock>,
    /// What the last descriptor of each unit knows.
    known: [Clock; 3],
    /// Last reader and writer of each row by unit, as a count of descriptors (0 for none).
    readers: Vec<[usize; 3]>,
    writers: Vec<[usize; 3]>,
    /// The pairs (giver, taker) of each pair of units.
    tokens: [[Vec<(usize, usize)>; 3]; 3],
}

impl List {
    /// An empty list for an NPU, whose descriptors write memory at the addresses `memory` alone.
    pub fn new(shape: &NpuShape, memory: Range<u32>) -> Self {
        let rows = Rows::new(shape, memory);
        let count = rows.count();
        Self {
            rows,
            dim: shape.dim,
            descriptors: Vec::new(),
            units: Vec::new(),
            timeline: Timeline::new(shape),
            ends: Vec::new(),
            clocks: Vec::new(),
            known: [[0; 3]; 3],
            readers: vec![[0; 3]; count],
            writers: vec![[0; 3]; count],
            tokens: Default::default(),
        }
    }

    /// Descriptors so far.
    pub fn len(&self) -> usize {
        self.descriptors.len()
    }

    /// Whether a descriptor of the list writes a row of the scratchpad.
    pub fn has_written(&self, row: u32) -> bool {
        let row = self.rows.scratchpad(row);
        self.writers[row as usize].iter().any(|&count| count > 0)
    }

    /// When the units can take more, as far as is known.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Appends a descriptor whose header holds no tokens. Raw words are not ordered, and are left
    /// out.
    pub fn push(&mut self, descriptor: Descriptor) {
        let Some(unit) = descriptor.unit() else { return };
        let footprint = self.rows.of(self.dim, &descriptor);
        let index = self.descriptors.len();
        self.descriptors.push(descriptor);
        self.units.push(unit);
        let mut needed = [0; 3];
        let mut need = |clock: &Clock| {
            for (needed, &count) in needed.iter_mut().zip(clock) {
                *needed = count.max(*needed);
            }
        };
        for &row in &footprint.reads {
            need(&self.writers[row as usize]);
        }
        for &row in &footprint.writes {
            need(&self.writers[row as usize]);
            need(&self.readers[row as usize]);
        }
        let mut tokens = 0;
        for other in Unit::ALL.into_iter().filter(|&other| other != unit) {
            let count = needed[other as usize];
            if count > self.known[unit as usize][other as usize] {
                let giver = self.order(other, unit, count - 1, index);
                tokens = tokens.max(self.ends[giver]);
            }
        }
        let (_, end) = self.timeline.push(&self.descriptors[index], tokens);
        self.ends.push(end);
        for &row in &footprint.reads {
            self.readers[row as usize][unit as usize] = index + 1;
        }
        for &row in &footprint.writes {
            self.writers[row as usize][unit as usize] = index + 1;
        }
        self.known[unit as usize][unit as usize] = index + 1;
        self.clocks.push(self.known[unit as usize]);
    }

    /// Makes descriptor `later` of unit `to` wait for `earlier` of unit `from`, or for the one behind
    /// it that is returned.
    fn order(&mut self, from: Unit, to: Unit, earlier: usize, later: usize) -> usize {
        let tokens = &mut self.tokens[from as usize][to as usize];
        // Tokens that are not taken yet when the list has come to `giver`.
        let waiting = |giver: usize| tokens.iter().rev().take_while(|t| t.1 > giver).count();
        // A later giver is as good, and a full counter would be an error.
        let mut givers = (earlier..later).filter(|&i| self.units[i] == from);
        let giver = match givers.find(|&i| waiting(i) < MAX_TOKENS) {
            Some(giver) => {
                tokens.push((giver, later));
                if let Some(header) = self.descriptors[later].header_mut() {
                    *header = header.wait_for(from);
                }
                giver
            }
            // The last taker, which comes before `later` and after `earlier`, waits longer.
            None => {
                let last = tokens.last_mut().map(|last| std::mem::replace(&mut last.0, earlier));
                if let Some(header) = last.and_then(|i| self.descriptors[i].header_mut()) {
                    header.signal &= !(1 << to as u8);
                }
                earlier
            }
        };
        if let Some(header) = self.descriptors[giver].header_mut() {
            *header = header.signal_to(to);
        }
        let known = &mut self.known[to as usize];
        for (known, &sent) in known.iter_mut().zip(&self.clocks[giver]) {
            *known = sent.max(*known);
        }
        giver
    }

    /// The descriptors, the last one marked.
    pub fn finish(mut self) -> Vec<Descriptor> {
        if let Some(header) = self.descriptors.last_mut().and_then(Descriptor::header_mut) {
            header.last = true;
        }
        self.descriptors
    }
}

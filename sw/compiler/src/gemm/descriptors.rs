//! The descriptors of each step, with their tokens.

use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then, Unit,
};

use super::blocks::Blocks;
use super::steps::{Span, Step, spans, whole};
use super::{Gemm, Matrix, Output};
use crate::NpuShape;

/// Writes the list, step by step.
pub(super) struct Planner<'a> {
    pub(super) shape: &'a NpuShape,
    pub(super) gemm: &'a Gemm,
    pub(super) blocks: Blocks,
    pub(super) steps: &'a [Step],
    pub(super) list: Vec<Descriptor>,
}

impl Planner<'_> {
    pub(super) fn step(&mut self, index: usize, step: &Step) {
        let slots = self.blocks.slots as usize;
        let mut free = Header::default();
        if index >= slots {
            free = free.wait_for(Unit::Exec);
        }
        let all_rows = whole(step.m.len);
        if index == 0 && self.steps.len() > 1 && step.m.len >= 2 * self.shape.dim {
            self.start(step);
            return;
        }
        if step.loads_activations {
            self.load_activations(std::mem::take(&mut free), step, all_rows);
        }
        self.load_weights(free.signal_to(Unit::Exec), index, step);
        if step.loads_parameters {
            self.load_parameters(step);
        }
        let reused = index + slots < self.steps.len();
        let dim = self.shape.dim;
        // Only the last output block has nothing to hide its STORE behind.
        let parts: Vec<Span> = match index + 1 == self.steps.len() {
            true => spans(step.n.len, dim).collect(),
            false => vec![whole(step.n.len)],
        };
        for part in parts {
            let mut header = Header::default();
            if part.start == 0 {
                header = header.wait_for(Unit::Load);
                if step.k.start == 0 && step.output >= 2 {
                    header = header.wait_for(Unit::Store);
                }
            }
            if part.last && reused {
                header = header.signal_to(Unit::Load);
            }
            if step.k.last {
                header = header.signal_to(Unit::Store);
            }
            self.execute(header, index, step, all_rows, part);
            if step.k.last {
                self.store(step, part);
            }
        }
    }

    /// The first step, in two halves of rows: the array starts when one half is there.
    fn start(&mut self, step: &Step) {
        let slots = self.blocks.slots as usize;
        let halves = spans(step.m.len, step.m.len.div_ceil(2));
        for half in halves {
            let signal = Header::default().signal_to(Unit::Exec);
            if half.index == 0 {
                self.load_activations(Header::default(), step, half);
                self.load_weights(signal, 0, step);
            } else {
                self.load_activations(signal, step, half);
            }
            let mut header = Header::default().wait_for(Unit::Load);
            if half.last && slots < self.steps.len() {
                header = header.signal_to(Unit::Load);
            }
            if half.last && step.k.last {
                header = header.signal_to(Unit::Store);
            }
            self.execute(header, 0, step, half, whole(step.n.len));
        }
        if step.loads_parameters {
            self.load_parameters(step);
        }
        if step.k.last {
            self.store(step, whole(step.n.len));
        }
    }

    fn load_parameters(&mut self, step: &Step) {
        let Output::Requantised { parameters, .. } = self.gemm.result else { return };
        // The half in use two loads ago is free once the last STORE that needs it is complete.
        let mut header = Header::default();
        if step.parameters >= 2 {
            header = header.wait_for(Unit::Store);
        }
        // As many bytes a channel as rows a tile.
        let channel_bytes = self.gemm.result.parameter_rows();
        let bytes = step.n.len.next_multiple_of(self.shape.dim) * channel_bytes;
        // The STORE waits for an EXEC that waited for a later LOAD, or for this one.
        if step.k.last {
            header = header.signal_to(Unit::Store);
        }
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Parameters,
                address: parameters.wrapping_add(step.n.start * channel_bytes),
                rows: 1,
                row_bytes: bytes as u16,
                row: self.parameter_row(step),
                chunk_step: 1,
                ..Load::default()
            },
        ));
    }

    fn parameter_row(&self, step: &Step) -> u16 {
        (step.parameters % 2 * (self.shape.parameter_rows / 2)) as u16
    }

    fn activation_row(&self, step: &Step) -> u16 {
        let slot_rows = self.blocks.m * self.blocks.k_tiles;
        (step.activations % self.blocks.activation_slots * slot_rows) as u16
    }

    fn weight_row(&self, index: usize) -> u16 {
        let slot_rows =
            self.blocks.n_tiles * self.blocks.piece * self.gemm.weight_rows(self.shape.dim);
        (self.shape.scratchpad_rows / 2 + index as u32 % self.blocks.slots * slot_rows) as u16
    }

    fn accumulator_row(&self, step: &Step) -> u16 {
        (step.output % 2 * (self.shape.accumulator_rows / 2)) as u16
    }

    fn load_activations(&mut self, header: Header, step: &Step, rows: Span) {
        let activations = self.gemm.activations;
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Scratchpad,
                address: element(activations, step.m.start + rows.start, step.chunk.start),
                stride: activations.stride,
                rows: rows.len as u16,
                row_bytes: step.chunk.len as u16,
                row: self.activation_row(step) + rows.start as u16,
                row_step: 1,
                chunk_step: step.m.len as u16,
                windows: None,
            },
        ));
    }

    fn load_weights(&mut self, header: Header, index: usize, step: &Step) {
        let weights = self.gemm.weights;
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Scratchpad,
                address: element(weights, self.gemm.weight_rows(step.k.start), step.n.start),
                stride: weights.stride,
                rows: self.gemm.weight_rows(step.k.len) as u16,
                row_bytes: step.n.len as u16,
                row: self.weight_row(index),
                row_step: 1,
                chunk_step: self.weight_n_step(step),
                windows: None,
            },
        ));
    }

    fn weight_n_step(&self, step: &Step) -> u16 {
        self.gemm.weight_rows(step.k.len.next_multiple_of(self.shape.dim)) as u16
    }

    /// The product of a piece, for rows `m` and columns `part` of its output block.
    fn execute(&mut self, header: Header, index: usize, step: &Step, m: Span, part: Span) {
        let dim = self.shape.dim;
        let rows = step.m.len as u16;
        let first_tile = (part.start / dim) as u16;
        let k_tile = ((step.k.start - step.chunk.start) / dim) as u16;
        let weight_n_step = self.weight_n_step(step);
        self.list.push(Descriptor::Exec(
            header,
            Exec {
                accumulate: step.k.start > 0,
                int4: self.gemm.int4,
                activations: Activations {
                    row: self.activation_row(step) + k_tile * rows + m.start as u16,
                    step: 1,
                    k_step: rows,
                },
                weight_row: self.weight_row(index) + first_tile * weight_n_step,
                weight_k_step: self.gemm.weight_rows(dim) as u16,
                weight_n_step,
                accumulator_row: self.accumulator_row(step) + first_tile * rows + m.start as u16,
                accumulator_n_step: rows,
                m_rows: m.len as u16,
                k_tiles: step.k.len.div_ceil(dim) as u16,
                n_tiles: part.len.div_ceil(dim) as u16,
            },
        ));
    }

    fn store(&mut self, step: &Step, part: Span) {
        let mut header = Header::default().wait_for(Unit::Exec);
        let first_tile = (part.start / self.shape.dim) as u16;
        if part.start == 0 && step.k.last && step.loads_parameters && self.requantises() {
            header = header.wait_for(Unit::Load);
        }
        if part.last {
            let outputs = self.steps.last().map_or(0, |last| last.output);
            if step.output + 2 <= outputs {
                header = header.signal_to(Unit::Exec);
            }
            if self.requantises() && self.parameters_are_reused(step) {
                header = header.signal_to(Unit::Load);
            }
        }
        let (source, element_bytes) = match self.gemm.result {
            Output::Requantised { zero_point, clamp_min, clamp_max, double_rounding, .. } => {
                let tile_rows = self.gemm.result.parameter_rows() as u16;
                let source = Source::Requantised {
                    parameter_row: self.parameter_row(step) + tile_rows * first_tile,
                    zero_point,
                    clamp_min,
                    clamp_max,
                    double_rounding,
                    then: Then::Keep,
                };
                (source, 1)
            }
            Output::Accumulators => (Source::Accumulators, 4),
        };
        let output = self.gemm.output;
        let column = (step.n.start + part.start) * element_bytes;
        self.list.push(Descriptor::Store(
            header,
            Store {
                source,
                destination: Destination::Memory {
                    address: element(output, step.m.start, column),
                    stride: output.stride,
                },
                rows: step.m.len as u16,
                columns: part.len as u16,
                source_row: self.accumulator_row(step) + first_tile * step.m.len as u16,
                source_chunk_step: step.m.len as u16,
                source_row_step: 1,
            },
        ));
    }

    fn requantises(&self) -> bool {
        matches!(self.gemm.result, Output::Requantised { .. })
    }

    /// Whether this block's STORE is the last that needs its parameters, and a LOAD two later
    /// waits for that.
    fn parameters_are_reused(&self, step: &Step) -> bool {
        let steps = self.steps;
        let last_user = steps.iter().rfind(|other| other.parameters == step.parameters);
        let last = steps.last().map_or(0, |last| last.parameters);
        last_user.is_some_and(|last| last.output == step.output) && step.parameters + 2 <= last
    }
}

fn element(matrix: Matrix, row: u32, byte: u32) -> u32 {
    matrix.address.wrapping_add((matrix.stride as u32).wrapping_mul(row)).wrapping_add(byte)
}

//! What the blocks of all kinds of stages share: how much fits, where results go.

use std::ops::Range;

use systole_isa::{Destination, Source, Store, Then};

use super::layout::Map;
use super::memory_map::{MemoryMap, Order};
use crate::NpuShape;
use crate::network::{Requantise, Shape};
use crate::parameter_table;

/// What a stage may use.
#[derive(Clone, Copy)]
pub struct Limits {
    /// The NPU.
    pub shape: NpuShape,
    /// Rows of the ring of weights.
    pub ring_rows: u32,
}

impl Limits {
    /// Side of the array.
    pub fn dim(&self) -> u32 {
        self.shape.dim
    }

    /// Lines of output that a block takes. Two blocks fit half of the accumulators, so that the
    /// array can be ahead of the STOREs.
    pub fn lines(&self, output: Shape) -> Option<u32> {
        let half = self.shape.accumulator_rows / 2;
        let rows = if output.width > half / 2 { half } else { half / 2 };
        let lines = (rows / output.width).min(output.height);
        // Blocks of about the same size.
        (lines > 0).then(|| output.height.div_ceil(output.height.div_ceil(lines)))
    }

    /// Lines of output that a block takes where the input is on its way: short blocks let the array
    /// begin before the whole input is there.
    pub fn early_lines(&self, output: Shape) -> Option<u32> {
        let quarter = output.height.div_ceil(4);
        let lines = quarter.max((2 * self.dim()).div_ceil(output.width));
        self.lines(output).map(|most| most.min(lines))
    }

    /// Tiles of channels that share a group when each has `rows` rows of weights: part `share` of
    /// the ring.
    pub fn group_tiles(&self, tiles: u32, rows: u32, share: u32) -> u32 {
        let parameters = self.shape.parameter_rows / 16;
        (self.ring_rows / share / rows).min(parameters).clamp(1, tiles)
    }

    /// Tiles of channels that share a table of parameters.
    pub fn section_tiles(&self) -> u32 {
        self.shape.parameter_rows / 32
    }
}

/// Where results go.
#[derive(Clone, Copy)]
pub enum Place {
    /// Into a map.
    Map(Map),
    /// To memory.
    Memory(MemoryMap),
}

/// Where results go, and what is added to them.
#[derive(Clone, Copy)]
pub struct Target {
    /// Where.
    pub place: Place,
    /// The map that is added.
    pub residual: Option<Map>,
    /// They are replaced by the table's entries; nothing is added then.
    pub table: bool,
}

impl Target {
    /// Whether a STORE can have no more than one tile of channels.
    pub fn takes_single_tiles(&self) -> bool {
        matches!(&self.place, Place::Memory(map) if map.order == Order::Planes)
    }

    /// The STORE of channels of tiles `tiles` in lines `lines` of the output, with the requantiser's
    /// parameters from row `parameter_row` on.
    pub fn store(
        &self,
        dim: u32,
        output: Shape,
        (tiles, lines): (Range<u32>, Range<u32>),
        (requantise, parameter_row): (&Requantise, u32),
    ) -> Store {
        let (width, channels) = (output.width, output.channels);
        let (tile, rows) = (tiles.start, lines.len() as u32 * width);
        let destination = match &self.place {
            Place::Map(map) => {
                let lined = !map.is_dense();
                Destination::Scratchpad {
                    row: map.line(tile, lines.start) as u16,
                    row_step: 1,
                    chunk_step: map.plane_step as u16,
                    line_rows: if lined { width as u16 } else { 0 },
                    line_step: if lined { map.pitch as u16 } else { 0 },
                }
            }
            Place::Memory(map) => map.destination(dim, tile, lines.start),
        };
        let otherwise = if self.table { Then::Table } else { Then::Keep };
        let then = self.residual.map_or(otherwise, |map| Then::Add {
            residual_row: map.line(tile, lines.start) as u16,
        });
        Store {
            source: Source::Requantised {
                parameter_row: parameter_row as u16,
                zero_point: requantise.zero_point,
                clamp_min: requantise.clamp_min,
                clamp_max: requantise.clamp_max,
                double_rounding: false,
                then,
            },
            destination,
            rows: rows as u16,
            columns: (tiles.len() as u32 * dim).min(channels - tile * dim) as u16,
            source_row: 0,
            source_chunk_step: rows as u16,
            source_row_step: 1,
        }
    }
}

/// The parameter table of channels `channels`; a single bias and multiplier serve all.
pub fn parameters(dim: u32, requantise: &Requantise, channels: Range<u32>) -> Vec<u8> {
    let range = channels.start as usize..channels.end as usize;
    let bias = match requantise.bias.as_slice() {
        [bias] => &vec![*bias; range.len()],
        bias => &bias[range.clone()],
    };
    let multiplier = match requantise.multiplier.as_slice() {
        [multiplier] => &[*multiplier],
        multiplier => &multiplier[range],
    };
    parameter_table(dim, bias, multiplier)
}

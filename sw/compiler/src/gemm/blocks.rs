//! Sizes of the blocks of a product.

use super::{Gemm, PlanError};
use crate::NpuShape;

/// Block sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Blocks {
    /// Rows of activations.
    pub(super) m: u32,
    /// Tiles of columns.
    pub(super) n_tiles: u32,
    /// Tiles of k whose activations are in the scratchpad at once.
    pub(super) k_tiles: u32,
    /// Tiles of k in a piece of weights.
    pub(super) piece: u32,
    /// Pieces that the ring of weights holds.
    pub(super) slots: u32,
    /// Blocks of rows that the ring of activations holds.
    pub(super) activation_slots: u32,
}

impl Blocks {
    pub(super) fn choose(shape: &NpuShape, gemm: &Gemm) -> Result<Self, PlanError> {
        let quarter = shape.scratchpad_rows / 4;
        let accumulators = shape.accumulator_rows / 2;
        let parameters = shape.parameter_rows / 2 / gemm.result.parameter_rows();
        if quarter < shape.dim {
            return Err(PlanError::MemoryTooSmall { what: "scratchpad" });
        }
        if parameters == 0 {
            return Err(PlanError::MemoryTooSmall { what: "parameter memory" });
        }
        let k_tiles = gemm.k.div_ceil(shape.dim);
        // With twice D rows a bus word a cycle for every D bytes of weights is half of what a
        // balanced bus carries.
        let m = gemm.m.min(2 * shape.dim).min(accumulators).min(quarter);
        let n_tiles = gemm.n.div_ceil(shape.dim).min(accumulators / m).min(parameters);
        let n_tiles = n_tiles.min(quarter / shape.dim);
        let n_tiles = n_tiles.min(u32::from(u16::MAX) / (gemm.result.parameter_rows() * shape.dim));
        let slot_rows = n_tiles * gemm.weight_rows(shape.dim);
        let busy_tiles = EXEC_CYCLES.div_ceil(n_tiles * m.max(shape.dim));
        let piece = busy_tiles.min(2 * quarter / (FEWEST_SLOTS * slot_rows)).max(1);
        let slots = (2 * quarter / (piece * slot_rows)).min(MOST_SLOTS);
        let k_tiles = k_tiles.min(quarter / m);
        let activation_slots = 2 * quarter / (m * k_tiles);
        Ok(Self { m, n_tiles, k_tiles, piece, slots, activation_slots })
    }

    /// Cuts `k_tiles` into pieces; the `first` of all are short.
    pub(super) fn pieces(&self, k_tiles: u32, first: bool) -> Vec<u32> {
        let mut left = k_tiles;
        let mut pieces = Vec::new();
        while left > 0 {
            let next = if first && pieces.len() < 2 { 1 } else { self.piece };
            pieces.push(next.min(left));
            left -= next.min(left);
        }
        pieces
    }
}

/// Cycles that an EXEC should last at least, to hide the descriptors of the next one.
const EXEC_CYCLES: u32 = 256;

/// Slots of the ring of weights that pieces leave room for if they can.
const FEWEST_SLOTS: u32 = 4;

/// Slots of the ring of weights at most: a unit can give 15 tokens that are not taken.
const MOST_SLOTS: u32 = 14;

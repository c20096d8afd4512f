//! The pieces of weights of a product in the order of their use, and what belongs to each.

use super::Gemm;
use super::blocks::Blocks;
use crate::NpuShape;

/// Part of a dimension that one block covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span {
    pub(super) index: u32,
    pub(super) start: u32,
    pub(super) len: u32,
    pub(super) last: bool,
}

/// All of a dimension.
pub(super) fn whole(len: u32) -> Span {
    Span { index: 0, start: 0, len, last: true }
}

pub(super) fn spans(total: u32, block: u32) -> impl Iterator<Item = Span> + Clone {
    (0..total.div_ceil(block)).map(move |index| {
        let start = index * block;
        let len = block.min(total - start);
        Span { index, start, len, last: start + len == total }
    })
}

/// One piece of weights, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Rows of the output block.
    pub(super) m: Span,
    /// Columns of the output block.
    pub(super) n: Span,
    /// Which output block, which load of activations and which load of parameters this belongs to.
    pub(super) output: u32,
    pub(super) activations: u32,
    pub(super) parameters: u32,
    /// Columns of the activations that are in the scratchpad.
    pub(super) chunk: Span,
    /// Columns of activations, rows of weights of this piece.
    pub(super) k: Span,
    /// Activations are loaded before it, parameters behind it.
    pub(super) loads_activations: bool,
    pub(super) loads_parameters: bool,
}

pub(super) fn steps(shape: &NpuShape, gemm: &Gemm, blocks: &Blocks) -> Vec<Step> {
    let dim = shape.dim;
    let mut steps: Vec<Step> = Vec::new();
    let n_spans = spans(gemm.n, blocks.n_tiles * dim);
    let (mut output, mut activations, mut parameters) = (0, 0, 0);
    // One block of columns: its parameters serve all rows.
    let few_parameters = gemm.n <= blocks.n_tiles * dim;
    for m in spans(gemm.m, blocks.m) {
        for n in n_spans.clone() {
            for chunk in spans(gemm.k, blocks.k_tiles * dim) {
                let resident = blocks.k_tiles * dim >= gemm.k && n.index > 0;
                let pieces = blocks.pieces(chunk.len.div_ceil(dim), steps.is_empty());
                // Behind the weights that the array waits for.
                let parameters_at = 2.min(pieces.len() - 1);
                let mut start = chunk.start;
                for (index, tiles) in pieces.into_iter().enumerate() {
                    let len = (tiles * dim).min(chunk.start + chunk.len - start);
                    let k = Span { index: start / dim, start, len, last: start + len == gemm.k };
                    let loads_activations = index == 0 && !resident;
                    let needs_parameters = m.index == 0 || !few_parameters;
                    let loads_parameters =
                        chunk.index == 0 && index == parameters_at && needs_parameters;
                    activations += u32::from(loads_activations);
                    parameters += u32::from(chunk.index == 0 && index == 0 && needs_parameters);
                    let (activations, parameters) = (activations - 1, parameters - 1);
                    steps.push(Step {
                        m,
                        n,
                        output,
                        activations,
                        parameters,
                        chunk,
                        k,
                        loads_activations,
                        loads_parameters,
                    });
                    start += len;
                }
            }
            output += 1;
        }
    }
    steps
}

/// Steps that LOAD may run ahead, so that the slot of a block of activations is free when that of
/// its first piece of weights is.
pub(super) fn steps_ahead(steps: &[Step], activation_slots: u32) -> u32 {
    let blocks = steps.chunk_by(|a, b| a.activations == b.activations);
    let shortest = blocks.map(|block| block.len() as u32).min().unwrap_or(1);
    (activation_slots - 1).saturating_mul(shortest).saturating_add(1)
}

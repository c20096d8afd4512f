//! EXEC of a matrix product, and what convolutions have in common with it.

use super::descriptor::Exec;
use super::memories::{MAX_DIM, Memories, row_at};

pub(super) fn run(d: &Exec, memories: &mut Memories) {
    for nt in 0..d.n_tiles {
        for kt in 0..d.k_tiles {
            tile(d, memories, nt, kt);
        }
    }
}

/// One weight tile and all m rows.
fn tile(d: &Exec, memories: &mut Memories, nt: u32, kt: u32) {
    let steps = [(nt, d.weight_n_step), (kt, d.weight_k_step)];
    let weights = weights(memories, row_at(d.weight_row, &steps), d.int4);
    let overwrite = kt == 0 && !d.accumulate;
    for m in 0..d.m_rows {
        let steps = [(kt, d.activation_k_step), (m, d.activation_step)];
        let sums = products(memories.scratchpad(row_at(d.activation_row, &steps)), &weights);
        let row = row_at(d.accumulator_row, &[(nt, d.accumulator_n_step), (m, 1)]);
        add(memories, row, &sums, overwrite);
    }
}

/// A tile of weights, `[k][n]`.
pub(super) type Weights = [[i32; MAX_DIM]; MAX_DIM];

/// Scratchpad rows of a tile of weights on an array of side `dim`.
pub(super) fn tile_rows(dim: u32, int4: bool) -> u32 {
    if int4 { dim / 2 } else { dim }
}

/// The D rows of weights from scratchpad row `row` on.
pub(super) fn weights(memories: &Memories, row: u32, int4: bool) -> Weights {
    let mut weights = [[0; MAX_DIM]; MAX_DIM];
    if int4 {
        for (row, pair) in (row..).zip(weights[..memories.dim()].chunks_exact_mut(2)) {
            for (n, &byte) in memories.scratchpad(row).iter().enumerate() {
                // Shifts of i8 keep the sign.
                pair[0][n] = i32::from(byte << 4 >> 4);
                pair[1][n] = i32::from(byte >> 4);
            }
        }
        return weights;
    }
    for (k, weights) in (0..).zip(&mut weights[..memories.dim()]) {
        for (weight, &byte) in weights.iter_mut().zip(memories.scratchpad(row.wrapping_add(k))) {
            *weight = i32::from(byte);
        }
    }
    weights
}

/// The sum over k of `activations[k] * weights[k][n]`, for each n.
pub(super) fn products(activations: &[i8], weights: &Weights) -> [i32; MAX_DIM] {
    let mut sums = [0i32; MAX_DIM];
    for (&activation, weights) in activations.iter().zip(weights) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            *sum += i32::from(activation) * weight;
        }
    }
    sums
}

/// Adds `sums` to an accumulator row, or to 0 in its place.
pub(super) fn add(memories: &mut Memories, row: u32, sums: &[i32; MAX_DIM], overwrite: bool) {
    for (accumulator, sum) in memories.accumulators_mut(row).iter_mut().zip(sums) {
        let old = if overwrite { 0 } else { *accumulator };
        *accumulator = old.wrapping_add(*sum);
    }
}

//! EXEC: matrix product into the accumulators.

use super::descriptor::Exec;
use super::job::BusError;
use super::memories::{MAX_DIM, Memories, row_at};

/// Never fails; the result type is that of the other units.
pub(super) fn run(d: &Exec, memories: &mut Memories) -> Result<(), BusError> {
    for nt in 0..d.n_tiles {
        for kt in 0..d.k_tiles {
            tile(d, memories, nt, kt);
        }
    }
    Ok(())
}

/// One weight tile and all m rows.
fn tile(d: &Exec, memories: &mut Memories, nt: u32, kt: u32) {
    let dim = memories.dim();
    let mut weights = [[0i32; MAX_DIM]; MAX_DIM];
    let weight_row = row_at(d.weight_row, &[(nt, d.weight_n_step), (kt, d.weight_k_step)]);
    for (k, weights) in (0..).zip(&mut weights[..dim]) {
        let row = memories.scratchpad(weight_row.wrapping_add(k));
        for (weight, &byte) in weights.iter_mut().zip(row) {
            *weight = i32::from(byte);
        }
    }
    let overwrite = kt == 0 && !d.accumulate;
    for m in 0..d.m_rows {
        let steps = [(kt, d.activation_k_step), (m, d.activation_step)];
        let row = row_at(d.activation_row, &steps);
        let mut sums = [0i32; MAX_DIM];
        for (&activation, weights) in memories.scratchpad(row).iter().zip(&weights) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += i32::from(activation) * weight;
            }
        }
        let row = row_at(d.accumulator_row, &[(nt, d.accumulator_n_step), (m, 1)]);
        for (accumulator, sum) in memories.accumulators_mut(row).iter_mut().zip(sums) {
            let old = if overwrite { 0 } else { *accumulator };
            *accumulator = old.wrapping_add(sum);
        }
    }
}

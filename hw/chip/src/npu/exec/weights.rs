//! EXEC, weights: the scratchpad rows of the tiles. Of weights of 4 bits each holds two rows.

use systole_hdl::prelude::*;

use super::command::Command;
use super::loops::Walk;
use crate::config::NpuConfig;

/// The weight rows to ask for: two a cycle if the scratchpad and the array can take them.
pub(super) struct WeightRows {
    /// Scratchpad rows of the next row of the tile and of the one behind it.
    pub(super) rows: [Signal; 2],
    /// Row of the tile.
    pub(super) index: Signal,
    /// It is the tile's last.
    pub(super) last: Signal,
    /// It is the last but one.
    pub(super) last_but_one: Signal,
    /// The first scratchpad row holds two rows of the tile; `None` where it cannot.
    pub(super) int4: Option<Signal>,
    /// Wires to drive: a row of the tile is on its way, and the second as well.
    pub(super) taken: [Signal; 2],
}

/// Addresses of weight rows: tiles of a convolution lie one behind the other, those of a product
/// have steps.
pub(super) fn weight_rows(
    m: M,
    config: &NpuConfig,
    command: &Command,
    walk: &Walk,
    [taken, tile_loaded]: [Signal; 2],
) -> WeightRows {
    m.section("Weight rows");
    let bits = command.row_bits;
    let dim = u64::from(config.dim);
    let index = m.reg("weight_index", U(config.dim.ilog2())).reset(0).doc("row of the tile");
    let row = m.reg("weight_row_next", U(bits));
    let tile_row = m.reg("weight_tile_row", U(bits)).doc("first row of the tile");
    let n_row = m.reg("weight_n_row", U(bits)).doc("first row of the first k tile");
    let k_step = m.reg("weight_k_step", U(bits));
    let n_step = m.reg("weight_n_step", U(bits));
    let int4 = command.int4.map(|_| m.reg("weights_int4", Bit).doc("two rows in a row"));
    let stepped = m.reg("weights_stepped", Bit).doc("n tiles lie weight_n_step apart");

    let first_taken = m.wire("weight_taken", Bit);
    let second_taken = m.wire("second_weight_taken", Bit);
    let second_row = (row + 1).named("second_weight_row");
    let whole = lit(dim, U(bits));
    let tile_rows = command
        .int4
        .map_or(whole, |int4| int4.mux(lit(dim / 2, U(bits)), whole).named("weight_tile_rows"));
    let row_behind_two = if_int4(int4, second_row, second_row + 1);
    let next_index = (index + 1).named("second_weight_index");
    let next_n_row = (n_row + n_step).named("weight_next_n_row");
    let next_k_row = (tile_row + k_step).named("weight_next_k_row");
    let from_n = (walk.last_y & stepped).named("weight_from_n");
    let next_tile_row = from_n.mux(next_n_row, next_k_row).named("weight_next_tile_row");
    m.clocked(|| {
        when(first_taken, || {
            index.set(next_index);
            row.set(second_row);
        });
        when(second_taken, || {
            index.set(next_index + 1);
            row.set(row_behind_two);
        });
        when(tile_loaded, || {
            row.set(next_tile_row);
            tile_row.set(next_tile_row);
            when(walk.last_y, || n_row.set(next_n_row));
        });
        when(taken, || {
            row.set(command.row(2, 0));
            tile_row.set(command.row(2, 0));
            n_row.set(command.row(2, 0));
            k_step.set(command.product.mux(command.row(2, 1), tile_rows));
            n_step.set(command.row(5, 1));
            stepped.set(command.product);
            if let (Some(register), Some(int4)) = (int4, command.int4) {
                register.set(int4);
            }
        });
    });
    WeightRows {
        rows: [row, second_row],
        index,
        last: index.eq(dim - 1).named("weight_last_row"),
        last_but_one: index.eq(dim - 2).named("weight_last_but_one"),
        int4,
        taken: [first_taken, second_taken],
    }
}

/// `there` if the weights have 4 bits, else `otherwise`.
pub(super) fn if_int4(int4: Option<Signal>, there: Signal, otherwise: Signal) -> Signal {
    int4.map_or(otherwise, |int4| int4.mux(there, otherwise))
}

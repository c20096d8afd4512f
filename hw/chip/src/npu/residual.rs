//! STORE, between the requantiser and the destination side: table lookup and residual add.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, low};
use super::pe::{element, pack};
use super::requantise::{choose_elements, shift_in};
use super::residual_lane::{ADDEND_STAGE, LANE_STAGES, residual_lane};
use super::store_place::store_place;
use crate::blocks::{FifoPorts, fifo};
use crate::config::NpuConfig;

/// Residual rows that are read ahead of their use, so that reading does not depend on whether the
/// results behind them move on: one that arrives, one that waits and one that is taken.
const ROWS_AHEAD: u32 = 3;

/// Replaces the results of a command with `table` or `add`; those of others pass at once.
///
/// It works on the command that the destination side works on (`start`), so that a residual row is
/// read after all earlier commands have written theirs. `requantise_lanes` results a cycle enter
/// the lanes; those of a table leave them as soon as the table answers.
pub fn residual(config: &NpuConfig) -> Module {
    let (dim, lanes) = (config.dim, config.requantise_lanes);
    let (place, lane_module) = (store_place(config, 16), residual_lane());
    let rows_ahead = fifo("npu_residual_rows", ROWS_AHEAD, U(8 * dim));
    module("npu_residual", |m| {
        m.doc("Table lookup and residual add of STORE.");
        let start = m.input("start", Bit).doc("the destination side begins with the command");
        let command = m.input("command", COMMAND);
        let in_valid = m.input("in_valid", Bit);
        let in_data = m.input("in_data", U(8 * dim));
        let scratchpad_ready = m.input("scratchpad_ready", Bit);
        let scratchpad_data = m.input("scratchpad_data", U(8 * dim));
        let out_ready = m.input("out_ready", Bit);
        let discard = m.input("discard", Bit).doc("forget the command and all rows");

        m.section("Command");
        let adds = m.reg("adds", Bit);
        let passes = m.reg("passes", Bit).reset(1).doc("neither table nor add");
        let rows_left = m.reg("rows_left", Bit).reset(0).doc("rows to read, or to look up");
        let starts_work = command.bits(20, 19).any().named("starts_work");
        let next = m.wire("next", Bit);
        let mut place = m
            .instance("place", &place)
            .pin("start", start & starts_work)
            .pin("base", high(command, 1))
            .pin("rows", low(command, 3))
            .pin("columns", high(command, 3))
            .pin("line_rows", low(command, 7))
            .pin("next", next);
        for step in ["row_step", "tile_step", "line_step"] {
            place = place.pin(step, m.input(step, U(16)));
        }
        place.unused("columns_left").unused("last_tile");
        m.clocked(|| {
            when(next & place.out("last_chunk"), || rows_left.set(0));
            when(start, || {
                adds.set(command.bit(19));
                passes.set(!starts_work);
                rows_left.set(starts_work);
            });
            when(discard, || rows_left.set(0));
        });

        m.section("Residual rows ahead");
        let arriving = m.reg("arriving", Bit).reset(0);
        let ahead = m.reg("rows_ahead", U(2)).reset(0).doc("read and not yet taken");
        let taken = m.wire("row_taken", Bit);
        let wanted = m.output_wire("reads_rows", Bit).doc("the scratchpad's port is this module's");
        wanted.drive(rows_left & adds);
        let read_valid = m.output("scratchpad_valid", wanted & ahead.ne(u64::from(ROWS_AHEAD)));
        m.output("scratchpad_row", place.out("address"));
        let read = (read_valid & scratchpad_ready).named("row_read");
        next.drive(adds.mux(read, taken));
        let rows = FifoPorts::connect(
            m,
            "rows",
            &rows_ahead,
            (arriving, scratchpad_data),
            taken & adds,
            discard,
        );
        let (pending, residual_row) = (rows.pop_valid, rows.pop_data);
        m.clocked(|| {
            arriving.set(read & !discard);
            when(read & !(taken & adds), || ahead.set(ahead + 1))
                .or_when(taken & adds & !read, || ahead.set(ahead - 1));
            when(discard, || ahead.set(0));
        });
        m.check("row_has_room", !arriving | rows.push_ready);

        m.section("Flow control");
        let valid = m.reg("valid", Bit).reset(0).doc("a row is complete");
        let data = m.reg("data", U(8 * dim));
        let valid_stages = m.reg("valid_stages", U(LANE_STAGES)).reset(0);
        let last_stages = m.reg("last_stages", U(LANE_STAGES)).reset(0);
        let advance = (!valid | out_ready).named("advance");
        let work = (!passes & in_valid & adds.mux(pending, rows_left)).named("work");
        let enter = (work & advance).named("enter");
        let rows = [(in_data, 8), (residual_row, 8)];
        let (operands, last_beat) = choose_elements(m, &rows, dim / lanes, lanes, enter);
        let named = |(lane, pair): (usize, &Vec<Signal>)| {
            (pair[0].named(format!("value_{lane}")), pair[1].named(format!("residual_{lane}")))
        };
        let operands: Vec<(Signal, Signal)> = operands.iter().enumerate().map(named).collect();
        taken.drive(enter & last_beat);
        m.output("in_ready", taken | (passes & out_ready) | discard);
        // Behind the lookup only sums go on.
        let goes_on = |stages: Signal| {
            let upper = stages.bits(LANE_STAGES - 1, ADDEND_STAGE)
                & adds.repeat(LANE_STAGES - ADDEND_STAGE);
            cat(&[upper, stages.bits(ADDEND_STAGE - 1, 0)])
        };
        m.clocked(|| {
            when(advance, || {
                valid_stages.set(goes_on(shift_in(valid_stages, enter)));
                last_stages.set(goes_on(shift_in(last_stages, enter & last_beat)));
            });
            when(discard, || valid_stages.set(0));
        });

        m.section("Table");
        let indices = m.output_reg("indices", U(8 * lanes));
        let entries = m.input("entries", U(32 * lanes));
        let scale = m.input("scale", U(32)).doc("float32");
        m.output("lookup", advance);
        let chosen: Vec<Signal> = operands
            .iter()
            .map(|(value, residual)| {
                let value = adds.mux(*residual, *value);
                cat(&[!value.bit(7), value.bits(6, 0)])
            })
            .collect();
        m.clocked(|| {
            when(advance, || indices.set(pack(&chosen)));
        });

        m.section("Lanes");
        let results: Vec<Signal> = (0..lanes)
            .zip(&operands)
            .map(|(lane, (value, _))| {
                let entry = element(entries, lane, 32);
                let sum = m
                    .instance(format!("lane_{lane}"), &lane_module)
                    .pin("advance", advance)
                    .pin("value", value.as_signed())
                    .pin("scale", scale)
                    .pin("addend", entry)
                    .out("result");
                adds.mux(sum.as_unsigned(), entry.bits(7, 0))
            })
            .collect();

        m.section("Row under assembly");
        let leaving = |stages: Signal| {
            adds.mux(stages.bit(LANE_STAGES - 1), stages.bit(ADDEND_STAGE - 1) & !passes)
        };
        let arrives = leaving(valid_stages).named("arrives");
        let completes = (arrives & leaving(last_stages)).named("completes");
        let fresh = pack(&results);
        let assembled =
            if dim > lanes { cat(&[fresh, data.bits(8 * dim - 1, 8 * lanes)]) } else { fresh };
        m.clocked(|| {
            when(advance, || {
                valid.set(completes);
                when(arrives, || data.set(assembled));
            });
            when(discard, || valid.set(0));
        });
        m.output("out_valid", valid | (passes & in_valid));
        m.output("out_data", passes.mux(in_data, data));
        m.cover("waits_for_residual", !passes & in_valid & adds & !pending);
        m.cover("waits_for_result", !passes & !in_valid & pending);
    })
}

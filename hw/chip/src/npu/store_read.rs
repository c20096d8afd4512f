//! STORE, source side: reads source rows in order and feeds the requantiser.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, low};
use super::store_maximum::store_maximum;
use super::store_parameters::store_parameters;
use super::store_windows::store_windows;
use crate::blocks::{FifoPorts, fifo};
use crate::config::NpuConfig;

/// Rows of the scratchpad that are read and not yet taken: one that arrives, one that waits and one
/// that is taken, so that one moves a cycle.
const ROWS_AHEAD: u32 = 3;

/// Reads the rows of one command after the other.
///
/// A row of accumulators arrives in the cycle after its read and waits in `held` until its consumer
/// (by source: the requantiser, or the write side) takes it. Rows of the scratchpad, and maxima of
/// windows, wait in a queue for the write side: whether they are read depends on nothing that
/// happens behind it in the same cycle. The next command is accepted when all rows are read; the
/// last ones may still wait, unless they come from the other memory.
pub fn store_read(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let (wide, narrow) = (U(32 * dim), U(8 * dim));
    let parameters = store_parameters(config);
    let (windows, maximum) = (store_windows(config), store_maximum(config));
    let queue = fifo("npu_store_rows", ROWS_AHEAD, narrow);
    module("npu_store_read", |m| {
        m.doc("Source side of STORE.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let command_room = m.input("command_room", Bit).doc("else the command must wait");
        let rows_written = m.input("rows_written", Bit).doc("no scratchpad write is under way");
        let accumulator_ready = m.input("accumulator_ready", Bit);
        let accumulator_data = m.input("accumulator_data", wide);
        let scratchpad_ready = m.input("scratchpad_ready", Bit);
        let scratchpad_data = m.input("scratchpad_data", narrow);
        let requantiser_ready = m.input("requantiser_ready", Bit);
        let write_ready = m.input("row_ready", Bit);
        let abort = m.input("abort", Bit).doc("read nothing more");
        let clear = m.input("clear", Bit).doc("end of the job");

        m.section("Descriptor");
        let reading = m.reg("reading", Bit).reset(0).doc("rows are left, no windows");
        let source = m.reg("source", U(2)).doc("0 requantised, 1 int32, 2 scratchpad");
        let rows = m.reg("rows", U(16));
        let chunk_step = m.reg("chunk_step", U(16));
        let row_step = m.reg("row_step", U(16));
        let constants = m.reg("constants", U(24)).doc("zero point, minimum, maximum");
        let command_copies = command.bit(17).named("command_copies");
        let command_requantises = command.bits(17, 16).eq(0).named("command_requantises");
        let command_pools = command.bit(21).named("command_pools");
        let pooling = m.wire("pooling", Bit);
        let tile_begun = m.wire("tile_begun", Bit);
        let nothing_to_read = (!reading & !pooling).named("nothing_to_read");
        let rows_ahead = m.reg("rows_ahead", U(2)).reset(0).doc("scratchpad rows read, not taken");
        let pending = m.wire("pending", Bit);
        let in_order = command_copies.mux(rows_written & !pending, rows_ahead.eq(0));
        let source_ready = in_order & (!command_requantises | tile_begun) & command_room;
        let command_ready = m.output("command_ready", nothing_to_read & source_ready & !abort);
        let accept = (command_valid & command_ready).named("accept");

        m.section("Rows");
        let columns_left = m.reg("columns_left", U(16));
        let rows_left = m.reg("rows_left", U(16)).doc("in this tile, this one included");
        let first = m.reg("first", Bit).doc("row of its tile");
        let tile_row = m.reg("tile_row", U(16)).doc("first source row of the tile");
        let source_row = m.reg("source_row", U(16));
        let copies = source.bit(1).named("copies").doc("source is the scratchpad");
        let requantises = source.eq(0).named("requantises");
        let room = m.wire("room", Bit).doc("for accumulators that arrive in the next cycle");
        let scratchpad_room = rows_ahead.ne(u64::from(ROWS_AHEAD)).named("scratchpad_room");
        let tile_ready = m.wire("tile_ready", Bit);
        let parameters_hold = (requantises & first & !tile_ready).named("parameters_hold");
        let row_room = copies.mux(scratchpad_room, room);
        let row_valid = (reading & row_room & !parameters_hold & !abort).named("row_read_valid");
        let row_ready = copies.mux(scratchpad_ready, accumulator_ready);
        let read = (row_valid & row_ready).named("row_read");
        let ends_tile = rows_left.eq(1).named("ends_tile");
        let last_tile = columns_left.le(u64::from(dim)).named("last_tile");
        let next_tile_row = (tile_row + chunk_step).named("next_tile_row");
        m.clocked(|| {
            when(read, || {
                first.set(0);
                source_row.set(source_row + row_step);
                rows_left.set(rows_left - 1);
                when(ends_tile, || {
                    first.set(1);
                    source_row.set(next_tile_row);
                    tile_row.set(next_tile_row);
                    rows_left.set(rows);
                    columns_left.set(columns_left - u64::from(dim));
                    reading.set(!last_tile);
                });
            });
            when(accept, || {
                source.set(command.bits(17, 16));
                rows.set(low(command, 3));
                rows_left.set(low(command, 3));
                columns_left.set(high(command, 3));
                source_row.set(low(command, 4));
                tile_row.set(low(command, 4));
                chunk_step.set(high(command, 4));
                row_step.set(low(command, 5));
                constants.set(command.bits(215, 192));
                first.set(1);
                reading.set(!command_pools);
            });
            when(abort, || reading.set(0));
        });

        m.section("Parameters");
        let stop = (abort | clear).named("stop");
        let takes_parameters = (read & requantises & first).named("takes_parameters");
        let parameters = m
            .instance("parameters", &parameters)
            .pin("command_valid", command_valid)
            .pin("command", command)
            .pin("accept", accept)
            .pin("next", takes_parameters)
            .pin("parameter_data", m.input("parameter_data", narrow))
            .pin("stop", stop);
        tile_begun.drive(parameters.out("begun"));
        tile_ready.drive(parameters.out("ready"));
        for port in ["parameter_read_valid", "parameter_read_row", "bias", "multiplier"] {
            m.output(port, parameters.out(port));
        }
        if config.double_rounding {
            for port in ["shift", "double_rounding"] {
                m.output(port, parameters.out(port));
            }
        }
        // The last row of the command before may still wait for the requantiser.
        let zero_point = m.output_reg("zero_point", S(8));
        let clamp_min = m.output_reg("clamp_min", S(8));
        let clamp_max = m.output_reg("clamp_max", S(8));
        m.clocked(|| {
            when(takes_parameters, || {
                zero_point.set(constants.bits(7, 0).as_signed());
                clamp_min.set(constants.bits(15, 8).as_signed());
                clamp_max.set(constants.bits(23, 16).as_signed());
            });
        });

        m.section("Windows");
        let tap_step = m.wire("tap_step", Bit);
        let windows = m
            .instance("windows", &windows)
            .pin("start", accept & command_pools)
            .pin("command", command)
            .pin("tap_step", tap_step)
            .pin("stop", stop);
        pooling.drive(windows.out("busy"));
        let (tap_empty, tap_last) = (windows.out("tap_empty"), windows.out("tap_last"));
        // Only the last tap of a window brings a row.
        let tap_allowed = windows.out("tap_valid") & (scratchpad_room | !tap_last) & !abort;
        let tap_valid = tap_allowed.named("tap_read_valid");
        tap_step.drive(tap_valid & (scratchpad_ready | tap_empty));
        let tap_ends_window = (tap_step & tap_last).named("tap_ends_window");
        let tap_arrives = m.reg("tap_arrives", Bit).reset(0);
        let tap_first_arrives = m.reg("tap_first_arrives", Bit);
        let tap_empty_arrives = m.reg("tap_empty_arrives", Bit);
        m.clocked(|| {
            tap_arrives.set(tap_step);
            tap_first_arrives.set(windows.out("tap_first"));
            tap_empty_arrives.set(tap_empty);
        });
        let maximum = m
            .instance("window_maximum", &maximum)
            .pin("valid", tap_arrives)
            .pin("first", tap_first_arrives)
            .pin("empty", tap_empty_arrives)
            .pin("data", scratchpad_data);

        m.section("Requests");
        m.output("accumulator_valid", row_valid & !copies);
        m.output("accumulator_row", source_row);
        m.output("scratchpad_valid", (row_valid & copies) | (tap_valid & !tap_empty));
        m.output("scratchpad_row", pooling.mux(windows.out("tap_row"), source_row));

        m.section("Accumulators at hand");
        let arriving = m.reg("arriving", Bit).reset(0);
        let requantised = m.reg("requantised", Bit).doc("the requantiser takes it");
        let held_valid = m.reg("held_valid", Bit).reset(0);
        let held = m.reg("held", wide);
        let accumulators = held_valid.mux(held, accumulator_data).named("accumulators_at_hand");
        pending.drive(arriving | held_valid);
        let consumer_ready = requantised.mux(requantiser_ready, write_ready);
        let taken = (pending & consumer_ready).named("accumulators_taken");
        room.drive(!pending | taken);
        m.output("requantiser_valid", pending & requantised);
        m.output("accumulators", accumulators);
        m.clocked(|| {
            arriving.set(read & !copies);
            held_valid.set(pending & !taken);
            when(arriving, || held.set(accumulator_data));
            when(read, || requantised.set(requantises));
        });

        m.section("Rows of the scratchpad");
        let row_arrives = m.reg("row_arrives", Bit).reset(0);
        let pooled = m.reg("pooled", Bit).doc("the maximum of a window");
        let arrived = pooled.mux(maximum.out("maximum"), scratchpad_data).named("row_arrived");
        let never = lit(0, Bit);
        let rows_queue =
            FifoPorts::connect(m, "queue", &queue, (row_arrives, arrived), write_ready, never);
        let row_read = ((read & copies) | tap_ends_window).named("scratchpad_row_read");
        let row_taken = (rows_queue.pop_valid & write_ready).named("row_taken");
        m.check("row_has_room", !row_arrives | rows_queue.push_ready);
        m.clocked(|| {
            row_arrives.set(row_read);
            pooled.set(tap_ends_window);
            when(row_read & !row_taken, || rows_ahead.set(rows_ahead + 1))
                .or_when(row_taken & !row_read, || rows_ahead.set(rows_ahead - 1));
        });

        m.section("Row at hand");
        let from_queue = rows_queue.pop_valid;
        m.output("row_valid", from_queue | (pending & !requantised));
        m.output("row", from_queue.mux(rows_queue.pop_data.ext(32 * dim), accumulators));
        m.output("idle", nothing_to_read & !pending & rows_ahead.eq(0));
    })
}

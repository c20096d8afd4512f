//! STORE, source side: reads source rows in order and feeds the requantiser.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, low};
use crate::config::NpuConfig;

/// Parameter rows of an n-tile: 4 of biases, 4 of multipliers.
const PARAMETER_ROWS: u64 = 8;

/// Reads the rows of one command after the other.
///
/// Before each n-tile of a requantising command the tile's parameters are read into registers.
/// A row read arrives in the next cycle and waits in `held` until its consumer (by `source`: the
/// requantiser, or the write side) takes it.
pub fn store_read(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let (wide, narrow) = (U(32 * dim), U(8 * dim));
    module("npu_store_read", |m| {
        m.doc("Source side of STORE.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let rows_written = m.input("rows_written", Bit).doc("no scratchpad write is under way");
        let accumulator_ready = m.input("accumulator_ready", Bit);
        let accumulator_data = m.input("accumulator_data", wide);
        let scratchpad_ready = m.input("scratchpad_ready", Bit);
        let scratchpad_data = m.input("scratchpad_data", narrow);
        let parameter_data = m.input("parameter_data", narrow);
        let requantiser_ready = m.input("requantiser_ready", Bit);
        let write_ready = m.input("row_ready", Bit);
        let abort = m.input("abort", Bit).doc("read nothing more");

        m.section("Descriptor");
        let reading_rows = m.reg("reading_rows", Bit).reset(0);
        let reading_parameters = m.reg("reading_parameters", Bit).reset(0);
        let source = m.reg("source", U(2)).doc("0 requantised, 1 int32, 2 scratchpad");
        let rows = m.reg("rows", U(16));
        let chunk_step = m.reg("chunk_step", U(16));
        let row_step = m.reg("row_step", U(16));
        let zero_point = m.output_reg("zero_point", S(8));
        let clamp_min = m.output_reg("clamp_min", S(8));
        let clamp_max = m.output_reg("clamp_max", S(8));
        let pending = m.wire("pending", Bit).doc("a row waits for its consumer");
        let idle = (!reading_rows & !reading_parameters & !pending).named("nothing_to_read");
        let from_scratchpad = command.bit(17).named("command_from_scratchpad");
        let command_ready =
            m.output("command_ready", idle & (rows_written | !from_scratchpad) & !abort);
        let accept = (command_valid & command_ready).named("accept");

        m.section("Rows");
        let columns_left = m.reg("columns_left", U(16));
        let rows_left = m.reg("rows_left", U(16)).doc("in this tile, this one included");
        let tile_row = m.reg("tile_row", U(16)).doc("first source row of the tile");
        let source_row = m.reg("source_row", U(16));
        let copies = source.bit(1).named("copies").doc("source is the scratchpad");
        let consumer_ready = m.wire("consumer_ready", Bit);
        let room = (!pending | consumer_ready).named("row_room");
        let read_valid = (reading_rows & room & !abort).named("read_valid");
        m.output("accumulator_valid", read_valid & !copies);
        m.output("scratchpad_valid", read_valid & copies);
        m.output("accumulator_row", source_row);
        m.output("scratchpad_row", source_row);
        let read_ready = copies.mux(scratchpad_ready, accumulator_ready);
        let read = (read_valid & read_ready).named("row_read");
        let ends_tile = rows_left.eq(1).named("ends_tile");
        let last_tile = columns_left.le(u64::from(dim)).named("last_tile");
        let next_tile_row = (tile_row + chunk_step).named("next_tile_row");

        m.section("Parameters");
        let parameter_row = m.reg("parameter_row", U(16)).doc("next row to read");
        let parameter_count = m.reg("parameter_count", U(3)).reset(0);
        let parameter_read =
            m.output("parameter_read_valid", reading_parameters & !pending & !abort);
        m.output("parameter_read_row", parameter_row);
        let parameter_arrives = m.reg("parameter_arrives", Bit).reset(0);
        let multiplier = m.output_reg("multiplier", wide);
        let bias = m.output_reg("bias", wide);
        let ends_parameters =
            (parameter_read & parameter_count.eq(PARAMETER_ROWS - 1)).named("ends_parameters");
        m.clocked(|| {
            parameter_arrives.set(parameter_read);
            when(parameter_read, || {
                parameter_row.set(parameter_row + 1);
                parameter_count.set(parameter_count + 1);
            });
            when(parameter_arrives, || {
                // The rows of a tile shift through both registers: the first one ends lowest.
                multiplier.set(cat(&[parameter_data, multiplier.bits(32 * dim - 1, 8 * dim)]));
                bias.set(cat(&[multiplier.bits(8 * dim - 1, 0), bias.bits(32 * dim - 1, 8 * dim)]));
            });
            when(accept, || parameter_row.set(high(command, 5)));
            when(accept | abort, || parameter_count.set(0));
        });

        m.section("Progress");
        m.clocked(|| {
            when(read, || {
                source_row.set(source_row + row_step);
                rows_left.set(rows_left - 1);
            });
            when(read & ends_tile, || {
                source_row.set(next_tile_row);
                tile_row.set(next_tile_row);
                rows_left.set(rows);
                columns_left.set(columns_left - u64::from(dim));
                reading_rows.set(!last_tile & source.ne(0));
                reading_parameters.set(!last_tile & source.eq(0));
            });
            when(ends_parameters, || {
                reading_parameters.set(0);
                reading_rows.set(1);
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
                zero_point.set(command.bits(199, 192).as_signed());
                clamp_min.set(command.bits(207, 200).as_signed());
                clamp_max.set(command.bits(215, 208).as_signed());
                reading_parameters.set(command.bits(17, 16).eq(0));
                reading_rows.set(command.bits(17, 16).ne(0));
            });
            when(abort, || {
                reading_rows.set(0);
                reading_parameters.set(0);
            });
        });

        m.section("Row at hand");
        let arriving = m.reg("arriving", Bit).reset(0);
        let held_valid = m.reg("held_valid", Bit).reset(0);
        let held = m.reg("held", wide);
        let arrived = copies.mux(scratchpad_data.ext(32 * dim), accumulator_data).named("arrived");
        let row = held_valid.mux(held, arrived).named("row_at_hand");
        pending.drive(arriving | held_valid);
        let requantised = source.eq(0).named("requantised");
        consumer_ready.drive(requantised.mux(requantiser_ready, write_ready));
        m.output("requantiser_valid", pending & requantised);
        m.output("row_valid", pending & !requantised);
        m.output("row", row);
        m.clocked(|| {
            arriving.set(read);
            held_valid.set(pending & !consumer_ready);
            when(arriving, || held.set(arrived));
        });
        m.output("idle", idle);
    })
}

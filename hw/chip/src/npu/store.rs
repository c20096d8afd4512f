//! The STORE unit: accumulators or scratchpad rows out to memory or to the scratchpad.

use systole_hdl::prelude::*;

use super::bus_window::PAGE_BITS;
use super::descriptor::COMMAND;
use super::residual::residual;
use super::shape::Shape;
use super::store_read::store_read;
use super::store_write::store_write;
use super::writes::writes;
use crate::blocks::{FifoPorts, fifo};
use crate::config::NpuConfig;

/// The STORE unit. After a bus error, or when the hart ends the job (`abort`), it finishes the chunk
/// that it is writing, waits for the bursts under way, discards the rest and does nothing more until
/// `clear`.
pub fn store(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let (wide, narrow) = (U(32 * dim), U(8 * dim));
    let source = store_read(config);
    let destination = store_write(config);
    let channels = writes(config);
    // There is no table memory for D = 2: all its entries are 0, and so is what comes of them.
    let residual = (dim > 2).then(|| residual(config));
    // Commands that the first side has begun and the second one has not.
    let ahead_depth = Shape::of(config).queue_depth().min(2);
    let ahead = fifo("npu_store_queue", ahead_depth, COMMAND);
    let result_slice = fifo("npu_store_result_slice", 2, narrow);
    module("npu_store", |m| {
        m.doc("STORE unit.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let abort = m.input("abort", Bit).doc("the hart ended the job");
        let clear = m.input("clear", Bit).doc("end of the job");
        let requantiser_ready = m.input("requantiser_ready", Bit);
        let requantised_valid = m.input("requantised_valid", Bit);
        let requantised = m.input("requantised", narrow);

        m.section("Source side");
        let aborted = m.output_reg("aborted", Bit).reset(0).doc("nothing more is stored");
        let ahead_room = m.wire("ahead_room", Bit);
        let rows_written = m.wire("rows_written", Bit).doc("no scratchpad write is ahead");
        let scratchpad_ready = m.input("scratchpad_ready", Bit);
        let scratchpad_data = m.input("scratchpad_data", narrow);
        let row_ready = m.wire("row_ready", Bit);
        let reader = m
            .instance("read", &source)
            .pin("command_valid", command_valid)
            .pin("command", command)
            .pin("command_room", ahead_room)
            .pin("rows_written", rows_written)
            .pin("accumulator_ready", m.input("accumulator_ready", Bit))
            .pin("accumulator_data", m.input("accumulator_data", wide))
            .pin("scratchpad_ready", scratchpad_ready)
            .pin("scratchpad_data", scratchpad_data)
            .pin("parameter_data", m.input("parameter_data", narrow))
            .pin("requantiser_ready", requantiser_ready)
            .pin("row_ready", row_ready)
            .pin("abort", aborted)
            .pin("clear", clear);
        let command_ready = m.output("command_ready", reader.out("command_ready"));
        for port in ["accumulator_valid", "accumulator_row"] {
            m.output(port, reader.out(port));
        }
        for port in ["parameter_read_valid", "parameter_read_row"] {
            m.output(port, reader.out(port));
        }
        for port in ["bias", "multiplier", "zero_point", "clamp_min", "clamp_max"] {
            m.output(port, reader.out(port));
        }
        if config.double_rounding {
            for port in ["shift", "double_rounding"] {
                m.output(port, reader.out(port));
            }
        }
        m.output("accumulators", reader.out("accumulators"));
        let requantiser_valid = m.output("requantiser_valid", reader.out("requantiser_valid"));
        m.output("requantise_waits", requantiser_valid & !requantiser_ready);

        m.section("Destination side");
        let accept = (command_valid & command_ready).named("accept");
        let writer_ready = m.wire("writer_ready", Bit);
        let next = FifoPorts::connect(m, "ahead", &ahead, (accept, command), writer_ready, aborted);
        ahead_room.drive(next.push_ready);
        let beat_ready = m.wire("beat_ready", Bit);
        let burst_ready = m.wire("burst_ready", Bit);
        let all_answered = m.wire("all_answered", Bit);
        let result_valid = m.wire("result_valid", Bit);
        let result = m.wire("result", narrow).doc("of the requantiser, the table or the add");
        let writer = m
            .instance("write", &destination)
            .pin("command_valid", next.pop_valid)
            .pin("command", next.pop_data)
            .pin("requantised_valid", result_valid)
            .pin("requantised", result)
            .pin("row_valid", reader.out("row_valid"))
            .pin("row", reader.out("row"))
            .pin("result_write_ready", m.input("result_write_ready", Bit))
            .pin("beat_ready", beat_ready)
            .pin("burst_ready", burst_ready)
            .pin("all_answered", all_answered)
            .pin("abort", aborted);
        writer_ready.drive(writer.out("command_ready"));
        row_ready.drive(writer.out("row_ready"));
        let destination_idle = (writer.out("idle") & !next.pop_valid).named("destination_idle");
        for port in ["result_write_valid", "result_write_row", "result_write_data"] {
            m.output(port, writer.out(port));
        }

        m.section("Results");
        // Results that wait for the bus hold the requantiser, but not within the cycle.
        let result_taken = m.wire("result_taken", Bit);
        let results = FifoPorts::connect(
            m,
            "results",
            &result_slice,
            (requantised_valid, requantised),
            result_taken,
            clear,
        );
        m.output("requantised_ready", results.push_ready);
        let reads = [reader.out("scratchpad_valid"), reader.out("scratchpad_row")];
        match &residual {
            Some(residual) => {
                let residual = m
                    .instance("residual", residual)
                    .pin("start", writer.out("accept"))
                    .pin("command", next.pop_data)
                    .pin("in_valid", results.pop_valid)
                    .pin("in_data", results.pop_data)
                    .pin("scratchpad_ready", scratchpad_ready)
                    .pin("scratchpad_data", scratchpad_data)
                    .pin("out_ready", writer.out("requantised_ready"))
                    .pin("discard", writer.out("discard"))
                    .pin("row_step", writer.out("row_step").bits(15, 0))
                    .pin("tile_step", writer.out("tile_step").bits(15, 0))
                    .pin("line_step", writer.out("line_step"))
                    .pin("entries", m.input("table_entries", U(32 * config.requantise_lanes)))
                    .pin("scale", m.input("table_scale", U(32)));
                m.output("table_lookup", residual.out("lookup"));
                m.output("table_indices", residual.out("indices"));
                result_valid.drive(residual.out("out_valid"));
                result.drive(residual.out("out_data"));
                result_taken.drive(residual.out("in_ready"));
                m.output("scratchpad_valid", reads[0] | residual.out("scratchpad_valid"));
                // The source side reads the scratchpad when no result is on its way to it.
                let reads_residual = residual.out("reads_rows");
                let row = reads_residual.mux(residual.out("scratchpad_row"), reads[1]);
                m.output("scratchpad_row", row);
                m.check("one_reader", !(reads[0] & reads_residual));
            }
            None => {
                let zeros = m.reg("zeros", Bit).doc("table or add");
                m.clocked(|| {
                    when(writer.out("accept"), || zeros.set(next.pop_data.bits(20, 19).any()));
                });
                result_valid.drive(results.pop_valid);
                result.drive(zeros.mux(0, results.pop_data));
                result_taken.drive(writer.out("requantised_ready"));
                m.output("scratchpad_valid", reads[0]);
                m.output("scratchpad_row", reads[1]);
                for port in ["discard", "row_step", "tile_step", "line_step"] {
                    writer.unused(port);
                }
            }
        }

        m.section("Rows on their way to the scratchpad");
        let scratchpad_commands = m.reg("scratchpad_commands", U(3)).reset(0).doc("not complete");
        let places = (accept & command.bit(18)).named("scratchpad_command_begins");
        let rows_done = writer.out("rows_done");
        rows_written.drive(scratchpad_commands.eq(0));
        m.clocked(|| {
            when(places & !rows_done, || scratchpad_commands.set(scratchpad_commands + 1))
                .or_when(rows_done & !places, || scratchpad_commands.set(scratchpad_commands - 1));
            when(clear, || scratchpad_commands.set(0));
        });

        m.section("Bus");
        let mut bus = m.instance("writes", &channels);
        for port in ["burst_valid", "burst_address", "burst_length", "burst_index"] {
            bus = bus.pin(port, writer.out(port));
        }
        for port in ["burst_ends_command", "beat_valid", "beat_data", "beat_strobe", "beat_last"] {
            bus = bus.pin(port, writer.out(port));
        }
        for port in ["window_base", "window_limit"] {
            bus = bus.pin(port, m.input(port, U(PAGE_BITS)));
        }
        let bus = bus
            .pin("clear", clear)
            .pin("m_axi_awready", m.input("m_axi_awready", Bit))
            .pin("m_axi_wready", m.input("m_axi_wready", Bit))
            .pin("m_axi_bvalid", m.input("m_axi_bvalid", Bit))
            .pin("m_axi_bresp", m.input("m_axi_bresp", U(2)));
        beat_ready.drive(bus.out("beat_ready"));
        burst_ready.drive(bus.out("burst_ready"));
        all_answered.drive(bus.out("all_answered"));
        m.output("writing", !all_answered).doc("a write burst is under way");
        for port in ["m_axi_awvalid", "m_axi_awaddr", "m_axi_awlen", "m_axi_bready"] {
            m.output(port, bus.out(port));
        }
        for port in ["m_axi_wvalid", "m_axi_wdata", "m_axi_wstrb", "m_axi_wlast", "beat_moves"] {
            m.output(port, bus.out(port));
        }

        m.section("Completion and errors");
        let error = m.output("error", bus.out("error"));
        m.output("error_index", bus.out("error_index"));
        m.output("error_address", bus.out("error_address"));
        let completed = bus.out("command_done") | rows_done;
        m.output("done", completed & !aborted);
        let in_requantiser =
            m.reg("in_requantiser", U(8)).reset(0).doc("rows, those in the slice too");
        let enters = (requantiser_valid & requantiser_ready).named("row_enters");
        let leaves = (results.pop_valid & result_taken).named("row_leaves");
        m.clocked(|| {
            when(enters & !leaves, || in_requantiser.set(in_requantiser + 1))
                .or_when(leaves & !enters, || in_requantiser.set(in_requantiser - 1));
            when(error | abort, || aborted.set(1));
            when(clear, || aborted.set(0));
        });
        let sides_idle = (reader.out("idle") & destination_idle).named("sides_idle");
        m.output("idle", sides_idle & all_answered & in_requantiser.eq(0));
    })
}

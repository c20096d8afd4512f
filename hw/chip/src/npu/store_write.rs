//! STORE, destination side: takes chunks in order and writes them to memory or to the scratchpad.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, list_index, low, word};
use super::shape::Shape;
use super::store_align::store_align;
use super::store_place::store_place;
use crate::blocks::bits_for;
use crate::config::NpuConfig;

/// Works through the chunks of one command after the other.
///
/// Chunks come from the requantiser (source 0) or straight from the source side. `burst_*` and
/// `beat_*` go to [`super::writes`]. A command whose destination is the scratchpad ends here
/// (`rows_done`), after all earlier memory writes are answered, so that completions keep order.
pub fn store_write(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let dim = shape.dim;
    let length = U(bits_for(4 * dim));
    let (align, place) = (store_align(config), store_place(config, 32));
    module("npu_store_write", |m| {
        m.doc("Destination side of STORE.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let requantised_valid = m.input("requantised_valid", Bit);
        let requantised = m.input("requantised", U(8 * dim));
        let row_valid = m.input("row_valid", Bit);
        let row = m.input("row", U(32 * dim));
        let result_ready = m.input("result_write_ready", Bit);
        let beat_ready = m.input("beat_ready", Bit);
        let burst_ready = m.input("burst_ready", Bit);
        let all_answered = m.input("all_answered", Bit).doc("no write burst is under way");
        let abort = m.input("abort", Bit).doc("discard chunks, but finish one that has begun");

        m.section("Descriptor");
        let active = m.reg("active", Bit).reset(0);
        let finishing = m.reg("finishing", Bit).reset(0).doc("all rows are in the scratchpad");
        let index = m.reg("index", U(16));
        let source = m.reg("source", U(2));
        let to_scratchpad = m.reg("to_scratchpad", Bit);
        let row_step = m.output_reg("row_step", U(32)).doc("bytes or destination rows");
        let tile_step = m.output_reg("tile_step", U(32)).doc("bytes or destination rows");
        let line_step = m.output_reg("line_step", U(16)).doc("destination rows");

        m.section("Position");
        let accept = m.output_wire("accept", Bit).doc("the command begins");
        let chunk_done = m.wire("chunk_done", Bit);
        let command_places = command.bit(18).named("command_to_scratchpad");
        let place = m
            .instance("place", &place)
            .pin("start", accept)
            .pin("base", word(command, 1))
            .pin("rows", low(command, 3))
            .pin("columns", high(command, 3))
            .pin("line_rows", command_places.mux(low(command, 7), 0))
            .pin("row_step", row_step)
            .pin("tile_step", tile_step)
            .pin("line_step", line_step)
            .pin("next", chunk_done);
        let address = place.out("address");
        let columns_left = place.out("columns_left");
        let (last_tile, last_chunk) = (place.out("last_tile"), place.out("last_chunk"));

        m.section("Chunk");
        let raw = source.eq(1).named("raw");
        let from_requantiser = source.eq(0).named("from_requantiser");
        let elements = last_tile
            .mux(columns_left.resize(length.width()), u64::from(dim))
            .named("chunk_elements");
        let chunk_bytes = raw.mux(elements << 2, elements).named("chunk_bytes");
        let chunk = from_requantiser.mux(requantised.ext(32 * dim), row).named("chunk");
        let here = from_requantiser.mux(requantised_valid, row_valid);
        let takes = m.wire("takes_chunks", Bit);
        let chunk_valid = (active & here & takes).named("chunk_valid");

        m.section("To memory");
        let memory = m
            .instance("align", &align)
            .pin("chunk_valid", chunk_valid & !to_scratchpad)
            .pin("chunk", chunk)
            .pin("chunk_bytes", chunk_bytes)
            .pin("address", address)
            .pin("beat_ready", beat_ready)
            .pin("burst_ready", burst_ready);
        let between = memory.out("between_chunks");
        takes.drive(!finishing & !(abort & between));
        for port in ["beat_valid", "beat_data", "beat_strobe", "beat_last"] {
            m.output(port, memory.out(port));
        }
        for port in ["burst_valid", "burst_address", "burst_length"] {
            m.output(port, memory.out(port));
        }
        m.output("burst_ends_command", memory.out("burst_ends_chunk") & last_chunk);
        m.output("burst_index", index);

        m.section("To the scratchpad");
        let result_valid = m.output("result_write_valid", chunk_valid & to_scratchpad);
        m.output("result_write_row", address.bits(15, 0));
        let lanes: Vec<Signal> = (0..dim)
            .rev()
            .map(|lane| elements.gt(u64::from(lane)).mux(chunk.bits(8 * lane + 7, 8 * lane), 0))
            .collect();
        m.output("result_write_data", cat(&lanes)).doc("zeros behind the last element");
        let result_done = (result_valid & result_ready).named("result_done");
        let rows_done = m.output("rows_done", finishing & all_answered & !abort);

        m.section("Progress");
        chunk_done.drive(memory.out("chunk_done") | result_done);
        let discard = m.output("discard", abort & between);
        m.output("requantised_ready", (chunk_done & from_requantiser) | discard);
        m.output("row_ready", (chunk_done & !from_requantiser) | discard);
        let command_ready = m.output("command_ready", !active | rows_done);
        accept.drive(command_valid & command_ready & !abort);
        let raw_command = command.bits(17, 16).eq(1);
        m.clocked(|| {
            when(chunk_done & last_chunk, || {
                active.set(to_scratchpad);
                finishing.set(to_scratchpad);
            });
            when(rows_done, || {
                active.set(0);
                finishing.set(0);
            });
            when(accept, || {
                active.set(1);
                index.set(list_index(command));
                source.set(command.bits(17, 16));
                to_scratchpad.set(command_places);
                row_step.set(word(command, 2));
                tile_step.set(raw_command.mux(lit(u64::from(4 * dim), U(32)), u64::from(dim)));
                line_step.set(high(command, 7));
                when(command_places, || {
                    row_step.set(low(command, 2).ext(32));
                    tile_step.set(high(command, 2).ext(32));
                });
            });
            when(discard, || {
                active.set(0);
                finishing.set(0);
            });
        });
        m.output("idle", !active);
    })
}

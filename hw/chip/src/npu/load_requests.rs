//! LOAD, address side: turns rows into read bursts.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, low, word};
use super::shape::{BURST_BEATS, Shape};
use crate::config::NpuConfig;

/// Bits of a span: a row behind its offset in the first word, or rows gathered into one burst.
const SPAN_BITS: u32 = 17;

/// Asks for the bus words of each row, in order.
///
/// `span` counts the bytes still to be asked for from the word at `word_address` on. Bursts end at
/// multiples of 16 words, so they never cross 4 KiB. Rows that follow each other without a gap
/// (`stride` = `row_bytes`) are gathered into one span, so that short rows make long bursts.
pub fn load_requests(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let (bus_log, word_ty) = (shape.bus_log, U(shape.word_bits()));
    let span_ty = U(SPAN_BITS);
    let longest = u64::from(BURST_BEATS * shape.bus);
    module("npu_load_requests", |m| {
        m.doc("Read bursts of a LOAD.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let request_ready = m.input("request_ready", Bit);
        let abort = m.input("abort", Bit).doc("ask for nothing more");

        m.section("Descriptor");
        let active = m.reg("active", Bit).reset(0);
        let stride = m.reg("stride", U(32));
        let row_bytes = m.reg("row_bytes", U(16));
        let contiguous = m.reg("contiguous", Bit).doc("rows follow each other without a gap");
        let rows_left = m.reg("rows_left", U(16)).doc("rows not yet in the span");
        let fresh = m.reg("fresh", Bit).doc("the first row has not begun");
        let command_ready = m.output("command_ready", !active);
        let accept = (command_valid & command_ready & !abort).named("accept");

        m.section("Span");
        let next_row = m.reg("next_row", U(32)).doc("address of the next row");
        let word_address = m.reg("word_address", word_ty);
        let span = m.reg("span", span_ty);
        let rest = rows_left.ne(0).named("rows_remain");
        let gather = (contiguous & rest & !fresh & span.lt(2 * longest))
            .named("gather")
            .doc("make the span longer");
        let gathered = (!contiguous | !rest | span.ge(longest))
            .named("gathered")
            .doc("the next burst cannot get longer");

        m.section("Burst");
        let span_up = (span + u64::from(shape.bus - 1)).named("span_rounded_up");
        let words_left = span_up.bits(SPAN_BITS - 1, bus_log).named("words_left");
        let block_left = (lit(u64::from(BURST_BEATS), U(5)) - word_address.bits(3, 0).ext(5))
            .named("block_left");
        let ends_span = words_left.le(block_left.resize(words_left.width())).named("ends_span");
        let burst_words = ends_span.mux(words_left.resize(5), block_left).named("burst_words");
        let request_valid = m.output("request_valid", active & span.ne(0) & gathered & !abort);
        m.output("request_address", cat(&[word_address, zero(U(bus_log))]));
        m.output("request_length", (burst_words - 1).trunc(4));
        let request = (request_valid & request_ready).named("request");
        let burst_bytes = (burst_words.ext(SPAN_BITS) << bus_log).named("burst_bytes");
        let left_behind = ends_span.mux(lit(0, span_ty), span - burst_bytes);
        let span_behind = request.mux(left_behind, span).named("span_behind_burst");
        let next_apart = (request & ends_span & rest & !contiguous).named("next_row_apart");
        let begin_row = ((active & fresh) | next_apart).named("begin_row");

        m.clocked(|| {
            when(active, || span.set(span_behind + gather.mux(row_bytes.ext(SPAN_BITS), 0)));
            when(request, || {
                word_address.set(word_address + burst_words.ext(word_ty.width()));
                when(ends_span & !rest, || active.set(0));
            });
            when(begin_row, || {
                fresh.set(0);
                word_address.set(next_row.bits(31, bus_log));
                span.set(next_row.bits(bus_log - 1, 0).ext(SPAN_BITS) + row_bytes.ext(SPAN_BITS));
                next_row.set(next_row + stride);
            });
            when(begin_row | (active & gather), || rows_left.set(rows_left - 1));
            when(accept, || {
                // Rows of windows may be empty.
                active.set(high(command, 3).ne(0));
                fresh.set(1);
                stride.set(word(command, 2));
                row_bytes.set(high(command, 3));
                // The data side of windows begins each row with a word of its own.
                contiguous.set(!command.bit(18) & word(command, 2).eq(high(command, 3).ext(32)));
                rows_left.set(low(command, 3));
                next_row.set(word(command, 1));
                span.set(0);
            });
            when(abort, || active.set(0));
        });
        m.output("idle", !active);
    })
}

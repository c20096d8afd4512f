//! STORE, byte aligner: turns one chunk into bus words with strobes and bursts.

use systole_hdl::prelude::*;

use super::shape::{BURST_BEATS, Shape};
use crate::blocks::bits_for;
use crate::config::NpuConfig;

/// Writes the `chunk_bytes` low bytes of `chunk` to memory from byte `address` on.
///
/// The chunk's inputs hold still while `chunk_valid`, until `chunk_done`. A piece of min(D, W)
/// bytes moves a cycle: what fills a word leaves as a beat, the rest is carried to the next one.
/// Bursts end at multiples of 16 words. `burst` comes with the first beat of each burst.
pub fn store_align(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let (bus, bus_log, piece) = (shape.bus, shape.bus_log, shape.piece);
    let length_bits = bits_for(4 * shape.dim);
    // Offset plus length, in bytes, and the words that this spans.
    let span_bits = bits_for(4 * shape.dim + 2 * bus);
    let count_bits = (span_bits - bus_log).max(5);
    module("npu_store_align", |m| {
        m.doc("Byte aligner of STORE.");
        let chunk_valid = m.input("chunk_valid", Bit);
        let chunk = m.input("chunk", U(32 * shape.dim));
        let chunk_bytes = m.input("chunk_bytes", U(length_bits)).doc("not 0");
        let address = m.input("address", U(32));
        let beat_ready = m.input("beat_ready", Bit);
        let burst_ready = m.input("burst_ready", Bit);

        m.section("Piece");
        let pieces = 4 * shape.dim / piece;
        let number = m.reg("piece_number", U(pieces.ilog2())).reset(0);
        let offset = m.reg("piece_offset", U(length_bits)).reset(0).doc("bytes done");
        let lanes: Vec<Signal> = (0..pieces)
            .map(|lane| chunk.bits(8 * piece * (lane + 1) - 1, 8 * piece * lane))
            .collect();
        let bytes = select(number, &lanes).named("piece");
        let bytes_left = (chunk_bytes - offset).named("bytes_left");
        let last_piece = bytes_left.le(u64::from(piece)).named("last_piece");
        let piece_bytes = last_piece
            .mux(bytes_left.trunc(shape.piece_log + 1), u64::from(piece))
            .named("piece_bytes");

        m.section("Alignment");
        let shift = (address.bits(bus_log - 1, 0) + offset.resize(bus_log))
            .named("shift")
            .doc("first lane");
        let end = (shift.ext(bus_log + 2) + piece_bytes.resize(bus_log + 2)).named("piece_end");
        let fills = end.ge(u64::from(bus)).named("fills_word");
        let spills = end.gt(u64::from(bus)).named("spills").doc("reaches into the next word");
        let spread = (bytes.ext(16 * bus) << cat(&[shift, zero(U(3))])).named("spread");
        let strobes: Vec<Signal> =
            (0..piece).rev().map(|lane| piece_bytes.gt(u64::from(lane))).collect();
        let piece_strobe = cat(&strobes).named("piece_strobe");
        let spread_strobe = (piece_strobe.ext(2 * bus) << shift).named("spread_strobe");
        let strobe_low = spread_strobe.bits(bus - 1, 0);
        let strobe_high = spread_strobe.bits(2 * bus - 1, bus).named("strobe_high");

        m.section("Word");
        let carry = m.reg("carry", U(8 * bus));
        let carry_strobe = m.reg("carry_strobe", U(bus)).reset(0);
        let flushing = m.reg("flushing", Bit).reset(0).doc("only the carry is left");
        let lanes: Vec<Signal> = (0..bus)
            .rev()
            .map(|lane| {
                let (high, low) = (8 * lane + 7, 8 * lane);
                carry_strobe.bit(lane).mux(carry.bits(high, low), spread.bits(high, low))
            })
            .collect();
        let merged = cat(&lanes).named("merged");
        let merged_strobe =
            (carry_strobe | flushing.mux(lit(0, U(bus)), strobe_low)).named("merged_strobe");
        let emits = (flushing | fills | last_piece).named("emits");

        m.section("Burst");
        let beats = m.reg("beats_done", U(count_bits)).reset(0);
        let word = (address.bits(31, bus_log) + beats.ext(shape.word_bits())).named("word");
        let reach = (address.bits(bus_log - 1, 0).ext(span_bits)
            + chunk_bytes.ext(span_bits)
            + u64::from(bus - 1))
        .named("reach");
        let words = reach.bits(span_bits - 1, bus_log).resize(count_bits).named("words");
        let words_left = (words - beats).named("words_left");
        let in_block = word.bits(3, 0);
        let block_left = (lit(u64::from(BURST_BEATS), U(5)) - in_block.ext(5))
            .ext(count_bits)
            .named("block_left");
        let ends_chunk = m.output("burst_ends_chunk", words_left.le(block_left));
        let burst_beats = ends_chunk.mux(words_left, block_left).named("burst_beats");
        let first_beat = (beats.eq(0) | in_block.eq(0)).named("first_beat");
        let last_beat = (words_left.eq(1) | in_block.all()).named("last_beat");
        let slot = (beat_ready & (burst_ready | !first_beat)).named("beat_slot");
        let step = (chunk_valid & (slot | !emits)).named("step");
        let beat = m.output("beat_valid", step & emits);
        m.output("beat_data", merged);
        m.output("beat_strobe", merged_strobe);
        m.output("beat_last", last_beat);
        m.output("burst_valid", beat & first_beat);
        m.output("burst_address", cat(&[word, zero(U(bus_log))]));
        m.output("burst_length", (burst_beats - 1).trunc(4)).doc("beats minus 1");

        m.section("Progress");
        let over = (flushing | (last_piece & !spills)).named("over");
        let chunk_done = m.output("chunk_done", step & over);
        m.clocked(|| {
            when(step, || {
                number.set(number + 1);
                offset.set(offset + u64::from(piece));
                flushing.set(last_piece & spills);
                when(emits, || {
                    beats.set(beats + 1);
                    carry.set(spread.bits(16 * bus - 1, 8 * bus));
                    carry_strobe.set(strobe_high);
                })
                .otherwise(|| {
                    carry.set(merged);
                    carry_strobe.set(merged_strobe);
                });
            });
            when(chunk_done, || {
                number.set(0);
                offset.set(0);
                flushing.set(0);
                beats.set(0);
                carry_strobe.set(0);
            });
        });
        m.output("between_chunks", beats.eq(0) & offset.eq(0));
        m.check("strobes_never_empty", !beat | merged_strobe.any());
    })
}

//! LOAD, byte aligner: a window of two bus words from which pieces are cut at any byte.

use systole_hdl::prelude::*;

use super::shape::Shape;
use crate::config::NpuConfig;

/// Cuts the piece of `piece_bytes` (1 to min(D, W)) bytes that starts at byte `offset` of the oldest
/// word. When `take` and `piece_valid`, the piece leaves; with `close` also the rest of the word
/// in which it ends.
pub fn load_window(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let bus_bits = config.bus_bits;
    let piece_bits = 8 * shape.piece;
    let sum = U(shape.bus_log + 2);
    module("npu_load_window", |m| {
        m.doc("Byte aligner of LOAD.");
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let offset = m.input("offset", U(shape.bus_log));
        let piece_bytes = m.input("piece_bytes", U(shape.piece_log + 1));
        let close = m.input("close", Bit).doc("the next piece starts in a new word");
        let take = m.input("take", Bit);
        let flush = m.input("flush", Bit).doc("discard everything that arrives");

        m.section("Window");
        let level = m.reg("level", U(2)).reset(0).doc("words held");
        let word_0 = m.reg("word_0", U(bus_bits)).doc("the older word");
        let word_1 = m.reg("word_1", U(bus_bits));
        let error_0 = m.reg("error_0", Bit);
        let error_1 = m.reg("error_1", Bit);

        m.section("Piece");
        let end = (offset.ext(sum.width()) + piece_bytes.resize(sum.width())).named("piece_end");
        let crosses = end.gt(u64::from(shape.bus)).named("crosses").doc("needs both words");
        let ends_word = end.ge(u64::from(shape.bus)).named("ends_word");
        let piece_valid = m.output("piece_valid", crosses.mux(level.eq(2), level.ne(0)));
        let window = cat(&[word_1, word_0]).named("words");
        let shifted = (window >> cat(&[offset, zero(U(3))])).named("window_shifted");
        let lanes: Vec<Signal> = (0..shape.piece)
            .rev()
            .map(|lane| {
                let byte = shifted.bits(8 * lane + 7, 8 * lane);
                piece_bytes.gt(u64::from(lane)).mux(byte, 0)
            })
            .collect();
        m.output("piece", cat(&lanes)).doc("zeros behind its last byte");
        m.output("first_bad", level.ne(0) & error_0);
        m.output("second_bad", crosses & level.eq(2) & error_1);
        debug_assert_eq!(piece_bits, 8 * lanes.len() as u32);

        m.section("Flow");
        let closed_words = crosses.mux(lit(2, U(2)), 1);
        let used_words = close.mux(closed_words, ends_word.ext(2)).named("used_words");
        let consumed = (take & piece_valid).mux(used_words, 0).named("consumed");
        let kept = (level - consumed).named("kept");
        let beat_ready = m.output("beat_ready", kept.ne(2) | flush);
        let arrive = (beat_valid & beat_ready).named("arrive");
        m.clocked(|| {
            when(consumed.eq(1), || {
                word_0.set(word_1);
                error_0.set(error_1);
            });
            when(arrive & kept.eq(0), || {
                word_0.set(beat_data);
                error_0.set(beat_error);
            });
            when(arrive & kept.ne(0), || {
                word_1.set(beat_data);
                error_1.set(beat_error);
            });
            level.set(kept + arrive.ext(2));
            when(flush, || level.set(0));
        });
        m.check("level_in_range", level.ne(3));
    })
}

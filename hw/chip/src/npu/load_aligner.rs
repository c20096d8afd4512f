//! LOAD, byte aligner: two bus words from which bytes are cut at any place.

use systole_hdl::prelude::*;

use super::shape::Shape;
use crate::config::NpuConfig;

/// Holds up to two bus words and shows the min(D, W) bytes from byte `offset` of the older one on,
/// or of the word before it. What the bytes mean, and when a word leaves, its user decides.
pub fn load_aligner(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let bus_bits = config.bus_bits;
    module("npu_load_aligner", |m| {
        m.doc("Byte aligner of LOAD.");
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let offset = m.input("offset", U(shape.bus_log));
        let early = m
            .input("early", Bit)
            .doc("`offset` is one in the word before the older one, whose bytes do not matter");
        let leaving = m.input("leaving", U(2)).doc("words that leave, at most `held`");
        let flush = m.input("flush", Bit).doc("discard everything that arrives");

        m.section("Words");
        let held = m.output_reg("held", U(2)).reset(0).doc("words held");
        let word_0 = m.reg("word_0", U(bus_bits)).doc("the older word");
        let word_1 = m.reg("word_1", U(bus_bits));
        let error_0 = m.reg("error_0", Bit);
        let error_1 = m.reg("error_1", Bit);
        m.output("first_bad", held.ne(0) & error_0);
        m.output("second_bad", held.eq(2) & error_1);

        m.section("Bytes");
        let words = cat(&[early.mux(word_0, word_1), word_0]).named("words");
        let shifted = (words >> cat(&[offset, zero(U(3))])).named("words_shifted");
        m.output("bytes", shifted.trunc(8 * shape.piece));

        m.section("Flow");
        let kept = (held - leaving).named("kept");
        let beat_ready = m.output("beat_ready", kept.ne(2) | flush);
        let arrive = (beat_valid & beat_ready).named("arrive");
        m.clocked(|| {
            when(leaving.eq(1), || {
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
            held.set(kept + arrive.ext(2));
            when(flush, || held.set(0));
        });
        m.check("held_in_range", held.ne(3));
        m.check("words_leave_that_are_held", leaving.le(held));
    })
}

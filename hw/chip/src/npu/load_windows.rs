//! LOAD, data side of windows: cuts windows that may overlap out of the rows that arrive.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, list_index, low, word};
use super::shape::Shape;
use crate::config::NpuConfig;

/// Bits of a position of a window: -128 to W - 1 + 255, two's complement.
const POSITION_BITS: u32 = 10;

/// Bits of a row behind its offset in the first word, or behind the bytes before it.
const SPAN_BITS: u32 = 17;

/// Takes commands in the order in which [`super::load_requests`] asked for their words.
///
/// A window a cycle goes into the write register, once the words that it touches are there; windows
/// before the row wait for its first word, those behind its last word for nothing. A word leaves
/// the aligner when no further window of the row starts in it or before it. Each word is the older
/// one of the aligner for at least a cycle, which is when its error is seen.
pub fn load_windows(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let bus_log = shape.bus_log;
    let count = U(shape.piece_log + 1);
    let sum = U(bus_log + 2);
    module("npu_load_windows", |m| {
        m.doc("Windows of a LOAD: their bytes, lanes and destination.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let held = m.input("held", U(2)).doc("words that the aligner holds");
        let bytes = m.input("bytes", U(8 * shape.piece)).doc("from the window's first byte on");
        let first_bad = m.input("first_bad", Bit).doc("the older word is held and failed");
        let write_ready = m.input("load_write_ready", Bit);
        let abort = m.input("abort", Bit).doc("discard everything");

        m.section("Descriptor");
        let active = m.reg("active", Bit).reset(0);
        let index = m.reg("index", U(16));
        let stride = m.reg("stride", U(32));
        let row_bytes = m.reg("row_bytes", U(16));
        let row_step = m.reg("row_step", U(16));
        let windows = m.reg("row_windows", U(16)).doc("of a row");
        let window_row_step = m.reg("window_row_step", U(16));
        let window_step = m.reg("window_step", U(8));
        let window_bytes = m.reg("window_bytes", count);
        let lane = m.reg("lane", U(shape.dim_log)).doc("of a window's first byte");
        let pad_value = m.reg("pad_value", U(8));
        let lead = m.reg("lead", U(8)).doc("bytes of the first window before the row");

        m.section("Row");
        let fresh = m.reg("fresh", Bit).doc("the first row has not begun");
        let next_row = m.reg("next_row", U(32)).doc("address of the next row");
        let rows_left = m.reg("rows_left", U(16)).doc("behind this row");
        let words_left = m.reg("words_left", U(SPAN_BITS - bus_log)).doc("not yet dropped");
        let word_address = m.reg("word_address", U(shape.word_bits())).doc("of the oldest");
        let row = m.reg("row", U(16)).doc("destination of the row's first window");
        let running = (active & !fresh).named("running");
        let words_remain = words_left.ne(0).named("words_remain");
        let bad = (words_remain & first_bad).named("bad");

        m.section("Window");
        let windows_left = m.reg("windows_left", U(16)).doc("of this row");
        let window_row = m.reg("window_row", U(16)).doc("destination");
        let position = m
            .reg("position", U(POSITION_BITS))
            .doc("of its first byte, counted from the oldest word; means nothing without words");
        let to_start =
            m.reg("to_start", U(8)).doc("bytes from its first to the row's first, else 0");
        let to_end =
            m.reg("to_end", U(SPAN_BITS)).doc("bytes from its first to the row's end, else 0");
        let windows_remain = windows_left.ne(0).named("windows_remain");
        let last_window = windows_left.eq(1).named("last_window");
        let offset = m.output("offset", position.bits(bus_log - 1, 0));
        m.output("early", position.bit(POSITION_BITS - 1));
        let beyond = starts_beyond(position, bus_log).named("beyond");
        let end = (offset.ext(sum.width()) + window_bytes.resize(sum.width())).named("window_end");
        let crosses = (end.gt(u64::from(shape.bus)) & words_left.ne(1))
            .named("crosses")
            .doc("may need the next word of the row too");
        let words_there = (!beyond & crosses.mux(held.eq(2), held.ne(0))).named("words_there");

        m.section("Progress");
        let write_valid = m.output_reg("load_write_valid", Bit).reset(0);
        let room = (!write_valid | write_ready).named("room");
        let may_take = (running & windows_remain & room & !bad & !abort).named("may_take");
        let take = (may_take & (!words_remain | words_there)).named("take");
        let next_position =
            (position + window_step.ext(POSITION_BITS)).named("next_window_position");
        let next_beyond = starts_beyond(next_position, bus_log).named("next_beyond");
        let taken_last = (take & (last_window | next_beyond)).named("taken_last_of_word");
        let word_over = (!windows_remain | beyond | taken_last).named("word_over");
        let may_drop = (running & words_remain & held.ne(0) & !bad & !abort).named("may_drop");
        let drop_word = (may_drop & word_over).named("drop_word");
        m.output("leaving", drop_word.ext(2));
        let windows_over = !windows_remain | (take & last_window);
        let words_over = !words_remain | (drop_word & words_left.eq(1));
        let ends_row = (running & windows_over & words_over).named("ends_row");
        let ends_command = (ends_row & rows_left.eq(0)).named("ends_command");

        m.section("Write");
        let write_row = m.output_reg("write_row", U(16));
        let write_bytes = m.reg("write_bytes", bytes.ty());
        let padded = pad(bytes, to_start, to_end, pad_value);
        let bits = 8 * shape.dim;
        m.output("write_data", write_bytes.ext(bits) << cat(&[lane, zero(U(3))]));
        let bytes_written: Vec<Signal> =
            (0..shape.piece).rev().map(|byte| window_bytes.gt(u64::from(byte))).collect();
        m.output("write_lanes", cat(&bytes_written).ext(shape.dim) << lane);
        let ending = m.reg("ending", Bit).reset(0).doc("the last window waits to be written");
        m.output("done", ending & room & !abort);

        m.section("Errors");
        let error = m.output("error", running & bad & !abort);
        m.output("error_index", index);
        m.output("error_address", cat(&[word_address, zero(U(bus_log))]));

        // The write register is empty before its lanes change.
        let command_ready = m.output("command_ready", !active & room);
        let accept = (command_valid & command_ready & !abort).named("accept");
        let begin_row = ((active & fresh) | ends_row).named("begin_row");
        let row_offset = next_row.bits(bus_log - 1, 0).named("row_offset");
        let row_end = (row_offset.ext(SPAN_BITS) + row_bytes.ext(SPAN_BITS)).named("row_end");
        let row_words = (row_end + u64::from(shape.bus - 1)).named("row_end_rounded_up");
        let following_row = (row + row_step).named("following_row");
        m.clocked(|| {
            when(room, || {
                write_valid.set(0);
                ending.set(0);
            });
            when(take, || {
                write_valid.set(1);
                write_row.set(window_row);
                write_bytes.set(padded);
                windows_left.set(windows_left - 1);
                window_row.set(window_row + window_row_step);
                to_start.set(less(to_start, window_step));
                to_end.set(less(to_end, window_step));
            });
            let moved = take.mux(next_position, position);
            position.set(moved - drop_word.mux(lit(u64::from(shape.bus), position.ty()), 0));
            when(drop_word, || {
                words_left.set(words_left - 1);
                word_address.set(word_address + 1);
            });
            when(ends_row, || {
                row.set(following_row);
                window_row.set(following_row);
            });
            when(ends_command, || {
                active.set(0);
                ending.set(1);
            });
            when(begin_row, || {
                fresh.set(0);
                next_row.set(next_row + stride);
                rows_left.set(rows_left - 1);
                word_address.set(next_row.bits(31, bus_log));
                words_left.set(row_bytes.ne(0).mux(row_words.bits(SPAN_BITS - 1, bus_log), 0));
                windows_left.set(windows);
                position.set(row_offset.ext(POSITION_BITS) - lead.ext(POSITION_BITS));
                to_start.set(lead);
                to_end.set(row_bytes.ext(SPAN_BITS) + lead.ext(SPAN_BITS));
            });
            when(accept, || {
                active.set(1);
                index.set(list_index(command));
                fresh.set(1);
                next_row.set(word(command, 1));
                stride.set(word(command, 2));
                rows_left.set(low(command, 3));
                row_bytes.set(high(command, 3));
                row.set(low(command, 4));
                window_row.set(low(command, 4));
                row_step.set(high(command, 4));
                window_row_step.set(low(command, 5));
                windows.set(high(command, 5));
                window_step.set(command.bits(199, 192));
                window_bytes.set(command.bits(200 + shape.piece_log, 200));
                lane.set(command.bits(207 + shape.dim_log, 208));
                pad_value.set(command.bits(223, 216));
                lead.set(lit(0, U(8)) - command.bits(231, 224));
            });
            when(error | abort, || active.set(0));
            when(abort, || {
                write_valid.set(0);
                ending.set(0);
            });
        });
        m.output("idle", !active & !write_valid & !ending);
        m.cover("window_crosses_words", take & words_remain & crosses);
        m.cover("window_starts_before_row", take & to_start.any());
        m.cover("words_without_window", drop_word & !windows_remain);
    })
}

/// Whether `position` lies behind the oldest word.
fn starts_beyond(position: Signal, bus_log: u32) -> Signal {
    !position.bit(POSITION_BITS - 1) & position.bits(POSITION_BITS - 2, bus_log).any()
}

/// `value` - `step`, but not below 0.
fn less(value: Signal, step: Signal) -> Signal {
    let step = step.ext(value.width());
    value.gt(step).mux(value - step, 0)
}

/// The bytes of a window, those outside the row replaced.
fn pad(bytes: Signal, to_start: Signal, to_end: Signal, pad_value: Signal) -> Signal {
    let lanes: Vec<Signal> = (0..bytes.width() / 8)
        .rev()
        .map(|lane| {
            let inside = to_start.le(u64::from(lane)) & to_end.gt(u64::from(lane));
            inside.mux(bytes.bits(8 * lane + 7, 8 * lane), pad_value)
        })
        .collect();
    cat(&lanes).named("padded")
}

//! LOAD, data side: cuts the bytes that arrive into chunks and writes them to their rows.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, list_index, low, word};
use super::load_window::load_window;
use super::shape::Shape;
use crate::config::NpuConfig;

/// Takes commands in the order in which [`super::load_requests`] asked for their words.
///
/// The aligner delivers pieces of min(D, W) bytes; D/W of them (or 1) make a chunk.
pub fn load_rows(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let bus_log = shape.bus_log;
    let pieces = shape.dim / shape.piece;
    let row_ty = U(8 * shape.dim);
    let window = load_window(config);
    module("npu_load_rows", |m| {
        m.doc("Rows of a LOAD: chunks and their destination.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let beat_valid = m.input("beat_valid", Bit);
        let beat_data = m.input("beat_data", U(config.bus_bits));
        let beat_error = m.input("beat_error", Bit);
        let write_ready = m.input("load_write_ready", Bit);
        let abort = m.input("abort", Bit).doc("discard everything");

        m.section("Descriptor");
        let active = m.reg("active", Bit).reset(0);
        let index = m.reg("index", U(16));
        let to_parameters = m.reg("to_parameters", Bit);
        let stride = m.reg("stride", U(32));
        let row_bytes = m.reg("row_bytes", U(16));
        let row_step = m.reg("row_step", U(16));
        let chunk_step = m.reg("chunk_step", U(16));
        let contiguous = m.reg("contiguous", Bit);

        m.section("Position");
        let position = m.reg("position", U(32)).doc("address of the next piece");
        let next_row = m.reg("next_row", U(32)).doc("address of the next row");
        let bytes_left = m.reg("bytes_left", U(16)).doc("in this row");
        let rows_left = m.reg("rows_left", U(16)).doc("behind this row");
        let fresh = m.reg("fresh", Bit).doc("the first row has not begun");
        let row = m.reg("row", U(16)).doc("destination of the row's first chunk");
        let chunk_row = m.reg("chunk_row", U(16)).doc("destination of this chunk");

        m.section("Piece");
        let piece_log = shape.piece_log;
        let ends_row = bytes_left.le(u64::from(shape.piece)).named("ends_row");
        let ends_command = (ends_row & rows_left.eq(0)).named("ends_command");
        let piece_bytes = ends_row
            .mux(bytes_left.trunc(piece_log + 1), u64::from(shape.piece))
            .named("piece_bytes");
        let close = (ends_row & (!contiguous | rows_left.eq(0))).named("close");
        let take = m.wire("take", Bit);
        let bytes = m
            .instance("window", &window)
            .pin("beat_valid", beat_valid)
            .pin("beat_data", beat_data)
            .pin("beat_error", beat_error)
            .pin("offset", position.bits(bus_log - 1, 0))
            .pin("piece_bytes", piece_bytes)
            .pin("close", close)
            .pin("take", take)
            .pin("flush", abort);
        m.output("beat_ready", bytes.out("beat_ready"));
        let piece = bytes.out("piece");
        let first_bad = bytes.out("first_bad");
        let bad = (first_bad | bytes.out("second_bad")).named("bad");

        m.section("Chunk");
        let write_valid = m.reg("write_valid", Bit).reset(0);
        let write_last = m.reg("write_last", Bit).doc("last chunk of its descriptor");
        let write_to_parameters = m.reg("write_to_parameters", Bit);
        let write_row = m.output_reg("write_row", U(16));
        let write_data = m.output_reg("write_data", row_ty);
        let written = (write_valid & (write_to_parameters | write_ready)).named("written");
        let room = (!write_valid | written).named("room");
        take.drive(active & !fresh & room & !bad & !abort);
        let fire = (take & bytes.out("piece_valid")).named("fire");
        let chunk_end = if pieces == 1 {
            m.clocked(|| {
                when(fire, || write_data.set(piece));
            });
            fire
        } else {
            gather_pieces(m, shape, [fire, ends_row, abort], piece, write_data)
        };
        m.clocked(|| {
            when(written, || write_valid.set(0));
            when(chunk_end, || {
                write_valid.set(1);
                write_row.set(chunk_row);
                write_to_parameters.set(to_parameters);
                write_last.set(ends_command);
            });
            when(abort, || write_valid.set(0));
        });
        m.output("load_write_valid", write_valid & !write_to_parameters);
        m.output("parameter_write_valid", write_valid & write_to_parameters);
        m.output("done", written & write_last & !abort);

        m.section("Errors");
        let error = m.output("error", active & !fresh & bad & !abort);
        m.output("error_index", index);
        let bad_word = position.bits(31, bus_log) + first_bad.mux(lit(0, U(shape.word_bits())), 1);
        m.output("error_address", cat(&[bad_word, zero(U(bus_log))]));

        m.section("Progress");
        let command_ready = m.output("command_ready", !active);
        let accept = (command_valid & command_ready & !abort).named("accept");
        let begin_row = ((active & fresh) | (fire & ends_row)).named("begin_row");
        let following_row = (row + row_step).named("following_row");
        m.clocked(|| {
            when(chunk_end, || chunk_row.set(chunk_row + chunk_step));
            when(fire, || {
                position.set(position + piece_bytes.ext(32));
                bytes_left.set(bytes_left - piece_bytes.ext(16));
                when(ends_command, || active.set(0));
            });
            when(fire & ends_row, || {
                row.set(following_row);
                chunk_row.set(following_row);
            });
            when(begin_row, || {
                fresh.set(0);
                position.set(next_row);
                next_row.set(next_row + stride);
                bytes_left.set(row_bytes);
                rows_left.set(rows_left - 1);
            });
            when(accept, || {
                active.set(1);
                index.set(list_index(command));
                to_parameters.set(command.bit(16));
                stride.set(word(command, 2));
                row_bytes.set(high(command, 3));
                row_step.set(high(command, 4));
                chunk_step.set(low(command, 5));
                contiguous.set(word(command, 2).eq(high(command, 3).ext(32)));
                fresh.set(1);
                next_row.set(word(command, 1));
                rows_left.set(low(command, 3));
                row.set(low(command, 4));
                chunk_row.set(low(command, 4));
            });
            when(error | abort, || active.set(0));
        });
        m.output("idle", !active & !write_valid);
    })
}

/// Collects the pieces of a chunk in `data`; the result is 1 with the chunk's last piece.
fn gather_pieces(
    m: M,
    shape: Shape,
    [fire, ends_row, abort]: [Signal; 3],
    piece: Signal,
    data: Signal,
) -> Signal {
    let pieces = shape.dim / shape.piece;
    let piece_bits = 8 * shape.piece;
    let number = m.reg("piece_number", U(pieces.ilog2())).reset(0).doc("of the next piece");
    let first = number.eq(0).named("first_piece");
    let chunk_end = (fire & (number.all() | ends_row)).named("chunk_end");
    let lanes: Vec<Signal> = (0..pieces)
        .rev()
        .map(|lane| {
            let held = data.bits(piece_bits * (lane + 1) - 1, piece_bits * lane);
            let others = first.mux(lit(0, U(piece_bits)), held);
            number.eq(u64::from(lane)).mux(piece, others)
        })
        .collect();
    m.clocked(|| {
        when(fire, || {
            data.set(cat(&lanes));
            number.set(chunk_end.mux(0, number + 1));
        });
        when(abort, || number.set(0));
    });
    chunk_end
}

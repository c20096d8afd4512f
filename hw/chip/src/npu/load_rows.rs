//! LOAD, data side: cuts the bytes that arrive into chunks and writes them to their rows.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, list_index, low, word};
use super::shape::Shape;
use crate::config::NpuConfig;

/// Ports that ask for a write, by the number of the memory (`space`).
pub const WRITE_PORTS: [&str; 3] =
    ["load_write_valid", "parameter_write_valid", "table_write_valid"];

const SPACE: Ty = U(2);

/// Takes commands in the order in which [`super::load_requests`] asked for their words.
///
/// A piece is what the aligner gives in a cycle, min(D, W) bytes; D/W of them (or 1) make a chunk.
pub fn load_rows(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let bus_log = shape.bus_log;
    let pieces = shape.dim / shape.piece;
    let row_ty = U(8 * shape.dim);
    let sum = U(bus_log + 2);
    module("npu_load_rows", |m| {
        m.doc("Rows of a LOAD: chunks and their destination.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let held = m.input("held", U(2)).doc("words that the aligner holds");
        let bytes = m.input("bytes", U(8 * shape.piece)).doc("from `offset` on");
        let first_bad = m.input("first_bad", Bit).doc("the older word is held and failed");
        let second_bad = m.input("second_bad", Bit);
        let write_ready = m.input("load_write_ready", Bit);
        let abort = m.input("abort", Bit).doc("discard everything");

        m.section("Descriptor");
        let active = m.reg("active", Bit).reset(0);
        let index = m.reg("index", U(16));
        let space = m.reg("space", SPACE).doc("destination memory");
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
        let offset = m.output("offset", position.bits(bus_log - 1, 0));
        let end = (offset.ext(sum.width()) + piece_bytes.resize(sum.width())).named("piece_end");
        let crosses = end.gt(u64::from(shape.bus)).named("crosses").doc("needs both words");
        let ends_word = end.ge(u64::from(shape.bus)).named("ends_word");
        let piece_valid = crosses.mux(held.eq(2), held.ne(0)).named("piece_valid");
        let lanes: Vec<Signal> = (0..shape.piece)
            .rev()
            .map(|lane| {
                let byte = bytes.bits(8 * lane + 7, 8 * lane);
                piece_bytes.gt(u64::from(lane)).mux(byte, 0)
            })
            .collect();
        let piece = cat(&lanes).named("piece").doc("zeros behind its last byte");
        let bad = (first_bad | (crosses & second_bad)).named("bad");

        m.section("Chunk");
        let write_valid = m.reg("write_valid", Bit).reset(0);
        let write_last = m.reg("write_last", Bit).doc("last chunk of its descriptor");
        let write_space = m.reg("write_space", SPACE);
        let write_row = m.output_reg("write_row", U(16));
        let write_data = m.output_reg("write_data", row_ty);
        let written = (write_valid & (write_space.ne(0) | write_ready)).named("written");
        let room = (!write_valid | written).named("room");
        let fire = (active & !fresh & piece_valid & room & !bad & !abort).named("fire");
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
                write_space.set(space);
                write_last.set(ends_command);
            });
            when(abort, || write_valid.set(0));
        });
        for (memory, port) in WRITE_PORTS.iter().enumerate() {
            m.output(*port, write_valid & write_space.eq(memory as u64));
        }
        m.output("done", written & write_last & !abort);

        m.section("Words that leave the aligner");
        let row_behind = (contiguous & rows_left.ne(0)).named("row_behind");
        let close = (ends_row & !row_behind).named("close").doc("the next piece is in a new word");
        let closed_words = crosses.mux(lit(2, U(2)), 1);
        let used_words = close.mux(closed_words, ends_word.ext(2)).named("used_words");
        m.output("leaving", fire.mux(used_words, 0));

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
                space.set(command.bits(17, 16));
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

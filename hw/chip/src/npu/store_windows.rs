//! STORE, source side: which scratchpad rows the windows of a maximum pool meet.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, high, low};
use crate::config::NpuConfig;

/// Type of a line of the map, taps outside included.
const LINE: Ty = S(20);
/// Type of a column of the map, taps outside included.
const COLUMN: Ty = S(16);

/// Numbers of the command at hand.
struct Fields {
    rows: Signal,
    out_width: Signal,
    chunk_step: Signal,
    pitch: Signal,
    kernel_width: Signal,
    kernel_height: Signal,
    pad_left: Signal,
    pad_top: Signal,
    in_width: Signal,
    in_height: Signal,
    stride_x: Signal,
    stride_y: Signal,
}

impl Fields {
    /// Registers that take their values from `command` at `start`.
    fn new(m: M, start: Signal, command: Signal) -> Fields {
        let field = |name: &str, word: u32, high: u32, low: u32| {
            let value = command.bits(32 * word + high, 32 * word + low);
            let register = m.reg(name, value.ty());
            m.clocked(|| {
                when(start, || register.set(value));
            });
            register
        };
        Fields {
            rows: field("rows", 3, 15, 0),
            out_width: field("out_width", 7, 11, 0),
            chunk_step: field("chunk_step", 4, 31, 16),
            pitch: field("row_pitch", 5, 15, 0),
            kernel_width: field("kernel_width", 5, 18, 16),
            kernel_height: field("kernel_height", 5, 21, 19),
            pad_left: field("pad_left", 5, 24, 22),
            pad_top: field("pad_top", 5, 27, 25),
            in_width: field("in_width", 6, 11, 0),
            in_height: field("in_height", 6, 23, 12),
            stride_x: field("stride_x_minus_1", 6, 25, 24),
            stride_y: field("stride_y_minus_1", 6, 27, 26),
        }
    }
}

/// Walks the taps of one pooling command.
///
/// A *segment* is what a window and a line of the map share: neighbouring rows of the scratchpad.
/// Segments are found one cycle or more ahead of the taps. A line outside the map has none; only
/// the last line of a window always has one, which is then `tap_empty` and reads nothing. The
/// address of the line above the map by `pad_top` is found by as many subtractions at the start.
pub fn store_windows(config: &NpuConfig) -> Module {
    let dim = u64::from(config.dim);
    module("npu_store_windows", |m| {
        m.doc("Taps of the windows of a maximum pool.");
        let start = m.input("start", Bit);
        let command = m.input("command", COMMAND);
        let step = m.input("tap_step", Bit).doc("the tap is being read");
        let stop = m.input("stop", Bit);

        m.section("Descriptor");
        let fields = Fields::new(m, start, command);
        let number = |value: Signal, ty: Ty| value.ext(ty.width()).as_signed();

        m.section("Preparation");
        let preparing = m.reg("preparing", Bit).reset(0);
        let pads_left = m.reg("pads_left", U(3));
        let strides_left = m.reg("strides_left", U(3));
        let line_advance = m.reg("line_advance", U(16)).doc("rows from window to window below");
        let tile_line = m.reg("tile_line", U(16)).doc("address of the tile's first window line");
        let prepared = (!pads_left.any() & !strides_left.any()).named("prepared");

        m.section("Segment");
        let generating = m.reg("generating", Bit).reset(0);
        let first_column = m.reg("first_column", COLUMN).doc("of the window");
        let beyond = m.reg("beyond", COLUMN).doc("columns of the window right of the map");
        let window_line = m.reg("window_line", LINE).doc("first one of the window");
        let line = m.reg("line", LINE);
        let window_address = m.reg("window_address", U(16)).doc("of column 0 of window_line");
        let line_address = m.reg("line_address", U(16)).doc("of column 0 of line");
        let lines_left = m.reg("lines_left", U(3)).doc("in this window");
        let fresh = m.reg("fresh", Bit).doc("the window has no segment yet");
        let left_of_map = first_column.bit(15).named("left_of_map");
        let cut_left = left_of_map.mux(-first_column.trunc(4), 0).ext(6);
        let right_of_map = beyond.gt(0).named("right_of_map");
        let far_right = beyond.bits(14, 3).any().named("far_right");
        let cut_right = far_right.mux(8, number(beyond.bits(2, 0), S(6)));
        let taps = (number(fields.kernel_width, S(6)) - cut_left - right_of_map.mux(cut_right, 0))
            .named("segment_taps");
        let line_inside =
            (!line.bit(19) & line.lt(number(fields.in_height, LINE))).named("line_inside");
        let has_taps = (line_inside & taps.gt(0)).named("has_taps");
        let ends_window = lines_left.eq(1).named("ends_window");
        let emits = (generating & (has_taps | ends_window)).named("emits");
        let segment_room = m.wire("segment_room", Bit);
        let moves = (generating & (segment_room | !emits)).named("generator_moves");

        m.section("Next window");
        let columns_left = m.reg("columns_left", U(16));
        let rows_left = m.reg("rows_left", U(16)).doc("windows in this tile");
        let across_left = m.reg("across_left", U(12)).doc("windows in this line");
        let ends_line = across_left.eq(1).named("ends_line");
        let ends_tile = rows_left.eq(1).named("ends_tile");
        let last_tile = columns_left.le(dim).named("last_tile");
        let stride_x = number(fields.stride_x, COLUMN) + 1;
        let pad_left = number(fields.pad_left, COLUMN).named("pad_left_columns");
        let beyond_start =
            (number(fields.kernel_width, COLUMN) - number(fields.in_width, COLUMN) - pad_left)
                .named("beyond_start");
        let next_line = (window_line + number(fields.stride_y, LINE) + 1).named("next_line");
        let next_address = (window_address + line_advance).named("next_address");
        let next_tile_line = (tile_line + fields.chunk_step).named("next_tile_line");
        let top = (-number(fields.pad_top, LINE)).named("top_line");
        let begin_tile = |address: Signal| {
            window_line.set(top);
            line.set(top);
            window_address.set(address);
            line_address.set(address);
            rows_left.set(fields.rows);
        };
        let begin_line = || {
            first_column.set(-pad_left);
            beyond.set(beyond_start);
            across_left.set(fields.out_width);
        };
        m.clocked(|| {
            when(preparing, || {
                when(pads_left.any(), || {
                    tile_line.set(tile_line - fields.pitch);
                    pads_left.set(pads_left - 1);
                });
                when(strides_left.any(), || {
                    line_advance.set(line_advance + fields.pitch);
                    strides_left.set(strides_left - 1);
                });
                when(prepared, || {
                    preparing.set(0);
                    generating.set(1);
                    begin_tile(tile_line);
                    begin_line();
                    lines_left.set(fields.kernel_height);
                    fresh.set(1);
                });
            });
            when(moves, || {
                line.set(line + 1);
                line_address.set(line_address + fields.pitch);
                lines_left.set(lines_left - 1);
                fresh.set(fresh & !emits);
                when(ends_window, || {
                    first_column.set(first_column + stride_x);
                    beyond.set(beyond + stride_x);
                    across_left.set(across_left - 1);
                    rows_left.set(rows_left - 1);
                    line.set(window_line);
                    line_address.set(window_address);
                    lines_left.set(fields.kernel_height);
                    fresh.set(1);
                    when(ends_line, || {
                        begin_line();
                        window_line.set(next_line);
                        line.set(next_line);
                        window_address.set(next_address);
                        line_address.set(next_address);
                    });
                    when(ends_tile, || {
                        begin_line();
                        begin_tile(next_tile_line);
                        tile_line.set(next_tile_line);
                        columns_left.set(columns_left - dim);
                        generating.set(!last_tile);
                    });
                });
            });
            when(start, || {
                preparing.set(1);
                pads_left.set(command.bits(187, 185));
                strides_left.set(command.bits(219, 218).ext(3) + 1);
                line_advance.set(0);
                tile_line.set(low(command, 4));
                columns_left.set(high(command, 3));
            });
            when(stop, || {
                preparing.set(0);
                generating.set(0);
            });
        });

        m.section("Tap");
        let valid = m.output_reg("tap_valid", Bit).reset(0);
        let row = m.output_reg("tap_row", U(16));
        let empty = m.output_reg("tap_empty", Bit).doc("outside the map");
        let first = m.output_reg("tap_first", Bit).doc("of its window");
        let taps_left = m.reg("taps_left", U(3)).doc("in the segment");
        let closes = m.reg("closes", Bit).doc("the segment is the window's last one");
        let ends_segment = taps_left.eq(1).named("ends_segment");
        m.output("tap_last", closes & ends_segment);
        segment_room.drive(!valid | (step & ends_segment));
        let column = left_of_map.mux(0, first_column.as_unsigned());
        m.clocked(|| {
            when(step, || {
                row.set(row + 1);
                first.set(0);
                taps_left.set(taps_left - 1);
                when(ends_segment, || valid.set(0));
            });
            when(moves & emits, || {
                valid.set(1);
                row.set(line_address + column);
                empty.set(!has_taps);
                first.set(fresh);
                taps_left.set(has_taps.mux(taps.bits(2, 0), 1));
                closes.set(ends_window);
            });
            when(stop, || valid.set(0));
        });
        m.output("busy", preparing | generating | valid);
        m.cover("skips_a_line", moves & !emits);
        m.cover("empty_window", valid & empty & first);
    })
}

//! EXEC, activations of depthwise convolutions: a pixel of each of G lines a cycle.
//!
//! Every channel stays in its column. The taps of line g are the weights in rows T*g and on, the
//! sum of an output walks down the column one row a cycle, and the pixels of line g are broadcast
//! to those rows, one a cycle: so tap kx meets pixel x + kx. Each pixel is read once a pass.
//!
//! Pixels outside the map are not there to be broadcast: where an output's tap falls outside, the
//! row takes the padding from the left edge instead (`inject` is 0). Thereby lines follow each
//! other without a gap: with padding on the left the first outputs of a line start before its
//! first pixel, while the last pixels of the line before are still being broadcast.

use systole_hdl::prelude::*;

use super::tile::{COORDINATE, Tile, line_taps, tap_lines};
use super::wave::Wave;
use crate::config::NpuConfig;

/// Bits of a column's number: 4 * 4095 at most.
const COLUMN: u32 = 14;

/// Cycles by which a read may trail its wave: the padding on the left.
const MOST_LEAD: u32 = 3;

/// Streams the outputs of depthwise tiles.
///
/// `read_valid` bit g and `read_row_<g>` ask for the pixel of line g; these reads are never
/// refused, as an odd line pitch keeps them in different banks. They come `lead` cycles after
/// the wave of the same column.
pub fn taps(config: &NpuConfig) -> Module {
    let row_bits = config.scratchpad_rows.ilog2();
    let (lines, line_taps) = (tap_lines(config.dim), line_taps(config.dim));
    module("npu_exec_taps", |m| {
        m.doc("EXEC, activations of depthwise convolutions.");
        let tile_valid = m.input("tile_valid", Bit);
        let abort = m.input("abort", Bit).doc("the next output is the tile's last");
        let offered = Tile::unpack(config, "offered", m.input("tile", Tile::ty(config)));
        for unused in [offered.taps, offered.bounded, offered.step] {
            unused.unused();
        }
        let busy = m.reg("busy", Bit).reset(0);
        let tile_end = m.wire("tile_end", Bit);
        let trailing = m.reg("trailing", U(2)).reset(0).doc("cycles until the last read");
        let drained = (!busy & trailing.eq(0)).named("drained");
        let next_tile = ((!busy | tile_end) & !offered.first).named("next_tile");
        let tile_ready = m.output("tile_ready", next_tile | drained);
        let start = (tile_valid & tile_ready).named("start");

        let mut names = vec![
            "last",
            "select",
            "overwrite",
            "line_step",
            "x",
            "stride_x",
            "stride_y",
            "out_width",
            "in_width",
            "in_height",
            "pad_value",
        ];
        if lines > 1 {
            names.push("pitch");
        } else {
            offered.pitch.unused();
        }
        let tile = offered.kept(m, config, start, &names);

        m.section("Position");
        let column = m.reg("column", U(COLUMN)).doc("of the pixel to read");
        let line_row = m.reg("line_row", U(row_bits)).doc("where column x of the tile lies");
        let read_row = m.reg("read_row", U(row_bits));
        let y = m.reg("y", U(COORDINATE));
        let delay = m.reg("delay", U(3)).doc("cycles until the next output");
        let outputs_left = m.reg("outputs_left", U(16)).doc("in this line");
        let lines_left = m.reg("lines_left", U(12));
        let accumulator_row = m.reg("accumulator_row", offered.accumulator_row.ty());
        let issue = (busy & delay.eq(0) & outputs_left.ne(0)).named("issue");
        let last_output = (outputs_left.eq(1) | abort).named("last_output");
        let outputs_over = (outputs_left.eq(0) | (issue & last_output)).named("outputs_over");
        let next_column = (column + 1).named("next_column");
        let columns_over =
            (next_column.ge(tile.in_width.ext(COLUMN)) | abort).named("columns_over");
        let line_end = (busy & outputs_over & columns_over).named("line_end");
        // A line without outputs left is not the last one when the command's last is still to come.
        let cut = (abort & outputs_left.ne(0)).named("cut");
        let last_line = (lines_left.eq(1) | cut).named("last_line");
        tile_end.drive(line_end & last_line);
        let next_line_row = (line_row + tile.line_step).named("next_line_row");
        let lead = |x: Signal| (lit(0, U(2)) - x.bits(1, 0)).ext(row_bits);
        let next_read_row = (next_line_row + lead(tile.x)).named("next_line_read_row");
        m.clocked(|| {
            when(trailing.ne(0), || trailing.set(trailing - 1));
            when(busy, || {
                column.set(next_column);
                read_row.set(read_row + 1);
                delay.set(issue.mux(tile.stride_x - 1, delay - delay.ne(0).ext(3)));
            });
            when(issue, || {
                outputs_left.set(outputs_left - 1);
                accumulator_row.set(accumulator_row + 1);
            });
            when(line_end, || {
                column.set(0);
                delay.set(0);
                line_row.set(next_line_row);
                read_row.set(next_read_row);
                y.set(y + tile.stride_y.ext(COORDINATE));
                outputs_left.set(tile.out_width);
                lines_left.set(lines_left - 1);
            });
            when(tile_end, || {
                busy.set(0);
                trailing.set(u64::from(MOST_LEAD));
            });
            when(start, || {
                busy.set(1);
                column.set(0);
                delay.set(0);
                line_row.set(offered.row);
                read_row.set(offered.row + lead(offered.x));
                y.set(offered.y);
                outputs_left.set(offered.out_width);
                lines_left.set(offered.out_height);
                accumulator_row.set(offered.accumulator_row);
            });
        });

        m.section("Taps inside the map");
        let x = (column.ext(COORDINATE) + tile.x).named("x").doc("that the first tap meets");
        let inside = |at: Signal, offset: u32, size: Signal, name: &str| {
            let place = if offset == 0 { at } else { at + u64::from(offset) };
            let place = place.named(format!("{name}_{offset}"));
            place.lt(size.ext(COORDINATE)).named(format!("{name}_{offset}_inside"))
        };
        let lines_inside: Vec<Signal> =
            (0..lines).map(|line| inside(y, line, tile.in_height, "line")).collect();
        let columns_inside: Vec<Signal> =
            (0..line_taps).map(|tap| inside(x, tap, tile.in_width, "column")).collect();
        let mut inject: Vec<Signal> = Vec::new();
        for line in &lines_inside {
            inject.extend(columns_inside.iter().map(|column| *line & *column));
        }
        inject.resize(config.dim as usize, lit(0, Bit));
        inject.reverse();
        m.output("inject", cat(&inject)).doc("rows that take the broadcast pixel");

        m.section("Reads, as many cycles behind as there is padding on the left");
        let column_inside = column.lt(tile.in_width.ext(COLUMN)).named("column_inside");
        let wanted: Vec<Signal> =
            lines_inside.iter().rev().map(|line| busy & column_inside & *line).collect();
        let (valid, row) = delayed(m, cat(&wanted), read_row, lead(tile.x).trunc(2));
        m.output("read_valid", valid);
        m.output("read_row_0", row);
        (1..lines).fold(row, |above, line| {
            let row = (above + tile.pitch).named(format!("line_{line}_row"));
            m.output(format!("read_row_{line}"), row)
        });

        m.section("Wave");
        m.output("idle", drained);
        m.output("tile_streamed", tile_end);
        Wave {
            valid: issue,
            select: tile.select,
            row: accumulator_row,
            overwrite: tile.overwrite,
            last: issue & last_output & last_line & tile.last,
            padded: lit(1, Bit),
            pad_value: tile.pad_value,
        }
        .outputs(m);
        m.cover("tiles_without_a_gap", start & tile_end);
    })
}

/// `valid` and `row`, `lead` cycles later.
fn delayed(m: M, valid: Signal, row: Signal, lead: Signal) -> (Signal, Signal) {
    let mut stages = vec![(valid.named("read_now"), row)];
    for stage in 1..=MOST_LEAD {
        let (before_valid, before_row) = stages[stage as usize - 1];
        let valid_late = m.reg(format!("read_late_{stage}"), valid.ty()).reset(0);
        let row_late = m.reg(format!("read_row_late_{stage}"), row.ty());
        m.clocked(|| {
            valid_late.set(before_valid);
            row_late.set(before_row);
        });
        stages.push((valid_late, row_late));
    }
    let (valids, rows): (Vec<Signal>, Vec<Signal>) = stages.into_iter().unzip();
    (select(lead, &valids).named("read_selected"), select(lead, &rows).named("read_row_selected"))
}

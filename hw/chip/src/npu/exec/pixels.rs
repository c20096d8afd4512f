//! EXEC, activations of products and full convolutions: one pixel's row of channels a cycle.

use systole_hdl::prelude::*;

use super::tile::{COORDINATE, Tile};
use super::wave::Wave;
use crate::config::NpuConfig;

/// Streams the pixels of a tile's outputs, line after line, one a cycle without a gap.
///
/// A pixel outside the map is not read; its wave is `padded`.
pub fn pixels(config: &NpuConfig) -> Module {
    let row_bits = config.scratchpad_rows.ilog2();
    module("npu_exec_pixels", |m| {
        m.doc("EXEC, activations: a pixel a cycle.");
        let tile_valid = m.input("tile_valid", Bit);
        let abort = m.input("abort", Bit).doc("the wave at hand is the tile's last");
        let offered = Tile::unpack(config, "offered", m.input("tile", Tile::ty(config)));
        let busy = m.reg("busy", Bit).reset(0);
        let tile_end = m.wire("tile_end", Bit);
        let tile_ready = m.output("tile_ready", !busy | tile_end);
        let start = (tile_valid & tile_ready).named("start");
        for unused in [offered.taps, offered.first, offered.pitch] {
            unused.unused();
        }

        let names = [
            "bounded",
            "last",
            "select",
            "overwrite",
            "step",
            "line_step",
            "x",
            "stride_x",
            "stride_y",
            "out_width",
            "in_width",
            "in_height",
            "pad_value",
        ];
        let tile = offered.kept(m, config, start, &names);

        m.section("Position");
        let row = m.reg("row", U(row_bits));
        let line_row = m.reg("line_row", U(row_bits)).doc("of the line's first output");
        let x = m.reg("x", U(COORDINATE));
        let y = m.reg("y", U(COORDINATE));
        let columns_left = m.reg("columns_left", U(16));
        let lines_left = m.reg("lines_left", U(12));
        let accumulator_row = m.reg("accumulator_row", offered.accumulator_row.ty());
        let line_end = columns_left.eq(1).named("line_end");
        tile_end.drive(busy & ((line_end & lines_left.eq(1)) | abort));
        let next_line_row = (line_row + tile.line_step).named("next_line_row");
        m.clocked(|| {
            when(busy, || {
                row.set(row + tile.step);
                x.set(x + tile.stride_x.ext(COORDINATE));
                columns_left.set(columns_left - 1);
                accumulator_row.set(accumulator_row + 1);
                when(line_end, || {
                    row.set(next_line_row);
                    line_row.set(next_line_row);
                    x.set(tile.x);
                    y.set(y + tile.stride_y.ext(COORDINATE));
                    columns_left.set(tile.out_width);
                    lines_left.set(lines_left - 1);
                });
                when(tile_end, || busy.set(0));
            });
            when(start, || {
                busy.set(1);
                row.set(offered.row);
                line_row.set(offered.row);
                x.set(offered.x);
                y.set(offered.y);
                columns_left.set(offered.out_width);
                lines_left.set(offered.out_height);
                accumulator_row.set(offered.accumulator_row);
            });
        });

        m.section("Wave");
        let in_columns = x.lt(tile.in_width.ext(COORDINATE)).named("in_columns");
        let in_lines = y.lt(tile.in_height.ext(COORDINATE)).named("in_lines");
        let in_map = (!tile.bounded | (in_columns & in_lines)).named("in_map");
        m.output("idle", !busy);
        m.output("tile_streamed", tile_end);
        m.output("activation_valid", busy & in_map);
        m.output("activation_row", row);
        Wave {
            valid: busy,
            select: tile.select,
            row: accumulator_row,
            overwrite: tile.overwrite,
            last: tile_end & tile.last,
            padded: !in_map,
            pad_value: tile.pad_value,
        }
        .outputs(m);
        m.cover("pads", busy & !in_map);
        m.cover("tiles_without_a_gap", start & tile_end);
    })
}

//! STORE: where the rows of a command go, one after the other.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// Walks `base + place(t, r)` (docs/npu.md) in the order of the chunks, with `width` address bits.
///
/// `start` takes the command's numbers; the steps must hold still from the next cycle on. `next`
/// moves to the next chunk. Without lines `line_rows` is 0, which counts as 65536.
pub fn store_place(config: &NpuConfig, width: u32) -> Module {
    let dim = u64::from(config.dim);
    module(format!("npu_store_place_{width}"), |m| {
        m.doc("Destination addresses of STORE: tiles, lines, rows.");
        let start = m.input("start", Bit);
        let base = m.input("base", U(width));
        let rows = m.input("rows", U(16)).doc("at start");
        let columns = m.input("columns", U(16)).doc("at start");
        let line_rows = m.input("line_rows", U(16)).doc("at start");
        let row_step = m.input("row_step", U(width));
        let tile_step = m.input("tile_step", U(width));
        let line_step = m.input("line_step", U(16));
        let next = m.input("next", Bit);

        let tile_rows = m.reg("tile_rows", U(16));
        let rows_of_line = m.reg("rows_of_line", U(16));
        let rows_left = m.reg("rows_left", U(16)).doc("in this tile, this one included");
        let line_left = m.reg("line_left", U(16)).doc("rows in this line, this one included");
        let columns_left = m.output_reg("columns_left", U(16));
        let address = m.output_reg("address", U(width));
        let tile_address = m.reg("tile_address", U(width)).doc("of the tile's first row");
        let line_address = m.reg("line_address", U(16)).doc("of the line's first row");
        let ends_tile = rows_left.eq(1).named("ends_tile");
        let ends_line = line_left.eq(1).named("ends_line");
        let last_tile = m.output("last_tile", columns_left.le(dim));
        m.output("last_chunk", ends_tile & last_tile);
        let next_tile = (tile_address + tile_step).named("next_tile");
        let next_line = (line_address + line_step).named("next_line");
        m.clocked(|| {
            when(next, || {
                address.set(address + row_step);
                rows_left.set(rows_left - 1);
                line_left.set(line_left - 1);
                when(ends_line, || {
                    address.set(next_line.resize(width));
                    line_address.set(next_line);
                    line_left.set(rows_of_line);
                });
                when(ends_tile, || {
                    address.set(next_tile);
                    tile_address.set(next_tile);
                    line_address.set(next_tile.bits(15, 0));
                    rows_left.set(tile_rows);
                    line_left.set(rows_of_line);
                    columns_left.set(columns_left - dim);
                });
            });
            when(start, || {
                address.set(base);
                tile_address.set(base);
                line_address.set(base.bits(15, 0));
                tile_rows.set(rows);
                rows_left.set(rows);
                rows_of_line.set(line_rows);
                line_left.set(line_rows);
                columns_left.set(columns);
            });
        });
    })
}

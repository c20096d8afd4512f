//! EXEC, weights: walks the tiles of a command and loads the weights of each into the array.
//!
//! A tile is offered to the streamers as soon as its weights are loaded. With two weight registers
//! in the array, one tile streams while the next is loaded and the one after waits for a register.
//! An offered tile carries all that a streamer needs, so the next command may begin at once.

use systole_hdl::prelude::*;

use super::command::Command;
use super::loops::counters;
use super::origin::{Start, origin};
use super::tile::Tile;
use super::weights::weight_rows;
use crate::config::NpuConfig;

/// The tile sequencer and weight loader of EXEC.
///
/// `load_*` belongs to the weight row that the scratchpad returns in the same cycle.
/// `tile_streamed` says that the last activation of the oldest tile taken is on its way, so that
/// its weight register is free.
pub fn tiles(config: &NpuConfig) -> Module {
    let row_bits = config.scratchpad_rows.ilog2();
    let accumulator_bits = config.accumulator_rows.ilog2();
    module("npu_exec_tiles", |m| {
        m.doc("EXEC, weights: loads tile after tile and offers each to the streamers.");
        let command_valid = m.input("command_valid", Bit);
        let descriptor = m.input("command_descriptor", U(256));
        let weight_ready = m.input("weight_ready", Bit);
        let tile_taken = m.input("tile_taken", Bit);
        let tile_streamed = m.input("tile_streamed", Bit);
        let command = Command::new(descriptor, row_bits, accumulator_bits);
        let busy = m.reg("busy", Bit).reset(0);
        let command_ready = m.output("command_ready", !busy);
        let taken = (command_valid & command_ready).named("command_taken");

        m.section("Weight registers in use");
        let tile_loaded = m.wire("tile_loaded", Bit);
        let loaded_tiles = m.reg("loaded_tiles", U(2)).reset(0).doc("and not yet streamed");
        m.clocked(|| {
            when(tile_loaded & !tile_streamed, || loaded_tiles.set(loaded_tiles + 1))
                .or_when(tile_streamed & !tile_loaded, || loaded_tiles.set(loaded_tiles - 1));
        });
        // The first weight may enter the array together with the last activation that uses its
        // register.
        let register_free = (loaded_tiles.ne(2) | tile_streamed).named("register_free");

        m.section("Offered tile");
        let tile_valid = m.output_reg("tile_valid", Bit).reset(0);
        let tile = m.output_reg("tile", Tile::ty(config));
        let offer_free = (!tile_valid | tile_taken).named("offer_free");

        let walk = counters(m, &command, taken, tile_loaded);
        let select = m.reg("select", Bit).reset(0).doc("register that is loaded");
        let row = weight_rows(m, config, &command, &walk, [taken, tile_loaded]);
        let request = busy & register_free & (offer_free | !row.last);
        let weight_valid = m.output("weight_valid", request);
        m.output("weight_row", row.next.ext(16));
        row.taken.drive(weight_valid & weight_ready);
        tile_loaded.drive(row.taken & row.last);

        let start = Start { command: &command, walk: &walk, taken, advance: tile_loaded };
        let fields = origin(m, config, &start, select);
        m.clocked(|| {
            when(tile_taken, || tile_valid.set(0));
            when(tile_loaded, || {
                tile_valid.set(1);
                tile.set(fields.pack());
                select.set(!select);
                busy.set(!walk.last);
            });
            when(taken, || busy.set(1));
        });

        m.output("idle", !busy & !tile_valid);

        m.section("Weight row on its way to the array");
        let load_valid = m.output_reg("load_valid", Bit).reset(0);
        let load_index = m.output_reg("load_index", U(config.dim.ilog2()));
        let load_select = m.output_reg("load_select", Bit);
        m.clocked(|| {
            load_valid.set(row.taken);
            load_index.set(row.index);
            load_select.set(select);
        });

        m.section("Properties");
        m.check("at_most_two_tiles_loaded", loaded_tiles.ne(3));
        m.check("streams_loaded_tiles_only", !tile_streamed | loaded_tiles.ne(0));
        m.check("takes_offered_tiles_only", !tile_taken | tile_valid);
        m.cover("weight_request_refused", weight_valid & !weight_ready);
        m.cover("offer_not_taken", busy & row.last & !offer_free);
    })
}

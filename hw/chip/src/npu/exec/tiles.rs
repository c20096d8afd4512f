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
use super::weights::{if_int4, weight_rows};
use crate::blocks::bits_for;
use crate::config::NpuConfig;

/// The tile sequencer and weight loader of EXEC.
///
/// Up to two weight rows are asked for in a cycle, `weight_0_*` and the one behind it, `weight_1_*`,
/// which is used only if the first is granted as well. `load_*` belongs to the rows that the
/// scratchpad returns in the same cycle: `load_count` is how many, `load_index` the first one. With
/// `load_int4` both are in the first scratchpad row.
///
/// A row of the tile may enter the array `load_index` cycles after the last activation that uses
/// its register at the earliest. So a tile whose register has just become free is loaded at a row
/// a cycle; tiles of few activations, whose registers wait, at two.
///
/// `tile_streamed` says that the last activation of the oldest tile taken is on its way, so that
/// its weight register is free.
pub fn tiles(config: &NpuConfig) -> Module {
    module("npu_exec_tiles", |m| {
        m.doc("EXEC, weights: loads tile after tile and offers each to the streamers.");
        let command_valid = m.input("command_valid", Bit);
        let descriptor = m.input("command_descriptor", U(256));
        let weight_ready = [0, 1].map(|n| m.input(format!("weight_{n}_ready"), Bit));
        let tile_taken = m.input("tile_taken", Bit);
        let tile_streamed = m.input("tile_streamed", Bit);
        let abort = m.input("abort", Bit).doc("the next tile is the last one");
        let command = Command::new(descriptor, config);
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

        let walk = counters(m, &command, abort, [taken, tile_loaded]);
        let select = m.reg("select", Bit).reset(0).doc("register that is loaded");
        let row = weight_rows(m, config, &command, &walk, [taken, tile_loaded]);
        let age = age(m, config.dim, select, tile_streamed);
        let ends = (row.last | row.last_but_one).named("weight_ends");
        let may_load = (busy & register_free & (offer_free | !ends)).named("may_load");
        let old_enough = age.ge(row.index.ext(age.width())).named("old_enough");
        let older = age.gt(row.index.ext(age.width())).named("old_enough_for_two");
        let ripe = if_int4(row.int4, older, old_enough).named("ripe");
        let first = m.output("weight_0_valid", may_load & ripe);
        let behind = older & !row.last & if_int4(row.int4, lit(0, Bit), lit(1, Bit));
        let second = m.output("weight_1_valid", first & behind);
        for (n, row) in row.rows.iter().enumerate() {
            m.output(format!("weight_{n}_row"), row.ext(16));
        }
        let [first_taken, second_taken] = row.taken;
        first_taken.drive(first & weight_ready[0]);
        let two = if_int4(row.int4, lit(1, Bit), second & weight_ready[1]).named("two_rows");
        second_taken.drive(first_taken & two);
        tile_loaded.drive((first_taken & row.last) | (second_taken & row.last_but_one));

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

        m.section("Weight rows on their way to the array");
        let load_count = m.output_reg("load_count", U(2)).reset(0);
        let load_index = m.output_reg("load_index", U(config.dim.ilog2()));
        let load_select = m.output_reg("load_select", Bit);
        if let Some(int4) = row.int4 {
            let load_int4 = m.output_reg("load_int4", Bit);
            m.clocked(|| load_int4.set(int4));
        }
        m.clocked(|| {
            load_count.set(first_taken.ext(2) + second_taken.ext(2));
            load_index.set(row.index);
            load_select.set(select);
        });

        m.section("Properties");
        m.check("at_most_two_tiles_loaded", loaded_tiles.ne(3));
        m.check("streams_loaded_tiles_only", !tile_streamed | loaded_tiles.ne(0));
        m.check("takes_offered_tiles_only", !tile_taken | tile_valid);
        m.cover("weight_request_refused", first & !weight_ready[0]);
        m.cover("second_weight_refused", first_taken & second & !weight_ready[1]);
        m.cover("two_weights_a_cycle", second_taken);
        m.cover("offer_not_taken", busy & row.last & !offer_free);
    })
}

/// Cycles since the last activation that uses weight register `select` was on its way, up to
/// `dim`; 0 in the cycle of `tile_streamed`.
fn age(m: M, dim: u32, select: Signal, tile_streamed: Signal) -> Signal {
    m.section("Age of the weight registers");
    let bits = U(bits_for(dim));
    let streamed = m.reg("streamed_select", Bit).reset(0).doc("register that streams");
    let ages = [0, 1].map(|n| m.reg(format!("age_{n}"), bits).reset(u64::from(dim)));
    m.clocked(|| {
        when(tile_streamed, || streamed.set(!streamed));
        for (n, age) in ages.iter().enumerate() {
            when(age.ne(u64::from(dim)), || age.set(*age + 1));
            when(tile_streamed & streamed.eq(n as u64), || age.set(1));
        }
    });
    let now = (tile_streamed & streamed.eq(select)).named("streamed_now");
    now.mux(0, select.mux(ages[1], ages[0])).named("age")
}

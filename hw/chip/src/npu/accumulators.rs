//! The accumulator memory: two banks of rows of `dim` int32, added to at one row a cycle.

use systole_hdl::prelude::*;

use super::pe::{element, pack};
use crate::config::NpuConfig;

/// Number of banks; the top bit of a row address selects one.
pub const BANKS: u32 = 2;

/// The accumulator memory and its read-modify-write pipeline.
///
/// *Add port* (`add_*`): one row a cycle, never refused. In the cycle of `add_valid` the old row
/// is read; `add_data` comes two cycles later, is added (or, with `add_overwrite`, taken as it
/// is) and written in that cycle. Adds to one row may follow each other at any distance: the sum
/// of the one just ahead (`forward_near`) or of the one before (`forward_far`) replaces the stale
/// row read. `done` is high one cycle after an add marked `add_last` was written.
///
/// A row that is read in the cycle of its write is stale for an add, which is what `forward_far` is
/// for; tokens keep a store from it.
///
/// *Store port* (`store_*`): reads a row when its bank is not being read by an add;
/// `store_data` is the row granted in the previous cycle. It does not see adds under way.
pub fn accumulators(config: &NpuConfig) -> Module {
    let dim = config.dim;
    let width = 32 * dim;
    let row_bits = config.accumulator_rows.ilog2();
    let address_bits = row_bits - 1;
    module("npu_accumulators", |m| {
        m.doc("Accumulators: read-modify-write of one row a cycle, and a read port.");
        let add_valid = m.input("add_valid", Bit);
        let add_row = m.input("add_row", U(row_bits));
        let add_overwrite = m.input("add_overwrite", Bit).doc("do not add the old row");
        let add_last = m.input("add_last", Bit).doc("report when this one is written");
        let add_data = m.input("add_data", U(width)).doc("two cycles after add_valid");
        let store_valid = m.input("store_valid", Bit);
        let store_row = m.input("store_row", U(16)).doc("wraps");
        store_row.bits(15, row_bits).unused();

        m.section("Stage 0: read the old row");
        let add_bank = add_row.bit(address_bits).named("add_bank");
        let store_bank = store_row.bit(address_bits).named("store_bank");
        let add_address = add_row.bits(address_bits - 1, 0).named("add_address");
        let store_address = store_row.bits(address_bits - 1, 0).named("store_address");
        let add_reads = (add_valid & !add_overwrite).named("add_reads");
        let store_refused = (add_reads & add_bank.eq(store_bank)).named("store_refused");
        m.output("store_ready", !store_refused);

        let mut memories = Vec::new();
        let mut rows_read = Vec::new();
        for bank in 0..BANKS {
            let memory = m
                .memory(format!("bank_{bank}"), config.accumulator_rows / BANKS, U(width))
                .style(RamStyle::Block)
                .collisions_unused();
            let add_here = (add_reads & add_bank.eq(bank)).named(format!("add_reads_{bank}"));
            let store_here =
                (store_valid & store_bank.eq(bank)).named(format!("store_wants_{bank}"));
            let address =
                add_here.mux(add_address, store_address).named(format!("read_address_{bank}"));
            let enable = (add_here | store_here).named(format!("read_enable_{bank}"));
            rows_read.push(memory.read_sync(format!("row_read_{bank}"), address, enable));
            memories.push(memory);
        }

        m.section("Stage 1: choose the row to add to");
        let valid_1 = m.reg("valid_1", Bit).reset(0);
        let last_1 = m.reg("last_1", Bit).reset(0);
        let row_1 = m.reg("row_1", U(row_bits));
        let overwrite_1 = m.reg("overwrite_1", Bit);
        let store_bank_1 = m.reg("store_bank_1", Bit);
        let valid_2 = m.reg("valid_2", Bit).reset(0);
        let last_2 = m.reg("last_2", Bit).reset(0);
        let row_2 = m.reg("row_2", U(row_bits));
        let base_2 = m.reg("base_2", U(width)).doc("row to add to");
        let forward_near_2 = m.reg("forward_near_2", Bit).doc("add to sums_3 instead");
        let valid_3 = m.reg("valid_3", Bit).reset(0);
        let row_3 = m.reg("row_3", U(row_bits));
        let sums_3 = m.reg("sums_3", U(width)).doc("row written last");
        let done = m.output_reg("done", Bit).reset(0);

        let row_read = row_1.bit(address_bits).mux(rows_read[1], rows_read[0]).named("row_read");
        m.output("store_data", store_bank_1.mux(rows_read[1], rows_read[0]));
        let row_match_near = row_1.eq(row_2).named("row_match_near");
        let row_match_far = row_1.eq(row_3).named("row_match_far");
        let forward_near = (valid_2 & row_match_near & !overwrite_1).named("forward_near");
        let forward_far = (valid_3 & row_match_far).named("forward_far");
        let old_row = forward_far.mux(sums_3, row_read).named("old_row");
        let base = overwrite_1.mux(0, old_row).named("base");

        m.section("Stage 2: add and write");
        let addend = forward_near_2.mux(sums_3, base_2).named("addend");
        let columns: Vec<Signal> = (0..dim)
            .map(|column| element(addend, column, 32) + element(add_data, column, 32))
            .collect();
        let sums = pack(&columns).named("sums");
        let address_2 = row_2.bits(address_bits - 1, 0).named("address_2");
        for (bank, memory) in memories.iter().enumerate() {
            let bank_2 = row_2.bit(address_bits).eq(bank as u64);
            let write = (valid_2 & bank_2).named(format!("write_{bank}"));
            m.clocked(|| {
                when(write, || memory.write(address_2, sums));
            });
        }

        m.clocked(|| {
            valid_1.set(add_valid);
            last_1.set(add_valid & add_last);
            row_1.set(add_row);
            overwrite_1.set(add_overwrite);
            store_bank_1.set(store_bank);
            valid_2.set(valid_1);
            last_2.set(last_1);
            row_2.set(row_1);
            base_2.set(base);
            forward_near_2.set(forward_near);
            valid_3.set(valid_2);
            row_3.set(row_2);
            sums_3.set(sums);
            done.set(last_2);
        });

        m.section("What should be seen");
        m.cover("forwards_near", valid_1 & forward_near);
        m.cover("forwards_far", valid_1 & forward_far & !overwrite_1 & !forward_near);
        m.cover("store_yields", store_valid & store_refused);
    })
}

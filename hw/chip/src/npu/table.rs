//! The table memory: entries of lookup tables and of the residual add.

use systole_hdl::prelude::*;

use super::pe::{element, pack};
use crate::config::NpuConfig;

/// Entries that an int8 chooses from; one more lies behind them.
const ENTRIES: u32 = 256;

/// 257 entries of 32 bits: written by LOAD; STORE looks up one a lane each cycle.
///
/// Each lane has an address of its own, so there is a copy of entries 0 to 255 for each of the
/// `requantise_lanes` lanes. `entries` follow `indices` by a cycle in which `read_valid`.
pub fn table(config: &NpuConfig) -> Module {
    let lanes = config.requantise_lanes;
    module("npu_table", |m| {
        m.doc("Table memory: one copy a lane.");
        let write_valid = m.input("write_valid", Bit);
        let write_row = m.input("write_row", U(16)).doc("modulo 512");
        let write_data = m.input("write_data", U(8 * config.dim)).doc("the first 4 bytes count");
        let read_valid = m.input("read_valid", Bit);
        let indices = m.input("indices", U(8 * lanes)).doc("result or residual, plus 128");
        write_row.bits(15, 9).unused();
        if config.dim > 4 {
            write_data.bits(8 * config.dim - 1, 32).unused();
        }

        let entry = write_data.bits(31, 0).named("written_entry");
        let address = write_row.bits(7, 0).named("write_address");
        let behind = write_row.bit(8).named("behind_the_copies");
        let scale = m.output_reg("scale", U(32)).doc("entry 256");
        let copies: Vec<Memory> = (0..lanes)
            .map(|lane| {
                m.memory(format!("copy_{lane}"), ENTRIES, U(32))
                    .style(RamStyle::Block)
                    .collisions_unused()
            })
            .collect();
        m.clocked(|| {
            when(write_valid & !behind, || {
                copies.iter().for_each(|copy| copy.write(address, entry));
            });
            when(write_valid & behind & address.eq(0), || scale.set(entry));
        });
        let entries: Vec<Signal> = (0..lanes)
            .zip(&copies)
            .map(|(lane, copy)| {
                copy.read_sync(format!("entry_{lane}"), element(indices, lane, 8), read_valid)
            })
            .collect();
        m.output("entries", pack(&entries));
    })
}

//! The parameter memory: bias and multiplier rows of the requantiser.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// `parameter_rows` rows of D bytes: written by LOAD, read by STORE (data in the next cycle).
pub fn parameters(config: &NpuConfig) -> Module {
    let row_bits = config.parameter_rows.ilog2();
    let row = U(8 * config.dim);
    module("npu_parameters", |m| {
        m.doc("Parameter memory.");
        let write_valid = m.input("write_valid", Bit);
        let write_row = m.input("write_row", U(16));
        let write_data = m.input("write_data", row);
        let read_valid = m.input("read_valid", Bit);
        let read_row = m.input("read_row", U(16));

        // Tokens keep STORE from a row that is being written.
        let rows =
            m.memory("rows", config.parameter_rows, row).style(RamStyle::Block).collisions_unused();
        m.clocked(|| {
            when(write_valid, || rows.write(write_row.trunc(row_bits), write_data));
        });
        let read = rows.read_sync("row_read", read_row.trunc(row_bits), read_valid);
        m.output("read_data", read);
    })
}

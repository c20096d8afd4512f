//! The integer registers, in memory that is read at the clock edge.

use systole_hdl::prelude::*;

/// 32 registers of 32 bits: two read ports, whose value follows the address by a cycle, and one
/// write port. A read of what is written at the same edge gives the old value, which the pipeline
/// replaces by forwarding. `x0` holds anything.
pub fn registers() -> Module {
    module("core_register_file", |m| {
        m.doc("Integer registers: two registered read ports, one write port.");
        let x = m.memory("x", 32, U(32)).style(RamStyle::Block).collisions_unused();
        for port in ["rs1", "rs2"] {
            let address = m.input(port, U(5)).doc("to be read at the next edge");
            let value = x.read_sync(format!("{port}_read"), address, 1);
            m.output(format!("{port}_value"), value);
        }
        let rd_write = m.input("rd_write", Bit);
        let rd = m.input("rd", U(5));
        let rd_value = m.input("rd_value", U(32));
        m.clocked(|| {
            when(rd_write, || x.write(rd, rd_value));
        });
    })
}

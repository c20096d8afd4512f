//! The integer registers.

use systole_hdl::prelude::*;

/// 32 registers of 32 bits, two asynchronous read ports and one write port. `x0` reads 0 whatever
/// was written. A read of the register written in the same cycle gives the old value.
pub fn register_file() -> Module {
    module("core_register_file", |m| {
        m.doc("Integer registers: two asynchronous read ports, one write port.");
        let x = m.memory("x", 32, U(32));
        for port in ["rs1", "rs2"] {
            let address = m.input(port, U(5));
            let is_x0 = address.eq(0).named(format!("{port}_is_x0"));
            m.output(format!("{port}_value"), is_x0.mux(0, x.read(address)));
        }
        let rd_write = m.input("rd_write", Bit);
        let rd = m.input("rd", U(5));
        let rd_value = m.input("rd_value", U(32));
        m.clocked(|| {
            when(rd_write, || x.write(rd, rd_value));
        });
    })
}

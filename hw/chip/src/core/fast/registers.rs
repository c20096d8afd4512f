//! The integer registers of two lanes.

use systole_hdl::prelude::*;

/// 32 registers of 32 bits, four asynchronous read ports and two write ports, which never write
/// the same register in one cycle. A read of a register written in the same cycle gives the old
/// value. `x0` is not special here: nobody selects what it reads.
///
/// One bank a write port, each with all read ports, so that both are plain distributed memory; a
/// flip-flop a register says which bank was written last.
pub fn registers() -> Module {
    module("core_registers", |m| {
        m.doc("Integer registers: four asynchronous read ports, two write ports.");
        let newest = m.reg("newest", U(32)).doc("1: the branch lane wrote this register last");
        let banks = ["main", "branch"].map(|lane| {
            let write = m.input(format!("{lane}_write"), Bit);
            let rd = m.input(format!("{lane}_rd"), U(5));
            let value = m.input(format!("{lane}_value"), U(32));
            let bank = m.memory(format!("{lane}_bank"), 32, U(32));
            m.clocked(|| {
                when(write, || bank.write(rd, value));
            });
            let register = (lit(1, U(32)) << rd).named(format!("{lane}_register"));
            let written = register & write.repeat(32);
            (bank, written.named(format!("{lane}_written")))
        });
        let [(main_bank, main_written), (branch_bank, branch_written)] = banks;
        m.clocked(|| newest.set((newest & !main_written) | branch_written));
        for port in ["first_rs1", "first_rs2", "second_rs1", "second_rs2"] {
            let register = m.input(port, U(5));
            let from_branch = newest.bit_at(register).named(format!("{port}_from_branch"));
            let value = from_branch.mux(branch_bank.read(register), main_bank.read(register));
            m.output(format!("{port}_value"), value);
        }
    })
}

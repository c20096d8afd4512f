//! Operand forwarding and the hazards that stop decode.

use systole_hdl::prelude::*;

/// Chooses the newest value of each source register and stalls decode while it is not known.
/// Combinational.
///
/// Sources are `x0` when they are not read. Loads, CSR reads and pipelined products are known in
/// writeback, everything else in execute. A CSR instruction holds back everything behind it, so
/// that an interrupt that it enables or disables is decided before the next instruction.
pub fn hazard() -> Module {
    module("core_hazard", |m| {
        m.doc("Operand forwarding, and the hazards that stop decode.");
        let execute_valid = m.input("execute_valid", Bit);
        let execute_rd = m.input("execute_rd", U(5));
        let execute_late = m.input("execute_late", Bit).doc("result comes in writeback");
        let execute_is_csr = m.input("execute_is_csr", Bit);
        let execute_result = m.input("execute_result", U(32));
        let writeback_valid = m.input("writeback_valid", Bit);
        let writeback_rd = m.input("writeback_rd", U(5));
        let writeback_waiting = m.input("writeback_waiting", Bit).doc("for a bus response");
        let writeback_is_csr = m.input("writeback_is_csr", Bit);
        let writeback_result = m.input("writeback_result", U(32));

        let mut waits = Vec::new();
        for port in ["rs1", "rs2"] {
            m.section(format!("Operand {port}"));
            let source = m.input(port, U(5));
            let file_value = m.input(format!("{port}_file_value"), U(32));
            let read = source.ne(0).named(format!("{port}_read"));
            let forward_execute = (execute_valid & read & execute_rd.eq(source))
                .named(format!("{port}_forward_execute"));
            let forward_writeback = (writeback_valid & read & writeback_rd.eq(source))
                .named(format!("{port}_forward_writeback"));
            let older = forward_writeback
                .mux(writeback_result, file_value)
                .named(format!("{port}_older_value"));
            m.output(format!("{port}_value"), forward_execute.mux(execute_result, older));
            waits.push((forward_execute & execute_late).named(format!("{port}_load_use")));
            waits.push(
                (forward_writeback & writeback_waiting).named(format!("{port}_response_wait")),
            );
        }

        m.section("Stall");
        let execute_csr_wait = (execute_valid & execute_is_csr).named("execute_csr_wait");
        let writeback_csr_wait = (writeback_valid & writeback_is_csr).named("writeback_csr_wait");
        let operand_wait = (waits[0] | waits[1] | waits[2] | waits[3]).named("operand_wait");
        m.output("stall", operand_wait | execute_csr_wait | writeback_csr_wait);
    })
}

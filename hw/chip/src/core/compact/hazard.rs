//! Operand forwarding and the hazards that stop decode.

use systole_hdl::prelude::*;

use super::operand::operand;
use crate::core::load_select::LoadLanes;

/// Chooses the newest value of each source register and stalls decode while it is not known.
/// Combinational.
///
/// A register is newest in execute, then in writeback, then in what was written to the register
/// file at the last edge, which reading at that edge missed. Loads, CSR reads and pipelined
/// products are known in writeback, everything else in execute. A source that is not read gives 0.
///
/// What is known late is chosen last, in [`operand`]. `immediate` is OR-ed to rs2, and
/// rs2 is complemented where that is asked for.
///
/// A CSR instruction holds back everything behind it, so that an interrupt that it enables or
/// disables is decided before the next instruction; so does WFI, whose interrupt is taken there.
pub fn hazard() -> Module {
    module("core_hazard", |m| {
        m.doc("Operand forwarding, and the hazards that stop decode.");
        let execute_valid = m.input("execute_valid", Bit);
        let execute_writes = m.input("execute_writes", Bit).doc("a register other than x0");
        let execute_rd = m.input("execute_rd", U(5));
        let execute_late = m.input("execute_late", Bit).doc("result comes in writeback");
        let execute_holds = m.input("execute_holds", Bit).doc("CSR instruction or WFI");
        let execute_result = m.input("execute_result", U(32));
        let writeback_valid = m.input("writeback_valid", Bit);
        let writeback_writes = m.input("writeback_writes", Bit);
        let writeback_rd = m.input("writeback_rd", U(5));
        let writeback_waiting = m.input("writeback_waiting", Bit).doc("for a bus response");
        let writeback_holds = m.input("writeback_holds", Bit).doc("CSR instruction or WFI");
        let writeback_newest = m.input("writeback_newest", Bit).doc("execute has another rd");
        let writeback_result = m.input("writeback_result", U(32)).doc("known in execute, or 0");
        let unit_result = m.input("unit_result", U(32)).doc("of a unit, in writeback, or 0");
        let rsp_rdata = m.input("rsp_rdata", U(32)).doc("what is loaded");
        let lanes = LoadLanes::inputs(m);
        let complement = m.input("complement", Bit).doc("of what rs2 gives");
        let immediate = m.input("immediate", U(32)).doc("of what takes it instead of rs2, or 0");
        let written_valid = m.input("written_valid", Bit).doc("at the last edge");
        let written_rd = m.input("written_rd", U(5));
        let written_value = m.input("written_value", U(32));

        let mut waits = Vec::new();
        for port in ["rs1", "rs2"] {
            m.section(format!("Operand {port}"));
            let source = m.input(port, U(5));
            let read = m.input(format!("{port}_read"), Bit);
            let file_value = m.input(format!("{port}_file_value"), U(32));
            let name = |what: &str| format!("{port}_{what}");
            let in_execute = read & execute_valid & execute_writes & execute_rd.eq(source);
            let forward_execute = in_execute.named(name("forward_execute"));
            let in_writeback = read & writeback_valid & writeback_writes & writeback_rd.eq(source);
            let forward_writeback = in_writeback.named(name("forward_writeback"));
            let in_written = read & written_valid & written_rd.eq(source);
            let forward_written = in_written.named(name("forward_written"));
            let oldest = (!forward_execute & !forward_writeback).named(name("not_in_pipeline"));
            let from_writeback =
                (forward_writeback & writeback_newest).named(name("from_writeback"));
            let settled = one_hot_select(&[
                (from_writeback, writeback_result),
                (forward_written & oldest, written_value),
            ]);
            let from_file = read & oldest & !forward_written & source.any();
            let settled = if port == "rs2" { settled | immediate } else { settled };
            let operand = match port {
                "rs1" => m.instance(name("operand"), &operand("core_operand_a", false)),
                _ => m
                    .instance(name("operand"), &operand("core_operand_b", true))
                    .pin("complement", complement),
            };
            let operand = operand
                .pin("settled", settled.named(name("settled")))
                .pin("from_file", from_file.named(name("from_file")))
                .pin("file_value", file_value)
                .pin("rdata", rsp_rdata)
                .pin("from_writeback", from_writeback)
                .pin("unit_result", unit_result)
                .pin("from_execute", forward_execute)
                .pin("execute_result", execute_result);
            let operand = lanes.only_if(from_writeback).connect(operand);
            m.output(name("value"), operand.out("value"));
            waits.push((forward_execute & execute_late).named(name("load_use")));
            waits.push((forward_writeback & writeback_waiting).named(name("response_wait")));
        }

        m.section("Stall");
        let execute_wait = (execute_valid & execute_holds).named("execute_wait");
        let writeback_wait = (writeback_valid & writeback_holds).named("writeback_wait");
        let operand_wait = m.output_wire("operand_wait", Bit).doc("for an operand");
        operand_wait.drive(waits[0] | waits[1] | waits[2] | waits[3]);
        m.output("stall", operand_wait | execute_wait | writeback_wait);
    })
}

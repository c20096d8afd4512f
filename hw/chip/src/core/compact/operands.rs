//! The operands of the instruction in decode.

use systole_hdl::prelude::*;

use super::hazard::hazard;
use super::pipeline::{Pipeline, counts_bits, is_extreme};
use crate::config::Multiplier;
use crate::core::decode::Operation;

/// The newest values for `next`, the operation in decode, and what has to be waited for;
/// `immediate` is what it takes instead of rs2, or 0.
pub fn operands(
    p: &Pipeline,
    registers: Instance,
    next: &Operation,
    immediate: Signal,
) -> Instance {
    let (m, control, completion) = (p.m, &p.control, &p.writeback.completion);
    let fetched = &p.decode.fetched;
    let instruction = fetched.instruction;
    let operation = &p.execute.operation;

    // What was written at the last edge, when the registers were read.
    let written_valid = m.reg("written_valid", Bit).reset(0);
    let written_rd = m.reg("written_rd", U(5));
    let written_value = m.reg("written_value", U(32));
    m.clocked(|| {
        written_valid.set(control.rd_write & p.writeback.writes);
        written_rd.set(completion.rd);
        written_value.set(control.writeback_value);
    });

    // Found out ahead, as execute and writeback are filled: so the choice is made early.
    let newest = m.reg("writeback_newest", Bit).doc("execute has another rd, or nothing");
    let ahead = p.execute.valid.mux(operation.rd, completion.rd).named("rd_ahead_of_decode");
    m.clocked(|| {
        when(control.decode_fire, || newest.set(ahead.ne(next.rd)))
            .or_when(control.execute_fire | control.flush, || newest.set(1));
    });

    let pipelined = p.config.multiplier == Multiplier::Fast;
    let late = [
        Some(operation.is_load),
        Some(operation.is_csr),
        operation.is_multiply.filter(|_| pipelined),
        operation.is_amo,
        counts_bits(&p.config, operation),
        is_extreme(&p.config, operation),
    ];
    let late = late.into_iter().flatten().reduce(|a, b| a | b).expect("loads at least");
    let hazard = m.instance("hazard", &hazard());
    p.writeback
        .lanes
        .connect(hazard)
        .pin("rs1", instruction.bits(19, 15))
        .pin("rs2", instruction.bits(24, 20))
        .pin("rs1_read", fetched.rs1_read)
        .pin("rs2_read", fetched.rs2_read)
        .pin("rs1_file_value", registers.out("rs1_value"))
        .pin("rs2_file_value", registers.out("rs2_value"))
        .pin("execute_valid", p.execute.valid)
        .pin("execute_writes", p.execute.writes)
        .pin("execute_rd", operation.rd)
        .pin("execute_late", late.named("execute_late"))
        .pin("execute_holds", operation.is_csr | operation.is_wfi)
        .pin("execute_result", control.execute_result)
        .pin("writeback_valid", p.writeback.valid)
        .pin("writeback_writes", p.writeback.writes)
        .pin("writeback_rd", completion.rd)
        .pin("writeback_waiting", control.writeback_waiting)
        .pin("writeback_holds", completion.is_csr | completion.is_wfi)
        .pin("writeback_newest", newest)
        .pin("writeback_result", completion.result)
        .pin("unit_result", control.unit_result)
        .pin("immediate", immediate)
        .pin("complement", next.alu_invert_b)
        .pin("rsp_rdata", p.dbus.rsp_rdata)
        .pin("written_valid", written_valid)
        .pin("written_rd", written_rd)
        .pin("written_value", written_value)
}

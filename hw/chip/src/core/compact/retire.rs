//! The retire port of the compact pipeline.

use systole_hdl::prelude::*;

use super::pipeline::Pipeline;
use super::stage_decode::InterruptState;
use crate::core::rvfi::{PORT, rvfi};

/// What writeback decides about its instruction.
pub struct Retiring {
    pub trap_taken: Signal,
    pub trap_code: Signal,
    pub trap_value: Signal,
}

/// Builds the port inside `core`, if there is one.
pub fn retire_port(p: &Pipeline, interrupts: InterruptState, csr: Instance, retiring: &Retiring) {
    let (m, control, stage) = (p.m, &p.control, &p.writeback);
    let completion = &stage.completion;
    let Some((decoded, executed)) = &stage.trace else { return };
    m.section("Retire port");
    let order = m.reg("retire_order", U(64)).reset(0);
    m.clocked(|| order.set(order + control.event.ext(64)));
    let pc_next = control.flush.mux(control.flush_target, executed.pc_next);
    let or_amo = |flag: Signal| completion.is_amo.map_or(flag, |amo| flag | amo);
    // An AMO shows what its unit read and wrote.
    let (load_word, store_word) = match (completion.is_amo, control.atomic) {
        (Some(is_amo), Some(atomic)) => (
            is_amo.mux(control.writeback_value, p.dbus.rsp_rdata).named("traced_load_word"),
            is_amo.mux(atomic.req_wdata, executed.store_word).named("traced_store_word"),
        ),
        _ => (p.dbus.rsp_rdata, executed.store_word),
    };
    let port = m
        .instance("rvfi", &rvfi(p.config.user_mode))
        .pin("finished", control.event)
        .pin("order", order)
        .pin("trap", retiring.trap_taken)
        .pin("interrupt_entry", interrupts.entry)
        .pin("instruction", decoded.instruction)
        .pin("rs1", decoded.rs1)
        .pin("rs2", decoded.rs2)
        .pin("rs1_value", executed.rs1_value)
        .pin("rs2_value", executed.rs2_value)
        .pin("rd", completion.rd)
        .pin("rd_value", control.writeback_value)
        .pin("pc", completion.pc)
        .pin("pc_next", pc_next.named("writeback_pc_next"))
        .pin("address", completion.address)
        .pin("is_load", or_amo(completion.is_load))
        .pin("is_store", or_amo(completion.is_store))
        .pin("lanes", executed.lanes)
        .pin("load_word", load_word)
        .pin("store_word", store_word)
        .pin("trap_code", retiring.trap_code)
        .pin("trap_value", retiring.trap_value)
        .pin("mcause", csr.out("mcause_before"))
        .pin("mip", interrupts.mip)
        .pin("csr_writes", completion.csr_writes)
        .pin("csr_number", completion.csr_number)
        .pin("csr_value", csr.out("written_legal"))
        .pin("mstatus", csr.out("mstatus_next"));
    if let Some(user) = control.user {
        port.pin("user", user.user);
    }
    for name in PORT {
        m.output(name, port.out(name));
    }
}

//! The retire port of two channels: channel 0 is the main lane, channel 1 the branch lane.

use systole_hdl::prelude::*;

use super::issue::InterruptState;
use super::pipeline::Stages;
use crate::core::rvfi::{PORT, rvfi};

/// What writeback decides about its instructions.
pub struct Retiring {
    /// The instruction of the main lane retires or traps, and is no interrupt.
    pub main_finishes: Signal,
    pub main_traps: Signal,
    /// The instruction of the branch lane retires or traps.
    pub branch_completes: Signal,
    pub branch_traps: Signal,
    /// Cause of a trap in the main lane.
    pub trap_code: Signal,
    /// Address behind the instruction of the main lane.
    pub main_next: Signal,
    /// Where that of the branch lane leads, if it does not trap.
    pub branch_next: Signal,
}

/// Builds the port inside `core`, if there is one.
pub fn retire_port(
    m: M,
    stages: &Stages,
    interrupts: InterruptState,
    csr: Instance,
    retiring: &Retiring,
) {
    let (main, branch) = (&stages.main_done, &stages.branch_done);
    let (Some((main_trace, main_values, access)), Some((branch_trace, branch_values))) =
        (&main.trace, &branch.trace)
    else {
        interrupts.entry.unused();
        return;
    };
    m.section("Retire port");
    let control = &stages.control;
    let (work, jump) = (&main.completion, &branch.completion);
    let order = m.reg("retire_order", U(64)).reset(0);
    let after_main = (order + retiring.main_finishes.ext(64)).named("order_after_main");
    m.clocked(|| order.set(after_main + retiring.branch_completes.ext(64)));

    // What the main lane flushes for, it goes on at; its pair's target flushes for the branch lane.
    let main_flushes = control.flush & !retiring.branch_completes;
    let main_next =
        main_flushes.named("main_flushes").mux(control.flush_target, retiring.main_next);
    let branch_next = retiring.branch_traps.mux(control.flush_target, retiring.branch_next);
    let zero = |width: u32| lit(0, U(width));
    let or_amo = |flag: Signal| work.is_amo.map_or(flag, |amo| flag | amo);
    // An AMO shows what its unit read and wrote.
    let (load_word, store_word) = match (work.is_amo, control.atomic) {
        (Some(is_amo), Some(atomic)) => (
            is_amo.mux(control.main_value, stages.dbus.rsp_rdata).named("traced_load_word"),
            is_amo.mux(atomic.req_wdata, access.store_word).named("traced_store_word"),
        ),
        _ => (stages.dbus.rsp_rdata, access.store_word),
    };
    let channels = [
        m.instance("rvfi_main", &rvfi(stages.config.user_mode))
            .pin("finished", retiring.main_finishes)
            .pin("order", order)
            .pin("trap", retiring.main_traps)
            .pin("interrupt_entry", interrupts.entry)
            .pin("instruction", main_trace.instruction)
            .pin("rs1", main_trace.rs1)
            .pin("rs2", main_trace.rs2)
            .pin("rs1_value", main_values.rs1_value)
            .pin("rs2_value", main_values.rs2_value)
            .pin("rd", work.rd)
            .pin("rd_value", control.main_value)
            .pin("pc", work.pc)
            .pin("pc_next", main_next)
            .pin("address", work.address)
            .pin("is_load", or_amo(work.is_load))
            .pin("is_store", or_amo(work.is_store))
            .pin("lanes", access.lanes)
            .pin("load_word", load_word)
            .pin("store_word", store_word)
            .pin("trap_code", retiring.trap_code)
            .pin("trap_value", work.address)
            .pin("csr_writes", work.csr_writes)
            .pin("csr_number", work.csr_number)
            .pin("csr_value", csr.out("written_legal")),
        m.instance("rvfi_branch", &rvfi(stages.config.user_mode))
            .pin("finished", retiring.branch_completes)
            .pin("order", after_main)
            .pin("trap", retiring.branch_traps)
            .pin("interrupt_entry", interrupts.entry & !retiring.main_finishes)
            .pin("instruction", branch_trace.instruction)
            .pin("rs1", branch_trace.rs1)
            .pin("rs2", branch_trace.rs2)
            .pin("rs1_value", branch_values.rs1_value)
            .pin("rs2_value", branch_values.rs2_value)
            .pin("rd", jump.rd)
            .pin("rd_value", control.branch_value)
            .pin("pc", jump.pc)
            .pin("pc_next", branch_next)
            .pin("address", zero(32))
            .pin("is_load", zero(1))
            .pin("is_store", zero(1))
            .pin("lanes", zero(4))
            .pin("load_word", zero(32))
            .pin("store_word", zero(32))
            .pin("trap_code", zero(4))
            .pin("trap_value", jump.target)
            .pin("csr_writes", zero(1))
            .pin("csr_number", zero(12))
            .pin("csr_value", zero(32)),
    ]
    .map(|channel| channel.pin("mcause", csr.out("mcause_before")).pin("mip", interrupts.mip));
    // The main lane does not see what a trap of the branch lane changes.
    let (before, after) = (csr.out("mstatus_before"), csr.out("mstatus_next"));
    channels[0].pin("mstatus", retiring.branch_traps.mux(before, after));
    channels[1].pin("mstatus", after);
    if let Some(user) = control.user {
        for channel in channels {
            channel.pin("user", user.user);
        }
    }
    for name in PORT {
        m.output(name, cat(&[channels[1].out(name), channels[0].out(name)]));
    }
}

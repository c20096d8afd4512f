//! Writeback of both lanes: bus responses, traps, CSRs, verification of targets, retirement.

use systole_hdl::prelude::*;

use super::load_select::load_select;
use super::pipeline::{DataBus, Stages};
use super::retire::{Retiring, retire_port};
use crate::config::CoreConfig;
use crate::core::compact::InterruptState;
use crate::core::compact::old::csr::csr_file;
use crate::core::compact::old::trap::writeback_trap;

/// Builds writeback inside `core`.
pub fn build(
    m: M,
    _config: &CoreConfig,
    dbus: &DataBus,
    stages: &Stages,
    interrupts: InterruptState,
    product: Signal,
) {
    let control = &stages.control;
    let (main, branch) = (&stages.main_done, &stages.branch_done);
    let (work, jump) = (&main.completion, &branch.completion);
    let carried = &main.trap;

    m.section("Writeback: bus response");
    let is_access = work.is_load | work.is_store;
    let accessed = (is_access & !carried.valid).named("accessed");
    control.writeback_waiting.drive(main.valid & accessed & !dbus.rsp_valid);
    let occupied = (main.valid | branch.valid).named("writeback_occupied");
    control.writeback_done.drive(occupied & !control.writeback_waiting);
    let load = main.lanes.pin(m.instance("load", &load_select())).pin("rdata", dbus.rsp_rdata);
    control.load_value.drive(load.out("value"));

    m.section("Writeback: traps, the main lane before the branch lane");
    let main_completes = (main.valid & !control.writeback_waiting).named("main_completes");
    let trap = m
        .instance("trap_at_writeback", &writeback_trap())
        .pin("done", main_completes)
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("accessed", accessed)
        .pin("is_store", work.is_store)
        .pin("response_error", dbus.rsp_error);
    let main_traps = trap.out("trap");
    let branch_completes = branch.valid & !control.writeback_waiting & !main_traps;
    let branch_completes = branch_completes.named("branch_completes");
    let branch_traps = (branch_completes & jump.misaligned).named("branch_traps");
    let main_finishes = trap.out("finished");
    control.event.drive(main_finishes | branch_completes);
    control.main_retire.drive(trap.out("retire"));
    control.branch_retire.drive(branch_completes & !jump.misaligned);

    m.section("Writeback: CSRs");
    let trap_taken = (main_traps | branch_traps).named("trap_taken");
    let target_code = m.constant("TARGET_MISALIGNED", 0, U(4));
    let retires = (control.main_retire | control.branch_retire).named("retires");
    let csr = m
        .instance("csr", &csr_file(main.trace.is_some()))
        .pin("number", work.csr_number)
        .pin("operation", work.funct3.bits(1, 0))
        .pin("operand", work.result)
        .pin("write", work.csr_writes & main.valid)
        .pin("retire", retires)
        .pin("pair", control.main_retire & control.branch_retire)
        .pin("mret", work.is_mret & main.valid)
        .pin("trap_enter", trap_taken)
        .pin("trap_interrupt", carried.is_interrupt & main_traps)
        .pin("trap_code", main_traps.mux(trap.out("code"), target_code))
        .pin("trap_value", main_traps.mux(carried.value, jump.target))
        .pin("trap_pc", main_traps.mux(work.pc, jump.pc))
        .pin("mip_bits", interrupts.mip);
    control.mie.drive(csr.out("mie_bits"));
    control.mstatus_mie.drive(csr.out("mstatus_mie"));

    m.section("Writeback: results");
    m.comb(|| {
        control.main_early_value.set(work.result);
        when(work.is_multiply, || control.main_early_value.set(product))
            .or_when(work.is_csr, || control.main_early_value.set(csr.out("read_value")));
    });
    control.branch_value.drive(jump.result);
    control.main_value.drive(control.main_early_value | control.load_value);
    let retired = &stages.retired;
    m.clocked(|| {
        retired.main_valid.set(control.main_retire);
        retired.main_rd.set(work.rd);
        retired.main_value.set(control.main_value);
        retired.branch_valid.set(control.branch_retire);
        retired.branch_rd.set(jump.rd);
        retired.branch_value.set(control.branch_value);
    });

    m.section("Writeback: flush for traps, wrong targets, MRET and FENCE.I");
    let resume = (control.main_retire & (work.is_mret | work.is_fence_i)).named("resume");
    let predicted = &branch.prediction;
    let target_differs = jump.target.ne(predicted.target).named("target_differs");
    let wrong_target = control.branch_retire & jump.taken & predicted.taken & target_differs;
    let wrong_target = wrong_target.named("wrong_target");
    control.flush.drive(trap_taken | resume | wrong_target);
    let length = work.compressed.mux(lit(2, U(32)), lit(4, U(32)));
    let main_next = (work.pc + length).named("main_next_pc");
    let return_target = work.is_mret.mux(csr.out("mepc"), main_next).named("return_target");
    let resume_target = resume.mux(return_target, jump.target).named("resume_target");
    control.flush_target.drive(trap_taken.mux(csr.out("trap_vector"), resume_target));

    let retiring = Retiring {
        main_finishes,
        main_traps,
        branch_completes,
        branch_traps,
        trap_code: trap.out("code"),
        main_next,
    };
    retire_port(m, dbus, stages, interrupts, csr, &retiring);
}

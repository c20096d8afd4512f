//! Writeback of both lanes: bus responses, traps, CSRs, verification of targets, retirement.

use systole_hdl::prelude::*;

use super::events::{Happened, events};
use super::issue::InterruptState;
use super::pipeline::Stages;
use super::retire::{Retiring, retire_port};
use crate::core::atomic::atomic_unit;
use crate::core::csr::csr_file;
use crate::core::encoding::cause;
use crate::core::load_select::load_select;
use crate::core::trap::writeback_trap;

/// Builds writeback inside `core`.
pub fn build(m: M, stages: &Stages, interrupts: InterruptState, late: &[(Signal, Signal)]) {
    let (control, dbus) = (&stages.control, &stages.dbus);
    let (main, branch) = (&stages.main_done, &stages.branch_done);
    let (work, jump) = (&main.completion, &branch.completion);
    let carried = &main.trap;

    m.section("Writeback: bus response");
    let atomic = amo(m, stages);
    let rsp_waits = (work.accesses & !dbus.rsp_valid).named("response_waits");
    let bus_waits = match atomic {
        Some(unit) => (rsp_waits | unit.out("waiting")).named("bus_waits"),
        None => rsp_waits,
    };
    // WFI stays here, and with it everything behind, until there is something to wake up for.
    let wfi_waits = (work.is_wfi & !control.wakeup).named("wfi_waits");
    control.writeback_waiting.drive(main.valid & (bus_waits | wfi_waits));
    let occupied = (main.valid | branch.valid).named("writeback_occupied");
    control.writeback_done.drive(occupied & !control.writeback_waiting);

    m.section("Writeback: traps, the main lane before the branch lane");
    let main_completes = (main.valid & !control.writeback_waiting).named("main_completes");
    let load_failed = work.accesses & dbus.rsp_error;
    let failed = atomic.map_or(load_failed, |unit| load_failed | unit.out("fault"));
    let trap = m
        .instance("trap_at_writeback", &writeback_trap())
        .pin("done", main_completes)
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("access_failed", failed)
        .pin("only_reads", work.is_load);
    let main_traps = trap.out("trap");
    let branch_completes = branch.valid & !control.writeback_waiting & !main_traps;
    let branch_completes = branch_completes.named("branch_completes");
    let branch_traps = (branch_completes & jump.misaligned).named("branch_traps");
    let main_finishes = trap.out("finished");
    control.event.drive(main_finishes | branch_completes);
    control.main_retire.drive(trap.out("retire"));
    control.branch_retire.drive(branch_completes & !jump.misaligned);
    let trap_taken = (main_traps | branch_traps).named("trap_taken");
    if let Some(unit) = atomic {
        reservation(m, stages, unit, trap_taken);
    }

    m.section("Writeback: CSRs");
    let target_code = m.constant("TARGET_MISALIGNED", cause::TARGET_MISALIGNED, U(4));
    let trapping = Trapping {
        taken: trap_taken,
        interrupt: carried.is_interrupt & main_traps,
        code: main_traps.mux(trap.out("code"), target_code),
        value: main_traps.mux(work.address, jump.target),
        pc: main_traps.mux(work.pc, jump.pc),
    };
    let csr = csr_instance(m, stages, interrupts, &trapping);

    m.section("Writeback: results");
    results(m, stages, csr, late, atomic);

    m.section("Writeback: flush for traps, wrong targets, MRET, and what is to be fetched anew");
    let resume = (control.main_retire & (work.is_mret | work.refetches)).named("resume");
    let predicted = &branch.prediction;
    let target_differs = jump.target.ne(predicted.target).named("target_differs");
    let wrong_target = control.branch_retire & jump.taken & predicted.taken & target_differs;
    let wrong_target = wrong_target.named("wrong_target");
    control.flush.drive(trap_taken | resume | wrong_target);
    let length = work.compressed.mux(lit(2, U(32)), lit(4, U(32)));
    let main_next = (work.pc + length).named("main_next_pc");
    let return_target = work.is_mret.mux(csr.out("mepc"), main_next).named("return_target");
    let branch_next = jump.taken.mux(jump.target, jump.link).named("branch_next");
    let resume_target = resume.mux(return_target, branch_next).named("resume_target");
    control.flush_target.drive(trap_taken.mux(csr.out("trap_vector"), resume_target));
    if stages.config.hpm_counters > 0 {
        let happened = Happened { main_traps, branch_traps, wrong_target, bus_waits };
        events(m, stages, csr, &happened);
    }

    let retiring = Retiring {
        main_finishes,
        main_traps,
        branch_completes,
        branch_traps,
        trap_code: trap.out("code"),
        main_next,
        branch_next,
    };
    retire_port(m, stages, interrupts, csr, &retiring);
}

/// The trap that is taken.
struct Trapping {
    taken: Signal,
    interrupt: Signal,
    code: Signal,
    value: Signal,
    pc: Signal,
}

/// The atomic unit, connected as far as AMOs go.
fn amo(m: M, stages: &Stages) -> Option<Instance> {
    let (dbus, main) = (&stages.dbus, &stages.main_done);
    let work = &main.completion;
    let (atomic, is_amo) = (stages.control.atomic?, work.is_amo?);
    let unit = m
        .instance("atomic", &atomic_unit())
        .pin("is_amo", main.valid & is_amo & !main.trap.valid)
        .pin("funct5", work.funct5?)
        .pin("operand", work.operand?)
        .pin("req_ready", dbus.req_ready)
        .pin("rsp_valid", dbus.rsp_valid)
        .pin("rsp_rdata", dbus.rsp_rdata)
        .pin("rsp_error", dbus.rsp_error);
    atomic.req_valid.drive(unit.out("req_valid"));
    atomic.req_wdata.drive(unit.out("req_wdata"));
    Some(unit)
}

/// Connects the reservation.
fn reservation(m: M, stages: &Stages, unit: Instance, trap_taken: Signal) {
    let (control, work) = (&stages.control, &stages.main_done.completion);
    let (Some(atomic), Some(is_lr), Some(is_sc)) = (control.atomic, work.is_lr, work.is_sc) else {
        return;
    };
    unit.pin("lr_request", atomic.lr_request)
        .pin("lr_done", control.main_retire & is_lr)
        .pin("address", work.address)
        .pin("sc_address", stages.dbus.req_address)
        .pin("sc_request", atomic.sc_request)
        .pin("sc_ready", stages.dbus.req_ready)
        .pin("sc_done", control.main_retire & is_sc)
        .pin("trap", trap_taken)
        .pin("reservation_kill", m.input("reservation_kill", Bit).doc("others may be writing"));
    atomic.sc_allowed.drive(unit.out("sc_allowed"));
}

/// The CSRs.
fn csr_instance(m: M, stages: &Stages, interrupts: InterruptState, trap: &Trapping) -> Instance {
    let (control, main) = (&stages.control, &stages.main_done);
    let work = &main.completion;
    let retires = (control.main_retire | control.branch_retire).named("retires");
    let csr = m
        .instance("csr", &csr_file(&stages.config, main.trace.is_some()))
        .pin("number", work.csr_number)
        .pin("operation", work.funct3.bits(1, 0))
        .pin("operand", work.address)
        .pin("write", work.csr_writes & main.valid)
        .pin("retire", retires)
        .pin("retire_pair", control.main_retire & control.branch_retire)
        .pin("mret", work.is_mret & main.valid)
        .pin("trap_enter", trap.taken)
        .pin("trap_interrupt", trap.interrupt)
        .pin("trap_code", trap.code)
        .pin("trap_value", trap.value)
        .pin("trap_pc", trap.pc)
        .pin("mip_bits", interrupts.mip);
    if stages.config.zicntr {
        csr.pin("mtime", m.input("mtime", U(64)).doc("of the CLINT"));
    }
    control.mie.drive(csr.out("mie_bits"));
    control.mstatus_mie.drive(csr.out("mstatus_mie"));
    if let Some(user) = control.user {
        user.drive(csr);
    }
    if let Some(counter_enable) = control.counter_enable {
        counter_enable.drive(csr.out("counter_enable"));
    }
    if let Some(protection) = control.protection {
        protection.drive(csr.out("pmp_configuration"));
    }
    csr
}

/// Final values of the destinations, on their way into the registers and to the operands.
fn results(
    m: M,
    stages: &Stages,
    csr: Instance,
    late: &[(Signal, Signal)],
    atomic: Option<Instance>,
) {
    let (control, main) = (&stages.control, &stages.main_done);
    let (work, rdata) = (&main.completion, stages.dbus.rsp_rdata);
    let load = main.lanes.connect(m.instance("load", &load_select())).pin("rdata", rdata);
    control.load_value.drive(load.out("value"));
    // What has its value from elsewhere leaves a result of 0 in execute.
    let early = match late {
        [] => work.result,
        late => work.result | one_hot_select(late),
    };
    control.main_early_value.drive(early);
    let computed = (control.main_early_value | control.load_value).named("main_computed");
    // Nothing takes these at once: what goes alone has nothing behind it.
    m.comb(|| {
        control.main_value.set(computed);
        when(work.is_csr, || control.main_value.set(csr.out("read_value")));
        if let (Some(is_amo), Some(unit)) = (work.is_amo, atomic) {
            when(is_amo, || control.main_value.set(unit.out("result")));
        }
    });
    control.branch_value.drive(stages.branch_done.completion.result);
    write_registers(m, stages);
}

/// What retires is written in the cycle behind.
fn write_registers(m: M, stages: &Stages) {
    let (control, retired) = (&stages.control, &stages.retired);
    m.clocked(|| {
        retired.main_valid.set(control.main_retire);
        retired.main_rd.set(stages.main_done.completion.rd);
        retired.main_value.set(control.main_value);
        retired.branch_valid.set(control.branch_retire);
        retired.branch_rd.set(stages.branch_done.completion.rd);
        retired.branch_value.set(control.branch_value);
    });
}

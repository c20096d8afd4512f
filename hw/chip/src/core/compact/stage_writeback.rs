//! Writeback: bus responses, AMOs, traps, CSRs, retirement.

use systole_hdl::prelude::*;

use super::operand::destination;
use super::pipeline::Pipeline;
use super::retire::{Retiring, retire_port};
use super::stage_decode::InterruptState;
use crate::core::atomic::atomic_unit;
use crate::core::csr::{EVENTS, csr_file};
use crate::core::trap::writeback_trap;

/// Builds writeback inside `core`; `late` are the results of units, each with what says that it is
/// one.
pub fn build(p: &Pipeline, interrupts: InterruptState, late: &[(Signal, Signal)]) {
    let (m, control, stage) = (p.m, &p.control, &p.writeback);
    let completion = &stage.completion;
    m.section("Writeback: bus response");
    let untrapped = (!stage.trap.valid).named("writeback_untrapped");
    let is_access = completion.is_load | completion.is_store;
    let accessed = (is_access & untrapped).named("writeback_accessed");
    let atomic = amo(p, untrapped);
    let rsp_waits = (accessed & !p.dbus.rsp_valid).named("response_waits");
    let bus_waits = match atomic {
        Some(unit) => (rsp_waits | unit.out("waiting")).named("bus_waits"),
        None => rsp_waits,
    };
    // WFI stays here, and with it everything behind, until there is something to wake up for.
    let wfi_waits = (completion.is_wfi & untrapped & !control.wakeup).named("wfi_waits");
    control.writeback_waiting.drive(stage.valid & (bus_waits | wfi_waits));
    control.writeback_done.drive(stage.valid & !control.writeback_waiting);

    m.section("Writeback: traps");
    let load_failed = accessed & p.dbus.rsp_error;
    let failed = atomic.map_or(load_failed, |unit| load_failed | unit.out("fault"));
    let trap = m
        .instance("trap_at_writeback", &writeback_trap())
        .pin("done", control.writeback_done)
        .pin("carried_valid", stage.trap.valid)
        .pin("carried_interrupt", stage.trap.is_interrupt)
        .pin("carried_code", stage.trap.code)
        .pin("access_failed", failed)
        .pin("only_reads", completion.is_load);
    control.retire.drive(trap.out("retire"));
    let (trap_taken, retire) = (trap.out("trap"), control.retire);
    control.event.drive(trap.out("finished"));
    let on_address = completion.traps_on_address;
    let trap_value = on_address.mux(completion.address, completion.result).named("trap_value");
    if let Some(unit) = atomic {
        reservation(p, unit, trap_taken, retire);
    }

    m.section("Writeback: CSRs");
    let csr = csr_instance(p, interrupts, trap, trap_value);
    if p.config.hpm_counters > 0 {
        csr.pin("events", events(p, trap_taken, retire, bus_waits));
    }

    m.section("Writeback: result");
    let mut units = late.to_vec();
    if let (Some(is_amo), Some(unit)) = (completion.is_amo, atomic) {
        units.push((is_amo, unit.out("result")));
    }
    control.unit_result.drive(if units.is_empty() {
        lit(0, U(32))
    } else {
        one_hot_select(&units)
    });
    // What has its value from elsewhere leaves a result of 0 in execute.
    let computed = (completion.result | control.unit_result).named("computed_value");
    let other = completion.is_csr.mux(csr.out("read_value"), computed).named("not_loaded");
    let destination = m.instance("destination", &destination()).pin("other", other);
    let destination = stage.lanes.connect(destination).pin("rdata", p.dbus.rsp_rdata);
    control.writeback_value.drive(destination.out("value"));
    // Without a destination this writes x0, which nobody reads.
    control.rd_write.drive(retire);

    m.section("Writeback: flush for traps, MRET, wrong targets, and what is to be fetched anew");
    let resumes = (completion.is_mret | completion.refetches).named("resumes");
    let elsewhere = stage.outcome.map(|outcome| outcome.elsewhere);
    let resumes = elsewhere.map_or(resumes, |elsewhere| resumes | elsewhere);
    control.flush.drive(trap_taken | (retire & resumes));
    let behind = match stage.outcome {
        Some(outcome) => {
            let target = cat(&[outcome.target, lit(0, U(2))]);
            outcome.elsewhere.mux(target, completion.result).named("resume_target")
        }
        None => completion.result,
    };
    let return_target = completion.is_mret.mux(csr.out("mepc"), behind).named("return_target");
    control.flush_target.drive(trap_taken.mux(csr.out("trap_vector"), return_target));

    if stage.trace.is_some() {
        let trap_code = trap.out("code");
        retire_port(p, interrupts, csr, &Retiring { trap_taken, trap_code, trap_value });
    } else {
        interrupts.entry.unused();
    }
}

/// The atomic unit, connected as far as AMOs go.
fn amo(p: &Pipeline, untrapped: Signal) -> Option<Instance> {
    let (m, dbus, stage) = (p.m, &p.dbus, &p.writeback);
    let completion = &stage.completion;
    let (atomic, is_amo) = (p.control.atomic?, completion.is_amo?);
    let unit = m
        .instance("atomic", &atomic_unit())
        .pin("is_amo", stage.valid & is_amo & untrapped)
        .pin("funct5", completion.funct5?)
        .pin("operand", completion.operand?)
        .pin("req_ready", dbus.req_ready)
        .pin("rsp_valid", dbus.rsp_valid)
        .pin("rsp_rdata", dbus.rsp_rdata)
        .pin("rsp_error", dbus.rsp_error);
    atomic.req_valid.drive(unit.out("req_valid"));
    atomic.req_wdata.drive(unit.out("req_wdata"));
    Some(unit)
}

/// Connects the reservation.
fn reservation(p: &Pipeline, unit: Instance, trap_taken: Signal, retire: Signal) {
    let (m, control, completion) = (p.m, &p.control, &p.writeback.completion);
    let (Some(atomic), Some(is_lr), Some(is_sc)) =
        (control.atomic, completion.is_lr, completion.is_sc)
    else {
        return;
    };
    unit.pin("lr_request", atomic.lr_request)
        .pin("lr_done", retire & is_lr)
        .pin("address", completion.address)
        .pin("sc_address", p.dbus.req_address)
        .pin("sc_request", atomic.sc_request)
        .pin("sc_ready", p.dbus.req_ready)
        .pin("sc_done", retire & is_sc)
        .pin("trap", trap_taken)
        .pin("reservation_kill", m.input("reservation_kill", Bit).doc("others may be writing"));
    atomic.sc_allowed.drive(unit.out("sc_allowed"));
}

/// The CSRs.
fn csr_instance(
    p: &Pipeline,
    interrupts: InterruptState,
    trap: Instance,
    trap_value: Signal,
) -> Instance {
    let (m, control, stage) = (p.m, &p.control, &p.writeback);
    let completion = &stage.completion;
    let csr = m
        .instance("csr", &csr_file(&p.config, stage.trace.is_some()))
        .pin("number", completion.csr_number)
        .pin("operation", completion.funct3.bits(1, 0))
        .pin("operand", completion.address)
        .pin("write", completion.csr_writes)
        .pin("retire", trap.out("retire"))
        .pin("mret", completion.is_mret)
        .pin("trap_enter", trap.out("trap"))
        .pin("trap_interrupt", stage.trap.is_interrupt)
        .pin("trap_code", trap.out("code"))
        .pin("trap_value", trap_value)
        .pin("trap_pc", completion.pc)
        .pin("mip_bits", interrupts.mip);
    if p.config.zicntr {
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

/// What the event counters may count, by number.
fn events(p: &Pipeline, trap_taken: Signal, retire: Signal, bus_waits: Signal) -> Signal {
    let (control, stage) = (&p.control, &p.writeback);
    let completion = &stage.completion;
    let Some(counted) = stage.counted else { return lit(0, U(EVENTS)) };
    let or_amo = |flag: Signal| completion.is_amo.map_or(flag, |amo| flag | amo);
    let stores = completion.is_sc.map_or(completion.is_store, |sc| completion.is_store | sc);
    let interrupt = stage.trap.is_interrupt;
    let mut events = vec![lit(0, Bit); EVENTS as usize];
    let retired = [
        or_amo(completion.is_load),
        or_amo(stores),
        counted.is_branch,
        counted.is_taken,
        counted.is_jump,
        counted.is_muldiv,
        counted.compressed,
    ];
    for (event, happens) in (1..).zip(retired) {
        events[event] = retire & happens;
    }
    events[8] = trap_taken & !interrupt;
    events[9] = trap_taken & interrupt;
    events[16] = control.execute_redirect;
    events[17] = control.operand_wait.unwrap_or_else(|| lit(0, Bit));
    events[18] = stage.valid & bus_waits;
    events[19] = !p.decode.valid;
    events.reverse();
    cat(&events).named("events")
}

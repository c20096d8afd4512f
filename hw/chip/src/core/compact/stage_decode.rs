//! Fetch and decode, up to the registers before execute.

use systole_hdl::prelude::*;

use super::fetch::fetch;
use super::hazard::hazard;
use super::old::decode::{Operation, decode};
use super::old::interrupts::{Wait, interrupts};
use super::old::register_file::register_file;
use super::old::trap::{Trap, decode_trap};
use super::pipeline::{Control, DecodeTrace, ExecuteStage, WritebackStage};
use crate::config::CoreConfig;

/// The word of WFI.
pub const WFI: u64 = 0x1050_0073;

/// What the retire port and the CSRs see of the interrupt logic.
#[derive(Clone, Copy)]
pub struct InterruptState {
    /// `{MEIP, MTIP, MSIP}`.
    pub mip: Signal,
    /// The first instruction of a handler is still to come.
    pub entry: Signal,
}

/// Builds fetch and decode inside `core`.
pub fn build(
    m: M,
    config: &CoreConfig,
    control: &Control,
    execute: &ExecuteStage,
    writeback: &WritebackStage,
) -> InterruptState {
    m.section("Fetch");
    let fetch = fetch_instance(m, config, control);
    let instruction_valid = fetch.out("instruction_valid");
    let instruction = fetch.out("instruction");
    let instruction_fault = fetch.out("instruction_fault");
    let pc = fetch.out("instruction_pc");

    m.section("Interrupts: one enters when everything older has completed");
    let pipeline_empty = (!execute.valid & !writeback.valid).named("pipeline_empty");
    let interrupts = m
        .instance("interrupts", &interrupts())
        .pin("software_interrupt", m.input("software_interrupt", Bit))
        .pin("timer_interrupt", m.input("timer_interrupt", Bit))
        .pin("external_interrupt", m.input("external_interrupt", Bit))
        .pin("mie", control.mie)
        .pin("mstatus_mie", control.mstatus_mie)
        .pin("finished", control.event);
    let interrupt_pending = interrupts.out("pending");
    let is_wfi = instruction_valid & !instruction_fault & instruction.eq(WFI) & pipeline_empty;
    let leaves = (control.decode_fire | redirect(control)).named("decode_leaves");
    let wfi = Wait::new(m, is_wfi.named("is_wfi"), leaves, interrupts.out("wakeup"));
    let interrupt_select = interrupt_pending & pipeline_empty & !wfi.goes_first;
    let interrupt_select = interrupt_select.named("interrupt_select");
    let interrupt_wait = (interrupt_pending & !pipeline_empty).named("interrupt_wait");
    interrupts.pin("take", (control.decode_fire & interrupt_select).named("interrupt_take"));

    m.section("Decode");
    let squash = (instruction_fault | interrupt_select).named("squash");
    let decode =
        m.instance("decode", &decode()).pin("instruction", instruction).pin("squash", squash);
    let (rs1, rs2) = (decode.out("rs1"), decode.out("rs2"));
    let trap = m
        .instance("trap_at_decode", &decode_trap())
        .pin("interrupt", interrupt_select)
        .pin("interrupt_code", interrupts.out("cause"))
        .pin("instruction_fault", instruction_fault)
        .pin("illegal", decode.out("illegal"))
        .pin("ebreak", decode.out("ebreak"))
        .pin("ecall", decode.out("ecall"))
        .pin("instruction", instruction)
        .pin("fault_pc", pc)
        .pin("pc", pc);

    m.section("Operands");
    let hazard = operands(m, (rs1, rs2), control, execute, writeback);

    m.section("To execute");
    let execute_ready = (!execute.valid | control.execute_fire).named("execute_ready");
    let go = (instruction_valid & execute_ready & !redirect(control)).named("decode_go");
    let wfi_ahead = (instruction.eq(WFI) & !instruction_fault & !pipeline_empty).named("wfi_waits");
    let wait = interrupt_wait | wfi_ahead | (wfi.holds & !interrupt_select);
    control.decode_fire.drive(go & !hazard.out("stall") & !wait);
    let fetch_trace = execute.trace.as_ref().map(|trace| {
        // A word that came with a bus error is no instruction.
        let word = (instruction & (!instruction_fault).repeat(32)).named("traced_instruction");
        (trace, DecodeTrace { instruction: word, rs1, rs2 })
    });
    let (operation, trap) = (Operation::of(&decode), Trap::of(&trap));
    let (rs1_value, rs2_value) = (hazard.out("rs1_value"), hazard.out("rs2_value"));
    m.clocked(|| {
        when(control.decode_fire, || {
            execute.valid.set(1);
            execute.pc.set(pc);
            execute.rs1_value.set(rs1_value);
            execute.rs2_value.set(rs2_value);
            execute.operation.set(&operation);
            execute.trap.set(&trap);
            if let Some((registers, values)) = &fetch_trace {
                registers.set(values);
            }
        })
        .or_when(control.execute_fire | control.flush, || execute.valid.set(0));
    });
    m.cover("interrupt_waits", instruction_valid & interrupt_wait);
    let (newer, older) = (execute.operation.rd, writeback.completion.rd);
    let both_write = execute.valid & writeback.valid & newer.ne(0) & newer.eq(older);
    let both_write = both_write.named("both_write");
    m.cover("rs1_written_twice", both_write & rs1.eq(newer));
    m.cover("rs2_written_twice", both_write & rs2.eq(newer));
    InterruptState { mip: interrupts.out("mip"), entry: interrupts.out("entry") }
}

/// Fetch goes on elsewhere.
fn redirect(control: &Control) -> Signal {
    control.flush | control.branch_redirect
}

/// The fetch unit and the instruction port.
fn fetch_instance(m: M, config: &CoreConfig, control: &Control) -> Instance {
    let target = control.flush.mux(control.flush_target, control.branch_target);
    let fetch = m
        .instance("fetch", &fetch(config.fetch_depth))
        .pin("redirect", redirect(control).named("fetch_redirect"))
        .pin("redirect_target", target.named("fetch_target"))
        .pin("take", control.decode_fire)
        .pin("ibus_req_ready", m.input("ibus_req_ready", Bit))
        .pin("ibus_rsp_valid", m.input("ibus_rsp_valid", Bit))
        .pin("ibus_rsp_rdata", m.input("ibus_rsp_rdata", U(32)))
        .pin("ibus_rsp_error", m.input("ibus_rsp_error", Bit));
    m.output("ibus_req_valid", fetch.out("ibus_req_valid"));
    m.output("ibus_req_address", fetch.out("ibus_req_address"));
    fetch
}

/// The register file and the newest values of the operands.
fn operands(
    m: M,
    (rs1, rs2): (Signal, Signal),
    control: &Control,
    execute: &ExecuteStage,
    writeback: &WritebackStage,
) -> Instance {
    let registers = m
        .instance("registers", &register_file())
        .pin("rs1", rs1)
        .pin("rs2", rs2)
        .pin("rd_write", control.rd_write)
        .pin("rd", writeback.completion.rd)
        .pin("rd_value", control.writeback_value);
    let operation = &execute.operation;
    let late = match writeback.is_multiply {
        Some(_) => operation.is_load | operation.is_csr | operation.is_multiply,
        None => operation.is_load | operation.is_csr,
    };
    m.instance("hazard", &hazard())
        .pin("rs1", rs1)
        .pin("rs2", rs2)
        .pin("rs1_file_value", registers.out("rs1_value"))
        .pin("rs2_file_value", registers.out("rs2_value"))
        .pin("execute_valid", execute.valid)
        .pin("execute_rd", operation.rd)
        .pin("execute_late", late.named("execute_late"))
        .pin("execute_is_csr", operation.is_csr)
        .pin("execute_result", control.execute_result)
        .pin("writeback_valid", writeback.valid)
        .pin("writeback_rd", writeback.completion.rd)
        .pin("writeback_waiting", control.writeback_waiting)
        .pin("writeback_is_csr", writeback.completion.is_csr)
        .pin("writeback_result", control.writeback_value)
}

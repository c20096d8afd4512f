//! Writeback: bus responses, traps, CSRs, retirement.

use systole_hdl::prelude::*;

use super::old::csr::csr_file;
use super::old::load_align::load_align;
use super::old::rvfi::{PORT, rvfi};
use super::old::trap::writeback_trap;
use super::pipeline::{Control, DataBus, WritebackStage};
use super::stage_decode::InterruptState;

/// Builds writeback inside `core`.
pub fn build(
    m: M,
    dbus: &DataBus,
    control: &Control,
    writeback: &WritebackStage,
    interrupts: InterruptState,
    product: Option<Signal>,
) {
    let completion = &writeback.completion;
    let carried = &writeback.trap;
    m.section("Writeback: bus response");
    let is_access = completion.is_load | completion.is_store;
    let accessed = (is_access & !carried.valid).named("writeback_accessed");
    let waiting = writeback.valid & accessed & !dbus.rsp_valid;
    control.writeback_waiting.drive(waiting);
    control.writeback_done.drive(writeback.valid & !control.writeback_waiting);
    let load = m
        .instance("load", &load_align())
        .pin("rdata", dbus.rsp_rdata)
        .pin("offset", carried.value.bits(1, 0))
        .pin("funct3", completion.funct3);

    m.section("Writeback: traps");
    let trap = m
        .instance("trap_at_writeback", &writeback_trap())
        .pin("done", control.writeback_done)
        .pin("carried_valid", carried.valid)
        .pin("carried_interrupt", carried.is_interrupt)
        .pin("carried_code", carried.code)
        .pin("accessed", accessed)
        .pin("is_store", completion.is_store)
        .pin("response_error", dbus.rsp_error);
    let (trap_taken, retire) = (trap.out("trap"), trap.out("retire"));
    control.event.drive(trap.out("finished"));

    m.section("Writeback: CSRs");
    let csr = m
        .instance("csr", &csr_file(writeback.trace.is_some()))
        .pin("number", completion.csr_number)
        .pin("operation", completion.funct3.bits(1, 0))
        .pin("operand", completion.result)
        .pin("write", completion.csr_writes)
        .pin("retire", retire)
        .pin("pair", lit(0, Bit))
        .pin("mret", completion.is_mret)
        .pin("trap_enter", trap_taken)
        .pin("trap_interrupt", carried.is_interrupt)
        .pin("trap_code", trap.out("code"))
        .pin("trap_value", carried.value)
        .pin("trap_pc", completion.pc)
        .pin("mip_bits", interrupts.mip);
    control.mie.drive(csr.out("mie_bits"));
    control.mstatus_mie.drive(csr.out("mstatus_mie"));

    m.section("Writeback: result");
    m.comb(|| {
        control.writeback_value.set(completion.result);
        when(completion.is_load, || control.writeback_value.set(load.out("value")))
            .or_when(completion.is_csr, || control.writeback_value.set(csr.out("read_value")));
        if let (Some(is_multiply), Some(product)) = (writeback.is_multiply, product) {
            when(is_multiply, || control.writeback_value.set(product));
        }
    });
    // Without a destination this writes x0, which the register file reads as 0 anyway.
    control.rd_write.drive(retire);

    m.section("Writeback: flush for traps, MRET and FENCE.I");
    let resume = (retire & (completion.is_mret | completion.is_fence_i)).named("resume");
    control.flush.drive(trap_taken | resume);
    let after_fence_i = (completion.pc + 4).named("after_fence_i");
    let return_target =
        completion.is_mret.mux(csr.out("mepc"), after_fence_i).named("return_target");
    control.flush_target.drive(trap_taken.mux(csr.out("trap_vector"), return_target));

    let Some((decoded, executed)) = &writeback.trace else {
        interrupts.entry.unused();
        return;
    };
    m.section("Retire port");
    let pc_next = control.flush.mux(control.flush_target, executed.pc_next);
    let order = m.reg("retire_order", U(64)).reset(0);
    m.clocked(|| order.set(order + control.event.ext(64)));
    let port = m
        .instance("rvfi", &rvfi())
        .pin("order", order)
        .pin("finished", control.event)
        .pin("trap", trap_taken)
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
        .pin("address", carried.value)
        .pin("is_load", completion.is_load)
        .pin("is_store", completion.is_store)
        .pin("lanes", executed.lanes)
        .pin("load_word", dbus.rsp_rdata)
        .pin("store_word", executed.store_word)
        .pin("trap_code", trap.out("code"))
        .pin("trap_value", carried.value)
        .pin("mcause", csr.out("mcause"))
        .pin("mip", interrupts.mip)
        .pin("csr_writes", completion.csr_writes)
        .pin("csr_number", completion.csr_number)
        .pin("csr_value", csr.out("written_legal"))
        .pin("mstatus", csr.unused("mstatus_before").out("mstatus_next"));
    for name in PORT {
        m.output(name, port.out(name));
    }
}

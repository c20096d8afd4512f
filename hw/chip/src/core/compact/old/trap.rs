//! Traps: what is known at decode, in execute and at writeback.

use systole_hdl::prelude::*;

use super::encoding::cause;
use super::record::record;

record! {
    /// A trap that an instruction carries down the pipeline.
    pub Trap {
        /// There is one.
        valid: Bit,
        /// It is an interrupt.
        is_interrupt: Bit,
        /// Code of `mcause`.
        code: U(4),
        /// `mtval`, or the address of a data access.
        value: U(32),
    }
}

/// Priority of what is known at decode. Combinational.
///
/// An interrupt comes before the exceptions of the instruction that it replaces.
pub fn decode_trap() -> Module {
    module("core_decode_trap", |m| {
        m.doc("Interrupts and the exceptions known at decode, by priority.");
        let interrupt = m.input("interrupt", Bit);
        let interrupt_code = m.input("interrupt_code", U(4));
        let instruction_fault = m.input("instruction_fault", Bit);
        let illegal = m.input("illegal", Bit);
        let ebreak = m.input("ebreak", Bit);
        let ecall = m.input("ecall", Bit);
        let instruction = m.input("instruction", U(32));
        let pc = m.input("pc", U(32));
        let fault_pc = m.input("fault_pc", U(32)).doc("of the half that could not be fetched");

        let fault_code = m.constant("INSTRUCTION_FAULT", cause::INSTRUCTION_FAULT, U(4));
        let illegal_code = m.constant("ILLEGAL_INSTRUCTION", cause::ILLEGAL_INSTRUCTION, U(4));
        let breakpoint_code = m.constant("BREAKPOINT", cause::BREAKPOINT, U(4));
        let ecall_code = m.constant("ECALL_M", cause::ECALL_M, U(4));
        let trap = Trap::outputs(m);
        m.comb(|| {
            trap.valid.set(1);
            trap.value.set(0);
            when(interrupt, || trap.code.set(interrupt_code))
                .or_when(instruction_fault, || {
                    trap.code.set(fault_code);
                    trap.value.set(fault_pc);
                })
                .or_when(illegal, || {
                    trap.code.set(illegal_code);
                    trap.value.set(instruction);
                })
                .or_when(ebreak, || {
                    trap.code.set(breakpoint_code);
                    trap.value.set(pc);
                })
                .otherwise(|| {
                    trap.code.set(ecall_code);
                    trap.valid.set(ecall);
                });
        });
        trap.is_interrupt.drive(interrupt);
    })
}

/// Adds what execute finds: misaligned targets and accesses. Combinational.
///
/// An instruction that trapped at decode does nothing in execute, so the two never meet.
pub fn execute_trap() -> Module {
    module("core_execute_trap", |m| {
        m.doc("Adds the exceptions that execute finds.");
        let valid = m.input("carried_valid", Bit);
        let interrupt = m.input("carried_interrupt", Bit);
        let code = m.input("carried_code", U(4));
        let value = m.input("carried_value", U(32));
        let target_misaligned = m.input("target_misaligned", Bit);
        let target = m.input("target", U(32));
        let access_misaligned = m.input("access_misaligned", Bit);
        let is_load = m.input("is_load", Bit);
        let is_store = m.input("is_store", Bit);
        let address = m.input("address", U(32));

        let target_code = m.constant("TARGET_MISALIGNED", cause::TARGET_MISALIGNED, U(4));
        let load_code = m.constant("LOAD_MISALIGNED", cause::LOAD_MISALIGNED, U(4));
        let store_code = m.constant("STORE_MISALIGNED", cause::STORE_MISALIGNED, U(4));
        let is_access = (is_load | is_store).named("is_access");
        let trap = Trap::outputs(m);
        m.comb(|| {
            trap.valid.set(valid);
            trap.code.set(code);
            trap.value.set(value);
            when(target_misaligned, || {
                trap.valid.set(1);
                trap.code.set(target_code);
                trap.value.set(target);
            })
            .or_when(is_access, || {
                trap.valid.set(access_misaligned);
                trap.code.set(is_store.mux(store_code, load_code));
                trap.value.set(address);
            });
        });
        trap.is_interrupt.drive(interrupt);
    })
}

/// Adds bus errors and decides the fate of the instruction in writeback. Combinational.
pub fn writeback_trap() -> Module {
    module("core_writeback_trap", |m| {
        m.doc("Adds bus errors, and decides between trap and retirement.");
        let done = m.input("done", Bit).doc("the instruction completes in this cycle");
        let valid = m.input("carried_valid", Bit);
        let interrupt = m.input("carried_interrupt", Bit);
        let code = m.input("carried_code", U(4));
        let accessed = m.input("accessed", Bit).doc("it made a data access");
        let is_store = m.input("is_store", Bit);
        let response_error = m.input("response_error", Bit);

        let load_fault = m.constant("LOAD_FAULT", cause::LOAD_FAULT, U(4));
        let store_fault = m.constant("STORE_FAULT", cause::STORE_FAULT, U(4));
        let access_fault = (accessed & response_error).named("access_fault");
        let fault_code = is_store.mux(store_fault, load_fault).named("fault_code");
        let trap = (done & (valid | access_fault)).named("trap_taken");
        m.output("trap", trap);
        m.output("code", access_fault.mux(fault_code, code));
        m.output("retire", done & !trap);
        m.output("finished", done & !(valid & interrupt));
    })
}

//! Traps: what is known at decode, in execute and at writeback.

use systole_hdl::prelude::*;

use super::encoding::cause;
use super::record::record;

record! {
    /// A trap that an instruction carries down the pipeline.
    pub Trap {
        /// There is one.
        valid: Bit;
        /// It is an interrupt.
        is_interrupt: Bit;
        /// Code of `mcause`.
        code: U(4);
    }
}

/// Priority of what is known at decode. Combinational.
///
/// An interrupt comes before the exceptions of the instruction that it replaces.
pub fn decode_trap(user_mode: bool) -> Module {
    module("core_decode_trap", |m| {
        m.doc("Interrupts and the exceptions known at decode, by priority.");
        let interrupt = m.input("interrupt", Bit);
        let interrupt_code = m.input("interrupt_code", U(4));
        let instruction_fault = m.input("instruction_fault", Bit);
        let illegal = m.input("illegal", Bit);
        let ebreak = m.input("ebreak", Bit);
        let ecall = m.input("ecall", Bit);

        let fault_code = m.constant("INSTRUCTION_FAULT", cause::INSTRUCTION_FAULT, U(4));
        let illegal_code = m.constant("ILLEGAL_INSTRUCTION", cause::ILLEGAL_INSTRUCTION, U(4));
        let breakpoint_code = m.constant("BREAKPOINT", cause::BREAKPOINT, U(4));
        let ecall_m = m.constant("ECALL_M", cause::ECALL_M, U(4));
        let ecall_code = match user_mode {
            true => {
                let ecall_u = m.constant("ECALL_U", cause::ECALL_U, U(4));
                m.input("user", Bit).doc("the mode is U").mux(ecall_u, ecall_m)
            }
            false => ecall_m,
        };
        let trap = Trap::outputs(m);
        m.comb(|| {
            when(interrupt, || trap.code.set(interrupt_code))
                .or_when(instruction_fault, || trap.code.set(fault_code))
                .or_when(illegal, || trap.code.set(illegal_code))
                .or_when(ebreak, || trap.code.set(breakpoint_code))
                .otherwise(|| trap.code.set(ecall_code));
        });
        let exception = (instruction_fault | illegal | ebreak | ecall).named("exception");
        trap.valid.drive(interrupt | exception);
        trap.is_interrupt.drive(interrupt);
    })
}

/// Adds what execute finds: misaligned targets, and accesses that are misaligned or denied.
/// Combinational.
pub fn execute_trap() -> Module {
    module("core_execute_trap", |m| {
        m.doc("Adds the exceptions that execute finds.");
        let valid = m.input("carried_valid", Bit);
        let interrupt = m.input("carried_interrupt", Bit);
        let code = m.input("carried_code", U(4));
        let target_misaligned = m.input("target_misaligned", Bit);
        let access_misaligned = m.input("access_misaligned", Bit);
        let access_denied = m.input("access_denied", Bit);
        let only_reads = m.input("only_reads", Bit).doc("load or LR");

        let target_code = m.constant("TARGET_MISALIGNED", cause::TARGET_MISALIGNED, U(4));
        let load_misaligned = m.constant("LOAD_MISALIGNED", cause::LOAD_MISALIGNED, U(4));
        let store_misaligned = m.constant("STORE_MISALIGNED", cause::STORE_MISALIGNED, U(4));
        let load_fault = m.constant("LOAD_FAULT", cause::LOAD_FAULT, U(4));
        let store_fault = m.constant("STORE_FAULT", cause::STORE_FAULT, U(4));
        let trap = Trap::outputs(m);
        let found = target_misaligned | access_misaligned | access_denied;
        trap.valid.drive(valid | found);
        trap.is_interrupt.drive(interrupt);
        m.comb(|| {
            trap.code.set(only_reads.mux(load_fault, store_fault));
            when(valid, || trap.code.set(code))
                .or_when(target_misaligned, || trap.code.set(target_code))
                .or_when(access_misaligned, || {
                    trap.code.set(only_reads.mux(load_misaligned, store_misaligned));
                });
        });
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
        let failed = m.input("access_failed", Bit).doc("its data access failed");
        let only_reads = m.input("only_reads", Bit).doc("load or LR");

        let load_fault = m.constant("LOAD_FAULT", cause::LOAD_FAULT, U(4));
        let store_fault = m.constant("STORE_FAULT", cause::STORE_FAULT, U(4));
        let access_fault = (failed & !valid).named("access_fault");
        let fault_code = only_reads.mux(load_fault, store_fault).named("fault_code");
        let trap = (done & (valid | access_fault)).named("trap_taken");
        m.output("trap", trap);
        m.output("code", access_fault.mux(fault_code, code));
        m.output("retire", done & !trap);
        m.output("finished", done & !(valid & interrupt));
    })
}

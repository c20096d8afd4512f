//! What the numbers in a wave of one of our chips mean.

/// Exceptions by `mcause`.
pub const EXCEPTIONS: [(u32, &str); 11] = [
    (0, "instruction address misaligned"),
    (1, "instruction access fault"),
    (2, "illegal instruction"),
    (3, "breakpoint"),
    (4, "load address misaligned"),
    (5, "load access fault"),
    (6, "store address misaligned"),
    (7, "store access fault"),
    (8, "ecall from U mode"),
    (9, "ecall from S mode"),
    (11, "ecall from M mode"),
];

/// Interrupts by the low bits of `mcause`.
pub const INTERRUPTS: [(u32, &str); 3] =
    [(3, "software interrupt"), (7, "timer interrupt"), (11, "external interrupt")];

/// Bit of `mcause` that says interrupt.
pub const INTERRUPT: u32 = 1 << 31;

/// Causes of the end of an NPU job (`docs/npu.md`).
pub const NPU_CAUSES: [(u32, &str); 11] = [
    (0, "none"),
    (1, "BAD_OPCODE"),
    (2, "BAD_FIELD"),
    (3, "TOKEN_UNDERFLOW"),
    (4, "TOKEN_OVERFLOW"),
    (5, "MISALIGNED_LIST"),
    (6, "LIST_TOO_LONG"),
    (7, "FETCH_ERROR"),
    (8, "LOAD_ERROR"),
    (9, "STORE_ERROR"),
    (10, "ABORTED"),
];

/// Opcodes of descriptors.
pub const OPCODES: [(u32, &str); 3] = [(1, "LOAD"), (2, "EXEC"), (3, "STORE")];

/// Privilege modes.
pub const MODES: [(u32, &str); 2] = [(0, "U"), (3, "M")];

/// Answers of AXI.
pub const RESPONSES: [(u32, &str); 4] = [(0, "OKAY"), (1, "EXOKAY"), (2, "SLVERR"), (3, "DECERR")];

/// Name of a trap by the whole `mcause`.
pub fn trap(mcause: u32) -> String {
    let (table, code): (&[(u32, &str)], u32) = match mcause & INTERRUPT {
        0 => (&EXCEPTIONS, mcause),
        _ => (&INTERRUPTS, mcause & !INTERRUPT),
    };
    let known = table.iter().find(|(number, _)| *number == code);
    known.map_or_else(|| format!("cause {mcause:#x}"), |(_, name)| (*name).to_owned())
}

/// Name of the cause of a job's end.
pub fn npu_cause(cause: u32) -> String {
    let known = NPU_CAUSES.iter().find(|(number, _)| *number == cause);
    known.map_or_else(|| format!("cause {cause}"), |(_, name)| (*name).to_owned())
}

/// Whether a trap says that there was no instruction.
pub fn is_fetch_fault(mcause: u32) -> bool {
    mcause == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_traps_and_interrupts() {
        assert_eq!(trap(2), "illegal instruction");
        assert_eq!(trap(INTERRUPT | 7), "timer interrupt");
        assert_eq!(trap(24), "cause 0x18");
        assert_eq!(npu_cause(10), "ABORTED");
        assert_eq!(npu_cause(77), "cause 77");
    }
}

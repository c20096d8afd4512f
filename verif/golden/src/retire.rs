//! What goes into a lockstep step and what comes out: the retire port of `docs/soc.md`.

/// What the RTL met and the model cannot know by itself. The default is "nothing happened".
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Inputs {
    /// Cause of the interrupt taken before this instruction (3, 7 or 11; bit 31 is ignored).
    pub interrupt: Option<u32>,
    /// The instruction memory answered this fetch with a bus error: the `mtval` that the RTL
    /// reported, which is the pc, or pc + 2 when only the second half of the instruction faults.
    pub fetch_fault: Option<u32>,
    /// The data memory answered this access with a bus error.
    pub data_fault: bool,
    /// The RTL's store-conditional did not store. Used only when the model's own reservation stands
    /// and the NPU may have written since the LR; so it may be given always.
    pub sc_failed: bool,
    /// What the RTL read. Used only where time decides: `mcycle(h)`, `cycle(h)`, `time(h)`, `mtime`,
    /// event counters that depend on a timing event, and the NPU's `STATUS`, `FAULT_INDEX`,
    /// `FAULT_ADDRESS`, `JOBS` and the counters; so it may be given always. Of a CSR instruction with
    /// rd = x0, where the retire port does not show what was read, give what it wrote: that then is
    /// the model's too, apart from the bits that the instruction itself decides.
    pub device_read: Option<u32>,
    /// Interrupt lines as the RTL saw them, in `mip`'s bit positions.
    pub interrupt_lines: u32,
    /// Clock cycle of the retirement, since reset.
    pub cycle: u64,
}

/// One retired or trapping instruction, as `rvfi_*` reports it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retire {
    /// `rvfi_pc_rdata`: address of the instruction.
    pub pc: u32,
    /// Privilege in which it executed: 3 for M, 0 for U.
    pub mode: u8,
    /// The instruction word; 0 on an instruction access fault.
    pub insn: u32,
    /// `rvfi_pc_wdata`: address of the next instruction, the handler when it trapped.
    pub next_pc: u32,
    /// The instruction raised an exception.
    pub trap: bool,
    /// First instruction of an interrupt handler.
    pub intr: bool,
    /// `mcause` of the exception, else of the interrupt, else 0. When the first instruction of an
    /// interrupt handler itself traps, this is the exception's.
    pub cause: u32,
    /// `mtval` of the exception, else 0.
    pub tval: u32,
    /// Register written, 0 for none.
    pub rd_addr: u8,
    /// Value written, 0 when `rd_addr` is 0.
    pub rd_wdata: u32,
    /// Word address of the memory access, 0 without one.
    pub mem_addr: u32,
    /// Bytes of that word that were read.
    pub mem_rmask: u8,
    /// Bytes of that word that were written.
    pub mem_wmask: u8,
    /// Bytes read, in their lanes; 0 elsewhere.
    pub mem_rdata: u32,
    /// Bytes written, in their lanes; 0 elsewhere.
    pub mem_wdata: u32,
    /// CSR that a CSR instruction wrote, with the value that it has then.
    pub csr: Option<(u16, u32)>,
    /// `mstatus` after the instruction.
    pub mstatus: u32,
}

//! Exceptions and interrupts (privileged manual 3.1.6, 3.1.7, 3.1.9, 3.1.14 to 3.1.16).

use crate::csr::{Csrs, MIE, MPIE};

/// `mcause` bit 31.
pub(crate) const INTERRUPT: u32 = 0x8000_0000;
/// Machine software interrupt.
pub(crate) const MSI: u32 = 3;
/// Machine timer interrupt.
pub(crate) const MTI: u32 = 7;
/// Machine external interrupt.
pub(crate) const MEI: u32 = 11;

/// A synchronous exception.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Trap {
    /// `mcause`.
    pub cause: u32,
    /// `mtval`.
    pub tval: u32,
}

/// The exceptions of a machine without U mode and virtual memory, with the `mtval` that
/// `docs/soc.md` chooses.
impl Trap {
    pub fn misaligned_fetch(target: u32) -> Self {
        Self { cause: 0, tval: target }
    }
    pub fn fetch_fault(pc: u32) -> Self {
        Self { cause: 1, tval: pc }
    }
    pub fn illegal(word: u32) -> Self {
        Self { cause: 2, tval: word }
    }
    pub fn breakpoint(pc: u32) -> Self {
        Self { cause: 3, tval: pc }
    }
    pub fn misaligned_load(address: u32) -> Self {
        Self { cause: 4, tval: address }
    }
    pub fn load_fault(address: u32) -> Self {
        Self { cause: 5, tval: address }
    }
    pub fn misaligned_store(address: u32) -> Self {
        Self { cause: 6, tval: address }
    }
    pub fn store_fault(address: u32) -> Self {
        Self { cause: 7, tval: address }
    }
    pub fn ecall() -> Self {
        Self { cause: 11, tval: 0 }
    }
}

impl Csrs {
    /// Enters the handler of an exception raised by the instruction at `pc`; returns its address.
    pub(crate) fn enter_exception(&mut self, pc: u32, trap: Trap) -> u32 {
        self.save(pc, trap.cause, trap.tval);
        self.mtvec & !3
    }

    /// Enters the handler of an interrupt taken before the instruction at `pc`.
    pub(crate) fn enter_interrupt(&mut self, pc: u32, cause: u32) -> u32 {
        self.save(pc, INTERRUPT | cause, 0);
        let vectored = self.mtvec & 3 == 1;
        (self.mtvec & !3).wrapping_add(if vectored { 4 * cause } else { 0 })
    }

    fn save(&mut self, pc: u32, cause: u32, tval: u32) {
        self.mepc = pc & !3;
        self.mcause = cause;
        self.mtval = tval;
        let enabled = self.mstatus & MIE != 0;
        self.mstatus &= !(MIE | MPIE);
        if enabled {
            self.mstatus |= MPIE;
        }
    }

    /// `mret`: returns the address of the next instruction. MPP reads 3 always.
    pub(crate) fn return_from_trap(&mut self) -> u32 {
        let enabled = self.mstatus & MPIE != 0;
        self.mstatus |= MPIE;
        self.mstatus &= !MIE;
        if enabled {
            self.mstatus |= MIE;
        }
        self.mepc
    }

    /// The interrupt that has to be taken before the next instruction, given the lines.
    pub(crate) fn pending_interrupt(&self, lines: u32) -> Option<u32> {
        if self.mstatus & MIE == 0 {
            return None;
        }
        let pending = lines & self.mie;
        [MEI, MSI, MTI].into_iter().find(|&cause| pending >> cause & 1 == 1)
    }
}

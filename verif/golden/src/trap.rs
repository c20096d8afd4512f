//! Exceptions and interrupts (privileged manual 3.1.6, 3.1.7, 3.1.9, 3.1.14 to 3.1.16).

use crate::csr::{MIE, MPIE, MPP, MPP_SHIFT, MPRV};
use crate::events;
use crate::hart::Hart;
use crate::mode::Mode;

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

/// The exceptions of a machine without virtual memory, with the `mtval` that `docs/core.md`
/// chooses.
impl Trap {
    pub fn misaligned_fetch(target: u32) -> Self {
        Self { cause: 0, tval: target }
    }
    /// `address` is that of the half that faults.
    pub fn fetch_fault(address: u32) -> Self {
        Self { cause: 1, tval: address }
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
    pub fn ecall(mode: Mode) -> Self {
        Self { cause: 8 + mode as u32, tval: 0 }
    }
}

impl Hart {
    /// Enters the handler of an exception raised by the instruction at the pc.
    pub(crate) fn enter_exception(&mut self, trap: Trap) {
        self.csrs.counters.count(events::EXCEPTION);
        self.enter(trap.cause, trap.tval);
        self.pc = self.csrs.mtvec & !3;
    }

    /// Enters the handler of an interrupt taken before the instruction at the pc.
    pub(crate) fn enter_interrupt(&mut self, cause: u32) {
        self.csrs.counters.count(events::INTERRUPT);
        self.enter(INTERRUPT | cause, 0);
        let mtvec = self.csrs.mtvec;
        let vectored = mtvec & 3 == 1;
        self.pc = (mtvec & !3).wrapping_add(if vectored { 4 * cause } else { 0 });
    }

    fn enter(&mut self, cause: u32, tval: u32) {
        let csrs = &mut self.csrs;
        csrs.mepc = self.pc;
        csrs.mcause = cause;
        csrs.mtval = tval;
        let enabled = csrs.mstatus & MIE != 0;
        csrs.mstatus &= !(MIE | MPIE | MPP);
        csrs.mstatus |= (self.mode as u32) << MPP_SHIFT | if enabled { MPIE } else { 0 };
        self.mode = Mode::Machine;
        self.reservation.clear();
        self.follow_protection();
    }

    /// `mret`: returns the address of the next instruction.
    pub(crate) fn return_from_trap(&mut self) -> u32 {
        let csrs = &mut self.csrs;
        self.mode = csrs.previous_mode();
        let enabled = csrs.mstatus & MPIE != 0;
        csrs.mstatus &= !(MIE | MPP);
        csrs.mstatus |= MPIE | if enabled { MIE } else { 0 };
        // The least privileged mode there is.
        csrs.mstatus |= if self.isa.user_mode { 0 } else { MPP };
        if self.mode == Mode::User {
            csrs.mstatus &= !MPRV;
        }
        self.follow_protection();
        self.csrs.mepc
    }

    /// The interrupt that has to be taken before the next instruction, given the lines. In U mode
    /// `mstatus.MIE` does not matter.
    pub(crate) fn pending_interrupt(&self, lines: u32) -> Option<u32> {
        if self.mode == Mode::Machine && self.csrs.mstatus & MIE == 0 {
            return None;
        }
        let pending = lines & self.csrs.mie;
        [MEI, MSI, MTI].into_iter().find(|&cause| pending >> cause & 1 == 1)
    }
}

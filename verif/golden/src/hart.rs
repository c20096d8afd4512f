//! The architectural state of the hart.

use crate::RAM_BASE;
use crate::csr::{Csrs, MPRV};
use crate::isa::Isa;
use crate::mode::Mode;
use crate::reservation::Reservation;

/// Registers, program counter, mode, CSRs and the reservation.
#[derive(Clone, Debug)]
pub(crate) struct Hart {
    x: [u32; 32],
    pub pc: u32,
    /// Bits of a jump target that must be 0 (IALIGN).
    pub misaligned: u32,
    /// PMP may deny a fetch in the present mode.
    pub fetch_restricted: bool,
    /// PMP may deny a data access with the present privilege of data accesses.
    pub data_restricted: bool,
    pub mode: Mode,
    pub reservation: Reservation,
    pub isa: Isa,
    pub csrs: Csrs,
}

impl Hart {
    /// The state at reset; the reset vector is the start of the RAM.
    pub fn new(isa: &Isa) -> Self {
        let csrs = Csrs::new(isa);
        Self {
            x: [0; 32],
            pc: RAM_BASE,
            misaligned: !csrs.pc_mask(),
            fetch_restricted: false,
            data_restricted: false,
            mode: Mode::Machine,
            reservation: Reservation::default(),
            isa: *isa,
            csrs,
        }
    }

    #[inline(always)]
    pub fn x(&self, register: u8) -> u32 {
        self.x[usize::from(register & 31)]
    }

    #[inline(always)]
    pub fn set_x(&mut self, register: u8, value: u32) {
        self.x[usize::from(register & 31)] = value;
        self.x[0] = 0;
    }

    pub fn registers(&self) -> &[u32; 32] {
        &self.x
    }

    /// The privilege of data accesses: MPP under `mstatus.MPRV`.
    pub fn data_mode(&self) -> Mode {
        if self.csrs.mstatus & MPRV != 0 { self.csrs.previous_mode() } else { self.mode }
    }

    /// To be called when the mode, `mstatus` or PMP has changed.
    pub fn follow_protection(&mut self) {
        self.fetch_restricted = self.csrs.pmp.restricts(self.mode);
        self.data_restricted = self.csrs.pmp.restricts(self.data_mode());
    }
}

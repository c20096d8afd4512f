//! The architectural state of the hart.

use crate::RAM_BASE;
use crate::csr::Csrs;

/// Registers, program counter and CSRs.
#[derive(Clone, Debug)]
pub(crate) struct Hart {
    x: [u32; 32],
    pub pc: u32,
    pub csrs: Csrs,
}

impl Hart {
    /// The state at reset; the reset vector is the start of the RAM.
    pub fn new() -> Self {
        Self { x: [0; 32], pc: RAM_BASE, csrs: Csrs::new() }
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
}

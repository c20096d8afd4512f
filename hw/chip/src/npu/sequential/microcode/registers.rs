//! Registers of the sequencer: those of the hart first, by offset, then constants and variables.

/// Registers.
pub const REGISTERS: u32 = 1 << NUMBER_BITS;

/// Bits of a register's number.
pub const NUMBER_BITS: u32 = 8;

/// Bits of the number of a register of the hart.
pub const HOST_BITS: u32 = 5;

/// A register of 32 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Register(u8);

impl Register {
    pub(super) const fn new(number: u8) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0 as u64
    }

    /// Its number as the argument of an instruction.
    pub const fn argument(self) -> u8 {
        self.0
    }
}

/// Register of the hart at a byte offset of the first page.
const fn at(offset: u8) -> Register {
    Register(offset / 4)
}

pub const ID: Register = at(0x00);
pub const CONFIG: Register = at(0x04);
pub const STATUS: Register = at(0x08);
pub const DOORBELL: Register = at(0x10);
pub const FAULT_INDEX: Register = at(0x18);
pub const FAULT_ADDRESS: Register = at(0x1c);
pub const JOBS: Register = at(0x20);
pub const CYCLES: Register = at(0x24);
pub const EXEC_BUSY: Register = at(0x28);
pub const LOAD_BUSY: Register = at(0x34);
pub const STORE_BUSY: Register = at(0x3c);
pub const READ_BYTES: Register = at(0x48);
pub const WRITE_BYTES: Register = at(0x4c);
pub const MACS: Register = at(0x50);
/// `WINDOW_BASE`, of the second page; `WINDOW_LIMIT` follows.
pub const WINDOW_BASE: Register = Register(24);
pub const WINDOW_LIMIT: Register = Register(25);

/// First register that is not the hart's.
pub(super) const FIRST_FREE: u8 = 1 << HOST_BITS;

/// All registers of the hart.
pub(super) fn of_hart() -> impl Iterator<Item = Register> {
    (0..FIRST_FREE).map(Register)
}

/// First of the registers that hold where subroutines come back to.
pub const CALLS: Register = Register(0xf8);

//! Control and status registers (privileged manual chapters 2 and 3.1, choices of `docs/soc.md`).

use crate::trap::{MEI, MSI, MTI};

/// `mstatus.MIE`.
pub(crate) const MIE: u32 = 1 << 3;
/// `mstatus.MPIE`.
pub(crate) const MPIE: u32 = 1 << 7;
/// `mstatus.MPP`, fixed to M mode.
const MPP: u32 = 3 << 11;
/// The implemented bits of `mie` and `mip`.
pub(crate) const INTERRUPTS: u32 = 1 << MSI | 1 << MTI | 1 << MEI;
/// RV32 with I and M.
const MISA: u32 = 0x4000_1100;

/// CSR numbers.
pub(crate) mod number {
    pub const MSTATUS: u16 = 0x300;
    pub const MISA: u16 = 0x301;
    pub const MIE: u16 = 0x304;
    pub const MTVEC: u16 = 0x305;
    pub const MSTATUSH: u16 = 0x310;
    pub const MCOUNTINHIBIT: u16 = 0x320;
    pub const MSCRATCH: u16 = 0x340;
    pub const MEPC: u16 = 0x341;
    pub const MCAUSE: u16 = 0x342;
    pub const MTVAL: u16 = 0x343;
    pub const MIP: u16 = 0x344;
    pub const MCYCLE: u16 = 0xb00;
    pub const MINSTRET: u16 = 0xb02;
    pub const MCYCLEH: u16 = 0xb80;
    pub const MINSTRETH: u16 = 0xb82;
    pub const MVENDORID: u16 = 0xf11;
    pub const MARCHID: u16 = 0xf12;
    pub const MIMPID: u16 = 0xf13;
    pub const MHARTID: u16 = 0xf14;
    pub const MCONFIGPTR: u16 = 0xf15;
}

/// The machine-mode registers.
#[derive(Clone, Debug)]
pub(crate) struct Csrs {
    pub mstatus: u32,
    pub mie: u32,
    pub mtvec: u32,
    pub mscratch: u32,
    pub mepc: u32,
    pub mcause: u32,
    pub mtval: u32,
    mcountinhibit: u32,
    /// `mcycle` minus the time when it counts, `mcycle` when it does not.
    mcycle_base: u64,
    pub minstret: u64,
    /// What a retiring instruction adds to `minstret`: 0 when inhibited, else 1.
    pub minstret_step: u64,
}

impl Csrs {
    pub fn new() -> Self {
        Self {
            mstatus: MPP,
            mie: 0,
            mtvec: 0,
            mscratch: 0,
            mepc: 0,
            mcause: 0,
            mtval: 0,
            mcountinhibit: 0,
            mcycle_base: 0,
            minstret: 0,
            minstret_step: 1,
        }
    }

    /// `mcycle` at time `now` (cycles since reset).
    pub fn mcycle(&self, now: u64) -> u64 {
        if self.mcountinhibit & 1 == 0 {
            self.mcycle_base.wrapping_add(now)
        } else {
            self.mcycle_base
        }
    }

    /// Makes `mcycle` read `value` at time `now`.
    fn set_mcycle(&mut self, value: u64, now: u64) {
        self.mcycle_base =
            if self.mcountinhibit & 1 == 0 { value.wrapping_sub(now) } else { value };
    }

    /// Reads a register; `None` when the number does not exist. `lines` are the interrupt lines,
    /// `now` the cycles since reset.
    pub fn read(&self, csr: u16, lines: u32, now: u64) -> Option<u32> {
        use number::*;
        Some(match csr {
            MSTATUS => self.mstatus,
            MISA => self::MISA,
            MIE => self.mie,
            MTVEC => self.mtvec,
            MCOUNTINHIBIT => self.mcountinhibit,
            MSCRATCH => self.mscratch,
            MEPC => self.mepc,
            MCAUSE => self.mcause,
            MTVAL => self.mtval,
            MIP => lines & INTERRUPTS,
            MCYCLE => self.mcycle(now) as u32,
            MCYCLEH => (self.mcycle(now) >> 32) as u32,
            MINSTRET => self.minstret as u32,
            MINSTRETH => (self.minstret >> 32) as u32,
            MSTATUSH | MVENDORID | MARCHID | MIMPID | MHARTID | MCONFIGPTR => 0,
            _ => return None,
        })
    }

    /// Writes a register that exists and is not read-only, and returns the value that it then has
    /// (its fields are WARL). `old` is the value read by the same instruction.
    pub fn write(&mut self, csr: u16, value: u32, old: u32, now: u64) -> u32 {
        use number::*;
        match csr {
            MSTATUS => self.mstatus = MPP | value & (self::MIE | MPIE),
            MIE => self.mie = value & INTERRUPTS,
            MTVEC => self.mtvec = if value & 2 == 0 { value } else { value & !3 },
            MSCRATCH => self.mscratch = value,
            MEPC => self.mepc = value & !3,
            MCAUSE => self.mcause = value,
            MTVAL => self.mtval = value,
            MCOUNTINHIBIT => self.write_mcountinhibit(value, now),
            MCYCLE | MCYCLEH => self.write_mcycle(csr, value, now),
            MINSTRET | MINSTRETH => self.write_minstret(csr, value),
            _ => return old, // misa, mip, mstatush: writes are ignored
        }
        match csr {
            MCYCLE | MCYCLEH | MINSTRET | MINSTRETH => value,
            _ => self.read(csr, 0, now).unwrap_or(old),
        }
    }

    /// The explicit write replaces the count of the writing instruction (unprivileged manual 6.1),
    /// so that the next instruction, one unit of time later, reads what was written.
    fn write_mcycle(&mut self, csr: u16, value: u32, now: u64) {
        let written = replace_half(self.mcycle(now), csr == number::MCYCLEH, value);
        let next = if self.mcountinhibit & 1 == 0 { now.wrapping_add(1) } else { now };
        self.set_mcycle(written, next);
    }

    /// As for `mcycle`. The step that the writing instruction will make is taken off in advance. A
    /// write of either half replaces the count of the whole 64-bit register.
    fn write_minstret(&mut self, csr: u16, value: u32) {
        let written = replace_half(self.minstret, csr == number::MINSTRETH, value);
        self.minstret = written.wrapping_sub(self.minstret_step);
    }

    /// The writing instruction itself is counted by the old setting.
    fn write_mcountinhibit(&mut self, value: u32, now: u64) {
        let mcycle = self.mcycle(now);
        let (was_counting, old_step) = (self.mcountinhibit & 1 == 0, self.minstret_step);
        self.mcountinhibit = value & 0b101;
        let counts = self.mcountinhibit & 1 == 0;
        let mcycle = match (was_counting, counts) {
            (true, false) => mcycle.wrapping_add(1),
            (false, true) => mcycle.wrapping_sub(1),
            _ => mcycle,
        };
        self.set_mcycle(mcycle, now);
        self.minstret_step = u64::from(self.mcountinhibit & 4 == 0);
        self.minstret = self.minstret.wrapping_add(old_step).wrapping_sub(self.minstret_step);
    }
}

/// Whether the number is in the read-only quarter (privileged manual 2.1).
pub(crate) fn is_read_only(csr: u16) -> bool {
    csr >> 10 & 3 == 3
}

/// Whether the value read is a matter of timing and so comes from the RTL in lockstep.
pub(crate) fn is_time(csr: u16) -> bool {
    matches!(csr, number::MCYCLE | number::MCYCLEH)
}

fn replace_half(old: u64, high: bool, value: u32) -> u64 {
    if high {
        old & 0xffff_ffff | u64::from(value) << 32
    } else {
        old & !0xffff_ffff | u64::from(value)
    }
}

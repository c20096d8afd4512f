//! Control and status registers (privileged manual chapters 2 and 3.1, choices of `docs/core.md`).

use crate::counters::{Counters, Half};
use crate::isa::Isa;
use crate::mode::Mode;
use crate::pmp::Pmp;
use crate::trap::{MEI, MSI, MTI};

/// `mstatus.MIE`.
pub(crate) const MIE: u32 = 1 << 3;
/// `mstatus.MPIE`.
pub(crate) const MPIE: u32 = 1 << 7;
/// `mstatus.MPP`.
pub(crate) const MPP: u32 = 3 << MPP_SHIFT;
/// Position of `mstatus.MPP`.
pub(crate) const MPP_SHIFT: u32 = 11;
/// `mstatus.MPRV`.
pub(crate) const MPRV: u32 = 1 << 17;
/// `mstatus.TW`.
pub(crate) const TW: u32 = 1 << 21;
/// The implemented bits of `mie` and `mip`.
pub(crate) const INTERRUPTS: u32 = 1 << MSI | 1 << MTI | 1 << MEI;
/// The counters of Zicntr in `mcounteren`: `cycle`, `time`, `instret`.
const ZICNTR: u32 = 0b111;

/// CSR numbers.
pub(crate) mod number {
    pub const MSTATUS: u16 = 0x300;
    pub const MISA: u16 = 0x301;
    pub const MIE: u16 = 0x304;
    pub const MTVEC: u16 = 0x305;
    pub const MCOUNTEREN: u16 = 0x306;
    pub const MENVCFG: u16 = 0x30a;
    pub const MSTATUSH: u16 = 0x310;
    pub const MENVCFGH: u16 = 0x31a;
    pub const MCOUNTINHIBIT: u16 = 0x320;
    pub const MHPMEVENT3: u16 = 0x323;
    pub const MHPMEVENT31: u16 = 0x33f;
    pub const MSCRATCH: u16 = 0x340;
    pub const MEPC: u16 = 0x341;
    pub const MCAUSE: u16 = 0x342;
    pub const MTVAL: u16 = 0x343;
    pub const MIP: u16 = 0x344;
    pub const PMPCFG0: u16 = 0x3a0;
    pub const PMPCFG3: u16 = 0x3a3;
    pub const PMPADDR0: u16 = 0x3b0;
    pub const PMPADDR15: u16 = 0x3bf;
    pub const MCYCLE: u16 = 0xb00;
    pub const MHPMCOUNTER31: u16 = 0xb1f;
    pub const MCYCLEH: u16 = 0xb80;
    pub const MHPMCOUNTER31H: u16 = 0xb9f;
    pub const CYCLE: u16 = 0xc00;
    pub const HPMCOUNTER31: u16 = 0xc1f;
    pub const CYCLEH: u16 = 0xc80;
    pub const HPMCOUNTER31H: u16 = 0xc9f;
    pub const MVENDORID: u16 = 0xf11;
    pub const MCONFIGPTR: u16 = 0xf15;
}

/// What reads of CSRs need from outside the hart.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings {
    /// The interrupt lines, in `mip`'s positions.
    pub lines: u32,
    /// Cycles since reset.
    pub now: u64,
    /// The CLINT's `mtime`.
    pub mtime: u64,
}

/// A 64-bit counter behind four CSR numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counter {
    Cycle,
    Time,
    Instret,
    Event(usize),
}

/// The counter and the half of it that a number stands for, and whether the number is its read-only
/// name of the unprivileged architecture. `time` has no other name.
fn counter(csr: u16) -> Option<(Counter, Half, bool)> {
    use number::*;
    let (half, user) = match csr {
        MCYCLE..=MHPMCOUNTER31 => (Half::Low, false),
        MCYCLEH..=MHPMCOUNTER31H => (Half::High, false),
        CYCLE..=HPMCOUNTER31 => (Half::Low, true),
        CYCLEH..=HPMCOUNTER31H => (Half::High, true),
        _ => return None,
    };
    let counter = match csr & 31 {
        0 => Counter::Cycle,
        1 if user => Counter::Time,
        1 => return None,
        2 => Counter::Instret,
        index => Counter::Event(usize::from(index)),
    };
    Some((counter, half, user))
}

/// The registers.
#[derive(Clone, Debug)]
pub(crate) struct Csrs {
    isa: Isa,
    pub mstatus: u32,
    pub mie: u32,
    pub mtvec: u32,
    mscratch: u32,
    pub mepc: u32,
    pub mcause: u32,
    pub mtval: u32,
    mcounteren: u32,
    pub counters: Counters,
    pub pmp: Pmp,
}

impl Csrs {
    pub fn new(isa: &Isa) -> Self {
        Self {
            isa: *isa,
            mstatus: if isa.user_mode { 0 } else { MPP },
            mie: 0,
            mtvec: 0,
            mscratch: 0,
            mepc: 0,
            mcause: 0,
            mtval: 0,
            mcounteren: 0,
            counters: Counters::new(isa.hpm_counters),
            pmp: Pmp::new(isa.pmp_regions),
        }
    }

    /// Reads a register in a mode; `None` when the number does not exist or is out of its reach.
    pub fn read(&self, csr: u16, mode: Mode, outside: Surroundings) -> Option<u32> {
        use number::*;
        if u32::from(csr >> 8 & 3) > mode as u32 {
            return None;
        }
        if let Some((counter, half, user)) = counter(csr) {
            return self.read_counter(counter, half, user, mode, outside);
        }
        Some(match csr {
            MSTATUS => self.mstatus,
            MISA => self.misa(),
            MIE => self.mie,
            MTVEC => self.mtvec,
            MCOUNTEREN if self.isa.user_mode => self.mcounteren,
            MENVCFG | MENVCFGH if self.isa.user_mode => 0,
            MCOUNTINHIBIT => self.counters.inhibit(),
            MHPMEVENT3..=MHPMEVENT31 => self.counters.event(usize::from(csr & 31)),
            MSCRATCH => self.mscratch,
            MEPC => self.mepc,
            MCAUSE => self.mcause,
            MTVAL => self.mtval,
            MIP => outside.lines & INTERRUPTS,
            PMPCFG0..=PMPCFG3 if self.pmp.exists() => self.pmp.config(usize::from(csr & 3)),
            PMPADDR0..=PMPADDR15 if self.pmp.exists() => self.pmp.address(usize::from(csr & 15)),
            MSTATUSH | MVENDORID..=MCONFIGPTR => 0,
            _ => return None,
        })
    }

    fn read_counter(
        &self,
        counter: Counter,
        half: Half,
        user: bool,
        mode: Mode,
        outside: Surroundings,
    ) -> Option<u32> {
        let (bit, exists) = match counter {
            Counter::Cycle => (0, self.isa.zicntr),
            Counter::Time => (1, self.isa.zicntr),
            Counter::Instret => (2, self.isa.zicntr),
            Counter::Event(number) => (number, self.isa.hpm_counters > 0),
        };
        let enabled = mode == Mode::Machine || self.mcounteren >> bit & 1 == 1;
        if user && !(exists && enabled) {
            return None;
        }
        Some(half.of(match counter {
            Counter::Cycle => self.counters.cycle(outside.now),
            Counter::Time => outside.mtime,
            Counter::Instret => self.counters.instret,
            Counter::Event(number) => self.counters.event_counter(number),
        }))
    }

    /// MXL = 1 and a letter for each extension.
    fn misa(&self) -> u32 {
        let isa = &self.isa;
        let letters = [
            ('A', isa.a),
            ('B', isa.zba && isa.zbb && isa.zbs),
            ('C', isa.c),
            ('I', true),
            ('M', isa.m),
            ('U', isa.user_mode),
        ];
        let bit = |letter: char| 1 << (letter as u32 - 'A' as u32);
        letters.iter().filter(|(_, on)| *on).fold(1 << 30, |misa, (letter, _)| misa | bit(*letter))
    }

    /// Writes a register that exists and is not read-only, and returns the value that it then has
    /// (its fields are WARL). `old` is the value read by the same instruction.
    pub fn write(&mut self, csr: u16, value: u32, old: u32, outside: Surroundings) -> u32 {
        use number::*;
        if let Some((counter, half, _)) = counter(csr) {
            return self.write_counter(counter, half, value, outside.now);
        }
        match csr {
            MSTATUS => self.write_mstatus(value),
            MIE => self.mie = value & INTERRUPTS,
            MTVEC => self.mtvec = if value & 2 == 0 { value } else { value & !3 },
            MCOUNTEREN => self.mcounteren = value & self.counter_enables(),
            MCOUNTINHIBIT => self.counters.write_inhibit(value, outside.now),
            MHPMEVENT3..=MHPMEVENT31 => self.counters.write_event(usize::from(csr & 31), value),
            MSCRATCH => self.mscratch = value,
            MEPC => self.mepc = value & self.pc_mask(),
            MCAUSE => self.mcause = value,
            MTVAL => self.mtval = value,
            PMPCFG0..=PMPCFG3 => self.pmp.write_config(usize::from(csr & 3), value),
            PMPADDR0..=PMPADDR15 => self.pmp.write_address(usize::from(csr & 15), value),
            _ => return old, // misa, mip, mstatush, menvcfg(h): writes are ignored
        }
        self.read(csr, Mode::Machine, outside).unwrap_or(old)
    }

    fn write_mstatus(&mut self, value: u32) {
        let user_mode = self.isa.user_mode;
        let stored = MIE | MPIE | if user_mode { MPRV | TW } else { 0 };
        let mpp = if !user_mode || value & MPP == MPP { MPP } else { 0 };
        self.mstatus = value & stored | mpp;
    }

    fn write_counter(&mut self, counter: Counter, half: Half, value: u32, now: u64) -> u32 {
        match counter {
            Counter::Cycle => self.counters.write_cycle(half, value, now),
            Counter::Instret => self.counters.write_instret(half, value),
            Counter::Event(n) => return self.counters.write_event_counter(n, half, value),
            Counter::Time => {}
        }
        value
    }

    /// The bits of `mcounteren` that exist.
    fn counter_enables(&self) -> u32 {
        self.counters.event_counter_bits() | if self.isa.zicntr { ZICNTR } else { 0 }
    }

    /// The bits of an instruction's address that exist (IALIGN is 16 with C, else 32).
    pub fn pc_mask(&self) -> u32 {
        if self.isa.c { !1 } else { !3 }
    }

    /// Whether the value read is a matter of timing and so comes from the RTL in lockstep.
    pub fn is_of_time(&self, csr: u16) -> bool {
        match counter(csr) {
            Some((Counter::Cycle | Counter::Time, ..)) => true,
            Some((Counter::Event(number), half, _)) => self.counters.is_of_time(number, half),
            _ => false,
        }
    }

    /// MPP as a mode.
    pub fn previous_mode(&self) -> Mode {
        Mode::from_bits(self.mstatus >> MPP_SHIFT)
    }
}

/// Whether the number is in the read-only quarter (privileged manual 2.1).
pub(crate) fn is_read_only(csr: u16) -> bool {
    csr >> 10 & 3 == 3
}

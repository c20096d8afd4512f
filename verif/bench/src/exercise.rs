//! What programs have exercised: trap causes and CSR bits, counted from retire records.
//!
//! Cheap enough to be always on. [`Exercise::missed`] compares it with what the hart has.

use std::collections::BTreeMap;

use systole_golden::{Isa, Retire};
use systole_isa::Csr;

const INTERRUPT: u32 = 1 << 31;
const ILLEGAL: u32 = 2;
const SYSTEM: u32 = 0x73;
const MACHINE: u8 = 3;
const USER: u8 = 0;

/// A reason of a trap: `mcause`, and the mode it came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cause {
    /// `mcause`.
    pub cause: u32,
    /// 3 for M, 0 for U.
    pub mode: u8,
}

impl Cause {
    /// Name in reports, such as `illegal_instruction/U`.
    pub fn name(self) -> String {
        let name = match self.cause {
            0 => "misaligned_fetch",
            1 => "fetch_access_fault",
            2 => "illegal_instruction",
            3 => "breakpoint",
            4 => "misaligned_load",
            5 => "load_access_fault",
            6 => "misaligned_store",
            7 => "store_access_fault",
            8 => "ecall_from_user",
            11 => "ecall_from_machine",
            0x8000_0003 => "software_interrupt",
            0x8000_0007 => "timer_interrupt",
            0x8000_000b => "external_interrupt",
            _ => "unknown",
        };
        format!("{name}/{}", if self.mode == USER { "U" } else { "M" })
    }
}

/// How a CSR number was used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Use {
    /// Values that reached a register.
    pub reads: u64,
    /// Writes, those that the register ignores included.
    pub writes: u64,
    /// Accesses that were illegal instructions.
    pub refused: u64,
    /// Bits that were 1 when read or after a write.
    pub ones: u32,
    /// Bits that were 0 when read or after a write.
    pub zeros: u32,
}

impl Use {
    /// Bits that had both values.
    pub fn toggled(&self) -> u32 {
        self.ones & self.zeros
    }

    fn saw(&mut self, value: u32) {
        self.ones |= value;
        self.zeros |= !value;
    }
}

/// Counts over any number of runs.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Exercise {
    /// Traps taken.
    pub causes: BTreeMap<Cause, u64>,
    /// Accesses to each CSR number.
    pub csrs: BTreeMap<u16, Use>,
}

impl Exercise {
    /// Counts one retirement.
    #[inline]
    pub fn record(&mut self, retire: &Retire) {
        if retire.trap | retire.intr {
            self.trap(retire);
        }
        if retire.insn & 0x7f == SYSTEM && retire.insn >> 12 & 3 != 0 {
            self.csr(retire);
        }
    }

    fn trap(&mut self, retire: &Retire) {
        let mode = match retire.cause & INTERRUPT {
            0 => retire.mode,
            // The record is that of the handler's first instruction; MPP has the mode before it.
            _ => (retire.mstatus >> 11 & 3) as u8,
        };
        *self.causes.entry(Cause { cause: retire.cause, mode }).or_default() += 1;
    }

    fn csr(&mut self, retire: &Retire) {
        let number = (retire.insn >> 20) as u16;
        let entry = self.csrs.entry(number).or_default();
        if retire.trap {
            entry.refused += u64::from(retire.cause == ILLEGAL);
            return;
        }
        if retire.rd_addr != 0 {
            entry.reads += 1;
            entry.saw(retire.rd_wdata);
        }
        if let Some((_, value)) = retire.csr {
            entry.writes += 1;
            entry.saw(value);
        }
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (&cause, count) in &other.causes {
            *self.causes.entry(cause).or_default() += count;
        }
        for (&number, other) in &other.csrs {
            let entry = self.csrs.entry(number).or_default();
            entry.reads += other.reads;
            entry.writes += other.writes;
            entry.refused += other.refused;
            entry.ones |= other.ones;
            entry.zeros |= other.zeros;
        }
    }

    /// What a hart with `isa` has and was not exercised: causes that never came, CSRs that were never
    /// read, bits of fields that never had one of their values. One line each.
    pub fn missed(&self, isa: &Isa) -> Vec<String> {
        let mut missed = Vec::new();
        for cause in causes(isa).into_iter().filter(|cause| !self.causes.contains_key(cause)) {
            missed.push(format!("no trap with cause {}", cause.name()));
        }
        for (csr, mask) in fields(isa) {
            let usage = self.csrs.get(&csr.0).copied().unwrap_or_default();
            if usage.reads == 0 {
                missed.push(format!("{csr} was not read"));
            }
            let stuck = mask & !usage.toggled();
            if stuck != 0 {
                missed.push(format!("bits {stuck:#x} of {csr} did not have both values"));
            }
        }
        missed
    }
}

/// Every trap that a hart with `isa` can take.
pub fn causes(isa: &Isa) -> Vec<Cause> {
    let modes: &[u8] = if isa.user_mode { &[MACHINE, USER] } else { &[MACHINE] };
    let exceptions = u32::from(isa.c)..8;
    let interrupts = [3, 7, 11].map(|line| INTERRUPT | line);
    let in_every_mode = exceptions.chain(interrupts);
    let mut all: Vec<Cause> = in_every_mode
        .flat_map(|cause| modes.iter().map(move |&mode| Cause { cause, mode }))
        .collect();
    all.push(Cause { cause: 11, mode: MACHINE });
    if isa.user_mode {
        all.push(Cause { cause: 8, mode: USER });
    }
    all
}

/// Every CSR of a hart with `isa`, with the bits that can have both values (`docs/core.md`).
pub fn fields(isa: &Isa) -> Vec<(Csr, u32)> {
    const LINES: u32 = 1 << 3 | 1 << 7 | 1 << 11;
    let event_counters = (((1u64 << isa.hpm_counters) - 1) << 3) as u32;
    let own = |condition: bool, mask: u32| if condition { mask } else { 0 };
    let user = isa.user_mode;
    let mut all = vec![
        (Csr::MSTATUS, 1 << 3 | 1 << 7 | own(user, 3 << 11 | 1 << 17 | 1 << 21)),
        (Csr::MSTATUSH, 0),
        (Csr::MISA, 0),
        (Csr::MIE, LINES),
        (Csr::MIP, LINES),
        (Csr::MTVEC, !2),
        (Csr::MCOUNTINHIBIT, 1 | 1 << 2 | event_counters),
        (Csr::MSCRATCH, !0),
        (Csr::MEPC, if isa.c { !1 } else { !3 }),
        (Csr::MCAUSE, !0),
        (Csr::MTVAL, !0),
        (Csr::MCYCLE, !0),
        (Csr::MCYCLEH, !0),
        (Csr::MINSTRET, !0),
        (Csr::MINSTRETH, !0),
    ];
    let zero = [Csr::MVENDORID, Csr::MARCHID, Csr::MIMPID, Csr::MHARTID, Csr::MCONFIGPTR];
    all.extend(zero.map(|csr| (csr, 0)));
    if user {
        let counters = own(isa.zicntr, 7) | event_counters;
        all.extend([(Csr::MCOUNTEREN, counters), (Csr::MENVCFG, 0), (Csr::MENVCFGH, 0)]);
    }
    if isa.zicntr {
        all.extend([Csr::CYCLE, Csr::INSTRET, Csr::CYCLEH, Csr::INSTRETH].map(|csr| (csr, 0)));
        all.extend([Csr::TIME, Csr::TIMEH].map(|csr| (csr, 0)));
    }
    for counter in 3..32u16 {
        let counts = u32::from(counter) < 3 + isa.hpm_counters;
        all.push((Csr::mhpmevent(counter), own(counts, 0x1f)));
        for upper in [false, true] {
            all.push((Csr::mhpmcounter(counter, upper), own(counts, !0)));
            if isa.hpm_counters > 0 {
                all.push((Csr::hpmcounter(counter, upper), 0));
            }
        }
    }
    if isa.pmp_regions > 0 {
        let there = |entry: u16| u32::from(entry) < isa.pmp_regions;
        for register in 0..4 {
            let bytes = (0..4).map(|byte| own(there(4 * register + byte), 0x9f << (8 * byte)));
            all.push((Csr::pmpcfg(register), bytes.sum()));
        }
        all.extend((0..16).map(|entry| (Csr::pmpaddr(entry), own(there(entry), !0))));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_counts_what_the_register_holds_then() {
        let mut exercise = Exercise::default();
        // csrrw a0, mepc, a1
        let retire = Retire {
            insn: 0x3415_9573,
            mode: 3,
            rd_addr: 10,
            rd_wdata: 0,
            csr: Some((0x341, 0xffff_fffe)),
            ..Retire::default()
        };
        exercise.record(&retire);
        let usage = exercise.csrs[&0x341];
        assert_eq!((usage.reads, usage.writes, usage.refused), (1, 1, 0));
        assert_eq!(usage.toggled(), 0xffff_fffe);
    }

    #[test]
    fn what_was_not_met_is_named() {
        let isa = Isa::full();
        let missed = Exercise::default().missed(&isa);
        assert!(missed.contains(&"no trap with cause ecall_from_user/U".to_owned()));
        assert!(missed.contains(&"mhpmcounter31h was not read".to_owned()));
        assert!(
            missed.contains(&"bits 0x8 of mcountinhibit did not have both values".to_owned())
                || missed
                    .contains(&"bits 0x7d of mcountinhibit did not have both values".to_owned())
        );
    }
}

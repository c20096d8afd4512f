//! CSR accesses.

use proptest::prelude::*;
use proptest::sample::select;
use systole_golden::Isa;
use systole_isa::{Csr, CsrOp, CsrSource, Instruction, Register};

use super::instructions::{register, value};
use super::modes::together;
use crate::program::Block;

/// `mstatus.MPRV`, which [`Block::Access`] sets for its accesses only.
const MPRV: u32 = 1 << 17;
/// `mstatus.TW`.
const TW: u32 = 1 << 21;
/// L of every byte of `pmpcfg`.
const LOCKS: u32 = 0x8080_8080;

/// Whether some values of the register derail a program: where traps lead to, with which privilege
/// loads and stores are made, what is locked for good.
fn is_delicate(isa: &Isa, csr: Csr) -> bool {
    let status = csr == Csr::MSTATUS && isa.user_mode;
    let protection = isa.pmp_regions > 0 && (0..4).any(|n| csr == Csr::pmpcfg(n));
    csr == Csr::MTVEC || status || protection
}

/// Registers that programs write most.
fn favourites(isa: &Isa) -> Vec<Csr> {
    let mut all = vec![
        Csr::MSCRATCH,
        Csr::MEPC,
        Csr::MCAUSE,
        Csr::MTVAL,
        Csr::MIE,
        Csr::MSTATUS,
        Csr::MINSTRET,
        Csr::MINSTRETH,
        Csr::MCYCLE,
        Csr::MCYCLEH,
        Csr::MCOUNTINHIBIT,
        Csr::MCOUNTEREN,
    ];
    for counter in 3..3 + isa.hpm_counters.min(29) as u16 {
        all.push(Csr::mhpmevent(counter));
        all.extend([false, true].map(|upper| Csr::mhpmcounter(counter, upper)));
    }
    all.extend((0..isa.pmp_regions as u16).map(Csr::pmpaddr));
    all.retain(|&csr| !is_delicate(isa, csr));
    all
}

/// CSR instructions with any register's contents: all CSRs, read-only ones and numbers that do not
/// exist.
pub(super) fn csr(isa: Isa) -> impl Strategy<Value = Instruction> {
    let source = prop_oneof![
        register().prop_map(CsrSource::Register),
        (0..32u8).prop_map(CsrSource::Immediate),
    ];
    let writable: Vec<Csr> =
        Csr::named().into_iter().filter(|&csr| !is_delicate(&isa, csr)).collect();
    let any_number = (0..4096u16).prop_map(Csr);
    let number = prop_oneof![
        6 => select(favourites(&isa)),
        2 => select(writable),
        1 => any_number,
        1 => neighbour(),
    ];
    let write =
        (select(CsrOp::ALL), register(), number, source).prop_map(move |(op, rd, csr, source)| {
            // An immediate reaches only harmless bits of mstatus, and no lock of PMP.
            let immediate = matches!(source, CsrSource::Immediate(_));
            let harmless = csr != Csr::MTVEC && immediate;
            if is_delicate(&isa, csr) && !harmless {
                return read(rd, csr);
            }
            Instruction::Csr { op, rd, csr, source }
        });
    let mut delicate = vec![Csr::MSTATUS];
    delicate.extend((0..4).map(Csr::pmpcfg).filter(|_| isa.pmp_regions > 0));
    let immediate = (select(CsrOp::ALL), register(), select(delicate), 0..32u8).prop_map(
        |(op, rd, csr, bits)| Instruction::Csr { op, rd, csr, source: CsrSource::Immediate(bits) },
    );
    let all = (select(Csr::named()), register()).prop_map(|(csr, rd)| read(rd, csr));
    // Event counters and what belongs to them are most of the numbers.
    let others: Vec<Csr> = Csr::named().into_iter().filter(|csr| !is_event(*csr)).collect();
    let others = (select(others), register()).prop_map(|(csr, rd)| read(rd, csr));
    let pending = register().prop_map(|rd| read(rd, Csr::MIP));
    prop_oneof![12 => write, 1 => immediate, 6 => all, 3 => others, 1 => pending]
}

/// `mhpmevent`, `mhpmcounter` and `hpmcounter`, both halves.
fn is_event(csr: Csr) -> bool {
    let numbers = (3..32).flat_map(|counter| {
        let counters = [false, true].map(|upper| Csr::mhpmcounter(counter, upper));
        let user = [false, true].map(|upper| Csr::hpmcounter(counter, upper));
        [counters, user, [Csr::mhpmevent(counter); 2]].concat()
    });
    numbers.into_iter().any(|known| known == csr)
}

/// Numbers that differ by one bit, or by one, from those of registers.
fn neighbour() -> impl Strategy<Value = Csr> {
    let others: Vec<Csr> = Csr::named().into_iter().filter(|csr| !is_event(*csr)).collect();
    let near = prop_oneof![
        2 => (0..12u16).prop_map(|bit| (1 << bit, 0)),
        1 => Just((0, 1)),
        1 => Just((0, 0xfff)),
    ];
    (select(others), near)
        .prop_map(|(csr, (flipped, added))| Csr((csr.0 ^ flipped).wrapping_add(added) & 0xfff))
}

/// Counters written, started, stopped and read right after it.
pub(super) fn counters(isa: Isa) -> impl Strategy<Value = Vec<Instruction>> {
    let last = 3 + isa.hpm_counters.min(28) as u16;
    let one = (register(), register(), 1..=last, any::<bool>(), 0..32u8, 0..7u8).prop_map(
        |(rd, rs1, counter, upper, number, what)| {
            // The writable register of time, counter 1, is mcycle, counter 0.
            let shown = Csr::mhpmcounter(if counter == 1 { 0 } else { counter }, upper);
            // Of the user's, time stands for cycle half of the time.
            let user = if counter == 1 && number & 1 == 0 { 0 } else { counter };
            let user = Csr::hpmcounter(user, upper);
            let immediate = |op, csr, value| Instruction::Csr {
                op,
                rd,
                csr,
                source: CsrSource::Immediate(value),
            };
            let register =
                |op, csr| Instruction::Csr { op, rd, csr, source: CsrSource::Register(rs1) };
            match what {
                // Twice as often: every bit of many counters is to be seen with both values.
                0 | 6 => register(CsrOp::Write, shown),
                1 if counter > 2 => immediate(CsrOp::Write, Csr::mhpmevent(counter), number),
                1 | 2 => immediate(CsrOp::ALL[usize::from(number) % 3], Csr::MCOUNTINHIBIT, number),
                3 => immediate(CsrOp::Write, Csr::MCOUNTEREN, number),
                4 => reads(rd, user, number),
                _ => read(rd, shown),
            }
        },
    );
    let any = proptest::collection::vec(one, 1..6);
    prop_oneof![3 => any, 1 => stopped()]
}

/// One or both of `mcycle` and `minstret` stopped and read again.
fn stopped() -> impl Strategy<Value = Vec<Instruction>> {
    let csrs = [Csr::MCYCLE, Csr::MINSTRET, Csr::MCYCLEH, Csr::MINSTRETH];
    let get = (register(), select(csrs.to_vec())).prop_map(|(rd, csr)| read(rd, csr));
    let reads = proptest::collection::vec(get, 2..5);
    (register(), 0..8u8, reads).prop_map(|(rd, bits, mut code)| {
        let (op, csr, source) = (CsrOp::Write, Csr::MCOUNTINHIBIT, CsrSource::Immediate(bits));
        code.insert(0, Instruction::Csr { op, rd, csr, source });
        code
    })
}

/// Blocks with an event counter set up before and read behind.
pub(super) fn counted(isa: Isa, bodies: BoxedStrategy<Vec<Block>>) -> impl Strategy<Value = Block> {
    let counter = 3..3 + isa.hpm_counters.clamp(1, 29) as u16;
    (counter, 1..10u8, register(), bodies).prop_map(|(counter, event, rd, mut body)| {
        let set = Instruction::Csr {
            op: CsrOp::Write,
            rd: Register::ZERO,
            csr: Csr::mhpmevent(counter),
            source: CsrSource::Immediate(event),
        };
        let get = read(rd, Csr::mhpmcounter(counter, false));
        body.insert(0, Block::Straight(vec![set, get]));
        body.push(Block::Straight(vec![get]));
        together(body)
    })
}

/// Writes of delicate registers with values that do no harm.
pub(super) fn delicate_write(isa: Isa) -> impl Strategy<Value = Block> {
    let bits = prop_oneof![3 => value().prop_map(|value| value & !MPRV), 1 => Just(TW)];
    let status = (Just(Csr::MSTATUS), bits);
    let protection = ((0..4u16).prop_map(Csr::pmpcfg), any::<u32>().prop_map(|v| v & !LOCKS));
    let target = prop_oneof![3 => status, u32::from(isa.pmp_regions > 0) => protection];
    (select(CsrOp::ALL), register(), target, register())
        .prop_map(|(op, rd, (csr, value), scratch)| Block::CsrWrite { op, rd, csr, value, scratch })
}

/// Writes of any value: what the hart's registers hold is mostly small or an address.
pub(super) fn chosen_write(isa: Isa) -> impl Strategy<Value = Block> {
    let csr = prop_oneof![2 => select(favourites(&isa)), 1 => Just(Csr::MCAUSE)];
    (select(CsrOp::ALL), register(), csr, any::<u32>(), register())
        .prop_map(|(op, rd, csr, value, scratch)| Block::CsrWrite { op, rd, csr, value, scratch })
}

/// Reads of counters in U mode, which may read some of them.
pub(super) fn user_reads(isa: Isa) -> impl Strategy<Value = Block> {
    let last = if isa.hpm_counters > 0 { 2 + isa.hpm_counters.min(29) as u16 } else { 2 };
    let one = (register(), 0..=last, any::<bool>(), 0..8u8)
        .prop_map(|(rd, counter, upper, form)| reads(rd, Csr::hpmcounter(counter, upper), form));
    let reads = proptest::collection::vec(one, 1..5);
    (register(), 0..32u8, register(), reads).prop_map(|(rd, bits, scratch, reads)| {
        let (op, csr, source) = (CsrOp::Write, Csr::MCOUNTEREN, CsrSource::Immediate(bits));
        let allow = Block::Straight(vec![Instruction::Csr { op, rd, csr, source }]);
        let body = vec![Block::Straight(reads)];
        let user = Block::User { scratch, leave: 0, probe: false, direct: false, body };
        together(vec![allow, user])
    })
}

/// A read in one of the four forms that set or clear nothing.
fn reads(rd: Register, csr: Csr, form: u8) -> Instruction {
    let op = if form & 2 == 0 { CsrOp::Set } else { CsrOp::Clear };
    let source = match form & 4 {
        0 => CsrSource::Register(Register::ZERO),
        _ => CsrSource::Immediate(0),
    };
    Instruction::Csr { op, rd, csr, source }
}

fn read(rd: Register, csr: Csr) -> Instruction {
    Instruction::Csr { op: CsrOp::Set, rd, csr, source: CsrSource::Register(Register::ZERO) }
}

//! PMP against byte ranges.

use super::asm::{self, csrrw, lw, sw};
use super::{RAM_BASE, full, nth};
use crate::Isa;
use crate::mode::Mode;
use crate::pmp::{Need, Pmp};
use proptest::prelude::*;

const R: u8 = 1;
const W: u8 = 2;
const X: u8 = 4;
const TOR: u8 = 0x08;
const NA4: u8 = 0x10;
const NAPOT: u8 = 0x18;
const LOCK: u8 = 0x80;

/// Entries from the first on: configuration byte and address register.
fn pmp(regions: u32, entries: &[(u8, u32)]) -> Pmp {
    let mut pmp = Pmp::new(regions);
    for (entry, &(_, address)) in entries.iter().enumerate() {
        pmp.write_address(entry, address);
    }
    for (entry, &(config, _)) in entries.iter().enumerate() {
        let register = entry / 4;
        let mut bytes = pmp.config(register).to_le_bytes();
        bytes[entry % 4] = config;
        pmp.write_config(register, u32::from_le_bytes(bytes));
    }
    pmp
}

/// The bytes that an entry covers, of the 34-bit address space.
fn range(entries: &[(u8, u32)], entry: usize) -> std::ops::Range<u128> {
    let (config, address) = entries[entry];
    let start = u128::from(address) * 4;
    match config & 0x18 {
        TOR => {
            let from = if entry == 0 { 0 } else { u128::from(entries[entry - 1].1) * 4 };
            from..start
        }
        NA4 => start..start + 4,
        NAPOT => {
            let size = 8u128 << address.trailing_ones();
            let base = start / size * size;
            base..base + size
        }
        _ => 0..0,
    }
}

fn expected(entries: &[(u8, u32)], address: u32, need: Need, mode: Mode) -> bool {
    let byte = u128::from(address);
    match (0..entries.len()).find(|&entry| range(entries, entry).contains(&byte)) {
        Some(entry) => {
            let config = entries[entry].0;
            let permission = match need {
                Need::Read => R,
                Need::Write => W,
                Need::Execute => X,
            };
            config & permission != 0 || mode == Mode::Machine && config & LOCK == 0
        }
        None => mode == Mode::Machine,
    }
}

/// Addresses near each other, near the ends, and with many trailing ones.
fn pmp_address() -> impl Strategy<Value = u32> {
    prop_oneof![
        (0u32..64).prop_map(|n| 0x2000_0000 + n),
        (0u32..8, 0u32..32).prop_map(|(n, ones)| (0x2000_0000 + n) | ((1u64 << ones) - 1) as u32),
        any::<u32>(),
        Just(0),
        Just(u32::MAX),
    ]
}

fn config() -> impl Strategy<Value = u8> {
    let valid = |config: &u8| config & 0x60 == 0 && config & 3 != W;
    any::<u8>().prop_map(|byte| byte & 0x9f).prop_filter("reserved", valid)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn the_lowest_matching_entry_decides(
        entries in proptest::collection::vec((config(), pmp_address()), 1..=16),
        near in prop_oneof![(0u32..256).prop_map(|n| 0x8000_0000 + n), any::<u32>(), Just(0), Just(u32::MAX)],
    ) {
        let pmp = pmp(16, &entries);
        for mode in [Mode::User, Mode::Machine] {
            for need in [Need::Read, Need::Write, Need::Execute] {
                let want = expected(&entries, near & !3, need, mode);
                prop_assert_eq!(pmp.allows(near, need, mode), want, "{:?} {:?}", need, mode);
                prop_assert!(want || pmp.restricts(mode));
            }
        }
    }
}

#[test]
fn shapes() {
    let cases: [(u8, u32, u32, u32); 6] = [
        (NA4, 0x2000_0001, 0x8000_0004, 0x8000_0008),
        (NAPOT, 0x2000_0000, 0x8000_0000, 0x8000_0008),
        (NAPOT, 0x2000_0001, 0x8000_0000, 0x8000_0010),
        (NAPOT, 0x2000_01ff, 0x8000_0000, 0x8000_1000),
        (TOR, 0x2000_0400, 0, 0x8000_1000),
        (NAPOT, 0x1fff_ffff, 0, 0),
    ];
    for (shape, address, from, to) in cases {
        let pmp = pmp(1, &[(shape | R, address)]);
        let allows = |address| pmp.allows(address, Need::Read, Mode::User);
        assert!(allows(from) && allows(to.wrapping_sub(4)), "{shape:#x} {address:#x}");
        assert!(from == 0 || !allows(from - 4));
        assert!(to == 0 || !allows(to));
    }
    // Without regions everything is allowed.
    assert!(Pmp::new(0).allows(0, Need::Write, Mode::User));
    assert!(!Pmp::new(0).restricts(Mode::User));
}

#[test]
fn configuration_bytes_are_warl() {
    let mut pmp = Pmp::new(6);
    pmp.write_config(0, 0x6f_62_7f_02);
    // Bits 6:5 are not stored, W without R neither.
    assert_eq!(pmp.config(0), 0x0f_00_1f_00);
    pmp.write_config(1, u32::MAX);
    assert_eq!(pmp.config(1), 0x0000_9f9f);
    pmp.write_address(6, 5);
    assert_eq!((pmp.address(5), pmp.address(6)), (0, 0));
    pmp.write_config(3, u32::MAX);
    assert_eq!(pmp.config(3), 0);
}

#[test]
fn locks() {
    // Entry 1 locked and TOR: its byte, its address and the address of entry 0.
    let mut p = pmp(16, &[(R, 10), (LOCK | TOR | R, 20), (R, 30)]);
    p.write_config(0, 0x0707_0707);
    assert_eq!(p.config(0), 0x0707_8907);
    for entry in 0..4 {
        p.write_address(entry, 99);
    }
    assert_eq!([0, 1, 2, 3].map(|entry| p.address(entry)), [10, 20, 99, 99]);
    // Locked but not TOR: the one below stays free. A locked entry that is off stays off.
    let mut p = pmp(16, &[(R, 10), (LOCK | NAPOT, 20), (LOCK, 30)]);
    p.write_address(0, 99);
    p.write_address(2, 99);
    assert_eq!((p.address(0), p.address(2)), (99, 30));
    assert!(p.restricts(Mode::Machine));
    assert!(!pmp(16, &[(LOCK, 30)]).restricts(Mode::Machine));
    // Entry 4 locked and TOR, in the next register, holds the address of entry 3.
    let mut p = pmp(16, &[(0, 1), (0, 2), (0, 3), (0, 4), (LOCK | TOR, 5)]);
    p.write_address(3, 99);
    assert_eq!(p.address(3), 4);
}

#[test]
fn registers_exist_with_at_least_one_region() {
    for number in (0x3a0..0x3a4).chain(0x3b0..0x3c0u16) {
        assert_eq!(
            super::machine_with(Isa { pmp_regions: 1, ..Isa::full() }, &[]).csr(number),
            Some(0)
        );
        assert_eq!(
            super::machine_with(Isa { pmp_regions: 0, ..Isa::full() }, &[]).csr(number),
            None
        );
    }
    for number in [0x3a4, 0x3af, 0x3c0, 0x3ef] {
        assert_eq!(full(&[]).csr(number), None);
    }
}

/// Sets entries 0 to 3 (addresses in x-register order of the program) and `mstatus`, then `program`.
fn guarded(config: u32, addresses: &[u32], mstatus: u32, program: &[u32]) -> crate::Machine {
    let mut setup = Vec::new();
    for (number, &address) in (0x3b0..).zip(addresses) {
        setup.extend(asm::li(1, address));
        setup.push(csrrw(0, number, 1));
    }
    setup.extend(asm::li(1, config));
    setup.push(csrrw(0, 0x3a0, 1));
    setup.extend(asm::li(1, mstatus));
    setup.push(csrrw(0, 0x300, 1));
    let steps = setup.len();
    let mut m = full(&[&setup[..], program].concat());
    assert!(!nth(&mut m, steps).trap);
    m
}

#[test]
fn accesses_are_checked_precisely() {
    // The word at +0x2004 may be read, that at +0x2008 written too; code in front is executable.
    let data = RAM_BASE + 0x2000;
    let config = u32::from_le_bytes([TOR | X, NA4 | R, NA4 | R | W, 0]);
    let addresses = [(RAM_BASE + 0x1000) >> 2, (data + 4) >> 2, (data + 8) >> 2];
    let run = |access: u32| {
        let program = [&asm::li(2, data)[..], &super::modes::to_user(3), &[access]].concat();
        nth(&mut guarded(config, &addresses, 0, &program), 7)
    };
    let cases = [
        (lw(4, 2, 0), Some(5)),
        (lw(4, 2, 4), None),
        (lw(4, 2, 8), None),
        (lw(4, 2, 12), Some(5)),
        (asm::load(0, 4, 2, 7), None),
        (sw(2, 0, 4), Some(7)),
        (sw(2, 0, 8), None),
        (asm::s(0, 2, 0, 11), None),
        (asm::s(0, 2, 0, 12), Some(7)),
        // Misaligned comes before the access fault.
        (lw(4, 2, 1), Some(4)),
        (sw(2, 0, 2), Some(6)),
        (asm::lr(4, 2), Some(5)),
        (asm::sc(4, 2, 2), Some(7)),
        (asm::amo(0, 4, 2, 2), Some(7)),
        // Code may be executed, not read.
        (lw(4, 3, 0), Some(5)),
    ];
    for (access, cause) in cases {
        let retire = run(access);
        assert_eq!((retire.mode, retire.insn), (0, access));
        assert_eq!(retire.trap.then_some(retire.cause), cause, "{access:#010x}");
    }
}

/// Only the word with the first half, or also that with the second, may be executed.
#[test]
fn an_instruction_across_words_is_checked_twice() {
    let code = RAM_BASE + 0x2000;
    for (words, fault) in [(0, Some(code + 2)), (1, Some(code + 4)), (2, None)] {
        let addresses = [code >> 2, (code >> 2) + words];
        let config = u32::from_le_bytes([0, TOR | X, 0, 0]);
        let program = [&asm::li(2, code + 2)[..], &[csrrw(0, 0x341, 2), asm::MRET]].concat();
        let mut m = guarded(config, &addresses, 0, &program);
        nth(&mut m, 4);
        m.write_memory(code + 2, &asm::addi(5, 0, 7).to_le_bytes()).unwrap();
        let retire = super::step(&mut m);
        assert_eq!(retire.trap.then_some(retire.tval), fault);
        assert_eq!(retire.trap.then_some(retire.cause), fault.map(|_| 1));
    }
    // A 16-bit instruction in the upper half needs its own word only.
    let config = u32::from_le_bytes([0, TOR | X, 0, 0]);
    let program = [&asm::li(2, code + 2)[..], &[csrrw(0, 0x341, 2), asm::MRET]].concat();
    let mut m = guarded(config, &[code >> 2, (code >> 2) + 1], 0, &program);
    nth(&mut m, 4);
    m.write_memory(code + 2, &[1, 0]).unwrap();
    assert!(!super::step(&mut m).trap);
    assert_eq!(super::step(&mut m).tval, code + 4);
}

/// A locked entry binds M mode too, from the next instruction on; also in the fast path.
#[test]
fn locked_entries_bind_m_mode() {
    let config = u32::from_le_bytes([TOR | X | LOCK, NAPOT | R | LOCK, 0, 0]);
    let addresses = [(RAM_BASE + 0x100) >> 2, (RAM_BASE + 0x2000) >> 2 | 0x1ff];
    let program = [&asm::li(2, RAM_BASE + 0x2000)[..], &[lw(3, 2, 0), sw(2, 2, 0)]].concat();
    let mut m = guarded(config, &addresses, 0, &program);
    assert_eq!(nth(&mut m, 3).cause, 0);
    let retire = super::step(&mut m);
    assert_eq!((retire.mode, retire.cause, retire.tval), (3, 7, RAM_BASE + 0x2000));
    // Past the executable range: nothing matches, so M mode goes on.
    m.set_pc(RAM_BASE + 0x200);
    assert_eq!(super::step(&mut m).cause, 2);
    // Data that may only be read is not executed.
    let mut m = guarded(config, &addresses, 0, &program);
    m.set_pc(RAM_BASE + 0x2000);
    m.run(1, crate::Stop::default());
    assert_eq!((m.csr(0x342), m.csr(0x343)), (Some(1), Some(RAM_BASE + 0x2000)));
}

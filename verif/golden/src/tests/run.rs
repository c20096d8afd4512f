//! The fast path is the same machine as the lockstep path.

use super::asm::{self, NOP, addi, jal, lw, sw};
use super::{HANDLER, RAM_BASE, alone, machine, machine_with, place, word};
use crate::{Isa, RunEnd, Stop, StopReason};
use proptest::prelude::*;

#[test]
fn stops_at_the_limit() {
    let mut m = machine(&[jal(0, 0)]);
    let end = m.run(1000, Stop::default());
    assert_eq!(end, RunEnd { instructions: 1000, reason: StopReason::Limit });
    assert_eq!(m.minstret(), 1000);
}

#[test]
fn stops_when_tohost_is_written() {
    let tohost = RAM_BASE + 0x3000;
    let program = [&asm::li(1, tohost)[..], &[addi(2, 0, 3), NOP, sw(1, 2, 0), NOP]].concat();
    let mut m = machine(&program);
    let stop = Stop { tohost: Some(tohost) };
    let end = m.run(1000, stop);
    assert_eq!(end, RunEnd { instructions: 5, reason: StopReason::Tohost(3) });
    assert_eq!(m.pc(), RAM_BASE + 20);
    assert_eq!(m.run(1, stop).reason, StopReason::Limit);
    // Not watched.
    m.reset();
    place(&mut m, RAM_BASE, &program);
    assert_eq!(m.run(10, Stop::default()).reason, StopReason::Limit);
}

#[test]
fn a_store_to_the_high_half_of_tohost_stops_too() {
    let tohost = RAM_BASE + 0x3000;
    let mut m = machine(&[asm::li(1, tohost), [addi(2, 0, 1), sw(1, 2, 4)]].concat());
    let end = m.run(1000, Stop { tohost: Some(tohost) });
    assert_eq!(end, RunEnd { instructions: 4, reason: StopReason::Tohost(1 << 32) });
}

/// Words that make interesting programs: any opcode, registers and small offsets near the code.
fn instruction() -> impl Strategy<Value = u32> {
    let reg = || 0u32..8;
    prop_oneof![
        6 => (reg(), reg(), reg(), 0u32..8, proptest::sample::select(&[0u32, 1, 0x20][..]))
            .prop_map(|(rd, a, b, f3, f7)| asm::r(0x33, f3, f7, rd, a, b)),
        6 => (reg(), reg(), 0u32..8, -2048i32..2048)
            .prop_map(|(rd, a, f3, imm)| asm::i(0x13, f3, rd, a, imm)),
        3 => (reg(), 0u32..6, 0i32..256).prop_map(|(rd, f3, o)| asm::load(f3, rd, 8, o)),
        3 => (reg(), 0u32..3, 0i32..256).prop_map(|(rs, f3, o)| asm::s(f3, 8, rs, o)),
        2 => (reg(), reg(), 0u32..8, -16i32..16).prop_map(|(a, b, f3, o)| asm::b(f3, a, b, 2 * o)),
        1 => (reg(), -16i32..16).prop_map(|(rd, o)| asm::jal(rd, 4 * o)),
        1 => (reg(), reg(), 1u32..8, proptest::sample::select(
            &[0x300u32, 0x304, 0x340, 0x341, 0x342, 0x344, 0xb00, 0xb02, 0xb80, 0x320, 0x306, 0x323,
              0xb03, 0xb83, 0x3a0, 0x3b0, 0x3b1, 0xc00, 0xc01, 0xc03][..]))
            .prop_map(|(rd, a, f3, n)| asm::csr(f3, rd, a, n)),
        1 => proptest::sample::select(
            &[asm::ECALL, asm::EBREAK, asm::MRET, asm::WFI, asm::FENCE_I, 0u32][..]),
        1 => any::<u32>(),
        2 => (reg(), reg(), proptest::sample::select(&[0u32, 1, 2, 3, 4, 0x14, 0x1c][..]))
            .prop_map(|(rd, b, f5)| asm::amo(f5, rd, 8, if f5 == 2 { 0 } else { b })),
        // Two compressed instructions, or one and the first half of another word.
        2 => (any::<u32>(), any::<bool>()).prop_map(|(word, both)| {
            let low = if word & 3 == 3 { word & !2 } else { word };
            if both && low >> 16 & 3 == 3 { low & !0x2_0000 } else { low }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    /// Random programs, with stores into their own code and a timer interrupt, end in the same state
    /// by `run` and by single steps.
    #[test]
    fn run_equals_steps(program in proptest::collection::vec(instruction(), 1..80), timer in 5u32..100, steps in 1u64..300, everything: bool, pmp in any::<u32>()) {
        let isa = if everything { Isa::full() } else { Isa { m: true, ..Isa::default() } };
        // Entries 1 to 3 as they come, the last allows everything.
        let protection = [
            &asm::li(1, u32::MAX)[..], &[asm::csrrw(0, 0x3b3, 1)],
            &asm::li(1, RAM_BASE >> 2 | 0x3ff), &[asm::csrrw(0, 0x3b0, 1), asm::csrrw(0, 0x3b1, 1)],
            &asm::li(1, 0x1f00_0000 | pmp & 0x001f_1f1f), &[asm::csrrw(0, 0x3a0, 1)],
        ].concat();
        let count_loads = [asm::csr(5, 0, 1, 0x323)];
        let to_user = super::modes::to_user(9);
        let setup = [
            &asm::li(8, RAM_BASE + 64)[..],
            &asm::li(1, HANDLER), &[asm::csrrw(0, 0x305, 1)],
            &asm::li(1, crate::CLINT_BASE + 0x4000), &asm::li(2, timer), &[sw(1, 2, 0), sw(1, 0, 4)],
            &asm::li(1, 0x888), &[asm::csrrw(0, 0x304, 1), asm::csr(5, 0, 8, 0x300)],
            if everything { &protection } else { &[] },
            if everything && pmp >> 31 == 1 { &count_loads } else { &[] },
            if everything && pmp >> 30 & 1 == 1 { &to_user } else { &[] },
        ].concat();
        let build = || {
            let mut m = machine_with(isa, &[&setup[..], &program[..]].concat());
            // The handler skips what trapped and pushes the timer on.
            let handler = [
                &[asm::csrr(9, 0x342)][..], &asm::li(10, crate::CLINT_BASE + 0x4000),
                &[lw(11, 10, 0), addi(11, 11, 50), sw(10, 11, 0)],
                &[asm::csrr(9, 0x341), addi(9, 9, 4), asm::csrrw(0, 0x341, 9), asm::MRET],
            ].concat();
            place(&mut m, HANDLER, &handler);
            m
        };
        let (mut fast, mut slow) = (build(), build());
        let end = fast.run(steps, Stop::default());
        alone(&mut slow, steps);
        prop_assert_eq!(end.instructions, steps);
        prop_assert_eq!((fast.pc(), fast.mode()), (slow.pc(), slow.mode()));
        prop_assert_eq!(fast.registers(), slow.registers());
        for number in 0..4096 {
            prop_assert_eq!(fast.csr(number), slow.csr(number), "csr {:#x}", number);
        }
        prop_assert_eq!(fast.read_memory(RAM_BASE, 0x2000), slow.read_memory(RAM_BASE, 0x2000));
    }
}

#[test]
fn a_resumed_run_goes_on_where_it_stopped() {
    let mut m = machine(&[addi(1, 1, 1), asm::lui(2, HANDLER), sw(2, 1, 0), jal(0, -12)]);
    for _ in 0..7 {
        m.run(5, Stop::default());
    }
    assert_eq!((m.registers()[1], word(&m, HANDLER)), (9, 9));
}

#[test]
fn a_job_that_never_ends_ends_the_run() {
    let list = RAM_BASE + 0x4000;
    // EXEC, the last descriptor: 65,535 rows, k tiles and n tiles.
    let exec = [0x12, 0, 0, 0xffff_0000, 0xffff, 0xffff, 0, 0];
    let program = [asm::li(1, list), asm::li(2, crate::NPU_BASE)].concat();
    let program = [&program[..], &[sw(2, 1, 0x10), NOP]].concat();
    let mut m = machine(&program);
    place(&mut m, list, &exec);
    m.limit_jobs(1 << 20);
    let end = m.run(1000, Stop::default());
    assert_eq!(end, RunEnd { instructions: 5, reason: StopReason::LongJob });
    // One that is short enough runs.
    m.reset();
    place(&mut m, RAM_BASE, &program);
    place(&mut m, list, &[0x12, 0, 0, 0x4_0000, 2, 2, 0, 0]);
    assert_eq!(m.run(100, Stop::default()).reason, StopReason::Limit);
}

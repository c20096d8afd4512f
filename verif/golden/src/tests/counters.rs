//! Event counters, their names for U mode, and which values come from the RTL.

use super::asm::{self, NOP, beq, bne, csr, csrr, csrrw, jal, lr, lw, r, sc, sw};
use super::{HANDLER, RAM_BASE, alone, full, machine_with, nth, place, step};
use crate::{Inputs, Isa, Machine};

const MHPMEVENT3: u32 = 0x323;
const MHPMCOUNTER3: u32 = 0xb03;
const MHPMCOUNTER3H: u32 = 0xb83;
const MCOUNTINHIBIT: u32 = 0x320;

/// `csrrwi` of a small value.
fn set(number: u32, value: u32) -> u32 {
    csr(5, 0, value, number)
}

/// Counter 3 after `program`, with the event selected at its beginning. x1 points to data.
fn counted(event: u32, program: &[u32]) -> u64 {
    let program = [&asm::li(1, RAM_BASE + 0x2000)[..], &[set(MHPMEVENT3, event)], program].concat();
    let mut m = full(&program);
    for _ in 0..20 {
        if m.pc() != RAM_BASE + 4 * program.len() as u32 {
            assert!(!step(&mut m).trap);
        }
    }
    value(&m)
}

fn value(m: &Machine) -> u64 {
    u64::from(m.csr(0xb83).unwrap()) << 32 | u64::from(m.csr(0xb03).unwrap())
}

#[test]
fn each_event_counts_its_instructions() {
    let cases: [(&[u32], [u64; 7]); 12] = [
        (&[NOP], [0, 0, 0, 0, 0, 0, 0]),
        (&[lw(2, 1, 0)], [1, 0, 0, 0, 0, 0, 0]),
        (&[lr(2, 1)], [1, 0, 0, 0, 0, 0, 0]),
        (&[sw(1, 2, 0)], [0, 1, 0, 0, 0, 0, 0]),
        (&[sc(2, 1, 1)], [0, 1, 0, 0, 0, 0, 0]),
        (&[asm::amo(0, 2, 1, 1)], [1, 1, 0, 0, 0, 0, 0]),
        // A taken branch to the next instruction is taken nonetheless.
        (&[beq(0, 0, 4)], [0, 0, 1, 1, 0, 0, 0]),
        (&[bne(0, 0, 8)], [0, 0, 1, 0, 0, 0, 0]),
        (&[jal(0, 4)], [0, 0, 0, 0, 1, 0, 0]),
        (&[r(0x33, 4, 1, 2, 1, 1), r(0x33, 0, 1, 2, 1, 1)], [0, 0, 0, 0, 0, 2, 0]),
        // c.nop, c.nop
        (&[0x0001_0001], [0, 0, 0, 0, 0, 0, 2]),
        // c.nop, c.beqz x8, +2
        (&[0xc009_0001], [0, 0, 1, 1, 0, 0, 2]),
    ];
    for (program, counts) in cases {
        for (event, count) in (1..).zip(counts) {
            assert_eq!(counted(event, program), count, "event {event} of {program:x?}");
        }
        for event in [0, 8, 9, 10, 15, 16, 20, 31] {
            assert_eq!(counted(event, program), 0, "event {event}");
        }
    }
}

#[test]
fn exceptions_and_interrupts_are_counted_as_they_are_taken() {
    for event in [8, 9] {
        let program =
            [&asm::li(1, HANDLER)[..], &[csrrw(0, 0x305, 1), set(MHPMEVENT3, event), asm::ECALL]];
        let mut m = full(&program.concat());
        place(&mut m, HANDLER, &[NOP, NOP, NOP]);
        assert!(nth(&mut m, 5).trap);
        assert_eq!(value(&m), u64::from(event == 8));
        m.step(&Inputs { interrupt: Some(3), ..Inputs::default() });
        assert_eq!(value(&m), 1);
        // A load that traps is no load.
    }
    let mut m = full(&[set(MHPMEVENT3, 1), lw(1, 0, 0)]);
    assert!(nth(&mut m, 2).trap);
    assert_eq!(value(&m), 0);
}

#[test]
fn counters_carry_are_written_by_halves_and_can_be_inhibited() {
    let program = [
        &[asm::addi(1, 0, -1), csrrw(0, MHPMCOUNTER3, 1), set(MHPMCOUNTER3H, 5)][..],
        &[set(MHPMEVENT3, 5), jal(0, 4), csrr(2, MHPMCOUNTER3), csrr(3, MHPMCOUNTER3H)],
        &[set(MCOUNTINHIBIT, 8), jal(0, 4), csrr(4, MHPMCOUNTER3)],
        &[set(MCOUNTINHIBIT, 0), jal(0, 4), csrr(5, MHPMCOUNTER3)],
    ];
    let mut m = full(&program.concat());
    let retire = nth(&mut m, 2);
    assert_eq!(retire.csr, Some((0xb03, u32::MAX)));
    nth(&mut m, 11);
    assert_eq!(m.registers()[2..6], [0, 6, 0, 1]);
}

/// An inhibited counter stays, also when another one counts, and for events of traps.
#[test]
fn each_counter_is_inhibited_by_its_own_bit() {
    let program = [
        &asm::li(1, HANDLER)[..],
        &[csrrw(0, 0x305, 1), set(MHPMEVENT3, 8), set(MHPMEVENT3 + 1, 8), set(MHPMEVENT3 + 2, 9)],
        &[set(MCOUNTINHIBIT, 8), asm::ECALL],
    ];
    let mut m = full(&program.concat());
    assert!(nth(&mut m, 8).trap);
    assert_eq!([0xb03, 0xb04, 0xb05].map(|number| m.csr(number)), [Some(0), Some(1), Some(0)]);
}

#[test]
fn registers_hold_what_their_counters_have() {
    let isa = Isa { hpm_counters: 2, ..Isa::full() };
    let cases = [
        (0x323, 0x1f), // mhpmevent3
        (0x324, 0x1f),
        (0x325, 0),
        (0x33f, 0),
        (0xb04, u32::MAX),
        (0xb84, u32::MAX),
        (0xb05, 0),
        (0xb9f, 0),
        (0x320, 0b1_1101),
        (0x306, 0b1_1111),
        (0x30a, 0),
        (0x31a, 0),
    ];
    for (number, value) in cases {
        let mut m = machine_with(isa, &[asm::addi(1, 0, -1), csrrw(0, number, 1), csrr(2, number)]);
        assert_eq!(nth(&mut m, 2).csr, Some((number as u16, value)), "{number:#x}");
        assert_eq!(m.csr(number as u16), Some(value), "{number:#x}");
    }
    let isa = Isa { zicntr: false, hpm_counters: 29, ..Isa::full() };
    for (number, value) in [(0x306, 0xffff_fff8), (0x320, 0xffff_fffd)] {
        let mut m = machine_with(isa, &[asm::addi(1, 0, -1), csrrw(0, number, 1)]);
        assert_eq!(nth(&mut m, 2).csr, Some((number as u16, value)));
    }
}

/// The numbers that exist with each switch, in M mode and in U mode with all of `mcounteren` set.
#[test]
fn names_for_u_mode_exist_with_their_switches() {
    let none = Isa { user_mode: true, ..Isa::default() };
    let cases = [
        (none, 0, 0),
        (Isa { zicntr: true, ..none }, 0b111, 0b111),
        (Isa { hpm_counters: 1, ..none }, !0b111, 0b1000),
        (Isa { hpm_counters: 29, zicntr: true, ..none }, !0, !0),
    ];
    for (isa, in_m, in_u) in cases {
        for number in 0..32 {
            for high in [0, 0x80] {
                let read = csrr(3, 0xc00 + high + number);
                let mut m = machine_with(isa, &[read]);
                assert_eq!(!step(&mut m).trap, in_m >> number & 1 == 1, "{isa:?} {number}");
                let enter = [
                    &[asm::addi(1, 0, -1), csrrw(0, 0x306, 1)][..],
                    &super::modes::to_user(5),
                    &[read],
                ];
                let mut m = machine_with(isa, &enter.concat());
                let retire = nth(&mut m, 2 + 5);
                assert_eq!((retire.mode, retire.insn), (0, read));
                assert_eq!(!retire.trap, in_u >> number & 1 == 1, "{isa:?} {number} in U mode");
                // And never without its bit.
                let mut m = machine_with(isa, &[&super::modes::to_user(5)[..], &[read]].concat());
                assert!(nth(&mut m, 5).trap);
                // Writes are illegal everywhere.
                assert!(step(&mut machine_with(isa, &[csr(1, 0, 1, 0xc00 + number)])).trap);
            }
        }
    }
}

#[test]
fn user_names_read_the_counters() {
    let program = [csrr(1, 0xc00), csrr(2, 0xc01), csrr(3, 0xc02), set(0xb82, 9), csrr(4, 0xc82)];
    let mut m = full(&program);
    alone(&mut m, 5);
    assert_eq!(m.registers()[1..5], [0, 1, 2, 9]);
    let mut m = full(&program);
    for value in [70, 80] {
        let retire = m.step(&Inputs { device_read: Some(value), ..Inputs::default() });
        assert_eq!(retire.rd_wdata, value);
    }
    assert_eq!(m.step(&Inputs { device_read: Some(90), ..Inputs::default() }).rd_wdata, 2);
}

/// Whether reads of the two halves take the RTL's value, after `program`.
fn of_time(program: &[u32]) -> (bool, bool) {
    let program = [program, &[csrr(1, MHPMCOUNTER3), csrr(2, MHPMCOUNTER3H)]].concat();
    let mut m = full(&program);
    for _ in 2..program.len() {
        step(&mut m);
    }
    let given = Inputs { device_read: Some(0xabcd), ..Inputs::default() };
    let mut read = || m.step(&given).rd_wdata == 0xabcd;
    (read(), read())
}

#[test]
fn timing_events_make_a_counter_of_time_until_it_is_overwritten() {
    let (low, high) = (set(MHPMCOUNTER3, 1), set(MHPMCOUNTER3H, 1));
    let (timing, loads, off) = (set(MHPMEVENT3, 16), set(MHPMEVENT3, 1), set(MHPMEVENT3, 0));
    let (inhibit, permit) = (set(MCOUNTINHIBIT, 8), set(MCOUNTINHIBIT, 0));
    let load = lw(5, 6, 0);
    let li = asm::li(6, RAM_BASE);
    let cases: [(&[u32], (bool, bool)); 13] = [
        (&[], (false, false)),
        (&[loads, li[0], li[1], load], (false, false)),
        (&[timing], (true, true)),
        (&[set(MHPMEVENT3, 19)], (true, true)),
        (&[set(MHPMEVENT3, 20)], (false, false)),
        (&[inhibit, timing], (false, false)),
        (&[inhibit, timing, permit, inhibit], (true, true)),
        (&[timing, low, high], (true, true)),
        (&[timing, off, low], (false, true)),
        (&[timing, off, high], (true, false)),
        (&[timing, off, low, high], (false, false)),
        // The count of the low half, which is not known, may carry into the high half.
        (&[timing, loads, high, li[0], li[1], load], (true, true)),
        (&[timing, loads, high, low, li[0], li[1], load], (false, false)),
    ];
    for (program, want) in cases {
        assert_eq!(of_time(program), want, "{program:x?}");
    }
}

/// What such a write stored is the model's too.
#[test]
fn a_modified_time_follows_the_rtl() {
    // csrrsi x0, mcycle, 1: the port shows the value written only.
    let mut m = full(&[csr(6, 0, 1, 0xb00)]);
    let retire = m.step(&Inputs { device_read: Some(0x1235), ..Inputs::default() });
    assert_eq!(retire.csr, Some((0xb00, 0x1235)));
    let mut m = full(&[csr(6, 0, 1, 0xb00)]);
    let retire = m.step(&Inputs { device_read: Some(0x1234), ..Inputs::default() });
    assert_eq!(retire.csr, Some((0xb00, 0x1235)));
}

#[test]
fn misa_shows_the_switches() {
    let letters =
        |text: &str| text.bytes().fold(1 << 30, |misa, letter| misa | 1 << (letter - b'a')) as u32;
    let cases = [
        (Isa::default(), "i"),
        (Isa { m: true, c: true, ..Isa::default() }, "imc"),
        (Isa { a: true, zba: true, zbb: true, ..Isa::default() }, "ia"),
        (Isa::full(), "imabcu"),
    ];
    for (isa, text) in cases {
        assert_eq!(machine_with(isa, &[]).csr(0x301), Some(letters(text)), "{text}");
    }
}

//! CSR instructions: every number, every form, every WARL field.

use super::asm::{self, csr, csrr, csrrw};
use super::{alone, machine, nth, step, with_operands};
use crate::Inputs;

const READ_WRITE: [u32; 14] = [
    0x300, 0x301, 0x304, 0x305, 0x310, 0x320, 0x340, 0x341, 0x342, 0x343, 0xb00, 0xb02, 0xb80,
    0xb82,
];
/// `mhpmevent3..31`, `mhpmcounter3..31` and their high halves exist always.
const EVENT_COUNTERS: [std::ops::Range<u32>; 3] = [0x323..0x340, 0xb03..0xb20, 0xb83..0xba0];
const READ_ONLY: [u32; 5] = [0xf11, 0xf12, 0xf13, 0xf14, 0xf15];
const MIP: u32 = 0x344;

#[test]
fn all_numbers_in_all_forms() {
    for number in 0..4096 {
        let writable = READ_WRITE.contains(&number)
            || number == MIP
            || EVENT_COUNTERS.iter().any(|range| range.contains(&number));
        let exists = writable || READ_ONLY.contains(&number);
        for funct3 in [1, 2, 3, 5, 6, 7] {
            for operand in [0, 1] {
                let instruction = csr(funct3, 3, operand, number);
                let retire = with_operands(0, 0, instruction);
                let writes = funct3 & 3 == 1 || operand != 0;
                let legal = exists && (writable || !writes);
                assert_eq!(retire.trap, !legal, "{number:#x} {funct3} {operand}");
                assert_eq!(retire.csr.is_some(), legal && writes, "{number:#x} {funct3}");
                if !legal {
                    assert_eq!((retire.cause, retire.tval), (2, instruction));
                }
            }
        }
    }
}

#[test]
fn reset_values() {
    let values = [
        (0x300, 0x1800),
        (0x301, 0x4000_1100),
        (0x304, 0),
        (0x305, 0),
        (0x310, 0),
        (0x320, 0),
        (0x344, 0),
        (0xf11, 0),
        (0xf12, 0),
        (0xf13, 0),
        (0xf14, 0),
        (0xf15, 0),
    ];
    for (number, value) in values {
        assert_eq!(with_operands(0, 0, csrr(3, number)).rd_wdata, value, "{number:#x}");
    }
}

/// What each register holds after a write, and that the record and a read agree.
#[test]
fn warl_fields() {
    let cases = [
        (0x300, u32::MAX, 0x1888),
        (0x300, 0, 0x1800),
        (0x301, 0, 0x4000_1100),
        (0x304, u32::MAX, 0x888),
        (0x305, 0x8000_1000, 0x8000_1000),
        (0x305, 0x8000_1001, 0x8000_1001),
        (0x305, 0x8000_1002, 0x8000_1000),
        (0x305, 0x8000_1003, 0x8000_1000),
        (0x310, u32::MAX, 0),
        (0x320, u32::MAX, 5),
        (0x340, u32::MAX, u32::MAX),
        (0x341, u32::MAX, 0xffff_fffc),
        (0x342, u32::MAX, u32::MAX),
        (0x343, u32::MAX, u32::MAX),
        (0x344, u32::MAX, 0),
        (0xb02, 0x1234_5678, 0x1234_5678),
        (0xb82, 0x1234_5678, 0x1234_5678),
    ];
    for (number, written, value) in cases {
        let program = [&asm::li(1, written)[..], &[csrrw(0, number, 1), csrr(3, number)]].concat();
        let mut m = machine(&program);
        let retire = nth(&mut m, 3);
        assert_eq!(retire.csr, Some((number as u16, value)), "{number:#x}");
        assert_eq!(step(&mut m).rd_wdata, value, "{number:#x} {written:#x}");
    }
}

#[test]
fn set_and_clear_and_immediates() {
    let forms = [
        (1, 2, 0x0f0f_00ff, 0x0f0f_00ff),
        (2, 2, 0x0f0f_00ff, 0xffff_00ff),
        (3, 2, 0x0f0f_00ff, 0xf0f0_0000),
        (5, 21, 0, 21),
        (6, 21, 0, 0xffff_0015),
        (7, 21, 0, 0xffff_0000),
    ];
    for (funct3, rs1, x2, value) in forms {
        let program = [
            &asm::li(1, 0xffff_0000)[..],
            &asm::li(2, x2)[..],
            &[csrrw(0, 0x340, 1), csr(funct3, 3, rs1, 0x340)],
        ];
        let retire = nth(&mut machine(&program.concat()), 6);
        assert_eq!((retire.rd_wdata, retire.csr), (0xffff_0000, Some((0x340, value))));
    }
    // rd = rs1: the old value goes out, the register's old value goes in.
    let retire = with_operands(0x55, 0, csrrw(1, 0x340, 1));
    assert_eq!((retire.rd_wdata, retire.csr), (0, Some((0x340, 0x55))));
}

#[test]
fn minstret_written_is_read_by_the_next_instruction() {
    let program = [
        asm::li(1, 1000),
        [csrrw(0, 0xb02, 1), csrr(3, 0xb02)],
        [csrrw(4, 0xb82, 1), csrr(5, 0xb02)],
        [csrr(6, 0xb82), csrr(7, 0xb02)],
    ];
    let mut m = machine(&program.concat());
    nth(&mut m, 8);
    let x = m.registers();
    assert_eq!((x[3], x[4]), (1000, 0));
    // The write of the high half was not counted.
    assert_eq!((x[5], x[6], x[7]), (1001, 1000, 1003));
}

#[test]
fn minstret_carries_and_can_be_inhibited() {
    let program = [
        asm::li(1, 0xffff_ffff),
        [csrrw(0, 0xb02, 1), csrr(3, 0xb82)],
        [csrr(4, 0xb82), csr(5, 0, 4, 0x320)],
        [csrr(5, 0xb02), csrr(6, 0xb02)],
        [csr(5, 0, 0, 0x320), csrr(7, 0xb02)],
    ];
    let mut m = machine(&program.concat());
    nth(&mut m, 10);
    let x = m.registers();
    assert_eq!((x[3], x[4]), (0, 1));
    // 2 counted up to the inhibiting write, which counts itself; the one that ends it does not.
    assert_eq!((x[5], x[6], x[7]), (2, 2, 2));
}

#[test]
fn mcycle_counts_steps_alone_and_comes_from_outside_in_lockstep() {
    let mut m = machine(&[asm::NOP, csrr(1, 0xb00), csrrw(2, 0xb00, 0), csrr(3, 0xb00)]);
    alone(&mut m, 4);
    assert_eq!(m.registers()[1..4], [1, 2, 0]);
    let mut m = machine(&[csrr(1, 0xb00), csrr(2, 0xb80), csr(2, 3, 0, 0xb00)]);
    let inputs = |value| Inputs { device_read: Some(value), ..Inputs::default() };
    assert_eq!(m.step(&inputs(77)).rd_wdata, 77);
    assert_eq!(m.step(&inputs(88)).rd_wdata, 88);
}

#[test]
fn mcycle_can_be_inhibited() {
    let program = [csr(5, 0, 1, 0x320), csrr(1, 0xb00), csrr(2, 0xb00), csr(5, 0, 0, 0x320)];
    let mut m = machine(&[&program[..], &[csrr(3, 0xb00)]].concat());
    alone(&mut m, 5);
    assert_eq!(m.registers()[1..4], [1, 1, 1]);
}

#[test]
fn mip_shows_the_lines() {
    let mut m = machine(&[csrr(1, MIP), csrr(2, MIP)]);
    let inputs = |interrupt_lines| Inputs { interrupt_lines, ..Inputs::default() };
    assert_eq!(m.step(&inputs(0x80)).rd_wdata, 0x80);
    assert_eq!(m.step(&inputs(u32::MAX)).rd_wdata, 0x888);
}

/// Values given for reads that do not depend on time are not used.
#[test]
fn other_reads_do_not_take_the_given_value() {
    let mut m = machine(&[csrr(1, 0x301), csrr(2, 0xb02)]);
    let inputs = Inputs { device_read: Some(99), ..Inputs::default() };
    assert_eq!(m.step(&inputs).rd_wdata, 0x4000_1100);
    assert_eq!(m.step(&inputs).rd_wdata, 1);
}

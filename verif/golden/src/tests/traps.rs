//! Exceptions, interrupts, `mret`.

use super::asm::{self, EBREAK, ECALL, MRET, NOP, beq, bne, csrrw, jal, jalr};
use super::{HANDLER, RAM_BASE, machine, nth, place, step, with_operands};
use crate::{Inputs, Machine};

const MSTATUS: u32 = 0x300;
const MIE: u32 = 0x304;
const MTVEC: u32 = 0x305;
const MEPC: u32 = 0x341;

/// A machine that has set `mtvec`, then is at `program` (after 3 instructions).
fn with_handler(mtvec: u32, program: &[u32]) -> Machine {
    let mut m = machine(&[&asm::li(31, mtvec)[..], &[csrrw(0, MTVEC, 31)], program].concat());
    nth(&mut m, 3);
    m
}

#[test]
fn exceptions_report_cause_and_tval_and_enter_the_handler() {
    let pc = RAM_BASE + 12;
    let cases = [
        (ECALL, 11, 0),
        (EBREAK, 3, pc),
        (0xffff_ffff, 2, 0xffff_ffff),
        (0x0000_0001, 2, 1),
        (jal(1, 6), 0, pc + 6),
        (jalr(1, 31, 2), 0, HANDLER + 2),
        (beq(0, 0, 6), 0, pc + 6),
    ];
    for (instruction, cause, tval) in cases {
        let mut m = with_handler(HANDLER | 1, &[instruction]);
        let retire = step(&mut m);
        assert_eq!((retire.pc, retire.insn), (pc, instruction));
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, cause, tval));
        assert_eq!((retire.intr, retire.rd_addr, retire.next_pc), (false, 0, HANDLER));
        assert_eq!((m.csr(0x341), m.csr(0x342), m.csr(0x343)), (Some(pc), Some(cause), Some(tval)));
        assert_eq!(m.registers()[1], 0);
    }
}

#[test]
fn a_branch_that_is_not_taken_may_have_a_misaligned_target() {
    let retire = with_operands(1, 1, bne(1, 2, 6));
    assert_eq!((retire.trap, retire.next_pc), (false, RAM_BASE + 20));
}

#[test]
fn trap_and_mret_stack_the_interrupt_enable() {
    let enable = [&asm::li(1, 8)[..], &[csrrw(0, MSTATUS, 1), ECALL]].concat();
    let mut m = with_handler(HANDLER, &enable);
    place(&mut m, HANDLER, &[MRET]);
    assert_eq!(nth(&mut m, 3).mstatus, 0x1808);
    assert_eq!(step(&mut m).mstatus, 0x1880);
    let retire = step(&mut m);
    // MPIE becomes 1, and mepc still points at the ecall.
    assert_eq!((retire.mstatus, retire.next_pc), (0x1888, RAM_BASE + 24));
    // A second mret with MPIE 0.
    let mut m = machine(&[MRET]);
    assert_eq!((step(&mut m).mstatus, m.pc()), (0x1880, 0));
}

/// Enables `mie` = `sources` and `mstatus.MIE`.
fn interruptible(mtvec: u32, sources: u32) -> Machine {
    let program = [
        &asm::li(1, sources)[..],
        &[csrrw(0, MIE, 1)],
        &asm::li(2, 8)[..],
        &[csrrw(0, MSTATUS, 2), NOP, ECALL],
    ];
    let mut m = with_handler(mtvec, &program.concat());
    nth(&mut m, 6);
    m
}

#[test]
fn interrupts_are_taken_before_the_instruction() {
    for (mtvec, target) in [(HANDLER, HANDLER), (HANDLER + 1, HANDLER + 4 * 7)] {
        let mut m = interruptible(mtvec, 0x888);
        place(&mut m, target, &[asm::addi(5, 0, 1)]);
        let retire = m.step(&Inputs {
            interrupt: Some(0x8000_0007),
            interrupt_lines: 0x80,
            ..Inputs::default()
        });
        assert_eq!((retire.pc, retire.intr, retire.trap), (target, true, false));
        assert_eq!((retire.cause, retire.tval), (0x8000_0007, 0));
        assert_eq!((retire.rd_addr, retire.mstatus), (5, 0x1880));
        assert_eq!((m.csr(0x341), m.csr(0x342)), (Some(RAM_BASE + 36), Some(0x8000_0007)));
    }
}

/// The handler's first instruction traps: the record tells both, and the exception's cause.
#[test]
fn a_handler_that_begins_with_a_trap() {
    let mut m = interruptible(HANDLER, 0x888);
    place(&mut m, HANDLER, &[ECALL]);
    let retire = m.step(&Inputs { interrupt: Some(3), ..Inputs::default() });
    assert_eq!((retire.intr, retire.trap, retire.cause), (true, true, 11));
    assert_eq!(m.csr(MEPC as u16), Some(HANDLER));
}

#[test]
fn priority_and_enables_decide_what_is_allowed() {
    let m = interruptible(HANDLER, 0x888);
    assert_eq!(m.pending_interrupt(0), None);
    assert_eq!(m.pending_interrupt(0x888), Some(11));
    assert_eq!(m.pending_interrupt(0x088), Some(3));
    assert_eq!(m.pending_interrupt(0x080), Some(7));
    assert_eq!(m.interrupt_allowed(11, 0x888), Ok(()));
    assert_eq!(m.interrupt_allowed(0x8000_0003, 0x088), Ok(()));
    let error = m.interrupt_allowed(7, 0x088).unwrap_err();
    assert!(error.contains("interrupt 7 was taken before pc 0x80000024"), "{error}");
    assert!(error.contains("interrupt 3 has to be taken"), "{error}");
    assert!(m.interrupt_allowed(7, 0).unwrap_err().contains("none may be taken"));
    // Not enabled in mie.
    let m = interruptible(HANDLER, 0x800);
    assert_eq!(m.pending_interrupt(0x088), None);
    // Globally disabled.
    let m = with_handler(HANDLER, &[]);
    assert!(m.interrupt_allowed(11, 0x800).is_err());
}

#[test]
fn traps_do_not_count_as_retired() {
    let mut m = with_handler(HANDLER, &[ECALL]);
    place(&mut m, HANDLER, &[NOP, asm::csrr(5, 0xb02)]);
    nth(&mut m, 2);
    assert_eq!(step(&mut m).rd_wdata, 4);
    assert_eq!(m.minstret(), 5);
}

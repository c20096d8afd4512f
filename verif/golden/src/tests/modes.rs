//! U mode: entering and leaving it, what is illegal there, and MPRV.

use super::asm::{self, ECALL, MRET, NOP, WFI, csr, csrr, csrrw, lw, sw};
use super::{HANDLER, RAM_BASE, full, machine_with, nth, place, step};
use crate::{Inputs, Isa, Machine};

const MSTATUS: u32 = 0x300;
const MPP: u32 = 0x1800;
const MPRV: u32 = 1 << 17;
const TW: u32 = 1 << 21;

/// Four instructions, the last an MRET to the one after it; `scratch` is a register. PMP, which
/// would deny every fetch there, has to be set up before where there is PMP.
pub fn to_user(scratch: u32) -> [u32; 4] {
    [asm::auipc(scratch, 0), asm::addi(scratch, scratch, 16), csrrw(0, 0x341, scratch), MRET]
}

fn without_pmp() -> Isa {
    Isa { pmp_regions: 0, ..Isa::full() }
}

/// A machine in U mode at `program`, with the handler set and `mstatus` as given before the MRET.
fn user(mstatus: u32, program: &[u32]) -> Machine {
    let setup = [
        &asm::li(1, HANDLER)[..],
        &[csrrw(0, 0x305, 1)],
        &asm::li(1, mstatus),
        &[csrrw(0, MSTATUS, 1)],
        &to_user(2),
    ];
    let mut m = machine_with(without_pmp(), &[&setup.concat()[..], program].concat());
    nth(&mut m, 10);
    assert_eq!(m.mode(), 0);
    m
}

#[test]
fn reset_is_in_m_mode() {
    assert_eq!(full(&[]).mode(), 3);
    assert_eq!(full(&[]).csr(0x300), Some(0));
    let m = machine_with(Isa::default(), &[]);
    assert_eq!((m.mode(), m.csr(0x300)), (3, Some(MPP)));
}

#[test]
fn mstatus_fields() {
    let cases = [(u32::MAX, MPP | MPRV | TW | 0x88), (0x0800, 0), (0x1000, 0), (MPP, MPP), (0, 0)];
    for (written, value) in cases {
        let program = [&asm::li(1, written)[..], &[csrrw(0, MSTATUS, 1)]].concat();
        assert_eq!(nth(&mut full(&program), 3).csr, Some((0x300, value)), "{written:#x}");
        let isa = Isa { user_mode: false, ..Isa::full() };
        let value = value & 0x88 | MPP;
        assert_eq!(nth(&mut machine_with(isa, &program), 3).csr, Some((0x300, value)));
    }
}

#[test]
fn ecall_and_mret_move_between_the_modes() {
    let mut m = user(0x80, &[NOP, ECALL]);
    place(&mut m, HANDLER, &[MRET]);
    let retire = step(&mut m);
    assert_eq!((retire.mode, retire.mstatus), (0, 0x88));
    let retire = step(&mut m);
    assert_eq!((retire.mode, retire.cause, retire.tval, retire.mstatus), (0, 8, 0, 0x80));
    assert_eq!(m.mode(), 3);
    let retire = step(&mut m);
    assert_eq!((retire.mode, retire.mstatus, m.mode()), (3, 0x88, 0));
    // From M mode: MPP is M, and MRET goes back to it and leaves U in MPP.
    let mut m = full(&[&asm::li(1, HANDLER)[..], &[csrrw(0, 0x305, 1), ECALL]].concat());
    place(&mut m, HANDLER, &[MRET, MRET]);
    let retire = nth(&mut m, 4);
    assert_eq!((retire.cause, retire.mstatus), (11, MPP));
    assert_eq!((step(&mut m).mstatus, m.mode()), (0x80, 3));
}

#[test]
fn what_is_illegal_in_u_mode() {
    let illegal =
        [MRET, csrr(3, 0x300), csrr(3, 0xf14), csrr(3, 0xb00), csrw0(0x340), csrr(3, 0x100)];
    for instruction in illegal {
        let retire = step(&mut user(0, &[instruction]));
        let got = (retire.mode, retire.trap, retire.cause, retire.tval, retire.rd_addr);
        assert_eq!(got, (0, true, 2, instruction, 0), "{instruction:#x}");
    }
    let legal = [NOP, WFI, asm::FENCE_I, 0x0000_000f];
    for instruction in legal {
        assert!(!step(&mut user(0, &[instruction])).trap, "{instruction:#x}");
    }
}

fn csrw0(number: u32) -> u32 {
    csr(1, 0, 0, number)
}

#[test]
fn tw_makes_wfi_illegal_in_u_mode_only() {
    let retire = step(&mut user(TW, &[WFI]));
    assert_eq!((retire.trap, retire.cause, retire.tval), (true, 2, WFI));
    let program = [&asm::li(1, TW)[..], &[csrrw(0, MSTATUS, 1), WFI]].concat();
    assert!(!nth(&mut full(&program), 4).trap);
}

/// In U mode interrupts are enabled whatever MIE says.
#[test]
fn interrupts_reach_u_mode() {
    for mpie in [0, 0x80] {
        let setup = [
            &asm::li(1, HANDLER)[..],
            &[csrrw(0, 0x305, 1)],
            &asm::li(1, 0x888),
            &[csrrw(0, 0x304, 1)],
            &asm::li(1, mpie),
            &[csrrw(0, MSTATUS, 1)],
            &to_user(2),
        ];
        let mut m = machine_with(without_pmp(), &setup.concat());
        place(&mut m, HANDLER, &[NOP]);
        nth(&mut m, 9);
        assert_eq!(m.pending_interrupt(0x888), None);
        nth(&mut m, 4);
        assert_eq!(m.pending_interrupt(0x080), Some(7));
        let retire = m.step(&Inputs { interrupt: Some(7), ..Inputs::default() });
        // MPP is U and MPIE what MIE was.
        assert_eq!((retire.mode, retire.intr, retire.mstatus), (3, true, mpie));
        assert_eq!(m.pending_interrupt(0x080), None);
    }
}

#[test]
fn mret_to_u_mode_clears_mprv_and_to_m_mode_keeps_it() {
    for (mpp, after) in [(0, 0), (MPP, MPRV)] {
        let program = [&asm::li(1, MPRV | mpp)[..], &[csrrw(0, MSTATUS, 1)], &to_user(2)].concat();
        let retire = nth(&mut machine_with(without_pmp(), &program), 7);
        assert_eq!(retire.mstatus, after | 0x80);
    }
}

/// With PMP and no entry U mode may do nothing; MPRV gives M mode's data accesses that privilege.
#[test]
fn mprv_changes_data_accesses_only() {
    for (mstatus, trap) in [(MPRV, true), (MPRV | MPP, false), (0, false)] {
        for (access, cause) in [
            (lw(3, 2, 0), 5),
            (sw(2, 0, 0), 7),
            (asm::lr(3, 2), 5),
            (asm::amo(0, 3, 2, 2), 7),
            (asm::sc(3, 2, 2), 7),
        ] {
            let program =
                [&asm::li(2, RAM_BASE)[..], &asm::li(1, mstatus), &[csrrw(0, MSTATUS, 1), access]];
            let retire = nth(&mut full(&program.concat()), 6);
            assert_eq!((retire.mode, retire.trap), (3, trap), "{mstatus:#x} {access:#x}");
            assert!(!trap || (retire.cause, retire.tval) == (cause, RAM_BASE));
        }
    }
    // The fetch after MRET with an empty PMP is denied.
    let mut m = full(&to_user(2));
    let retire = nth(&mut m, 5);
    assert_eq!((retire.mode, retire.cause, retire.tval), (0, 1, RAM_BASE + 16));
}

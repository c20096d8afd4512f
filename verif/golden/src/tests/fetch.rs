//! Fetches with C: addresses that are multiples of 2, instructions across words and pages, faults of
//! their second half.

use super::asm::{self, NOP, addi, jal, jalr, lw, s, sw};
use super::{HANDLER, RAM_BASE, RAM_BYTES, full, machine_with, nth, parcels, place, step};
use crate::{Inputs, Isa, Machine};

const C_NOP: u16 = 1;

/// A 32-bit instruction at RAM_BASE + 2, after a `c.nop`, then `c.nop`s.
fn straddling(instruction: u32) -> Machine {
    full(&parcels(&[C_NOP, instruction as u16, (instruction >> 16) as u16, C_NOP]))
}

#[test]
fn an_instruction_may_cross_a_word() {
    let mut m = straddling(addi(5, 0, 77));
    assert_eq!(step(&mut m).next_pc, RAM_BASE + 2);
    let retire = step(&mut m);
    assert_eq!((retire.pc, retire.insn, retire.rd_wdata), (RAM_BASE + 2, addi(5, 0, 77), 77));
    assert_eq!(retire.next_pc, RAM_BASE + 6);
    assert_eq!(step(&mut m).insn, u32::from(C_NOP));
}

#[test]
fn traps_of_it_save_its_address() {
    let mut m = straddling(asm::ECALL);
    nth(&mut m, 2);
    assert_eq!(m.csr(0x341), Some(RAM_BASE + 2));
    // jal +6 to an address that is not a multiple of 4 does not trap with C.
    let mut m = straddling(jal(1, 8));
    let retire = nth(&mut m, 2);
    assert_eq!(
        (retire.trap, retire.next_pc, retire.rd_wdata),
        (false, RAM_BASE + 10, RAM_BASE + 6)
    );
}

#[test]
fn without_c_jumps_to_odd_halfwords_trap_and_mepc_has_no_bit_1() {
    let without = Isa { c: false, ..Isa::full() };
    for (isa, mepc) in [(without, 0xffff_fffc), (Isa::full(), 0xffff_fffe)] {
        let program = [&[addi(1, 0, -1)][..], &[asm::csrrw(0, 0x341, 1)]].concat();
        let mut m = machine_with(isa, &program);
        assert_eq!(nth(&mut m, 2).csr, Some((0x341, mepc)));
    }
    let mut m = machine_with(without, &[asm::li(1, RAM_BASE), [jalr(2, 1, 7), NOP]].concat());
    let retire = nth(&mut m, 3);
    assert_eq!((retire.trap, retire.cause, retire.tval), (true, 0, RAM_BASE + 6));
    m.set_pc(RAM_BASE + 6);
    assert_eq!(m.pc(), RAM_BASE + 4);
}

/// The bus refuses the first word, the second word, or a second word that is not needed.
#[test]
fn a_fault_tells_the_half() {
    let fault = |address| Inputs { fetch_fault: Some(address), ..Inputs::default() };
    for half in [RAM_BASE + 2, RAM_BASE + 4] {
        let mut m = straddling(addi(5, 0, 77));
        step(&mut m);
        let retire = m.step(&fault(half));
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, 1, half));
        assert_eq!((retire.insn, retire.rd_addr, m.csr(0x341)), (0, 0, Some(RAM_BASE + 2)));
    }
    let mut m = full(&parcels(&[C_NOP, C_NOP, C_NOP, C_NOP]));
    step(&mut m);
    assert!(!m.step(&fault(RAM_BASE + 4)).trap);
    for other in [RAM_BASE + 2, RAM_BASE + 4] {
        assert!(!full(&[NOP, NOP]).step(&fault(other)).trap);
    }
}

#[test]
fn the_last_halfword_of_the_ram() {
    let end = RAM_BASE + RAM_BYTES;
    for (parcel, fault) in [(C_NOP, end), (0x0013, end)] {
        let mut m = full(&[]);
        place(&mut m, end - 4, &parcels(&[C_NOP, parcel]));
        m.set_pc(end - 2);
        let first = step(&mut m);
        let retire = if first.trap { first } else { step(&mut m) };
        assert_eq!(first.trap, parcel != C_NOP);
        assert_eq!((retire.cause, retire.tval), (1, fault));
    }
}

/// `addi x5, x5, 1` at `address`, executed, then each of its bytes overwritten by a store.
#[test]
fn stores_into_either_half_are_seen() {
    for address in [RAM_BASE + 0x202, RAM_BASE + 0xffe, RAM_BASE + 0x1ffc, RAM_BASE + 0x1ffe] {
        let new = addi(6, 6, 0x123).to_le_bytes();
        for (byte, &value) in new.iter().enumerate() {
            let target = address + byte as u32;
            let store =
                [asm::li(1, target), [addi(2, 0, i32::from(value)), s(0, 1, 2, 0)]].concat();
            let mut m = full(&store);
            let old = addi(5, 5, 1).to_le_bytes();
            m.write_memory(address, &old).unwrap();
            m.set_pc(address);
            assert_eq!(step(&mut m).rd_wdata, 1);
            m.set_pc(RAM_BASE);
            nth(&mut m, 4);
            m.set_pc(address);
            let mut expected = old;
            expected[byte] = value;
            assert_eq!(step(&mut m).insn, u32::from_le_bytes(expected), "{target:#x}");
        }
    }
}

/// The same by the loader, which forgets whole pages.
#[test]
fn the_loader_is_seen_across_a_page() {
    let mut m = full(&[]);
    m.write_memory(HANDLER - 2, &addi(5, 5, 1).to_le_bytes()).unwrap();
    m.set_pc(HANDLER - 2);
    step(&mut m);
    m.write_memory(HANDLER, &[0x72, 0x00]).unwrap();
    m.set_pc(HANDLER - 2);
    assert_eq!(step(&mut m).rd_wdata, 1 + 7);
}

#[test]
fn code_is_executed_at_any_even_address() {
    // A word read as one instruction at +0 and as another at +2.
    let word = u32::from_le_bytes([0x13, 0x00, 0x05, 0x45]); // ... / c.li x10, 1
    let mut m = full(&[word, lw(0, 0, 0), sw(0, 0, 0)]);
    step(&mut m);
    m.set_pc(RAM_BASE + 2);
    let retire = step(&mut m);
    assert_eq!((retire.insn, retire.rd_addr, retire.rd_wdata), (0x4505, 10, 1));
}

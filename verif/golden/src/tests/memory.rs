//! Loads, stores, the memory map, and fetches after stores.

use super::asm::{FENCE_I, NOP, addi, beq, load, lw, s, sw};
use super::{HANDLER, RAM_BASE, RAM_BYTES, machine, nth, place, step, with_operands, word};
use crate::{CLINT_BASE, Inputs, NPU_BASE};

const DATA: u32 = RAM_BASE + 0x2000;

/// Loads from a word that holds 0x83c2_8141: the record.
fn load_from(funct3: u32, offset: i32) -> crate::Retire {
    let mut m = machine(&[super::asm::li(1, DATA), [load(funct3, 3, 1, offset), NOP]].concat());
    place(&mut m, DATA, &[0x83c2_8141]);
    nth(&mut m, 3)
}

#[test]
fn loads_extend_and_report_their_lanes() {
    let cases: [(u32, i32, u32, u8, u32); 10] = [
        (2, 0, 0x83c2_8141, 0b1111, 0x83c2_8141),
        (0, 0, 0x0000_0041, 0b0001, 0x0000_0041),
        (0, 1, 0xffff_ff81, 0b0010, 0x0000_8100),
        (0, 2, 0xffff_ffc2, 0b0100, 0x00c2_0000),
        (0, 3, 0xffff_ff83, 0b1000, 0x8300_0000),
        (4, 1, 0x0000_0081, 0b0010, 0x0000_8100),
        (1, 0, 0xffff_8141, 0b0011, 0x0000_8141),
        (1, 2, 0xffff_83c2, 0b1100, 0x83c2_0000),
        (5, 0, 0x0000_8141, 0b0011, 0x0000_8141),
        (5, 2, 0x0000_83c2, 0b1100, 0x83c2_0000),
    ];
    for (funct3, offset, value, mask, lanes) in cases {
        let retire = load_from(funct3, offset);
        assert_eq!(retire.rd_wdata, value, "funct3 {funct3} offset {offset}");
        assert_eq!((retire.mem_addr, retire.mem_rmask, retire.mem_rdata), (DATA, mask, lanes));
        assert_eq!((retire.mem_wmask, retire.mem_wdata), (0, 0));
    }
}

#[test]
fn stores_touch_their_bytes_only() {
    let cases: [(u32, i32, u32, u8, u32); 7] = [
        (2, 0, 0x1234_56f8, 0b1111, 0x1234_56f8),
        (0, 0, 0xaaaa_aaf8, 0b0001, 0x0000_00f8),
        (0, 1, 0xaaaa_f8aa, 0b0010, 0x0000_f800),
        (0, 2, 0xaaf8_aaaa, 0b0100, 0x00f8_0000),
        (0, 3, 0xf8aa_aaaa, 0b1000, 0xf800_0000),
        (1, 0, 0xaaaa_56f8, 0b0011, 0x0000_56f8),
        (1, 2, 0x56f8_aaaa, 0b1100, 0x56f8_0000),
    ];
    for (funct3, offset, memory, mask, lanes) in cases {
        let program = [
            super::asm::li(1, DATA),
            super::asm::li(2, 0x1234_56f8),
            [s(funct3, 1, 2, offset), NOP],
        ];
        let mut m = machine(&program.concat());
        place(&mut m, DATA, &[0xaaaa_aaaa]);
        let retire = nth(&mut m, 5);
        assert_eq!(word(&m, DATA), memory, "funct3 {funct3} offset {offset}");
        assert_eq!((retire.mem_addr, retire.mem_wmask, retire.mem_wdata), (DATA, mask, lanes));
        assert_eq!((retire.rd_addr, retire.mem_rmask, retire.mem_rdata), (0, 0, 0));
    }
}

#[test]
fn misaligned_accesses_trap_and_do_nothing() {
    for (funct3, offset) in [(1, 1), (1, 3), (5, 1), (2, 1), (2, 2), (2, 3)] {
        let retire = with_operands(DATA, 0, load(funct3, 3, 1, offset));
        let want = (true, 4, DATA + offset as u32, 0, 0);
        assert_eq!(
            (retire.trap, retire.cause, retire.tval, retire.rd_addr, retire.mem_rmask),
            want
        );
    }
    for (funct3, offset) in [(1, 1), (1, 3), (2, 1), (2, 2), (2, 3)] {
        let retire = with_operands(DATA, 0, s(funct3, 1, 2, offset));
        let want = (true, 6, DATA + offset as u32, 0);
        assert_eq!((retire.trap, retire.cause, retire.tval, retire.mem_wmask), want);
    }
}

/// A misaligned access outside the map is misaligned first.
#[test]
fn access_faults() {
    let unmapped = [
        0,
        0x01ff_fffc,
        CLINT_BASE + 0x1_0000,
        CLINT_BASE + 4,
        NPU_BASE + 0x58,
        NPU_BASE + 0x1008,
        NPU_BASE + 0x2000,
        RAM_BASE - 4,
        RAM_BASE + RAM_BYTES,
        0xffff_fffc,
    ];
    for address in unmapped {
        let retire = with_operands(address, 0, lw(3, 1, 0));
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, 5, address), "{address:#x}");
        let retire = with_operands(address, 0, sw(1, 2, 0));
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, 7, address), "{address:#x}");
    }
    assert_eq!(with_operands(1, 0, lw(3, 1, 0)).cause, 4);
    assert_eq!(with_operands(1, 0, sw(1, 2, 0)).cause, 6);
}

#[test]
fn devices_take_words_only() {
    for address in [CLINT_BASE, NPU_BASE] {
        assert!(!with_operands(address, 0, lw(3, 1, 0)).trap);
        for funct3 in [0, 1, 4, 5] {
            assert_eq!(with_operands(address, 0, load(funct3, 3, 1, 0)).cause, 5);
        }
        for funct3 in [0, 1] {
            assert_eq!(with_operands(address, 0, s(funct3, 1, 2, 0)).cause, 7);
        }
    }
}

#[test]
fn injected_bus_errors_trap_precisely() {
    let fault = Inputs { data_fault: true, ..Inputs::default() };
    for (instruction, cause) in [(lw(3, 1, 4), 5), (sw(1, 1, 4), 7)] {
        let mut m = machine(&[super::asm::li(1, DATA), [instruction, NOP]].concat());
        nth(&mut m, 2);
        let retire = m.step(&fault);
        assert_eq!((retire.trap, retire.cause, retire.tval), (true, cause, DATA + 4));
        assert_eq!((retire.mem_rmask, retire.mem_wmask, retire.rd_addr), (0, 0, 0));
        assert_eq!(word(&m, DATA + 4), 0);
    }
    // An instruction without a data access does not notice.
    let mut m = machine(&[NOP]);
    assert!(!m.step(&fault).trap);
    let mut m = machine(&[NOP]);
    let retire = m.step(&Inputs { fetch_fault: Some(RAM_BASE), ..Inputs::default() });
    assert_eq!((retire.trap, retire.cause, retire.tval, retire.insn), (true, 1, RAM_BASE, 0));
}

#[test]
fn running_off_the_ram_faults_the_fetch() {
    let mut m = machine(&[]);
    let end = RAM_BASE + RAM_BYTES;
    place(&mut m, end - 4, &[NOP]);
    m.set_pc(end - 4);
    assert_eq!(step(&mut m).next_pc, end);
    let retire = step(&mut m);
    assert_eq!((retire.pc, retire.cause, retire.tval, retire.insn), (end, 1, end, 0));
}

#[test]
fn stores_change_instructions_that_ran_before() {
    // Runs `addi x5, x5, 1` at +24, overwrites it by a byte store with `addi x5, x5, 65`.
    let program = [
        super::asm::li(1, RAM_BASE + 27),
        [addi(2, 0, 4), beq(0, 0, 12)],
        [s(0, 1, 2, 0), FENCE_I],
        [addi(5, 5, 1), beq(0, 0, -12)],
    ];
    let mut m = machine(&program.concat());
    nth(&mut m, 8);
    assert_eq!(step(&mut m).rd_wdata, 1 + 65);
}

#[test]
fn reset_restores_zeros_and_forgets_code() {
    let mut m = machine(&[addi(1, 0, 7), super::asm::lui(2, DATA), sw(2, 1, 0)]);
    nth(&mut m, 3);
    assert_eq!(word(&m, DATA), 7);
    m.reset();
    assert_eq!(word(&m, DATA), 0);
    assert_eq!((m.pc(), m.registers()), (RAM_BASE, &[0; 32]));
    let retire = step(&mut m);
    assert_eq!((retire.insn, retire.cause), (0, 2));
}

#[test]
fn memory_access_is_bounded() {
    let mut m = machine(&[]);
    let error = m.write_memory(RAM_BASE + RAM_BYTES - 2, &[0; 4]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 bytes at 0x8000fffe are not in the RAM, 0x80000000..0x80010000"
    );
    assert!(m.read_memory(RAM_BASE - 1, 1).is_err());
    assert!(m.read_memory(0xffff_ffff, usize::MAX).is_err());
    assert!(m.write_memory(RAM_BASE + RAM_BYTES, &[]).is_ok());
    assert!(m.in_ram(HANDLER) && !m.in_ram(0) && !m.in_ram(RAM_BASE + RAM_BYTES));
}

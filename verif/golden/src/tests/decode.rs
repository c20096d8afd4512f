//! Fields and legality of 32-bit instructions; `tests/decode.rs` of this crate has every encoding.

use super::asm;
use crate::decode::{Decoded, Op};
use crate::isa::Isa;

fn decode(word: u32) -> Decoded {
    crate::decode(word, &Isa { m: true, ..Isa::default() })
}

#[test]
fn immediates_come_out_of_their_scattered_bits() {
    for imm in [-2048, -1, 0, 1, 2047] {
        assert_eq!(decode(asm::addi(1, 2, imm)).imm as i32, imm);
        assert_eq!(decode(asm::sw(1, 2, imm)).imm as i32, imm);
    }
    for offset in [-4096, -2048, -32, -2, 0, 2, 30, 32, 2046, 2048, 4094] {
        assert_eq!(decode(asm::beq(1, 2, offset)).imm as i32, offset);
    }
    for offset in [-1_048_576, -4096, -2048, -2, 2, 2046, 2048, 4094, 4096, 1_048_574] {
        assert_eq!(decode(asm::jal(1, offset)).imm as i32, offset);
    }
    assert_eq!(decode(asm::lui(1, 0xfedc_b000)).imm, 0xfedc_b000);
}

#[test]
fn register_fields() {
    let d = decode(asm::r(0x33, 0, 0x20, 31, 17, 9));
    assert_eq!((d.op, d.rd, d.rs1, d.rs2), (Op::Sub, 31, 17, 9));
}

/// Words whose legality an incomplete decoder gets wrong; the expectation is the manual's.
#[test]
fn legality_of_near_misses() {
    let legal = [0x0000_000f, 0xffff_8f8f, 0xffff_9f8f, 0x1050_0073, 0x4000_5013, 0x01f0_1013];
    let illegal = [
        0x0000_0000,
        0xffff_ffff,
        0x0000_0001, // compressed
        0x0000_200f, // misc-mem, funct3 2
        0x0000_1067, // jalr, funct3 1
        0x0000_2063, // branch, funct3 2
        0x0000_3003, // ld
        0x0000_6003, // lwu
        0x0000_3023, // sd
        0x0200_1013, // slli, shamt[5]
        0x0200_5013, // srli, shamt[5]
        0x4000_1013, // slli, funct7 0x20
        0x4000_1033, // sll, funct7 0x20
        0x0400_0033, // op, funct7 2
        0x0000_00f3, // ecall, rd 1
        0x1020_0073, // sret
        0x0020_0073, // uret
        0x3020_80f3, // mret, rd and rs1 not 0
        0x1205_0073, // sfence.vma
        0x0000_4073, // system, funct3 4
        0x1000_202f, // lr.w
    ];
    for word in legal {
        assert_ne!(decode(word).op, Op::Illegal, "{word:#010x}");
    }
    for word in illegal {
        assert_eq!(decode(word).op, Op::Illegal, "{word:#010x}");
    }
}

/// One instruction of every extension is there with its switch and only then.
#[test]
fn switches() {
    let none = Isa::default();
    let word = |funct7, funct3| asm::r(0x33, funct3, funct7, 3, 1, 2);
    let cases = [
        (Isa { m: true, ..none }, word(0x01, 4)),
        (Isa { zba: true, ..none }, word(0x10, 4)),
        (Isa { zbb: true, ..none }, word(0x05, 4)),
        (Isa { zbs: true, ..none }, word(0x24, 5)),
        (Isa { a: true, ..none }, asm::r(0x2f, 2, 0, 3, 1, 2)),
        (Isa { c: true, ..none }, 0x0001),
    ];
    for (isa, word) in cases {
        assert_ne!(crate::decode(word, &isa).op, Op::Illegal, "{word:#x}");
        for (other, _) in cases.iter().filter(|(other, _)| *other != isa) {
            assert_eq!(crate::decode(word, other).op, Op::Illegal, "{word:#x} with {other:?}");
        }
    }
}

//! 16-bit instructions: what each stands for. The encodings are written from the manual's tables of
//! scattered immediate bits, by a scatter function that knows nothing of the decoder's gathering.

use super::asm;
use crate::decode::Op;
use crate::isa::Isa;
use proptest::prelude::*;

fn decode(parcel: u16) -> (Op, u8, u8, u8, i32) {
    let d = crate::decode(u32::from(parcel), &Isa { c: true, ..Isa::default() });
    assert_eq!((d.word, d.length), (u32::from(parcel), 2));
    (d.op, d.rd, d.rs1, d.rs2, d.imm as i32)
}

/// The manual's notation: the immediate bits named in `layout`, first for bit `top` of the parcel and
/// so on downwards; 255 leaves a parcel bit alone.
fn scatter(imm: i32, top: u32, layout: &[u32]) -> u16 {
    let bits = layout.iter().enumerate().filter(|(_, bit)| **bit < 32);
    bits.fold(0, |parcel, (n, &bit)| parcel | ((imm >> bit & 1) as u16) << (top - n as u32))
}

fn funct3(funct3: u16, quadrant: u16) -> u16 {
    funct3 << 13 | quadrant
}

const SKIP: u32 = 255;
const CI: [u32; 11] = [5, SKIP, SKIP, SKIP, SKIP, SKIP, 4, 3, 2, 1, 0];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn loads_and_stores(rd in 0u16..8, rs1 in 0u16..8, offset in (0i32..32).prop_map(|n| 4 * n)) {
        let imm = scatter(offset, 12, &[5, 4, 3, SKIP, SKIP, SKIP, 2, 6]);
        let (high, low) = (8 + rs1 as u8, 8 + rd as u8);
        let fields = imm | rs1 << 7 | rd << 2;
        prop_assert_eq!(decode(funct3(2, 0) | fields), (Op::Lw, low, high, 0, offset));
        prop_assert_eq!(decode(funct3(6, 0) | fields), (Op::Sw, 0, high, low, offset));
    }

    #[test]
    fn stack_pointer_forms(rd in 1u16..32, rs2 in 0u16..32, n in 0i32..64) {
        let load = funct3(2, 2) | rd << 7 | scatter(4 * n, 12, &[5, SKIP, SKIP, SKIP, SKIP, SKIP, 4, 3, 2, 7, 6]);
        prop_assert_eq!(decode(load), (Op::Lw, rd as u8, 2, 0, 4 * n));
        let store = funct3(6, 2) | rs2 << 2 | scatter(4 * n, 12, &[5, 4, 3, 2, 7, 6]);
        prop_assert_eq!(decode(store), (Op::Sw, 0, 2, rs2 as u8, 4 * n));
    }

    #[test]
    fn stack_arithmetic(rd in 0u16..8, up in 1i32..256, adjust in (-32i32..32).prop_filter("reserved", |&n| n != 0)) {
        let imm = scatter(4 * up, 12, &[5, 4, 9, 8, 7, 6, 2, 3]);
        prop_assert_eq!(decode(funct3(0, 0) | imm | rd << 2), (Op::Addi, 8 + rd as u8, 2, 0, 4 * up));
        let imm = scatter(16 * adjust, 12, &[9, SKIP, SKIP, SKIP, SKIP, SKIP, 4, 6, 8, 7, 5]);
        prop_assert_eq!(decode(funct3(3, 1) | imm | 2 << 7), (Op::Addi, 2, 2, 0, 16 * adjust));
    }

    /// Hints, with rd = x0 or an immediate of 0, are decoded like the others.
    #[test]
    fn immediates(rd in 0u16..32, imm in -32i32..32) {
        let fields = rd << 7 | scatter(imm, 12, &CI);
        let r = rd as u8;
        prop_assert_eq!(decode(funct3(0, 1) | fields), (Op::Addi, r, r, 0, imm));
        prop_assert_eq!(decode(funct3(2, 1) | fields), (Op::Addi, r, 0, 0, imm));
        if rd != 2 && imm != 0 {
            prop_assert_eq!(decode(funct3(3, 1) | fields), (Op::Lui, r, 0, 0, imm << 12));
        }
    }

    #[test]
    fn shifts(rd in 0u16..32, amount in 0i32..32) {
        let imm = scatter(amount, 12, &CI);
        let (r, short) = (rd as u8, 8 + (rd & 7) as u8);
        let fields = funct3(4, 1) | (rd & 7) << 7 | imm;
        prop_assert_eq!(decode(funct3(0, 2) | rd << 7 | imm), (Op::Slli, r, r, 0, amount));
        prop_assert_eq!(decode(fields), (Op::Srli, short, short, 0, amount));
        prop_assert_eq!(decode(fields | 1 << 10), (Op::Srai, short, short, 0, amount));
    }

    #[test]
    fn jumps_and_branches(jump in (-1024i32..1024).prop_map(|n| 2 * n), branch in (-128i32..128).prop_map(|n| 2 * n), rs1 in 0u16..8) {
        let imm = scatter(jump, 12, &[11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5]);
        prop_assert_eq!(decode(funct3(1, 1) | imm), (Op::Jal, 1, 0, 0, jump));
        prop_assert_eq!(decode(funct3(5, 1) | imm), (Op::Jal, 0, 0, 0, jump));
        let imm = scatter(branch, 12, &[8, 4, 3, SKIP, SKIP, SKIP, 7, 6, 2, 1, 5]) | rs1 << 7;
        let r = 8 + rs1 as u8;
        prop_assert_eq!(decode(funct3(6, 1) | imm), (Op::Beq, 0, r, 0, branch));
        prop_assert_eq!(decode(funct3(7, 1) | imm), (Op::Bne, 0, r, 0, branch));
    }
}

#[test]
fn register_forms() {
    let operations = [(0, Op::Sub), (1, Op::Xor), (2, Op::Or), (3, Op::And)];
    for (funct2, op) in operations {
        let parcel = 0x8c01 | funct2 << 5 | 3 << 7 | 6 << 2;
        assert_eq!(decode(parcel), (op, 11, 11, 14, 0));
        // subw, addw and reserved.
        assert_eq!(decode(parcel | 1 << 12).0, Op::Illegal);
    }
    assert_eq!(decode(0x8082), (Op::Jalr, 0, 1, 0, 0)); // c.jr ra
    assert_eq!(decode(0x9382), (Op::Jalr, 1, 7, 0, 0)); // c.jalr x7
    assert_eq!(decode(0x83a2), (Op::Add, 7, 0, 8, 0)); // c.mv x7, x8
    assert_eq!(decode(0x93a2), (Op::Add, 7, 7, 8, 0)); // c.add x7, x8
    assert_eq!(decode(0x9002).0, Op::Ebreak);
    assert_eq!(decode(0x9882 | 0x7c), (Op::Add, 17, 17, 31, 0));
    assert_eq!(decode(0x9bfd), (Op::Andi, 15, 15, 0, -1)); // c.andi x15, -1
}

#[test]
fn reserved_encodings_are_illegal() {
    let reserved = [
        0x0000, // all zeros
        0x0004, // c.addi4spn x9, 0
        0x6081, // c.lui x1, 0
        0x6101, // c.addi16sp 0
        0x8002, // c.jr x0
        0x4002, // c.lwsp x0
        0x1082, // c.slli, shamt[5]
        0x9001, // c.srli, shamt[5]
        0x9401, // c.srai, shamt[5]
        0x8000, // reserved in quadrant 0
        0x2000, 0x6000, 0xa000, 0xe000, // loads and stores of F and D
        0x2002, 0x6002, 0xa002, 0xe002,
    ];
    for parcel in reserved {
        assert_eq!(decode(parcel).0, Op::Illegal, "{parcel:#06x}");
        let retire = super::full_with_operands(0, 0, 0xffff_0000 | u32::from(parcel));
        assert_eq!((retire.cause, retire.tval), (2, u32::from(parcel)));
        assert_eq!(retire.insn, u32::from(parcel));
    }
}

#[test]
fn links_and_breakpoints_know_the_length() {
    // c.jalr x1 at +16, with x1 odd.
    let program = [&asm::li(1, 0x8000_0101)[..], &asm::li(2, 0), &[0x9082]].concat();
    let retire = super::nth(&mut super::full(&program), 5);
    assert_eq!((retire.next_pc, retire.rd_wdata), (0x8000_0100, 0x8000_0012));
    let retire = super::full_with_operands(0, 0, 0x9002);
    assert_eq!((retire.cause, retire.tval, retire.insn), (3, 0x8000_0010, 0x9002));
    // c.beqz x8, +6; x8 is 0.
    let retire = super::full_with_operands(0, 0, 0xc019);
    assert_eq!(retire.next_pc, 0x8000_0016);
}

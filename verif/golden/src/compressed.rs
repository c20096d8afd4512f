//! Decode of 16-bit instructions: C without F and D for RV32 (unprivileged manual chapter 27, the
//! instruction listings of 27.8). Each becomes the 32-bit instruction that it stands for.

use crate::decode::{Decoded, Op};

/// x1, the link register.
const RA: u8 = 1;
/// x2, the stack pointer.
const SP: u8 = 2;

/// Decodes a parcel whose low two bits are not 11. Reserved encodings and those of other widths and
/// of F and D are illegal; hints are the instructions that they look like, with rd = x0.
pub(crate) fn decode(parcel: u16) -> Decoded {
    let word = u32::from(parcel);
    let (op, rd, rs1, rs2, imm) = match (word & 3, word >> 13) {
        (0, funct3) => quadrant_0(word, funct3),
        (1, funct3) => quadrant_1(word, funct3),
        (_, funct3) => quadrant_2(word, funct3),
    }
    .unwrap_or((Op::Illegal, 0, 0, 0, 0));
    Decoded { op, rd, rs1, rs2, imm, word, length: 2 }
}

/// Operation, rd, rs1, rs2, immediate.
type Fields = (Op, u8, u8, u8, u32);

fn quadrant_0(word: u32, funct3: u32) -> Option<Fields> {
    let (low, high) = (short_register(word, 2), short_register(word, 7));
    match funct3 {
        // c.addi4spn; an immediate of 0 is reserved, the zero parcel among it.
        0b000 => {
            let imm =
                field(word, 12, 11, 4) | field(word, 10, 7, 6) | bit(word, 6, 2) | bit(word, 5, 3);
            (imm != 0).then_some((Op::Addi, low, SP, 0, imm))
        }
        0b010 => Some((Op::Lw, low, high, 0, word_offset(word))),
        0b110 => Some((Op::Sw, 0, high, low, word_offset(word))),
        _ => None,
    }
}

fn quadrant_1(word: u32, funct3: u32) -> Option<Fields> {
    let rd = register(word, 7);
    let imm = immediate_6(word);
    match funct3 {
        0b000 => Some((Op::Addi, rd, rd, 0, imm)),
        0b001 => Some((Op::Jal, RA, 0, 0, jump_offset(word))),
        0b010 => Some((Op::Addi, rd, 0, 0, imm)),
        // An immediate of 0 is reserved in both.
        0b011 if imm == 0 => None,
        0b011 if rd == SP => Some((Op::Addi, SP, SP, 0, stack_adjustment(word))),
        0b011 => Some((Op::Lui, rd, 0, 0, imm << 12)),
        0b100 => register_operation(word),
        0b101 => Some((Op::Jal, 0, 0, 0, jump_offset(word))),
        0b110 => Some((Op::Beq, 0, short_register(word, 7), 0, branch_offset(word))),
        _ => Some((Op::Bne, 0, short_register(word, 7), 0, branch_offset(word))),
    }
}

/// `c.srli` to `c.and`. In RV32 bit 12 is reserved in shifts and in register operations.
fn register_operation(word: u32) -> Option<Fields> {
    let rd = short_register(word, 7);
    let rs2 = short_register(word, 2);
    let narrow = word >> 12 & 1 == 0;
    let shift_amount = word >> 2 & 31;
    match (word >> 10 & 3, word >> 5 & 3) {
        (0, _) if narrow => Some((Op::Srli, rd, rd, 0, shift_amount)),
        (1, _) if narrow => Some((Op::Srai, rd, rd, 0, shift_amount)),
        (2, _) => Some((Op::Andi, rd, rd, 0, immediate_6(word))),
        (3, 0) if narrow => Some((Op::Sub, rd, rd, rs2, 0)),
        (3, 1) if narrow => Some((Op::Xor, rd, rd, rs2, 0)),
        (3, 2) if narrow => Some((Op::Or, rd, rd, rs2, 0)),
        (3, 3) if narrow => Some((Op::And, rd, rd, rs2, 0)),
        _ => None,
    }
}

fn quadrant_2(word: u32, funct3: u32) -> Option<Fields> {
    let (rd, rs2) = (register(word, 7), register(word, 2));
    let bit_12 = word >> 12 & 1;
    match funct3 {
        0b000 if bit_12 == 0 => Some((Op::Slli, rd, rd, 0, word >> 2 & 31)),
        0b010 if rd != 0 => {
            let offset = bit(word, 12, 5) | field(word, 6, 4, 2) | field(word, 3, 2, 6);
            Some((Op::Lw, rd, SP, 0, offset))
        }
        0b100 => match (bit_12, rd, rs2) {
            (0, 0, 0) => None,
            (0, _, 0) => Some((Op::Jalr, 0, rd, 0, 0)),
            (0, _, _) => Some((Op::Add, rd, 0, rs2, 0)),
            (_, 0, 0) => Some((Op::Ebreak, 0, 0, 0, 0)),
            (_, _, 0) => Some((Op::Jalr, RA, rd, 0, 0)),
            _ => Some((Op::Add, rd, rd, rs2, 0)),
        },
        0b110 => {
            let offset = field(word, 12, 9, 2) | field(word, 8, 7, 6);
            Some((Op::Sw, 0, SP, rs2, offset))
        }
        _ => None,
    }
}

/// Bits `high` to `low` of the word, moved so that the lowest has weight 2^`weight`.
fn field(word: u32, high: u32, low: u32, weight: u32) -> u32 {
    (word >> low & ((1 << (high - low + 1)) - 1)) << weight
}

/// Bit `position` of the word with weight 2^`weight`.
fn bit(word: u32, position: u32, weight: u32) -> u32 {
    field(word, position, position, weight)
}

/// Extends the sign from bit `sign`.
fn extend(value: u32, sign: u32) -> u32 {
    let up = 31 - sign;
    ((value << up) as i32 >> up) as u32
}

fn register(word: u32, low: u32) -> u8 {
    (word >> low & 31) as u8
}

/// A three-bit register field: x8 to x15.
fn short_register(word: u32, low: u32) -> u8 {
    8 + (word >> low & 7) as u8
}

/// imm\[5\] in bit 12, imm\[4:0\] in bits 6:2, signed.
fn immediate_6(word: u32) -> u32 {
    extend(bit(word, 12, 5) | field(word, 6, 2, 0), 5)
}

/// `c.lw`, `c.sw`: uimm\[5:3\] in bits 12:10, uimm\[2\] in bit 6, uimm\[6\] in bit 5.
fn word_offset(word: u32) -> u32 {
    field(word, 12, 10, 3) | bit(word, 6, 2) | bit(word, 5, 6)
}

/// `c.addi16sp`: nzimm\[9\] in bit 12, nzimm\[4|6|8:7|5\] in bits 6:2.
fn stack_adjustment(word: u32) -> u32 {
    let high = bit(word, 12, 9) | field(word, 4, 3, 7);
    extend(high | bit(word, 6, 4) | bit(word, 5, 6) | bit(word, 2, 5), 9)
}

/// `c.j`, `c.jal`: imm\[11|4|9:8|10|6|7|3:1|5\] in bits 12:2.
fn jump_offset(word: u32) -> u32 {
    let high = bit(word, 12, 11) | bit(word, 8, 10) | field(word, 10, 9, 8) | bit(word, 6, 7);
    let low = bit(word, 7, 6) | bit(word, 2, 5) | bit(word, 11, 4) | field(word, 5, 3, 1);
    extend(high | low, 11)
}

/// `c.beqz`, `c.bnez`: imm\[8|4:3\] in bits 12:10, imm\[7:6|2:1|5\] in bits 6:2.
fn branch_offset(word: u32) -> u32 {
    let high = bit(word, 12, 8) | field(word, 6, 5, 6) | bit(word, 2, 5);
    extend(high | field(word, 11, 10, 3) | field(word, 4, 3, 1), 8)
}

//! Instruction decode: RV32I (unprivileged manual chapter 2), M (chapter 13), Zicsr (chapter 6),
//! Zifencei (chapter 5) and the M-mode system instructions (privileged manual chapter 3.3).

/// What an instruction does. `Illegal` stands for every word without a meaning.
#[expect(missing_docs, reason = "the variants are the mnemonics of the manual")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[rustfmt::skip]
pub enum Op {
    /// Not looked at yet: an empty slot of the decoded-instruction cache, never a decode result.
    Undecoded,
    Illegal,
    Lui, Auipc, Jal, Jalr,
    Beq, Bne, Blt, Bge, Bltu, Bgeu,
    Lb, Lh, Lw, Lbu, Lhu, Sb, Sh, Sw,
    Addi, Slti, Sltiu, Xori, Ori, Andi, Slli, Srli, Srai,
    Add, Sub, Sll, Slt, Sltu, Xor, Srl, Sra, Or, And,
    Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu,
    Fence, FenceI, Ecall, Ebreak, Mret, Wfi,
    Csrrw, Csrrs, Csrrc, Csrrwi, Csrrsi, Csrrci,
}

/// One decoded instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// What it does.
    pub op: Op,
    /// Destination register, bits 11:7.
    pub rd: u8,
    /// First source register, bits 19:15; the immediate `uimm` of `csrr*i`.
    pub rs1: u8,
    /// Second source register, bits 24:20.
    pub rs2: u8,
    /// Sign-extended immediate; shift amount; CSR number (zero-extended) of `csrr*`.
    pub imm: u32,
    /// The instruction word.
    pub word: u32,
}

impl Decoded {
    /// An empty slot of the decoded-instruction cache.
    pub(crate) const EMPTY: Self =
        Self { op: Op::Undecoded, rd: 0, rs1: 0, rs2: 0, imm: 0, word: 0 };
}

/// Decodes one 32-bit word. A word with low bits other than 11 (compressed) is illegal.
pub fn decode(word: u32) -> Decoded {
    let (op, imm) = match word & 0x7f {
        0x37 => (Op::Lui, word & 0xffff_f000),
        0x17 => (Op::Auipc, word & 0xffff_f000),
        0x6f => (Op::Jal, immediate_j(word)),
        0x67 if funct3(word) == 0 => (Op::Jalr, immediate_i(word)),
        0x63 => (branch(word), immediate_b(word)),
        0x03 => (load(word), immediate_i(word)),
        0x23 => (store(word), immediate_s(word)),
        0x13 => op_imm(word),
        0x33 => (register_register(word), 0),
        0x0f => (misc_mem(word), 0),
        0x73 => (system(word), word >> 20),
        _ => (Op::Illegal, 0),
    };
    Decoded {
        op,
        rd: (word >> 7 & 31) as u8,
        rs1: (word >> 15 & 31) as u8,
        rs2: (word >> 20 & 31) as u8,
        imm,
        word,
    }
}

fn funct3(word: u32) -> u32 {
    word >> 12 & 7
}

fn funct7(word: u32) -> u32 {
    word >> 25
}

fn immediate_i(word: u32) -> u32 {
    (word as i32 >> 20) as u32
}

fn immediate_s(word: u32) -> u32 {
    (word as i32 >> 20) as u32 & !31 | word >> 7 & 31
}

/// Bits 12, 11, 10:5 and 4:1 of the immediate are in bits 31, 7, 30:25 and 11:8 of the word.
fn immediate_b(word: u32) -> u32 {
    (word as i32 >> 19) as u32 & !0xfff
        | (word >> 7 & 1) << 11
        | (word >> 25 & 0x3f) << 5
        | (word >> 8 & 0xf) << 1
}

/// Bits 20, 19:12, 11 and 10:1 of the immediate are in bits 31, 19:12, 20 and 30:21 of the word.
fn immediate_j(word: u32) -> u32 {
    (word as i32 >> 11) as u32 & !0xf_ffff
        | word & 0xf_f000
        | (word >> 20 & 1) << 11
        | (word >> 21 & 0x3ff) << 1
}

fn branch(word: u32) -> Op {
    match funct3(word) {
        0 => Op::Beq,
        1 => Op::Bne,
        4 => Op::Blt,
        5 => Op::Bge,
        6 => Op::Bltu,
        7 => Op::Bgeu,
        _ => Op::Illegal,
    }
}

fn load(word: u32) -> Op {
    match funct3(word) {
        0 => Op::Lb,
        1 => Op::Lh,
        2 => Op::Lw,
        4 => Op::Lbu,
        5 => Op::Lhu,
        _ => Op::Illegal,
    }
}

fn store(word: u32) -> Op {
    match funct3(word) {
        0 => Op::Sb,
        1 => Op::Sh,
        2 => Op::Sw,
        _ => Op::Illegal,
    }
}

fn op_imm(word: u32) -> (Op, u32) {
    let shift_amount = word >> 20 & 31;
    match (funct3(word), funct7(word)) {
        (0, _) => (Op::Addi, immediate_i(word)),
        (1, 0x00) => (Op::Slli, shift_amount),
        (2, _) => (Op::Slti, immediate_i(word)),
        (3, _) => (Op::Sltiu, immediate_i(word)),
        (4, _) => (Op::Xori, immediate_i(word)),
        (5, 0x00) => (Op::Srli, shift_amount),
        (5, 0x20) => (Op::Srai, shift_amount),
        (6, _) => (Op::Ori, immediate_i(word)),
        (7, _) => (Op::Andi, immediate_i(word)),
        _ => (Op::Illegal, 0),
    }
}

fn register_register(word: u32) -> Op {
    match (funct7(word), funct3(word)) {
        (0x00, 0) => Op::Add,
        (0x00, 1) => Op::Sll,
        (0x00, 2) => Op::Slt,
        (0x00, 3) => Op::Sltu,
        (0x00, 4) => Op::Xor,
        (0x00, 5) => Op::Srl,
        (0x00, 6) => Op::Or,
        (0x00, 7) => Op::And,
        (0x20, 0) => Op::Sub,
        (0x20, 5) => Op::Sra,
        (0x01, 0) => Op::Mul,
        (0x01, 1) => Op::Mulh,
        (0x01, 2) => Op::Mulhsu,
        (0x01, 3) => Op::Mulhu,
        (0x01, 4) => Op::Div,
        (0x01, 5) => Op::Divu,
        (0x01, 6) => Op::Rem,
        (0x01, 7) => Op::Remu,
        _ => Op::Illegal,
    }
}

/// The reserved fields of `fence` and `fence.i` are ignored, as the manual asks of
/// implementations.
fn misc_mem(word: u32) -> Op {
    match funct3(word) {
        0 => Op::Fence,
        1 => Op::FenceI,
        _ => Op::Illegal,
    }
}

fn system(word: u32) -> Op {
    match funct3(word) {
        0 => match word {
            0x0000_0073 => Op::Ecall,
            0x0010_0073 => Op::Ebreak,
            0x3020_0073 => Op::Mret,
            0x1050_0073 => Op::Wfi,
            _ => Op::Illegal,
        },
        1 => Op::Csrrw,
        2 => Op::Csrrs,
        3 => Op::Csrrc,
        5 => Op::Csrrwi,
        6 => Op::Csrrsi,
        7 => Op::Csrrci,
        _ => Op::Illegal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::asm;

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
}

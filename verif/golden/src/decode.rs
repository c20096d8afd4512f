//! Decode of 32-bit instructions: RV32I (unprivileged manual chapter 2), M (chapter 13), A (chapter
//! 14), Zba, Zbb and Zbs (chapter 30), Zicsr (chapter 6), Zifencei (chapter 5) and the M-mode system
//! instructions (privileged manual chapter 3.3).

use crate::compressed;
use crate::isa::Isa;

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
    Sh1add, Sh2add, Sh3add,
    Andn, Orn, Xnor, Clz, Ctz, Cpop, Max, Maxu, Min, Minu, SextB, SextH, ZextH,
    Rol, Ror, Rori, OrcB, Rev8,
    Bclr, Bclri, Bext, Bexti, Binv, Binvi, Bset, Bseti,
    Mul, Mulh, Mulhsu, Mulhu, Div, Divu, Rem, Remu,
    Fence, FenceI, Ecall, Ebreak, Mret, Wfi,
    Csrrw, Csrrs, Csrrc, Csrrwi, Csrrsi, Csrrci,
    Lr, Sc,
    Amoswap, Amoadd, Amoxor, Amoand, Amoor, Amomin, Amomax, Amominu, Amomaxu,
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
    /// The instruction word; a 16-bit one zero-extended.
    pub word: u32,
    /// Bytes of the instruction, 2 or 4.
    pub length: u8,
}

impl Decoded {
    /// An empty slot of the decoded-instruction cache.
    pub(crate) const EMPTY: Self =
        Self { op: Op::Undecoded, rd: 0, rs1: 0, rs2: 0, imm: 0, word: 0, length: 4 };
}

/// Whether the instruction that begins with these 16 bits has only these.
pub(crate) fn is_compressed(parcel: u16, isa: &Isa) -> bool {
    isa.c && parcel & 3 != 3
}

/// Decodes the instruction at the beginning of a word. Without C every instruction is a whole word,
/// and one whose low bits are not 11 is illegal.
pub fn decode(word: u32, isa: &Isa) -> Decoded {
    if is_compressed(word as u16, isa) {
        return compressed::decode(word as u16);
    }
    let (op, imm) = match word & 0x7f {
        0x37 => (Op::Lui, word & 0xffff_f000),
        0x17 => (Op::Auipc, word & 0xffff_f000),
        0x6f => (Op::Jal, immediate_j(word)),
        0x67 if funct3(word) == 0 => (Op::Jalr, immediate_i(word)),
        0x63 => (branch(word), immediate_b(word)),
        0x03 => (load(word), immediate_i(word)),
        0x23 => (store(word), immediate_s(word)),
        0x13 => op_imm(word, isa),
        0x33 => (register_register(word, isa), 0),
        0x2f if isa.a => (atomic(word), 0),
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
        length: 4,
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

fn op_imm(word: u32, isa: &Isa) -> (Op, u32) {
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
        _ => (bit_immediate(word, isa), shift_amount),
    }
}

/// The instructions of Zbb and Zbs in the opcode OP-IMM; the unary ones have their rs2 field fixed.
fn bit_immediate(word: u32, isa: &Isa) -> Op {
    match (funct7(word), funct3(word), word >> 20 & 31) {
        (0x30, 1, 0) if isa.zbb => Op::Clz,
        (0x30, 1, 1) if isa.zbb => Op::Ctz,
        (0x30, 1, 2) if isa.zbb => Op::Cpop,
        (0x30, 1, 4) if isa.zbb => Op::SextB,
        (0x30, 1, 5) if isa.zbb => Op::SextH,
        (0x30, 5, _) if isa.zbb => Op::Rori,
        (0x14, 5, 7) if isa.zbb => Op::OrcB,
        (0x34, 5, 24) if isa.zbb => Op::Rev8,
        (0x24, 1, _) if isa.zbs => Op::Bclri,
        (0x24, 5, _) if isa.zbs => Op::Bexti,
        (0x34, 1, _) if isa.zbs => Op::Binvi,
        (0x14, 1, _) if isa.zbs => Op::Bseti,
        _ => Op::Illegal,
    }
}

fn register_register(word: u32, isa: &Isa) -> Op {
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
        (0x01, _) if isa.m => multiply(word),
        _ => bit_register(word, isa),
    }
}

fn multiply(word: u32) -> Op {
    match funct3(word) {
        0 => Op::Mul,
        1 => Op::Mulh,
        2 => Op::Mulhsu,
        3 => Op::Mulhu,
        4 => Op::Div,
        5 => Op::Divu,
        6 => Op::Rem,
        _ => Op::Remu,
    }
}

/// The instructions of Zba, Zbb and Zbs in the opcode OP.
fn bit_register(word: u32, isa: &Isa) -> Op {
    match (funct7(word), funct3(word)) {
        (0x10, 2) if isa.zba => Op::Sh1add,
        (0x10, 4) if isa.zba => Op::Sh2add,
        (0x10, 6) if isa.zba => Op::Sh3add,
        (0x20, 4) if isa.zbb => Op::Xnor,
        (0x20, 6) if isa.zbb => Op::Orn,
        (0x20, 7) if isa.zbb => Op::Andn,
        (0x05, 4) if isa.zbb => Op::Min,
        (0x05, 5) if isa.zbb => Op::Minu,
        (0x05, 6) if isa.zbb => Op::Max,
        (0x05, 7) if isa.zbb => Op::Maxu,
        (0x30, 1) if isa.zbb => Op::Rol,
        (0x30, 5) if isa.zbb => Op::Ror,
        (0x04, 4) if isa.zbb && word >> 20 & 31 == 0 => Op::ZextH,
        (0x24, 1) if isa.zbs => Op::Bclr,
        (0x24, 5) if isa.zbs => Op::Bext,
        (0x34, 1) if isa.zbs => Op::Binv,
        (0x14, 1) if isa.zbs => Op::Bset,
        _ => Op::Illegal,
    }
}

/// LR, SC and AMOs on words. aq and rl, bits 26:25, change nothing here.
fn atomic(word: u32) -> Op {
    match (funct3(word), word >> 27) {
        (2, 0x00) => Op::Amoadd,
        (2, 0x01) => Op::Amoswap,
        (2, 0x02) if word >> 20 & 31 == 0 => Op::Lr,
        (2, 0x03) => Op::Sc,
        (2, 0x04) => Op::Amoxor,
        (2, 0x08) => Op::Amoor,
        (2, 0x0c) => Op::Amoand,
        (2, 0x10) => Op::Amomin,
        (2, 0x14) => Op::Amomax,
        (2, 0x18) => Op::Amominu,
        (2, 0x1c) => Op::Amomaxu,
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

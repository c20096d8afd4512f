//! Words to instructions, for disassembly.

use crate::encode::{
    AMO, AUIPC, BRANCH, JAL, JALR, LOAD, LUI, MISC_MEM, OP, OP_IMM, STORE, SYSTEM,
};
use crate::instruction::{
    AtomicOp, BranchOp, CsrOp, CsrSource, ImmediateOp, Instruction, LoadOp, MemoryOrder,
    RegisterOp, StoreOp, UnaryOp,
};
use crate::{Compressed, Csr, Register};

impl Instruction {
    /// The instruction that `word` encodes, if we know it: a 16-bit one when the two lowest bits say
    /// so, whatever the upper half. Never [`Instruction::Raw`] or [`Instruction::RawParcel`].
    pub fn decode(word: u32) -> Option<Self> {
        if word & 3 != 3 {
            return Compressed::decode(word as u16).map(Self::Compressed);
        }
        let rd = Register::new((word >> 7) as u8);
        let rs1 = Register::new((word >> 15) as u8);
        let rs2 = Register::new((word >> 20) as u8);
        let funct3 = word >> 12 & 7;
        let funct7 = word >> 25;
        let imm = word as i32 >> 20;
        if let Some(op) = find(UnaryOp::ALL, |op| op.code() == (word & 0x7f, word >> 20, funct3)) {
            return Some(Self::Unary { op, rd, rs1 });
        }
        Some(match word & 0x7f {
            AMO if funct3 == 2 => return atomic(word, rd, rs1, rs2),
            OP => {
                let op = find(RegisterOp::ALL, |op| op.functs() == (funct7, funct3))?;
                Self::Register { op, rd, rs1, rs2 }
            }
            OP_IMM => {
                let op = find(ImmediateOp::ALL, |op| {
                    let (upper, f3) = op.functs();
                    f3 == funct3 && (!op.is_shift() || upper == funct7)
                })?;
                Self::Immediate { op, rd, rs1, imm: if op.is_shift() { imm & 31 } else { imm } }
            }
            LUI => Self::Lui { rd, imm: word & 0xffff_f000 },
            AUIPC => Self::Auipc { rd, imm: word & 0xffff_f000 },
            LOAD => {
                let op = find(LoadOp::ALL, |op| op.funct3() == funct3)?;
                Self::Load { op, rd, rs1, offset: imm }
            }
            STORE => {
                let op = find(StoreOp::ALL, |op| op.funct3() == funct3)?;
                Self::Store { op, rs2, rs1, offset: imm & !31 | (word >> 7 & 31) as i32 }
            }
            BRANCH => {
                let op = find(BranchOp::ALL, |op| op.funct3() == funct3)?;
                Self::Branch { op, rs1, rs2, offset: branch_offset(word) }
            }
            JAL => Self::Jal { rd, offset: jal_offset(word) },
            JALR if funct3 == 0 => Self::Jalr { rd, rs1, offset: imm },
            MISC_MEM if word & 0x000f_ff80 == 0 => Self::Fence { bits: (word >> 20) as u16 },
            MISC_MEM if word == Self::FenceI.encode() => Self::FenceI,
            SYSTEM => return system(word, rd, rs1, funct3),
            _ => return None,
        })
    }
}

fn atomic(word: u32, rd: Register, rs1: Register, rs2: Register) -> Option<Instruction> {
    let op = find(AtomicOp::ALL, |op| op.funct5() == word >> 27)?;
    let order = MemoryOrder { acquire: word >> 26 & 1 == 1, release: word >> 25 & 1 == 1 };
    let legal = op != AtomicOp::LoadReserved || rs2 == Register::ZERO;
    legal.then_some(Instruction::Atomic { op, rd, rs1, rs2, order })
}

fn system(word: u32, rd: Register, rs1: Register, funct3: u32) -> Option<Instruction> {
    if funct3 == 0 {
        let plain = [Instruction::Ecall, Instruction::Ebreak, Instruction::Mret, Instruction::Wfi];
        return find(&plain, |instruction| instruction.encode() == word);
    }
    let op = find(CsrOp::ALL, |op| op.funct3() == funct3 & 3)?;
    let source =
        if funct3 & 4 == 0 { CsrSource::Register(rs1) } else { CsrSource::Immediate(rs1.number()) };
    Some(Instruction::Csr { op, rd, csr: Csr((word >> 20) as u16), source })
}

fn branch_offset(word: u32) -> i32 {
    let sign = word as i32 >> 31 << 12;
    sign | ((word >> 7 & 1) << 11 | (word >> 25 & 63) << 5 | (word >> 8 & 15) << 1) as i32
}

fn jal_offset(word: u32) -> i32 {
    let sign = word as i32 >> 31 << 20;
    sign | (word & 0xff000 | (word >> 20 & 1) << 11 | (word >> 21 & 0x3ff) << 1) as i32
}

fn find<T: Copy>(all: &[T], matches: impl Fn(T) -> bool) -> Option<T> {
    all.iter().copied().find(|&candidate| matches(candidate))
}

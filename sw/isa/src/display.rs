//! Assembly text, in the form that the GNU assembler reads.

use std::fmt;

use crate::instruction::{AtomicOp, CsrSource, Instruction};

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Register { op, rd, rs1, rs2 } => {
                write!(f, "{} {rd}, {rs1}, {rs2}", op.mnemonic())
            }
            Self::Immediate { op, rd, rs1, imm } => {
                write!(f, "{} {rd}, {rs1}, {imm}", op.mnemonic())
            }
            Self::Unary { op, rd, rs1 } => write!(f, "{} {rd}, {rs1}", op.mnemonic()),
            Self::Atomic { op: AtomicOp::LoadReserved, rd, rs1, order, .. } => {
                write!(f, "lr.w{} {rd}, ({rs1})", order.suffix())
            }
            Self::Atomic { op, rd, rs1, rs2, order } => {
                write!(f, "{}{} {rd}, {rs2}, ({rs1})", op.mnemonic(), order.suffix())
            }
            Self::Lui { rd, imm } => write!(f, "lui {rd}, 0x{:x}", imm >> 12),
            Self::Auipc { rd, imm } => write!(f, "auipc {rd}, 0x{:x}", imm >> 12),
            Self::Load { op, rd, rs1, offset } => {
                write!(f, "{} {rd}, {offset}({rs1})", op.mnemonic())
            }
            Self::Store { op, rs2, rs1, offset } => {
                write!(f, "{} {rs2}, {offset}({rs1})", op.mnemonic())
            }
            Self::Branch { op, rs1, rs2, offset } => {
                write!(f, "{} {rs1}, {rs2}, .{offset:+}", op.mnemonic())
            }
            Self::Jal { rd, offset } => write!(f, "jal {rd}, .{offset:+}"),
            Self::Jalr { rd, rs1, offset } => write!(f, "jalr {rd}, {offset}({rs1})"),
            Self::Csr { op, rd, csr, source: CsrSource::Register(rs1) } => {
                write!(f, "{} {rd}, {csr}, {rs1}", op.mnemonic())
            }
            Self::Csr { op, rd, csr, source: CsrSource::Immediate(value) } => {
                write!(f, "{}i {rd}, {csr}, {value}", op.mnemonic())
            }
            Self::Fence { bits } => fence(f, bits),
            Self::FenceI => f.write_str("fence.i"),
            Self::Ecall => f.write_str("ecall"),
            Self::Ebreak => f.write_str("ebreak"),
            Self::Mret => f.write_str("mret"),
            Self::Wfi => f.write_str("wfi"),
            Self::Compressed(compressed) => compressed.fmt(f),
            Self::Raw(word) => write!(f, ".word 0x{word:08x}"),
            Self::RawParcel(parcel) => write!(f, ".half 0x{parcel:04x}"),
        }
    }
}

fn fence(f: &mut fmt::Formatter<'_>, bits: u16) -> fmt::Result {
    let set = |nibble: u16| -> String {
        "iorw".chars().zip([8, 4, 2, 1]).filter(|(_, bit)| nibble & bit != 0).map(|p| p.0).collect()
    };
    let (predecessor, successor) = (set(bits >> 4 & 15), set(bits & 15));
    if bits >> 8 != 0 || predecessor.is_empty() || successor.is_empty() {
        // Reserved or hint forms have no assembly of their own.
        return write!(f, ".word 0x{:08x}", Instruction::Fence { bits }.encode());
    }
    write!(f, "fence {predecessor}, {successor}")
}

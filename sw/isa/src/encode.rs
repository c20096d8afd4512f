//! Instructions to words (unprivileged manual, chapter 37 listings).

use crate::instruction::{
    AtomicOp, BranchOp, CsrOp, CsrSource, ImmediateOp, Instruction, LoadOp, RegisterOp, StoreOp,
    UnaryOp,
};

pub(crate) const LOAD: u32 = 0x03;
pub(crate) const MISC_MEM: u32 = 0x0f;
pub(crate) const OP_IMM: u32 = 0x13;
pub(crate) const AUIPC: u32 = 0x17;
pub(crate) const STORE: u32 = 0x23;
pub(crate) const AMO: u32 = 0x2f;
pub(crate) const OP: u32 = 0x33;
pub(crate) const LUI: u32 = 0x37;
pub(crate) const BRANCH: u32 = 0x63;
pub(crate) const JALR: u32 = 0x67;
pub(crate) const JAL: u32 = 0x6f;
pub(crate) const SYSTEM: u32 = 0x73;

impl RegisterOp {
    /// (funct7, funct3).
    pub(crate) const fn functs(self) -> (u32, u32) {
        match self {
            Self::Add => (0x00, 0),
            Self::Sub => (0x20, 0),
            Self::Sll => (0x00, 1),
            Self::Slt => (0x00, 2),
            Self::Sltu => (0x00, 3),
            Self::Xor => (0x00, 4),
            Self::Srl => (0x00, 5),
            Self::Sra => (0x20, 5),
            Self::Or => (0x00, 6),
            Self::And => (0x00, 7),
            Self::Mul => (0x01, 0),
            Self::Mulh => (0x01, 1),
            Self::Mulhsu => (0x01, 2),
            Self::Mulhu => (0x01, 3),
            Self::Div => (0x01, 4),
            Self::Divu => (0x01, 5),
            Self::Rem => (0x01, 6),
            Self::Remu => (0x01, 7),
            Self::Min => (0x05, 4),
            Self::Minu => (0x05, 5),
            Self::Max => (0x05, 6),
            Self::Maxu => (0x05, 7),
            Self::Sh1add => (0x10, 2),
            Self::Sh2add => (0x10, 4),
            Self::Sh3add => (0x10, 6),
            Self::Bset => (0x14, 1),
            Self::Xnor => (0x20, 4),
            Self::Orn => (0x20, 6),
            Self::Andn => (0x20, 7),
            Self::Bclr => (0x24, 1),
            Self::Bext => (0x24, 5),
            Self::Rol => (0x30, 1),
            Self::Ror => (0x30, 5),
            Self::Binv => (0x34, 1),
        }
    }
}

impl ImmediateOp {
    /// (bits 31:25 of a shift, funct3).
    pub(crate) const fn functs(self) -> (u32, u32) {
        match self {
            Self::Addi => (0, 0),
            Self::Slli => (0x00, 1),
            Self::Slti => (0, 2),
            Self::Sltiu => (0, 3),
            Self::Xori => (0, 4),
            Self::Srli => (0x00, 5),
            Self::Srai => (0x20, 5),
            Self::Ori => (0, 6),
            Self::Andi => (0, 7),
            Self::Rori => (0x30, 5),
            Self::Bclri => (0x24, 1),
            Self::Bexti => (0x24, 5),
            Self::Binvi => (0x34, 1),
            Self::Bseti => (0x14, 1),
        }
    }
}

impl UnaryOp {
    /// (opcode, bits 31:20, funct3).
    pub(crate) const fn code(self) -> (u32, u32, u32) {
        match self {
            Self::Clz => (OP_IMM, 0x600, 1),
            Self::Ctz => (OP_IMM, 0x601, 1),
            Self::Cpop => (OP_IMM, 0x602, 1),
            Self::SextB => (OP_IMM, 0x604, 1),
            Self::SextH => (OP_IMM, 0x605, 1),
            Self::OrcB => (OP_IMM, 0x287, 5),
            Self::Rev8 => (OP_IMM, 0x698, 5),
            Self::ZextH => (OP, 0x080, 4),
        }
    }
}

impl AtomicOp {
    /// Bits 31:27.
    pub(crate) const fn funct5(self) -> u32 {
        match self {
            Self::Add => 0x00,
            Self::Swap => 0x01,
            Self::LoadReserved => 0x02,
            Self::StoreConditional => 0x03,
            Self::Xor => 0x04,
            Self::Or => 0x08,
            Self::And => 0x0c,
            Self::Min => 0x10,
            Self::Max => 0x14,
            Self::Minu => 0x18,
            Self::Maxu => 0x1c,
        }
    }
}

impl LoadOp {
    pub(crate) const fn funct3(self) -> u32 {
        match self {
            Self::Lb => 0,
            Self::Lh => 1,
            Self::Lw => 2,
            Self::Lbu => 4,
            Self::Lhu => 5,
        }
    }
}

impl StoreOp {
    pub(crate) const fn funct3(self) -> u32 {
        match self {
            Self::Sb => 0,
            Self::Sh => 1,
            Self::Sw => 2,
        }
    }
}

impl BranchOp {
    pub(crate) const fn funct3(self) -> u32 {
        match self {
            Self::Beq => 0,
            Self::Bne => 1,
            Self::Blt => 4,
            Self::Bge => 5,
            Self::Bltu => 6,
            Self::Bgeu => 7,
        }
    }
}

impl CsrOp {
    pub(crate) const fn funct3(self) -> u32 {
        match self {
            Self::Write => 1,
            Self::Set => 2,
            Self::Clear => 3,
        }
    }
}

impl Instruction {
    /// The instruction word; a 16-bit instruction is zero-extended. Immediates beyond their range
    /// lose their upper bits.
    pub fn encode(&self) -> u32 {
        match *self {
            Self::Register { op, rd, rs1, rs2 } => {
                let (funct7, funct3) = op.functs();
                r_type(OP, funct7, funct3, rd.bits(), rs1.bits(), rs2.bits())
            }
            Self::Immediate { op, rd, rs1, imm } => {
                let (upper, funct3) = op.functs();
                let imm = if op.is_shift() { upper << 5 | imm as u32 & 31 } else { imm as u32 };
                i_type(OP_IMM, funct3, rd.bits(), rs1.bits(), imm)
            }
            Self::Unary { op, rd, rs1 } => {
                let (opcode, upper, funct3) = op.code();
                i_type(opcode, funct3, rd.bits(), rs1.bits(), upper)
            }
            Self::Atomic { op, rd, rs1, rs2, order } => {
                let bits = u32::from(order.acquire) << 1 | u32::from(order.release);
                let rs2 = if op == AtomicOp::LoadReserved { 0 } else { rs2.bits() };
                r_type(AMO, op.funct5() << 2 | bits, 2, rd.bits(), rs1.bits(), rs2)
            }
            Self::Lui { rd, imm } => imm & 0xffff_f000 | rd.bits() << 7 | LUI,
            Self::Auipc { rd, imm } => imm & 0xffff_f000 | rd.bits() << 7 | AUIPC,
            Self::Load { op, rd, rs1, offset } => {
                i_type(LOAD, op.funct3(), rd.bits(), rs1.bits(), offset as u32)
            }
            Self::Store { op, rs2, rs1, offset } => {
                let offset = offset as u32;
                r_type(STORE, offset >> 5 & 127, op.funct3(), offset & 31, rs1.bits(), rs2.bits())
            }
            Self::Branch { op, rs1, rs2, offset } => {
                let offset = offset as u32;
                let upper = (offset >> 12 & 1) << 6 | offset >> 5 & 63;
                let lower = (offset >> 1 & 15) << 1 | offset >> 11 & 1;
                r_type(BRANCH, upper, op.funct3(), lower, rs1.bits(), rs2.bits())
            }
            Self::Jal { rd, offset } => {
                let offset = offset as u32;
                (offset >> 20 & 1) << 31
                    | (offset >> 1 & 0x3ff) << 21
                    | (offset >> 11 & 1) << 20
                    | offset & 0xff000
                    | rd.bits() << 7
                    | JAL
            }
            Self::Jalr { rd, rs1, offset } => i_type(JALR, 0, rd.bits(), rs1.bits(), offset as u32),
            Self::Csr { op, rd, csr, source } => {
                let (immediate, field) = match source {
                    CsrSource::Register(rs1) => (0, rs1.bits()),
                    CsrSource::Immediate(value) => (4, u32::from(value) & 31),
                };
                i_type(SYSTEM, op.funct3() | immediate, rd.bits(), field, csr.0.into())
            }
            Self::Fence { bits } => u32::from(bits) << 20 | MISC_MEM,
            Self::FenceI => 1 << 12 | MISC_MEM,
            Self::Ecall => SYSTEM,
            Self::Ebreak => 1 << 20 | SYSTEM,
            Self::Mret => 0x302 << 20 | SYSTEM,
            Self::Wfi => 0x105 << 20 | SYSTEM,
            Self::Compressed(compressed) => compressed.parcel().into(),
            Self::Raw(word) => word,
            Self::RawParcel(parcel) => parcel.into(),
        }
    }
}

fn r_type(opcode: u32, funct7: u32, funct3: u32, rd: u32, rs1: u32, rs2: u32) -> u32 {
    funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

fn i_type(opcode: u32, funct3: u32, rd: u32, rs1: u32, imm: u32) -> u32 {
    (imm & 0xfff) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode
}

#[cfg(test)]
mod tests {
    use crate::{Csr, Instruction, Register, disassemble};

    /// Words as the GNU assembler (binutils 2.40, all extensions of ours) prints them.
    const GNU: &[(u32, &str)] = &[
        (0x0c800093, "addi ra, zero, 200"),
        (0x40b50633, "sub a2, a0, a1"),
        (0x02b54633, "div a2, a0, a1"),
        (0x4055d513, "srai a0, a1, 5"),
        (0xfec42783, "lw a5, -20(s0)"),
        (0xfef42623, "sw a5, -20(s0)"),
        (0x800000b7, "lui ra, 0x80000"),
        (0xfe0796e3, "bne a5, zero, .-20"),
        (0xff9ff06f, "jal zero, .-8"),
        (0x00008067, "jalr zero, 0(ra)"),
        (0x30529073, "csrrw zero, mtvec, t0"),
        (0x30046073, "csrrsi zero, mstatus, 8"),
        (0x0ff0000f, "fence iorw, iorw"),
        (0x0000100f, "fence.i"),
        (0x30200073, "mret"),
        (0x10500073, "wfi"),
        (0x00000073, "ecall"),
        (0x00100073, "ebreak"),
        (0x60059513, "clz a0, a1"),
        (0x0805c533, "zext.h a0, a1"),
        (0x6985d513, "rev8 a0, a1"),
        (0x20c5c533, "sh2add a0, a1, a2"),
        (0x4855d513, "bexti a0, a1, 5"),
        (0x1005a52f, "lr.w a0, (a1)"),
        (0x1ec5a52f, "sc.w.aqrl a0, a2, (a1)"),
        (0x84c5a52f, "amomin.w.aq a0, a2, (a1)"),
        (0x3b0112f3, "csrrw t0, pmpaddr0, sp"),
        (0xffffffff, ".word 0xffffffff"),
    ];

    #[test]
    fn words_and_text_agree_with_the_gnu_assembler() {
        for &(word, text) in GNU {
            assert_eq!(disassemble(word), text, "{word:08x}");
        }
    }

    #[test]
    fn decoding_and_encoding_are_inverse_on_sampled_words() {
        let mut word = 0x1234_5677u32;
        let mut legal = 0;
        for _ in 0..2_000_000 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let candidate = word.rotate_left(16) | 3;
            if let Some(instruction) = Instruction::decode(candidate) {
                assert_eq!(instruction.encode(), candidate, "{instruction}");
                legal += 1;
            }
        }
        assert!(legal > 100_000, "only {legal} legal words were tried");
    }

    #[test]
    fn csr_numbers_keep_all_twelve_bits() {
        let read = Instruction::Csr {
            op: crate::CsrOp::Set,
            rd: Register::new(5),
            csr: Csr::MHARTID,
            source: crate::CsrSource::Register(Register::ZERO),
        };
        assert_eq!(read.encode(), 0xf14022f3);
    }
}

//! Instructions as data.

use crate::{Csr, Register};

/// An RV32IM_Zicsr_Zifencei instruction (and `mret`, `wfi` of the privileged manual).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the fields carry the manual's names")]
pub enum Instruction {
    /// Register-register operation.
    Register { op: RegisterOp, rd: Register, rs1: Register, rs2: Register },
    /// Register-immediate operation; `imm` is -2048..=2047, or 0..=31 for shifts.
    Immediate { op: ImmediateOp, rd: Register, rs1: Register, imm: i32 },
    /// `lui`; `imm` holds the upper 20 bits in place (low 12 bits 0).
    Lui { rd: Register, imm: u32 },
    /// `auipc`; `imm` holds the upper 20 bits in place (low 12 bits 0).
    Auipc { rd: Register, imm: u32 },
    /// Load from `rs1 + offset`, -2048..=2047.
    Load { op: LoadOp, rd: Register, rs1: Register, offset: i32 },
    /// Store of `rs2` to `rs1 + offset`, -2048..=2047.
    Store { op: StoreOp, rs2: Register, rs1: Register, offset: i32 },
    /// Branch to pc + `offset`, even, -4096..=4094.
    Branch { op: BranchOp, rs1: Register, rs2: Register, offset: i32 },
    /// Jump to pc + `offset`, even, -1 MiB..1 MiB.
    Jal { rd: Register, offset: i32 },
    /// Jump to `rs1 + offset`, bit 0 cleared.
    Jalr { rd: Register, rs1: Register, offset: i32 },
    /// CSR read-modify-write.
    Csr { op: CsrOp, rd: Register, csr: Csr, source: CsrSource },
    /// `fence`; bits 31:20 of the word (fm, predecessor, successor).
    Fence { bits: u16 },
    /// `fence.i`.
    FenceI,
    /// `ecall`.
    Ecall,
    /// `ebreak`.
    Ebreak,
    /// `mret`.
    Mret,
    /// `wfi`.
    Wfi,
    /// Any 32-bit word, legal or not.
    Raw(u32),
}

macro_rules! operations {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $(#[doc = concat!("`", $text, "`.")] $variant,)* }

        impl $name {
            /// Every operation.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// Mnemonic.
            pub const fn mnemonic(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }
    };
}

operations! {
    /// Operations of opcode OP, M extension included.
    RegisterOp {
        Add = "add", Sub = "sub", Sll = "sll", Slt = "slt", Sltu = "sltu", Xor = "xor",
        Srl = "srl", Sra = "sra", Or = "or", And = "and", Mul = "mul", Mulh = "mulh",
        Mulhsu = "mulhsu", Mulhu = "mulhu", Div = "div", Divu = "divu", Rem = "rem", Remu = "remu",
    }
}
operations! {
    /// Operations of opcode OP-IMM.
    ImmediateOp {
        Addi = "addi", Slti = "slti", Sltiu = "sltiu", Xori = "xori", Ori = "ori", Andi = "andi",
        Slli = "slli", Srli = "srli", Srai = "srai",
    }
}
operations! {
    /// Loads.
    LoadOp { Lb = "lb", Lh = "lh", Lw = "lw", Lbu = "lbu", Lhu = "lhu", }
}
operations! {
    /// Stores.
    StoreOp { Sb = "sb", Sh = "sh", Sw = "sw", }
}
operations! {
    /// Conditional branches.
    BranchOp { Beq = "beq", Bne = "bne", Blt = "blt", Bge = "bge", Bltu = "bltu", Bgeu = "bgeu", }
}
operations! {
    /// CSR operations; with an immediate source an `i` is added to the mnemonic.
    CsrOp { Write = "csrrw", Set = "csrrs", Clear = "csrrc", }
}

impl ImmediateOp {
    /// Whether the immediate is a shift amount.
    pub const fn is_shift(self) -> bool {
        matches!(self, Self::Slli | Self::Srli | Self::Srai)
    }
}

impl LoadOp {
    /// Bytes accessed.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Lb | Self::Lbu => 1,
            Self::Lh | Self::Lhu => 2,
            Self::Lw => 4,
        }
    }
}

impl StoreOp {
    /// Bytes accessed.
    pub const fn bytes(self) -> u32 {
        match self {
            Self::Sb => 1,
            Self::Sh => 2,
            Self::Sw => 4,
        }
    }
}

/// Where a CSR instruction takes its operand from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum CsrSource {
    /// A register.
    Register(Register),
    /// Five bits, zero-extended.
    Immediate(u8),
}

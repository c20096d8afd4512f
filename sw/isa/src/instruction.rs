//! Instructions as data.

use crate::{Compressed, Csr, Register};

/// An instruction of RV32IMAC_Zicsr_Zifencei_Zba_Zbb_Zbs (and `mret`, `wfi` of the privileged
/// manual).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the fields carry the manual's names")]
pub enum Instruction {
    /// Register-register operation.
    Register { op: RegisterOp, rd: Register, rs1: Register, rs2: Register },
    /// Register-immediate operation; `imm` is -2048..=2047, or 0..=31 for shifts.
    Immediate { op: ImmediateOp, rd: Register, rs1: Register, imm: i32 },
    /// Operation on one register, of Zbb.
    Unary { op: UnaryOp, rd: Register, rs1: Register },
    /// `lui`; `imm` holds the upper 20 bits in place (low 12 bits 0).
    Lui { rd: Register, imm: u32 },
    /// `auipc`; `imm` holds the upper 20 bits in place (low 12 bits 0).
    Auipc { rd: Register, imm: u32 },
    /// Load from `rs1 + offset`, -2048..=2047.
    Load { op: LoadOp, rd: Register, rs1: Register, offset: i32 },
    /// Store of `rs2` to `rs1 + offset`, -2048..=2047.
    Store { op: StoreOp, rs2: Register, rs1: Register, offset: i32 },
    /// Operation of the A extension on the word at `rs1`; `rs2` of `lr.w` is x0.
    Atomic { op: AtomicOp, rd: Register, rs1: Register, rs2: Register, order: MemoryOrder },
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
    /// A 16-bit instruction of the C extension.
    Compressed(Compressed),
    /// Any 32-bit word, legal or not.
    Raw(u32),
    /// Any 16-bit parcel, legal or not.
    RawParcel(u16),
}

/// Which part of the instruction set an operation belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Extension {
    /// The base, with Zicsr and Zifencei.
    I,
    /// Multiplication and division.
    M,
    /// Atomics.
    A,
    /// 16-bit instructions.
    C,
    /// Address generation.
    Zba,
    /// Basic bit manipulation.
    Zbb,
    /// Single bits.
    Zbs,
}

impl Instruction {
    /// `addi x0, x0, 0`.
    pub const NOP: Self =
        Self::Immediate { op: ImmediateOp::Addi, rd: Register::ZERO, rs1: Register::ZERO, imm: 0 };

    /// Bytes in memory: 2 or 4.
    pub const fn bytes(&self) -> u32 {
        match self {
            Self::Compressed(_) | Self::RawParcel(_) => 2,
            _ => 4,
        }
    }

    /// What a hart needs to have for this instruction; raw ones count as the base.
    pub const fn extension(&self) -> Extension {
        match self {
            Self::Register { op, .. } => op.extension(),
            Self::Immediate { op, .. } => op.extension(),
            Self::Unary { .. } => Extension::Zbb,
            Self::Atomic { .. } => Extension::A,
            Self::Compressed(_) => Extension::C,
            _ => Extension::I,
        }
    }
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
    /// Operations of opcode OP with two sources.
    RegisterOp {
        Add = "add", Sub = "sub", Sll = "sll", Slt = "slt", Sltu = "sltu", Xor = "xor",
        Srl = "srl", Sra = "sra", Or = "or", And = "and", Mul = "mul", Mulh = "mulh",
        Mulhsu = "mulhsu", Mulhu = "mulhu", Div = "div", Divu = "divu", Rem = "rem", Remu = "remu",
        Sh1add = "sh1add", Sh2add = "sh2add", Sh3add = "sh3add", Andn = "andn", Orn = "orn",
        Xnor = "xnor", Max = "max", Maxu = "maxu", Min = "min", Minu = "minu", Rol = "rol",
        Ror = "ror", Bclr = "bclr", Bext = "bext", Binv = "binv", Bset = "bset",
    }
}
operations! {
    /// Operations of opcode OP-IMM.
    ImmediateOp {
        Addi = "addi", Slti = "slti", Sltiu = "sltiu", Xori = "xori", Ori = "ori", Andi = "andi",
        Slli = "slli", Srli = "srli", Srai = "srai", Rori = "rori", Bclri = "bclri",
        Bexti = "bexti", Binvi = "binvi", Bseti = "bseti",
    }
}
operations! {
    /// Operations of Zbb with one source.
    UnaryOp {
        Clz = "clz", Ctz = "ctz", Cpop = "cpop", SextB = "sext.b", SextH = "sext.h",
        ZextH = "zext.h", OrcB = "orc.b", Rev8 = "rev8",
    }
}
operations! {
    /// Operations of the A extension, all on words.
    AtomicOp {
        LoadReserved = "lr.w", StoreConditional = "sc.w", Swap = "amoswap.w", Add = "amoadd.w",
        Xor = "amoxor.w", And = "amoand.w", Or = "amoor.w", Min = "amomin.w", Max = "amomax.w",
        Minu = "amominu.w", Maxu = "amomaxu.w",
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

impl RegisterOp {
    /// The extension it is of.
    pub const fn extension(self) -> Extension {
        match self {
            Self::Mul | Self::Mulh | Self::Mulhsu | Self::Mulhu => Extension::M,
            Self::Div | Self::Divu | Self::Rem | Self::Remu => Extension::M,
            Self::Sh1add | Self::Sh2add | Self::Sh3add => Extension::Zba,
            Self::Andn | Self::Orn | Self::Xnor | Self::Rol | Self::Ror => Extension::Zbb,
            Self::Max | Self::Maxu | Self::Min | Self::Minu => Extension::Zbb,
            Self::Bclr | Self::Bext | Self::Binv | Self::Bset => Extension::Zbs,
            _ => Extension::I,
        }
    }
}

impl ImmediateOp {
    /// Whether the immediate is a shift amount or the number of a bit, 0 to 31.
    pub const fn is_shift(self) -> bool {
        matches!(
            self,
            Self::Slli
                | Self::Srli
                | Self::Srai
                | Self::Rori
                | Self::Bclri
                | Self::Bexti
                | Self::Binvi
                | Self::Bseti
        )
    }

    /// The extension it is of.
    pub const fn extension(self) -> Extension {
        match self {
            Self::Rori => Extension::Zbb,
            Self::Bclri | Self::Bexti | Self::Binvi | Self::Bseti => Extension::Zbs,
            _ => Extension::I,
        }
    }
}

/// The `aq` and `rl` bits of an atomic operation.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct MemoryOrder {
    /// Later accesses come after it.
    pub acquire: bool,
    /// Earlier accesses come before it.
    pub release: bool,
}

impl MemoryOrder {
    /// Suffix of the mnemonic.
    pub const fn suffix(self) -> &'static str {
        match (self.acquire, self.release) {
            (false, false) => "",
            (true, false) => ".aq",
            (false, true) => ".rl",
            (true, true) => ".aqrl",
        }
    }
}

impl BranchOp {
    /// The branch that is taken when this one is not.
    pub const fn inverse(self) -> Self {
        match self {
            Self::Beq => Self::Bne,
            Self::Bne => Self::Beq,
            Self::Blt => Self::Bge,
            Self::Bge => Self::Blt,
            Self::Bltu => Self::Bgeu,
            Self::Bgeu => Self::Bltu,
        }
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

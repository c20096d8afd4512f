//! What blocks are told: how to access, to jump, to store.

use systole_isa::{AtomicOp, Instruction, Register};

#[cfg(doc)]
use super::Block;

/// Privilege of the accesses of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Privilege {
    /// That of the present mode.
    Own,
    /// `mstatus.MPRV` set and MPP = U.
    User,
    /// `mstatus.MPRV` set and MPP = M.
    Machine,
}

/// What makes the address of a [`Block::Pointer`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Maker {
    /// An addition.
    Add,
    /// `lw`.
    Load,
    /// `lr.w`.
    LoadReserved,
    /// `sc.w`: only 0 or 1, where nothing is.
    StoreConditional,
    /// An AMO.
    Amo(AtomicOp),
    /// A product with 1.
    Multiply,
    /// A quotient by 1.
    Divide,
    /// A CSR.
    Csr,
    /// The link of a jump.
    Link,
}

/// What the address of a [`Block::Pointer`] is for.
#[derive(Clone, PartialEq, Debug)]
pub enum Usage {
    /// Accesses as in [`Block::Access`]. What [`Maker::Link`] makes is the address of a word that
    /// nothing else uses, and all of them go to its first byte.
    Access {
        /// Byte address.
        address: u32,
        /// The accesses.
        accesses: Vec<Instruction>,
    },
    /// A jump to the next instruction.
    Jump {
        /// Link register of the jump.
        link: Register,
        /// The address is odd.
        odd: bool,
    },
}

/// What code is stored with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Patcher {
    /// `sw`, or `sh` where the code may lie at a halfword.
    Words,
    /// `sb`.
    Bytes,
    /// `sc.w`.
    Conditional,
    /// `amoswap.w`.
    Swap,
}

/// Operand of a CSR instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Register contents.
    Value(u32),
    /// 5 bits.
    Immediate(u8),
}

/// What a [`Block::Far`] goes with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// A branch that is always taken, 4 KiB.
    Branch,
    /// `c.j` or `c.jal`, 2 KiB.
    ShortJump,
    /// `c.beqz` of x8, which is set to 0, 256 bytes.
    ShortBranch,
}

//! Instructions of the sequencer: 16 bits each.
//!
//! ```text
//! 15 14..12   11..0            1 condition target      jumps
//! 15 14 13..11 10..8  7..0     0 0 source function n   accumulator = function(accumulator, source)
//! 15 14 13 12..8      7..0     0 1 0 action n          everything else
//! ```

use std::fmt;

/// Bits of an instruction.
pub const BITS: u32 = 16;

/// Bits of the address of an instruction.
pub const TARGET_BITS: u32 = 12;

/// What an accumulator operation takes beside the accumulator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Source {
    /// Register n.
    Register = 0,
    /// The word of the inner memory at the accumulator.
    Inner = 1,
    /// The word of the external bus at the accumulator, bits 1:0 of the address ignored. The carry
    /// becomes 1 if the bus answers with an error.
    Bus = 2,
    /// The sum at row and column: [`sums`](fn@super::sums).
    Sum = 3,
    /// The accumulator, shifted left by a bit.
    ShiftLeft = 4,
    /// The accumulator, shifted right by a bit, zero above.
    ShiftRight = 5,
    /// The accumulator, rotated right by 8 bits.
    Rotate = 6,
    /// n = 0: cycles of the job; 1: whether the hart ends it.
    Status = 7,
}

/// How an accumulator operation combines the two.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Function {
    /// The source.
    Pass = 0,
    /// Accumulator plus source; the carry is kept.
    Add = 1,
    /// Accumulator minus source; the carry is 1 if nothing was borrowed.
    Subtract = 2,
    /// Bitwise and.
    And = 3,
    /// Bitwise exclusive or.
    Xor = 4,
    /// Bits 15:0 of the accumulator times bits 15:0 of the source, unsigned.
    Multiply = 5,
}

/// What is no accumulator operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Action {
    /// Sends the waves: each takes the row at the accumulator, which then advances by register n, and
    /// adds its dot product to the sum at row and column; the row advances by 1. Its bits are those of
    /// an addition of register n.
    Waves = 1,
    /// Register n = accumulator.
    Store = 2,
    /// Word of the inner memory at the accumulator = register n, bytes by the strobe.
    InnerWrite = 3,
    /// Word on the external bus at the accumulator = register n, bytes by the strobe. The carry becomes
    /// 1 if the bus answers with an error.
    BusWrite = 4,
    /// Strobe = accumulator.
    Strobe = 5,
    /// Row of sums = accumulator.
    Row = 6,
    /// Column of sums and weights = accumulator.
    Column = 7,
    /// Waves to come = accumulator.
    Count = 8,
    /// Weight n = element of the column of the word of the inner memory at the accumulator.
    Weight = 9,
    /// Bit 0 of the accumulator: the first weight meets the element of the column (1) or the first
    /// element (0). Bit 1: sums begin anew.
    Mode = 10,
    /// Goes on behind the last CALL.
    Return = 11,
    /// Waits for a doorbell.
    AwaitJob = 12,
    /// The hart's accesses are answered again.
    Release = 13,
    /// The job is over.
    End = 14,
    /// For the retire port: bits 2:0 of n are the units that begin, 5:3 those that complete.
    Mark = 15,
}

/// When a jump is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Condition {
    /// Always.
    Always = 0,
    /// Always; [`Action::Return`] comes back.
    Call = 1,
    /// The accumulator is 0.
    Zero = 2,
    /// The accumulator is not 0.
    NotZero = 3,
    /// Bit 31 of the accumulator is 1.
    Negative = 4,
    /// Bit 31 of the accumulator is 0.
    NotNegative = 5,
    /// The carry is 1: of the last addition, subtraction or access on the bus.
    Carry = 6,
    /// It is 0.
    NotCarry = 7,
}

/// An instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instruction {
    /// An accumulator operation with register, or selection, n.
    Operate(Source, Function, u8),
    /// An action with argument n.
    Act(Action, u8),
    /// A jump.
    Jump(Condition, u16),
}

impl Instruction {
    /// The word in the ROM.
    pub fn encode(self) -> u16 {
        match self {
            Self::Operate(source, function, n) => {
                (source as u16) << 11 | (function as u16) << 8 | u16::from(n)
            }
            Self::Act(action, n) => 1 << 14 | (action as u16) << 8 | u16::from(n),
            Self::Jump(condition, target) => 1 << 15 | (condition as u16) << 12 | target,
        }
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operate(Source::Register, function, n) => write!(f, "{function:?} register {n}"),
            Self::Operate(Source::Status, function, 0) => write!(f, "{function:?} cycles"),
            Self::Operate(Source::Status, function, _) => write!(f, "{function:?} abort"),
            Self::Operate(source, Function::Pass, _) => write!(f, "{source:?}"),
            Self::Operate(source, function, _) => write!(f, "{function:?} {source:?}"),
            Self::Act(action @ (Action::Weight | Action::Mark), n) => write!(f, "{action:?} {n}"),
            Self::Act(action, _) => write!(f, "{action:?}"),
            Self::Jump(condition, target) => write!(f, "Jump if {condition:?} {target}"),
        }
    }
}

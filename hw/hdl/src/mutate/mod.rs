//! Mutation: small changes of a design, each a mistake that could have been made in it.
//!
//! [`mutants`] lists every change that [`Class`] names, in the order of the modules and of what
//! stands in them. [`selectable`] puts some of them into one design behind the input
//! [`FAULT_SELECT`](crate::fault::FAULT_SELECT), so that one model runs them all; [`fixed`] makes
//! one of them the design, to be read and to be proven equal to the original.

mod apply;
mod find;
mod rewrite;

#[cfg(test)]
mod tests;

use crate::ir::{ExprId, Location, MemoryId, SignalId};

pub use apply::{fixed, selectable};
pub use find::mutants;
use rewrite::Rewrite;

/// What kind of mistake a mutant is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Class {
    /// Another operator.
    Operator,
    /// An operand is left out.
    Operand,
    /// A comparison sees too few bits, or the wrong sign.
    Compare,
    /// A literal or named constant is off by one.
    Constant,
    /// A condition of `when` or of a multiplexer is inverted, or always or never holds.
    Condition,
    /// Bits are taken from one place higher or lower.
    Slice,
    /// A sign is lost, or made up.
    Extension,
    /// A register has another value after reset.
    Reset,
    /// A register or a memory keeps what it should have been given; a memory reads when it should
    /// hold.
    Enable,
    /// An input of a child is inverted.
    Connection,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 10] = [
        Self::Operator,
        Self::Operand,
        Self::Compare,
        Self::Constant,
        Self::Condition,
        Self::Slice,
        Self::Extension,
        Self::Reset,
        Self::Enable,
        Self::Connection,
    ];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Operand => "operand",
            Self::Compare => "compare",
            Self::Constant => "constant",
            Self::Condition => "condition",
            Self::Slice => "slice",
            Self::Extension => "extension",
            Self::Reset => "reset",
            Self::Enable => "enable",
            Self::Connection => "connection",
        }
    }
}

/// One change of one module, in all its instances.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mutant {
    /// Name of the module.
    pub module: String,
    /// What kind of mistake it is.
    pub class: Class,
    /// What was changed, in a few words.
    pub description: String,
    /// Where that stands in the Rust source.
    pub location: Location,
    pub(crate) place: Place,
}

/// Where a module is changed. Statements are counted in the order of the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// An expression, for all that use it.
    Expression(ExprId, Rewrite),
    /// The condition of the arm of this number.
    Condition(usize, Rewrite),
    /// The assignment of this number does not happen.
    Set(usize),
    /// The memory write of this number does not happen.
    Write(usize),
    /// A synchronous read port of a memory is always enabled.
    ReadEnable(MemoryId, usize),
    /// The lowest bit of a register's value in reset.
    Reset(SignalId),
    /// The input of this number of an instance is inverted.
    Pin(usize, usize),
}

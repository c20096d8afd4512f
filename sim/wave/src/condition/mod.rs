//! Conditions on signals, such as `rvfi_valid == 1 && rvfi_insn == 0x13`.
//!
//! ```text
//! or         = and { "||" and }
//! and        = not { "&&" not }
//! not        = "!" not | comparison
//! comparison = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
//! operand    = "(" or ")" | event | NAME | NUMBER | '"' TEXT '"'
//! event      = ( "changed" | "rose" | "fell" ) "(" NAME ")"
//! ```
//!
//! Numbers are decimal, `0x` or `0b`, with `_` where it helps to read. A name alone is true if
//! its signal is not 0; if it is the whole condition, it means `changed(NAME)`. Numbers are
//! unsigned and of any width. A comparison with an unknown bit (x, z) is neither true nor false:
//! its negation is not true either.

mod eval;
mod lexer;
mod parse;

pub(crate) use eval::Bound;

/// A condition, as it was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    pub(crate) expression: Expression,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Expression {
    Or(Box<Self>, Box<Self>),
    And(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Comparison, Operand, Operand),
    /// A signal that is not 0.
    True(String),
    Event(Event, String),
}

/// What can happen to a signal at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    /// Any change.
    Changed,
    /// From another number, or x, to a greater one: of one bit to 1.
    Rose,
    /// To a smaller one: of one bit to 0.
    Fell,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Operand {
    Signal(String),
    Number(u128),
    Text(String),
}

/// A condition that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadCondition {
    /// Where, in characters from 0.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for BadCondition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "at character {}: {}", self.column + 1, self.message)
    }
}

impl std::error::Error for BadCondition {}

//! What a signal can be at a time.

use std::fmt;

use crate::bits::Bits;

/// What a signal is: bits, a real number, or text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A vector of this many bits.
    Bits(u32),
    /// A number of double precision.
    Real,
    /// Text, such as an instruction in assembly.
    Text,
}

impl Kind {
    /// Number of bits; a real has 64, a text none.
    pub fn width(self) -> u32 {
        match self {
            Self::Bits(width) => width,
            Self::Real => 64,
            Self::Text => 0,
        }
    }

    /// `bits`, `real` or `text`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bits(_) => "bits",
            Self::Real => "real",
            Self::Text => "text",
        }
    }

    /// What a signal is before its first change: x, not a number, or no text.
    pub fn undefined(self) -> Value {
        match self {
            Self::Bits(width) => Value::Bits(Bits::unknown(width)),
            Self::Real => Value::Real(f64::NAN),
            Self::Text => Value::Text(String::new()),
        }
    }
}

/// The value of a signal.
#[derive(Clone, Debug)]
pub enum Value {
    /// Bits, each 0, 1, x or z.
    Bits(Bits),
    /// A real number.
    Real(f64),
    /// Text.
    Text(String),
}

impl Value {
    /// The bits, if it is bits.
    pub fn bits(&self) -> Option<&Bits> {
        match self {
            Self::Bits(bits) => Some(bits),
            Self::Real(_) | Self::Text(_) => None,
        }
    }
}

impl PartialEq for Value {
    /// Equal if nobody can tell them apart: a real that is not a number equals itself.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bits(a), Self::Bits(b)) => a == b,
            (Self::Real(a), Self::Real(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Self::Text(a), Self::Text(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => bits.fmt(f),
            Self::Real(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

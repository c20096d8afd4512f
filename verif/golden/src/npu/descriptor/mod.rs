//! Descriptors: 8 little-endian words, their fields and what makes one bad.

mod exec;
mod load;
mod store;

pub use exec::{Convolution, Exec, Kernel};
pub(crate) use exec::{depthwise_lines, depthwise_taps};
pub use load::{Load, Space, Windows};
pub use store::{Destination, Place, Pool, Requantised, Source, Store, Then};

use super::cause;
use crate::machine::NpuConfig;
use std::fmt;

/// The three units, numbered as in the `wait` and `signal` fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unit {
    /// Memory to scratchpad, parameter or table memory.
    Load,
    /// Products into the accumulators.
    Exec,
    /// Accumulators or scratchpad out.
    Store,
}

impl Unit {
    /// All of them, by number.
    pub const ALL: [Self; 3] = [Self::Load, Self::Exec, Self::Store];
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "LOAD",
            Self::Exec => "EXEC",
            Self::Store => "STORE",
        })
    }
}

/// A descriptor without bad fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptor {
    /// The list ends here.
    pub last: bool,
    /// Bit u: take one token that unit u gave to this unit.
    pub wait: u8,
    /// Bit u: give one token to unit u.
    pub signal: u8,
    /// What to do.
    pub operation: Operation,
}

/// The fields of each opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Opcode 1.
    Load(Load),
    /// Opcode 2, mode 0.
    Exec(Exec),
    /// Opcode 2, modes 1 and 2.
    Convolution(Convolution),
    /// Opcode 3.
    Store(Store),
}

impl Descriptor {
    /// The unit that executes it.
    pub fn unit(&self) -> Unit {
        match self.operation {
            Operation::Load(_) => Unit::Load,
            Operation::Exec(_) | Operation::Convolution(_) => Unit::Exec,
            Operation::Store(_) => Unit::Store,
        }
    }

    /// Decodes 8 words; the error is `BAD_OPCODE` or `BAD_FIELD`. What is bad depends on the array
    /// side and the width of the bus, too.
    pub fn decode(words: &[u32; 8], config: &NpuConfig) -> Result<Self, u32> {
        let word = words[0];
        let unit = match word & 0xf {
            1 => Unit::Load,
            2 => Unit::Exec,
            3 => Unit::Store,
            _ => return Err(cause::BAD_OPCODE),
        };
        let operation = match unit {
            Unit::Load => load::decode(words, config).map(Operation::Load),
            Unit::Exec => exec::decode(words, config),
            Unit::Store => store::decode(words, config).map(Operation::Store),
        };
        let wait = (word >> 8 & 7) as u8;
        let signal = (word >> 12 & 7) as u8;
        let itself = (wait | signal) >> unit as u32 & 1 == 1;
        match operation {
            Some(operation) if word & RESERVED == 0 && !itself => {
                Ok(Self { last: word & 0x10 != 0, wait, signal, operation })
            }
            _ => Err(cause::BAD_FIELD),
        }
    }
}

/// Bits 7:5, 11 and 15 of word 0.
const RESERVED: u32 = 0x88e0;

/// `count` bits of a word, from bit `from` on.
fn bits(word: u32, from: u32, count: u32) -> u32 {
    word >> from & ((1 << count) - 1)
}

fn low(word: u32) -> u32 {
    bits(word, 0, 16)
}

fn high(word: u32) -> u32 {
    bits(word, 16, 16)
}

/// Size of a feature map and the steps through it, laid out alike for convolutions and pools.
struct Map {
    width: u32,
    height: u32,
    stride_x: u32,
    stride_y: u32,
}

/// `None` for a map without pixels or with a reserved bit set.
fn map(word: u32) -> Option<Map> {
    let map = Map {
        width: bits(word, 0, 12),
        height: bits(word, 12, 12),
        stride_x: bits(word, 24, 2) + 1,
        stride_y: bits(word, 26, 2) + 1,
    };
    (word >> 28 == 0 && map.width != 0 && map.height != 0).then_some(map)
}

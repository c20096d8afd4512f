//! Descriptors: 8 little-endian words, their fields and what makes one bad.

use super::cause;
use std::fmt;

/// The three units, numbered as in the `wait` and `signal` fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Unit {
    /// Memory to scratchpad or parameter memory.
    Load,
    /// Matrix product into the accumulators.
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
    /// Opcode 2.
    Exec(Exec),
    /// Opcode 3.
    Store(Store),
}

/// LOAD. Row numbers and steps are 16 bits.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    /// Destination is the parameter memory, not the scratchpad.
    pub parameters: bool,
    pub address: u32,
    pub stride: u32,
    pub rows: u32,
    pub row_bytes: u32,
    pub row: u32,
    pub row_step: u32,
    pub chunk_step: u32,
}

/// EXEC.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exec {
    pub accumulate: bool,
    pub activation_row: u32,
    pub activation_step: u32,
    pub weight_row: u32,
    pub weight_k_step: u32,
    pub accumulator_row: u32,
    pub m_rows: u32,
    pub k_tiles: u32,
    pub activation_k_step: u32,
    pub n_tiles: u32,
    pub weight_n_step: u32,
    pub accumulator_n_step: u32,
}

/// Where a STORE reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Accumulators through the requantiser, int8.
    Requantised,
    /// Accumulators, int32.
    Raw,
    /// Scratchpad, int8.
    Scratchpad,
}

/// Where a STORE writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    /// Bytes at `address + r * stride + ...`.
    Memory {
        /// Byte address of the first row.
        address: u32,
        /// Bytes from one row to the next, wrapping.
        stride: u32,
    },
    /// Scratchpad rows.
    Scratchpad {
        /// First destination row.
        row: u32,
        /// From one r to the next.
        row_step: u32,
        /// From one t to the next.
        chunk_step: u32,
    },
}

/// STORE.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Store {
    pub source: Source,
    pub destination: Destination,
    pub rows: u32,
    pub columns: u32,
    pub source_row: u32,
    pub source_chunk_step: u32,
    pub source_row_step: u32,
    pub parameter_row: u32,
    pub zero_point: i8,
    pub clamp_min: i8,
    pub clamp_max: i8,
}

impl Store {
    /// Bytes of one element at the destination.
    pub fn element_bytes(&self) -> u32 {
        if self.source == Source::Raw { 4 } else { 1 }
    }
}

impl Descriptor {
    /// The unit that executes it.
    pub fn unit(&self) -> Unit {
        match self.operation {
            Operation::Load(_) => Unit::Load,
            Operation::Exec(_) => Unit::Exec,
            Operation::Store(_) => Unit::Store,
        }
    }

    /// Decodes 8 words; the error is `BAD_OPCODE` or `BAD_FIELD`.
    pub fn decode(words: &[u32; 8]) -> Result<Self, u32> {
        let word = words[0];
        let unit = match word & 0xf {
            1 => Unit::Load,
            2 => Unit::Exec,
            3 => Unit::Store,
            _ => return Err(cause::BAD_OPCODE),
        };
        let operation = match unit {
            Unit::Load => load(words).map(Operation::Load),
            Unit::Exec => exec(words).map(Operation::Exec),
            Unit::Store => store(words).map(Operation::Store),
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

fn low(word: u32) -> u32 {
    word & 0xffff
}

fn high(word: u32) -> u32 {
    word >> 16
}

fn load(w: &[u32; 8]) -> Option<Load> {
    let load = Load {
        parameters: w[0] >> 16 & 1 == 1,
        address: w[1],
        stride: w[2],
        rows: low(w[3]),
        row_bytes: high(w[3]),
        row: low(w[4]),
        row_step: high(w[4]),
        chunk_step: low(w[5]),
    };
    let reserved = w[0] >> 17 | high(w[5]) | w[6] | w[7];
    (reserved == 0 && load.rows != 0 && load.row_bytes != 0).then_some(load)
}

fn exec(w: &[u32; 8]) -> Option<Exec> {
    let exec = Exec {
        accumulate: w[0] >> 16 & 1 == 1,
        activation_row: low(w[1]),
        activation_step: high(w[1]),
        weight_row: low(w[2]),
        weight_k_step: high(w[2]),
        accumulator_row: low(w[3]),
        m_rows: high(w[3]),
        k_tiles: low(w[4]),
        activation_k_step: high(w[4]),
        n_tiles: low(w[5]),
        weight_n_step: high(w[5]),
        accumulator_n_step: low(w[6]),
    };
    let reserved = w[0] >> 17 | high(w[6]) | w[7];
    let counts = exec.m_rows != 0 && exec.k_tiles != 0 && exec.n_tiles != 0;
    (reserved == 0 && counts).then_some(exec)
}

fn store(w: &[u32; 8]) -> Option<Store> {
    let source = match w[0] >> 16 & 3 {
        0 => Source::Requantised,
        1 => Source::Raw,
        2 => Source::Scratchpad,
        _ => return None,
    };
    let to_scratchpad = w[0] >> 18 & 1 == 1;
    let destination = if to_scratchpad {
        Destination::Scratchpad { row: low(w[1]), row_step: low(w[2]), chunk_step: high(w[2]) }
    } else {
        Destination::Memory { address: w[1], stride: w[2] }
    };
    let requantised = source == Source::Requantised;
    let store = Store {
        source,
        destination,
        rows: low(w[3]),
        columns: high(w[3]),
        source_row: low(w[4]),
        source_chunk_step: high(w[4]),
        source_row_step: low(w[5]),
        parameter_row: high(w[5]),
        zero_point: w[6] as i8,
        clamp_min: (w[6] >> 8) as i8,
        clamp_max: (w[6] >> 16) as i8,
    };
    let reserved = w[0] >> 19
        | w[7]
        | if to_scratchpad { high(w[1]) } else { 0 }
        | if requantised { w[6] >> 24 } else { high(w[5]) | w[6] };
    let misaligned = source == Source::Raw && (w[1] | w[2]) & 3 != 0;
    let good = reserved == 0
        && store.rows != 0
        && store.columns != 0
        && !misaligned
        && (requantised || !to_scratchpad);
    good.then_some(store)
}

//! NPU descriptors (`docs/npu.md`): fields as data, encoded to eight words.

use std::fmt;

/// One of the NPU's three units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Unit {
    /// Memory to scratchpad or parameter memory.
    Load = 0,
    /// Matrix product.
    Exec = 1,
    /// Accumulators or scratchpad out.
    Store = 2,
}

impl Unit {
    /// The three units in numbering order.
    pub const ALL: [Unit; 3] = [Unit::Load, Unit::Exec, Unit::Store];

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Word 0's common part: tokens and the end mark.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Header {
    /// Set on the last descriptor of a job.
    pub last: bool,
    /// Tokens to take before the start: bit u for a token of unit u.
    pub wait: u8,
    /// Tokens to give when complete: bit u for a token to unit u.
    pub signal: u8,
}

impl Header {
    /// Also waits for a token of `unit`.
    pub fn wait_for(mut self, unit: Unit) -> Self {
        self.wait |= unit.bit() as u8;
        self
    }

    /// Also signals `unit`.
    pub fn signal_to(mut self, unit: Unit) -> Self {
        self.signal |= unit.bit() as u8;
        self
    }

    fn encode(self) -> u32 {
        u32::from(self.last) << 4 | u32::from(self.wait & 7) << 8 | u32::from(self.signal & 7) << 12
    }
}

/// Destination memory of a LOAD.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Space {
    /// Scratchpad.
    #[default]
    Scratchpad,
    /// Parameter memory.
    Parameters,
}

/// LOAD: rows of bytes from memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Load {
    /// Destination memory.
    pub space: Space,
    /// Byte address of the first row.
    pub address: u32,
    /// Bytes from one row to the next.
    pub stride: i32,
    /// Rows, not 0.
    pub rows: u16,
    /// Bytes of a row, not 0.
    pub row_bytes: u16,
    /// Destination row.
    pub row: u16,
    /// Destination rows from one source row to the next.
    pub row_step: u16,
    /// Destination rows from one chunk of D bytes to the next.
    pub chunk_step: u16,
}

/// Where EXEC finds its activations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Activations {
    /// Scratchpad row of m = 0, k tile 0.
    pub row: u16,
    /// Rows from one m to the next.
    pub step: u16,
    /// Rows from one k tile to the next.
    pub k_step: u16,
}

/// EXEC: a matrix product into the accumulators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Exec {
    /// Add to the accumulators from the first k tile on.
    pub accumulate: bool,
    /// Activations.
    pub activations: Activations,
    /// Scratchpad row of the first weight tile.
    pub weight_row: u16,
    /// Rows from one k tile's weights to the next.
    pub weight_k_step: u16,
    /// Rows from one n tile's weights to the next.
    pub weight_n_step: u16,
    /// First accumulator row.
    pub accumulator_row: u16,
    /// Accumulator rows from one n tile to the next.
    pub accumulator_n_step: u16,
    /// Activation rows a tile, not 0.
    pub m_rows: u16,
    /// Tiles along k, not 0.
    pub k_tiles: u16,
    /// Tiles along n, not 0.
    pub n_tiles: u16,
}

/// What a STORE reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// Accumulators through the requantiser, int8.
    Requantised {
        /// First parameter row.
        parameter_row: u16,
        /// Added after rounding.
        zero_point: i8,
        /// Lower bound of the result.
        clamp_min: i8,
        /// Upper bound of the result.
        clamp_max: i8,
    },
    /// Accumulators as they are, int32.
    Accumulators,
    /// Scratchpad bytes.
    Scratchpad,
}

/// Where a STORE writes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Destination {
    /// Memory.
    Memory {
        /// Byte address of the first row.
        address: u32,
        /// Bytes from one row to the next.
        stride: i32,
    },
    /// Scratchpad.
    Scratchpad {
        /// First row.
        row: u16,
        /// Rows from one source row to the next.
        row_step: u16,
        /// Rows from one chunk to the next.
        chunk_step: u16,
    },
}

/// STORE: results out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Store {
    /// What is read.
    pub source: Source,
    /// Where it goes.
    pub destination: Destination,
    /// Rows, not 0.
    pub rows: u16,
    /// Elements of a row, not 0.
    pub columns: u16,
    /// First source row.
    pub source_row: u16,
    /// Source rows from one chunk of D elements to the next.
    pub source_chunk_step: u16,
    /// Source rows from one row to the next.
    pub source_row_step: u16,
}

/// A descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Descriptor {
    /// LOAD.
    Load(Header, Load),
    /// EXEC.
    Exec(Header, Exec),
    /// STORE.
    Store(Header, Store),
    /// Eight words as they are, legal or not.
    Raw([u32; 8]),
}

impl Descriptor {
    /// Bytes of a descriptor in memory.
    pub const BYTES: u32 = 32;

    /// The unit that executes it; `None` for raw words.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Self::Load(..) => Some(Unit::Load),
            Self::Exec(..) => Some(Unit::Exec),
            Self::Store(..) => Some(Unit::Store),
            Self::Raw(_) => None,
        }
    }

    /// The header, to change it; `None` for raw words.
    pub fn header_mut(&mut self) -> Option<&mut Header> {
        match self {
            Self::Load(header, _) | Self::Exec(header, _) | Self::Store(header, _) => Some(header),
            Self::Raw(_) => None,
        }
    }

    /// The eight words.
    pub fn encode(&self) -> [u32; 8] {
        match self {
            Self::Load(header, load) => encode_load(*header, load),
            Self::Exec(header, exec) => encode_exec(*header, exec),
            Self::Store(header, store) => encode_store(*header, store),
            Self::Raw(words) => *words,
        }
    }

    /// The bytes in memory, little endian.
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (to, word) in bytes.chunks_exact_mut(4).zip(self.encode()) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

fn pair(low: u16, high: u16) -> u32 {
    u32::from(low) | u32::from(high) << 16
}

fn encode_load(header: Header, load: &Load) -> [u32; 8] {
    [
        1 | header.encode() | u32::from(load.space == Space::Parameters) << 16,
        load.address,
        load.stride as u32,
        pair(load.rows, load.row_bytes),
        pair(load.row, load.row_step),
        pair(load.chunk_step, 0),
        0,
        0,
    ]
}

fn encode_exec(header: Header, exec: &Exec) -> [u32; 8] {
    [
        2 | header.encode() | u32::from(exec.accumulate) << 16,
        pair(exec.activations.row, exec.activations.step),
        pair(exec.weight_row, exec.weight_k_step),
        pair(exec.accumulator_row, exec.m_rows),
        pair(exec.k_tiles, exec.activations.k_step),
        pair(exec.n_tiles, exec.weight_n_step),
        pair(exec.accumulator_n_step, 0),
        0,
    ]
}

fn encode_store(header: Header, store: &Store) -> [u32; 8] {
    let (source, parameter_row, rounding) = match store.source {
        Source::Requantised { parameter_row, zero_point, clamp_min, clamp_max } => (
            0,
            parameter_row,
            u32::from_le_bytes([zero_point as u8, clamp_min as u8, clamp_max as u8, 0]),
        ),
        Source::Accumulators => (1, 0, 0),
        Source::Scratchpad => (2, 0, 0),
    };
    let (destination, word1, word2) = match store.destination {
        Destination::Memory { address, stride } => (0, address, stride as u32),
        Destination::Scratchpad { row, row_step, chunk_step } => {
            (1, pair(row, 0), pair(row_step, chunk_step))
        }
    };
    [
        3 | header.encode() | source << 16 | destination << 18,
        word1,
        word2,
        pair(store.rows, store.columns),
        pair(store.source_row, store.source_chunk_step),
        pair(store.source_row_step, parameter_row),
        rounding,
        0,
    ]
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load(header, load) => write!(
                f,
                "LOAD{} {:?} row {} <- 0x{:08x}, {} rows of {} bytes",
                Tokens(*header),
                load.space,
                load.row,
                load.address,
                load.rows,
                load.row_bytes
            ),
            Self::Exec(header, exec) => write!(
                f,
                "EXEC{} accumulator row {} {} {} x {} x {} tiles",
                Tokens(*header),
                exec.accumulator_row,
                if exec.accumulate { "+=" } else { "=" },
                exec.m_rows,
                exec.k_tiles,
                exec.n_tiles
            ),
            Self::Store(header, store) => write!(
                f,
                "STORE{} {:?} -> {:?}, {} rows of {} columns",
                Tokens(*header),
                store.source,
                store.destination,
                store.rows,
                store.columns
            ),
            Self::Raw(words) => write!(f, "RAW {words:08x?}"),
        }
    }
}

struct Tokens(Header);

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for unit in Unit::ALL {
            if u32::from(self.0.wait) & unit.bit() != 0 {
                write!(f, " wait({unit:?})")?;
            }
            if u32::from(self.0.signal) & unit.bit() != 0 {
                write!(f, " signal({unit:?})")?;
            }
        }
        if self.0.last {
            f.write_str(" last")?;
        }
        Ok(())
    }
}

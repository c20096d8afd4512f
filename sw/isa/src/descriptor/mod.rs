//! NPU descriptors (`docs/npu.md`): fields as data, to and from eight words, and as text.

mod decode;
mod encode;
#[cfg(test)]
mod tests;
mod text;

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
}

/// Destination memory of a LOAD.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Space {
    /// Scratchpad.
    #[default]
    Scratchpad,
    /// Parameter memory.
    Parameters,
    /// Table memory: 4 bytes a row, 256 entries and the factor of a residual add.
    Table,
}

/// How a LOAD cuts its rows into windows, which may overlap.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct Windows {
    /// Windows of a row, not 0.
    pub count: u16,
    /// Destination rows from one window to the next.
    pub row_step: u16,
    /// Bytes from the start of one window to that of the next, not 0.
    pub step: u8,
    /// Bytes of a window, 1 to min(D, W).
    pub bytes: u8,
    /// First lane that a window fills.
    pub lane: u8,
    /// Stands for bytes outside the row.
    pub pad_value: i8,
    /// Where the first window starts, in bytes from the row's first byte: 0 or negative.
    pub lead: i8,
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
    /// Destination rows from one chunk of D bytes to the next; not used with `windows`.
    pub chunk_step: u16,
    /// Cuts rows into windows instead of chunks (only into the scratchpad; `row_bytes` may then
    /// be 0: nothing is read).
    pub windows: Option<Windows>,
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
    /// Weights have 4 bits: a tile takes D/2 rows, each with two rows of weights.
    pub int4: bool,
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

/// Which convolution.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kernel {
    /// Every output channel sees all input channels.
    Full {
        /// Taps from top to bottom, 1 to 7.
        height: u8,
        /// Taps from left to right, 1 to 7.
        width: u8,
    },
    /// Each channel has its own taps, in passes of up to 3 lines of up to 4 taps.
    Depthwise,
}

/// EXEC: a convolution over a feature map in the scratchpad. Names are those of `docs/npu.md`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Convolution {
    /// Which one.
    pub kernel: Kernel,
    /// Add to the accumulators from the first tile on.
    pub accumulate: bool,
    /// Weights have 4 bits: a tile takes D/2 rows, each with two rows of weights.
    pub int4: bool,
    /// Row of pixel (`first_y`, `first_x`) of plane 0, inside the map or not.
    pub activation_row: u16,
    /// Rows from one line to the next; odd for depthwise with D of 8 and more.
    pub row_pitch: u16,
    /// Rows from one plane to the next.
    pub plane_step: u16,
    /// First row of the weight tiles, which lie one behind the other.
    pub weight_row: u16,
    /// First accumulator row.
    pub accumulator_row: u16,
    /// Accumulator rows from one n tile to the next.
    pub accumulator_n_step: u16,
    /// Output pixels of a line, 1 to 4095.
    pub out_width: u16,
    /// Output lines, 1 to 4095.
    pub out_height: u16,
    /// Input pixels of a line, 1 to 4095.
    pub in_width: u16,
    /// Input lines, 1 to 4095.
    pub in_height: u16,
    /// Input pixels from one output pixel to the next, 1 to 4.
    pub stride_x: u8,
    /// Input lines from one output line to the next, 1 to 4.
    pub stride_y: u8,
    /// Stands for channels outside the map.
    pub pad_value: i8,
    /// Planes (full) or passes (depthwise), 1 to 4095.
    pub k_tiles: u16,
    /// Tiles of output channels, 1 to 4095.
    pub n_tiles: u16,
    /// Line that the first tap of the first output meets.
    pub first_y: i16,
    /// Pixel that the first tap of the first output meets; 0 to -3 for depthwise.
    pub first_x: i16,
}

impl Convolution {
    /// Lines of taps that a depthwise pass takes at once on an array of side `dim`: G.
    pub const fn lines_per_pass(dim: u32) -> u32 {
        match dim / 4 {
            0 => 1,
            lines if lines > 3 => 3,
            lines => lines,
        }
    }

    /// Taps of a line in a depthwise pass on an array of side `dim`: T.
    pub const fn taps_per_line(dim: u32) -> u32 {
        if dim < 4 { dim } else { 4 }
    }
}

/// What happens to a requantised result on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum Then {
    /// Nothing.
    #[default]
    Keep,
    /// It is replaced by the table's entry.
    Table,
    /// A scratchpad row that lies like the destination is added (ONNX QLinearAdd).
    Add {
        /// First row.
        residual_row: u16,
    },
}

/// Geometry of a maximum pool over a feature map in the scratchpad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pool {
    /// Rows from one line of the map to the next.
    pub row_pitch: u16,
    /// 1 to 7.
    pub kernel_width: u8,
    /// 1 to 7.
    pub kernel_height: u8,
    /// Pixels outside the map on the left, 0 to 7.
    pub pad_left: u8,
    /// Lines outside the map at the top, 0 to 7.
    pub pad_top: u8,
    /// 1 to 4095.
    pub in_width: u16,
    /// 1 to 4095.
    pub in_height: u16,
    /// 1 to 4.
    pub stride_x: u8,
    /// 1 to 4.
    pub stride_y: u8,
    /// Output pixels of a line, 1 to 4095.
    pub out_width: u16,
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
        /// gemmlowp's double rounding in integers, not float32; with 9 rows of parameters a tile.
        double_rounding: bool,
        /// What happens to it next.
        then: Then,
    },
    /// Accumulators as they are, int32.
    Accumulators,
    /// Scratchpad bytes.
    Scratchpad,
    /// Maxima over windows of a feature map in the scratchpad.
    MaxPool(Pool),
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
        /// Source rows that make a line at the destination, 0 for no lines (a pool's lines are
        /// its `out_width`, and this is not used).
        line_rows: u16,
        /// Rows from one line to the next.
        line_step: u16,
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
    /// EXEC of a matrix product.
    Exec(Header, Exec),
    /// EXEC of a convolution.
    Convolution(Header, Convolution),
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
            Self::Exec(..) | Self::Convolution(..) => Some(Unit::Exec),
            Self::Store(..) => Some(Unit::Store),
            Self::Raw(_) => None,
        }
    }

    /// Tiles of weights that an EXEC walks through; `None` for other descriptors.
    pub fn tiles(&self) -> Option<u64> {
        let product = |factors: &[u64]| Some(factors.iter().product());
        match self {
            Self::Exec(_, exec) => product(&[exec.k_tiles.into(), exec.n_tiles.into()]),
            Self::Convolution(_, c) => {
                let (height, width) = match c.kernel {
                    Kernel::Full { height, width } => (height, width),
                    Kernel::Depthwise => (1, 1),
                };
                product(&[c.k_tiles.into(), c.n_tiles.into(), height.into(), width.into()])
            }
            Self::Load(..) | Self::Store(..) | Self::Raw(_) => None,
        }
    }

    /// The header; `None` for raw words.
    pub fn header(&self) -> Option<&Header> {
        match self {
            Self::Load(header, _)
            | Self::Exec(header, _)
            | Self::Convolution(header, _)
            | Self::Store(header, _) => Some(header),
            Self::Raw(_) => None,
        }
    }

    /// The header, to change it; `None` for raw words.
    pub fn header_mut(&mut self) -> Option<&mut Header> {
        match self {
            Self::Load(header, _)
            | Self::Exec(header, _)
            | Self::Convolution(header, _)
            | Self::Store(header, _) => Some(header),
            Self::Raw(_) => None,
        }
    }

    /// The eight words.
    pub fn encode(&self) -> [u32; 8] {
        encode::encode(self)
    }

    /// What eight words ask for; [`Descriptor::Raw`] if no other descriptor encodes to them, such as
    /// with a reserved bit set. Counts and sizes may be bad.
    pub fn decode(words: &[u32; 8]) -> Self {
        decode::decode(words)
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

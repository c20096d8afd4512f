//! Matrix products of any size: `output[m][n] = sum over k of activations[m][k] * weights[k][n]`.
//!
//! The output is cut into blocks of rows and n tiles whose sums fill half of the accumulators, so
//! that one half is stored while the array works on the other. For each block of rows the
//! activations are loaded once, if they fit, and the weights stream by in pieces of some k tiles:
//!
//! ```text
//!  scratchpad half 0        activations of row blocks, a ring     [k tile][m]      one row each
//!  scratchpad half 1        weights of pieces, a ring of slots    [n tile][k]      one row each
//!  accumulator bank 0, 1    output block o, o + 1                 [n tile][m]
//!  parameter half 0, 1      parameters of block b, b + 1
//! ```
//!
//! LOAD runs as many pieces ahead as the ring has slots. The first pieces are short, so that the
//! array starts early; the last one is executed and stored tile by tile, so that little is left to
//! store when the array is done.

mod blocks;
mod descriptors;
mod steps;

use std::error::Error;
use std::fmt;

use systole_isa::Descriptor;

use crate::NpuShape;
use blocks::Blocks;
use descriptors::Planner;
use steps::{steps, steps_ahead};

/// An int8 or int32 matrix in memory, row major.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Matrix {
    /// Byte address of element (0, 0).
    pub address: u32,
    /// Bytes from one row to the next.
    pub stride: i32,
}

/// What becomes of the accumulators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Requantised to int8.
    Requantised {
        /// Address of the table that [`crate::parameter_table`] makes, or for double rounding
        /// [`crate::double_rounding_table`].
        parameters: u32,
        /// Output zero point.
        zero_point: i8,
        /// Lower bound of the result.
        clamp_min: i8,
        /// Upper bound of the result.
        clamp_max: i8,
        /// gemmlowp's double rounding (which not every NPU has), not float32.
        double_rounding: bool,
    },
    /// Kept as int32.
    Accumulators,
}

impl Output {
    /// Rows of the parameter memory for a tile of columns.
    fn parameter_rows(self) -> u32 {
        match self {
            Self::Requantised { double_rounding: true, .. } => 9,
            // Accumulators take none; the tiling is the same.
            Self::Requantised { .. } | Self::Accumulators => 8,
        }
    }
}

/// A matrix product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gemm {
    /// Rows of activations and output.
    pub m: u32,
    /// Columns of weights and output.
    pub n: u32,
    /// Columns of activations, rows of weights.
    pub k: u32,
    /// int8, m x k.
    pub activations: Matrix,
    /// int8, k x n; with `int4` two rows in one, row 2j in the low nibbles and row 2j + 1 in the
    /// high ones.
    pub weights: Matrix,
    /// Weights have 4 bits (which not every NPU can).
    pub int4: bool,
    /// m x n, int8 or int32 as `result` says.
    pub output: Matrix,
    /// How accumulators become output.
    pub result: Output,
}

impl Gemm {
    /// Rows of bytes that hold `rows` rows of weights from an even one on.
    fn weight_rows(&self, rows: u32) -> u32 {
        if self.int4 { rows.div_ceil(2) } else { rows }
    }
}

/// Why a product cannot be planned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlanError {
    /// A dimension is 0.
    Empty,
    /// A dimension or block exceeds what a descriptor's 16-bit field holds.
    TooLarge {
        /// Which.
        what: &'static str,
        /// Its value.
        value: u32,
    },
    /// A memory of the NPU is too small for the smallest block.
    MemoryTooSmall {
        /// Which.
        what: &'static str,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a matrix product needs m, n and k of at least 1"),
            Self::TooLarge { what, value } => {
                write!(f, "{what} is {value}, a descriptor holds at most 65535")
            }
            Self::MemoryTooSmall { what } => {
                write!(f, "the {what} cannot hold two of the smallest blocks")
            }
        }
    }
}

impl Error for PlanError {}

/// Descriptors that compute `gemm` on an NPU of `shape`; the last one is marked.
///
/// # Errors
/// When a dimension is 0, a block does not fit a descriptor's fields, or a memory is too small.
pub fn plan(shape: &NpuShape, gemm: &Gemm) -> Result<Vec<Descriptor>, PlanError> {
    if gemm.m == 0 || gemm.n == 0 || gemm.k == 0 {
        return Err(PlanError::Empty);
    }
    let mut blocks = Blocks::choose(shape, gemm)?;
    let activations = blocks.k_tiles * shape.dim;
    if activations > u16::MAX.into() {
        return Err(PlanError::TooLarge { what: "a row of activations", value: activations });
    }
    let steps = steps(shape, gemm, &blocks);
    blocks.slots = blocks.slots.min(steps_ahead(&steps, blocks.activation_slots));
    let mut planner = Planner { shape, gemm, blocks, steps: &steps, list: Vec::new() };
    for (index, step) in steps.iter().enumerate() {
        planner.step(index, step);
    }
    if let Some(header) = planner.list.last_mut().and_then(Descriptor::header_mut) {
        header.last = true;
    }
    Ok(planner.list)
}

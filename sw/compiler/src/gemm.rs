//! Matrix products of any size: `output[m][n] = sum over k of activations[m][k] * weights[k][n]`.
//!
//! The product is cut into blocks that fit half of each memory, so that one half is filled or
//! emptied while the array works on the other:
//!
//! ```text
//!  scratchpad bank 0, 1   activations of step i, i + 1     [k tile][m]      one row each
//!  scratchpad bank 2, 3   weights of step i, i + 1         [n tile][k]      one row each
//!  accumulator bank 0, 1  output block j, j + 1            [n tile][m]
//!  parameter half 0, 1    parameters of n block b, b + 1
//! ```

use std::error::Error;
use std::fmt;

use systole_isa::{
    Activations, Descriptor, Destination, Exec, Header, Load, Source, Space, Store, Then, Unit,
};

use crate::NpuShape;

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
        /// Address of the table that [`crate::parameter_table`] makes.
        parameters: u32,
        /// Output zero point.
        zero_point: i8,
        /// Lower bound of the result.
        clamp_min: i8,
        /// Upper bound of the result.
        clamp_max: i8,
    },
    /// Kept as int32.
    Accumulators,
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
    /// int8, k x n.
    pub weights: Matrix,
    /// m x n, int8 or int32 as `result` says.
    pub output: Matrix,
    /// How accumulators become output.
    pub result: Output,
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

/// Block sizes: rows of m, tiles of n, tiles of k.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Blocks {
    m: u32,
    n_tiles: u32,
    k_tiles: u32,
}

impl Blocks {
    fn choose(shape: &NpuShape, gemm: &Gemm) -> Result<Self, PlanError> {
        let bank = shape.scratchpad_rows / 4;
        let accumulators = shape.accumulator_rows / 2;
        let parameters = shape.parameter_rows / 16;
        if bank < shape.dim {
            return Err(PlanError::MemoryTooSmall { what: "scratchpad" });
        }
        if parameters == 0 {
            return Err(PlanError::MemoryTooSmall { what: "parameter memory" });
        }
        let m = gemm.m.min(bank).min(accumulators);
        let n_tiles =
            gemm.n.div_ceil(shape.dim).min(accumulators / m).min(bank / shape.dim).min(parameters);
        let k_tiles = gemm.k.div_ceil(shape.dim).min(bank / m).min(bank / (n_tiles * shape.dim));
        Ok(Self { m, n_tiles, k_tiles })
    }
}

/// Descriptors that compute `gemm` on an NPU of `shape`; the last one is marked.
///
/// # Errors
/// When a dimension is 0, a block does not fit a descriptor's fields, or a memory is too small.
pub fn plan(shape: &NpuShape, gemm: &Gemm) -> Result<Vec<Descriptor>, PlanError> {
    if gemm.m == 0 || gemm.n == 0 || gemm.k == 0 {
        return Err(PlanError::Empty);
    }
    let blocks = Blocks::choose(shape, gemm)?;
    for (what, value) in [
        ("a row of activations", blocks.k_tiles * shape.dim),
        ("a row of weights", blocks.n_tiles * shape.dim),
        ("a row of parameters", blocks.n_tiles * shape.dim * 8),
    ] {
        if value > u16::MAX.into() {
            return Err(PlanError::TooLarge { what, value });
        }
    }
    let mut planner = Planner { shape, gemm, blocks, steps: 0, outputs: 0, list: Vec::new() };
    planner.run();
    if let Some(header) = planner.list.last_mut().and_then(Descriptor::header_mut) {
        header.last = true;
    }
    Ok(planner.list)
}

/// Part of a dimension that one block covers.
#[derive(Clone, Copy)]
struct Span {
    index: u32,
    start: u32,
    len: u32,
    last: bool,
}

fn spans(total: u32, block: u32) -> impl Iterator<Item = Span> + Clone {
    (0..total.div_ceil(block)).map(move |index| {
        let start = index * block;
        let len = block.min(total - start);
        Span { index, start, len, last: start + len == total }
    })
}

struct Planner<'a> {
    shape: &'a NpuShape,
    gemm: &'a Gemm,
    blocks: Blocks,
    /// Loads of activations and weights so far: which half comes next.
    steps: u32,
    /// Output blocks so far: which accumulator half comes next.
    outputs: u32,
    list: Vec<Descriptor>,
}

impl Planner<'_> {
    fn run(&mut self) {
        let (dim, gemm, blocks) = (self.shape.dim, self.gemm, self.blocks);
        for n in spans(gemm.n, blocks.n_tiles * dim) {
            self.load_parameters(n);
            for m in spans(gemm.m, blocks.m) {
                for k in spans(gemm.k, blocks.k_tiles * dim) {
                    self.load_operands(m, n, k);
                    self.execute(m, n, k);
                    self.steps += 1;
                }
                self.store(m, n);
                self.outputs += 1;
            }
        }
    }

    fn load_parameters(&mut self, n: Span) {
        let Output::Requantised { parameters, .. } = self.gemm.result else { return };
        // The half in use two blocks ago is free once that block's last STORE is complete.
        let mut header = Header::default();
        if n.index >= 2 {
            header = header.wait_for(Unit::Store);
        }
        let bytes = n.len.next_multiple_of(self.shape.dim) * 8;
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Parameters,
                address: parameters.wrapping_add(n.start * 8),
                rows: 1,
                row_bytes: bytes as u16,
                row: self.parameter_row(n),
                chunk_step: 1,
                ..Load::default()
            },
        ));
    }

    fn parameter_row(&self, n: Span) -> u16 {
        (n.index % 2 * (self.shape.parameter_rows / 2)) as u16
    }

    fn activation_row(&self) -> u16 {
        (self.steps % 2 * (self.shape.scratchpad_rows / 4)) as u16
    }

    fn weight_row(&self) -> u16 {
        ((2 + self.steps % 2) * (self.shape.scratchpad_rows / 4)) as u16
    }

    fn accumulator_row(&self) -> u16 {
        (self.outputs % 2 * (self.shape.accumulator_rows / 2)) as u16
    }

    fn load_operands(&mut self, m: Span, n: Span, k: Span) {
        let mut free = Header::default();
        if self.steps >= 2 {
            free = free.wait_for(Unit::Exec);
        }
        let (activations, weights) = (self.gemm.activations, self.gemm.weights);
        self.list.push(Descriptor::Load(
            free,
            Load {
                space: Space::Scratchpad,
                address: element(activations, m.start, k.start),
                stride: activations.stride,
                rows: m.len as u16,
                row_bytes: k.len as u16,
                row: self.activation_row(),
                row_step: 1,
                chunk_step: m.len as u16,
                windows: None,
            },
        ));
        self.list.push(Descriptor::Load(
            Header::default().signal_to(Unit::Exec),
            Load {
                space: Space::Scratchpad,
                address: element(weights, k.start, n.start),
                stride: weights.stride,
                rows: k.len as u16,
                row_bytes: n.len as u16,
                row: self.weight_row(),
                row_step: 1,
                chunk_step: self.weight_n_step(k),
                windows: None,
            },
        ));
    }

    fn weight_n_step(&self, k: Span) -> u16 {
        k.len.next_multiple_of(self.shape.dim) as u16
    }

    fn execute(&mut self, m: Span, n: Span, k: Span) {
        let dim = self.shape.dim;
        let mut header = Header::default().wait_for(Unit::Load).signal_to(Unit::Load);
        if k.index == 0 && self.outputs >= 2 {
            header = header.wait_for(Unit::Store);
        }
        if k.last {
            header = header.signal_to(Unit::Store);
        }
        self.list.push(Descriptor::Exec(
            header,
            Exec {
                accumulate: k.index > 0,
                activations: Activations {
                    row: self.activation_row(),
                    step: 1,
                    k_step: m.len as u16,
                },
                weight_row: self.weight_row(),
                weight_k_step: dim as u16,
                weight_n_step: self.weight_n_step(k),
                accumulator_row: self.accumulator_row(),
                accumulator_n_step: m.len as u16,
                m_rows: m.len as u16,
                k_tiles: k.len.div_ceil(dim) as u16,
                n_tiles: n.len.div_ceil(dim) as u16,
            },
        ));
    }

    fn store(&mut self, m: Span, n: Span) {
        let mut header = Header::default().wait_for(Unit::Exec);
        if self.accumulators_are_reused(m, n) {
            header = header.signal_to(Unit::Exec);
        }
        if m.last && self.parameters_are_reused(n) {
            header = header.signal_to(Unit::Load);
        }
        let (source, element_bytes) = match self.gemm.result {
            Output::Requantised { zero_point, clamp_min, clamp_max, .. } => {
                let parameter_row = self.parameter_row(n);
                (
                    Source::Requantised {
                        parameter_row,
                        zero_point,
                        clamp_min,
                        clamp_max,
                        then: Then::Keep,
                    },
                    1,
                )
            }
            Output::Accumulators => (Source::Accumulators, 4),
        };
        let output = self.gemm.output;
        self.list.push(Descriptor::Store(
            header,
            Store {
                source,
                destination: Destination::Memory {
                    address: element(output, m.start, n.start * element_bytes),
                    stride: output.stride,
                },
                rows: m.len as u16,
                columns: n.len as u16,
                source_row: self.accumulator_row(),
                source_chunk_step: m.len as u16,
                source_row_step: 1,
            },
        ));
    }

    /// Whether an EXEC two output blocks later will wait for this block's STORE.
    fn accumulators_are_reused(&self, m: Span, n: Span) -> bool {
        let m_blocks = self.gemm.m.div_ceil(self.blocks.m);
        let n_blocks = self.gemm.n.div_ceil(self.blocks.n_tiles * self.shape.dim);
        n.index * m_blocks + m.index + 2 < m_blocks * n_blocks
    }

    /// Whether a parameter LOAD two n blocks later will wait for this block's last STORE.
    fn parameters_are_reused(&self, n: Span) -> bool {
        let n_blocks = self.gemm.n.div_ceil(self.blocks.n_tiles * self.shape.dim);
        matches!(self.gemm.result, Output::Requantised { .. }) && n.index + 2 < n_blocks
    }
}

fn element(matrix: Matrix, row: u32, byte: u32) -> u32 {
    matrix.address.wrapping_add((matrix.stride as u32).wrapping_mul(row)).wrapping_add(byte)
}

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

/// Block sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Blocks {
    /// Rows of activations.
    m: u32,
    /// Tiles of columns.
    n_tiles: u32,
    /// Tiles of k whose activations are in the scratchpad at once.
    k_tiles: u32,
    /// Tiles of k in a piece of weights.
    piece: u32,
    /// Pieces that the ring of weights holds.
    slots: u32,
    /// Blocks of rows that the ring of activations holds.
    activation_slots: u32,
}

impl Blocks {
    fn choose(shape: &NpuShape, gemm: &Gemm) -> Result<Self, PlanError> {
        let quarter = shape.scratchpad_rows / 4;
        let accumulators = shape.accumulator_rows / 2;
        let parameters = shape.parameter_rows / 2 / gemm.result.parameter_rows();
        if quarter < shape.dim {
            return Err(PlanError::MemoryTooSmall { what: "scratchpad" });
        }
        if parameters == 0 {
            return Err(PlanError::MemoryTooSmall { what: "parameter memory" });
        }
        let k_tiles = gemm.k.div_ceil(shape.dim);
        // With twice D rows a bus word a cycle for every D bytes of weights is half of what a
        // balanced bus carries.
        let m = gemm.m.min(2 * shape.dim).min(accumulators).min(quarter);
        let n_tiles = gemm.n.div_ceil(shape.dim).min(accumulators / m).min(parameters);
        let n_tiles = n_tiles.min(quarter / shape.dim);
        let n_tiles = n_tiles.min(u32::from(u16::MAX) / (gemm.result.parameter_rows() * shape.dim));
        let slot_rows = n_tiles * shape.dim;
        let busy_tiles = EXEC_CYCLES.div_ceil(n_tiles * m.max(shape.dim));
        let piece = busy_tiles.min(2 * quarter / (FEWEST_SLOTS * slot_rows)).max(1);
        let slots = (2 * quarter / (piece * slot_rows)).min(MOST_SLOTS);
        let k_tiles = k_tiles.min(quarter / m);
        let activation_slots = 2 * quarter / (m * k_tiles);
        Ok(Self { m, n_tiles, k_tiles, piece, slots, activation_slots })
    }

    /// Cuts `k_tiles` into pieces; the `first` of all are short.
    fn pieces(&self, k_tiles: u32, first: bool) -> Vec<u32> {
        let mut left = k_tiles;
        let mut pieces = Vec::new();
        while left > 0 {
            let next = if first && pieces.len() < 2 { 1 } else { self.piece };
            pieces.push(next.min(left));
            left -= next.min(left);
        }
        pieces
    }
}

/// Cycles that an EXEC should last at least, to hide the descriptors of the next one.
const EXEC_CYCLES: u32 = 256;

/// Slots of the ring of weights that pieces leave room for if they can.
const FEWEST_SLOTS: u32 = 4;

/// Slots of the ring of weights at most: a unit can give 15 tokens that are not taken.
const MOST_SLOTS: u32 = 14;

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

/// Part of a dimension that one block covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    index: u32,
    start: u32,
    len: u32,
    last: bool,
}

/// All of a dimension.
fn whole(len: u32) -> Span {
    Span { index: 0, start: 0, len, last: true }
}

fn spans(total: u32, block: u32) -> impl Iterator<Item = Span> + Clone {
    (0..total.div_ceil(block)).map(move |index| {
        let start = index * block;
        let len = block.min(total - start);
        Span { index, start, len, last: start + len == total }
    })
}

/// One piece of weights, and what belongs to it.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Rows of the output block.
    m: Span,
    /// Columns of the output block.
    n: Span,
    /// Which output block, which load of activations and which load of parameters this belongs to.
    output: u32,
    activations: u32,
    parameters: u32,
    /// Columns of the activations that are in the scratchpad.
    chunk: Span,
    /// Columns of activations, rows of weights of this piece.
    k: Span,
    /// Activations are loaded before it, parameters behind it.
    loads_activations: bool,
    loads_parameters: bool,
}

fn steps(shape: &NpuShape, gemm: &Gemm, blocks: &Blocks) -> Vec<Step> {
    let dim = shape.dim;
    let mut steps: Vec<Step> = Vec::new();
    let n_spans = spans(gemm.n, blocks.n_tiles * dim);
    let (mut output, mut activations, mut parameters) = (0, 0, 0);
    // One block of columns: its parameters serve all rows.
    let few_parameters = gemm.n <= blocks.n_tiles * dim;
    for m in spans(gemm.m, blocks.m) {
        for n in n_spans.clone() {
            for chunk in spans(gemm.k, blocks.k_tiles * dim) {
                let resident = blocks.k_tiles * dim >= gemm.k && n.index > 0;
                let pieces = blocks.pieces(chunk.len.div_ceil(dim), steps.is_empty());
                // Behind the weights that the array waits for.
                let parameters_at = 2.min(pieces.len() - 1);
                let mut start = chunk.start;
                for (index, tiles) in pieces.into_iter().enumerate() {
                    let len = (tiles * dim).min(chunk.start + chunk.len - start);
                    let k = Span { index: start / dim, start, len, last: start + len == gemm.k };
                    let loads_activations = index == 0 && !resident;
                    let needs_parameters = m.index == 0 || !few_parameters;
                    let loads_parameters =
                        chunk.index == 0 && index == parameters_at && needs_parameters;
                    activations += u32::from(loads_activations);
                    parameters += u32::from(chunk.index == 0 && index == 0 && needs_parameters);
                    let (activations, parameters) = (activations - 1, parameters - 1);
                    steps.push(Step {
                        m,
                        n,
                        output,
                        activations,
                        parameters,
                        chunk,
                        k,
                        loads_activations,
                        loads_parameters,
                    });
                    start += len;
                }
            }
            output += 1;
        }
    }
    steps
}

/// Steps that LOAD may run ahead, so that the slot of a block of activations is free when that of
/// its first piece of weights is.
fn steps_ahead(steps: &[Step], activation_slots: u32) -> u32 {
    let blocks = steps.chunk_by(|a, b| a.activations == b.activations);
    let shortest = blocks.map(|block| block.len() as u32).min().unwrap_or(1);
    (activation_slots - 1).saturating_mul(shortest).saturating_add(1)
}

struct Planner<'a> {
    shape: &'a NpuShape,
    gemm: &'a Gemm,
    blocks: Blocks,
    steps: &'a [Step],
    list: Vec<Descriptor>,
}

impl Planner<'_> {
    fn step(&mut self, index: usize, step: &Step) {
        let slots = self.blocks.slots as usize;
        let mut free = Header::default();
        if index >= slots {
            free = free.wait_for(Unit::Exec);
        }
        let all_rows = whole(step.m.len);
        if index == 0 && self.steps.len() > 1 && step.m.len >= 2 * self.shape.dim {
            self.start(step);
            return;
        }
        if step.loads_activations {
            self.load_activations(std::mem::take(&mut free), step, all_rows);
        }
        self.load_weights(free.signal_to(Unit::Exec), index, step);
        if step.loads_parameters {
            self.load_parameters(step);
        }
        let reused = index + slots < self.steps.len();
        let dim = self.shape.dim;
        // Only the last output block has nothing to hide its STORE behind.
        let parts: Vec<Span> = match index + 1 == self.steps.len() {
            true => spans(step.n.len, dim).collect(),
            false => vec![whole(step.n.len)],
        };
        for part in parts {
            let mut header = Header::default();
            if part.start == 0 {
                header = header.wait_for(Unit::Load);
                if step.k.start == 0 && step.output >= 2 {
                    header = header.wait_for(Unit::Store);
                }
            }
            if part.last && reused {
                header = header.signal_to(Unit::Load);
            }
            if step.k.last {
                header = header.signal_to(Unit::Store);
            }
            self.execute(header, index, step, all_rows, part);
            if step.k.last {
                self.store(step, part);
            }
        }
    }

    /// The first step, in two halves of rows: the array starts when one half is there.
    fn start(&mut self, step: &Step) {
        let slots = self.blocks.slots as usize;
        let halves = spans(step.m.len, step.m.len.div_ceil(2));
        for half in halves {
            let signal = Header::default().signal_to(Unit::Exec);
            if half.index == 0 {
                self.load_activations(Header::default(), step, half);
                self.load_weights(signal, 0, step);
            } else {
                self.load_activations(signal, step, half);
            }
            let mut header = Header::default().wait_for(Unit::Load);
            if half.last && slots < self.steps.len() {
                header = header.signal_to(Unit::Load);
            }
            if half.last && step.k.last {
                header = header.signal_to(Unit::Store);
            }
            self.execute(header, 0, step, half, whole(step.n.len));
        }
        if step.loads_parameters {
            self.load_parameters(step);
        }
        if step.k.last {
            self.store(step, whole(step.n.len));
        }
    }

    fn load_parameters(&mut self, step: &Step) {
        let Output::Requantised { parameters, .. } = self.gemm.result else { return };
        // The half in use two loads ago is free once the last STORE that needs it is complete.
        let mut header = Header::default();
        if step.parameters >= 2 {
            header = header.wait_for(Unit::Store);
        }
        // As many bytes a channel as rows a tile.
        let channel_bytes = self.gemm.result.parameter_rows();
        let bytes = step.n.len.next_multiple_of(self.shape.dim) * channel_bytes;
        // The STORE waits for an EXEC that waited for a later LOAD, or for this one.
        if step.k.last {
            header = header.signal_to(Unit::Store);
        }
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Parameters,
                address: parameters.wrapping_add(step.n.start * channel_bytes),
                rows: 1,
                row_bytes: bytes as u16,
                row: self.parameter_row(step),
                chunk_step: 1,
                ..Load::default()
            },
        ));
    }

    fn parameter_row(&self, step: &Step) -> u16 {
        (step.parameters % 2 * (self.shape.parameter_rows / 2)) as u16
    }

    fn activation_row(&self, step: &Step) -> u16 {
        let slot_rows = self.blocks.m * self.blocks.k_tiles;
        (step.activations % self.blocks.activation_slots * slot_rows) as u16
    }

    fn weight_row(&self, index: usize) -> u16 {
        let slot_rows = self.blocks.n_tiles * self.blocks.piece * self.shape.dim;
        (self.shape.scratchpad_rows / 2 + index as u32 % self.blocks.slots * slot_rows) as u16
    }

    fn accumulator_row(&self, step: &Step) -> u16 {
        (step.output % 2 * (self.shape.accumulator_rows / 2)) as u16
    }

    fn load_activations(&mut self, header: Header, step: &Step, rows: Span) {
        let activations = self.gemm.activations;
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Scratchpad,
                address: element(activations, step.m.start + rows.start, step.chunk.start),
                stride: activations.stride,
                rows: rows.len as u16,
                row_bytes: step.chunk.len as u16,
                row: self.activation_row(step) + rows.start as u16,
                row_step: 1,
                chunk_step: step.m.len as u16,
                windows: None,
            },
        ));
    }

    fn load_weights(&mut self, header: Header, index: usize, step: &Step) {
        let weights = self.gemm.weights;
        self.list.push(Descriptor::Load(
            header,
            Load {
                space: Space::Scratchpad,
                address: element(weights, step.k.start, step.n.start),
                stride: weights.stride,
                rows: step.k.len as u16,
                row_bytes: step.n.len as u16,
                row: self.weight_row(index),
                row_step: 1,
                chunk_step: self.weight_n_step(step),
                windows: None,
            },
        ));
    }

    fn weight_n_step(&self, step: &Step) -> u16 {
        step.k.len.next_multiple_of(self.shape.dim) as u16
    }

    /// The product of a piece, for rows `m` and columns `part` of its output block.
    fn execute(&mut self, header: Header, index: usize, step: &Step, m: Span, part: Span) {
        let dim = self.shape.dim;
        let rows = step.m.len as u16;
        let first_tile = (part.start / dim) as u16;
        let k_tile = ((step.k.start - step.chunk.start) / dim) as u16;
        let weight_n_step = self.weight_n_step(step);
        self.list.push(Descriptor::Exec(
            header,
            Exec {
                accumulate: step.k.start > 0,
                activations: Activations {
                    row: self.activation_row(step) + k_tile * rows + m.start as u16,
                    step: 1,
                    k_step: rows,
                },
                weight_row: self.weight_row(index) + first_tile * weight_n_step,
                weight_k_step: dim as u16,
                weight_n_step,
                accumulator_row: self.accumulator_row(step) + first_tile * rows + m.start as u16,
                accumulator_n_step: rows,
                m_rows: m.len as u16,
                k_tiles: step.k.len.div_ceil(dim) as u16,
                n_tiles: part.len.div_ceil(dim) as u16,
            },
        ));
    }

    fn store(&mut self, step: &Step, part: Span) {
        let mut header = Header::default().wait_for(Unit::Exec);
        let first_tile = (part.start / self.shape.dim) as u16;
        if part.start == 0 && step.k.last && step.loads_parameters && self.requantises() {
            header = header.wait_for(Unit::Load);
        }
        if part.last {
            let outputs = self.steps.last().map_or(0, |last| last.output);
            if step.output + 2 <= outputs {
                header = header.signal_to(Unit::Exec);
            }
            if self.requantises() && self.parameters_are_reused(step) {
                header = header.signal_to(Unit::Load);
            }
        }
        let (source, element_bytes) = match self.gemm.result {
            Output::Requantised { zero_point, clamp_min, clamp_max, double_rounding, .. } => {
                let tile_rows = self.gemm.result.parameter_rows() as u16;
                let source = Source::Requantised {
                    parameter_row: self.parameter_row(step) + tile_rows * first_tile,
                    zero_point,
                    clamp_min,
                    clamp_max,
                    double_rounding,
                    then: Then::Keep,
                };
                (source, 1)
            }
            Output::Accumulators => (Source::Accumulators, 4),
        };
        let output = self.gemm.output;
        let column = (step.n.start + part.start) * element_bytes;
        self.list.push(Descriptor::Store(
            header,
            Store {
                source,
                destination: Destination::Memory {
                    address: element(output, step.m.start, column),
                    stride: output.stride,
                },
                rows: step.m.len as u16,
                columns: part.len as u16,
                source_row: self.accumulator_row(step) + first_tile * step.m.len as u16,
                source_chunk_step: step.m.len as u16,
                source_row_step: 1,
            },
        ));
    }

    fn requantises(&self) -> bool {
        matches!(self.gemm.result, Output::Requantised { .. })
    }

    /// Whether this block's STORE is the last that needs its parameters, and a LOAD two later
    /// waits for that.
    fn parameters_are_reused(&self, step: &Step) -> bool {
        let steps = self.steps;
        let last_user = steps.iter().rfind(|other| other.parameters == step.parameters);
        let last = steps.last().map_or(0, |last| last.parameters);
        last_user.is_some_and(|last| last.output == step.output) && step.parameters + 2 <= last
    }
}

fn element(matrix: Matrix, row: u32, byte: u32) -> u32 {
    matrix.address.wrapping_add((matrix.stride as u32).wrapping_mul(row)).wrapping_add(byte)
}

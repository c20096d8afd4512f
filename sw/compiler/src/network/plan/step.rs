//! What a plan consists of before rows of weights, parameters and accumulators are given out.

use std::rc::Rc;

use systole_isa::{Convolution, Exec, Load, Store};

/// What a LOAD brings for some products, which follow each other.
#[derive(Clone, Default)]
pub struct Group {
    /// Rows of D bytes.
    pub weights: Vec<u8>,
    /// Bytes of them at the end that meet nothing but zeros.
    pub unused: usize,
    /// Bytes of them that the first block needs.
    pub first: usize,
    /// Bytes of them that come with each LOAD.
    pub pieces: Vec<usize>,
    /// The parameter table of the tiles of channels of this group and those behind it up to the
    /// next that has one; empty if an earlier group has it.
    pub parameters: Vec<u8>,
    /// Bytes of these at the end that come with a LOAD of their own.
    pub parameters_last: usize,
    /// The weights are used once, so that LOAD is what the stage waits for.
    pub streamed: bool,
}

/// An EXEC.
#[derive(Clone, Copy)]
pub enum Product {
    /// A matrix product; `weight_row` counts from the group's first row.
    Matrix(Exec),
    /// A convolution; `weight_row` counts from the group's first row.
    Convolution(Convolution),
    /// A matrix product with a map as weights; `activations.row` counts from the group's first row.
    OverMap(Exec),
}

impl Product {
    /// Makes it one for `tiles` tiles of channels, each with `rows` rows of accumulators.
    pub fn repeat(&mut self, tiles: u32, rows: u32) {
        match self {
            Self::Matrix(exec) | Self::OverMap(exec) => {
                exec.n_tiles = tiles as u16;
                exec.accumulator_n_step = rows as u16;
            }
            Self::Convolution(c) => {
                c.n_tiles = tiles as u16;
                c.accumulator_n_step = rows as u16;
            }
        }
    }
}

/// EXECs into some rows of accumulators, and the STORE that empties these. Accumulator rows count
/// from the block's first, `parameter_row` from the first of the table.
pub struct Block {
    /// In order, each with the index of the group that has its weights.
    pub products: Vec<(usize, Product)>,
    /// What becomes of the sums.
    pub store: Store,
    /// Rows of accumulators.
    pub rows: u32,
}

/// A step of a plan.
pub enum Step {
    /// Loads a part of the network's input, ahead of weights that are not due.
    Load(Load),
    /// Loads a part of a map from memory.
    Stream(Load),
    /// Computes.
    Block(Block),
    /// Moves or pools rows of the scratchpad.
    Move(Store),
}

/// The steps of a stage.
#[derive(Default)]
pub struct Steps {
    /// Groups of weights, in the order of their first use. One that is there again is loaded again.
    pub groups: Vec<Rc<Group>>,
    /// Steps, whose groups count from the stage's first.
    pub steps: Vec<Step>,
    /// The table of a residual add, with its factor.
    pub table: Option<Vec<u8>>,
}

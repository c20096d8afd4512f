//! Layers to NPU descriptors: data layouts, tiling and tokens.
//!
//! [`gemm::plan`] plans a matrix product of any size out of memory; [`network::plan_network`] plans
//! a whole network.

pub mod gemm;
pub mod network;
pub mod parameters;

pub use gemm::{Gemm, Matrix, Output, PlanError, plan};
pub use parameters::{double_rounding_table, parameter_table};

/// What a plan has to know of the NPU (the `CONFIG` register and the parameter memory).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NpuShape {
    /// Side of the array, D.
    pub dim: u32,
    /// Bytes of a bus beat, W.
    pub bus_bytes: u32,
    /// Scratchpad rows of D bytes, in four banks.
    pub scratchpad_rows: u32,
    /// Accumulator rows of D int32, in two banks.
    pub accumulator_rows: u32,
    /// Parameter memory rows of D bytes.
    pub parameter_rows: u32,
    /// Results a cycle of the requantiser.
    pub requantise_lanes: u32,
    /// One unit does LOAD, EXEC and STORE one after the other.
    pub sequential: bool,
}

impl NpuShape {
    /// Cycles in which a row of D sums is requantised.
    pub fn requantise_cycles(&self) -> u32 {
        self.dim.div_ceil(self.requantise_lanes)
    }
}

/// A small NPU for tests.
#[cfg(test)]
pub(crate) const TEST_SHAPE: NpuShape = NpuShape {
    dim: 8,
    bus_bytes: 8,
    scratchpad_rows: 1024,
    accumulator_rows: 256,
    parameter_rows: 256,
    requantise_lanes: 8,
    sequential: false,
};

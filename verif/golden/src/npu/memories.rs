//! The NPU's memories. Row addresses are 16 bits and wrap modulo the number of rows.

use crate::machine::NpuConfig;

/// Largest D.
pub(crate) const MAX_DIM: usize = 32;

/// Scratchpad, accumulators and parameter memory.
pub(crate) struct Memories {
    dim: usize,
    scratchpad: Vec<i8>,
    accumulators: Vec<i32>,
    parameters: Vec<u8>,
    /// A job ran since reset.
    pub used: bool,
}

impl Memories {
    pub fn new(config: &NpuConfig) -> Self {
        let dim = (config.dim as usize).clamp(1, MAX_DIM);
        let cells = |rows: u32| rows.next_power_of_two() as usize * dim;
        Self {
            dim,
            scratchpad: vec![0; cells(config.scratchpad_rows)],
            accumulators: vec![0; cells(config.accumulator_rows)],
            parameters: vec![0; cells(config.parameter_rows)],
            used: false,
        }
    }

    pub fn reset(&mut self) {
        if std::mem::take(&mut self.used) {
            self.scratchpad.fill(0);
            self.accumulators.fill(0);
            self.parameters.fill(0);
        }
    }

    pub fn dim(&self) -> usize {
        self.dim
    }

    pub fn scratchpad(&self, row: u32) -> &[i8] {
        let start = start(self.scratchpad.len(), self.dim, row);
        &self.scratchpad[start..start + self.dim]
    }

    pub fn scratchpad_mut(&mut self, row: u32) -> &mut [i8] {
        let start = start(self.scratchpad.len(), self.dim, row);
        &mut self.scratchpad[start..start + self.dim]
    }

    pub fn accumulators(&self, row: u32) -> &[i32] {
        let start = start(self.accumulators.len(), self.dim, row);
        &self.accumulators[start..start + self.dim]
    }

    pub fn accumulators_mut(&mut self, row: u32) -> &mut [i32] {
        let start = start(self.accumulators.len(), self.dim, row);
        &mut self.accumulators[start..start + self.dim]
    }

    pub fn parameters(&self, row: u32) -> &[u8] {
        let start = start(self.parameters.len(), self.dim, row);
        &self.parameters[start..start + self.dim]
    }

    pub fn parameters_mut(&mut self, row: u32) -> &mut [u8] {
        let start = start(self.parameters.len(), self.dim, row);
        &mut self.parameters[start..start + self.dim]
    }
}

/// `base + sum of count * step`, of which the low 16 bits mean a row.
pub(crate) fn row_at(base: u32, steps: &[(u32, u32)]) -> u32 {
    steps.iter().fold(base, |row, (count, step)| row.wrapping_add(count.wrapping_mul(*step)))
}

/// First cell of a row.
fn start(cells: usize, dim: usize, row: u32) -> usize {
    let rows = cells / dim;
    (row & 0xffff) as usize % rows * dim
}

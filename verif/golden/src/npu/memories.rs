//! The NPU's memories. Row addresses are 16 bits and wrap modulo the number of rows.

use crate::machine::NpuConfig;

/// Largest D.
pub(crate) const MAX_DIM: usize = 32;

/// Rows of the table memory that are there.
pub(crate) const TABLE_ROWS: u32 = 257;
/// Row addresses of the table memory wrap modulo this.
pub(crate) const TABLE_SPAN: u32 = 512;

/// Scratchpad, accumulators, parameter memory and table memory.
pub(crate) struct Memories {
    dim: usize,
    scratchpad: Vec<i8>,
    accumulators: Vec<i32>,
    parameters: Vec<u8>,
    table: [u32; TABLE_ROWS as usize],
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
            table: [0; TABLE_ROWS as usize],
            used: false,
        }
    }

    pub fn reset(&mut self) {
        if std::mem::take(&mut self.used) {
            self.scratchpad.fill(0);
            self.accumulators.fill(0);
            self.parameters.fill(0);
            self.table.fill(0);
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

    /// An entry of the table: what selects it is a result or a residual.
    pub fn table_entry(&self, value: i8) -> u32 {
        self.table[(i32::from(value) + 128) as usize]
    }

    /// The factor of a residual add, behind the entries.
    pub fn table_factor(&self) -> u32 {
        self.table[256]
    }

    /// Writes a row of the table memory, if it is there.
    pub fn set_table(&mut self, row: u32, word: u32) {
        if let Some(entry) = self.table.get_mut((row % TABLE_SPAN) as usize) {
            *entry = word;
        }
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

//! Into how many lines at a time a stage is cut whose maps pass through the scratchpad.

use super::blocks::Limits;
use crate::network::Shape;

/// Cycles that a block costs beside its products: its descriptors are fetched, and units wait for
/// each other.
const BLOCK_CYCLES: u64 = 16;

/// Blocks whose operands of an add are in the scratchpad at a time.
pub const RESIDUAL_SLOTS: u32 = 4;

/// What a stage needs, as far as it matters for how it is cut.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// Its output.
    pub output: Shape,
    /// Lines of its input.
    pub height: u32,
    /// Scratchpad rows of a line of its input, all planes; 0 if the input is there.
    pub line_rows: u32,
    /// Lines of the kernel, and lines of the input from one line of the output to the next.
    pub window: (u32, u32),
    /// Tiles that each pixel of the output meets.
    pub products: u32,
    /// Cycles of STORE for a row of the output.
    pub store_cycles: u32,
    /// What is added comes from memory.
    pub adds: bool,
}

/// How a stage is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Lines of output in a chunk.
    pub lines: u32,
    /// Lines of the input for a chunk, at most.
    pub slot_lines: u32,
    /// Chunks whose input is in the scratchpad at a time.
    pub slots: u32,
    /// The weights stay for all chunks.
    pub weights_stay: bool,
    /// Scratchpad rows for slots and operands of adds.
    pub rows: u32,
    /// Clock cycles, about.
    pub cycles: u64,
}

impl Demand {
    /// The fastest way with `rows` rows of the scratchpad, weights apart; `None` if a line does not
    /// fit.
    pub fn cut(&self, limits: &Limits, rows: u32) -> Option<Cut> {
        let most = limits.lines(self.output)?;
        // The same number of chunks with fewer lines each would be no faster.
        let lines = (1..=most).filter(|&lines| {
            let chunks = self.output.height.div_ceil(lines);
            lines == self.output.height.div_ceil(chunks)
        });
        let ways = lines.flat_map(|lines| [1, 2].map(|slots| (lines, slots)));
        let cuts = ways.filter_map(|way| self.way(limits, way)).filter(|cut| cut.rows <= rows);
        cuts.min_by_key(|cut| (cut.cycles, cut.rows))
    }

    fn way(&self, limits: &Limits, (lines, slots): (u32, u32)) -> Option<Cut> {
        let dim = limits.dim();
        let chunks = self.output.height.div_ceil(lines);
        let has_slots = self.line_rows > 0;
        if slots > 1 && (chunks == 1 || !has_slots) {
            return None;
        }
        let slot_lines = ((lines - 1) * self.window.1 + self.window.0).min(self.height);
        let pixels = lines * self.output.width;
        let tiles = self.output.channels.div_ceil(dim);
        let added = if self.adds { pixels } else { 0 };
        let weight_rows = self.products * dim;
        let weights_stay = chunks == 1
            || weight_rows <= limits.ring_rows / 2 && tiles * 8 <= limits.shape.parameter_rows / 2;
        let beats = |rows: u32| u64::from(rows * dim / limits.shape.bus_bytes.min(dim));
        let input = beats(slot_lines * self.line_rows);
        let weights = beats(weight_rows + 8 * tiles);
        let (once, again) = if weights_stay { (weights, 0) } else { (0, weights) };
        let load = input + again + beats(added * tiles);
        let exec = u64::from(self.products) * u64::from((2 * pixels).max(pixels + dim)) / 2;
        let store = u64::from(tiles * pixels * self.store_cycles);
        // A single slot is filled while nothing reads it.
        let waits = if slots == 1 && chunks > 1 { input } else { 0 };
        let chunk = exec.max(load).max(store) + waits + u64::from(tiles) * BLOCK_CYCLES;
        let rows = slots * slot_lines * self.line_rows + RESIDUAL_SLOTS * added;
        let cycles = u64::from(chunks) * chunk + once.saturating_sub(exec) + input.min(exec) / 8;
        Some(Cut { lines, slot_lines, slots, weights_stay, rows, cycles })
    }
}

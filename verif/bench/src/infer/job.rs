//! What a chip's memory holds before a job.

use systole_golden::RAM_BASE;
use systole_isa::{Descriptor, Unit};

use super::{Planned, driver};
use crate::chip::patience;
use crate::lockstep::hang_cycles;

/// A network's job, with an input.
pub struct Job {
    /// Bytes at addresses; a later piece overwrites an earlier one.
    pub(super) segments: Vec<(u32, Vec<u8>)>,
    /// Where the output comes, and its bytes.
    pub(super) output: (u32, usize),
    /// Clock cycles after which it is given up.
    pub(super) max_cycles: u64,
    /// Clock cycles without a retirement after which it hangs.
    pub(super) hang_cycles: u64,
    /// Which of the segments is the input.
    input: usize,
    /// The unit of each descriptor.
    pub(super) units: Vec<Unit>,
}

/// A job may take so many times the cycles that are expected.
const PATIENCE: u64 = 20;
/// And so many more.
const MORE_PATIENCE: u64 = 1_000_000;

impl Job {
    /// The whole network.
    pub fn new(planned: &Planned) -> Self {
        let program = &planned.program;
        let mut segments = vec![(RAM_BASE, driver::program(program.list))];
        segments.extend(program.segments.iter().map(|s| (s.address, s.bytes.clone())));
        segments.push((program.input, Vec::new()));
        Self {
            input: segments.len() - 1,
            segments,
            output: (program.output, program.output_shape.len()),
            hang_cycles: hang_cycles(patience(planned.shape.sequential)),
            max_cycles: planned.predicted() * PATIENCE + MORE_PATIENCE,
            units: program.descriptors.iter().filter_map(Descriptor::unit).collect(),
        }
    }

    /// Gives it an input: int8, NHWC.
    pub fn set_input(&mut self, codes: &[i8]) {
        self.segments[self.input].1 = codes.iter().map(|&code| code as u8).collect();
    }
}

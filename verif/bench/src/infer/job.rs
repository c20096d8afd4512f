//! What a chip's memory holds before a job.

use systole_golden::RAM_BASE;
use systole_isa::Descriptor;

use super::{Planned, driver};

/// A network's job, with an input.
pub struct Job {
    /// Bytes at addresses; a later piece overwrites an earlier one.
    pub(super) segments: Vec<(u32, Vec<u8>)>,
    /// Where the output comes, and its bytes.
    pub(super) output: (u32, usize),
    /// Clock cycles after which it is given up.
    pub(super) max_cycles: u64,
    /// Which of the segments is the input.
    input: usize,
    /// Each descriptor as the last of a list, where it is: for cutting the list.
    ends: Vec<(u32, Vec<u8>)>,
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
        let end = |(index, descriptor): (usize, &Descriptor)| {
            let mut last = *descriptor;
            if let Some(header) = last.header_mut() {
                header.last = true;
            }
            (program.list + index as u32 * Descriptor::BYTES, last.to_bytes().to_vec())
        };
        Self {
            input: segments.len() - 1,
            segments,
            output: (program.output, program.output_shape.len()),
            max_cycles: planned.predicted() * PATIENCE + MORE_PATIENCE,
            ends: program.descriptors.iter().enumerate().map(end).collect(),
        }
    }

    /// Gives it an input: int8, NHWC.
    pub fn set_input(&mut self, codes: &[i8]) {
        self.segments[self.input].1 = codes.iter().map(|&code| code as u8).collect();
    }

    /// Ends it with descriptor `last`; its output is then not made, but for the last layer.
    pub fn cut(&mut self, last: usize) {
        self.segments.truncate(self.input + 1);
        self.segments.extend(self.ends.get(last).cloned());
    }
}

//! What a chip's memory holds before a job.

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
    /// Word 0 of each descriptor, where it is: for cutting the list.
    heads: Vec<(u32, u32)>,
}

/// Bit `last` of a descriptor's word 0.
const LAST: u32 = 1 << 4;
/// A job may take so many times the cycles that are expected.
const PATIENCE: u64 = 20;
/// And so many more.
const MORE_PATIENCE: u64 = 1_000_000;

impl Job {
    /// The whole network.
    pub fn new(planned: &Planned) -> Self {
        let program = &planned.program;
        let mut segments = vec![(super::driver::DATA - 0x1000, driver::program(program.list))];
        segments.extend(program.segments.iter().map(|s| (s.address, s.bytes.clone())));
        segments.push((program.input, Vec::new()));
        let head = |(index, descriptor): (usize, &systole_isa::Descriptor)| {
            let bytes = descriptor.to_bytes();
            let word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            (program.list + index as u32 * systole_isa::Descriptor::BYTES, word)
        };
        Self {
            input: segments.len() - 1,
            segments,
            output: (program.output, program.output_shape.len()),
            max_cycles: planned.predicted() * PATIENCE + MORE_PATIENCE,
            heads: program.descriptors.iter().enumerate().map(head).collect(),
        }
    }

    /// Gives it an input: int8, NHWC.
    pub fn set_input(&mut self, codes: &[i8]) {
        self.segments[self.input].1 = codes.iter().map(|&code| code as u8).collect();
    }

    /// Ends it with descriptor `last`; its output is then not made, but for the last layer.
    pub fn cut(&mut self, last: usize) {
        self.segments.truncate(self.input + 1);
        if let Some((address, word)) = self.heads.get(last) {
            self.segments.push((*address, (word | LAST).to_le_bytes().to_vec()));
        }
    }
}

//! Which instructions of a program get their 16-bit form.

use crate::{Compressed, Instruction};

/// Which instructions that have a 16-bit form get it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Compression {
    /// None.
    #[default]
    Never,
    /// All.
    Always,
    /// About half of them. The instruction and this seed decide, not the place, so that it does not
    /// change when another one goes.
    Mixed(u64),
}

impl Compression {
    /// `instruction` as this says.
    pub fn apply(self, instruction: Instruction) -> Instruction {
        let shorten = match self {
            Self::Never => false,
            Self::Always => true,
            Self::Mixed(seed) => mix(seed ^ u64::from(instruction.encode())) & 1 == 1,
        };
        let short = shorten.then(|| Compressed::shorten(&instruction)).flatten();
        short.map_or(instruction, Instruction::Compressed)
    }
}

/// The finaliser of splitmix64.
fn mix(value: u64) -> u64 {
    let z = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

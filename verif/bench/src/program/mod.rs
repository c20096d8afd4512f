//! Random programs as data: a tree of blocks, the NPU jobs that it starts, and the environment it
//! runs in. [`lower()`] turns it into the bytes of memory.

mod block;
mod handler;
pub mod layout;
mod lower;
mod parts;

pub use block::Block;
pub use lower::{Image, TooLong, lower, random_bytes};
pub use parts::{Maker, Operand, Patcher, Privilege, Reach, Usage};
pub use systole_isa::Compression;

use systole_golden::Isa;
use systole_isa::Descriptor;

/// A program with all that its run depends on.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
    /// What the hart has.
    pub isa: Isa,
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Which instructions are 16-bit ones; [`Compression::Never`] on a hart without C.
    pub compression: Compression,
    /// Initial values of x1 to x31 (index 0 is x1).
    pub registers: [u32; 31],
    /// Seed of the contents of [`layout::DATA`]; 0 for zeros.
    pub data_seed: u64,
    /// What the program does.
    pub blocks: Vec<Block>,
    /// Jobs that [`Block::StartJob`] refers to.
    pub jobs: Vec<Job>,
    /// Stalls and bus errors.
    pub environment: Environment,
}

/// An NPU job: descriptors and the memory that they refer to, within the arena.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Address of the list; not necessarily aligned.
    pub list: u32,
    /// The list.
    pub descriptors: Vec<Descriptor>,
    /// Initial contents: address and bytes.
    pub inputs: Vec<(u32, Vec<u8>)>,
    /// Where results go: address and length in bytes.
    pub results: (u32, u32),
    /// What it is, for reports.
    pub description: String,
}

/// How memory behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Environment {
    /// Seed of the stalls.
    pub seed: u64,
    /// Chance that a port is not ready in a cycle, in 1/256.
    pub stall: u8,
    /// Longest response latency in cycles, at least 1.
    pub latency: u8,
    /// Chance of a bus error for a fetch of the hart, in 1/65536; of data accesses four times that.
    pub hart_errors: u16,
    /// Chance of a bus error on a burst beat of the NPU, in 1/65536.
    pub npu_errors: u16,
}

impl Environment {
    /// Memory that answers at once and never fails.
    pub const IDEAL: Self = Self { seed: 0, stall: 0, latency: 1, hart_errors: 0, npu_errors: 0 };
}

impl Program {
    /// Number of body instructions that a reader has to look at: what a person would write down,
    /// without the loading of initial register values, the handler and the end.
    pub fn instruction_count(&self) -> usize {
        lower(self).map_or(0, |image| image.body.len())
    }
}

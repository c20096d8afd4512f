//! Random programs as data: a tree of blocks, the NPU jobs that it starts, and the environment it
//! runs in. [`lower()`] turns it into the bytes of memory.

pub mod assembler;
mod handler;
pub mod layout;
mod lower;

pub use lower::{Image, TooLong, lower, random_bytes};

use systole_isa::{BranchOp, Descriptor, Instruction, Register};

/// A program with all that its run depends on.
#[derive(Clone, PartialEq, Debug)]
pub struct Program {
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

/// A piece of a program. Blocks leave no trace but in registers and memory, so any can be dropped.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// Instructions without memory access or jump.
    Straight(Vec<Instruction>),
    /// `base = address`, then loads and stores relative to it.
    Access {
        /// Holds the address; the accesses do not write it.
        base: Register,
        /// Byte address.
        address: u32,
        /// Loads, stores and register operations; their base register is replaced by `base`.
        accesses: Vec<Instruction>,
    },
    /// A branch over `body`, taken or not.
    Skip {
        /// Condition.
        op: BranchOp,
        /// First operand.
        rs1: Register,
        /// Second operand.
        rs2: Register,
        /// What is jumped over when taken.
        body: Vec<Block>,
    },
    /// `body`, `count` times.
    Loop {
        /// Counts down; the body does not write it.
        counter: Register,
        /// Rounds, at least 1.
        count: u8,
        /// What is repeated.
        body: Vec<Block>,
    },
    /// A call of an out-of-line function and its return.
    Call {
        /// Holds the return address; the body does not write it.
        link: Register,
        /// Through `jalr` instead of `jal`.
        indirect: bool,
        /// The function.
        body: Vec<Block>,
    },
    /// Jump to an address that cannot be fetched; the handler goes on after it.
    JumpToVoid {
        /// Holds the target.
        register: Register,
        /// The target.
        target: u32,
    },
    /// Jump to `here + 4 + misalignment`: traps for 2, is cleared for 1.
    OddJump {
        /// Holds the target.
        register: Register,
        /// Link register.
        link: Register,
        /// 1, 2 or 3.
        misalignment: u8,
    },
    /// Writes `instruction` over a `nop` ahead, then runs it after a `fence.i`.
    SelfModify {
        /// Holds the address.
        address: Register,
        /// Holds the word.
        word: Register,
        /// The new instruction: no memory access, no jump.
        instruction: Instruction,
    },
    /// Sets the timer compare to now + `delay` cycles and enables the timer interrupt.
    Timer {
        /// Cycles from now.
        delay: u16,
        /// Two scratch registers.
        scratch: [Register; 2],
    },
    /// Raises the software interrupt.
    SoftwareInterrupt {
        /// Scratch register.
        scratch: Register,
        /// Enable it first; otherwise that is left to what ran before.
        enable: bool,
    },
    /// `mtvec` to the handler in direct or vectored mode.
    TrapVector {
        /// Scratch register.
        scratch: Register,
        /// Mode 1.
        vectored: bool,
    },
    /// Rings the NPU's doorbell for job `job`; waits for an earlier job first.
    StartJob {
        /// Index into [`Program::jobs`].
        job: usize,
        /// Interrupt at the end of the job.
        interrupt: bool,
        /// Two scratch registers.
        scratch: [Register; 2],
    },
    /// Waits until the NPU is not busy, then loads from the job's results.
    WaitJob {
        /// Two scratch registers.
        scratch: [Register; 2],
        /// Offsets into the results, in words.
        reads: Vec<u16>,
    },
    /// Reads registers of NPU or CLINT, timing dependent or not.
    DeviceRead {
        /// Holds the address.
        base: Register,
        /// Receives the value.
        rd: Register,
        /// Address of the register.
        address: u32,
    },
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
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Environment {
    /// Seed of the stalls.
    pub seed: u64,
    /// Chance that a port is not ready in a cycle, in 1/256.
    pub stall: u8,
    /// Longest response latency in cycles, at least 1.
    pub latency: u8,
    /// Chance of a bus error for a data access or fetch of the hart, in 1/65536.
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

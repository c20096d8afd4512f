//! Pieces of a program. Blocks leave no trace but in registers, memory and CSRs, so any can be
//! dropped.

use systole_isa::{BranchOp, Csr, CsrOp, Instruction, Register};

use super::parts::{Maker, Operand, Patcher, Privilege, Reach, Usage};

/// A piece of a program.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// Instructions without memory access; jumps and branches of 32 bits lead to the next one.
    Straight(Vec<Instruction>),
    /// `base = address`, then loads, stores and atomic operations relative to it.
    Access {
        /// Holds the address; only the last of the accesses may write it.
        base: Register,
        /// Byte address.
        address: u32,
        /// Loads, stores, atomics and what [`Block::Straight`] may have. An access gets `base` as its
        /// base register; an atomic one with a base other than x0 gets a second base.
        accesses: Vec<Instruction>,
        /// Distance of the second base, for atomics.
        distance: i32,
        /// Privilege of the accesses.
        privilege: Privilege,
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
        /// Compares the counter with 0 for the next round; two rounds at most where only 0 goes on.
        op: BranchOp,
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
    /// Calls within calls, without any work, and the returns from all of them.
    Nest {
        /// Calls.
        depth: u8,
        /// Holds the return address.
        link: Register,
    },
    /// One indirect jump that goes to another place each time.
    Dispatch {
        /// Holds the target.
        register: Register,
        /// Link register of the jump.
        link: Register,
        /// How often it is jumped through.
        visits: u8,
        /// How often all of that is done.
        rounds: u8,
        /// Counts the rounds.
        counter: Register,
    },
    /// A branch or jump over as much as it reaches.
    Far {
        /// Which instruction.
        reach: Reach,
        /// Back instead of forth.
        backward: bool,
        /// Bytes less than the greatest distance, halved where that has to be even.
        short_of: u16,
    },
    /// Jump to an address that cannot be fetched, or holds nothing; the handler goes on after it.
    JumpToVoid {
        /// Holds the target.
        register: Register,
        /// The target.
        target: u32,
    },
    /// Jump to `here + 4 + misalignment`: traps for 2 without C, is cleared for 1.
    OddJump {
        /// Holds the target.
        register: Register,
        /// Link register.
        link: Register,
        /// 1, 2 or 3.
        misalignment: u8,
    },
    /// Calls of a function, of which the last one returns to another address than it came from: no
    /// memory is there, and the handler goes on behind the call.
    Astray {
        /// Holds the return address.
        link: Register,
        /// Calls that return before.
        returns: u8,
        /// The bit of the address that is turned over, 24 to 31.
        bit: u8,
    },
    /// An address that is used right after it was made.
    Pointer {
        /// What makes it.
        maker: Maker,
        /// Holds it.
        register: Register,
        /// As in [`Block::Straight`]: what comes between.
        between: Vec<Instruction>,
        /// What it is for.
        usage: Usage,
    },
    /// Jumps to each of `targets`, where nothing can be executed; the handler goes on after each.
    Visit {
        /// Scratch register.
        scratch: Register,
        /// In U mode.
        user: bool,
        /// The targets; in a [`Block::User`], where the first one ends it, the others are left out.
        targets: Vec<u32>,
    },
    /// Writes each of `versions` over the first instruction of a function, and calls it after a
    /// `fence.i`.
    SelfModify {
        /// Holds the address.
        address: Register,
        /// Holds the word.
        word: Register,
        /// Return address.
        link: Register,
        /// The instructions: no memory access; a jump or branch goes to the next instruction, or over
        /// it, which is an `addi`.
        versions: Vec<Instruction>,
        /// What they are stored with.
        by: Patcher,
    },
    /// Sets the timer compare to now + `delay` cycles and enables the timer interrupt.
    Timer {
        /// Cycles from now.
        delay: u16,
        /// Two scratch registers.
        scratch: [Register; 2],
    },
    /// Sets the clock and reads it back; the timer is left as it is. The high half is 0 in the end.
    SetClock {
        /// Two scratch registers.
        scratch: [Register; 2],
        /// What is written: to the high half or the low one, and the value; in the high half not all
        /// ones, where the handler cannot silence the timer.
        writes: Vec<(bool, u32)>,
    },
    /// Raises the software interrupt.
    SoftwareInterrupt {
        /// Scratch register.
        scratch: Register,
        /// Enable it first; otherwise that is left to what ran before.
        enable: bool,
        /// As in [`Block::Straight`]: what it may interrupt.
        behind: Vec<Instruction>,
    },
    /// Waits by `wfi` for the timer or the software interrupt.
    WaitForInterrupt {
        /// Cycles from now.
        delay: u16,
        /// Two scratch registers.
        scratch: [Register; 2],
        /// Write `mstatus.MIE` first.
        global: Option<bool>,
        /// Wait in U mode.
        user: bool,
        /// For the software interrupt.
        software: bool,
        /// A load or store right behind a wait that nothing can interrupt, at an address without
        /// memory.
        then: Option<Instruction>,
    },
    /// `mtvec` to the handler in direct or vectored mode.
    TrapVector {
        /// Scratch register.
        scratch: Register,
        /// Mode 1.
        vectored: bool,
        /// What is done to it first, with which operand, before it is read back; while nothing can
        /// trap.
        first: Option<(CsrOp, Operand)>,
    },
    /// `li scratch, value`, then a CSR instruction with it. For registers in which some values would
    /// derail the program: the generator knows which ones.
    CsrWrite {
        /// Operation.
        op: CsrOp,
        /// Receives the old value.
        rd: Register,
        /// The register.
        csr: Csr,
        /// Operand.
        value: u32,
        /// Holds it.
        scratch: Register,
    },
    /// `body` in U mode, from an `mret` to an `ecall` or what leaves it earlier.
    User {
        /// Scratch register.
        scratch: Register,
        /// Bit n: a trap with cause n (of an interrupt, too) goes on in M mode.
        leave: u16,
        /// Begin with an `mret`, which is illegal there.
        probe: bool,
        /// Enter by an `mret` of its own, with `mstatus.MPRV` set, instead of through the handler.
        direct: bool,
        /// The body.
        body: Vec<Block>,
    },
    /// Sets up a PMP entry. One with `config`'s L set must not concern what the program and its
    /// handler need.
    Protect {
        /// Entry, 0 to 15.
        entry: u8,
        /// Its byte of `pmpcfg`.
        config: u8,
        /// Its `pmpaddr`.
        address: u32,
        /// `pmpaddr` of the entry before it, where TOR begins.
        bottom: Option<u32>,
        /// Scratch register.
        scratch: Register,
    },
    /// Sets up the entries of one `pmpcfg`, none of them locked, for `body`; then only the last entry
    /// of the hart is there, as when a program begins. In U mode there is only the body.
    Regions {
        /// Number of the `pmpcfg`.
        group: u8,
        /// Entries: their bytes of `pmpcfg`, and `pmpaddr`.
        entries: Vec<(u8, u32)>,
        /// Scratch register.
        scratch: Register,
        /// What happens meanwhile.
        body: Vec<Block>,
    },
    /// Rings the NPU's doorbell for job `job`; waits for an earlier job first.
    StartJob {
        /// Index into [`Program::jobs`](super::Program::jobs).
        job: usize,
        /// Interrupt at the end of the job.
        interrupt: bool,
        /// Written to `WINDOW_BASE` and `WINDOW_LIMIT` first; `None` is the whole address space.
        window: Option<[u32; 2]>,
        /// Two scratch registers.
        scratch: [Register; 2],
    },
    /// Starts job `job`, writes registers of the NPU once it works, and aborts it.
    DisturbJob {
        /// Index into [`Program::jobs`](super::Program::jobs): a job that works for long.
        job: usize,
        /// Addresses and values: writes that the NPU ignores while it is busy, and others.
        writes: Vec<(u32, u32)>,
        /// Two scratch registers.
        scratch: [Register; 2],
    },
    /// Ends the job that runs, if one does.
    AbortJob {
        /// Scratch register.
        scratch: Register,
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

impl Block {
    /// The blocks inside this one.
    pub fn body(&self) -> Option<&Vec<Block>> {
        match self {
            Self::Skip { body, .. }
            | Self::Loop { body, .. }
            | Self::Call { body, .. }
            | Self::Regions { body, .. }
            | Self::User { body, .. } => Some(body),
            _ => None,
        }
    }

    /// The blocks inside this one, to change them.
    pub fn body_mut(&mut self) -> Option<&mut Vec<Block>> {
        match self {
            Self::Skip { body, .. }
            | Self::Loop { body, .. }
            | Self::Call { body, .. }
            | Self::Regions { body, .. }
            | Self::User { body, .. } => Some(body),
            _ => None,
        }
    }
}

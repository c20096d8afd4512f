//! Profiles: what programs are mostly made of.

use proptest::prelude::*;

/// A mix of blocks and jobs that dwells on one part of the chip.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub enum Profile {
    /// Everything; one program in three has one of the other profiles.
    #[default]
    Mixed,
    /// Loads and stores of few words, aligned or not.
    Memory,
    /// Branches, calls, jumps far and odd, stored code.
    Control,
    /// Exceptions of every cause.
    Traps,
    /// Interrupts at any cycle, WFI.
    Interrupts,
    /// 16-bit instructions wherever there is one; operations that have short forms.
    Compressed,
    /// LR, SC and AMOs.
    Atomics,
    /// U mode, PMP, rights by `mstatus.MPRV`.
    Privilege,
    /// CSRs and counters.
    Csrs,
    /// NPU jobs, one after the other.
    Npu,
    /// A job under way while the hart traps, takes interrupts and uses memory.
    NpuCoreRace,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 11] = [
        Self::Mixed,
        Self::Memory,
        Self::Control,
        Self::Traps,
        Self::Interrupts,
        Self::Compressed,
        Self::Atomics,
        Self::Privilege,
        Self::Csrs,
        Self::Npu,
        Self::NpuCoreRace,
    ];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mixed => "mixed",
            Self::Memory => "memory",
            Self::Control => "control",
            Self::Traps => "traps",
            Self::Interrupts => "interrupts",
            Self::Compressed => "compressed",
            Self::Atomics => "atomics",
            Self::Privilege => "privilege",
            Self::Csrs => "csrs",
            Self::Npu => "npu",
            Self::NpuCoreRace => "npu-core-race",
        }
    }

    /// The weights of a program of this profile.
    pub(super) fn weights(self) -> BoxedStrategy<Weights> {
        match self {
            Self::Mixed => {
                let others = proptest::sample::select(&Self::ALL[1..]).prop_map(Self::own_weights);
                prop_oneof![2 => Just(Weights::GENERAL), 1 => others].boxed()
            }
            other => Just(other.own_weights()).boxed(),
        }
    }

    fn own_weights(self) -> Weights {
        let general = Weights::GENERAL;
        match self {
            Self::Mixed => general,
            Self::Memory => Weights { memory: 40, atomic: 4, ..general },
            Self::Control => Weights { jump: 20, self_modify: 6, around: 30, ..general },
            Self::Traps => {
                Weights { trapping: 20, illegal: 8, memory: 10, jump: 8, interrupt: 5, ..general }
            }
            Self::Interrupts => Weights { interrupt: 25, csr: 5, ..general },
            Self::Compressed => Weights { straight: 30, jump: 6, always_short: true, ..general },
            Self::Atomics => Weights { atomic: 40, ..general },
            Self::Privilege => Weights { protect: 16, user: 12, csr: 4, memory: 10, ..general },
            Self::Csrs => Weights { csr: 20, counters: 8, delicate: 5, chosen: 10, ..general },
            Self::Npu => Weights { start: 8, jobs: [0, 1, 3], device: 3, ..general },
            Self::NpuCoreRace => Weights {
                start: 4,
                jobs: [0, 1, 2],
                interrupt: 10,
                trapping: 5,
                memory: 12,
                atomic: 6,
                device: 6,
                ..general
            },
        }
    }
}

/// How often each kind of block is chosen, and the numbers of jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Weights {
    /// Operations on registers.
    pub straight: u32,
    /// Counts of bits.
    pub counting: u32,
    /// Operations on corner values.
    pub corners: u32,
    /// All kinds of instructions on very few registers.
    pub hazards: u32,
    /// Addresses used right after they were made.
    pub pointer: u32,
    /// Loads and stores.
    pub memory: u32,
    /// Atomics.
    pub atomic: u32,
    /// CSR instructions.
    pub csr: u32,
    /// Reads and writes of counters.
    pub counters: u32,
    /// Writes of CSRs that some values would derail.
    pub delicate: u32,
    /// Chosen values written to CSRs.
    pub chosen: u32,
    /// Illegal and trapping instructions.
    pub trapping: u32,
    /// Words next to legal instructions.
    pub illegal: u32,
    /// Fences.
    pub fence: u32,
    /// Jumps.
    pub jump: u32,
    /// Stored code.
    pub self_modify: u32,
    /// Interrupts.
    pub interrupt: u32,
    /// Reads of devices.
    pub device: u32,
    /// PMP entries.
    pub protect: u32,
    /// Blocks around blocks, against 25 simple ones.
    pub around: u32,
    /// Of these those in U mode, against 3 others.
    pub user: u32,
    /// Starts of jobs, against 28 other blocks.
    pub start: u32,
    /// Programs with no, one and two jobs.
    pub jobs: [u32; 3],
    /// Every instruction that has a short form gets it.
    pub always_short: bool,
}

impl Weights {
    const GENERAL: Self = Self {
        straight: 8,
        counting: 2,
        corners: 2,
        pointer: 2,
        hazards: 3,
        memory: 6,
        atomic: 3,
        csr: 3,
        counters: 1,
        delicate: 1,
        chosen: 1,
        trapping: 2,
        illegal: 2,
        fence: 1,
        jump: 3,
        self_modify: 1,
        interrupt: 3,
        device: 1,
        protect: 3,
        around: 10,
        user: 2,
        start: 1,
        jobs: [1, 2, 1],
        always_short: false,
    };
}

//! The first difference between RTL and golden model, with what led up to it.

use std::fmt;

use systole_golden::Retire;
use systole_golden::npu::JobEnd;
use systole_sim::{Port, Violation};

/// What kind of thing differs. Shrinking keeps the kind.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A field of a retire record.
    Retire,
    /// An interrupt that may not be taken, or was not taken in time.
    Interrupt,
    /// A register whose value depends on time read something impossible.
    Timing,
    /// A byte that an NPU job wrote, or did not write.
    NpuWrite,
    /// How an NPU job ended.
    NpuEnd,
    /// Memory at the end.
    Memory,
    /// A bus protocol violation.
    Protocol,
    /// Nothing retires any more, or the program does not end.
    Hang,
    /// The simulated model broke down.
    Broken,
}

impl Kind {
    /// Name in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Retire => "retire",
            Self::Interrupt => "interrupt",
            Self::Timing => "timing",
            Self::NpuWrite => "npu_write",
            Self::NpuEnd => "npu_end",
            Self::Memory => "memory",
            Self::Protocol => "protocol",
            Self::Hang => "hang",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One differing field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Name of the field, as on the retire port.
    pub field: &'static str,
    /// Value in the RTL.
    pub rtl: u32,
    /// Value in the golden model.
    pub golden: u32,
}

/// A pair of records that should be equal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pair {
    /// Number of the retirement, from 0.
    pub order: u64,
    /// Clock cycle of the retirement, since reset.
    pub cycle: u64,
    /// What the RTL reported.
    pub rtl: Retire,
    /// What the golden model did.
    pub golden: Retire,
}

/// What is wrong at the edge of the chip, where it is no field of a retire record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clue {
    /// A byte, with its address, that an NPU job wrote.
    NpuByte {
        /// Low half of the cycle number.
        cycle: u32,
        /// What was written.
        rtl: (u32, u8),
        /// What should have been; `None` when all was written before.
        golden: Option<(u32, u8)>,
        /// The job's own list may be at fault: a token is missing in it.
        race: bool,
    },
    /// How an NPU job ended.
    NpuEnd {
        /// In the RTL.
        rtl: JobEnd,
        /// In the golden model.
        golden: JobEnd,
    },
    /// An instruction should have retired, or the program ended.
    HartStandsStill,
    /// An NPU job should have ended.
    NpuStandsStill,
    /// An NPU job ended that should have gone on.
    NpuEndsEarly,
    /// An interrupt was taken that should not have been, or the other way round.
    Interrupt {
        /// Whether it should have been taken.
        expected: bool,
    },
    /// The level of an interrupt line, as the instruction that retires saw it.
    InterruptLine {
        /// Its bit of `mip`.
        line: u32,
        /// What it should be.
        expected: bool,
    },
    /// An instruction retired that should have waited.
    Retired,
    /// A register whose value depends on time: what the instruction that retires read.
    TimedRead,
    /// The rule of a bus that was broken.
    Bus(Port, Violation),
    /// A byte of memory at the end.
    Memory {
        /// Its address.
        address: u32,
        /// What it should be.
        golden: u8,
    },
}

/// What a check found: all that it can say of a [`Divergence`].
pub(super) struct Mismatch {
    pub(super) kind: Kind,
    pub(super) message: String,
    pub(super) clue: Option<Clue>,
}

impl Mismatch {
    pub(super) fn new(kind: Kind, message: String, clue: Clue) -> Self {
        Self { kind, message, clue: Some(clue) }
    }
}

impl From<(Kind, String)> for Mismatch {
    fn from((kind, message): (Kind, String)) -> Self {
        Self { kind, message, clue: None }
    }
}

/// Where the two went apart.
#[derive(Clone, PartialEq, Debug)]
pub struct Divergence {
    /// Kind of difference.
    pub kind: Kind,
    /// Clock cycle at which it was seen, since reset; of a hang the last one in which something
    /// happened.
    pub cycle: u64,
    /// Retirements before it.
    pub order: u64,
    /// One sentence.
    pub message: String,
    /// Fields that differ, when a retire record does.
    pub differences: Vec<Difference>,
    /// The last retirements, the differing one last.
    pub history: Vec<Pair>,
    /// The golden model's registers before the last retirement.
    pub registers: [u32; 32],
    /// What is wrong where no retire record differs.
    pub clue: Option<Clue>,
}

impl Divergence {
    /// Whether the program may be at fault and not the chip: two descriptors of a job are ordered by
    /// nothing.
    pub fn is_race(&self) -> bool {
        matches!(self.clue, Some(Clue::NpuByte { race: true, .. }))
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cycle {} retire #{}: {}", self.cycle, self.order, self.message)
    }
}

/// A field of the retire port: its name, and how to read it from a record.
type Field = (&'static str, fn(&Retire) -> u32);

/// Fields in which two records differ, in the order of the retire port.
pub(super) fn differences(rtl: &Retire, golden: &Retire) -> Vec<Difference> {
    let csr = |retire: &Retire| retire.csr.unwrap_or_default();
    let fields: [Field; 16] = [
        ("pc", |r| r.pc),
        ("mode", |r| r.mode.into()),
        ("insn", |r| r.insn),
        ("trap", |r| r.trap.into()),
        ("intr", |r| r.intr.into()),
        ("cause", |r| r.cause),
        ("tval", |r| r.tval),
        ("rd_addr", |r| r.rd_addr.into()),
        ("rd_wdata", |r| r.rd_wdata),
        ("mem_addr", |r| r.mem_addr),
        ("mem_rmask", |r| r.mem_rmask.into()),
        ("mem_wmask", |r| r.mem_wmask.into()),
        ("mem_rdata", |r| r.mem_rdata),
        ("mem_wdata", |r| r.mem_wdata),
        ("pc_wdata", |r| r.next_pc),
        ("mstatus", |r| r.mstatus),
    ];
    let mut found: Vec<Difference> = fields
        .into_iter()
        .map(|(field, get)| Difference { field, rtl: get(rtl), golden: get(golden) })
        .filter(|difference| difference.rtl != difference.golden)
        .collect();
    let (rtl, golden) = (csr(rtl), csr(golden));
    if rtl.0 != golden.0 {
        found.push(Difference { field: "csr_addr", rtl: rtl.0.into(), golden: golden.0.into() });
    }
    if rtl.1 != golden.1 {
        found.push(Difference { field: "csr_wdata", rtl: rtl.1, golden: golden.1 });
    }
    found
}

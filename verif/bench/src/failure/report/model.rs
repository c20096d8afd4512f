//! What is known about a failure, as data: every face shows this, and `report.json` is this.

use serde::{Deserialize, Serialize};

use crate::program::Environment;

/// The report of a failure. Values of the hart are in hex with `0x`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Which program on which chip.
    #[serde(flatten)]
    pub subject: Subject,
    /// What differs, and what led to it.
    #[serde(flatten)]
    pub mismatch: Mismatch,
    /// The smallest program that fails like this.
    pub program: Listing,
    /// Its NPU jobs.
    pub jobs: Vec<Job>,
    /// How memory behaves.
    pub memory: Environment,
    /// Waveforms of the folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<Waves>,
    /// The way back to where the wrong value comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// What went on in the chip around the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Signals around the difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<WaveView>,
    /// Command that finds the program again and shrinks it.
    pub rerun: String,
    /// Command that runs the shrunk program again; a report in a folder takes that folder for `.`.
    pub replay: String,
}

/// Which program on which chip.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Subject {
    /// Name of the preset or file.
    pub preset: String,
    /// Command line options that give this chip, fault and kind of programs.
    pub options: String,
    /// What the hart executes, such as `rv32imc_zicsr`.
    pub isa: String,
    /// Rows and columns of the NPU's array.
    pub dim: u32,
    /// Name of the injected fault.
    pub fault: Option<String>,
    /// What Verilator calls its version.
    pub verilator: Option<String>,
    /// Seed of the campaign.
    pub seed: u64,
    /// Index of the program in it.
    pub index: u64,
}

/// The first difference, and what led to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mismatch {
    /// Kind of the difference.
    pub kind: String,
    /// Clock cycle at which it was seen, since reset.
    pub cycle: u64,
    /// Number of the retirement: the one that differs, else the next.
    pub retire: u64,
    /// The difference as lockstep tells it.
    pub message: String,
    /// The difference in one sentence.
    pub summary: String,
    /// Fields of the retire record that differ.
    pub differences: Vec<Difference>,
    /// The last retirements, oldest first.
    pub retired: Vec<Retired>,
    /// Which parts of the state agree.
    pub state: State,
}

/// A field of the retire record that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Name on the retire port.
    pub field: String,
    /// What that is here, such as `x12 (a2)`.
    pub name: String,
    /// Value in the RTL.
    pub rtl: String,
    /// Value in the golden model.
    pub golden: String,
    /// Bits that differ.
    pub xor: String,
}

/// A retirement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retired {
    /// Its number, from 0.
    pub retire: u64,
    /// Clock cycle, since reset.
    pub cycle: u64,
    /// Address of the instruction in the golden model.
    pub pc: String,
    /// The instruction word in the golden model.
    pub insn: String,
    /// The instruction as assembly.
    pub assembly: String,
    /// What it changed in the RTL.
    pub rtl: String,
    /// What it changed otherwise in the golden model; none where both agree.
    pub golden: Option<String>,
}

/// Which parts of the state agree: each is `ok`, or says what differs. Lockstep ends with the first
/// difference, so what went before it was compared and agreed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct State {
    /// This and the next instruction's address.
    pub pc: String,
    /// Integer registers.
    pub registers: String,
    /// Control and status registers, privilege and traps.
    pub csr: String,
    /// The hart's accesses to memory, and memory at the end.
    pub mem: String,
    /// What the NPU wrote and how its jobs ended.
    pub npu: String,
}

/// A program as assembly.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// Body instructions before shrinking.
    pub original_instructions: usize,
    /// Body instructions now.
    pub instructions: usize,
    /// Registers that are not 0 at the start of the body.
    pub registers: Vec<Initial>,
    /// The body, functions included, in the order of addresses.
    pub body: Vec<Line>,
    /// Where the instruction is that differs, if it is not in the body.
    pub outside: Option<String>,
}

/// The initial value of a register.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Initial {
    /// ABI name.
    pub register: String,
    /// Its value.
    pub value: String,
}

/// An instruction of a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// Its address.
    pub address: String,
    /// The instruction as assembly.
    pub assembly: String,
    /// Whether it is the one that differs.
    pub failing: bool,
}

/// An NPU job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Its number among the program's jobs.
    pub number: usize,
    /// What it is.
    pub description: String,
    /// Address of its list.
    pub list: String,
    /// The list.
    pub descriptors: Vec<String>,
}

/// Waveforms, as files of the folder.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Waves {
    /// Signals of the RTL, what the golden model did beside them, and texts that explain both.
    pub fst: String,
    /// The same as VCD.
    pub vcd: String,
    /// First and last cycle.
    pub cycles: (u64, u64),
}

/// The way from the value that differs back to where it was computed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Source {
    /// From the retire port on; the last one is where the wrong value comes from.
    pub steps: Vec<Step>,
}

/// A signal on the way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Rust file, from the root of the repository on.
    pub file: String,
    /// Line in it, from 1.
    pub line: u32,
    /// Hierarchical name of the signal in the RTL.
    pub signal: String,
    /// Cycle in which it had the value.
    pub cycle: u64,
    /// The value.
    pub value: String,
    /// Why the way leads here.
    pub note: String,
}

/// What went on in the chip, as lanes over cycles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timeline {
    /// First cycle.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
    /// From top to bottom.
    pub lanes: Vec<Lane>,
}

/// The lane of the instructions that retired.
pub const RETIRES: &str = "retires";

/// What one part of the chip did.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lane {
    /// The part.
    pub name: String,
    /// What it did; spans may overlap.
    pub spans: Vec<Span>,
}

/// Something that took a while.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// First cycle.
    pub begin: u64,
    /// Cycle behind the last one.
    pub end: u64,
    /// In a word or two.
    pub label: String,
    /// The rest.
    pub detail: String,
    /// Whether the difference showed in it.
    pub failed: bool,
}

/// Signals over cycles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WaveView {
    /// First cycle.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
    /// From top to bottom; those of a group follow each other.
    pub signals: Vec<WaveSignal>,
}

/// A signal over cycles.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WaveSignal {
    /// Its name.
    pub name: String,
    /// Name of its group; empty for none.
    pub group: String,
    /// Width in bits.
    pub width: u32,
    /// Cycles in which it gets a new value, ascending, with that value: hex digits or text.
    pub changes: Vec<(u64, String)>,
    /// Whether this is a value that differs.
    pub differs: bool,
}

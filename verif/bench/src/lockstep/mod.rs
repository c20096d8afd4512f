//! Lockstep: every event of the RTL is replayed on the golden model and compared.
//!
//! Time belongs to the RTL: when interrupts come, what a clock reads and which accesses meet a bus
//! error are told to the model, which checks that they were possible. All else must be equal.

mod counters;
mod divergence;
mod npu;
mod replay;
mod rules;
mod timing;

use std::time::Instant;

use systole_golden::{Machine, Retire};
use systole_sim::{Dut, Stalls};

pub use divergence::{Clue, Difference, Divergence, Kind, Pair};
pub(crate) use replay::retire_record;
pub(crate) use rules::is_access_fault;

use crate::coverage::Collector;
use replay::Run;

/// A program in memory with the behaviour of that memory.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// Address and bytes.
    pub segments: &'a [(u32, Vec<u8>)],
    /// Seed of stalls and errors.
    pub seed: u64,
    /// Stalls and errors of the memory.
    pub stalls: Stalls,
    /// HTIF: the program ends when the word here becomes odd.
    pub tohost: u32,
    /// Cycles after which a program that has not ended is given up.
    pub max_cycles: u64,
}

/// What a lockstep run found.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// Instructions retired and compared, trapped ones included.
    pub instructions: u64,
    /// Clock cycles.
    pub cycles: u64,
    /// When everything happened, and what clocks and counters read, as one number.
    pub timing: u64,
    /// NPU jobs compared.
    pub npu_jobs: u64,
    /// HTIF exit code, when the program ended.
    pub exit_code: Option<u32>,
    /// First difference.
    pub divergence: Option<Divergence>,
}

/// The host side of a run: serves what the program asks for through `tohost`.
pub trait Host {
    /// Called for each retirement that agreed.
    fn retired(&mut self, _order: u64, _retire: &Retire) {}

    /// `tohost` was written; returns the exit code when the program is over. Both memories have to
    /// be left equal.
    fn tohost(&mut self, golden: &mut Machine, dut: &mut Dut) -> Option<u32>;

    /// Whether to give up.
    fn interrupted(&self) -> bool {
        false
    }
}

/// The host of random programs, which only ever end.
struct Exit {
    tohost: u32,
}

impl Host for Exit {
    fn tohost(&mut self, golden: &mut Machine, _: &mut Dut) -> Option<u32> {
        let bytes = golden.read_memory(self.tohost, 4).ok()?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) >> 1)
    }
}

/// What lockstep has to know about the chip.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Widths {
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Bytes of a response on `ibus`.
    pub fetch_bytes: u32,
}

/// Cycles without a retirement after which the hart hangs, of a chip whose generated programs may
/// take `patience`.
pub(crate) fn hang_cycles(patience: u64) -> u64 {
    patience / 10
}

/// One simulated chip beside one golden model.
pub struct Lockstep {
    dut: Dut,
    golden: Machine,
    widths: Widths,
    patience: u64,
    coverage: Option<Collector>,
    /// Window of the next run to dump: file, first and last cycle.
    trace: Option<(std::path::PathBuf, u64, u64)>,
    /// Wall time spent in runs.
    busy: std::time::Duration,
}

impl Lockstep {
    /// A pair with the same RAM each.
    pub fn new(dut: Dut, golden: Machine, widths: Widths, patience: u64) -> Self {
        let busy = std::time::Duration::ZERO;
        Self { dut, golden, widths, patience, coverage: None, trace: None, busy }
    }

    /// Cycles after which a generated program that has not ended is given up; they end in well under
    /// this.
    pub fn patience(&self) -> u64 {
        self.patience
    }

    /// Counts the points that the following runs hit. The default is not to.
    pub fn collect(&mut self, collector: Collector) {
        self.coverage = Some(collector);
    }

    /// What counts the points, if something does.
    pub fn collector(&mut self) -> Option<&mut Collector> {
        self.coverage.as_mut()
    }

    /// The simulated chip.
    pub fn dut(&mut self) -> &mut Dut {
        &mut self.dut
    }

    /// Selects an injected fault, 0 for none. It stays selected over resets.
    ///
    /// # Panics
    /// When the chip was built without faults and `fault` is not 0.
    pub fn select_fault(&mut self, fault: u16) {
        assert!(self.dut.set_fault(fault), "the chip was built without faults");
    }

    /// The golden model.
    pub fn golden(&mut self) -> &mut Machine {
        &mut self.golden
    }

    /// Dumps the RTL's waves of the cycles `from..=to` of the next run to `path`.
    pub fn trace(&mut self, path: &std::path::Path, from: u64, to: u64) {
        self.trace = Some((path.to_owned(), from, to));
    }

    /// Wall time spent in [`Self::run`] and [`Self::run_bare`] since the last call of this.
    pub fn take_busy_time(&mut self) -> std::time::Duration {
        std::mem::take(&mut self.busy)
    }

    /// Resets both and loads the program into the RTL's memory only.
    fn load_dut(&mut self, case: &Case) {
        self.dut.reset(case.seed);
        self.dut.set_stalls(&case.stalls);
        self.dut.set_hang_limit(Some(hang_cycles(self.patience)));
        self.dut.set_watch(Some(case.tohost));
        if let Some((path, from, to)) = self.trace.take() {
            // A library that cannot trace leaves no file, which the caller sees.
            let _ = self.dut.start_trace(&path, from..to + 1);
        }
        for (address, bytes) in case.segments {
            self.dut.write_memory(*address, bytes).expect("programs fit the RAM");
        }
    }

    /// Runs the RTL alone, without events or comparison. Returns the cycles.
    pub fn run_bare(&mut self, case: &Case) -> u64 {
        let start = Instant::now();
        self.load_dut(case);
        self.dut.run_bare(case.max_cycles);
        self.busy += start.elapsed();
        self.dut.cycle()
    }

    /// Runs a program in lockstep until it ends, diverges or is given up.
    pub fn run(&mut self, case: &Case) -> Outcome {
        self.run_with(case, &mut Exit { tohost: case.tohost })
    }

    /// Like [`Self::run`], with a host of the caller's.
    pub fn run_with(&mut self, case: &Case, host: &mut impl Host) -> Outcome {
        let start = Instant::now();
        self.load_dut(case);
        self.golden.reset();
        for (address, bytes) in case.segments {
            self.golden.write_memory(*address, bytes).expect("programs fit the RAM");
        }
        let coverage = self.coverage.as_mut();
        let hang_cycles = hang_cycles(self.patience);
        let mut run = Run::new(&mut self.golden, case.tohost, self.widths, coverage);
        let result = run.drive(&mut self.dut, (case.max_cycles, hang_cycles), host);
        let divergence = result.err().map(|divergence| *divergence);
        let mut outcome = Outcome {
            instructions: run.order,
            cycles: self.dut.cycle(),
            timing: run.timing.number(),
            npu_jobs: run.npu.jobs,
            exit_code: run.exit_code,
            divergence,
        };
        // A run that was given up may be within an NPU job, which the golden model is ahead with.
        if outcome.divergence.is_none() && outcome.exit_code.is_some() {
            outcome.divergence = self.compare_memory(&outcome);
        }
        self.busy += start.elapsed();
        outcome
    }

    /// Compares the RAM from its start to the end of what programs use.
    fn compare_memory(&self, outcome: &Outcome) -> Option<Divergence> {
        let length = self.widths.ram_bytes.min(1 << 17) as usize;
        let base = systole_golden::RAM_BASE;
        let golden = self.golden.read_memory(base, length).expect("within the RAM");
        let rtl = self.dut.read_memory(base, length).expect("within the RAM");
        let at = golden.iter().zip(&rtl).position(|(golden, rtl)| golden != rtl)?;
        Some(Divergence {
            kind: Kind::Memory,
            cycle: outcome.cycles,
            order: outcome.instructions,
            message: format!(
                "memory at {:#010x} is {:#04x} in the RTL and {:#04x} in the golden model at the end",
                base + at as u32,
                rtl[at],
                golden[at]
            ),
            differences: Vec::new(),
            history: Vec::new(),
            registers: *self.golden.registers(),
            clue: Some(Clue::Memory { address: base + at as u32, golden: golden[at] }),
        })
    }
}

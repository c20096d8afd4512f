//! A chip that runs jobs: the golden model, the RTL, or both compared.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use systole_chip::ChipConfig;
use systole_golden::npu::cause;
use systole_golden::{Machine, Stop, StopReason};
use systole_sim::{Dut, Library, PortStalls, Stalls};

use super::{Job, Timing, driver};
use crate::chip;
use crate::lockstep::{Case, Divergence, Host, Kind, Lockstep};
use crate::run::Engine;

/// Cycles from an address on the NPU's bus to its first data or answer, beyond those of an ideal
/// memory: as `systole bench` has it.
const LATENCY: u16 = 30;
/// Cycles between looks at the outside world.
const SLICE: u64 = 500_000;
/// The golden model runs a job within an instruction, so this is plenty.
const GOLDEN_INSTRUCTIONS: u64 = 10_000;
/// Longest job in steps of the golden model, bytes moved and waves put through the array.
const LONGEST_JOB: u64 = 1 << 32;

/// A chip that runs jobs.
pub struct Runner<'a> {
    chip: Chip,
    stalls: Stalls,
    interrupted: &'a AtomicBool,
}

enum Chip {
    Golden(Box<Machine>),
    Rtl(Box<Dut>),
    Lockstep(Box<Lockstep>),
}

/// What a job gave.
pub struct Ran {
    /// Int8, NHWC.
    pub output: Vec<i8>,
    /// When its descriptors ran on the RTL; `None` on the golden model, which has no cycles, and if a
    /// chip with an injected fault ended a job with descriptors that it had not done.
    pub timing: Option<Timing>,
}

/// Why a job gave nothing.
#[derive(Clone, PartialEq, Debug)]
pub enum Failure {
    /// RTL and golden model went apart.
    Diverged(Box<Divergence>),
    /// The NPU stopped with an error.
    Stopped {
        /// The cause, as `docs/npu.md` numbers them.
        cause: u32,
        /// Index of the descriptor at fault.
        index: u32,
    },
    /// It did not end.
    Stuck {
        /// Clock cycles that it got; 0 on the golden model.
        cycles: u64,
    },
    /// The simulated model broke down.
    Broken(String),
    /// Stopped from outside.
    Interrupted,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Diverged(divergence) => write!(f, "RTL and golden model differ: {divergence}"),
            Self::Stopped { cause, index } => {
                write!(f, "the NPU stopped at descriptor {index} with {}", cause::name(*cause))
            }
            Self::Stuck { cycles: 0 } => f.write_str("the job did not end"),
            Self::Stuck { cycles } => write!(f, "the job did not end within {cycles} cycles"),
            Self::Broken(reason) => write!(f, "the simulated model broke down: {reason}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl<'a> Runner<'a> {
    /// A chip of `config`; `library` is its simulation, which the golden model does without.
    /// `interrupted` is set from outside to stop a run.
    ///
    /// # Errors
    /// When there is no memory for a simulated chip.
    ///
    /// # Panics
    /// When an engine that simulates RTL is given no library.
    pub fn new(
        config: &ChipConfig,
        engine: Engine,
        library: Option<&Arc<Library>>,
        interrupted: &'a AtomicBool,
    ) -> Result<Self, systole_sim::Error> {
        let library = || library.expect("an engine that simulates RTL needs the simulated chip");
        let mut chip = match engine {
            Engine::Golden => {
                let mut machine = Machine::new(&chip::golden_config(config));
                machine.limit_jobs(LONGEST_JOB);
                Chip::Golden(Box::new(machine))
            }
            Engine::Rtl => Chip::Rtl(Box::new(Dut::new(library())?)),
            Engine::Lockstep => Chip::Lockstep(Box::new(chip::lockstep(config, library())?)),
        };
        match &mut chip {
            Chip::Golden(_) => {}
            Chip::Rtl(dut) => dut.keep_pulses(true),
            Chip::Lockstep(pair) => pair.dut().keep_pulses(true),
        }
        let late =
            PortStalls { min_latency: LATENCY, max_latency: LATENCY, ..PortStalls::default() };
        let stalls = Stalls { axi_read: late, axi_write: late, ..Stalls::default() };
        Ok(Self { chip, stalls, interrupted })
    }

    /// Selects an injected fault of the RTL, 0 for none.
    ///
    /// # Panics
    /// When the chip was built without faults and `fault` is not 0.
    pub fn select_fault(&mut self, fault: u16) {
        match &mut self.chip {
            Chip::Golden(_) => {}
            Chip::Rtl(dut) => assert!(dut.set_fault(fault), "the chip was built without faults"),
            Chip::Lockstep(pair) => pair.select_fault(fault),
        }
    }

    /// Runs a job.
    ///
    /// # Errors
    /// When it does not end as it should.
    pub fn run(&mut self, job: &Job) -> Result<Ran, Failure> {
        self.run_with(job, &mut |_| {})
    }

    /// Runs a job and tells now and then for how many clock cycles it has run. Only the
    /// plain RTL does: the golden model has no cycles, and lockstep tells of retirements alone.
    ///
    /// # Errors
    /// When it does not end as it should.
    pub fn run_with(&mut self, job: &Job, at: &mut dyn FnMut(u64)) -> Result<Ran, Failure> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        match &mut self.chip {
            Chip::Golden(machine) => golden(machine, job),
            Chip::Rtl(dut) => rtl(dut, job, &self.stalls, (self.interrupted, at)),
            Chip::Lockstep(pair) => lockstep(pair, job, self.stalls, self.interrupted),
        }
    }
}

/// The output that memory holds after a job.
fn output(job: &Job, read: impl Fn(u32, usize) -> Option<Vec<u8>>) -> Result<Vec<i8>, Failure> {
    let results = read(driver::RESULTS, driver::RESULT_BYTES).unwrap_or_default();
    if let Some((cause, index)) = driver::error(&results) {
        return Err(Failure::Stopped { cause, index });
    }
    let output = read(job.output.0, job.output.1).unwrap_or_default();
    Ok(output.iter().map(|&byte| byte as i8).collect())
}

/// What a simulated chip holds after a job.
fn ran(job: &Job, dut: &Dut) -> Result<Ran, Failure> {
    let output = output(job, |address, length| dut.read_memory(address, length).ok())?;
    Ok(Ran { output, timing: Timing::measured(dut.pulses(), &job.units) })
}

fn golden(machine: &mut Machine, job: &Job) -> Result<Ran, Failure> {
    machine.reset();
    for (address, bytes) in &job.segments {
        machine.write_memory(*address, bytes).expect("the plan was checked against the RAM");
    }
    let end = machine.run(GOLDEN_INSTRUCTIONS, Stop { tohost: Some(driver::TOHOST) });
    match end.reason {
        StopReason::Tohost(_) => {
            let read = |at, length| machine.read_memory(at, length).ok().map(<[u8]>::to_vec);
            Ok(Ran { output: output(job, read)?, timing: None })
        }
        StopReason::Limit | StopReason::LongJob => Err(Failure::Stuck { cycles: 0 }),
    }
}

fn rtl(
    dut: &mut Dut,
    job: &Job,
    stalls: &Stalls,
    (interrupted, at): (&AtomicBool, &mut dyn FnMut(u64)),
) -> Result<Ran, Failure> {
    use systole_sim::StopReason;
    dut.reset(0);
    dut.set_stalls(stalls);
    dut.set_hang_limit(Some(job.hang_cycles));
    dut.set_watch(Some(driver::TOHOST));
    for (address, bytes) in &job.segments {
        dut.write_memory(*address, bytes).expect("the plan was checked against the RAM");
    }
    loop {
        match dut.run_bare(SLICE) {
            StopReason::Watch => break,
            StopReason::Broken => return Err(Failure::Broken(dut.broken())),
            StopReason::Hang => return Err(Failure::Stuck { cycles: dut.cycle() }),
            StopReason::Limit | StopReason::BufferFull => {}
        }
        if interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        if dut.cycle() > job.max_cycles {
            return Err(Failure::Stuck { cycles: dut.cycle() });
        }
        at(dut.cycle());
    }
    ran(job, dut)
}

fn lockstep(
    pair: &mut Lockstep,
    job: &Job,
    stalls: Stalls,
    interrupted: &AtomicBool,
) -> Result<Ran, Failure> {
    let (tohost, max_cycles) = (driver::TOHOST, job.max_cycles);
    let case = Case { segments: &job.segments, seed: 0, stalls, tohost, max_cycles };
    let outcome = pair.run_with(&case, &mut Interruptible { interrupted });
    match (outcome.divergence, outcome.exit_code) {
        (Some(divergence), _) if divergence.kind == Kind::Broken => {
            Err(Failure::Broken(divergence.message))
        }
        (Some(divergence), _) => Err(Failure::Diverged(Box::new(divergence))),
        (None, None) => Err(Failure::Interrupted),
        (None, Some(_)) => ran(job, pair.dut()),
    }
}

/// The host of a program that only ever ends.
struct Interruptible<'a> {
    interrupted: &'a AtomicBool,
}

impl Host for Interruptible<'_> {
    fn tohost(&mut self, _: &mut Machine, _: &mut Dut) -> Option<u32> {
        Some(0)
    }

    fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use systole_chip::ChipConfig;
    use systole_golden::{Machine, Retire};
    use systole_sim::{Dut, Settings, Stalls, Variant, build_chip, silent};

    use crate::chip;
    use crate::infer::{Job, Planned, driver};
    use crate::lockstep::{Case, Host};

    /// Gives up after some retirements.
    struct Impatient(Cell<u32>);

    impl Host for Impatient {
        fn retired(&mut self, _: u64, _: &Retire) {
            self.0.set(self.0.get().saturating_sub(1));
        }

        fn tohost(&mut self, _: &mut Machine, _: &mut Dut) -> Option<u32> {
            Some(0)
        }

        fn interrupted(&self) -> bool {
            self.0.get() == 0
        }
    }

    /// The golden model has done all of the job at the doorbell; the RTL is in the middle of it.
    #[test]
    fn a_run_that_is_given_up_within_a_job_is_no_difference() {
        let onnx = include_bytes!("../../../../sw/models/digits/cnn_qop_s8s8_pc.onnx");
        let network = systole_import::read(onnx).expect("the model is supported");
        let config = ChipConfig::preset("nano").expect("a preset");
        let mut job = Job::new(&Planned::new(&network, &config).expect("it fits"));
        job.set_input(&[5; 64]);
        let settings = Settings::from_env().expect("a home folder");
        let library = build_chip(&settings, &config, &[], Variant::default(), &silent)
            .unwrap_or_else(|error| panic!("{error}"));
        let mut pair = chip::lockstep(&config, &library).expect("enough memory");
        let case = Case {
            segments: &job.segments,
            seed: 0,
            stalls: Stalls::default(),
            tohost: driver::TOHOST,
            max_cycles: job.max_cycles,
        };
        let outcome = pair.run_with(&case, &mut Impatient(Cell::new(200)));
        assert_eq!((outcome.npu_jobs, outcome.exit_code), (0, None), "it was to be given up");
        assert_eq!(outcome.divergence, None);
        assert_eq!(pair.run(&case).exit_code, Some(0));
    }
}

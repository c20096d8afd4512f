//! Proofs of modules of the chip, by Yosys and a solver.
//!
//! [`systole_chip::proofs`] says what is proven. Here a proof becomes Verilog with its properties,
//! Yosys makes a transition system of it, and `yosys-smtbmc` asks Boolector three questions: is
//! there a counter-example in the first cycles from reset on; can everything be reached that the
//! proof says is possible; and, where the proof is for runs of any length, does induction hold.

mod model;
mod prove;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use systole_chip::proofs::Proof;
use systole_hdl::fault::Fault;
use systole_hdl::ir::Location;
use systole_sim::{Boolector, Error, Progress, Settings, Yosys};

pub use prove::prove;

/// What proves.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Where tools are.
    pub settings: Settings,
    /// Makes the transition system.
    pub yosys: Yosys,
    /// Answers the questions about it.
    pub boolector: Boolector,
}

impl Tools {
    /// Finds the tools, or installs them.
    ///
    /// # Errors
    /// Tools that are neither there nor can be installed.
    pub fn provide(settings: Settings, progress: &dyn Progress) -> Result<Tools, Error> {
        let yosys = Yosys::provide(&settings, Yosys::FOR_PROOFS, progress)?;
        let boolector = Boolector::provide(&settings, progress)?;
        Ok(Tools { settings, yosys, boolector })
    }
}

/// A proof to be tried, with a fault in the module under proof if it is to fail.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// The proof.
    pub proof: Proof,
    /// One of its faults.
    pub fault: Option<&'static Fault>,
}

impl Task {
    /// Name of the proof, with that of the fault.
    pub fn name(&self) -> String {
        match self.fault {
            Some(fault) => format!("{}-{}", self.proof.name, fault.name),
            None => self.proof.name.to_owned(),
        }
    }
}

/// What came out of a proof.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// Wall time.
    pub seconds: f64,
}

/// Whether a proof holds.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It does.
    Holds,
    /// An assertion fails in a run from reset on.
    Fails(CounterExample),
    /// No run from reset on fails in the cycles that were searched, but induction does not hold:
    /// the run begins in a state that may or may not be reachable.
    NotInductive(CounterExample),
    /// What the proof says is possible is not, within the cycles that were searched.
    Vacuous(Vec<Property>),
    /// The assumptions contradict each other.
    Contradiction,
}

/// A run in which an assertion fails.
#[derive(Clone, PartialEq, Debug)]
pub struct CounterExample {
    /// The assertions that fail in its last cycle.
    pub assertions: Vec<Property>,
    /// The cycle in which they do: from reset on, or from the state that induction begins in.
    pub cycle: Option<u32>,
    /// Waves of the run; `None` if they could not be written.
    pub waves: Option<PathBuf>,
}

/// A property of a proof.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Property {
    /// Its name, behind those of the instances above it.
    pub name: String,
    /// Where it is written.
    pub location: Option<Location>,
}

/// Tries all of `tasks`, `jobs` at a time; waves of what fails go into the folder `waves`. Each
/// outcome goes to `done`, in the order in which they come. Once `stop` is set no further one is
/// begun; what was left out has no outcome.
///
/// # Errors
/// The first tool that does not do its work.
pub fn prove_all(
    tools: &Tools,
    tasks: &[Task],
    jobs: usize,
    waves: &Path,
    stop: &AtomicBool,
    done: impl Fn(usize, &Outcome) + Sync,
) -> Result<Vec<Option<Outcome>>, Error> {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let outcomes = Mutex::new(vec![None; tasks.len()]);
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, tasks.len().max(1)) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) && lock(&failed).is_none() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.get(index) else { break };
                    match prove(tools, task, waves) {
                        Ok(outcome) => {
                            done(index, &outcome);
                            lock(&outcomes)[index] = Some(outcome);
                        }
                        // Ctrl-C ends the tools as well.
                        Err(_) if stop.load(Ordering::Relaxed) => break,
                        Err(error) => {
                            lock(&failed).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    match failed.into_inner().unwrap_or_else(|poison| poison.into_inner()) {
        Some(error) => Err(error),
        None => Ok(outcomes.into_inner().unwrap_or_else(|poison| poison.into_inner())),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poison| poison.into_inner())
}

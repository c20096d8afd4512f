//! Every mutant against the same programs, on several threads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use systole_chip::ChipConfig;
use systole_sim::{Error, Library};

use crate::chip;
use crate::generate::{self, Target};
use crate::lockstep::{Kind, Lockstep, Outcome};
use crate::trial::Trial;

/// How long to try.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Seed of the programs.
    pub seed: u64,
    /// Programs that a mutant meets at most.
    pub programs: u64,
    /// Mutants at a time.
    pub jobs: usize,
}

/// What became of a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// A program showed it.
    Killed {
        /// Programs until then, that one included.
        programs: u64,
        /// How it showed.
        kind: Kind,
    },
    /// Every program did what it should, but one did something in another cycle than on the chip
    /// itself, or read something else from a clock or a counter: what the test of the pinned cycles
    /// notices.
    Mistimed {
        /// Programs until then, that one included.
        programs: u64,
    },
    /// No program can: it is proven to change nothing.
    Equivalent,
    /// No program did.
    Survived,
}

/// Judges the mutants of these numbers, counted from 1, in a model that holds them. What is missing
/// in the result was not reached before `stop`. `progress` is called after each with the number
/// judged and the number killed.
///
/// The result does not depend on `jobs`.
///
/// # Errors
/// When there is no memory for a chip a thread.
pub fn judge(
    numbers: &[u16],
    config: &ChipConfig,
    library: &Arc<Library>,
    budget: Budget,
    stop: &AtomicBool,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<BTreeMap<u16, Verdict>, Error> {
    let threads = 0..budget.jobs.clamp(1, numbers.len().max(1));
    let pairs: Vec<Lockstep> =
        threads.map(|_| chip::lockstep(config, library)).collect::<Result<_, _>>()?;
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let pinned = OnceLock::new();
    let work = |mut pair: Lockstep| {
        let programs = budget.programs.min(PINNED);
        let pinned = pinned.get_or_init(|| cycles(config, &mut pair, budget.seed, programs));
        while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let verdict = judge_one(number, config, &mut pair, (budget, pinned), stop);
            let Some(verdict) = verdict else { return };
            let mut verdicts = verdicts.lock().expect("no thread panicked");
            verdicts.insert(number, verdict);
            let killed = |verdict: &&Verdict| matches!(verdict, Verdict::Killed { .. });
            progress(verdicts.len(), verdicts.values().filter(killed).count());
        }
    };
    std::thread::scope(|scope| {
        for pair in pairs {
            scope.spawn(|| work(pair));
        }
    });
    Ok(verdicts.into_inner().expect("no thread panicked"))
}

/// Programs whose cycles are pinned, as many as a mutant meets where nothing else is asked for: one
/// that changes the cycles of none of these is not told by them.
pub const PINNED: u64 = 2000;

/// When a program did what it did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pinned {
    /// Cycles it took.
    pub cycles: u64,
    /// All of [`Outcome::timing`] that a reviewer wants to see.
    pub timing: u16,
}

impl Pinned {
    fn of(outcome: &Outcome) -> Self {
        Self { cycles: outcome.cycles, timing: outcome.timing as u16 }
    }
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:04x}", self.cycles, self.timing)
    }
}

/// The timing that each of the first `programs` programs takes on the chip itself.
pub fn cycles(config: &ChipConfig, pair: &mut Lockstep, seed: u64, programs: u64) -> Vec<Pinned> {
    let target = chip::target(config);
    pair.select_fault(0);
    let pinned = |index| Pinned::of(&run(target, pair, seed, index));
    (0..programs).map(pinned).collect()
}

/// Runs programs until one shows the mutant; nothing if it was interrupted.
fn judge_one(
    number: u16,
    config: &ChipConfig,
    pair: &mut Lockstep,
    (budget, pinned): (Budget, &[Pinned]),
    stop: &AtomicBool,
) -> Option<Verdict> {
    let target = chip::target(config);
    let mut verdict = Verdict::Survived;
    pair.select_fault(number);
    for index in 0..budget.programs {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        let outcome = run(target, pair, budget.seed, index);
        let programs = index + 1;
        if let Some(divergence) = outcome.divergence {
            return Some(Verdict::Killed { programs, kind: divergence.kind });
        }
        let expected = pinned.get(index as usize).copied();
        if verdict == Verdict::Survived
            && expected.is_some_and(|pinned| pinned != Pinned::of(&outcome))
        {
            verdict = Verdict::Mistimed { programs };
        }
    }
    Some(verdict)
}

fn run(target: Target, pair: &mut Lockstep, seed: u64, index: u64) -> Outcome {
    let program = generate::sample(target, seed, index);
    let trial = Trial::new(&program).expect("the generator keeps to the limits");
    trial.run(pair)
}

//! A regression: many random programs in lockstep, on several threads, with the same result
//! whatever their number.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use systole_chip::ChipConfig;
use systole_sim::{Error, Library};

use crate::chip;
use crate::coverage::Coverage;
use crate::generate::{self, Profile, Target};
use crate::lockstep::{Divergence, Lockstep};
use crate::program::Program;
use crate::trial::Trial;

/// Every how many programs one is also run bare, to measure the cost of lockstep.
const BARE_SAMPLE: u64 = 4;
/// After how many programs a thread adds what it has hit to what all have.
const COVERAGE_SAMPLE: u64 = 16;

/// What to run.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// What the programs are mostly made of.
    pub profile: Profile,
    /// Seed of the programs.
    pub seed: u64,
    /// Index of the first program.
    pub first: u64,
    /// Number of programs; unlimited when only the time counts.
    pub programs: Option<u64>,
    /// When to stop handing out programs.
    pub time: Option<Duration>,
    /// Threads.
    pub jobs: usize,
    /// Take only indices that are `shard.0` modulo `shard.1`.
    pub shard: (u64, u64),
    /// Stop at the first failure.
    pub fail_fast: bool,
    /// Number of the injected fault, 0 for none.
    pub fault: u16,
}

/// Sums over programs.
#[derive(Clone, Copy, Default, Debug)]
pub struct Totals {
    /// Programs run.
    pub programs: u64,
    /// Instructions compared.
    pub instructions: u64,
    /// NPU jobs compared.
    pub npu_jobs: u64,
    /// Clock cycles in lockstep.
    pub cycles: u64,
    /// Seconds of threads in lockstep runs: loading, RTL, golden model, comparison.
    pub lockstep_seconds: f64,
    /// Clock cycles of the bare runs.
    pub bare_cycles: u64,
    /// Seconds of threads in bare runs: loading and RTL.
    pub bare_seconds: f64,
    /// Programs that failed.
    pub mismatches: u64,
}

impl Totals {
    /// Adds the sums of `other`.
    pub fn add(&mut self, other: &Totals) {
        self.programs += other.programs;
        self.instructions += other.instructions;
        self.npu_jobs += other.npu_jobs;
        self.cycles += other.cycles;
        self.lockstep_seconds += other.lockstep_seconds;
        self.bare_cycles += other.bare_cycles;
        self.bare_seconds += other.bare_seconds;
        self.mismatches += other.mismatches;
    }

    /// Cycles a second of one thread in lockstep.
    pub fn cycles_per_second(&self) -> f64 {
        self.cycles as f64 / self.lockstep_seconds.max(1e-9)
    }

    /// Cycles a second of one thread when the RTL runs alone.
    pub fn bare_cycles_per_second(&self) -> f64 {
        self.bare_cycles as f64 / self.bare_seconds.max(1e-9)
    }
}

/// A program that failed.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its index in the campaign.
    pub index: u64,
    /// The program.
    pub program: Program,
    /// Where it diverged.
    pub divergence: Divergence,
}

/// What came out.
#[derive(Debug)]
pub struct Summary {
    /// Sums.
    pub totals: Totals,
    /// Wall time.
    pub seconds: f64,
    /// Failing programs by index.
    pub found: Vec<Found>,
    /// What the programs have hit; `None` of a campaign that stopped at its first failure, for which
    /// programs were run then is luck, and of several chips.
    pub coverage: Option<Coverage>,
    /// Stopped by the user.
    pub interrupted: bool,
}

struct Shared<'a> {
    campaign: &'a Campaign,
    target: Target,
    next: AtomicU64,
    stop: &'a AtomicBool,
    start: Instant,
    totals: Mutex<Totals>,
    /// Sums of each program, kept when it is not known in advance which ones count.
    each: Mutex<Vec<(u64, Totals)>>,
    found: Mutex<BTreeMap<u64, Found>>,
    coverage: Mutex<Coverage>,
    /// Points hit so far, in millionths of a percent.
    covered: AtomicU64,
}

/// Runs the campaign; `progress` is called after each program with the sums so far, and the points hit
/// in percent, which may lag some programs behind.
///
/// # Errors
/// When there is no memory for a chip a thread.
pub fn run(
    campaign: &Campaign,
    config: &ChipConfig,
    library: &Arc<Library>,
    stop: &AtomicBool,
    progress: impl Fn(&Totals, f64) + Sync,
) -> Result<Summary, Error> {
    let target = Target { profile: campaign.profile, ..chip::target(config) };
    let threads = 0..campaign.jobs.max(1);
    let pairs: Vec<Lockstep> =
        threads.map(|_| chip::lockstep(config, library)).collect::<Result<_, _>>()?;
    let shared = Shared {
        campaign,
        target,
        next: AtomicU64::new(campaign.first),
        stop,
        start: Instant::now(),
        totals: Mutex::default(),
        each: Mutex::default(),
        found: Mutex::default(),
        coverage: Mutex::new(Coverage::new(&target)),
        covered: AtomicU64::new(0),
    };
    std::thread::scope(|scope| {
        for pair in pairs {
            scope.spawn(|| work(&shared, pair, &progress));
        }
    });
    let mut found: Vec<Found> =
        shared.found.into_inner().expect("no thread panicked").into_values().collect();
    let mut totals = shared.totals.into_inner().expect("no thread panicked");
    let mut coverage = Some(shared.coverage.into_inner().expect("no thread panicked"));
    if let Some(first) = found.first().filter(|_| campaign.fail_fast).map(|first| first.index) {
        // Indices up to the first failure were all run; later ones by luck.
        found.truncate(1);
        totals = Totals::default();
        coverage = None;
        let each = shared.each.into_inner().expect("no thread panicked");
        each.iter().filter(|(index, _)| *index <= first).for_each(|(_, one)| totals.add(one));
    }
    Ok(Summary {
        totals,
        seconds: shared.start.elapsed().as_secs_f64(),
        found,
        coverage,
        interrupted: stop.load(Ordering::Relaxed),
    })
}

fn work(shared: &Shared, mut pair: Lockstep, progress: &(impl Fn(&Totals, f64) + Sync)) {
    let mut programs = 0;
    pair.select_fault(shared.campaign.fault);
    pair.collect(shared.coverage.lock().expect("no thread panicked").collector());
    while let Some(index) = shared.take() {
        let program = generate::sample(shared.target, shared.campaign.seed, index);
        let (totals, divergence) = run_program(&mut pair, &program, index);
        let failed = divergence.is_some();
        programs += 1;
        if programs % COVERAGE_SAMPLE == 0 {
            shared.collect(&mut pair);
        }
        if let Some(divergence) = divergence {
            let found = Found { index, program, divergence };
            shared.found.lock().expect("no thread panicked").insert(index, found);
        }
        let mut sums = shared.totals.lock().expect("no thread panicked");
        sums.add(&totals);
        progress(&sums, shared.covered.load(Ordering::Relaxed) as f64 / 1e6);
        drop(sums);
        if shared.campaign.fail_fast {
            shared.each.lock().expect("no thread panicked").push((index, totals));
        }
        if failed && shared.campaign.fail_fast {
            shared.next.store(u64::MAX / 2, Ordering::Relaxed);
        }
    }
    shared.collect(&mut pair);
}

impl Shared<'_> {
    /// Takes what a pair has hit.
    fn collect(&self, pair: &mut Lockstep) {
        if let Some(collector) = pair.collector() {
            let mut coverage = self.coverage.lock().expect("no thread panicked");
            coverage.take(collector);
            let percent = coverage.total().percent();
            self.covered.store((percent * 1e6) as u64, Ordering::Relaxed);
        }
    }

    /// The next index of this shard, while there is one.
    fn take(&self) -> Option<u64> {
        loop {
            let late = self.campaign.time.is_some_and(|time| self.start.elapsed() >= time);
            if late || self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let end = self.campaign.programs.map_or(u64::MAX / 2, |n| self.campaign.first + n);
            if index >= end {
                return None;
            }
            let (part, parts) = self.campaign.shard;
            if index % parts.max(1) == part {
                return Some(index);
            }
        }
    }
}

fn run_program(pair: &mut Lockstep, program: &Program, index: u64) -> (Totals, Option<Divergence>) {
    let trial = Trial::new(program).expect("the generator keeps to the limits");
    pair.take_busy_time();
    let outcome = trial.run(pair);
    let mut totals = Totals {
        programs: 1,
        instructions: outcome.instructions,
        npu_jobs: outcome.npu_jobs,
        cycles: outcome.cycles,
        lockstep_seconds: pair.take_busy_time().as_secs_f64(),
        mismatches: outcome.divergence.is_some().into(),
        ..Totals::default()
    };
    if index.is_multiple_of(BARE_SAMPLE) && outcome.divergence.is_none() {
        totals.bare_cycles = trial.run_bare(pair);
        totals.bare_seconds = pair.take_busy_time().as_secs_f64();
    }
    (totals, outcome.divergence)
}

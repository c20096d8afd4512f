//! How small the programs become that show mutants: what a person has to read.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use systole_chip::ChipConfig;
use systole_isa::Descriptor;
use systole_sim::{Error, Library};

use crate::lockstep::{Kind, Lockstep};
use crate::program::Program;
use crate::shrink;
use crate::trial::Trial;
use crate::{chip, generate};

/// A mutant and the program that showed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Killer {
    /// Number of the mutant, counted from 1.
    pub number: u16,
    /// Index of the program.
    pub index: u64,
    /// How it showed.
    pub kind: Kind,
}

/// What is left of a program that shows a mutant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shrunk {
    /// Number of the mutant, counted from 1.
    pub number: u16,
    /// Body instructions of the program as it was found.
    pub original_instructions: usize,
    /// Body instructions that are left.
    pub instructions: usize,
    /// NPU jobs that are left.
    pub jobs: usize,
    /// Largest extent in these jobs, in rows, elements or pixels.
    pub largest_extent: u32,
}

/// Shrinks each of the programs of `seed` that `killers` names, in a model that holds the mutants;
/// in the order of the mutants. What is missing was not reached before `stop`. `progress` is called
/// after each with the number done.
///
/// # Errors
/// When there is no memory for a chip a thread.
pub fn shrink_killers(
    killers: &[Killer],
    config: &ChipConfig,
    library: &Arc<Library>,
    (seed, jobs): (u64, usize),
    stop: &AtomicBool,
    progress: impl Fn(usize) + Sync,
) -> Result<Vec<Shrunk>, Error> {
    let threads = 0..jobs.clamp(1, killers.len().max(1));
    let pairs: Vec<Lockstep> =
        threads.map(|_| chip::lockstep(config, library)).collect::<Result<_, _>>()?;
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = |mut pair: Lockstep| {
        while let Some(&killer) = killers.get(next.fetch_add(1, Ordering::Relaxed)) {
            let Some(small) = shrink_one(killer, config, &mut pair, seed, stop) else { return };
            let mut results = results.lock().expect("no thread panicked");
            results.push(small);
            progress(results.len());
        }
    };
    std::thread::scope(|scope| {
        for pair in pairs {
            scope.spawn(|| work(pair));
        }
    });
    let mut results = results.into_inner().expect("no thread panicked");
    results.sort_unstable_by_key(|shrunk: &Shrunk| shrunk.number);
    Ok(results)
}

/// Nothing if it was interrupted.
fn shrink_one(
    killer: Killer,
    config: &ChipConfig,
    pair: &mut Lockstep,
    seed: u64,
    stop: &AtomicBool,
) -> Option<Shrunk> {
    pair.select_fault(killer.number);
    let target = chip::target(config);
    let program = generate::sample(target, seed, killer.index);
    let small = shrink::shrink(&program, shrink::Budget::default(), |candidate| {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let trial = Trial::new(candidate);
        let divergence = trial.ok().and_then(|trial| trial.run(pair).divergence);
        divergence.is_some_and(|divergence| divergence.kind == killer.kind)
    });
    let finished = !stop.load(Ordering::Relaxed);
    finished.then(|| measure(killer.number, &program, &small, target.npu.dim))
}

fn measure(number: u16, original: &Program, small: &Program, dim: u32) -> Shrunk {
    let jobs = small.jobs.iter().filter(|job| !job.descriptors.is_empty());
    let descriptors = jobs.clone().flat_map(|job| &job.descriptors);
    Shrunk {
        number,
        original_instructions: original.instruction_count(),
        instructions: small.instruction_count(),
        jobs: jobs.count(),
        largest_extent: descriptors.map(|one| largest_extent(one, dim)).max().unwrap_or(0),
    }
}

/// The largest extent of what a descriptor works on, on an array of side `dim`: of a matrix its
/// sides, of a map its lines and columns, of words that are no descriptor nothing.
fn largest_extent(descriptor: &Descriptor, dim: u32) -> u32 {
    let extents = match descriptor {
        Descriptor::Load(_, load) => [load.rows, load.row_bytes, 0, 0].map(u32::from),
        Descriptor::Exec(_, exec) => {
            let [k, n] = [exec.k_tiles, exec.n_tiles].map(|tiles| dim * u32::from(tiles));
            [exec.m_rows.into(), k, n, 0]
        }
        Descriptor::Convolution(_, convolution) => {
            let [k, n] =
                [convolution.k_tiles, convolution.n_tiles].map(|tiles| dim * u32::from(tiles));
            [convolution.out_width.into(), convolution.out_height.into(), k, n]
        }
        Descriptor::Store(_, store) => [store.rows, store.columns, 0, 0].map(u32::from),
        Descriptor::Raw(_) => [0; 4],
    };
    extents.into_iter().max().unwrap_or(0)
}

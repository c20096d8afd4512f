//! Proving that a mutant changes nothing: then no bench can notice it.
//!
//! A part of the chip and the same part with the mutant in it start from power-up, and have to show
//! and to store the same ever after ([`question`]). First the part is the mutant's module alone, with
//! all around it cut off. Where the difference reaches a neighbour, that is taken in; where it reaches
//! the outputs, the module above. If that proves nothing, a question without time is asked ([`steps`]),
//! of ever more of the chip around the mutant. What is not proven may still be equal: too much to solve
//! in the time, or it needs to be known that a memory gives back what was written.

mod abc;
mod question;
mod steps;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use systole_hdl::mutate::{Class, Mutant};
use systole_hdl::{Design, ir::Module};
use systole_sim::{Error, Settings, Yosys};

use abc::Verdict;
use question::Question;

/// Whether the mutant is proven to behave like the design. After `patience` no further question about
/// all time is asked; the last one and those without time may take a minute each. `stop` ends the
/// search, too.
///
/// # Errors
/// When Yosys cannot be run, or files cannot be written.
pub fn is_equivalent(
    yosys: &Yosys,
    settings: &Settings,
    design: &Design,
    mutant: &Mutant,
    patience: Duration,
    stop: &AtomicBool,
) -> Result<bool, Error> {
    let module = design.modules().iter().find(|module| module.name == mutant.module);
    let Some(module) = module else { return Ok(false) };
    let until = Instant::now() + patience;
    let prover = Prover { yosys, settings, design, module, mutant, stop, until };
    if prover.in_part(module, prover.holders())? {
        return Ok(true);
    }
    // Without time, both start in the state after reset.
    Ok(mutant.class != Class::Reset && prover.in_steps(module)?)
}

struct Prover<'a> {
    yosys: &'a Yosys,
    settings: &'a Settings,
    design: &'a Design,
    module: &'a Arc<Module>,
    mutant: &'a Mutant,
    stop: &'a AtomicBool,
    until: Instant,
}

impl Prover<'_> {
    /// The mutant's module and all that hold it, at any depth.
    fn holders(&self) -> BTreeSet<String> {
        let mut holders = BTreeSet::from([self.module.name.clone()]);
        // Children come before their parents.
        for module in self.design.modules() {
            if module.children().any(|child| holders.contains(&child.name)) {
                holders.insert(module.name.clone());
            }
        }
        holders
    }

    /// Whether the mutant changes nothing in `part` with all that is in it, or in what is around it, up
    /// to what the top holds: from no state, whether it is reached or not.
    fn in_steps(&self, part: &Module) -> Result<bool, Error> {
        if self.stop.load(Ordering::Relaxed) || part.name == self.design.top.name {
            return Ok(false);
        }
        let all = self.design.modules().iter().map(|module| module.name.clone()).collect();
        let question = Question::new(part, self.module, self.mutant, &all);
        let Some(question) = question else { return Ok(false) };
        if steps::same(self.yosys, self.settings, &question)? {
            return Ok(true);
        }
        let holds = |module: &&Arc<Module>| module.children().any(|child| child.name == part.name);
        let mut parents = self.design.modules().iter().filter(holds);
        parents.try_fold(true, |all, parent| Ok(all && self.in_steps(parent)?))
    }

    /// Whether the mutant changes nothing in `part`, or in any of the modules around it. Children of
    /// the modules `inside` are known to matter.
    fn in_part(&self, part: &Module, mut inside: BTreeSet<String>) -> Result<bool, Error> {
        let mut reaching = inside.clone();
        while !self.stop.load(Ordering::Relaxed) && Instant::now() < self.until {
            let question = Question::new(part, self.module, self.mutant, &inside);
            let Some(question) = question else { return Ok(false) };
            let Some(verdicts) = abc::ask(self.yosys, self.settings, &question)? else {
                return Ok(false);
            };
            let (own, children) = verdicts.split_last().expect("one for all but children");
            let found = children.contains(&Verdict::Differs) || *own == Verdict::Differs;
            let reached = |verdict: Verdict| {
                verdict == Verdict::Differs || !found && verdict == Verdict::Unknown
            };
            let reaches = question.cut.iter().zip(children);
            let reaches = reaches.filter(|(_, verdict)| reached(**verdict));
            inside.extend(reaches.map(|(of, _)| of.clone()));
            if !inside.is_superset(&self.below(part)) {
                reaching.clone_from(&inside);
            }
            if reached(*own) {
                // What a child that was cut off gives is anything; what it really gives may be such
                // that nothing differs.
                let all = self.below(part);
                if inside.is_superset(&all) {
                    return self.around(part, &reaching);
                }
                inside.extend(all);
                continue;
            }
            if !children.iter().any(|&verdict| reached(verdict)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Names of all modules below a part.
    fn below(&self, part: &Module) -> BTreeSet<String> {
        let mut below = BTreeSet::new();
        for child in part.children() {
            if below.insert(child.name.clone()) {
                below.extend(self.below(child));
            }
        }
        below
    }

    fn around(&self, part: &Module, inside: &BTreeSet<String>) -> Result<bool, Error> {
        let holds = |module: &&Arc<Module>| module.children().any(|child| child.name == part.name);
        let mut parents = self.design.modules().iter().filter(holds).peekable();
        if parents.peek().is_none() {
            return Ok(false);
        }
        for parent in parents {
            if !self.in_part(parent, inside.clone())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The numbers of those mutants that are proven to change nothing, counted from 1 in `mutants`; with
/// `jobs` at a time, each within about `patience`. What `stop` left unproven is missing. `progress` is
/// called after each with the number tried and proven.
///
/// # Errors
/// As [`is_equivalent`].
pub fn equivalent(
    numbers: &[u16],
    design: &Design,
    mutants: &[Mutant],
    (yosys, settings): (&Yosys, &Settings),
    (jobs, patience): (usize, Duration),
    stop: &AtomicBool,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Vec<u16>, Error> {
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || -> Result<(), Error> {
        while let Some(&number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let mutant = &mutants[usize::from(number) - 1];
            let proven = is_equivalent(yosys, settings, design, mutant, patience, stop)?;
            let mut results = results.lock().expect("no thread panicked");
            results.push((number, proven));
            progress(results.len(), results.iter().filter(|(_, proven)| *proven).count());
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no thread panicked"))
    })?;
    let mut results = results.into_inner().expect("no thread panicked");
    results.sort_unstable();
    Ok(results.into_iter().filter_map(|(number, proven)| proven.then_some(number)).collect())
}

#[cfg(test)]
mod tests;

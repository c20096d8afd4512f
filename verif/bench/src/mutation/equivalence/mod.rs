//! Proving that a mutant changes nothing: then no bench can notice it.
//!
//! A part of the chip and the same part with the mutant in it start in one state, and have to show and
//! to store the same some cycles later ([`question`]). First the part is the mutant's module alone,
//! its children cut off, then ever more of what is around it, up to all of the hart or the NPU. What
//! memories answer may be anything. What is not proven may still be equal: a mutant may reach only states
//! that the chip never comes to.

mod question;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use systole_hdl::mutate::{Class, Mutant};
use systole_hdl::{Design, ir::Module};
use systole_sim::{Error, Proof, Settings, Yosys};

use question::{DIFFERS, Question, TOP};

/// How long Yosys may try a question.
const LIMIT: Duration = Duration::from_secs(60);
/// Cycles from the state in which both are equal, for a module alone and for one with its children.
const CYCLES: [usize; 2] = [3, 2];

/// Whether the mutant is proven to behave like the design.
///
/// # Errors
/// When Yosys cannot be run, or files cannot be written.
pub fn is_equivalent(
    yosys: &Yosys,
    settings: &Settings,
    design: &Design,
    mutant: &Mutant,
) -> Result<bool, Error> {
    let module = design.modules().iter().find(|module| module.name == mutant.module);
    let Some(module) = module else { return Ok(false) };
    // Both sides start in the state after reset.
    if mutant.class == Class::Reset {
        return Ok(false);
    }
    let prover = Prover { yosys, settings, design, module, mutant };
    let [alone, _] = CYCLES;
    Ok(prover.ask(module, false, alone)? == Proof::Proven || prover.within_parents(module)?)
}

struct Prover<'a> {
    yosys: &'a Yosys,
    settings: &'a Settings,
    design: &'a Design,
    module: &'a Arc<Module>,
    mutant: &'a Mutant,
}

impl Prover<'_> {
    /// Whether the mutant changes nothing in any of the modules around `part`, or around these. The
    /// top is left out: it is everything.
    fn within_parents(&self, part: &Module) -> Result<bool, Error> {
        let [_, cycles] = CYCLES;
        let holds = |module: &Module| module.children().any(|child| child.name == part.name);
        let parents: Vec<_> = self.design.modules().iter().filter(|module| holds(module)).collect();
        if parents.is_empty() {
            return Ok(false);
        }
        for parent in parents {
            if Arc::ptr_eq(parent, &self.design.top) {
                return Ok(false);
            }
            match self.ask(parent, true, cycles)? {
                Proof::Proven => {}
                Proof::Refuted if self.within_parents(parent)? => {}
                Proof::Refuted | Proof::TooLong => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The mutant in `part`, its module or one above it, `deep` with its children.
    fn ask(&self, part: &Module, deep: bool, cycles: usize) -> Result<Proof, Error> {
        match Question::new(part, self.module, self.mutant, deep, cycles) {
            Some(question) => ask(self.yosys, self.settings, &question),
            None => Ok(Proof::Refuted),
        }
    }
}

fn ask(yosys: &Yosys, settings: &Settings, question: &Question) -> Result<Proof, Error> {
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::io("create a folder in", &temporary))?;
    let script = script();
    let files = question.files().into_iter().chain([("script.ys", script)]);
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    yosys.proves(settings, "script.ys", folder.path(), LIMIT)
}

/// What both have in common is merged, which leaves little to solve.
fn script() -> String {
    format!(
        "read_verilog gold.v gate.v check.v\n\
         hierarchy -top {TOP}\n\
         proc\n\
         flatten\n\
         opt_expr\n\
         opt_merge\n\
         opt_clean\n\
         opt_expr\n\
         opt_merge\n\
         opt_clean\n\
         sat -verify -prove {DIFFERS} 0 {TOP}\n"
    )
}

/// The numbers of those mutants that are proven to change nothing, counted from 1 in `mutants`. What
/// `stop` left unproven is missing. `progress` is called after each with the number tried and proven.
///
/// # Errors
/// As [`is_equivalent`].
pub fn equivalent(
    numbers: &[u16],
    design: &Design,
    mutants: &[Mutant],
    (yosys, settings): (&Yosys, &Settings),
    jobs: usize,
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
            let proven = is_equivalent(yosys, settings, design, mutant)?;
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
mod tests {
    use super::*;
    use systole_hdl::mutate;
    use systole_hdl::prelude::*;
    use systole_sim::silent;

    /// A counter that never leaves 0 to 3, and the smaller of two numbers.
    fn example() -> Design {
        let example = module("example", |m| {
            let (a, b) = (m.input("a", U(4)), m.input("b", U(4)));
            m.output("least", a.lt(b).mux(a, b));
            let count = m.output_reg("count", U(3)).reset(0);
            m.clocked(|| {
                count.set(count + 1);
                when(count.eq(3), || count.set(0));
            });
            let memory = m.memory("memory", 4, U(4));
            m.output("word", memory.read(count.bits(1, 0)));
            m.clocked(|| memory.write(a.bits(1, 0), b));
        });
        check(&example).expect("a good design")
    }

    #[test]
    fn only_what_changes_nothing_is_proven() {
        let settings = Settings::from_env().expect("settings");
        let yosys = Yosys::provide(&settings, Yosys::FOR_PROOFS, &silent).expect("Yosys");
        let design = example();
        let equivalent = |mutant: &Mutant| {
            is_equivalent(&yosys, &settings, &design, mutant).expect("Yosys runs")
        };
        let all = mutate::mutants(&design);
        let proven: Vec<&str> = all
            .iter()
            .filter(|mutant| equivalent(mutant))
            .map(|mutant| mutant.description.as_str())
            .collect();
        // The smaller of two equal values is either; what 7 counts to is 0 in any case.
        assert_eq!(proven, ["`lt` becomes `le`", "`eq` without the highest bit"]);
    }
}

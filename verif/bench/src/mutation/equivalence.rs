//! Proving that a mutant changes nothing: then no bench can notice it.
//!
//! The module and its mutant are compared alone, their children and memories cut off
//! ([`cut`]), by Yosys: registers of one name start equal and must stay equal, and
//! so must all outputs. What is not proven may still be equal: a mutant may reach only states that
//! its surroundings never lead to.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use systole_hdl::mutate::{self, Mutant};
use systole_hdl::{Design, cut, edit, ir};
use systole_sim::{Error, Settings, Yosys};

/// How long Yosys may try.
const LIMIT: Duration = Duration::from_secs(10);

/// `equiv_induct` assumes that many cycles of equality.
const SCRIPT: &str = "\
read_verilog gold.v gate.v
proc
opt_expr
opt_clean
equiv_make gold gate equiv
hierarchy -top equiv
equiv_simple -short
equiv_simple
equiv_induct -seq 3
equiv_status -assert
";

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
    // Both go through an edit, which numbers expressions anew: names of cut reads depend on it.
    let gold = edit::edit(ir::Module::clone(module), |_| ());
    let gate = mutate::fixed(module, mutant);
    let temporary = std::env::temp_dir();
    let folder = tempfile::tempdir().map_err(Error::io("create a folder in", &temporary))?;
    let files = [
        ("gold.v", verilog(&gold, "gold")),
        ("gate.v", verilog(&gate, "gate")),
        ("script.ys", SCRIPT.to_owned()),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::write(&path, text).map_err(Error::io("write", &path))?;
    }
    yosys.proves(settings, "script.ys", folder.path(), LIMIT)
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

/// A module alone, under another name.
fn verilog(module: &ir::Module, name: &str) -> String {
    let alone = ir::Module { name: name.to_owned(), ..cut::cut(module) };
    let files = systole_gen::verilog(&Design::unchecked(Arc::new(alone)));
    files.into_iter().find(|file| file.path == format!("{name}.v")).expect("the module").text
}

#[cfg(test)]
mod tests {
    use super::*;
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

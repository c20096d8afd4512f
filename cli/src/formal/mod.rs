//! `systole formal`: proofs of modules of the chip, by Yosys and a solver.

mod report;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use systole_chip::proofs::{self, Proof};
use systole_hdl::suggest::did_you_mean;
use systole_sim::Settings;
use systole_verif::formal::{Outcome, Task, Tools, Verdict, prove_all};

use crate::args::number;
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::progress::Progress;
use crate::simulation::tool_error;
use crate::{interrupt, output};

/// Arguments of `systole formal`.
#[derive(clap::Args)]
pub struct Args {
    /// Only this proof; may be given several times.
    #[arg(long, value_name = "NAME")]
    check: Vec<String>,
    /// List the proofs, what they say and how they are proven; prove nothing.
    #[arg(long)]
    list: bool,
    /// Proofs at a time [default: the number of processors].
    #[arg(long, value_name = "JOBS", value_parser = number)]
    jobs: Option<u64>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Folder for waves of counter-examples.
    #[arg(long, value_name = "DIR", default_value = "systole-failures")]
    failures: PathBuf,
    /// Put a fault into the module under proof to see the proof fail; `list` prints their names.
    #[arg(long, value_name = "FAULT", hide = true)]
    inject: Option<String>,
}

/// What is proven and what came out of it.
struct Results {
    tasks: Vec<Task>,
    /// `None` for what an interruption left out.
    outcomes: Vec<Option<Outcome>>,
    seconds: f64,
}

/// Proves, and reports what does not hold.
pub fn command(args: &Args) -> Result {
    let proofs = chosen(&args.check)?;
    if args.list {
        report::list(&proofs);
        return Ok(Exit::Good);
    }
    if args.inject.as_deref() == Some("list") {
        report::faults(&proofs);
        return Ok(Exit::Good);
    }
    if args.jobs == Some(0) {
        return Err(Error::usage("--jobs 0: no proof could run").help("run 1 or more at a time"));
    }
    let tasks = tasks(&proofs, args.inject.as_deref())?;
    let json = Target::open(args.json.as_deref())?;
    let results = run(args, tasks)?;
    report::tail(&results);
    json.json(&report::json(&results))?;
    Ok(exit(&results))
}

fn run(args: &Args, tasks: Vec<Task>) -> Result<Results> {
    // With a handler, Ctrl-C leaves this process the time to remove its working folders.
    let stop = interrupt::flag();
    let line = Progress::new();
    let tools = Settings::from_env()
        .and_then(|settings| {
            Tools::provide(settings, &|phase: &str, _: f32| line.update(|| phase.to_owned()))
        })
        .map_err(tool_error)?;
    drop(line);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or(processors, |jobs| jobs.min(256) as usize);
    report::head(&tasks, &tools, jobs);
    let line = Progress::new();
    let count = AtomicUsize::new(0);
    let outcomes = prove_all(&tools, &tasks, jobs, &args.failures, stop, |_, _| {
        let done = count.fetch_add(1, Ordering::Relaxed) + 1;
        line.update(|| {
            let share = line.share(done as f64, tasks.len() as f64);
            format!("formal {share}  {}", output::count(done as u64, "proof"))
        });
    });
    let outcomes = outcomes.map_err(tool_error)?;
    let seconds = line.seconds();
    Ok(Results { tasks, outcomes, seconds })
}

/// An interrupted run says so even when it found something: it is not a verdict.
fn exit(results: &Results) -> Exit {
    let mut done = results.outcomes.iter();
    if done.clone().any(Option::is_none) {
        Exit::Interrupted
    } else if done.all(|outcome| outcome.as_ref().is_some_and(|o| o.verdict == Verdict::Holds)) {
        Exit::Good
    } else {
        Exit::Failed
    }
}

/// The proofs that were asked for: all, unless some are named.
fn chosen(names: &[String]) -> Result<Vec<Proof>> {
    let all = proofs::all();
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        all.iter().find(|proof| proof.name == name).copied().ok_or_else(|| {
            let hint = did_you_mean(name, all.iter().map(|proof| proof.name));
            Error::usage(format!("--check: no proof `{name}`{hint}"))
                .help("`systole formal --list` prints all of them")
        })
    };
    names.iter().map(find).collect()
}

/// The proofs, each with the fault if it has one of this name.
fn tasks(proofs: &[Proof], fault: Option<&str>) -> Result<Vec<Task>> {
    let Some(name) = fault else {
        return Ok(proofs.iter().map(|&proof| Task { proof, fault: None }).collect());
    };
    let of = |proof: &Proof| {
        let fault = proof.faults.iter().find(|fault| fault.name == name)?;
        Some(Task { proof: *proof, fault: Some(fault) })
    };
    let tasks: Vec<Task> = proofs.iter().filter_map(of).collect();
    if tasks.is_empty() {
        let names = proofs.iter().flat_map(|proof| proof.faults).map(|fault| fault.name);
        let hint = did_you_mean(name, names);
        return Err(Error::usage(format!("--inject: no fault `{name}` of these proofs{hint}"))
            .help("`systole formal --inject list` prints all of them"));
    }
    Ok(tasks)
}

//! `systole mutate`: small mistakes put into the chip, and which of them the bench notices.

mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use systole_hdl::Design;
use systole_hdl::mutate::{Mutant, selectable};
use systole_sim::{Library, Settings, Yosys};
use systole_verif::mutation::{self, Budget, Killer, Shrunk, Verdict};

use crate::args::{Chip, ChipArgs, number};
use crate::exit::{Error, Exit, Result};
use crate::interrupt;
use crate::json::Target;
use crate::progress::Progress;
use crate::simulation;

/// Arguments of `systole mutate`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    chip: ChipArgs,
    /// Number of mutants: a sample from every module, by its size.
    #[arg(long, value_name = "N", value_parser = number, default_value = "500")]
    mutants: u64,
    /// Seed of the sample and of the programs.
    #[arg(long, value_name = "SEED", value_parser = number, default_value = "1")]
    seed: u64,
    /// Programs that a mutant meets at most.
    #[arg(long, value_name = "N", value_parser = number, default_value = "2000")]
    programs: u64,
    /// Mutants at a time [default: the number of processors]. What is killed is the same.
    #[arg(long, value_name = "JOBS", value_parser = number)]
    jobs: Option<u64>,
    /// Seconds after which a proof that a survivor changes nothing is given up; 0: no proofs.
    #[arg(long, value_name = "SECONDS", value_parser = number, default_value = "60")]
    prove: u64,
    /// Shrink the programs of N killed mutants, to see how much of them is left.
    #[arg(long, value_name = "N", value_parser = number, default_value = "0")]
    shrink: u64,
    /// Judge only the mutant of this number, counted from 1.
    #[arg(long, value_name = "K", value_parser = number)]
    only: Option<u64>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// A chip with its mutants, and what became of each so far, by number.
struct Judged {
    chip: Chip,
    seed: u64,
    design: Design,
    mutants: Vec<Mutant>,
    verdicts: BTreeMap<u16, Verdict>,
    shrunk: Vec<Shrunk>,
}

/// Builds the mutants, judges them and reports.
pub fn command(args: &Args) -> Result {
    let mut judged = prepare(args)?;
    let numbers = numbers(args, judged.mutants.len())?;
    let json = Target::open(args.json.as_deref())?;
    report::head(&judged);
    let library = build(&judged)?;
    run(args, &mut judged, &library, numbers)?;
    report::tail(&judged);
    json.json(&report::json(&judged))?;
    Ok(if interrupt::requested() { Exit::Interrupted } else { Exit::Good })
}

fn prepare(args: &Args) -> Result<Judged> {
    let chip = args.chip.chip()?;
    if args.mutants == 0 || args.programs == 0 || args.jobs == Some(0) {
        return Err(Error::usage("--mutants, --programs and --jobs 0: there is nothing to do")
            .help("take 1 or more"));
    }
    if args.mutants > u64::from(u16::MAX) {
        let message = format!("--mutants {}: one model holds {} at most", args.mutants, u16::MAX);
        return Err(Error::usage(message).help("take fewer; other seeds choose others"));
    }
    let design = simulation::design(&chip, true)?;
    let all = mutation::sample::all(&design, &simulation::design(&chip, false)?);
    let mutants = mutation::sample(&all, args.mutants as usize, args.seed);
    Ok(Judged {
        chip,
        seed: args.seed,
        design,
        mutants,
        verdicts: BTreeMap::new(),
        shrunk: Vec::new(),
    })
}

/// The mutants to judge.
fn numbers(args: &Args, count: usize) -> Result<Vec<u16>> {
    let Some(only) = args.only else { return Ok((1..=count as u16).collect()) };
    if (1..=count as u64).contains(&only) {
        return Ok(vec![only as u16]);
    }
    Err(Error::usage(format!("--only {only}: there are the mutants 1 to {count}"))
        .help("give the --mutants and --seed of the run whose numbers you have"))
}

fn build(judged: &Judged) -> Result<Arc<Library>> {
    let wrong = |errors| Error::usage(format!("the mutants do not fit the chip:\n{errors}"));
    let design = selectable(&judged.design, &judged.mutants).map_err(wrong)?;
    let library = simulation::library_of(&judged.chip, &design, " with mutants")?;
    if interrupt::requested() { Err(Error::interrupted()) } else { Ok(library) }
}

/// Programs for all, proofs for those that survive them.
fn run(args: &Args, judged: &mut Judged, library: &Arc<Library>, numbers: Vec<u16>) -> Result<()> {
    judge(args, judged, library, &numbers)?;
    let survived = |(&number, &verdict)| (verdict == Verdict::Survived).then_some(number);
    let left: Vec<u16> = judged.verdicts.iter().filter_map(survived).collect();
    prove(args, judged, &left)?;
    shrink(args, judged, library)
}

/// Shrinks the programs of some killed mutants, spread over all.
fn shrink(args: &Args, judged: &mut Judged, library: &Arc<Library>) -> Result<()> {
    let killers = judged.verdicts.iter().filter_map(|(&number, verdict)| match *verdict {
        Verdict::Killed { programs, kind } => Some(Killer { number, index: programs - 1, kind }),
        _ => None,
    });
    let killers: Vec<Killer> = killers.collect();
    let count = (args.shrink as usize).min(killers.len());
    let spread = (0..count).map(|index| killers[index * killers.len() / count]);
    let killers: Vec<Killer> = spread.collect();
    let line = Progress::new();
    let progress = |done: usize| {
        line.update(|| {
            let share = line.share(done as f64, count as f64);
            format!("mutate {share}  {done} of {count} programs shrunk")
        });
    };
    let (config, stop, how) = (&judged.chip.config, interrupt::flag(), (args.seed, jobs(args)));
    judged.shrunk = mutation::shrink_killers(&killers, config, library, how, stop, progress)
        .map_err(simulation::tool_error)?;
    Ok(())
}

/// Proves mutants to change nothing, where that can be.
fn prove(args: &Args, judged: &mut Judged, numbers: &[u16]) -> Result<()> {
    if args.prove == 0 || numbers.is_empty() {
        return Ok(());
    }
    let line = Progress::new();
    let install = |phase: &str, fraction: f32| {
        line.update(|| format!("mutate {:3.0} %  {phase}", 100.0 * fraction));
    };
    let settings = Settings::from_env().map_err(simulation::tool_error)?;
    let yosys =
        Yosys::provide(&settings, Yosys::FOR_PROOFS, &install).map_err(simulation::tool_error)?;
    let progress = |done: usize, proven: usize| {
        line.update(|| {
            let share = line.share(done as f64, numbers.len() as f64);
            format!("mutate {share}  {proven} of {done} proven to change nothing")
        });
    };
    let (design, mutants) = (&judged.design, &judged.mutants);
    let how = (jobs(args), Duration::from_secs(args.prove.min(86_400)));
    let stop = interrupt::flag();
    let tools = (&yosys, &settings);
    let proven = mutation::equivalent(numbers, design, mutants, tools, how, stop, progress)
        .map_err(simulation::tool_error)?;
    drop(line);
    judged.verdicts.extend(proven.iter().map(|&number| (number, Verdict::Equivalent)));
    Ok(())
}

/// Mutants at a time.
fn jobs(args: &Args) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or(processors, |jobs| jobs.min(256) as usize)
}

/// Judges the mutants of these numbers by programs.
fn judge(args: &Args, judged: &mut Judged, library: &Arc<Library>, numbers: &[u16]) -> Result<()> {
    let budget = Budget { seed: args.seed, programs: args.programs, jobs: jobs(args) };
    let line = Progress::new();
    let progress = |done: usize, killed: usize| {
        line.update(|| {
            let share = line.share(done as f64, numbers.len() as f64);
            format!("mutate {share}  {killed} of {done} killed")
        });
    };
    let config = &judged.chip.config;
    judged.verdicts =
        mutation::judge(numbers, config, library, budget, interrupt::flag(), progress)
            .map_err(simulation::tool_error)?;
    Ok(())
}

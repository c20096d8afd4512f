//! `systole cosim`: random programs with NPU jobs, RTL and golden model in lockstep.

mod configs;
mod failures;
mod junit;
mod netlist;
mod replay;
mod report;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use systole_gen::netlist::Technology;
use systole_sim::Netlists;
use systole_verif::campaign::{self, Campaign, Summary, Totals};
use systole_verif::faults;
use systole_verif::generate::Profile;

use crate::args::{Chip, ChipArgs, Shard, duration, number, shard};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::progress::Progress;
use crate::simulation::{self, Extras};
use crate::{interrupt, output};
use failures::Explained;

/// Programs when neither a number nor a time is given.
const PROGRAMS: u64 = 300;
/// The same when a fault is to be found.
const FAULT_PROGRAMS: u64 = 2000;

/// Arguments of `systole cosim`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    chip: ChipArgs,
    /// Run on this many random configurations instead: all switches of the hart, a small NPU.
    #[arg(long, value_name = "N", value_parser = number)]
    #[arg(conflicts_with_all = ["preset", "config", "set", "inject"])]
    configs: Option<u64>,
    /// Run the minimal program of a failure folder again, on the chip as it is now.
    #[arg(long, value_name = "DIR")]
    #[arg(conflicts_with_all = ["preset", "config", "set", "inject", "configs", "programs", "time"])]
    #[arg(conflicts_with_all = ["seed", "first", "jobs", "shard", "fail_fast", "junit", "netlist"])]
    replay: Option<PathBuf>,
    /// Put the netlists that Yosys makes in place of modules: `generic` (gates) or `ice40` (cells).
    #[arg(long, value_name = "CELLS", value_parser = netlist::technology)]
    netlist: Option<Technology>,
    /// With --netlist: a module, with all that is below it; several times for more [default: core
    /// and npu_array; npu_sequencer and npu_sums of a sequential NPU].
    #[arg(long = "module", value_name = "MODULE", requires = "netlist")]
    modules: Vec<String>,
    /// Number of programs, over all shards [default: 300, or as many as --time allows]; with
    /// --configs for each of them [default: 150].
    #[arg(long, value_name = "N", value_parser = number)]
    programs: Option<u64>,
    /// Stop after this time: 30s, 5m, 2h.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// What the programs are mostly made of.
    #[arg(long, value_name = "NAME", default_value = "mixed", value_parser = profile)]
    profile: Profile,
    /// Seed of the programs, to repeat a run [default: a new one each time].
    #[arg(long, value_name = "SEED", value_parser = number)]
    seed: Option<u64>,
    /// Index of the first program.
    #[arg(long, value_name = "INDEX", value_parser = number, default_value = "0")]
    first: u64,
    /// Programs at a time [default: the number of processors]. The result is the same.
    #[arg(long, value_name = "JOBS", value_parser = number)]
    jobs: Option<u64>,
    /// Run only part I of N, from 1/N to N/N.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Stop at the first mismatch.
    #[arg(long)]
    fail_fast: bool,
    /// Write the result as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write what the programs have exercised, for `systole cover`.
    #[arg(long, value_name = "FILE", conflicts_with = "configs")]
    coverage: Option<PathBuf>,
    /// Folder for failures: report, assembly, ELF and waves of the smallest failing program.
    #[arg(long, value_name = "DIR", default_value = "systole-failures")]
    failures: PathBuf,
    /// Write no waves of the RTL: saves building a second model when something fails.
    #[arg(long)]
    no_waves: bool,
    /// Put a fault into the chip to see it found; `list` prints their names.
    #[arg(long, value_name = "NAME", hide = true)]
    inject: Option<String>,
}

/// What is run, once all arguments are understood.
struct Plan {
    chip: Chip,
    campaign: Campaign,
    fault: Option<&'static str>,
    netlists: Option<Netlists>,
}

impl Plan {
    /// What the chip's model has.
    fn extras(&self, trace: bool) -> Extras<'_> {
        Extras { faults: self.fault.is_some(), trace, netlists: self.netlists.as_ref() }
    }
}

/// Runs the campaign and reports what it found.
pub fn command(args: &Args) -> Result {
    if args.inject.as_deref() == Some("list") {
        for fault in faults::all() {
            say!("{:<32} {}", fault.name, fault.description);
        }
        return Ok(Exit::Good);
    }
    if let Some(folder) = &args.replay {
        return replay::command(folder, args.json.as_deref());
    }
    if let Some(count) = args.configs {
        return configs::command(args, count);
    }
    let plan = plan(args)?;
    let json = Target::open(args.json.as_deref())?;
    let junit = Target::open(args.junit.as_deref())?;
    let coverage = Target::open(args.coverage.as_deref())?;
    report::head(&plan);
    let Ran { summary, failures } = run(args, &plan)?;
    report::tail(&plan, &summary, &failures);
    json.json(&report::json(&plan, &summary, &failures))?;
    junit.text(&junit::document(&plan, &summary, &failures))?;
    if let Some(record) = report::coverage(&plan, &summary) {
        coverage.text(&record.to_text())?;
    } else if args.coverage.is_some() {
        note!("no coverage: which programs ran before the first failure is luck");
    }
    Ok(exit(&summary))
}

/// What came out of a plan.
struct Ran {
    summary: Summary,
    failures: Vec<Explained>,
}

/// Builds the chip, runs the programs and explains what failed.
fn run(args: &Args, plan: &Plan) -> Result<Ran> {
    let library = simulation::library(&plan.chip, plan.extras(false))?;
    if interrupt::requested() {
        return Err(Error::interrupted());
    }
    let line = Progress::new();
    let summary = campaign::run(
        &plan.campaign,
        &plan.chip.config,
        &library,
        interrupt::flag(),
        |totals, covered| {
            line.update(|| progress(&line, &plan.campaign, totals, covered));
        },
    )
    .map_err(simulation::tool_error)?;
    drop(line);
    let failures = failures::explain(args, plan, &summary, &library)?;
    Ok(Ran { summary, failures })
}

/// An interrupted campaign says so even when it found something: it is not a verdict.
fn exit(summary: &Summary) -> Exit {
    if summary.interrupted {
        Exit::Interrupted
    } else if summary.totals.mismatches > 0 {
        Exit::Failed
    } else {
        Exit::Good
    }
}

fn plan(args: &Args) -> Result<Plan> {
    let chip = args.chip.chip()?;
    let fault = args.inject.as_deref().map(|name| fault(&chip, name)).transpose()?;
    if args.programs == Some(0) {
        return Err(Error::usage("--programs 0: there is nothing to run").help("run 1 or more"));
    }
    if args.jobs == Some(0) {
        return Err(Error::usage("--jobs 0: no program could run").help("run 1 or more at a time"));
    }
    let default = if fault.is_some() { FAULT_PROGRAMS } else { PROGRAMS };
    let programs = args.programs.or(args.time.is_none().then_some(default));
    if args.first.checked_add(programs.unwrap_or(0)).is_none_or(|end| end > u64::MAX / 2) {
        let message = "--first and --programs: indices of programs end at 2^63 - 1";
        return Err(Error::usage(message).help("take smaller ones"));
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let shard = args.shard.unwrap_or(Shard { part: 1, parts: 1 });
    let campaign = Campaign {
        profile: args.profile,
        seed: args.seed.unwrap_or_else(random_seed),
        first: args.first,
        programs,
        time: args.time,
        jobs: args.jobs.map_or(processors, |jobs| jobs.min(256) as usize),
        shard: (shard.part - 1, shard.parts),
        fail_fast: args.fail_fast || fault.is_some(),
        fault: fault.map_or(0, |(_, number)| number),
    };
    let netlists = netlist::netlists(args, &chip)?;
    Ok(Plan { chip, campaign, fault: fault.map(|(name, _)| name), netlists })
}

/// Name and number of a fault of the chip.
pub fn fault(chip: &Chip, name: &str) -> Result<(&'static str, u16)> {
    let list = "`systole cosim --inject list` prints all of them";
    let all = faults::all();
    let Some(fault) = all.iter().find(|fault| fault.name == name) else {
        let hint = systole_hdl::suggest::did_you_mean(name, all.iter().map(|fault| fault.name));
        return Err(Error::usage(format!("--inject: no fault `{name}`{hint}")).help(list));
    };
    let number = (1..).zip(faults::of(&chip.config)).find(|(_, other)| other.name == name);
    number.map(|(number, _)| (fault.name, number)).ok_or_else(|| {
        Error::usage(format!("--inject: {} has nothing that could be wrong like this", chip.name))
            .help(format!("it takes the signal `{}` of `{}`", fault.signal, fault.module))
    })
}

/// Parses the name of a profile.
fn profile(text: &str) -> std::result::Result<Profile, String> {
    let found = Profile::ALL.into_iter().find(|profile| profile.name() == text);
    found.ok_or_else(|| {
        let names = Profile::ALL.map(Profile::name);
        let hint = systole_hdl::suggest::did_you_mean(text, names);
        format!("there is no profile `{text}`{hint}; there are {}", names.join(", "))
    })
}

/// A seed that is new each time, of a length that can be typed.
fn random_seed() -> u64 {
    RandomState::new().hash_one(std::process::id()) & 0xffff_ffff
}

fn progress(line: &Progress, campaign: &Campaign, totals: &Totals, covered: f64) -> String {
    let parts = campaign.shard.1;
    let share = match (campaign.time, campaign.programs) {
        (Some(time), _) => line.share(line.seconds().min(time.as_secs_f64()), time.as_secs_f64()),
        (None, Some(programs)) => {
            line.share(totals.programs as f64, (programs as f64 / parts as f64).ceil())
        }
        (None, None) => String::new(),
    };
    format!(
        "cosim {share}  {}  {}  {}  {} cycles/s  {covered:.1} % covered",
        output::count(totals.programs, "program"),
        output::count(totals.npu_jobs, "NPU job"),
        output::count(totals.mismatches, "mismatch"),
        output::short(totals.cycles as f64 / line.seconds().max(1e-9)),
    )
}

//! `systole bench`: how fast the models run, how busy the NPU is, and cycles of kernels on the hart.

mod core;
mod npu;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use systole_golden::elf::Program;
use systole_sim::Library;
use systole_verif::campaign::{self, Campaign};
use systole_verif::run::{self, End, Engine, Setup};

use crate::args::{Chip, ChipArgs};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;
use crate::simulation::{self, Extras, tool_error};

/// The program that the golden model is timed on, and where it comes from.
const PROGRAM: (&str, &[u8]) =
    ("sw/programs/sort.elf", include_bytes!("../../../sw/programs/sort.elf"));
/// How long each measurement takes at least.
const GOLDEN_TIME: Duration = Duration::from_secs(2);
const SIMULATION_TIME: Duration = Duration::from_secs(8);

/// Arguments of `systole bench`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    chip: ChipArgs,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Measures and prints.
pub fn command(args: &Args) -> Result {
    let chip = args.chip.chip()?;
    let target = Target::open(args.json.as_deref())?;
    let golden = golden(&chip)?;
    say!("golden model   {} instructions/s ({})", output::short(golden), PROGRAM.0);
    let library = simulation::library(&chip, Extras::default())?;
    let simulation = simulation(&chip, &library)?;
    let jobs = match chip.config.has_npu() {
        true => npu::measure(&chip, &library)?,
        false => Vec::new(),
    };
    let kernels = core::measure(&chip, &library)?;
    target.json(&json!({
        "golden_instructions_per_second": golden,
        "simulation": [simulation],
        "npu": jobs,
        "core": kernels,
    }))?;
    Ok(Exit::Good)
}

/// Instructions a second of the golden model alone.
fn golden(chip: &Chip) -> Result<f64> {
    let program =
        Program::parse(PROGRAM.0, PROGRAM.1, chip.config.memory.ram_bytes).map_err(Error::usage)?;
    let never = AtomicBool::new(false);
    let (start, mut instructions) = (Instant::now(), 0);
    while start.elapsed() < GOLDEN_TIME {
        let report = run::run(
            &program,
            Engine::Golden,
            Setup {
                config: &chip.config,
                library: None,
                max_instructions: u64::MAX,
                console: &mut std::io::sink(),
                trace: None,
                window: None,
                interrupted: &never,
            },
        )
        .map_err(tool_error)?;
        if report.end != End::Exit(0) {
            return Err(Error::usage(format!("{} on the golden model: {}", PROGRAM.0, report.end)));
        }
        instructions += report.instructions;
    }
    Ok(instructions as f64 / start.elapsed().as_secs_f64())
}

/// Cycles a second in lockstep and of the RTL alone, over random programs.
fn simulation(chip: &Chip, library: &Arc<Library>) -> Result<Value> {
    let campaign = Campaign {
        profile: systole_verif::generate::Profile::Mixed,
        seed: 1,
        first: 0,
        programs: None,
        time: Some(SIMULATION_TIME),
        jobs: 1,
        shard: (0, 1),
        fail_fast: false,
        fault: 0,
    };
    let never = AtomicBool::new(false);
    let summary =
        campaign::run(&campaign, &chip.config, library, &never, |_, _| {}).map_err(tool_error)?;
    let (lockstep, bare) =
        (summary.totals.cycles_per_second(), summary.totals.bare_cycles_per_second());
    say!(
        "{:<14} {} cycles/s in lockstep, {:.0} % of the bare RTL's {} cycles/s",
        chip.name,
        output::short(lockstep),
        100.0 * lockstep / bare,
        output::short(bare)
    );
    Ok(json!({
        "preset": chip.name,
        "bare_cycles_per_second": bare,
        "lockstep_cycles_per_second": lockstep,
        "ratio": lockstep / bare,
    }))
}

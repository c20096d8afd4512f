//! `systole fpga`: from a chip, or from Verilog, to a board's bitstream.

mod report;
mod sources;

use std::path::{Path, PathBuf};

use systole_gen::board::{Board, FPGA_MODULE, Project};
use systole_sim::Settings;
use systole_sim::fpga::{self, Job, Observer, Report, Tools};

use crate::args::{ChipArgs, number};
use crate::board::BoardArgs;
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::progress::Progress;
use crate::simulation::tool_error;
use crate::{interrupt, output};
use sources::Sources;

/// Seeds that can be tried in one run.
const MOST_SEEDS: u64 = 1000;

/// Arguments of `systole fpga`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    board: BoardArgs,
    #[command(flatten)]
    chip: ChipArgs,
    /// List the boards, and do nothing.
    #[arg(long)]
    list: bool,
    /// Instead of a chip: a Verilog file, or a data file that it reads; may be given several times.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["preset", "config", "set"])]
    verilog: Vec<PathBuf>,
    /// Module of these files that has the ports of a board.
    #[arg(long, value_name = "MODULE", default_value = FPGA_MODULE, requires = "verilog")]
    top: String,
    /// Only synthesise, and count what it takes: no bitstream.
    #[arg(long)]
    synth_only: bool,
    /// With --synth-only: a module of the chip, such as core or npu [default: systole_board].
    #[arg(long, value_name = "MODULE", requires = "synth_only", conflicts_with = "verilog")]
    module: Option<String>,
    /// Place and route with this many seeds, and take the fastest.
    #[arg(long, value_name = "N", default_value = "1", value_parser = number)]
    seeds: u64,
    /// Output folder [default: build/BOARD; with --synth-only none].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Makes a bitstream, and reports.
pub fn command(args: &Args) -> Result {
    if args.list {
        report::boards(Board::all());
        return Ok(Exit::Good);
    }
    let project = args.board.project()?.ok_or_else(|| {
        Error::usage("--board is missing").help("`systole fpga --list` prints the boards")
    })?;
    if !(1..=MOST_SEEDS).contains(&args.seeds) {
        return Err(Error::usage(format!("--seeds {}: from 1 to {MOST_SEEDS}", args.seeds)));
    }
    let sources = Sources::of(args, &project)?;
    let json = Target::open(args.json.as_deref())?;
    let own = || (!args.synth_only).then(|| PathBuf::from("build").join(project.board().name));
    let folder = args.output.clone().or_else(own);
    let result = run(args, &project, &sources, folder.as_deref())?;
    report::print(&result, &sources.name);
    if let Some(folder) = &folder {
        say!("  files             {}", folder.display());
    }
    json.json(&report::json(&result, &sources.name))?;
    Ok(if result.meets_timing() { Exit::Good } else { Exit::Failed })
}

/// Runs the tools.
fn run(args: &Args, project: &Project, sources: &Sources, folder: Option<&Path>) -> Result<Report> {
    // With a handler, Ctrl-C leaves this process the time to remove its working folder.
    let stop = interrupt::flag();
    let settings = Settings::from_env().map_err(tool_error)?;
    let line = Progress::new();
    let told = |phase: &str, _: f32| line.update(|| phase.to_owned());
    let family = &project.board().device.family;
    let tools = Tools::provide(&settings, family, !args.synth_only, &told).map_err(tool_error)?;
    drop(line);
    let line = std::cell::RefCell::new(Progress::new());
    let observer = Observer {
        stop,
        working: &|step, seconds| {
            line.borrow().update(|| format!("{step}  {}", output::time(seconds)));
        },
        done: &|step, seconds| {
            // A new line of progress erases the old one.
            line.replace(Progress::new());
            note!("{step:<30} {:>9}", output::time(seconds));
        },
    };
    let job = Job {
        project,
        files: &sources.files,
        count: args.synth_only.then_some(sources.count.as_str()),
        seeds: args.seeds as u32,
        origins: &sources.origins,
    };
    let result = fpga::run(&settings, &tools, &job, folder, observer);
    drop(line);
    result.map_err(|error| failure(error, project))
}

/// Why there is no bitstream, with its exit code and what to do.
fn failure(error: fpga::Error, project: &Project) -> Error {
    let board = project.board();
    match error {
        fpga::Error::Interrupted => Error::interrupted(),
        fpga::Error::Tool(error) => tool_error(error),
        fpga::Error::DoesNotFit(_) => {
            let text = error.to_string().replacen("the device", board.device.name, 1);
            Error::usage(text).help(
                "take a smaller chip: another --preset, or --set npu.dim=2 for look-up tables and \
                 multipliers, npu.scratchpad_rows, npu.accumulator_rows or memory.ram_bytes for \
                 blocks of RAM; --synth-only counts what it takes",
            )
        }
        fpga::Error::Refused { .. } => Error::usage(error)
            .help("`systole gen --board` writes the same files, to run the tools by hand"),
    }
}

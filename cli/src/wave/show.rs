//! `systole wave show`: a failure, or what a chip did around a cycle, as text.

use std::path::PathBuf;

use serde_json::json;
use systole_verif::activity::Activity;
use systole_verif::around::{Around, Golden};
use systole_verif::failure::{Report, WAVE};
use systole_wave::{Clock, Wave};

use super::moment::{ClockArgs, Moment, moment};
use super::{Input, error};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;

/// Rows behind the cycle that is asked for.
const AFTER: usize = 3;

/// Arguments of `systole wave show`.
#[derive(clap::Args)]
#[command(after_help = "\
A row is an instruction that retired, or a cycle in which something began or ended in the NPU or on
its bus. The wave has to hold the chip's retire port and `clk`; `systole run --vcd FILE` writes
such waves, and so does any simulator of a chip made with `systole gen --rvfi`.")]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Cycle or time to look at [default: where RTL and golden model differ].
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Option<Moment>,
    /// Rows up to there.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    rows: u32,
    #[command(flatten)]
    clock: ClockArgs,
    /// Write the table as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Shows the report of a folder, and the table.
pub fn command(args: &Args) -> Result {
    let report = args.input.report()?;
    let style = output::style();
    if let Some(report) = report.as_ref().filter(|_| !args.input.path().join(WAVE).is_file()) {
        return without_waves(args, report);
    }
    let table = Table::read(args)?;
    let json = Target::open(args.json.as_deref())?;
    if let Some(report) = &report {
        say!("{}", report.summary(style).trim_end());
    }
    say!("{}", table.around.text(style).trim_end());
    if let Some(report) = &report {
        say!("{}", report.context(style).trim_end());
    }
    if !table.missing.is_empty() {
        note!("not told, for these signals are missing: {}", table.missing.join(", "));
    }
    json.json(&json!({
        "file": table.wave.path().display().to_string(),
        "cycle": table.around.cycle,
        "time": table.time,
        "rows": table.around.rows,
        "under_way": table.around.under_way,
    }))?;
    Ok(Exit::Good)
}

/// The report alone, which has the last instructions itself.
fn without_waves(args: &Args, report: &Report) -> Result {
    if args.at.is_some() || args.json.is_some() {
        let message = format!("the failure folder `{}` has no waves", args.input.path().display());
        return Err(Error::usage(message).help(format!("run it again for them: {}", report.rerun)));
    }
    say!("{}", report.text(output::style()).trim_end());
    note!("without waves; run it again for them: {}", report.rerun);
    Ok(Exit::Good)
}

struct Table {
    wave: Wave,
    around: Around,
    time: String,
    /// Signals that the wave lacks.
    missing: Vec<String>,
}

impl Table {
    fn read(args: &Args) -> Result<Self> {
        let mut wave = args.input.open()?;
        let clock = args.clock.of(&wave)?;
        let golden = Golden::load(&mut wave).map_err(error)?;
        let tick = tick(args, &wave, clock, golden.as_ref())?;
        let activity = Activity::read(wave.path()).map_err(Error::usage)?;
        let cycle = clock.cycle(tick);
        let rows = (args.rows as usize, AFTER);
        let around = Around::of(&activity, &wave, golden.as_ref(), cycle, rows);
        let time = wave.timescale().show(tick);
        Ok(Self { wave, around, time, missing: activity.missing })
    }
}

/// The tick that is asked for, or that of the mismatch.
fn tick(args: &Args, wave: &Wave, clock: Clock, golden: Option<&Golden>) -> Result<u64> {
    if let Some(at) = args.at {
        return at.inside("--at", wave, clock);
    }
    golden.and_then(|golden| golden.mismatch(wave)).ok_or_else(|| {
        let file = wave.path().display();
        Error::usage(format!("{file} does not say at which cycle to look"))
            .help("give one with --at CYCLE; `systole wave find` finds cycles")
    })
}

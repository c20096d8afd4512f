//! `systole wave annotate`: what happened in a chip, as signals of its wave.

use std::path::PathBuf;

use systole_verif::activity::{self, Activity};
use systole_wave::{Format, SignalRef};

use super::{Input, error, writing};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;

/// Arguments of `systole wave annotate`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Write the pipeline as a log for Konata.
    #[arg(long, value_name = "FILE")]
    konata: Option<PathBuf>,
    /// File to write: the wave, and the added signals. It ends in .vcd or .fst.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Writes the wave with mnemonics, traps, NPU jobs, descriptors, tiles, tokens and bursts.
pub fn command(args: &Args) -> Result {
    Format::of(&args.output).map_err(error)?;
    let wave = args.input.open()?;
    let konata = Target::open(args.konata.as_deref())?;
    let activity = Activity::read(wave.path()).map_err(Error::usage)?;
    let signals: Vec<SignalRef> = wave.signals().map(|signal| signal.reference()).collect();
    let (tracks, times) = (activity::tracks(&activity), wave.start()..=wave.end());
    writing::write(&args.output, &wave, &signals, times, &tracks)?;
    if args.konata.is_some() {
        konata.text(&activity::konata::log(&activity))?;
    }
    note!(
        "{}: {}, {}, {}",
        args.output.display(),
        output::count(activity.retires.len() as u64, "instruction"),
        output::count(activity.jobs.len() as u64, "NPU job"),
        output::count(tracks.len() as u64, "added signal")
    );
    if !activity.missing.is_empty() {
        note!("not told, for these signals are missing: {}", activity.missing.join(", "));
    }
    Ok(Exit::Good)
}

//! `systole wave slice`: a part of a wave.

use std::path::PathBuf;

use systole_wave::Format;

use super::moment::{ClockArgs, Moment, moment};
use super::{Input, error, select, writing};
use crate::exit::{Error, Exit, Result};
use crate::output;

/// Arguments of `systole wave slice`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Signals to write [default: all].
    #[arg(value_name = "GLOB")]
    globs: Vec<String>,
    /// First cycle or time [default: where the wave begins].
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    from: Option<Moment>,
    /// Last cycle, which is written to its end, or last time [default: where the wave ends].
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    to: Option<Moment>,
    #[command(flatten)]
    clock: ClockArgs,
    /// File to write; it ends in .vcd or .fst.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Writes the window.
pub fn command(args: &Args) -> Result {
    Format::of(&args.output).map_err(error)?;
    let wave = args.input.open()?;
    let signals = select(&wave, &args.globs)?;
    let clock = args.clock.of(&wave)?;
    let from = match args.from {
        Some(from) => from.inside("--from", &wave, clock)?,
        None => wave.start(),
    };
    let to = match args.to {
        Some(to) => to.last_tick(&wave, clock).min(wave.end()),
        None => wave.end(),
    };
    if let (true, Some(last)) = (to < from, args.to) {
        let message = format!("--to {last} comes before the window begins");
        return Err(Error::usage(message).help("give the first and the last cycle of the window"));
    }
    writing::write(&args.output, &wave, &signals, from..=to, &[])?;
    let scale = wave.timescale();
    note!(
        "{}: {}, {} to {}",
        args.output.display(),
        output::count(signals.len() as u64, "signal"),
        scale.show(from),
        scale.show(to)
    );
    Ok(Exit::Good)
}

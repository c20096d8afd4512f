//! `systole wave values`: what signals are at a moment.

use std::path::PathBuf;

use serde_json::json;

use super::moment::{ClockArgs, Moment, moment};
use super::{Input, error, name, select};
use crate::exit::{Exit, Result};
use crate::json::Target;

/// Arguments of `systole wave values`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Signals to show [default: all].
    #[arg(value_name = "GLOB")]
    globs: Vec<String>,
    /// When: the beginning of a cycle, or a time with its unit.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    at: Moment,
    #[command(flatten)]
    clock: ClockArgs,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Shows the values.
pub fn command(args: &Args) -> Result {
    let wave = args.input.open()?;
    let signals = select(&wave, &args.globs)?;
    let clock = args.clock.of(&wave)?;
    let tick = args.at.inside("--at", &wave, clock)?;
    let json = Target::open(args.json.as_deref())?;
    let values = wave.values_at(&signals, tick).map_err(error)?;
    let (time, cycle) = (wave.timescale().show(tick), clock.cycle(tick));
    note!("cycle {cycle}, {time}");
    let mut shown = Vec::new();
    for (&signal, value) in signals.iter().zip(&values) {
        let signal = wave.signal(signal);
        say!("{} = {value}", name(signal));
        shown.push(json!({
            "name": signal.name(),
            "range": signal.range(),
            "value": value.to_string(),
        }));
    }
    json.json(&json!({
        "file": wave.path().display().to_string(),
        "cycle": cycle,
        "time": time,
        "values": shown,
    }))?;
    Ok(Exit::Good)
}

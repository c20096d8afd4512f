//! `systole wave list`: which signals a wave has.

use std::path::PathBuf;

use serde_json::json;
use systole_wave::{Signal, Wave};

use super::{Input, name, select};
use crate::exit::{Exit, Result};
use crate::json::Target;
use crate::output;

/// Arguments of `systole wave list`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// Signals to list [default: all].
    #[arg(value_name = "GLOB")]
    globs: Vec<String>,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Lists the signals that match.
pub fn command(args: &Args) -> Result {
    let wave = args.input.open()?;
    let selected = select(&wave, &args.globs)?;
    let signals: Vec<Signal> = selected.iter().map(|&signal| wave.signal(signal)).collect();
    let json = Target::open(args.json.as_deref())?;
    for signal in &signals {
        say!("{:>7} {:<4}  {}", signal.width(), signal.kind().name(), name(*signal));
    }
    let scale = wave.timescale();
    note!(
        "{}: {}, {} to {}, a tick is {scale}",
        wave.format().name(),
        output::count(signals.len() as u64, "signal"),
        scale.show(wave.start()),
        scale.show(wave.end())
    );
    json.json(&result(&wave, &signals))?;
    Ok(Exit::Good)
}

fn result(wave: &Wave, signals: &[Signal]) -> serde_json::Value {
    let signal = |signal: &Signal| {
        json!({
            "name": signal.name(),
            "range": signal.range(),
            "width": signal.width(),
            "kind": signal.kind().name(),
        })
    };
    json!({
        "file": wave.path().display().to_string(),
        "format": wave.format().name(),
        "timescale": wave.timescale().to_string(),
        "start": wave.timescale().show(wave.start()),
        "end": wave.timescale().show(wave.end()),
        "signals": signals.iter().map(signal).collect::<Vec<_>>(),
    })
}

//! `systole wave find`: when something happens.

use std::path::PathBuf;

use serde_json::json;
use systole_wave::condition::Condition;
use systole_wave::{Clock, Hit, Wave, search};

use super::moment::{ClockArgs, Moment, moment};
use super::{Input, error, name};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;

/// Arguments of `systole wave find`.
#[derive(clap::Args)]
#[command(after_help = "\
Conditions:
  NAME                          any change of a signal
  NAME == 0x13                  also != < <= > >=, with decimal, 0x or 0b numbers, other signals,
                                or \"text\" for a signal of text
  changed(NAME) rose(NAME) fell(NAME)
  A && B    A || B    !A    ( )

A condition is found when it becomes true, not once more while it stays true. A name among others
is true if the signal is not 0. A comparison with an unknown bit is neither true nor false.

Exit code 1 if nothing is found.")]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// What to look for; quote it.
    condition: String,
    /// From when on: a cycle, or a time with its unit.
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    from: Option<Moment>,
    /// How many to find.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    #[command(flatten)]
    clock: ClockArgs,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Searches.
pub fn command(args: &Args) -> Result {
    let condition: Condition = args.condition.parse().map_err(|wrong| {
        Error::usage(format!("condition `{}`: {wrong}", args.condition))
            .help("`systole wave find --help` shows what a condition is")
    })?;
    let wave = args.input.open()?;
    let clock = args.clock.of(&wave)?;
    let from = match args.from {
        Some(from) => from.inside("--from", &wave, clock)?,
        None => wave.start(),
    };
    let json = Target::open(args.json.as_deref())?;
    let hits = search(&wave, &condition, from, args.count as usize).map_err(error)?;
    hits.iter().for_each(|hit| show(&wave, clock, hit));
    json.json(&result(args, &wave, clock, &hits))?;
    if hits.is_empty() {
        note!("not found up to {}", wave.timescale().show(wave.end()));
        return Ok(Exit::Failed);
    }
    Ok(Exit::Good)
}

fn show(wave: &Wave, clock: Clock, hit: &Hit) {
    let values = hit.values.iter().map(|(signal, value)| {
        let signal = wave.signal(*signal);
        format!("  {} = {value}", name(signal))
    });
    let time = wave.timescale().show(hit.time);
    say!("cycle {}, {time}{}", clock.cycle(hit.time), values.collect::<String>());
}

fn result(args: &Args, wave: &Wave, clock: Clock, hits: &[Hit]) -> serde_json::Value {
    let hit = |hit: &Hit| {
        let value = |(signal, value): &(_, systole_wave::Value)| {
            let signal = wave.signal(*signal);
            json!({
                "name": signal.name(),
                "range": signal.range(),
                "value": value.to_string(),
            })
        };
        json!({
            "cycle": clock.cycle(hit.time),
            "time": wave.timescale().show(hit.time),
            "values": hit.values.iter().map(value).collect::<Vec<_>>(),
        })
    };
    json!({
        "file": wave.path().display().to_string(),
        "condition": args.condition,
        "hits": hits.iter().map(hit).collect::<Vec<_>>(),
    })
}

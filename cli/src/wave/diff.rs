//! `systole wave diff`: where two waves differ first.

use std::path::PathBuf;

use serde_json::json;
use systole_wave::diff::{Difference, Pairs, differences, pairs};
use systole_wave::{Clock, SignalRef, Wave};

use super::moment::ClockArgs;
use super::{error, input, name, select};
use crate::exit::{Error, Exit, Result};
use crate::json::Target;
use crate::output;

/// Signals of only one wave that are named; more are counted.
const NAMED: usize = 10;

/// Arguments of `systole wave diff`.
#[derive(clap::Args)]
#[command(after_help = "\
Compared is the time that both waves cover. Exit code 1 if a signal differs.")]
pub struct Args {
    /// First wave, or a failure folder.
    first: PathBuf,
    /// Second wave, or a failure folder.
    second: PathBuf,
    /// Signals to compare [default: all].
    #[arg(value_name = "GLOB")]
    globs: Vec<String>,
    /// Differing signals to show; all are counted.
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    #[command(flatten)]
    clock: ClockArgs,
    /// Write the result as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Compares the waves.
pub fn command(args: &Args) -> Result {
    let (a, b) = (input::open(&args.first)?, input::open(&args.second)?);
    let pairs = pairs(&a, &b, &select_of(&a, &b, &args.globs)?, &select_of(&b, &a, &args.globs)?);
    if pairs.both.is_empty() {
        let message = format!(
            "{} and {} have no signal of the same name, kind and width",
            a.path().display(),
            b.path().display()
        );
        return Err(Error::usage(message).help("`systole wave list FILE` shows the names"));
    }
    let clock = args.clock.of(&a)?;
    let json = Target::open(args.json.as_deref())?;
    let found = differences((&a, &b), &pairs.both, usize::MAX).map_err(error)?;
    let report = Report { a: &a, b: &b, clock, pairs: &pairs, found: &found };
    report.tell(args.limit);
    json.json(&report.json())?;
    Ok(if found.is_empty() { Exit::Good } else { Exit::Failed })
}

/// Signals that match. A pattern may match in one wave only: that is a difference to be told.
fn select_of(wave: &Wave, other: &Wave, globs: &[String]) -> Result<Vec<SignalRef>> {
    let here = |glob: &&String| wave.select(std::slice::from_ref(*glob)).is_ok();
    let there = |glob: &String| other.select(std::slice::from_ref(glob)).is_ok();
    let good: Vec<String> = globs.iter().filter(here).cloned().collect();
    if let Some(bad) = globs.iter().find(|glob| !here(glob) && !there(glob)) {
        // Neither wave has it: the error of this one names what is near.
        select(wave, std::slice::from_ref(bad))?;
    }
    if good.is_empty() && !globs.is_empty() { Ok(Vec::new()) } else { select(wave, &good) }
}

struct Report<'a> {
    a: &'a Wave,
    b: &'a Wave,
    clock: Clock,
    pairs: &'a Pairs,
    found: &'a [Difference],
}

impl Report<'_> {
    fn tell(&self, limit: usize) {
        for difference in self.found.iter().take(limit) {
            say!(
                "cycle {}, {}  {}  {} | {}",
                self.cycle(difference),
                self.time(difference),
                self.name(difference),
                difference.first,
                difference.second
            );
        }
        let differing = self.found.len();
        if differing > limit {
            say!("... {} more", output::grouped((differing - limit) as u64));
        }
        for (signal, other) in self.pairs.unlike.iter().take(NAMED) {
            let (signal, other) = (self.a.signal(*signal), self.b.signal(*other));
            say!(
                "{}: {} {} in the first, {} {} in the second",
                signal.name(),
                signal.kind().name(),
                signal.width(),
                other.kind().name(),
                other.width()
            );
        }
        self.only("first", self.a, &self.pairs.only_first);
        self.only("second", self.b, &self.pairs.only_second);
        note!(
            "{} compared, {} differ",
            output::count(self.pairs.both.len() as u64, "signal"),
            output::grouped(differing as u64)
        );
    }

    fn only(&self, which: &str, wave: &Wave, signals: &[SignalRef]) {
        if signals.is_empty() {
            return;
        }
        let names = signals.iter().take(NAMED).map(|&signal| wave.signal(signal).name());
        let names = names.collect::<Vec<_>>().join(", ");
        let more = if signals.len() > NAMED { ", ..." } else { "" };
        let count = output::count(signals.len() as u64, "signal");
        say!("{count} only in the {which}: {names}{more}");
    }

    fn json(&self) -> serde_json::Value {
        let difference = |difference: &Difference| {
            json!({
                "name": self.a.signal(self.pairs.both[difference.pair].0).name(),
                "cycle": self.cycle(difference),
                "time": self.time(difference),
                "first": difference.first.to_string(),
                "second": difference.second.to_string(),
            })
        };
        let names = |wave: &Wave, signals: &[SignalRef]| {
            signals.iter().map(|&signal| wave.signal(signal).name()).collect::<Vec<_>>()
        };
        let unlike: Vec<SignalRef> = self.pairs.unlike.iter().map(|pair| pair.0).collect();
        json!({
            "first": self.a.path().display().to_string(),
            "second": self.b.path().display().to_string(),
            "compared": self.pairs.both.len(),
            "differing": self.found.len(),
            "differences": self.found.iter().map(difference).collect::<Vec<_>>(),
            "unlike": names(self.a, &unlike),
            "only_first": names(self.a, &self.pairs.only_first),
            "only_second": names(self.b, &self.pairs.only_second),
        })
    }

    fn name(&self, difference: &Difference) -> String {
        name(self.a.signal(self.pairs.both[difference.pair].0))
    }

    fn cycle(&self, difference: &Difference) -> u64 {
        let tick = u128::from(self.a.timescale().femtoseconds());
        let ticks = difference.femtoseconds / tick;
        self.clock.cycle(u64::try_from(ticks).unwrap_or(u64::MAX))
    }

    /// In the finer unit of both waves.
    fn time(&self, difference: &Difference) -> String {
        let scale = self.a.timescale().min(self.b.timescale());
        scale.show(scale.ticks(difference.femtoseconds).unwrap_or(u64::MAX))
    }
}

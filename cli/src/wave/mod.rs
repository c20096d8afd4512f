//! `systole wave`: VCD and FST waves on the command line.

mod annotate;
mod convert;
mod diff;
mod find;
mod input;
mod list;
mod moment;
mod open;
mod show;
mod slice;
mod values;
mod writing;

use systole_wave::{Signal, Wave};

use crate::exit::{Error, Result};
use input::Input;

/// Arguments of `systole wave`.
#[derive(clap::Args)]
#[command(after_help = "\
Names are given with or without range, with or without their outer scopes. A GLOB is a name in
which * stands for any text and ? for a character; quote it. A MOMENT is a cycle (a number), or a
time with its unit, such as 120ns. Cycle c begins at c times the period of the clock, which is
measured on a signal `clk` or on --clock NAME; without one it is 10 ns. A FILE may also be a failure
folder of `systole cosim`: its fail.fst is meant.

Example:
  systole wave show systole-failures/edge-1-1
  systole run sw/programs/traps.elf --engine rtl --vcd traps.vcd
  systole wave find traps.vcd 'rvfi_valid && rvfi_trap == 1' --count 3
  systole wave values traps.vcd --at 120 'rvfi_*'
  systole wave slice traps.vcd --from 100 --to 140 'systole_soc.rvfi_*' -o trap.fst")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show a failure, or what one of our chips did around a cycle.
    Show(show::Args),
    /// Open a failure or a wave in GTKWave or Surfer.
    Open(open::Args),
    /// List signals, with width and kind.
    List(list::Args),
    /// Show values at a moment.
    Values(values::Args),
    /// Find when a signal changes, or a condition becomes true.
    Find(find::Args),
    /// Write a window, and only some signals.
    Slice(slice::Args),
    /// Convert VCD to FST and back.
    Convert(convert::Args),
    /// Compare the signals of two waves that have the same name.
    Diff(diff::Args),
    /// Add what happened in one of our chips: mnemonics, traps, NPU jobs, tokens, bursts.
    Annotate(annotate::Args),
}

/// Runs a subcommand.
pub fn command(args: &Args) -> Result {
    match &args.action {
        Action::Show(args) => show::command(args),
        Action::Open(args) => open::command(args),
        Action::List(args) => list::command(args),
        Action::Values(args) => values::command(args),
        Action::Find(args) => find::command(args),
        Action::Slice(args) => slice::command(args),
        Action::Convert(args) => convert::command(args),
        Action::Diff(args) => diff::command(args),
        Action::Annotate(args) => annotate::command(args),
    }
}

/// An error of the library with its help.
fn error(error: systole_wave::Error) -> Error {
    let help = error.help().to_owned();
    Error::usage(error).help(help)
}

/// The signals that match, or all if no pattern is given.
fn select(wave: &Wave, globs: &[String]) -> Result<Vec<systole_wave::SignalRef>> {
    if globs.is_empty() {
        return Ok(wave.signals().map(Signal::reference).collect());
    }
    wave.select(globs).map_err(error)
}

/// Name with range.
fn name(signal: Signal) -> String {
    signal.name() + signal.range()
}

//! `systole wave convert`: the same wave in another format.

use std::path::{Path, PathBuf};

use systole_wave::Format;

use super::{Input, error, select, writing};
use crate::exit::{Exit, Result};

/// Arguments of `systole wave convert`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    input: Input,
    /// File to write; it ends in .vcd or .fst.
    #[arg(value_name = "OUT")]
    output: PathBuf,
}

/// Writes the whole wave.
pub fn command(args: &Args) -> Result {
    Format::of(&args.output).map_err(error)?;
    let wave = args.input.open()?;
    let signals = select(&wave, &[])?;
    let whole = wave.start()..=wave.end();
    writing::write(&args.output, &wave, &signals, whole, &[])?;
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    note!(
        "{}: {} of {} bytes",
        args.output.display(),
        crate::output::grouped(bytes(&args.output)),
        crate::output::grouped(bytes(wave.path()))
    );
    Ok(Exit::Good)
}

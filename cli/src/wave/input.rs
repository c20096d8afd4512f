//! The wave that a command is given: a file, or the one in a failure folder.

use std::path::{Path, PathBuf};

use systole_verif::failure::{JSON_REPORT, Report, WAVE};
use systole_wave::Wave;

use super::error;
use crate::exit::{Error, Result};
use crate::output;

/// A wave that is looked into.
#[derive(clap::Args)]
pub struct Input {
    /// Wave: a VCD or FST file, or a failure folder.
    #[arg(value_name = "FILE")]
    path: PathBuf,
}

impl Input {
    /// Opens the wave.
    pub fn open(&self) -> Result<Wave> {
        open(&self.path)
    }

    /// What was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The report, if it is a failure folder.
    pub fn report(&self) -> Result<Option<Report>> {
        if !is_failure(&self.path) {
            return Ok(None);
        }
        let mut report = Report::read(&self.path).map_err(|bad| {
            Error::usage(format!("cannot read `{}`: {}", bad.path.display(), bad.message))
                .help("name a folder that this version of `systole cosim` has written")
        })?;
        // The command that works from where the user is.
        let folder = output::quoted(&self.path.display().to_string());
        report.replay = format!("systole cosim --replay {folder}");
        Ok(Some(report))
    }
}

/// Opens a wave, or that of a failure folder.
pub fn open(path: &Path) -> Result<Wave> {
    Wave::open(&file(path)?).map_err(error)
}

/// The file itself, or that of a failure folder.
pub fn file(path: &Path) -> Result<PathBuf> {
    if !is_failure(path) {
        return if path.is_dir() { Err(no_failure(path)) } else { Ok(path.to_owned()) };
    }
    let wave = path.join(WAVE);
    if wave.is_file() {
        return Ok(wave);
    }
    let message = format!("the failure folder `{}` has no waves", path.display());
    let help =
        format!("`systole wave show {}` says how to run it again with waves", path.display());
    Err(Error::usage(message).help(help))
}

/// A folder that is none; perhaps it holds some.
fn no_failure(path: &Path) -> Error {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let inside = entries.map(|entry| entry.path()).filter(|path| is_failure(path)).min();
    let error = Error::usage(format!("`{}`: it is a folder, but not of a failure", path.display()));
    match inside {
        Some(failure) => error.help(format!("name a failure in it, such as {}", failure.display())),
        None => {
            error.help("name a .vcd or .fst file, or a folder that `systole cosim` has written")
        }
    }
}

/// Whether a path is a failure folder.
fn is_failure(path: &Path) -> bool {
    path.is_dir() && (path.join(JSON_REPORT).is_file() || path.join(WAVE).is_file())
}

//! What can go wrong between a design and a running model.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no model to run.
#[derive(Debug)]
pub enum Error {
    /// A tool is not installed, or is too old.
    Missing {
        /// What is missing and where it was looked for.
        what: String,
        /// What to install or set.
        install: String,
    },
    /// A tool ran and failed.
    Tool {
        /// The command line.
        command: String,
        /// The end of what it printed.
        output: String,
        /// What may help.
        hint: String,
    },
    /// A file or folder could not be read or written.
    Io {
        /// What was tried, as in "create the folder".
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The library that was built is not usable.
    Load(verilator_sys::LoadError),
    /// The chip's description is wrong; the text lists every fault.
    Design(String),
}

impl Error {
    /// Whether a tool is missing or broken (the command line exits with code 3), rather than the
    /// input being wrong.
    pub fn is_tool(&self) -> bool {
        !matches!(self, Error::Design(_))
    }

    /// An error of the system, to be made from one when `action` fails on `path`.
    pub fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Error + 'a {
        move |source| Error::Io { action, path: path.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Error::Missing { what, install } => write!(f, "{what}\n{install}"),
            Error::Tool { command, output, hint } => {
                write!(f, "this command failed:\n  {command}\n{}", output.trim_end())?;
                if hint.is_empty() { Ok(()) } else { write!(f, "\n{hint}") }
            }
            Error::Io { action, path, source } => {
                write!(f, "cannot {action} `{}`: {source}", path.display())
            }
            Error::Load(error) => error.fmt(f),
            Error::Design(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            Error::Load(error) => Some(error),
            _ => None,
        }
    }
}

impl From<verilator_sys::LoadError> for Error {
    fn from(error: verilator_sys::LoadError) -> Self {
        Error::Load(error)
    }
}

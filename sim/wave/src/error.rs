//! What is wrong with a wave, where, and what to do next.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Result of looking into or writing a wave.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A wave that cannot be read, written or asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    path: PathBuf,
    offset: Option<u64>,
    message: String,
    help: String,
}

impl Error {
    /// An error about the file at `path`.
    pub fn new(path: &Path, message: impl fmt::Display) -> Self {
        let (message, help) = (message.to_string(), String::new());
        Self { path: path.to_owned(), offset: None, message, help }
    }

    /// A failed access to the file; `action` as in "read".
    pub fn io(path: &Path, action: &str, error: &io::Error) -> Self {
        Self::new(path, format!("cannot {action} it: {error}"))
    }

    /// Where in the file, in bytes from its start.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// What to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl fmt::Display) -> Self {
        self.help = help.to_string();
        self
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where in the file, in bytes from its start, if that is known.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do next; may be empty.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl fmt::Display for Error {
    /// File, byte offset and message in one line; the help is left to the caller.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_where() {
        let error = Error::new(Path::new("a.vcd"), "is wrong").at(7).with_help("repair it");
        assert_eq!(error.to_string(), "a.vcd, byte 7: is wrong");
        assert_eq!((error.offset(), error.help()), (Some(7), "repair it"));
    }
}

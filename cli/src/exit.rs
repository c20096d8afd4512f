//! How a command ends: exit codes, and errors that say what is wrong, where, and what to do next.

use std::fmt;
use std::io;
use std::path::Path;

/// Exit code of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All is well.
    Good = 0,
    /// A mismatch or failed check was found.
    Failed = 1,
    /// Bad usage or input.
    Usage = 2,
    /// A missing or broken tool.
    Tool = 3,
    /// Interrupted by the user.
    Interrupted = 130,
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Error {
    /// Exit code.
    pub exit: Exit,
    message: String,
    help: String,
}

/// What a command returns: how it ended, or why it could not do its work.
pub type Result<T = Exit> = std::result::Result<T, Error>;

impl Error {
    /// Bad usage or input.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: message.to_string(), help: String::new() }
    }

    /// A missing or broken tool.
    pub fn tool(message: impl fmt::Display) -> Self {
        Self { exit: Exit::Tool, message: message.to_string(), help: String::new() }
    }

    /// Stopped by the user.
    pub fn interrupted() -> Self {
        Self { exit: Exit::Interrupted, message: "interrupted".to_owned(), help: String::new() }
    }

    /// A file that cannot be read or written; `action` as in "read".
    pub fn file(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("cannot {action} `{}`: {error}", path.display()))
    }

    /// What to do next.
    pub fn help(mut self, help: impl fmt::Display) -> Self {
        self.help = help.to_string();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message.replace('\n', "\n       "))?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\nhelp:  {}", self.help) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_what_and_what_next() {
        let error = Error::usage("a is wrong\nb is wrong").help("make them right");
        let text = "error: a is wrong\n       b is wrong\nhelp:  make them right";
        assert_eq!(error.to_string(), text);
    }
}

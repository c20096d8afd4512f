//! What keeps a network from running.

use std::fmt;

/// What is wrong, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What is wrong, and where.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
}

impl Error {
    /// An error without advice.
    pub fn new(message: impl fmt::Display) -> Self {
        Self { message: message.to_string(), help: String::new() }
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl fmt::Display) -> Self {
        self.help = help.to_string();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

//! Messages about a file that is read.

use std::fmt;
use std::io;
use std::path::Path;

use crate::error::Error;

/// The file that is read, and what it is.
pub struct Place<'a> {
    /// The file.
    pub path: &'a Path,
    /// `VCD` or `FST`.
    pub format: &'static str,
}

impl Place<'_> {
    /// Something that the format does not allow.
    pub fn bad(&self, offset: u64, message: impl fmt::Display) -> Error {
        self.broken(message).at(offset)
    }

    /// The same, if nobody knows where.
    pub fn broken(&self, message: impl fmt::Display) -> Error {
        Error::new(self.path, format!("not a good {} file: {message}", self.format))
            .with_help("write or copy it again; a program that reads it may export a good one")
    }

    /// A file that ends too early.
    pub fn truncated(&self, offset: u64, message: impl fmt::Display) -> Error {
        Error::new(self.path, format!("the {} file ends {message}", self.format))
            .at(offset)
            .with_help("it was cut, or is still being written: write or copy it again")
    }

    /// A failed access.
    pub fn unreadable(&self, error: &io::Error) -> Error {
        Error::io(self.path, "read", error)
    }
}

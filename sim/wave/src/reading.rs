//! Reading a file: one pass over its values, and messages about it.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use crate::error::Error;
use crate::value::{Kind, Value};

/// Gets every time of a pass; may end it.
pub type Watch<'a> = dyn FnMut(u64) -> ControlFlow<()> + 'a;
/// Gets time, number of the series and value of each change; may end the pass.
pub type Visit<'a> = dyn FnMut(u64, u32, Value) -> ControlFlow<()> + 'a;

/// One pass over the values of a file, in the order of time.
pub struct Pass<'a> {
    /// Kind of each series, or nothing if it is not asked for.
    pub wanted: &'a [Option<Kind>],
    /// Where it ends.
    pub until: u64,
    /// Gets every time that there is, at least those of the changes, before them.
    pub watch: &'a mut Watch<'a>,
    /// Gets the changes.
    pub visit: &'a mut Visit<'a>,
}

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

    /// Something that is not the fault of the file.
    pub fn broken_off(&self, message: impl fmt::Display) -> Error {
        Error::new(self.path, message).with_help("free some space, or set TMPDIR to where it is")
    }

    /// A failed access.
    pub fn unreadable(&self, error: &io::Error) -> Error {
        Error::io(self.path, "read", error)
    }
}

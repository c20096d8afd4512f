//! Mistakes in a design, in the form of rustc's diagnostics.

use std::fmt;

use crate::ir::{Location, Ty};

/// One mistake and where in the Rust source it was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    /// What is wrong, naming the signals, their types and where they were declared.
    pub message: String,
    /// The offending line.
    pub location: Location,
    /// The module in which it was made.
    pub module: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { file, line, column } = self.location;
        write!(f, "error: {}\n  --> {file}:{line}:{column}", self.message)?;
        write!(f, "\n   = in module `{}`", self.module)
    }
}

impl std::error::Error for Error {}

/// All mistakes of a design, in source order, each once.
#[derive(Clone, PartialEq, Eq)]
pub struct Errors(Vec<Error>);

impl Errors {
    /// Sorts by place in the source and drops repetitions (a generator loop makes many).
    pub(crate) fn new(mut errors: Vec<Error>) -> Self {
        errors.sort_by(|a, b| a.location.cmp(&b.location).then_with(|| a.message.cmp(&b.message)));
        errors.dedup();
        Self(errors)
    }

    /// The mistakes; never empty when returned by [`check`](crate::check).
    pub fn iter(&self) -> impl Iterator<Item = &Error> {
        self.0.iter()
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

/// As [`Display`](fmt::Display), on lines of their own: what `unwrap` in a test shows.
impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}\n")
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_signed() { "signed" } else { "unsigned" };
        let width = self.width();
        write!(f, "{sign} {width} {}", if width == 1 { "bit" } else { "bits" })
    }
}

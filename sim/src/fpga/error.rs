//! Why there is no bitstream.

use std::fmt;

/// Why a design did not get through the tools.
#[derive(Debug)]
pub enum Error {
    /// A tool is missing or broken, or a folder cannot be written.
    Tool(crate::Error),
    /// A tool refused its input.
    Refused {
        /// Which tool.
        tool: &'static str,
        /// Its complaint.
        message: String,
    },
    /// The device has too little of something.
    DoesNotFit(Vec<Overuse>),
    /// Stopped by the user.
    Interrupted,
}

/// Something of which a design needs more than the device has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overuse {
    /// What nextpnr calls it.
    pub name: String,
    /// What the design needs.
    pub used: u64,
    /// What the device has.
    pub available: u64,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Tool(error) => error.fmt(f),
            Error::Refused { tool, message } => write!(f, "{tool} refuses the design: {message}"),
            Error::DoesNotFit(over) => {
                f.write_str("the design does not fit the device")?;
                for Overuse { name, used, available } in over {
                    write!(f, "\n{name:<20} {used:>7} of {available}")?;
                }
                Ok(())
            }
            Error::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}

impl From<crate::Error> for Error {
    fn from(error: crate::Error) -> Self {
        Error::Tool(error)
    }
}

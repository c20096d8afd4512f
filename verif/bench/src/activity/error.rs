//! Why a wave does not tell what happened.

use std::fmt;
use std::path::PathBuf;

/// What is wrong with a wave file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaveError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub problem: Problem,
}

/// What may be wrong with a wave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It cannot be read, is no wave or a damaged one.
    NoWave(systole_wave::Error),
    /// No scope has a retire port.
    NoRetirePort,
    /// The scope with the retire port lacks signals of it.
    Missing {
        /// Path of the scope.
        scope: String,
        /// Names of the signals.
        signals: Vec<String>,
    },
    /// A signal is too narrow for the channels of the retire port.
    Narrow {
        /// Path of the signal.
        signal: String,
        /// Its bits.
        width: u32,
        /// Bits that it must have.
        needed: u32,
    },
    /// The clock has no rising edge.
    NoClockEdge(String),
}

impl fmt::Display for WaveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Problem::NoWave(error) = &self.problem {
            // It names the file itself.
            return error.fmt(f);
        }
        write!(f, "{}: ", self.path.display())?;
        match &self.problem {
            Problem::NoWave(_) => Ok(()),
            Problem::NoRetirePort => f.write_str(
                "no scope has the signal `rvfi_valid`; generate the chip with the retire port \
                 (`systole gen --rvfi`) and dump its top module",
            ),
            Problem::Missing { scope, signals } => write!(
                f,
                "`{scope}` lacks {}; dump all signals of the top module",
                signals.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ),
            Problem::Narrow { signal, width, needed } => {
                write!(f, "`{signal}` has {width} bits, {needed} are needed; dump the whole vector")
            }
            Problem::NoClockEdge(signal) => write!(
                f,
                "`{signal}` has no rising edge, so there are no cycles; dump a longer window"
            ),
        }
    }
}

impl std::error::Error for WaveError {}

//! ELF programs on each of the three engines: the golden model, the RTL, or both in lockstep.

mod golden;
pub mod htif;
mod lockstep;
mod rtl;
mod trace;

use std::fmt;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use systole_chip::ChipConfig;
use systole_golden::elf::Program;
use systole_sim::{Error, Library};

use crate::lockstep::Divergence;

/// What executes the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// The golden model alone.
    Golden,
    /// The RTL alone.
    Rtl,
    /// Both, compared.
    Lockstep,
}

impl Engine {
    /// Name on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Golden => "golden",
            Self::Rtl => "rtl",
            Self::Lockstep => "lockstep",
        }
    }
}

/// A window of cycles to dump as VCD.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// File to write.
    pub path: PathBuf,
    /// First cycle.
    pub from: u64,
    /// Last cycle.
    pub to: u64,
}

/// What a run gets beside the program.
pub struct Setup<'a> {
    /// The chip.
    pub config: &'a ChipConfig,
    /// Its simulation; not needed by [`Engine::Golden`].
    pub library: Option<&'a Arc<Library>>,
    /// Instructions after which the program is stopped.
    pub max_instructions: u64,
    /// Receives what the program prints.
    pub console: &'a mut dyn Write,
    /// Receives a line for each instruction.
    pub trace: Option<&'a mut dyn Write>,
    /// Waves of the RTL; needs a library that can trace.
    pub window: Option<Window>,
    /// Set from outside to stop the run.
    pub interrupted: &'a AtomicBool,
}

/// How a run ended.
#[derive(Clone, PartialEq, Debug)]
pub enum End {
    /// The program ended with this HTIF exit code.
    Exit(u32),
    /// It did not end within the instructions it was given.
    Limit,
    /// It jumped to where no memory is, and so does its trap vector.
    Void {
        /// Where execution goes round.
        pc: u32,
    },
    /// An NPU job is longer than the golden model has patience for.
    LongJob {
        /// Of the instruction behind the doorbell.
        pc: u32,
    },
    /// RTL and golden model went apart.
    Diverged(Box<Divergence>),
    /// The RTL stopped retiring instructions.
    Hang {
        /// Cycle at which that was noticed.
        cycle: u64,
    },
    /// The simulated model broke down.
    Broken(String),
    /// Stopped from outside.
    Interrupted,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exit(code) => write!(f, "the program ended with exit code {code}"),
            Self::Limit => f.write_str(
                "the program did not end; raise --max-instructions, or let it write an odd value \
                 to `tohost`",
            ),
            Self::Void { pc } => write!(
                f,
                "the program jumped into the void: no memory at {pc:#010x}, and mtvec points there \
                 too (no trap handler installed?)"
            ),
            Self::LongJob { pc } => write!(
                f,
                "the NPU job started before pc {pc:#010x} asks for billions of bytes or products: \
                 check the sizes in its descriptors"
            ),
            Self::Diverged(divergence) => write!(f, "RTL and golden model differ: {divergence}"),
            Self::Hang { cycle } => {
                write!(f, "the RTL stopped retiring instructions before cycle {cycle}")
            }
            Self::Broken(reason) => write!(f, "the simulated model broke down: {reason}"),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// What a run did.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// Instructions executed, those that trapped included.
    pub instructions: u64,
    /// Clock cycles; for the golden model the instructions.
    pub cycles: u64,
    /// The bytes from `begin_signature` to `end_signature` at the end, if the program has them.
    pub signature: Option<Vec<u8>>,
}

/// Runs `program` on `engine`.
///
/// # Errors
/// When there is no memory for a simulated chip.
///
/// # Panics
/// When an engine that simulates RTL is given no library.
pub fn run<'a>(program: &'a Program, engine: Engine, setup: Setup<'a>) -> Result<Report, Error> {
    match engine {
        Engine::Golden => Ok(golden::run(program, setup)),
        Engine::Rtl => rtl::run(program, setup),
        Engine::Lockstep => lockstep::run(program, setup),
    }
}

/// Signature in the form of the architecture tests: one 32-bit word a line, in hex.
pub fn signature_text(bytes: &[u8]) -> String {
    bytes
        .chunks(4)
        .map(|word| {
            let mut padded = [0; 4];
            padded[..word.len()].copy_from_slice(word);
            format!("{:08x}\n", u32::from_le_bytes(padded))
        })
        .collect()
}

//! Waves: signals over time, as simulators write them into VCD and FST files.
//!
//! ```no_run
//! # fn main() -> Result<(), systole_wave::Error> {
//! let mut wave = systole_wave::Wave::open("traps.vcd".as_ref())?;
//! let insn = wave.find("rvfi_insn")?;
//! wave.load(&[insn])?;
//! println!("{}", wave.value_at(insn, 1_200));
//! # Ok(())
//! # }
//! ```
//!
//! Opening reads the declarations only. Every question passes over the values once and keeps what
//! it asked for, so memory does not grow with the file: see [`Wave`]. [`write()`] writes windows,
//! other formats and added tracks.
//!
//! Nothing here knows of RISC-V, and no file, however broken, makes it panic or hang: what is
//! wrong is an [`Error`] with the byte, where that is known.

mod bits;
mod clock;
pub mod condition;
pub mod diff;
mod error;
mod fst;
mod hierarchy;
mod names;
mod reading;
mod search;
mod timescale;
mod value;
mod vcd;
mod wave;
mod write;

pub use bits::{BadBits, Bits};
pub use clock::Clock;
pub use error::{Error, Result};
pub use hierarchy::SignalRef;
pub use search::{Hit, search};
pub use timescale::Timescale;
pub use value::{Kind, Value};
pub use wave::{Format, Signal, Wave};
pub use write::{Track, TrackKind, write, write_tracks, write_watched};

/// Bits of the widest signal.
pub const MAX_WIDTH: u32 = 1 << 20;
/// Scopes inside each other.
const MAX_DEPTH: usize = 1000;

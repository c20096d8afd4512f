//! What happened in a wave: instructions, NPU jobs and descriptors, tokens, bus bursts.
//!
//! A wave of one of our chips, from Verilator or any other simulator, is read by the names of its
//! signals below the top module, under whatever scopes that lies. [`Activity`] is what a timeline
//! and the signals that explain a wave ([`tracks()`]) are made of.

mod bursts;
mod commands;
mod cycles;
mod earlier;
mod error;
mod jobs;
pub mod konata;
mod pipeline;
mod probe;
mod retire;
mod spans;
mod tiles;
mod tokens;
mod tracks;
mod viewer;
mod wave;

use std::path::Path;

use serde::Serialize;
use systole_wave::Track;

pub use bursts::Burst;
pub use commands::Descriptor;
pub use cycles::Cycles;
pub use error::{Problem, WaveError};
pub use jobs::Job;
pub use pipeline::Flight;
pub use probe::Probe;
pub use retire::{Access, Cause, RegisterWrite, Retire};
pub use spans::Span;
pub use tiles::Tile;
pub use tokens::Tokens;
pub use tracks::tracks;
pub use viewer::{focus, viewer_files};
pub use wave::{Wave, signals};

/// What happened in a wave. Cycles are numbered as [`Cycles`] says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Activity {
    /// First cycle of the wave.
    pub begin: u64,
    /// Cycle behind the last one.
    pub end: u64,
    /// Instructions that retired, in program order.
    pub retires: Vec<Retire>,
    /// Instructions in the pipeline.
    pub flights: Vec<Flight>,
    /// Jobs of the NPU, in order.
    pub jobs: Vec<Job>,
    /// Descriptors that were handed to LOAD, then those of EXEC and STORE.
    pub descriptors: Vec<Descriptor>,
    /// Tiles that EXEC streamed, in order.
    pub tiles: Vec<Tile>,
    /// The token counters.
    pub tokens: Vec<Tokens>,
    /// Bursts on the NPU's bus, by the cycle of their address.
    pub bursts: Vec<Burst>,
    /// Signals that the wave lacks, without which something above is left out; as paths below the
    /// chip's top module.
    pub missing: Vec<String>,
    /// When cycles begin.
    #[serde(skip)]
    cycles: Cycles,
    #[serde(skip)]
    ticks_per_ns: u64,
}

impl Activity {
    /// Reads a VCD or FST file.
    ///
    /// # Errors
    /// Files that are no waves, and waves that lack the retire port or a part of it.
    pub fn read(path: &Path) -> Result<Self, WaveError> {
        let names = [
            retire::signals(),
            pipeline::signals(),
            jobs::signals(),
            commands::signals(),
            tiles::signals(),
            tokens::signals(),
            bursts::signals(),
        ];
        Self::of(&Wave::open(path, &names.concat())?)
    }

    fn of(wave: &Wave) -> Result<Self, WaveError> {
        let retires = retire::retires(wave)?;
        let (flights, mut missing) = pipeline::flights(wave, &retires);
        let mut more = |found: Vec<String>| missing.extend(found);
        let (jobs, lacking) = jobs::jobs(wave);
        more(lacking);
        let (descriptors, lacking) = commands::descriptors(wave, &jobs);
        more(lacking);
        let (tiles, lacking) = tiles::tiles(wave, &descriptors);
        more(lacking);
        let (tokens, lacking) = tokens::tokens(wave);
        more(lacking);
        let (bursts, lacking) = bursts::bursts(wave);
        more(lacking);
        missing.sort();
        missing.dedup();
        let cycles = wave.cycles().clone();
        Ok(Self {
            begin: cycles.first(),
            end: cycles.end(),
            retires,
            flights,
            jobs,
            descriptors,
            tiles,
            tokens,
            bursts,
            missing,
            cycles,
            ticks_per_ns: wave.ticks_per_ns(),
        })
    }

    /// When a cycle begins, in ticks of the wave.
    pub fn time(&self, cycle: u64) -> u64 {
        self.cycles.begin_ns(cycle).saturating_mul(self.ticks_per_ns)
    }
}

/// The tracks that explain a wave file.
///
/// # Errors
/// Those of [`Activity::read`].
pub fn annotate(path: &Path) -> Result<Vec<Track>, WaveError> {
    Ok(tracks(&Activity::read(path)?))
}

//! A wave file: its signals, and the chip in it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use systole_gen::viewer::WaveSignal;
use systole_wave::{Kind, Signal, SignalRef};

use super::cycles::Cycles;
use super::error::{Problem, WaveError};
use super::probe::Probe;

/// Signal by which the chip is found: that of the retire port.
const LANDMARK: &str = "rvfi_valid";

/// A wave of a chip.
pub struct Wave {
    wave: systole_wave::Wave,
    path: PathBuf,
    root: String,
    /// Signals of the chip that were asked for, by their path below its scope.
    found: HashMap<String, SignalRef>,
    cycles: Cycles,
}

impl Wave {
    /// Opens a VCD or FST file and finds the chip in it, under whatever scopes it lies. `names` are
    /// the signals that will be asked for, as paths below the chip's top module.
    ///
    /// # Errors
    /// Files that are no waves, waves without a chip or without a clock edge.
    pub fn open(path: &Path, names: &[String]) -> Result<Self, WaveError> {
        let fails = |problem| WaveError { path: path.to_owned(), problem };
        let mut wave = read(path).map_err(fails)?;
        let root = root(&wave).ok_or_else(|| fails(Problem::NoRetirePort))?;
        let below: HashMap<String, SignalRef> = wave
            .signals()
            .filter_map(|signal| {
                let name = signal.name();
                Some((name.strip_prefix(&root)?.to_owned(), signal.reference()))
            })
            .collect();
        let names = names.iter().map(String::as_str).chain(["clk"]);
        let found: HashMap<String, SignalRef> =
            names.filter_map(|name| Some((name.to_owned(), *below.get(name)?))).collect();
        let scope = root.trim_end_matches('.').to_owned();
        let Some(&clock) = found.get("clk") else {
            return Err(fails(Problem::Missing { scope, signals: vec!["clk".into()] }));
        };
        let all: Vec<SignalRef> = found.values().copied().collect();
        wave.load(&all).map_err(|error| fails(Problem::NoWave(error)))?;
        let cycles = Cycles::of(&wave, clock)
            .ok_or_else(|| fails(Problem::NoClockEdge(format!("{scope}.clk"))))?;
        Ok(Self { wave, path: path.to_owned(), root: scope, found, cycles })
    }

    /// The clock cycles.
    pub fn cycles(&self) -> &Cycles {
        &self.cycles
    }

    /// Path of the chip's top module.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// A signal that was named when the wave was opened, if the wave has it.
    pub fn probe(&self, name: &str) -> Option<Probe<'_>> {
        Some(Probe::new(&self.wave, *self.found.get(name)?, &self.cycles))
    }

    /// Signals that the wave must have.
    ///
    /// # Errors
    /// All that are missing.
    pub fn require(&self, names: &[String]) -> Result<(), WaveError> {
        let missing = |name: &&String| !self.found.contains_key(name.as_str());
        let signals: Vec<String> = names.iter().filter(missing).cloned().collect();
        if signals.is_empty() {
            return Ok(());
        }
        Err(self.error(Problem::Missing { scope: self.root.clone(), signals }))
    }

    /// Ticks of the wave's time in a nanosecond; 1 for a coarser timescale.
    pub fn ticks_per_ns(&self) -> u64 {
        (1_000_000 / self.wave.timescale().femtoseconds()).max(1)
    }

    /// An error about this file.
    pub fn error(&self, problem: Problem) -> WaveError {
        WaveError { path: self.path.clone(), problem }
    }
}

/// All signals of a wave file in its order, for viewers.
///
/// # Errors
/// Files that are no waves.
pub fn signals(path: &Path) -> Result<Vec<WaveSignal>, WaveError> {
    let wave = read(path).map_err(|problem| WaveError { path: path.to_owned(), problem })?;
    let named = |signal: Signal| WaveSignal {
        path: signal.name(),
        range: range(signal.range()),
        width: matches!(signal.kind(), Kind::Bits(_)).then(|| signal.width()),
    };
    Ok(wave.signals().map(named).collect())
}

/// Reads `[31:0]`; `[3]` is one bit.
fn range(text: &str) -> Option<(i64, i64)> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let (high, low) = inside.split_once(':').unwrap_or((inside, inside));
    Some((high.trim().parse().ok()?, low.trim().parse().ok()?))
}

fn read(path: &Path) -> Result<systole_wave::Wave, Problem> {
    systole_wave::Wave::open(path).map_err(Problem::NoWave)
}

/// Path of the chip's top module with a dot behind it: that which has a retire port and an NPU below
/// it, else the first with a retire port.
fn root(wave: &systole_wave::Wave) -> Option<String> {
    let port = |signal: Signal| {
        let name = signal.name();
        let root = name.strip_suffix(LANDMARK)?;
        (root.is_empty() || root.ends_with('.')).then(|| root.to_owned())
    };
    let roots: Vec<String> = wave.signals().filter_map(port).collect();
    let whole = |root: &&String| {
        let npu = format!("{root}npu.");
        wave.signals().any(|signal| signal.name().starts_with(&npu))
    };
    roots.iter().find(whole).or(roots.first()).cloned()
}

//! A wave file: its signals, and the chip in it.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use systole_gen::viewer::WaveSignal;
use wellen::simple::Waveform;
use wellen::{LoadOptions, ScopeRef, TimescaleUnit, VarRef};

use super::cycles::Cycles;
use super::error::{Problem, WaveError};
use super::probe::Probe;
use super::quiet::quiet;

/// Signal by which the chip is found: that of the retire port.
const LANDMARK: &str = "rvfi_valid";

/// A wave of a chip.
pub struct Wave {
    waveform: Waveform,
    path: PathBuf,
    root: ScopeRef,
    /// Signals of the chip that were asked for, by their path below its scope.
    found: HashMap<String, VarRef>,
    cycles: Cycles,
}

impl Wave {
    /// Opens a VCD, FST or GHW file and finds the chip in it, under whatever scopes it lies.
    /// `names` are the signals that will be asked for, as paths below the chip's top module.
    ///
    /// # Errors
    /// Files that are no waves, waves without a chip or without a clock edge.
    pub fn open(path: &Path, names: &[String]) -> Result<Self, WaveError> {
        let fails = |problem| WaveError { path: path.to_owned(), problem };
        let mut waveform = read(path).map_err(fails)?;
        let root = chip_scope(&waveform).ok_or_else(|| fails(Problem::NoRetirePort))?;
        let hierarchy = waveform.hierarchy();
        let mut found = HashMap::new();
        for name in names.iter().map(String::as_str).chain(["clk"]) {
            if let Some(var) = find(&waveform, root, name) {
                found.insert(name.to_owned(), var);
            }
        }
        let scope = hierarchy[root].full_name(hierarchy);
        let Some(&clock) = found.get("clk") else {
            return Err(fails(Problem::Missing { scope, signals: vec!["clk".into()] }));
        };
        let mut ids: Vec<_> = found.values().map(|&var| hierarchy[var].signal_ref()).collect();
        ids.sort_unstable();
        ids.dedup();
        let clock = hierarchy[clock].signal_ref();
        quiet(|| waveform.load_signals(&ids))
            .ok_or_else(|| fails(Problem::NoWave("its value changes are damaged".into())))?;
        let cycles = Cycles::of(&waveform, clock)
            .ok_or_else(|| fails(Problem::NoClockEdge(format!("{scope}.clk"))))?;
        Ok(Self { waveform, path: path.to_owned(), root, found, cycles })
    }

    /// The clock cycles.
    pub fn cycles(&self) -> &Cycles {
        &self.cycles
    }

    /// Path of the chip's top module.
    pub fn root(&self) -> String {
        let hierarchy = self.waveform.hierarchy();
        hierarchy[self.root].full_name(hierarchy)
    }

    /// A signal that was named when the wave was opened, if the wave has it.
    pub fn probe(&self, name: &str) -> Option<Probe<'_>> {
        let hierarchy = self.waveform.hierarchy();
        let var = &hierarchy[*self.found.get(name)?];
        let signal = self.waveform.get_signal(var.signal_ref())?;
        Some(Probe::new(signal, &self.cycles, var.length(hierarchy).unwrap_or(1)))
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
        Err(self.error(Problem::Missing { scope: self.root(), signals }))
    }

    /// An error about this file.
    pub fn error(&self, problem: Problem) -> WaveError {
        WaveError { path: self.path.clone(), problem }
    }
}

/// All signals of a wave file in its order, for viewers. A signal that stands several times in a
/// scope counts once.
///
/// # Errors
/// Files that are no waves.
pub fn signals(path: &Path) -> Result<Vec<WaveSignal>, WaveError> {
    let fails = |problem| WaveError { path: path.to_owned(), problem };
    let waveform = read(path).map_err(fails)?;
    let hierarchy = waveform.hierarchy();
    let named = hierarchy.all_vars().map(|var| {
        let var = &hierarchy[var];
        WaveSignal {
            path: var.full_name(hierarchy),
            range: var.index().map(|index| (index.msb(), index.lsb())),
            width: var.is_bit_vector(hierarchy).then(|| var.length(hierarchy)).flatten(),
        }
    });
    Ok(named.collect())
}

/// Reads a file.
fn read(path: &Path) -> Result<Waveform, Problem> {
    File::open(path).map_err(|error| Problem::Unreadable(format!("cannot be read: {error}")))?;
    let options = LoadOptions { multi_thread: false, ..LoadOptions::default() };
    match quiet(|| wellen::simple::read_with_options(path, &options)) {
        Some(Ok(waveform)) => Ok(waveform),
        Some(Err(error)) => Err(Problem::NoWave(error.to_string().replace('\n', " "))),
        None => Err(Problem::NoWave("it is damaged".into())),
    }
}

/// The scope of the chip's top module: that which has a retire port and an NPU below it, else the
/// first with a retire port.
fn chip_scope(waveform: &Waveform) -> Option<ScopeRef> {
    let hierarchy = waveform.hierarchy();
    let has_port = |scope: &ScopeRef| {
        hierarchy[*scope].vars(hierarchy).any(|var| hierarchy[var].name(hierarchy) == LANDMARK)
    };
    let scopes: Vec<ScopeRef> = hierarchy.all_scopes().filter(has_port).collect();
    let whole = |scope: &&ScopeRef| child(waveform, **scope, "npu").is_some();
    scopes.iter().find(whole).or(scopes.first()).copied()
}

fn child(waveform: &Waveform, scope: ScopeRef, name: &str) -> Option<ScopeRef> {
    let hierarchy = waveform.hierarchy();
    hierarchy[scope].scopes(hierarchy).find(|scope| hierarchy[*scope].name(hierarchy) == name)
}

/// The signal of a path below a scope.
fn find(waveform: &Waveform, root: ScopeRef, path: &str) -> Option<VarRef> {
    let hierarchy = waveform.hierarchy();
    let mut parts = path.split('.');
    let name = parts.next_back()?;
    let scope = parts.try_fold(root, |scope, part| child(waveform, scope, part))?;
    hierarchy[scope].vars(hierarchy).find(|var| hierarchy[*var].name(hierarchy) == name)
}

/// Ticks of a wave's time in a nanosecond; 1 for a coarser timescale.
pub(super) fn ticks_per_ns(wave: &Wave) -> u64 {
    let (numerator, denominator) = tick_ns(&wave.waveform);
    (denominator / numerator).max(1)
}

/// Nanoseconds of a tick of a wave's time, as a fraction: numerator and denominator.
pub(super) fn tick_ns(waveform: &Waveform) -> (u64, u64) {
    let Some(scale) = waveform.hierarchy().timescale() else { return (1, 1) };
    let factor = u64::from(scale.factor.max(1));
    match scale.unit {
        TimescaleUnit::Seconds => (factor * 1_000_000_000, 1),
        TimescaleUnit::MilliSeconds => (factor * 1_000_000, 1),
        TimescaleUnit::MicroSeconds => (factor * 1000, 1),
        TimescaleUnit::NanoSeconds | TimescaleUnit::Unknown => (factor, 1),
        TimescaleUnit::PicoSeconds => (factor, 1000),
        TimescaleUnit::FemtoSeconds => (factor, 1_000_000),
        TimescaleUnit::AttoSeconds => (factor, 1_000_000_000),
        TimescaleUnit::ZeptoSeconds => (factor, 1_000_000_000_000),
    }
}

//! An open wave.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::hierarchy::{Declaration, Hierarchy, SignalRef};
use crate::reading::{Pass, Place, Visit, Watch};
use crate::timescale::Timescale;
use crate::value::{Kind, Value};
use crate::{fst, names, vcd};

/// What to do when a file is no wave.
const WHICH: &str =
    "name a .vcd or .fst file, as `systole run --vcd FILE` and Verilator write them";

/// A format of waves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Value change dump: text.
    Vcd,
    /// GTKWave's fast signal trace: compressed.
    Fst,
}

impl Format {
    /// `VCD` or `FST`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vcd => "VCD",
            Self::Fst => "FST",
        }
    }
}

/// A wave in a file.
///
/// It holds the declarations and the changes of signals that were loaded. All else stays in the
/// file, which must not change meanwhile.
#[derive(Debug)]
pub struct Wave {
    path: PathBuf,
    format: Format,
    pub(crate) hierarchy: Hierarchy,
    timescale: Timescale,
    times: (u64, u64),
    /// Of a VCD file: identifiers, and where the values start.
    values: Option<(vcd::Codes, u64)>,
    /// Of an FST file that is compressed as a whole: its contents, for one pass at a time.
    unwrapped: Option<Mutex<File>>,
    loaded: HashMap<u32, Vec<(u64, Value)>>,
}

/// A signal of a wave.
#[derive(Clone, Copy, Debug)]
pub struct Signal<'a> {
    hierarchy: &'a Hierarchy,
    reference: SignalRef,
}

impl<'a> Signal<'a> {
    /// By which the wave is asked for it.
    pub fn reference(self) -> SignalRef {
        self.reference
    }

    /// Name with all scopes, joined by dots, with indices as in the file, without range.
    pub fn name(self) -> String {
        self.hierarchy.full_name(self.reference)
    }

    /// Names of its scopes, outermost first.
    pub fn scope(self) -> Vec<&'a str> {
        self.hierarchy.path(self.declaration().scope)
    }

    /// Its range as in the file, such as `[31:0]`; may be empty.
    pub fn range(self) -> &'a str {
        &self.declaration().range
    }

    /// What it is.
    pub fn kind(self) -> Kind {
        self.declaration().kind
    }

    /// Number of bits; a real has 64, a text none.
    pub fn width(self) -> u32 {
        self.kind().width()
    }

    /// Whether it and `other` are one signal under two names.
    pub fn is_alias_of(self, other: Self) -> bool {
        self.declaration().series == other.declaration().series
    }

    fn declaration(self) -> &'a Declaration {
        self.hierarchy.declaration(self.reference)
    }
}

impl Wave {
    /// Opens a VCD or FST file, whatever its name, and reads the declarations.
    ///
    /// # Errors
    /// A file that cannot be read, is no wave or a broken one.
    pub fn open(path: &Path) -> Result<Self> {
        let file = open_file(path)?;
        match format(path, &file)? {
            Format::Vcd => Self::open_vcd(path, &file),
            Format::Fst => Self::open_fst(path, &file),
        }
    }

    fn open_vcd(path: &Path, file: &File) -> Result<Self> {
        let place = Place { path, format: Format::Vcd.name() };
        let header = vcd::read_header(file, &place)?;
        let mut input = file;
        let last = vcd::last_time(&mut input, header.length);
        let last = last.map_err(|error| place.unreadable(&error))?.unwrap_or(0);
        input.seek(SeekFrom::Start(header.length)).map_err(|error| place.unreadable(&error))?;
        let first = vcd::first_time(input, header.length, &place)?;
        Ok(Self {
            path: path.to_owned(),
            format: Format::Vcd,
            hierarchy: header.hierarchy,
            timescale: header.timescale,
            times: (first.min(last), last),
            values: Some((header.codes, header.length)),
            unwrapped: None,
            loaded: HashMap::new(),
        })
    }

    fn open_fst(path: &Path, file: &File) -> Result<Self> {
        let unwrapped = fst::unwrapped(file, &Place { path, format: Format::Fst.name() })?;
        let place = fst_place(path, unwrapped.is_some());
        let header = fst::read_header(unwrapped.as_ref().unwrap_or(file), &place)?;
        Ok(Self {
            path: path.to_owned(),
            format: Format::Fst,
            hierarchy: header.hierarchy,
            timescale: header.timescale,
            times: header.times,
            values: None,
            unwrapped: unwrapped.map(Mutex::new),
            loaded: HashMap::new(),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Length of a tick: all times are ticks.
    pub fn timescale(&self) -> Timescale {
        self.timescale
    }

    /// First time, in ticks.
    pub fn start(&self) -> u64 {
        self.times.0
    }

    /// Last time, in ticks.
    pub fn end(&self) -> u64 {
        self.times.1
    }

    /// All signals, in the order of the file.
    pub fn signals(&self) -> impl Iterator<Item = Signal<'_>> {
        self.hierarchy.references().map(|reference| self.signal(reference))
    }

    /// A signal.
    pub fn signal(&self, reference: SignalRef) -> Signal<'_> {
        Signal { hierarchy: &self.hierarchy, reference }
    }

    /// The signal with this name, with or without range, with or without its outer scopes.
    ///
    /// # Errors
    /// No signal has this name (the nearest names are given), or several have that are not
    /// connected.
    pub fn find(&self, name: &str) -> Result<SignalRef> {
        names::find(&self.hierarchy, name).map_err(|wrong| wrong.error(&self.path))
    }

    /// Signals whose name matches one of the patterns, in the order of the file. `*` stands for
    /// any text, `?` for a character. A pattern may leave out outer scopes, as a name may.
    ///
    /// # Errors
    /// A pattern that no signal matches.
    pub fn select(&self, patterns: &[String]) -> Result<Vec<SignalRef>> {
        names::select(&self.hierarchy, patterns).map_err(|wrong| wrong.error(&self.path))
    }

    /// Reads all changes of these signals into memory.
    ///
    /// # Errors
    /// A broken file.
    pub fn load(&mut self, signals: &[SignalRef]) -> Result<()> {
        let mut new: Vec<SignalRef> = signals.to_vec();
        new.retain(|&signal| !self.loaded.contains_key(&self.series(signal)));
        if new.is_empty() {
            return Ok(());
        }
        let mut loaded: HashMap<u32, Vec<(u64, Value)>> =
            new.iter().map(|&signal| (self.series(signal), Vec::new())).collect();
        self.stream(&new, u64::MAX, &mut |time, series, value| {
            if let Some(changes) = loaded.get_mut(&series) {
                record(changes, time, value);
            }
            ControlFlow::Continue(())
        })?;
        loaded.values_mut().for_each(Vec::shrink_to_fit);
        self.loaded.extend(loaded);
        Ok(())
    }

    /// Value at a time, of a signal that was loaded. Before its first change, and of a signal
    /// that was not loaded, it is undefined: x, not a number, or no text.
    pub fn value_at(&self, signal: SignalRef, time: u64) -> Value {
        let changes = self.history(signal);
        let after = changes.partition_point(|(at, _)| *at <= time);
        match after.checked_sub(1) {
            Some(index) => changes[index].1.clone(),
            None => self.kind(signal).undefined(),
        }
    }

    /// Times and values of a signal that was loaded, each other than the one before. Of several
    /// changes at a time only the last counts.
    pub fn changes(&self, signal: SignalRef) -> impl Iterator<Item = (u64, &Value)> {
        self.history(signal).iter().map(|(time, value)| (*time, value))
    }

    /// Values of signals at a time, read from the file: loads nothing.
    ///
    /// # Errors
    /// A broken file.
    pub fn values_at(&self, signals: &[SignalRef], time: u64) -> Result<Vec<Value>> {
        let mut values = HashMap::new();
        self.stream(signals, time, &mut |_, series, value| {
            values.insert(series, value);
            ControlFlow::Continue(())
        })?;
        let value = |&signal: &SignalRef| match values.get(&self.series(signal)) {
            Some(value) => value.clone(),
            None => self.kind(signal).undefined(),
        };
        Ok(signals.iter().map(value).collect())
    }

    /// Passes over the changes of these signals up to time `until`. `visit` gets time, number of
    /// the series and value in the order of time; it may end the pass.
    pub(crate) fn stream(
        &self,
        signals: &[SignalRef],
        until: u64,
        visit: &mut Visit,
    ) -> Result<()> {
        self.stream_watched(signals, until, &mut |_| ControlFlow::Continue(()), visit)
    }

    /// The same; `watch` gets every time before its changes and may end the pass, too. Of a VCD
    /// file it gets also the times at which none of these signals changes.
    pub(crate) fn stream_watched(
        &self,
        signals: &[SignalRef],
        until: u64,
        watch: &mut Watch,
        visit: &mut Visit,
    ) -> Result<()> {
        let mut wanted = vec![None; self.hierarchy.series()];
        for &signal in signals {
            wanted[self.series(signal) as usize] = Some(self.kind(signal));
        }
        let pass = Pass { wanted: &wanted, until, watch: &mut *watch, visit: &mut *visit };
        if let Some(unwrapped) = &self.unwrapped {
            // A pass that panicked has left nothing but the place in the file, which is set anew.
            let mut file = unwrapped.lock().unwrap_or_else(PoisonError::into_inner);
            let place = fst_place(&self.path, true);
            file.seek(SeekFrom::Start(0)).map_err(|error| place.unreadable(&error))?;
            return fst::stream(&file, &place, self.start(), pass);
        }
        let mut file = open_file(&self.path)?;
        let place = Place { path: &self.path, format: self.format.name() };
        match &self.values {
            Some((codes, offset)) => {
                let seek = file.seek(SeekFrom::Start(*offset));
                seek.map_err(|error| place.unreadable(&error))?;
                vcd::stream(file, *offset, &place, codes, pass)
            }
            None => fst::stream(&file, &place, self.start(), pass),
        }
    }

    /// Number of the series of changes of a signal.
    pub(crate) fn series(&self, signal: SignalRef) -> u32 {
        self.hierarchy.declaration(signal).series
    }

    pub(crate) fn kind(&self, signal: SignalRef) -> Kind {
        self.hierarchy.declaration(signal).kind
    }

    fn history(&self, signal: SignalRef) -> &[(u64, Value)] {
        self.loaded.get(&self.series(signal)).map_or(&[], Vec::as_slice)
    }
}

/// Adds a change. What changes back at the same time has not changed.
fn record(changes: &mut Vec<(u64, Value)>, time: u64, value: Value) {
    if changes.last().is_some_and(|(last, _)| *last == time) {
        changes.pop();
    }
    if changes.last().is_none_or(|(_, last)| *last != value) {
        changes.push((time, value));
    }
}

/// For messages about an FST file; their offsets are those of its contents if it is compressed as
/// a whole.
fn fst_place(path: &Path, unwrapped: bool) -> Place<'_> {
    Place { path, format: if unwrapped { "unpacked FST" } else { Format::Fst.name() } }
}

fn open_file(path: &Path) -> Result<File> {
    if path.is_dir() {
        return Err(Error::new(path, "it is a folder").with_help(WHICH));
    }
    File::open(path).map_err(|error| Error::io(path, "read", &error).with_help(WHICH))
}

/// The format, by the first bytes.
fn format(path: &Path, file: &File) -> Result<Format> {
    let unreadable = |error| Error::io(path, "read", &error);
    let mut start = Vec::new();
    BufReader::new(file).take(4096).read_to_end(&mut start).map_err(unreadable)?;
    let mut file = file;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let text = start.trim_ascii_start();
    match (start.as_slice(), text) {
        ([], _) => Err(Error::new(path, "it is empty").with_help(WHICH)),
        // The header of FST has 329 bytes; type 254 is a file that is compressed as a whole.
        ([0, 0, 0, 0, 0, 0, 0, 1, 0x49, ..] | [254, ..], _) => Ok(Format::Fst),
        (_, [b'$', ..]) => Ok(Format::Vcd),
        _ => Err(Error::new(path, "it is neither VCD nor FST").at(0).with_help(WHICH)),
    }
}

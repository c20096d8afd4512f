//! Writing waves: a window of one, another format, added tracks.
//!
//! What GTKWave 3.3, `vcd2fst`, `vcdvcd` and wellen (Surfer) make of text was tried:
//!
//! - **VCD**: `$var string 1 ! name $end` and changes `sTEXT !`. A value ends at a space, so text
//!   is written with the escapes of C (`\040` for a space), which GTKWave and `vcd2fst` read.
//!   Surfer and `vcdvcd` show the escapes. An empty text is `s !`.
//! - **FST**: a variable of its type for text (`FST_VT_GEN_STRING`) with values of any length,
//!   spaces included. GTKWave, `fst2vcd` and Surfer show it; Surfer takes each byte that is not
//!   ASCII for a character.
//!
//! Prefer FST for text, then. Times, kinds and names survive both formats.

mod fst;
mod layout;
mod recorder;
mod vcd;

use std::io::BufWriter;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::Path;

use crate::error::{Error, Result};
use crate::hierarchy::SignalRef;
use crate::timescale::Timescale;
use crate::value::{Kind, Value};
use crate::wave::{Format, Wave};
use layout::Layout;
use recorder::Recorder;

/// What a [`Track`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrackKind {
    /// A vector of this many bits.
    Bits(u32),
    /// Text.
    Text,
}

impl From<TrackKind> for Kind {
    fn from(kind: TrackKind) -> Self {
        match kind {
            TrackKind::Bits(width) => Self::Bits(width),
            TrackKind::Text => Self::Text,
        }
    }
}

/// A signal that the wave does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    /// Scopes, outermost first; those that the wave has are joined.
    pub scope: Vec<String>,
    /// Its own name.
    pub name: String,
    /// What it is.
    pub kind: TrackKind,
    /// Times in ticks of the wave that is written, ascending, and values of this kind.
    pub changes: Vec<(u64, Value)>,
}

/// What takes a wave, time by time.
trait Sink {
    /// The time at which it begins, and the value of each series then.
    fn begin(&mut self, time: u64, values: &[Value]) -> std::io::Result<()>;
    /// A later time.
    fn time(&mut self, time: u64) -> std::io::Result<()>;
    /// A change at the last time.
    fn change(&mut self, series: usize, value: &Value) -> std::io::Result<()>;
    /// The last time, not before any other; all is written then.
    fn finish(&mut self, time: u64) -> std::io::Result<()>;
}

/// Writes some signals of `wave` in a window of time (in ticks), with added tracks, into a file
/// of the format that its ending says. The file is whole or not there.
///
/// # Errors
/// A broken wave, an ending that is neither `.vcd` nor `.fst`, tracks whose values do not fit
/// them, and a file that cannot be written.
pub fn write(
    path: &Path,
    wave: &Wave,
    selection: &[SignalRef],
    window: RangeInclusive<u64>,
    tracks: &[Track],
) -> Result<()> {
    let on = &mut |_| ControlFlow::Continue(());
    write_watched(path, wave, selection, window, tracks, on).map(|_| ())
}

/// As [`write()`], but `watch` gets the times (in ticks) that are passed over, from the start of
/// the wave on. It may stop the work: then the result is `Break`, and there is no file.
///
/// # Errors
/// As [`write()`].
pub fn write_watched(
    path: &Path,
    wave: &Wave,
    selection: &[SignalRef],
    window: RangeInclusive<u64>,
    tracks: &[Track],
    watch: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<ControlFlow<()>> {
    let layout = Layout::of(wave, selection);
    let from = (*window.start()).clamp(wave.start(), wave.end());
    let to = (*window.end()).clamp(from, wave.end());
    create(path, wave.timescale(), layout, (from, to), tracks, |recorder| {
        let mut flow = ControlFlow::Continue(());
        let mut watch = |time| {
            flow = watch(time);
            flow
        };
        let mut visit = |time, series, value| recorder.wave(time, series, value);
        wave.stream_watched(selection, to, &mut watch, &mut visit)?;
        Ok(flow)
    })
}

/// Writes tracks without a wave, from time 0 to their last change.
///
/// # Errors
/// As [`write()`].
pub fn write_tracks(path: &Path, timescale: Timescale, tracks: &[Track]) -> Result<()> {
    let times = tracks.iter().filter_map(|track| track.changes.last());
    let to = times.map(|(time, _)| *time).max().unwrap_or(0);
    let nothing = |_: &mut Recorder| Ok(ControlFlow::Continue(()));
    create(path, timescale, Layout::default(), (0, to), tracks, nothing).map(|_| ())
}

/// Writes a file beside its place, and moves it there when it is whole. `fill` may stop the work.
fn create(
    path: &Path,
    timescale: Timescale,
    mut layout: Layout,
    (from, to): (u64, u64),
    tracks: &[Track],
    fill: impl FnOnce(&mut Recorder) -> Result<ControlFlow<()>>,
) -> Result<ControlFlow<()>> {
    let format = Format::of(path)?;
    let failed = |error: std::io::Error| {
        Error::io(path, "write", &error)
            .with_help("name a file in a folder that exists and can be written")
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let temporary = builder().tempfile_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
    let added = layout.add(tracks).map_err(|message| Error::new(path, message))?;
    let file = temporary.reopen().map_err(failed)?;
    let sink: Box<dyn Sink> = match format {
        Format::Vcd => {
            Box::new(vcd::Vcd::new(BufWriter::new(file), timescale, &layout).map_err(failed)?)
        }
        Format::Fst => Box::new(fst::Fst::new(file, timescale, &layout).map_err(failed)?),
    };
    let mut recorder = Recorder::new(sink, layout, (from, to), added);
    if fill(&mut recorder)?.is_break() {
        // What is there of the file goes away with its handle.
        return Ok(ControlFlow::Break(()));
    }
    recorder.finish().map_err(failed)?;
    temporary.persist(path).map_err(|error| failed(error.error))?;
    Ok(ControlFlow::Continue(()))
}

/// Temporary files that others can read, once they are in their place.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

impl Format {
    /// The format that a file's ending says.
    ///
    /// # Errors
    /// An ending that is neither `.vcd` nor `.fst`.
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_ref().and_then(|ending| ending.to_str()) {
            Some("vcd") => Ok(Self::Vcd),
            Some("fst") => Ok(Self::Fst),
            _ => Err(Error::new(path, "its name does not say which format to write")
                .with_help("let it end in .vcd or .fst")),
        }
    }
}

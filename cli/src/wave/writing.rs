//! Writing a wave, which may take minutes: the line that says how far it is, and Ctrl-C.

use std::ops::{ControlFlow, RangeInclusive};
use std::path::Path;
use std::sync::atomic::Ordering;

use systole_wave::{SignalRef, Track, Wave};

use super::error;
use crate::exit::{Error, Result};
use crate::interrupt;
use crate::progress::Progress;

/// Times between looks at the clock on the wall.
const TIMES: u32 = 1024;

/// Writes signals of a wave in a window, with added tracks. After Ctrl-C or an error there is no
/// file, not even a part of one.
pub fn write(
    path: &Path,
    wave: &Wave,
    selection: &[SignalRef],
    window: RangeInclusive<u64>,
    tracks: &[Track],
) -> Result<()> {
    let stop = interrupt::flag();
    let line = Progress::new();
    let total = (*window.end()).min(wave.end()).saturating_sub(wave.start());
    let mut times = 0u32;
    let mut watch = |time: u64| {
        times = times.wrapping_add(1);
        if times.is_multiple_of(TIMES) {
            let done = time.saturating_sub(wave.start());
            line.update(|| {
                format!("write {}  {}", path.display(), line.share(done as f64, total as f64))
            });
        }
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    let written = systole_wave::write_watched(path, wave, selection, window, tracks, &mut watch);
    match written.map_err(error)? {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::interrupted()),
    }
}

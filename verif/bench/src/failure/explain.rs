//! The minimal program once more, with waves: what the folder holds beside the report, and what the
//! report tells of them.

use std::io;
use std::path::Path;
use std::sync::Arc;

use systole_chip::soc;
use systole_gen::viewer::{Focus, state_registers};
use systole_gen::write_files;
use systole_hdl::{Design, fault};
use systole_sim::Library;
use systole_wave::SignalRef;

use super::suspect::suspect;
use super::{Failure, Origin, Recorded, diverges, golden_tracks, source, timeline, view};
use crate::activity::{self, Activity};
use crate::lockstep::{Divergence, Kind};
use crate::{chip, faults};

/// Name of the waves, and of the files that open them, without an ending.
pub const NAME: &str = "fail";

/// Cycles before the difference in which its origin is looked for.
const CYCLES: u64 = 5000;
/// Cycles of the waves in the folder before and after the difference.
const BEFORE: u64 = 300;
const AFTER: u64 = 20;
/// Cycles after the last sign of life of what hangs: all that could still happen has.
pub(super) const AFTER_HANG: u64 = 2000;

/// First and last cycle of the waves in the folder.
pub fn window(divergence: &Divergence) -> (u64, u64) {
    (divergence.cycle.saturating_sub(BEFORE), last(divergence))
}

fn last(divergence: &Divergence) -> u64 {
    let after = if divergence.kind == Kind::Hang { AFTER_HANG } else { AFTER };
    divergence.cycle + after
}

/// Writes the waves and what opens them into `folder`, and adds to the failure what they tell. Waves
/// are a by-product: what cannot be had is left out.
///
/// # Errors
/// Those of the file system.
pub fn explain(
    failure: &mut Failure,
    origin: &Origin,
    library: &Arc<Library>,
    folder: &Path,
) -> io::Result<()> {
    let temporary = tempfile::tempdir()?;
    let all = temporary.path().join("all.vcd");
    let Some(design) = design(origin) else { return Ok(()) };
    let Some(divergence) = trace(failure, origin, library, &all) else { return Ok(()) };
    let Ok(recorded) = Recorded::read(&all, &design) else { return Ok(()) };
    let steps = suspect(&design, &recorded, &divergence);
    failure.source = source::of(&steps, divergence.kind);
    let (from, to) = window(&divergence);
    failure.view = Some(view::of(&recorded, &source::shown(&steps), divergence.cycle));
    let time = |cycle| Recorded::ticks(recorded.wave(), cycle);
    let mut tracks = golden_tracks::tracks(&divergence, to, &time);
    if let Ok(activity) = Activity::read(&all) {
        failure.timeline = Some(timeline::of(&activity, &divergence, (from, to)));
        tracks.extend(activity::tracks(&activity));
        std::fs::write(
            folder.join(NAME).with_extension("kanata"),
            activity::konata::log(&activity),
        )?;
    }
    let wave = recorded.wave();
    let signals: Vec<SignalRef> = wave.signals().map(|signal| signal.reference()).collect();
    let ticks = time(from)..=time(to + 1);
    for ending in ["vcd", "fst"] {
        let path = folder.join(NAME).with_extension(ending);
        systole_wave::write(&path, wave, &signals, ticks.clone(), &tracks)
            .map_err(io::Error::other)?;
    }
    failure.waves = true;
    let fst = folder.join(NAME).with_extension("fst");
    let states = state_registers(&design);
    let way = source::shown(&steps).into_iter().map(|step| step.signal.clone()).collect();
    let focus = Focus { way, ..activity::focus(&divergence) };
    let files = activity::viewer_files(&fst, NAME, &states, &focus).map_err(io::Error::other)?;
    write_files(folder, &files).map_err(io::Error::other)
}

/// Runs the program with waves of all that matters, and without an end to its history.
fn trace(
    failure: &Failure,
    origin: &Origin,
    library: &Arc<Library>,
    path: &Path,
) -> Option<Divergence> {
    let mut pair = chip::lockstep(origin.config, library).ok()?;
    pair.select_fault(origin.fault);
    let divergence = &failure.divergence;
    pair.trace(path, divergence.cycle.saturating_sub(CYCLES), last(divergence));
    let divergence = diverges(&mut pair, &failure.program);
    // What follows the difference belongs to the picture.
    pair.dut().run(AFTER);
    pair.dut().stop_trace();
    divergence
}

/// The chip as it is, with its fault as if it had been written so.
fn design(origin: &Origin) -> Option<Design> {
    let good = systole_hdl::check(&soc::soc(origin.config, true)).ok()?;
    let Some(index) = usize::from(origin.fault).checked_sub(1) else { return Some(good) };
    fault::fixed(&good, faults::of(origin.config).get(index)?).ok()
}

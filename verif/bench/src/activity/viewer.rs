//! Files that open a wave of a failure in a viewer.

use std::path::Path;

use systole_gen::GeneratedFile;
use systole_gen::viewer::{Area, Focus, StateRegister, chip_session, gtkwave, surfer};

use super::error::WaveError;
use super::wave::{Wave, signals, ticks_per_ns};
use crate::lockstep::{Divergence, Kind};

/// Nanoseconds of a cycle in the bench's waves.
const CYCLE_NS: u64 = 10;

/// What is of interest in the wave of a divergence: the parts of the chip that it is about, and the
/// cycles around it.
pub fn focus(divergence: &Divergence) -> Focus {
    let text = format!("MISMATCH at cycle {}: {}", divergence.cycle, divergence.message);
    Focus::at(areas(divergence.kind), divergence.cycle * CYCLE_NS, text)
}

/// The parts of the chip that a kind of divergence is about.
pub fn areas(kind: Kind) -> Vec<Area> {
    let hart = [Area::Retire, Area::Pipeline];
    let npu = [
        Area::Retire,
        Area::NpuControl,
        Area::NpuLoad,
        Area::NpuExec,
        Area::NpuStore,
        Area::Tokens,
        Area::Axi,
    ];
    match kind {
        Kind::Retire => hart.into(),
        Kind::Interrupt | Kind::Timing => [&hart[..], &[Area::Interrupts]].concat(),
        Kind::NpuWrite | Kind::NpuEnd => npu.into(),
        Kind::Memory | Kind::Protocol => [&npu[..], &[Area::Buses]].concat(),
        Kind::Hang | Kind::Broken => Area::ALL.into(),
    }
}

/// `NAME.gtkw` with its `filters`, and `NAME.sucl` with its `.surfer`, for a wave in the same folder.
/// `states` are the registers whose values have names
/// ([`state_registers`](systole_gen::viewer::state_registers)).
///
/// # Errors
/// Those of reading the wave.
pub fn viewer_files(
    wave: &Path,
    name: &str,
    states: &[StateRegister],
    focus: &Focus,
) -> Result<Vec<GeneratedFile>, WaveError> {
    let file = wave.file_name().unwrap_or_default().to_string_lossy();
    let mut session = chip_session(name, &file, &signals(wave)?, states, focus);
    let opened = Wave::open(wave, &[])?;
    session.ticks_per_ns = ticks_per_ns(&opened);
    let cycles = opened.cycles();
    let length = cycles.begin_ns(cycles.end()).saturating_sub(cycles.begin_ns(cycles.first()));
    let mut files = gtkwave(&session);
    files.extend(surfer(&session, length));
    Ok(files)
}

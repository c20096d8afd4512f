//! Files that open a wave of a failure in a viewer.

use std::path::Path;

use systole_gen::GeneratedFile;
use systole_gen::viewer::{Area, Focus, StateRegister, chip_session, gtkwave, surfer};

use super::error::WaveError;
use super::wave::{Wave, signals};
use crate::lockstep::{Clue, Divergence, Kind};

/// Nanoseconds of a cycle in the bench's waves.
const CYCLE_NS: u64 = 10;

/// What is of interest in the wave of a divergence: the parts of the chip that it is about, and the
/// cycles around it.
pub fn focus(divergence: &Divergence) -> Focus {
    let what = match divergence.kind {
        Kind::Hang => "HANGS since",
        _ => "MISMATCH at",
    };
    let text = format!("{what} cycle {}\n{}", divergence.cycle, title(divergence));
    // So close that texts of instructions can be read; a job is looked at as a whole.
    let cycles_before = match divergence.kind {
        Kind::NpuWrite | Kind::NpuEnd => 120,
        _ => 15,
    };
    let time = divergence.cycle * CYCLE_NS;
    let mut focus = Focus::at(areas(divergence), time, cycles_before * CYCLE_NS, text);
    if divergence.kind == Kind::Hang {
        // What it waits for is seen behind the last sign of life.
        focus.window.1 = time + 150 * CYCLE_NS;
    }
    focus
}

/// The difference in so few characters that it fits the column of names.
fn title(divergence: &Divergence) -> String {
    const WIDTH: usize = 36;
    if divergence.message.chars().count() <= WIDTH {
        return divergence.message.clone();
    }
    let words = divergence.message.chars().take(WIDTH).collect::<String>();
    format!("{} ...", words.rsplit_once(' ').map_or(&words[..], |(whole, _)| whole))
}

/// The parts of the chip that a divergence is about.
fn areas(divergence: &Divergence) -> Vec<Area> {
    let hart = [Area::Retire, Area::Pipeline];
    let npu =
        [Area::NpuControl, Area::NpuLoad, Area::NpuExec, Area::NpuStore, Area::Tokens, Area::Axi];
    match divergence.kind {
        Kind::Retire => hart.into(),
        Kind::Interrupt | Kind::Timing => [&hart[..], &[Area::Interrupts]].concat(),
        Kind::NpuWrite | Kind::NpuEnd => npu.into(),
        Kind::Protocol => [&npu[..], &[Area::Buses]].concat(),
        Kind::Memory => [&hart[..], &[Area::Buses]].concat(),
        Kind::Hang if divergence.clue == Some(Clue::NpuStandsStill) => npu.into(),
        Kind::Hang => [&hart[..], &[Area::Interrupts, Area::Buses]].concat(),
        Kind::Broken => Area::ALL.into(),
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
    session.ticks_per_ns = opened.ticks_per_ns();
    let cycles = opened.cycles();
    let (first, end) = (cycles.begin_ns(cycles.first()), cycles.begin_ns(cycles.end()));
    session.window = within(session.window, (first, end));
    let length = end.saturating_sub(first);
    let mut files = gtkwave(&session);
    files.extend(surfer(&session, length));
    Ok(files)
}

/// The window moved into the wave: a viewer shows none that reaches beyond its end.
fn within((from, to): (u64, u64), (first, end): (u64, u64)) -> (u64, u64) {
    let width = to - from;
    let to = to.min(end);
    (to.saturating_sub(width).max(first), to)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use systole_chip::{ChipConfig, soc};
    use systole_gen::viewer::{chip_signals, state_registers};
    use systole_hdl::Design;
    use systole_hdl::ir::Module;

    #[test]
    fn a_window_does_not_reach_beyond_the_wave() {
        assert_eq!(super::within((1490, 3090), (0, 2900)), (1300, 2900));
        assert_eq!(super::within((100, 300), (0, 2900)), (100, 300));
        assert_eq!(super::within((0, 3000), (500, 2900)), (500, 2900));
    }

    fn design(preset: &str) -> Design {
        let config = ChipConfig::preset(preset).expect("a preset");
        systole_hdl::check(&soc::soc(&config, true)).expect("a good design")
    }

    fn paths(module: &Module, prefix: &str, found: &mut BTreeSet<String>) {
        found.extend(module.signals.iter().map(|signal| format!("{prefix}{}", signal.name)));
        for instance in &module.instances {
            paths(&instance.module, &format!("{prefix}{}.", instance.name), found);
        }
    }

    #[test]
    fn what_is_shown_is_in_one_of_the_chips() {
        let mut found = BTreeSet::from(["clk".to_owned()]);
        for preset in ["nano", "edge"] {
            paths(&design(preset).top, "", &mut found);
        }
        let wanted = [chip_signals(1), chip_signals(2)].concat();
        let missing: Vec<&str> = wanted.into_iter().filter(|path| !found.contains(*path)).collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn states_of_the_divider_have_names() {
        let states = state_registers(&design("edge"));
        let divider = states.iter().find(|state| state.path == "hart.divide.state");
        let names: Vec<&str> = divider
            .map(|state| state.names.entries.iter().map(|(_, name)| name.as_str()).collect())
            .unwrap_or_default();
        assert_eq!(names, ["IDLE", "BUSY", "DONE"], "{states:?}");
    }
}

//! The part of the wave that the report draws: the retire port, and the signals on the way back.

use systole_hdl::origin::{History, Step};

use super::Recorded;
use super::report::model::{WaveSignal, WaveView};
use super::source::hex;

/// Cycles before and after the difference.
const BEFORE: u64 = 60;
const AFTER: u64 = 6;
/// Signals of the way back that are shown: the last ones.
const SHOWN: usize = 14;

const RETIRE: [&str; 4] = ["rvfi_valid", "rvfi_insn", "rvfi_pc_rdata", "rvfi_rd_wdata"];

/// The signals around a difference in `cycle` whose origin `steps` lead to.
pub fn of(wave: &Recorded, steps: &[&Step], cycle: u64) -> WaveView {
    let first = steps.last().map_or(cycle, |step| step.cycle);
    // What happened long before is seen in the waves themselves.
    let from = first.max(cycle.saturating_sub(BEFORE)).min(cycle).saturating_sub(10);
    let to = cycle + AFTER;
    let signal = |name: &str, group: &str, differs: bool| {
        let width = wave.width(name)?;
        Some(WaveSignal {
            name: name.to_owned(),
            group: group.to_owned(),
            width,
            changes: changes(wave, name, (from, to)),
            differs,
        })
    };
    let mut signals: Vec<WaveSignal> =
        RETIRE.iter().filter_map(|name| signal(name, "retire port", false)).collect();
    let skip = steps.len().saturating_sub(SHOWN);
    for (index, step) in steps.iter().enumerate().skip(skip) {
        if signals.iter().all(|shown| shown.name != step.signal) {
            signals.extend(signal(&step.signal, "the way back", index + 1 == steps.len()));
        }
    }
    WaveView { from, to, signals }
}

fn changes(wave: &Recorded, name: &str, (from, to): (u64, u64)) -> Vec<(u64, String)> {
    let mut changes: Vec<(u64, String)> = Vec::new();
    for cycle in from..=to {
        let Some(value) = wave.value(name, cycle) else { continue };
        let value = hex(&value).trim_start_matches("0x").to_owned();
        if changes.last().is_none_or(|(_, last)| *last != value) {
            changes.push((cycle, value));
        }
    }
    changes
}

//! What the golden model did, as signals beside those of the RTL.

use systole_golden::Retire;
use systole_wave::{Bits, Track, TrackKind, Value};

use crate::lockstep::{Divergence, Pair};

/// A field: its name, its width, and how to read it.
type Field = (&'static str, u32, fn(&Retire) -> u32);

const FIELDS: [Field; 8] = [
    ("pc_rdata", 32, |retire| retire.pc),
    ("insn", 32, |retire| retire.insn),
    ("trap", 1, |retire| retire.trap.into()),
    ("rd_addr", 5, |retire| retire.rd_addr.into()),
    ("rd_wdata", 32, |retire| retire.rd_wdata),
    ("mem_addr", 32, |retire| retire.mem_addr),
    ("mem_wdata", 32, |retire| retire.mem_wdata),
    ("pc_wdata", 32, |retire| retire.next_pc),
];

/// The golden model's values of the last retirements in scope `golden`, at the cycles of the RTL's:
/// those of the second one in a cycle have `_1` behind their names. `mismatch` is 1 from the difference
/// on. `time` tells when a cycle begins.
pub fn tracks(divergence: &Divergence, time: &dyn Fn(u64) -> u64) -> Vec<Track> {
    let mismatch = vec![(0, false), (divergence.cycle, true)];
    let mut tracks = vec![flag("mismatch", mismatch, time)];
    for channel in 0..2 {
        let pairs = of_channel(&divergence.history, channel);
        if pairs.is_empty() {
            continue;
        }
        let suffix = if channel == 0 { "" } else { "_1" };
        tracks.push(flag(&format!("valid{suffix}"), valid(&pairs), time));
        for (name, width, get) in FIELDS {
            let change = |pair: &&Pair| {
                let value = Bits::from_u64(width, get(&pair.golden).into());
                (time(pair.cycle), Value::Bits(value))
            };
            tracks.push(Track {
                scope: vec!["golden".into()],
                name: format!("{name}{suffix}"),
                kind: TrackKind::Bits(width),
                changes: pairs.iter().map(change).collect(),
            });
        }
    }
    tracks
}

/// The retirements that are the first of their cycle, or the second.
fn of_channel(history: &[Pair], channel: usize) -> Vec<&Pair> {
    let is_second = |index: usize| index > 0 && history[index - 1].cycle == history[index].cycle;
    let indices = (0..history.len()).filter(|&index| usize::from(is_second(index)) == channel);
    indices.map(|index| &history[index]).collect()
}

/// 1 in the cycles of these retirements.
fn valid(pairs: &[&Pair]) -> Vec<(u64, bool)> {
    let mut changes = vec![(0, false)];
    for pair in pairs {
        changes.retain(|&(cycle, _)| cycle < pair.cycle);
        changes.extend([(pair.cycle, true), (pair.cycle + 1, false)]);
    }
    changes
}

fn flag(name: &str, changes: Vec<(u64, bool)>, time: &dyn Fn(u64) -> u64) -> Track {
    let change =
        |(cycle, value): (u64, bool)| (time(cycle), Value::Bits(Bits::from_u64(1, value.into())));
    Track {
        scope: vec!["golden".into()],
        name: name.into(),
        kind: TrackKind::Bits(1),
        changes: changes.into_iter().map(change).collect(),
    }
}

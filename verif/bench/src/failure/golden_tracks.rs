//! What the golden model did, as signals beside those of the RTL.

use systole_golden::Retire;
use systole_wave::{Bits, Track, TrackKind, Value};

use crate::lockstep::{Divergence, Pair};

/// A field: its name, its width, and how to read it.
pub(crate) type Field = (&'static str, u32, fn(&Retire) -> u32);

pub(crate) const FIELDS: [Field; 8] = [
    ("pc_rdata", 32, |retire| retire.pc),
    ("insn", 32, |retire| retire.insn),
    ("trap", 1, |retire| retire.trap.into()),
    ("rd_addr", 5, |retire| retire.rd_addr.into()),
    ("rd_wdata", 32, |retire| retire.rd_wdata),
    ("mem_addr", 32, |retire| retire.mem_addr),
    ("mem_wdata", 32, |retire| retire.mem_wdata),
    ("pc_wdata", 32, |retire| retire.next_pc),
];

/// What follows the names of the first and of the second retirement of a cycle.
pub(crate) const PLACES: [&str; 2] = ["", "_1"];

/// The golden model's values of the last retirements in scope `golden`, at the cycles of the RTL's:
/// those of the second one in a cycle have `_1` behind their names. `mismatch` is 1 from the difference
/// on. `to` is the last cycle of the wave; `time` tells when a cycle begins.
///
/// Until its first retirement a lane shows what the RTL's port shows then: 0, the value at reset. A
/// history that does not reach back to reset knows nothing of the time before it: there the lane has
/// no value.
pub fn tracks(divergence: &Divergence, to: u64, time: &dyn Fn(u64) -> u64) -> Vec<Track> {
    // What hangs in a loop has no history but that of the loop.
    let reaches = divergence.history.first().is_some_and(|pair| pair.cycle <= to);
    let history = if reaches { &divergence.history[..] } else { &[] };
    let mut tracks = vec![flag("mismatch", vec![(0, false), (divergence.cycle, true)], time)];
    for (channel, suffix) in PLACES.into_iter().enumerate() {
        let pairs = of_channel(history, channel);
        if pairs.is_empty() {
            continue;
        }
        tracks.push(flag(&format!("valid{suffix}"), valid(known_from(history), &pairs), time));
        let fields = FIELDS.iter();
        tracks.extend(fields.map(|field| values(field, suffix, from_reset(history), &pairs, time)));
    }
    tracks
}

/// Whether all that retired since reset is known.
fn from_reset(history: &[Pair]) -> bool {
    history.first().is_some_and(|pair| pair.order == 0)
}

/// First cycle of which it is known what retired.
fn known_from(history: &[Pair]) -> u64 {
    let first = history.first().filter(|_| !from_reset(history));
    first.map_or(0, |pair| pair.cycle)
}

/// The retirements that are the first of their cycle, or the second.
fn of_channel(history: &[Pair], channel: usize) -> Vec<&Pair> {
    let is_second = |index: usize| index > 0 && history[index - 1].cycle == history[index].cycle;
    let indices = (0..history.len()).filter(|&index| usize::from(is_second(index)) == channel);
    indices.map(|index| &history[index]).collect()
}

/// A field of these retirements; it holds its value between them, as the RTL's does.
fn values(
    &(name, width, get): &Field,
    suffix: &str,
    from_reset: bool,
    pairs: &[&Pair],
    time: &dyn Fn(u64) -> u64,
) -> Track {
    let change = |(cycle, value): (u64, u32)| {
        (time(cycle), Value::Bits(Bits::from_u64(width, value.into())))
    };
    let at_reset = Some((0, 0)).filter(|_| from_reset && pairs.iter().all(|pair| pair.cycle > 0));
    let changes = pairs.iter().map(|pair| (pair.cycle, get(&pair.golden)));
    Track {
        scope: vec!["golden".into()],
        name: format!("{name}{suffix}"),
        kind: TrackKind::Bits(width),
        changes: at_reset.into_iter().chain(changes).map(change).collect(),
    }
}

/// 1 in the cycles of these retirements and 0 in all others from cycle `from` on.
fn valid(from: u64, pairs: &[&Pair]) -> Vec<(u64, bool)> {
    let mut changes = vec![(from, false)];
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lockstep::Kind;

    /// Retirements as (number, cycle), each with its number as the value.
    fn shown(retirements: &[(u64, u64)], name: &str) -> Vec<(u64, u64)> {
        let pair = |&(order, cycle): &(u64, u64)| {
            let retire = Retire { rd_wdata: order as u32, ..Retire::default() };
            Pair { order, cycle, rtl: retire, golden: retire }
        };
        let divergence = Divergence {
            kind: Kind::Retire,
            cycle: 30,
            order: 9,
            message: String::new(),
            differences: Vec::new(),
            history: retirements.iter().map(pair).collect(),
            registers: [0; 32],
            clue: None,
        };
        let tracks = tracks(&divergence, 50, &|cycle| cycle);
        let track = tracks.iter().find(|track| track.name == name).expect("a track");
        let bits = |(time, value): &(u64, Value)| match value {
            Value::Bits(bits) => (*time, bits.to_u64().expect("no x is ever written")),
            other => panic!("{other:?}"),
        };
        track.changes.iter().map(bits).collect()
    }

    #[test]
    fn every_lane_begins_with_the_value_at_reset() {
        let retirements = [(0, 8), (1, 9), (2, 9), (3, 12)];
        assert_eq!(shown(&retirements, "rd_wdata"), [(0, 0), (8, 0), (9, 1), (12, 3)]);
        assert_eq!(shown(&retirements, "rd_wdata_1"), [(0, 0), (9, 2)]);
        assert_eq!(shown(&retirements, "valid_1"), [(0, 0), (9, 1), (10, 0)]);
        assert_eq!(shown(&retirements, "mismatch"), [(0, 0), (30, 1)]);
    }

    #[test]
    fn what_is_older_than_the_history_has_no_value() {
        let retirements = [(5, 20), (6, 22), (7, 22)];
        assert_eq!(shown(&retirements, "rd_wdata"), [(20, 5), (22, 6)]);
        assert_eq!(shown(&retirements, "valid"), [(20, 1), (21, 0), (22, 1), (23, 0)]);
        assert_eq!(shown(&retirements, "rd_wdata_1"), [(22, 7)]);
        assert_eq!(shown(&retirements, "valid_1"), [(20, 0), (22, 1), (23, 0)]);
    }
}

//! Signals that explain a wave, made of what happened in it.

use systole_wave::{Bits, Track, TrackKind, Value};

use super::Activity;

/// Something that lasts from one cycle to before another and is called something.
type Span = (u64, u64, String);

/// The tracks of what happened, in the wave's own time.
///
/// `hart.mnemonic`, `hart.trap`; `npu.job`, `npu.load`, `npu.exec`, `npu.store`, `npu.tile`,
/// `npu.tokens_<from>_to_<to>`; `dma.read_burst`, `dma.write_burst`. In a cycle with two retirements
/// the text has both, the older one first.
pub fn tracks(activity: &Activity) -> Vec<Track> {
    let mut tracks = vec![
        text(activity, "hart", "mnemonic", mnemonics(activity)),
        text(activity, "hart", "trap", traps(activity)),
        text(activity, "npu", "job", texts(activity.job_spans())),
    ];
    for unit in ["load", "exec", "store"] {
        let spans = one_at_a_time(texts(activity.descriptor_spans(unit)));
        tracks.push(text(activity, "npu", unit, spans));
    }
    let tiles = one_at_a_time(texts(activity.tile_spans()));
    tracks.push(text(activity, "npu", "tile", tiles));
    tracks.extend(activity.tokens.iter().map(|tokens| counts(activity, tokens)));
    for (name, write) in [("read_burst", false), ("write_burst", true)] {
        let spans = one_at_a_time(texts(activity.burst_spans(write)));
        tracks.push(text(activity, "dma", name, spans));
    }
    tracks
}

fn mnemonics(activity: &Activity) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for retire in &activity.retires {
        match spans.last_mut().filter(|span| span.0 == retire.cycle) {
            Some(span) => span.2 = format!("{}; {}", span.2, retire.mnemonic),
            None => spans.push((retire.cycle, retire.cycle + 1, retire.mnemonic.clone())),
        }
    }
    spans
}

fn traps(activity: &Activity) -> Vec<Span> {
    let named = activity.retires.iter().filter_map(|retire| {
        let cause = retire.trap.as_ref().or(retire.interrupt.as_ref())?;
        Some((retire.cycle, retire.cycle + 1, cause.name.clone()))
    });
    one_at_a_time(named.collect())
}

/// Spans with their texts.
fn texts(spans: impl Iterator<Item = super::Span>) -> Vec<Span> {
    spans.map(|span| (span.begin, span.end, span.text())).collect()
}

/// Spans cut so that none overlaps the next: of several under way, the oldest is shown until it is
/// over.
fn one_at_a_time(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.0, span.1));
    let mut free = 0;
    let mut shown = Vec::new();
    for (begin, end, text) in spans {
        let begin = begin.max(free);
        if begin < end {
            free = end;
            shown.push((begin, end, text));
        }
    }
    shown
}

fn text(activity: &Activity, scope: &str, name: &str, spans: Vec<Span>) -> Track {
    let at = |cycle: u64| activity.time(cycle);
    let mut changes: Vec<(u64, Value)> = vec![(at(activity.begin), Value::Text(String::new()))];
    for (begin, end, text) in spans {
        for (cycle, text) in [(begin, text), (end, String::new())] {
            let change = (at(cycle), Value::Text(text));
            match changes.last_mut().filter(|last| last.0 >= change.0) {
                Some(last) => last.1 = change.1,
                None => changes.push(change),
            }
        }
    }
    changes.retain(|change| change.0 <= at(activity.end));
    Track { scope: vec![scope.into()], name: name.into(), kind: TrackKind::Text, changes }
}

fn counts(activity: &Activity, tokens: &super::Tokens) -> Track {
    let change = |&(cycle, count): &(u64, u32)| {
        (activity.time(cycle), Value::Bits(Bits::from_u64(4, count.into())))
    };
    Track {
        scope: vec!["npu".into()],
        name: format!("tokens_{}_to_{}", tokens.from, tokens.to),
        kind: TrackKind::Bits(4),
        changes: tokens.counts.iter().map(change).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_spans_that_overlap_the_oldest_stays() {
        let span = |begin, end, name: &str| (begin, end, name.to_owned());
        let cut = one_at_a_time(vec![span(0, 5, "a"), span(2, 8, "b"), span(3, 4, "c")]);
        assert_eq!(cut, [span(0, 5, "a"), span(5, 8, "b")]);
    }
}

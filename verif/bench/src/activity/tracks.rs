//! Signals that explain a wave, made of what happened in it.

use systole_wave::{Bits, Track, TrackKind, Value};

use super::{Activity, Burst, Descriptor};

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
        text(activity, "npu", "job", jobs(activity)),
    ];
    for unit in ["load", "exec", "store"] {
        let of_unit = activity.descriptors.iter().filter(|descriptor| descriptor.unit == unit);
        let spans = of_unit.filter_map(|descriptor| span_of(activity, descriptor)).collect();
        tracks.push(text(activity, "npu", unit, one_at_a_time(spans)));
    }
    tracks.push(text(activity, "npu", "tile", tiles(activity)));
    tracks.extend(activity.tokens.iter().map(|tokens| counts(activity, tokens)));
    for (name, write) in [("read_burst", false), ("write_burst", true)] {
        let bursts = activity.bursts.iter().filter(|burst| burst.write == write);
        let spans = bursts.map(|burst| burst_span(activity, burst)).collect();
        tracks.push(text(activity, "dma", name, one_at_a_time(spans)));
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

fn jobs(activity: &Activity) -> Vec<Span> {
    let span = |job: &super::Job| {
        let list = job.list.map_or_else(|| "?".to_owned(), |list| format!("{list:08x}"));
        let cause = match job.cause {
            0 => String::new(),
            _ => format!(" {} at {}", job.cause_name, job.fault_index),
        };
        let (begin, end) = (job.begin.unwrap_or(activity.begin), job.end.unwrap_or(activity.end));
        (begin, end, format!("job {} @{list}{cause}", job.number))
    };
    activity.jobs.iter().map(span).collect()
}

fn span_of(activity: &Activity, descriptor: &Descriptor) -> Option<Span> {
    // What only waits in a queue does not show: the unit is at work on another one.
    let begin = match (descriptor.started, descriptor.words) {
        (Some(started), _) => started,
        (None, None) => activity.begin,
        (None, Some(_)) => return None,
    };
    let index = descriptor.index.map_or_else(|| "?".to_owned(), |index| index.to_string());
    let text = format!("#{index} {}", descriptor.text);
    Some((begin, descriptor.end().map_or(activity.end, |end| end + 1), text))
}

fn tiles(activity: &Activity) -> Vec<Span> {
    let span = |tile: &super::Tile| {
        let index = tile.descriptor.and_then(|at| activity.descriptors[at].index);
        let text = match (index, tile.number, tile.of) {
            (Some(index), Some(number), Some(of)) => format!("#{index} tile {}/{of}", number + 1),
            _ => "tile".to_owned(),
        };
        let (begin, end) = (tile.begin.unwrap_or(activity.begin), tile.end);
        (begin, end.map_or(activity.end, |end| end + 1), text)
    };
    one_at_a_time(activity.tiles.iter().map(span).collect())
}

fn burst_span(activity: &Activity, burst: &Burst) -> Span {
    let address = burst.address.map_or_else(|| "?".to_owned(), |at| format!("{at:08x}"));
    let error = if burst.error { " error" } else { "" };
    let whose = if burst.descriptors == Some(true) { " descriptors" } else { "" };
    let (begin, end) = (burst.begin.unwrap_or(activity.begin), burst.end);
    let text = format!("{address} x{}{whose}{error}", burst.beats);
    (begin, end.map_or(activity.end, |end| end + 1), text)
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

//! What began and ended, and counters that changed, each with its cycle.

use crate::activity::{Activity, Retire, Span};

/// All events of a wave, part by part.
pub fn events(activity: &Activity) -> Vec<(u64, String)> {
    let mut events: Vec<_> = activity.retires.iter().filter_map(interrupt).collect();
    for (part, span) in spans(activity) {
        events.extend(begin_and_end(activity, part, &span));
    }
    for tokens in &activity.tokens {
        // The first count is that at the start of the wave, which is no event.
        let changes = tokens.counts.iter().skip(1);
        let name = format!("tokens {} to {}", tokens.from, tokens.to);
        events.extend(changes.map(|(cycle, count)| (*cycle, format!("{name}: {count}"))));
    }
    events
}

/// What is under way in a cycle.
pub fn under_way(activity: &Activity, cycle: u64) -> Vec<String> {
    let here = |(_, span): &(&str, Span)| (span.begin..span.end).contains(&cycle);
    spans(activity).filter(here).map(|(part, span)| format!("{part}: {}", span.text())).collect()
}

/// Whatever lasts, with the name of its part.
fn spans(activity: &Activity) -> impl Iterator<Item = (&'static str, Span)> + '_ {
    let named = |part: &'static str| move |span| (part, span);
    let jobs = activity.job_spans().map(named("npu"));
    let units = ["load", "exec", "store"]
        .into_iter()
        .flat_map(move |unit| activity.descriptor_spans(unit).map(named(unit)));
    let tiles = activity.tile_spans().map(named("tile"));
    let reads = activity.burst_spans(false).map(named("read burst"));
    let writes = activity.burst_spans(true).map(named("write burst"));
    jobs.chain(units).chain(tiles).chain(reads).chain(writes)
}

fn interrupt(retire: &Retire) -> Option<(u64, String)> {
    let cause = retire.interrupt.as_ref()?;
    Some((retire.cycle, format!("interrupt: {}", cause.name)))
}

/// The ends of a span that lie in the wave.
fn begin_and_end(activity: &Activity, part: &str, span: &Span) -> Vec<(u64, String)> {
    let text = span.text();
    if span.end == span.begin + 1 {
        return vec![(span.begin, format!("{part}: {text}"))];
    }
    let mut events = Vec::new();
    if span.begin > activity.begin {
        events.push((span.begin, format!("{part}: {text} begins")));
    }
    if span.end < activity.end {
        // `end` is the cycle behind the last one, in which the part is free again.
        events.push((span.end, format!("{part}: {text} ended")));
    }
    events
}

//! What began and ended, and counters that changed, each with its cycle.

use crate::activity::{Activity, Retire, Span};

/// All events of a wave, part by part.
pub fn events(activity: &Activity) -> Vec<(u64, String)> {
    let mut events = Vec::new();
    events.extend(activity.retires.iter().filter_map(interrupt));
    let mut add = |part: &str, spans: Vec<Span>| {
        events.extend(spans.iter().flat_map(|span| begin_and_end(activity, part, span)));
    };
    add("npu", activity.job_spans().collect());
    for unit in ["load", "exec", "store"] {
        add(unit, activity.descriptor_spans(unit).collect());
    }
    add("tile", activity.tile_spans().collect());
    add("read burst", activity.burst_spans(false).collect());
    add("write burst", activity.burst_spans(true).collect());
    for tokens in &activity.tokens {
        // The first count is that at the start of the wave, which is no event.
        let changes = tokens.counts.iter().skip(1);
        let name = format!("tokens {} to {}", tokens.from, tokens.to);
        events.extend(changes.map(|(cycle, count)| (*cycle, format!("{name}: {count}"))));
    }
    events
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

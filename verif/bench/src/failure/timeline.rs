//! What went on in the chip around a difference, as lanes of the report.

use super::report::model::{Lane, RETIRES, Span, Timeline};
use crate::activity::{Activity, Burst, Descriptor};
use crate::lockstep::{Divergence, Kind};

/// The lanes of the cycles `from..=to`.
pub fn of(activity: &Activity, divergence: &Divergence, (from, to): (u64, u64)) -> Timeline {
    let mut lanes = vec![lane(RETIRES, retires(activity, divergence))];
    lanes.push(lane("NPU", jobs(activity, divergence)));
    for unit in ["load", "exec", "store"] {
        let of_unit = activity.descriptors.iter().filter(|descriptor| descriptor.unit == unit);
        let spans = of_unit.filter_map(|descriptor| descriptor_span(activity, descriptor));
        lanes.push(lane(&unit.to_uppercase(), spans.collect()));
    }
    lanes.push(lane("tiles", tiles(activity)));
    for (name, write) in [("read bursts", false), ("write bursts", true)] {
        let bursts = activity.bursts.iter().filter(|burst| burst.write == write);
        lanes.push(lane(name, bursts.map(|burst| burst_span(activity, burst)).collect()));
    }
    for lane in &mut lanes {
        lane.spans.retain(|span| span.begin <= to && span.end > from);
        for span in &mut lane.spans {
            (span.begin, span.end) = (span.begin.max(from), span.end.min(to + 1));
        }
    }
    lanes.retain(|lane| !lane.spans.is_empty());
    Timeline { from, to, lanes }
}

fn lane(name: &str, spans: Vec<Span>) -> Lane {
    Lane { name: name.to_owned(), spans }
}

fn retires(activity: &Activity, divergence: &Divergence) -> Vec<Span> {
    let differs = divergence.history.last().filter(|pair| pair.rtl != pair.golden);
    let span = |retire: &crate::activity::Retire| Span {
        begin: retire.cycle,
        end: retire.cycle + 1,
        label: retire.mnemonic.clone(),
        detail: format!("{:08x}  {}", retire.pc, retire.effect()),
        failed: differs.is_some_and(|pair| (pair.cycle, pair.rtl.pc) == (retire.cycle, retire.pc)),
    };
    activity.retires.iter().map(span).collect()
}

fn jobs(activity: &Activity, divergence: &Divergence) -> Vec<Span> {
    let is_npu = matches!(divergence.kind, Kind::NpuWrite | Kind::NpuEnd);
    let span = |job: &crate::activity::Job| {
        let begin = job.begin.unwrap_or(activity.begin);
        let end = job.end.map_or(activity.end, |end| end + 1);
        Span {
            begin,
            end,
            label: format!("job {}", job.number),
            detail: job.list.map_or_else(String::new, |list| format!("list at {list:08x}")),
            failed: is_npu && (begin..=end).contains(&divergence.cycle),
        }
    };
    activity.jobs.iter().map(span).collect()
}

fn descriptor_span(activity: &Activity, descriptor: &Descriptor) -> Option<Span> {
    // What only waits in a queue is not at work.
    let begin = match (descriptor.started, descriptor.words) {
        (Some(started), _) => started,
        (None, None) => activity.begin,
        (None, Some(_)) => return None,
    };
    let index = descriptor.index.map_or_else(|| "?".to_owned(), |index| index.to_string());
    Some(Span {
        begin,
        end: descriptor.end().map_or(activity.end, |end| end + 1),
        label: format!("#{index}"),
        detail: descriptor.text.clone(),
        failed: false,
    })
}

fn tiles(activity: &Activity) -> Vec<Span> {
    let span = |tile: &crate::activity::Tile| Span {
        begin: tile.begin.unwrap_or(activity.begin),
        end: tile.end.map_or(activity.end, |end| end + 1),
        label: tile.number.map_or_else(|| "tile".to_owned(), |number| number.to_string()),
        detail: format!("results from accumulator row {}", tile.accumulator_row),
        failed: false,
    };
    activity.tiles.iter().map(span).collect()
}

fn burst_span(activity: &Activity, burst: &Burst) -> Span {
    let address = burst.address.map_or_else(|| "?".to_owned(), |at| format!("{at:08x}"));
    let error = if burst.error { ", answered with an error" } else { "" };
    Span {
        begin: burst.begin.unwrap_or(activity.begin),
        end: burst.end.map_or(activity.end, |end| end + 1),
        label: address,
        detail: format!("{} beats{error}", burst.beats),
        failed: false,
    }
}

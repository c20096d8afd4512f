//! What went on in the chip around a difference, as lanes of the report.

use super::report::model::{Lane, RETIRES, Span, Timeline};
use crate::activity::{self, Activity};
use crate::lockstep::{Divergence, Kind};

/// The lanes of the cycles `from..=to`.
pub fn of(activity: &Activity, divergence: &Divergence, (from, to): (u64, u64)) -> Timeline {
    let mut lanes = vec![lane(RETIRES, retires(activity, divergence))];
    lanes.push(lane("NPU", jobs(activity, divergence)));
    for unit in ["load", "exec", "store"] {
        lanes.push(lane(&unit.to_uppercase(), told(activity.descriptor_spans(unit))));
    }
    lanes.push(lane("tiles", told(activity.tile_spans())));
    for (name, write) in [("read bursts", false), ("write bursts", true)] {
        lanes.push(lane(name, told(activity.burst_spans(write))));
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
    let span = |retire: &activity::Retire| Span {
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
    let mut jobs = told(activity.job_spans());
    for job in &mut jobs {
        job.failed = is_npu && (job.begin..=job.end).contains(&divergence.cycle);
    }
    jobs
}

fn told(spans: impl Iterator<Item = activity::Span>) -> Vec<Span> {
    let told = |activity::Span { begin, end, label, detail }| Span {
        begin,
        end,
        label,
        detail,
        failed: false,
    };
    spans.map(told).collect()
}

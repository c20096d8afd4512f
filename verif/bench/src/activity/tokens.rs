//! Tokens between the NPU's units.

use serde::Serialize;
use systole_isa::Unit;

use super::wave::Wave;

/// One of the six token counters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Tokens {
    /// Unit that gives: `load`, `exec` or `store`.
    pub from: &'static str,
    /// Unit that takes.
    pub to: &'static str,
    /// Cycle and number of tokens from then on; the first entry is the wave's first cycle.
    pub counts: Vec<(u64, u32)>,
}

/// Name of a unit in signal names.
pub(super) const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Load => "load",
        Unit::Exec => "exec",
        Unit::Store => "store",
    }
}

/// The six pairs of units.
fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let names = Unit::ALL.map(unit_name);
    names.into_iter().flat_map(move |from| {
        names.into_iter().filter(move |to| *to != from).map(move |to| (from, to))
    })
}

fn signal(from: &str, to: &str) -> String {
    format!("npu.tokens.{from}_to_{to}")
}

pub(super) fn signals() -> Vec<String> {
    pairs().map(|(from, to)| signal(from, to)).collect()
}

/// The counters that the wave has, and the signals that were missing.
pub(super) fn tokens(wave: &Wave) -> (Vec<Tokens>, Vec<String>) {
    let (mut counters, mut missing) = (Vec::new(), Vec::new());
    for (from, to) in pairs() {
        let name = signal(from, to);
        let Some(probe) = wave.probe(&name) else {
            missing.push(name);
            continue;
        };
        let mut counts: Vec<(u64, u32)> = Vec::new();
        for at in 0..wave.cycles().len() {
            let Some(count) = probe.value(at).map(|count| count as u32) else { continue };
            if counts.last().is_none_or(|&(_, last)| last != count) {
                counts.push((wave.cycles().number(at), count));
            }
        }
        counters.push(Tokens { from, to, counts });
    }
    (counters, missing)
}

//! Clock cycles of a wave: which there are, when they begin, and where their values stand.

use systole_wave::{SignalRef, Wave};

use super::probe::is_one;

/// The clock cycles of a wave. A cycle begins with a rising edge of the clock; its values are those
/// just before the next one, when everything has settled.
///
/// The number of a cycle is the time of its edge divided by the clock's period: in the waves of the
/// bench, where a cycle takes 10 ns and cycle 0 begins at time 0, it is the bench's own number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cycles {
    /// Number of the first cycle.
    first: u64,
    /// When the values of each cycle have settled, in ticks of the wave.
    samples: Vec<u64>,
    /// When each cycle begins, in ns.
    begins: Vec<u64>,
    /// Length of a cycle in ns.
    period: u64,
}

impl Cycles {
    /// Those of the clock `clock`, which must have been loaded; `None` when it never rises.
    pub(super) fn of(wave: &Wave, clock: SignalRef) -> Option<Self> {
        let mut edges: Vec<u64> = Vec::new();
        let mut high = false;
        for (time, value) in wave.changes(clock) {
            let now = is_one(value);
            if now && !high {
                edges.push(time);
            }
            high = now;
        }
        let ends = edges.iter().skip(1).map(|edge| edge.saturating_sub(1));
        let samples = ends.chain([wave.end()]).collect();
        let tick = u128::from(wave.timescale().femtoseconds());
        let ns = |ticks: u64| (u128::from(ticks) * tick / 1_000_000) as u64;
        let begins: Vec<u64> = edges.into_iter().map(ns).collect();
        let first_begin = *begins.first()?;
        // A wave of one cycle does not tell the period; the bench's is 10 ns.
        let period = begins.get(1).map_or(10, |second| second - first_begin).max(1);
        // Half of what fits, so that what is added to it fits, too.
        let first = (first_begin / period).min(u64::MAX / 2);
        Some(Self { first, samples, begins, period })
    }

    /// Number of cycles.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are none, which is never so.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// Number of the cycle at this place in the wave.
    pub fn number(&self, at: usize) -> u64 {
        self.first + at as u64
    }

    /// Number of the first cycle.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of the cycle behind the last one.
    pub fn end(&self) -> u64 {
        self.number(self.len())
    }

    /// When the cycle of this number begins, in ns; outside the wave as if the clock went on.
    pub fn begin_ns(&self, number: u64) -> u64 {
        let known = number.checked_sub(self.first).and_then(|at| self.begins.get(at as usize));
        let last = self.begins.len() as u64 - 1;
        known.copied().unwrap_or_else(|| match number.checked_sub(self.first + last) {
            Some(behind) => {
                self.begins[last as usize].saturating_add(behind.saturating_mul(self.period))
            }
            None => {
                self.begins[0].saturating_sub((self.first - number).saturating_mul(self.period))
            }
        })
    }

    /// When the values of the cycle at this place have settled, in ticks of the wave.
    pub(super) fn sample(&self, at: usize) -> u64 {
        self.samples[at]
    }
}

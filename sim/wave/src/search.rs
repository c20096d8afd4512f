//! Searching a wave for the times at which a condition becomes true.

use std::ops::ControlFlow;

use crate::condition::{Bound, Condition};
use crate::error::Result;
use crate::hierarchy::SignalRef;
use crate::value::Value;
use crate::wave::Wave;

/// A time at which a condition became true, and its signals then.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Time in ticks.
    pub time: u64,
    /// The signals of the condition with their values.
    pub values: Vec<(SignalRef, Value)>,
}

/// The first `count` times, from `from` on, at which the condition becomes true. If it holds at
/// `from` already, that is the first.
///
/// # Errors
/// A name that the wave has not, or a broken file.
pub fn search(wave: &Wave, condition: &Condition, from: u64, count: usize) -> Result<Vec<Hit>> {
    let bound = Bound::new(condition, wave)?;
    let signals = bound.signals();
    let mut search = Search { wave, bound, from, count, time: None, entered: false, hits: vec![] };
    if count == 0 || from > wave.end() {
        return Ok(search.hits);
    }
    wave.stream(&signals, u64::MAX, &mut |time, series, value| {
        if search.time != Some(time) {
            search.finish_step();
            search.enter(time);
            search.time = Some(time);
            if search.hits.len() >= search.count {
                return ControlFlow::Break(());
            }
        }
        search.bound.change(series, &value);
        ControlFlow::Continue(())
    })?;
    search.finish_step();
    search.enter(u64::MAX);
    search.hits.truncate(count);
    Ok(search.hits)
}

struct Search<'a> {
    wave: &'a Wave,
    bound: Bound,
    from: u64,
    count: usize,
    /// The time whose changes are being taken.
    time: Option<u64>,
    /// Whether `from` lies behind.
    entered: bool,
    hits: Vec<Hit>,
}

impl Search<'_> {
    /// All changes of a time are known.
    fn finish_step(&mut self) {
        let Some(time) = self.time else { return };
        if time > self.wave.start() {
            self.bound.begun();
        }
        if time == self.from {
            self.entered = true;
            if self.bound.holds(true) {
                self.hit(time);
            }
        } else if time > self.from && self.bound.became_true() {
            self.hit(time);
        }
        self.bound.step();
    }

    /// Before the changes of `next`: what holds at `from`, if nothing changes just then.
    fn enter(&mut self, next: u64) {
        if !self.entered && next > self.from {
            self.entered = true;
            if self.bound.holds(false) {
                self.hit(self.from.max(self.wave.start()));
            }
        }
    }

    fn hit(&mut self, time: u64) {
        let signals = self.bound.signals().into_iter();
        let values = signals.zip(self.bound.values()).collect();
        self.hits.push(Hit { time, values });
    }
}

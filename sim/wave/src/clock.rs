//! Cycles of a wave.

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::hierarchy::SignalRef;
use crate::timescale::Timescale;
use crate::value::{Kind, Value};
use crate::wave::Wave;

/// A clock: cycle c begins at `phase + c * period`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clock {
    /// Ticks of a cycle; not 0.
    pub period: u64,
    /// Ticks before cycle 0; less than a period.
    pub phase: u64,
}

/// Names that a clock has if nobody says another.
const NAMES: [&str; 4] = ["clk", "clock", "clk_i", "aclk"];
/// Our chips' clock period in femtoseconds: 10 ns.
const PERIOD: u64 = 10_000_000;
/// A clock that nobody named has to rise twice in so many femtoseconds: 20 us. In our own waves,
/// which have one sample a cycle, it never falls, and a gigabyte would be read to see that.
const PATIENCE: u64 = 20_000_000_000;

impl Clock {
    /// The clock of a wave: of the signal `name`, else of a signal `clk`, by its first two rising
    /// edges. A wave without a clock that ticks has that of our chips, where cycle c begins at
    /// 10 c ns.
    ///
    /// # Errors
    /// A signal `name` that is not there or does not rise twice, and a broken file.
    pub fn of(wave: &Wave, name: Option<&str>) -> Result<Self> {
        if let Some(name) = name {
            let signal = wave.find(name)?;
            return Self::measured(wave, signal, u64::MAX)?.ok_or_else(|| {
                Error::new(wave.path(), format!("`{name}` does not rise twice"))
                    .with_help("name a clock with --clock, or give times with a unit, as in 120ns")
            });
        }
        let candidates = wave.signals().filter(|signal| {
            let name = &wave.hierarchy.declaration(signal.reference()).name;
            signal.kind() == Kind::Bits(1) && NAMES.contains(&name.as_str())
        });
        // The outermost one; of these the first.
        let signal = candidates.min_by_key(|signal| signal.scope().len());
        let patience = PATIENCE / wave.timescale().femtoseconds();
        let until = wave.start().saturating_add(patience);
        let measured = match signal {
            Some(signal) => Self::measured(wave, signal.reference(), until)?,
            None => None,
        };
        Ok(measured.unwrap_or_else(|| Self::usual(wave.timescale())))
    }

    /// The clock of our chips.
    pub fn usual(timescale: Timescale) -> Self {
        Self { period: (PERIOD / timescale.femtoseconds()).max(1), phase: 0 }
    }

    /// By the first two rising edges, if there are up to a time.
    fn measured(wave: &Wave, signal: SignalRef, until: u64) -> Result<Option<Self>> {
        let mut last: Option<u64> = None;
        let mut edges = Vec::new();
        wave.stream(&[signal], until, &mut |time, _, value| {
            let now = match &value {
                Value::Bits(bits) => bits.to_u64(),
                Value::Real(_) | Value::Text(_) => None,
            };
            if (last, now) == (Some(0), Some(1)) && edges.last() != Some(&time) {
                edges.push(time);
            }
            last = now;
            if edges.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let [first, second] = edges[..] else { return Ok(None) };
        let period = second - first;
        Ok(Some(Self { period, phase: first % period }))
    }

    /// Time at which a cycle begins; the last time there is, if it would be later.
    pub fn time(self, cycle: u64) -> u64 {
        cycle.saturating_mul(self.period).saturating_add(self.phase)
    }

    /// The cycle in which a time lies; 0 before the first one.
    pub fn cycle(self, time: u64) -> u64 {
        time.saturating_sub(self.phase) / self.period
    }
}

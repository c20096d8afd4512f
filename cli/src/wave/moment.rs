//! Moments on the command line: cycles, or times with a unit.

use systole_wave::{Clock, Timescale, Wave};

use super::error;
use crate::exit::{Error, Result};

/// A moment of a wave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// A clock cycle.
    Cycle(u64),
    /// A time in femtoseconds.
    Time(u128),
}

/// Parses `120` or `120ns`.
pub fn moment(text: &str) -> std::result::Result<Moment, String> {
    let wrong = || format!("`{text}` is not a cycle like 120 or a time like 120ns or 1.5us");
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map(Moment::Cycle).map_err(|_| wrong());
    }
    Timescale::time(text).map(Moment::Time).ok_or_else(wrong)
}

/// Which signal is the clock.
#[derive(clap::Args)]
pub struct ClockArgs {
    /// The clock that counts cycles [default: a signal clk, else a period of 10 ns].
    #[arg(long, value_name = "NAME")]
    clock: Option<String>,
}

impl ClockArgs {
    /// The clock of a wave.
    pub fn of(&self, wave: &Wave) -> Result<Clock> {
        Clock::of(wave, self.clock.as_deref()).map_err(error)
    }
}

impl Moment {
    /// The tick at which it begins.
    pub fn first_tick(self, wave: &Wave, clock: Clock) -> u64 {
        match self {
            Self::Cycle(cycle) => clock.time(cycle),
            // A time between two ticks shows what the earlier one has.
            Self::Time(time) => {
                let tick = u128::from(wave.timescale().femtoseconds());
                u64::try_from(time / tick).unwrap_or(u64::MAX)
            }
        }
    }

    /// The last tick that belongs to it: that of a cycle is its end.
    pub fn last_tick(self, wave: &Wave, clock: Clock) -> u64 {
        match self {
            Self::Cycle(cycle) => clock.time(cycle.saturating_add(1)).saturating_sub(1),
            Self::Time(_) => self.first_tick(wave, clock),
        }
    }

    /// Its first tick, which must not lie outside the wave.
    pub fn inside(self, option: &str, wave: &Wave, clock: Clock) -> Result<u64> {
        let tick = self.first_tick(wave, clock);
        // The cycle in which a wave begins belongs to it as a whole.
        if self.last_tick(wave, clock) >= wave.start() && tick <= wave.end() {
            return Ok(tick.max(wave.start()));
        }
        let span = |tick| {
            let cycle = clock.cycle(tick);
            format!("cycle {cycle} ({})", wave.timescale().show(tick))
        };
        let file = wave.path().display();
        let message = format!("{option} {self} lies outside {file}");
        let (start, end) = (span(wave.start()), span(wave.end()));
        Err(Error::usage(message).help(format!("the wave goes from {start} to {end}")))
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cycle(cycle) => write!(f, "{cycle}"),
            Self::Time(time) if time % 1_000_000 == 0 => write!(f, "{} ns", time / 1_000_000),
            Self::Time(time) => write!(f, "{time} fs"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        assert_eq!(moment("120"), Ok(Moment::Cycle(120)));
        assert_eq!(moment("120ns"), Ok(Moment::Time(120_000_000)));
        assert_eq!(moment("1.5us"), Ok(Moment::Time(1_500_000_000)));
        for bad in ["", "ns", "-1", "12 cycles", "99999999999999999999"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}

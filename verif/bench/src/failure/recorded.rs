//! A wave of the chip as the record that the search for an origin reads.

use std::collections::HashMap;
use std::path::Path;

use systole_hdl::origin::History;
use systole_hdl::{Bits, Design};
use systole_wave::{SignalRef, Value, Wave};

/// Femtoseconds of a clock cycle in our waves: cycle c begins at c times this.
const CYCLE: u128 = 10_000_000;

/// All signals of a wave, by their names in the design.
pub struct Recorded {
    wave: Wave,
    signals: HashMap<String, SignalRef>,
}

impl Recorded {
    /// Reads a whole wave of a simulation of `design`.
    ///
    /// # Errors
    /// A file that is no wave, or a broken one.
    pub fn read(path: &Path, design: &Design) -> Result<Self, systole_wave::Error> {
        let mut wave = Wave::open(path)?;
        let top = &design.top.name;
        let own = |signal: systole_wave::Signal| {
            let scope = signal.scope();
            let outer = scope.iter().position(|name| name == top)? + 1;
            let mut parts: Vec<&str> = scope[outer..].to_vec();
            let name = signal.name();
            parts.push(name.rsplit('.').next().unwrap_or(&name));
            Some((parts.join("."), signal.reference()))
        };
        let signals: HashMap<String, SignalRef> = wave.signals().filter_map(own).collect();
        let all: Vec<SignalRef> = signals.values().copied().collect();
        wave.load(&all)?;
        Ok(Self { wave, signals })
    }

    /// The wave.
    pub fn wave(&self) -> &Wave {
        &self.wave
    }

    /// The last cycle that is in it.
    pub fn last_cycle(&self) -> u64 {
        self.wave.end() / Self::ticks(&self.wave, 1)
    }

    /// When a cycle begins, in ticks of a wave of ours.
    pub fn ticks(wave: &Wave, cycle: u64) -> u64 {
        wave.timescale().ticks(u128::from(cycle) * CYCLE).unwrap_or(u64::MAX)
    }

    /// A value that fits 64 bits.
    pub fn number(&self, name: &str, cycle: u64) -> Option<u64> {
        self.value(name, cycle).map(|bits| bits.to_u64())
    }

    /// Width of a signal.
    pub fn width(&self, name: &str) -> Option<u32> {
        self.signals.get(name).map(|&signal| self.wave.signal(signal).width())
    }
}

impl History for Recorded {
    fn value(&self, name: &str, cycle: u64) -> Option<Bits> {
        let signal = *self.signals.get(name)?;
        let (begin, end) = (Self::ticks(&self.wave, cycle), Self::ticks(&self.wave, cycle + 1));
        if begin < self.wave.start() || begin > self.wave.end() {
            return None;
        }
        // All has settled when the cycle ends.
        let time = end - 1;
        let Value::Bits(bits) = self.wave.value_at(signal, time) else { return None };
        if !bits.is_known() {
            return None;
        }
        let mut words = vec![0; bits.width().div_ceil(64) as usize];
        for (position, character) in (0..bits.width()).rev().zip(bits.characters()) {
            words[position as usize / 64] |= u64::from(character == b'1') << (position % 64);
        }
        Some(Bits::from_words(bits.width(), &words))
    }
}

//! A signal of a wave, looked at once a clock cycle.

use systole_wave::{SignalRef, Value, Wave};

use super::cycles::Cycles;

/// A signal of a wave. `at` is the place of a cycle in the wave: 0 for the first one.
#[derive(Clone, Copy)]
pub struct Probe<'w> {
    wave: &'w Wave,
    signal: SignalRef,
    cycles: &'w Cycles,
}

impl<'w> Probe<'w> {
    pub(super) fn new(wave: &'w Wave, signal: SignalRef, cycles: &'w Cycles) -> Self {
        Self { wave, signal, cycles }
    }

    /// Bits.
    pub fn width(&self) -> u32 {
        self.wave.signal(self.signal).width()
    }

    /// Whether bit 0 is 1.
    pub fn high(&self, at: usize) -> bool {
        self.bit(at, 0)
    }

    /// Whether a bit is 1; unknown ones are not.
    pub fn bit(&self, at: usize, bit: u32) -> bool {
        self.field(at, bit, 1) == Some(1)
    }

    /// The low 64 bits; `None` when one of them is unknown.
    pub fn value(&self, at: usize) -> Option<u64> {
        self.field(at, 0, self.width().min(64))
    }

    /// `width` bits, at most 64, from bit `low` on; `None` when one of them is unknown or not there.
    pub fn field(&self, at: usize, low: u32, width: u32) -> Option<u64> {
        let value = self.wave.value_at(self.signal, self.cycles.sample(at));
        let Value::Bits(bits) = value else { return None };
        let above = bits.width().checked_sub(low.checked_add(width)?)?;
        let field = bits.characters().skip(above as usize).take(width as usize);
        field.into_iter().try_fold(0, |word, bit| match bit {
            b'0' => Some(word << 1),
            b'1' => Some(word << 1 | 1),
            _ => None,
        })
    }
}

/// Whether a value of one bit is 1.
pub(super) fn is_one(value: &Value) -> bool {
    value.bits().is_some_and(|bits| bits.characters().last() == Some(b'1'))
}

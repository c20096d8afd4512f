//! A signal of a wave, looked at once a clock cycle.

use wellen::{Signal, SignalValueRef};

use super::cycles::Cycles;

/// A signal of a wave. `at` is the place of a cycle in the wave: 0 for the first one.
#[derive(Clone, Copy)]
pub struct Probe<'w> {
    signal: &'w Signal,
    cycles: &'w Cycles,
    width: u32,
}

impl<'w> Probe<'w> {
    pub(super) fn new(signal: &'w Signal, cycles: &'w Cycles, width: u32) -> Self {
        Self { signal, cycles, width }
    }

    /// Bits.
    pub fn width(&self) -> u32 {
        self.width
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
        self.field(at, 0, self.width.min(64))
    }

    /// `width` bits, at most 64, from bit `low` on; `None` when one of them is unknown or not there.
    pub fn field(&self, at: usize, low: u32, width: u32) -> Option<u64> {
        let offset = self.signal.get_offset(self.cycles.sample(at))?;
        // Of several values at one time the last one stays.
        let value = self.signal.get_value_at(&offset, offset.elements.checked_sub(1)?);
        let SignalValueRef::BitVec(bits) = value else { return None };
        if low.checked_add(width)? > bits.width() {
            return None;
        }
        (low..low + width).rev().try_fold(0, |word, bit| match bits.get_bit(bit).as_ascii() {
            '0' => Some(word << 1),
            '1' => Some(word << 1 | 1),
            _ => None,
        })
    }
}

/// Whether a value of one bit is 1.
pub(super) fn is_one(value: &SignalValueRef) -> bool {
    matches!(value, SignalValueRef::BitVec(bits) if bits.width() > 0 && bits.get_bit(0).as_ascii() == '1')
}

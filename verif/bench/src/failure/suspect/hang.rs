//! A program that does not end: what it waits for.

use systole_hdl::Bits;
use systole_hdl::origin::{Expected, Question, Step, origin};

use super::{Search, WAIT};
use crate::failure::explain::AFTER_HANG;

impl Search<'_> {
    /// What keeps bit 0 of `signal` from being 1 when all that could still happen has.
    pub(super) fn awaited(&self, signal: &str) -> Vec<Step> {
        let cycle = self.wave.last_cycle().min(self.divergence.cycle + AFTER_HANG);
        let expected = Expected::Value(Bits::new(1, 1));
        let question =
            Question { signal, low: 0, cycle, expected, right: &[], prefer: &WAIT, awaited: true };
        origin(self.design, self.wave, &question)
    }
}

//! A program that does not end: what it waits for.

use systole_hdl::Bits;
use systole_hdl::origin::{Expected, Question, Step, origin};

use super::{Search, WAIT};

/// Cycles after which nothing more happens.
const STANDSTILL: u64 = 1900;

impl Search<'_> {
    /// An NPU job that should have ended, or an instruction that should have retired.
    pub(super) fn hang(&self) -> Vec<Step> {
        let cycle = self.wave.last_cycle().min(self.divergence.cycle + STANDSTILL);
        let job = self.number("npu.registers.busy", cycle) == 1;
        let signal = if job { "npu_job_end" } else { "rvfi_valid" };
        let expected = Expected::Value(Bits::new(1, 1));
        let question =
            Question { signal, low: 0, cycle, expected, right: &[], prefer: &WAIT, awaited: true };
        origin(self.design, self.wave, &question)
    }
}

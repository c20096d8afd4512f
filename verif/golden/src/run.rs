//! Running alone at full speed. Time is counted in steps: `mcycle` and `mtime` advance by one with
//! each instruction.

use crate::environment::Alone;
use crate::machine::Machine;

/// When to stop apart from the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stop {
    /// Stop after a store to the doubleword at this address (HTIF's `tohost`).
    pub tohost: Option<u32>,
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StopReason {
    /// The number of instructions was reached.
    Limit,
    /// `tohost` was written; its value as 64 bits.
    Tohost(u64),
    /// An NPU job was longer than [`Machine::limit_jobs`] allows; it did not run.
    LongJob,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RunEnd {
    /// Steps made: instructions, those that trapped included.
    pub instructions: u64,
    /// Why it ended.
    pub reason: StopReason,
}

impl Machine {
    /// Runs at most `max_instructions`. The same semantics as [`Machine::step_alone`].
    pub fn run(&mut self, max_instructions: u64, stop: Stop) -> RunEnd {
        self.memory.watch(stop.tohost);
        let mut left = max_instructions;
        while left > 0 {
            self.attention = false;
            if let Some(cause) = self.pending_interrupt(self.interrupt_lines()) {
                self.hart.enter_interrupt(cause);
            }
            // Lines change at a device store and at the timer's deadline only.
            let burst = self.clint.until_timer(self.now).map_or(left, |wait| wait.min(left));
            left -= if self.is_supervised() {
                self.run_undisturbed::<true>(burst)
            } else {
                self.run_undisturbed::<false>(burst)
            };
            if self.npu.take_long_job() {
                let instructions = max_instructions - left;
                return RunEnd { instructions, reason: StopReason::LongJob };
            }
            if self.memory.take_watched()
                && let Some(value) = stop.tohost.and_then(|address| self.doubleword(address))
            {
                let reason = StopReason::Tohost(value);
                return RunEnd { instructions: max_instructions - left, reason };
            }
        }
        RunEnd { instructions: max_instructions, reason: StopReason::Limit }
    }

    /// Steps until something needs attention; returns the number of steps.
    fn run_undisturbed<const SUPERVISED: bool>(&mut self, steps: u64) -> u64 {
        for step in 0..steps {
            self.advance::<_, SUPERVISED>(&mut Alone, None);
            if self.attention {
                return step + 1;
            }
        }
        steps
    }

    fn doubleword(&self, address: u32) -> Option<u64> {
        let bytes = self.memory.read(address, 8).ok()?;
        Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }
}

//! Counters (privileged manual 3.1.10 to 3.1.12): `mcycle`, `minstret`, `mhpmcounter3..31` with
//! their event selectors, and `mcountinhibit`.

use crate::events::{self, is_timing};

/// Number of the first event counter; counter `n` has bit `n` of `mcountinhibit` and `mcounteren`.
const FIRST: usize = 3;
const INHIBIT_CYCLE: u32 = 1 << 0;
const INHIBIT_INSTRET: u32 = 1 << 2;
/// `mhpmevent` holds 5 bits.
const EVENT_BITS: u32 = 0x1f;

/// Half of a 64-bit counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Half {
    Low,
    High,
}

impl Half {
    pub fn of(self, value: u64) -> u32 {
        match self {
            Self::Low => value as u32,
            Self::High => (value >> 32) as u32,
        }
    }

    pub fn replaced(self, old: u64, value: u32) -> u64 {
        match self {
            Self::Low => old & !0xffff_ffff | u64::from(value),
            Self::High => old & 0xffff_ffff | u64::from(value) << 32,
        }
    }
}

/// One event counter.
///
/// How far a timing event counts is known to the RTL only. The rule for what a counter then reads:
/// both halves are *of time* as long as the counter selects a timing event and is not inhibited; a
/// half stays so until software writes it; and whenever a counter whose low half is of time counts,
/// its high half becomes so, for there may have been a carry.
#[derive(Clone, Copy, Default, Debug)]
struct EventCounter {
    value: u64,
    event: u8,
    low_of_time: bool,
    high_of_time: bool,
}

impl EventCounter {
    fn count(&mut self) {
        self.value = self.value.wrapping_add(1);
        self.high_of_time |= self.low_of_time;
    }

    fn write(&mut self, half: Half, value: u32) {
        self.value = half.replaced(self.value, value);
        match half {
            Half::Low => self.low_of_time = false,
            Half::High => self.high_of_time = false,
        }
    }
}

/// All counters.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    inhibit: u32,
    /// `mcycle` minus the time when it counts, `mcycle` when it does not.
    cycle_base: u64,
    pub instret: u64,
    /// What a retiring instruction adds to `minstret`: 0 when inhibited, else 1.
    pub instret_step: u64,
    event_counters: Vec<EventCounter>,
    /// Some counter counts an event that is not timing.
    pub counts_events: bool,
}

impl Counters {
    /// With the given number of event counters that count.
    pub fn new(event_counters: u32) -> Self {
        let event_counters = (event_counters as usize).min(32 - FIRST);
        Self {
            inhibit: 0,
            cycle_base: 0,
            instret: 0,
            instret_step: 1,
            event_counters: vec![EventCounter::default(); event_counters],
            counts_events: false,
        }
    }

    /// The bits of `mcountinhibit` and `mcounteren` that belong to event counters that count.
    pub fn event_counter_bits(&self) -> u32 {
        ((1 << self.event_counters.len()) - 1) << FIRST
    }

    /// `mcycle` at time `now` (cycles since reset).
    pub fn cycle(&self, now: u64) -> u64 {
        if self.counts_cycles() { self.cycle_base.wrapping_add(now) } else { self.cycle_base }
    }

    fn counts_cycles(&self) -> bool {
        self.inhibit & INHIBIT_CYCLE == 0
    }

    /// Makes `mcycle` read `value` at time `now`.
    fn set_cycle(&mut self, value: u64, now: u64) {
        self.cycle_base = if self.counts_cycles() { value.wrapping_sub(now) } else { value };
    }

    /// The explicit write replaces the count of the writing instruction (unprivileged manual 6.1),
    /// so that the next instruction, one unit of time later, reads what was written.
    pub fn write_cycle(&mut self, half: Half, value: u32, now: u64) {
        let written = half.replaced(self.cycle(now), value);
        let next = if self.counts_cycles() { now.wrapping_add(1) } else { now };
        self.set_cycle(written, next);
    }

    /// As for `mcycle`. The step that the writing instruction will make is taken off in advance. A
    /// write of either half replaces the count of the whole 64-bit register.
    pub fn write_instret(&mut self, half: Half, value: u32) {
        let written = half.replaced(self.instret, value);
        self.instret = written.wrapping_sub(self.instret_step);
    }

    pub fn inhibit(&self) -> u32 {
        self.inhibit
    }

    /// The writing instruction itself is counted by the old setting.
    pub fn write_inhibit(&mut self, value: u32, now: u64) {
        let cycle = self.cycle(now);
        let (was_counting, old_step) = (self.counts_cycles(), self.instret_step);
        self.inhibit = value & (INHIBIT_CYCLE | INHIBIT_INSTRET | self.event_counter_bits());
        let cycle = match (was_counting, self.counts_cycles()) {
            (true, false) => cycle.wrapping_add(1),
            (false, true) => cycle.wrapping_sub(1),
            _ => cycle,
        };
        self.set_cycle(cycle, now);
        self.instret_step = u64::from(self.inhibit & INHIBIT_INSTRET == 0);
        self.instret = self.instret.wrapping_add(old_step).wrapping_sub(self.instret_step);
        self.follow_selection();
    }

    /// Value of counter `number`, 3 to 31; 0 when it does not count.
    pub fn event_counter(&self, number: usize) -> u64 {
        self.event_counters.get(number - FIRST).map_or(0, |counter| counter.value)
    }

    /// Whether half of counter `number` depends on time.
    pub fn is_of_time(&self, number: usize, half: Half) -> bool {
        self.event_counters.get(number - FIRST).is_some_and(|counter| match half {
            Half::Low => counter.low_of_time,
            Half::High => counter.high_of_time,
        })
    }

    /// Writes half of counter `number` and returns what was stored. No CSR instruction is an event
    /// of instructions itself, so there is no count to replace.
    pub fn write_event_counter(&mut self, number: usize, half: Half, value: u32) -> u32 {
        let Some(counter) = self.event_counters.get_mut(number - FIRST) else {
            return 0;
        };
        counter.write(half, value);
        self.follow_selection();
        value
    }

    /// `mhpmevent` of counter `number`.
    pub fn event(&self, number: usize) -> u32 {
        self.event_counters.get(number - FIRST).map_or(0, |counter| u32::from(counter.event))
    }

    pub fn write_event(&mut self, number: usize, value: u32) {
        if let Some(counter) = self.event_counters.get_mut(number - FIRST) {
            counter.event = (value & EVENT_BITS) as u8;
        }
        self.follow_selection();
    }

    /// What follows from which counters count what, after a write to any of their registers.
    fn follow_selection(&mut self) {
        let inhibit = self.inhibit;
        self.counts_events = false;
        for (index, counter) in self.event_counters.iter_mut().enumerate() {
            if inhibit >> (index + FIRST) & 1 == 1 {
                continue;
            }
            if is_timing(counter.event) {
                counter.low_of_time = true;
                counter.high_of_time = true;
            }
            self.counts_events |= events::ALL >> counter.event & 1 == 1;
        }
    }

    /// Counts events: bit `n` of the set is event `n`.
    pub fn count(&mut self, happened: u32) {
        let inhibit = self.inhibit;
        for (index, counter) in self.event_counters.iter_mut().enumerate() {
            let counts = inhibit >> (index + FIRST) & 1 == 0;
            if counts && happened >> counter.event & 1 == 1 {
                counter.count();
            }
        }
    }
}

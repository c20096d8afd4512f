//! From a difference to the line of the source that the wrong value comes from.
//!
//! Lockstep says what differs at the edge of the chip. Often something differs before that: an operand
//! of the instruction, the address of an access. What comes first is followed back through the wave of
//! the failing run ([`systole_hdl::origin`]).

mod bus;
mod hang;
mod memory;
mod npu;
mod retire;

use systole_hdl::origin::{Expected, History, Question, Step, origin};
use systole_hdl::{Bits, Design};

use super::recorded::Recorded;
use crate::lockstep::{Clue, Divergence, Kind};

/// The way back from the difference: the nearest signal first, the last one is where the wrong value
/// comes from. Empty when the wave does not tell.
pub fn suspect(design: &Design, wave: &Recorded, divergence: &Divergence) -> Vec<Step> {
    let right = retire::right(wave, divergence);
    let search = Search { design, wave, divergence, right, prefer: &[] };
    match divergence.kind {
        Kind::Retire => search.beyond_memory(search.retire()),
        _ => divergence.clue.map_or_else(Vec::new, |clue| search.clue(clue)),
    }
}

/// What an interrupt that is taken or not has to do with.
const INTERRUPT: [&str; 2] = ["interrupts_pending", "interrupt_pending"];
/// What keeps an instruction from retiring, a job from ending, and what is queued from leaving.
const WAIT: [&str; 7] =
    ["drained", "done", "wfi_waits", "bus_waits", "writeback_waiting", "wakeup", "pop_ready"];

#[derive(Clone)]
struct Search<'a> {
    design: &'a Design,
    wave: &'a Recorded,
    divergence: &'a Divergence,
    /// What the instruction that differs is given: its operands and its address.
    right: Vec<Bits>,
    /// Signals that what is looked for has to do with, the best first.
    prefer: &'a [&'a str],
}

/// A signal that may be wrong, and what it should be.
#[derive(Clone)]
struct Wrong {
    signal: &'static str,
    low: u32,
    cycle: u64,
    expected: Bits,
}

impl Search<'_> {
    fn clue(&self, clue: Clue) -> Vec<Step> {
        match clue {
            Clue::NpuByte { cycle, rtl, golden, .. } => {
                self.npu_byte(u64::from(cycle), rtl, golden)
            }
            Clue::NpuEnd { rtl, golden } => self.npu_end(rtl, golden),
            Clue::HartStandsStill => self.awaited("rvfi_valid"),
            Clue::NpuStandsStill => self.awaited("npu_job_end"),
            Clue::NpuEndsEarly => self.follow_bit("npu_job_end", 0, false),
            Clue::Interrupt { expected } => {
                self.preferring(&INTERRUPT).follow_retired("rvfi_intr", 1, 0, expected)
            }
            Clue::InterruptLine { line, expected } => {
                self.follow_retired("rvfi_mip", 32, line, expected)
            }
            Clue::Retired => self.preferring(&WAIT).follow_retired("rvfi_valid", 1, 0, false),
            Clue::TimedRead => self.timed_read(),
            Clue::Bus(port, violation) => self.bus(port, violation),
            Clue::Memory { address, golden } => self.memory_byte(address, golden),
        }
    }

    /// The same with signals that are preferred.
    fn preferring<'b>(&self, prefer: &'b [&'b str]) -> Search<'b>
    where
        Self: 'b,
    {
        Search { prefer, ..self.clone() }
    }

    fn follow(&self, signal: &str, low: u32, cycle: u64, expected: Expected) -> Vec<Step> {
        let right = &self.right;
        let question =
            Question { signal, low, cycle, expected, right, prefer: self.prefer, awaited: false };
        origin(self.design, self.wave, &question)
    }

    fn follow_wrong(&self, wrong: &Wrong) -> Vec<Step> {
        let expected = Expected::Value(wrong.expected.clone());
        self.follow(wrong.signal, wrong.low, wrong.cycle, expected)
    }

    /// A bit of a signal in the cycle of the difference.
    fn follow_bit(&self, signal: &str, bit: u32, expected: bool) -> Vec<Step> {
        let expected = Expected::Value(Bits::new(1, expected.into()));
        self.follow(signal, bit, self.divergence.cycle, expected)
    }

    /// A bit of what the retire port tells of the instruction that is wrong, in a signal that has
    /// `width` bits for each instruction of a cycle.
    fn follow_retired(&self, signal: &str, width: u32, bit: u32, expected: bool) -> Vec<Step> {
        let channel = retire::channel(self.wave, self.divergence);
        channel.map_or_else(Vec::new, |channel| {
            self.follow_bit(signal, width * channel + bit, expected)
        })
    }

    /// Whether it is wrong in the wave.
    fn is_wrong(&self, wrong: &Wrong) -> bool {
        let high = wrong.low + wrong.expected.width() - 1;
        let value = self.wave.value(wrong.signal, wrong.cycle);
        value.is_some_and(|value| value.slice(high, wrong.low) != wrong.expected)
    }

    /// The value of a signal of at most 64 bits; 0 where it is not known.
    fn number(&self, signal: &str, cycle: u64) -> u64 {
        self.wave.number(signal, cycle).unwrap_or_default()
    }
}

//! Counters: cycles, retired instructions, events.

use systole_hdl::prelude::*;

use super::words::Sparse;
use super::{Rows, Write};
use crate::config::CoreConfig;
use crate::core::encoding::csr;

/// Bits of the events that exist, number 0 among them, which never happens.
pub const EVENTS: u32 = 20;

/// A counter and what it needs.
struct Counter<'a> {
    name: &'a str,
    /// Its number among the counters: 0, 2 or 3 and more.
    index: u32,
    /// Readable in U mode under another number.
    shadow: bool,
    increment: Signal,
}

/// Inputs: what is counted.
struct Counted {
    /// An instruction retires, and whether it is two of them.
    retire: Signal,
    pair: Option<Signal>,
    /// `events` of the instructions and of the pipeline, and those of a second instruction.
    events: Vec<Signal>,
}

/// All counters, with `mcountinhibit`, `mhpmevent` and `mcounteren`.
pub fn counters(m: M, config: &CoreConfig, rows: &mut Rows, retire: Signal, write: &Write) {
    let hpm = config.hpm_counters;
    let counted = Counted::inputs(m, config, retire);
    let inhibited = inhibit(m, hpm, rows, write);

    let mcycle = (!inhibited(0)).named("mcycle_increment").ext(2);
    counter(
        m,
        rows,
        write,
        &Counter { name: "mcycle", index: 0, shadow: config.zicntr, increment: mcycle },
    );
    let retired = match counted.pair {
        Some(pair) => cat(&[pair, counted.retire & !pair]).named("retired_instructions"),
        None => counted.retire.ext(2),
    };
    let minstret = (retired & (!inhibited(2)).repeat(2)).named("minstret_increment");
    counter(
        m,
        rows,
        write,
        &Counter { name: "minstret", index: 2, shadow: config.zicntr, increment: minstret },
    );
    for index in 3..3 + hpm {
        let name = format!("mhpmcounter{index}");
        let happened = counted.happened(m, index, rows, write);
        let increment = (happened & (!inhibited(index)).repeat(happened.width()))
            .named(format!("{name}_increment"));
        counter(m, rows, write, &Counter { name: &name, index, shadow: true, increment });
    }
    if config.zicntr {
        time(m, rows, write);
    }
    if config.user_mode {
        counter_enable(m, config, rows, write);
    }
}

impl Counted {
    fn inputs(m: M, config: &CoreConfig, retire: Signal) -> Self {
        let two = config.issue_width > 1;
        let mut events = Vec::new();
        if config.hpm_counters > 0 {
            events.push(m.input("events", U(EVENTS)).doc("bit n: event n happens"));
            if two {
                let second = m.input("events_second", U(EVENTS));
                events.push(second.doc("the same of a second instruction"));
            }
        }
        let pair = two.then(|| m.input("retire_pair", Bit).doc("two instructions retire"));
        Self { retire, pair, events }
    }

    /// How often the event of counter `index` happens in this cycle: 0, 1 or 2.
    fn happened(&self, m: M, index: u32, rows: &mut Rows, write: &Write) -> Signal {
        let event = m.reg(format!("mhpmevent{index}"), U(5)).reset(0);
        let number = csr::MHPMEVENT3 + index - 3;
        let select = write.selector.select(&format!("mhpmevent{index}"), number);
        m.clocked(|| {
            when(write.enable & select, || event.set(write.value.bits(4, 0)));
        });
        rows.add(select, event.ext(32), write.value.bits(4, 0).ext(32));
        let first = self.events[0].bit_at(event).named(format!("event_{index}"));
        match self.events.get(1) {
            Some(second) => {
                let second = second.bit_at(event).named(format!("event_{index}_second"));
                first.ext(2) + second.ext(2)
            }
            None => first,
        }
    }
}

/// `mcountinhibit`; gives the bit of a counter.
fn inhibit(m: M, hpm: u32, rows: &mut Rows, write: &Write) -> impl Fn(u32) -> Signal + use<> {
    let events = ((1 << hpm) - 1) << 3;
    let bits = Sparse::new(0b101 | events).expect("two bits at least");
    let inhibit = m.reg("mcountinhibit_bits", U(bits.width())).reset(0);
    let select = write.selector.select("mcountinhibit", csr::MCOUNTINHIBIT);
    m.clocked(|| {
        when(write.enable & select, || inhibit.set(bits.pack(write.value)));
    });
    rows.add(select, bits.word(inhibit), bits.word(bits.pack(write.value)));
    move |index| inhibit.bit(bits.position(index).unwrap_or(0))
}

/// `mcounteren`, also as an output.
fn counter_enable(m: M, config: &CoreConfig, rows: &mut Rows, write: &Write) {
    let base = if config.zicntr { 0b111 } else { 0 };
    let events = ((1_u32 << config.hpm_counters) - 1) << 3;
    let Some(bits) = Sparse::new(base | events) else { return };
    let enable = m.reg("mcounteren_bits", U(bits.width())).reset(0);
    let select = write.selector.select("mcounteren", csr::MCOUNTEREN);
    m.clocked(|| {
        when(write.enable & select, || enable.set(bits.pack(write.value)));
    });
    rows.add(select, bits.word(enable), bits.word(bits.pack(write.value)));
    m.output("counter_enable", bits.word(enable)).doc("mcounteren");
}

/// A 64-bit counter. A write to either half replaces the increment of the whole.
fn counter(m: M, rows: &mut Rows, write: &Write, c: &Counter) {
    let count = m.reg(format!("{}_count", c.name), U(64)).reset(0);
    let machine = csr::MCYCLE + c.index;
    let select = |half: &str, offset: u32| {
        let mut numbers = vec![machine + offset];
        if c.shadow {
            numbers.push(csr::CYCLE + c.index + offset);
        }
        write.selector.select_any(&format!("{}{half}", c.name), &numbers)
    };
    let (low, high) = (select("", 0), select("h", csr::HIGH_HALF));
    let (low_word, high_word) = (count.bits(31, 0), count.bits(63, 32));
    // By one: whether it counts is known later than what it counts to.
    let step = if c.increment.width() == 1 { lit(1, U(64)) } else { c.increment.ext(64) };
    m.clocked(|| {
        when(write.enable & low, || count.set(cat(&[high_word, write.value])))
            .or_when(write.enable & high, || count.set(cat(&[write.value, low_word])))
            .or_when(c.increment.any(), || count.set(count + step));
    });
    rows.add(low, low_word, write.value);
    rows.add(high, high_word, write.value);
}

/// `time` is the CLINT's.
fn time(m: M, rows: &mut Rows, write: &Write) {
    let mtime = m.input("mtime", U(64)).doc("of the CLINT");
    let halves = [("time", 0, mtime.bits(31, 0)), ("timeh", csr::HIGH_HALF, mtime.bits(63, 32))];
    for (name, offset, value) in halves {
        let select = write.selector.select(name, csr::TIME + offset);
        rows.add(select, value, value);
    }
}

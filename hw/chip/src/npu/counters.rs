//! Performance counters: what the units and the bus did during a job.

use systole_hdl::prelude::*;

use super::shape::Shape;
use crate::config::NpuConfig;

/// The events that are counted, in the order of their registers in docs/npu.md.
pub const EVENTS: [&str; 11] = [
    "exec_busy",
    "exec_wait_token",
    "exec_wait_weights",
    "load_busy",
    "load_wait_token",
    "store_busy",
    "store_wait_token",
    "store_wait_requantise",
    "read_beat",
    "write_beat",
    "matrix_wave",
];

/// Register offset of the first counter; the others follow, 4 bytes each.
pub const FIRST_OFFSET: u32 = 0x28;

/// Register offset of the last counter.
pub const LAST_OFFSET: u32 = FIRST_OFFSET + 4 * (EVENTS.len() as u32 - 1);

/// A 32-bit counter for each of [`EVENTS`]: one more in each cycle in which its event and `count` are
/// high. Beats of the bus count as bus words, in bytes.
pub fn counters(config: &NpuConfig) -> Module {
    let bus_log = Shape::of(config).bus_log;
    module("npu_counters", |m| {
        m.doc("Performance counters.");
        let clear = m.input("clear", Bit);
        let count = m.input("count", Bit).doc("a job runs");
        let word = m.input("word", U(10)).doc("word offset of the register to read");
        let value = m.output_wire("value", U(32));
        let counters = EVENTS.map(|event| {
            let happens = m.input(event, Bit);
            let unit_log = if event.ends_with("_beat") { bus_log } else { 0 };
            let counter = m.reg(format!("{event}_count"), U(32 - unit_log)).reset(0);
            m.clocked(|| {
                when(count & happens, || counter.set(counter + 1));
                when(clear, || counter.set(0));
            });
            if unit_log == 0 { counter } else { cat(&[counter, zero(U(unit_log))]) }
        });
        m.comb(|| {
            value.set(0);
            switch(word, |s| {
                for (number, counter) in counters.iter().enumerate() {
                    let offset = FIRST_OFFSET / 4 + number as u32;
                    s.case(u64::from(offset), || value.set(*counter));
                }
                s.default(|| value.set(0));
            });
        });
    })
}

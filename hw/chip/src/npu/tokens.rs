//! Dependency tokens between the units, and the gate in front of each unit.

use systole_hdl::prelude::*;

use super::descriptor::{COMMAND, UNITS, signal_mask, wait_mask};
use crate::blocks::{FifoPorts, bits_for, fifo};

/// Descriptors that a unit may have started and not completed.
const IN_FLIGHT: u32 = 4;

/// The six token counters.
///
/// For each unit u: `u_waits_for[2:0]` in and `u_token_available` out (all tokens waited for are there),
/// `u_take` in; `u_signal[2:0]` in and `u_signal_ready` out (none of those counters is full),
/// `u_give` in.
pub fn tokens() -> Module {
    module("npu_tokens", |m| {
        m.doc("Token counters: one for each ordered pair of units, 0 to 15.");
        let clear = m.input("clear", Bit).doc("end of the job: no tokens");
        let input = |kind: &str, ty| UNITS.map(|unit| m.input(format!("{unit}_{kind}"), ty));
        let waits = input("waits_for", U(3));
        let takes = input("take", Bit);
        let signals = input("signal", U(3));
        let gives = input("give", Bit);

        let mut available = [lit(1, Bit); 3];
        let mut ready = [lit(1, Bit); 3];
        for from in 0..3 {
            for to in (0..3).filter(|&to| to != from) {
                let (giver, taker) = (UNITS[from], UNITS[to]);
                let count = m.reg(format!("{giver}_to_{taker}"), U(4)).reset(0);
                let wanted = waits[to].bit(from as u32);
                let offered = signals[from].bit(to as u32);
                let take = (takes[to] & wanted).named(format!("take_{giver}_to_{taker}"));
                let give = (gives[from] & offered).named(format!("give_{giver}_to_{taker}"));
                m.clocked(|| {
                    when(give & !take, || count.set(count + 1))
                        .or_when(take & !give, || count.set(count - 1));
                    when(clear, || count.set(0));
                });
                let present = (!wanted | count.ne(0)).named(format!("{taker}_has_{giver}"));
                let room = (!offered | count.ne(15)).named(format!("{giver}_room_{taker}"));
                available[to] = available[to] & present;
                ready[from] = ready[from] & room;
            }
        }
        for (unit, (available, ready)) in UNITS.iter().zip(available.into_iter().zip(ready)) {
            m.output(format!("{unit}_token_available"), available);
            m.output(format!("{unit}_signal_ready"), ready);
        }
    })
}

/// The gate of one unit: a queue of commands in front of it, tokens taken before a command starts,
/// tokens given after it completes.
///
/// `depth` commands may wait. `drop` throws away what has not started and lets completed commands
/// go without giving their tokens; `aborted` says that the unit will complete nothing any more.
pub fn gate(depth: u32) -> Module {
    let queue = fifo("npu_command_queue", depth, COMMAND);
    let masks = fifo("npu_signal_queue", IN_FLIGHT, U(3));
    module("npu_gate", |m| {
        m.doc("Command queue of a unit with its token gate.");
        let command_valid = m.input("command_valid", Bit);
        let command = m.input("command", COMMAND);
        let start_ready = m.input("start_ready", Bit).doc("the unit can take a command");
        let done = m.input("done", Bit).doc("pulse: the oldest started command is complete");
        let token_available = m.input("token_available", Bit);
        let signal_ready = m.input("signal_ready", Bit);
        let drop = m.input("drop", Bit).doc("a bus error or the hart stopped the job");
        let aborted = m.input("aborted", Bit);
        let clear = m.input("clear", Bit).doc("end of the job");

        m.section("Before the start");
        let take = m.output_wire("take", Bit);
        let flush = (drop | clear).named("flush");
        let waiting = FifoPorts::connect(m, "queue", &queue, (command_valid, command), take, flush);
        m.output("command_ready", waiting.push_ready);
        let started_room = m.wire("started_room", Bit);
        let gate_open = (token_available & started_room & !drop).named("gate_open");
        let start_valid = m.output("start_valid", waiting.pop_valid & gate_open);
        m.output("start_command", waiting.pop_data);
        m.output("waits_for", wait_mask(waiting.pop_data));
        m.output("waits_for_token", waiting.pop_valid & !token_available & !drop);
        take.drive(start_valid & start_ready);

        m.section("After completion");
        let completed = m.reg("completed", U(bits_for(IN_FLIGHT))).reset(0);
        let retire = m.wire("retire", Bit);
        let mask = signal_mask(waiting.pop_data);
        let started = FifoPorts::connect(m, "started", &masks, (take, mask), retire, clear);
        started_room.drive(started.push_ready);
        m.output("signal", started.pop_data);
        retire.drive(completed.ne(0) & (signal_ready | drop));
        m.output("give", retire & !drop);
        m.clocked(|| {
            when(done & !retire, || completed.set(completed + 1))
                .or_when(retire & !done, || completed.set(completed - 1));
            when(clear, || completed.set(0));
        });
        let nothing_started = (!started.pop_valid | aborted).named("nothing_started");
        m.output("idle", !waiting.pop_valid & nothing_started);
        m.check("completes_what_it_started", !done | started.pop_valid);
    })
}

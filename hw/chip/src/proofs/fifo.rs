//! Queues, and queues of two entries as slices of a stream.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;
use systole_hdl::probe;

use super::{Method, Proof};
use crate::blocks::{bits_for, fifo};

pub const PROOFS: &[Proof] = &[
    Proof {
        name: "fifo",
        statement: "A queue of 3 entries gives what it took, in order, unchanged and once; it \
                    never takes a fourth, never gives what it does not have, and is empty after \
                    a flush.",
        module: || queue(3),
        method: Method::Induction { k: 1, cycles: 10 },
        faults: &[
            Fault {
                name: "push-when-full",
                description: "takes an entry whatever the level is",
                module: "fifo_under_proof",
                signal: "push",
                target: Target::Drive,
                bad: |c| c.signal("push_valid"),
            },
            Fault {
                name: "flush-keeps-tail",
                description: "a flush empties the queue without moving its tail",
                module: "fifo_under_proof",
                signal: "tail",
                target: Target::Drive,
                bad: |c| c.signal("flush").mux(c.signal("tail"), c.original()),
            },
        ],
    },
    Proof {
        name: "slice",
        statement: "A queue of 2 entries is a slice of a stream: an entry offered stays offered, \
                    unchanged, until it is taken; neither side sees the other in the same cycle; \
                    a stream that is never refused is never held up.",
        module: slice,
        method: Method::Induction { k: 1, cycles: 8 },
        faults: &[Fault {
            name: "combinational-ready",
            description: "a full slice takes an entry when it gives one",
            module: "fifo_under_proof",
            signal: "push_ready",
            target: Target::Drive,
            bad: |c| c.original() | c.signal("pop_ready"),
        }],
    },
];

/// Any entry.
const DATA: Ty = U(4);

/// A queue beside shift registers that do the same.
fn queue(capacity: u32) -> Module {
    let under_proof =
        probe(&fifo("fifo_under_proof", capacity, DATA), &["level", "head", "tail"], &["entries"]);
    module("proof_fifo", |m| {
        let push_valid = m.input("push_valid", Bit);
        let push_data = m.input("push_data", DATA);
        let pop_ready = m.input("pop_ready", Bit);
        let flush = m.input("flush", Bit);
        let queue = m
            .instance("queue", &under_proof)
            .pin("push_valid", push_valid)
            .pin("push_data", push_data)
            .pin("pop_ready", pop_ready)
            .pin("flush", flush);

        m.section("What a queue is: the oldest entry first");
        let level = m.reg("held", U(bits_for(capacity))).reset(0);
        let entries: Vec<Signal> =
            (0..capacity).map(|index| m.reg(format!("held_{index}"), DATA)).collect();
        let push = (push_valid & level.ne(u64::from(capacity))).named("takes");
        let pop = (pop_ready & level.ne(0)).named("gives");
        let behind = (level - pop.ext(level.width())).named("left");
        m.clocked(|| {
            level.set(flush.mux(0, behind + push.ext(level.width())));
            for (index, entry) in (0u64..).zip(&entries) {
                let older = entries.get(index as usize + 1).copied().unwrap_or(*entry);
                let stays = pop.mux(older, *entry);
                entry.set((push & behind.eq(index)).mux(push_data, stays));
            }
        });

        m.section("The queue does the same");
        m.check("has_entries", queue.out("pop_valid").eq(level.ne(0)));
        m.check("has_room", queue.out("push_ready").eq(level.ne(u64::from(capacity))));
        m.check("oldest_first", level.eq(0) | queue.out("pop_data").eq(entries[0]));

        m.section("Inside: the entries lie from head to tail");
        let (head, tail) = (queue.out("probe_head"), queue.out("probe_tail"));
        m.check("levels_agree", queue.out("probe_level").eq(level));
        m.check("pointers_agree", (tail - head).eq(level.resize(head.width())));
        let depth = 1u64 << head.width();
        let words: Vec<Signal> =
            (0..depth).map(|word| queue.out(format!("probe_entries_{word}"))).collect();
        for (index, entry) in (0u64..).zip(&entries) {
            let word = select((head + index).named(format!("place_{index}")), &words);
            m.check(format!("entry_{index}_agrees"), level.le(index) | word.eq(*entry));
        }

        m.cover("full", level.eq(u64::from(capacity)));
        m.cover("pushed_and_popped", push & pop);
        m.cover("flushed_when_full", flush & level.eq(u64::from(capacity)));
    })
}

/// Two slices with one past, but each with its own present.
fn slice() -> Module {
    let under_proof =
        probe(&fifo("fifo_under_proof", 2, DATA), &["level", "head", "tail"], &["entries"]);
    module("proof_slice", |m| {
        let inputs = ["one", "other"].map(|name| {
            let input = |port: &str, ty| m.input(format!("{name}_{port}"), ty);
            [input("push_valid", Bit), input("push_data", DATA), input("pop_ready", Bit)]
        });
        let slices = ["one", "other"].map(|name| m.instance(name, &under_proof));
        for (slice, [push_valid, push_data, pop_ready]) in slices.iter().zip(inputs) {
            slice
                .pin("push_valid", push_valid)
                .pin("push_data", push_data)
                .pin("pop_ready", pop_ready)
                .pin("flush", 0);
        }
        let out = |port: &str| slices.map(|slice| slice.out(port));

        m.section("An entry offered stays until it is taken");
        let [valid, _] = out("pop_valid");
        let [data, _] = out("pop_data");
        let waits = m.reg("waits", Bit).reset(0);
        let offered = m.reg("offered", DATA);
        let [_, _, pop_ready] = inputs[0];
        m.clocked(|| {
            waits.set(valid & !pop_ready);
            offered.set(data);
        });
        m.check("stays_offered", !waits | valid);
        m.check("stays_unchanged", !waits | data.eq(offered));

        m.section("A stream that is never refused is never held up");
        let never_refused = m.reg("never_refused", Bit).reset(1);
        m.clocked(|| never_refused.set(never_refused & pop_ready));
        let [ready, _] = out("push_ready");
        let [level, other_level] = out("probe_level");
        m.check("never_held_up", !never_refused | ready);
        m.check("never_full", !never_refused | level.le(1));

        m.section("Neither side sees the other in the same cycle");
        let same_past = m.reg("same_past", Bit).reset(1);
        let [one, other] = inputs.map(|[valid, data, ready]| cat(&[valid, data, ready]));
        m.clocked(|| same_past.set(same_past & one.eq(other)));
        for port in ["pop_valid", "push_ready", "pop_data"] {
            let [one, other] = out(port);
            let means = if port == "pop_data" { valid } else { lit(1, Bit) };
            m.check(format!("{port}_is_of_the_past"), !(same_past & means) | one.eq(other));
        }
        m.check("same_level", !same_past | level.eq(other_level));
        let [head, other_head] = out("probe_head");
        m.check("same_head", !same_past | head.eq(other_head));
        for (name, slice, level, head) in
            [("one", slices[0], level, head), ("other", slices[1], other_level, other_head)]
        {
            let tail = slice.out("probe_tail");
            m.check(format!("{name}_pointers_agree"), (tail - head).eq(level.bit(0)));
        }
        for word in 0..2u64 {
            let [one, other] = out(&format!("probe_entries_{word}"));
            let held = level.eq(2) | (level.eq(1) & head.eq(word));
            m.check(format!("same_entry_{word}"), !(same_past & held) | one.eq(other));
        }

        m.cover("full", level.eq(2));
        m.cover("moves_every_cycle", never_refused & valid & inputs[0][0]);
    })
}

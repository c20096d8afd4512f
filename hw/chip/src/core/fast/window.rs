//! The issue window: what lies between alignment and issue.

use systole_hdl::prelude::*;

/// Instructions that the window holds.
const DEPTH: usize = 4;

/// A queue of four instructions that takes up to two and gives up to two a cycle.
///
/// What is to issue stands in fixed registers, the first in entry 0: issue begins with it, and what
/// leaves, which is known late, only chooses between rows that are already there. `ready` says
/// that two have room; it comes from a register, so that alignment does not wait for the decision
/// to issue.
pub fn window(width: u32) -> Module {
    module("core_window", |m| {
        m.doc("Issue window: up to two instructions in, up to two out.");
        let flush = m.input("flush", Bit);
        let enter = ["enter_first", "enter_second"].map(|name| m.input(name, Bit));
        let entering = ["first_in", "second_in"].map(|name| m.input(name, U(width)));
        let leave = ["leave_first", "leave_second"].map(|name| m.input(name, Bit));

        m.section("Level");
        let level = m.reg("level", U(3)).reset(0).doc("instructions held");
        let entered = (enter[0].ext(3) + enter[1].ext(3)).named("entered");
        let left = (leave[0].ext(3) + leave[1].ext(3)).named("left");
        m.clocked(|| level.set((level + entered - left) & (!flush).repeat(3)));
        m.output("ready", level.le(DEPTH as u64 - 2));

        m.section("Entries: what is held, and behind it what enters");
        let entries: Vec<Signal> =
            (0..DEPTH).map(|place| m.reg(format!("entry_{place}"), U(width))).collect();
        let held: Vec<Signal> = (0..DEPTH)
            .map(|place| level.gt(place as u64).named(format!("holds_{place}")))
            .collect();
        let appended: Vec<Signal> = (0..DEPTH)
            .map(|place| {
                let second = place > 0;
                let incoming = match second {
                    true => level.eq(place as u64).mux(entering[0], entering[1]),
                    false => entering[0],
                };
                held[place].mux(entries[place], incoming).named(format!("appended_{place}"))
            })
            .collect();
        m.clocked(|| {
            for (place, entry) in entries.iter().enumerate() {
                let at = |further: usize| appended.get(place + further).copied();
                let stays = at(0).expect("the place itself");
                let one = at(1).unwrap_or(entering[1]);
                let next = leave[0].mux(one, stays);
                entry.set(match at(2) {
                    Some(two) => leave[1].mux(two, next),
                    None => next,
                });
            }
        });

        m.section("To issue");
        m.output("first_valid", held[0]);
        m.output("first", entries[0]);
        m.output("second_valid", held[1]);
        m.output("second", entries[1]);
        m.check("second_follows_first", !enter[1] | enter[0]);
        m.check("leaves_only_held", (!leave[0] | held[0]) & (!leave[1] | (leave[0] & held[1])));
        m.check("level_in_range", level.le(DEPTH as u64));
    })
}

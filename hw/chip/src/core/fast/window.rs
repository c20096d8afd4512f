//! The issue window: what lies between alignment and issue.

use systole_hdl::prelude::*;

/// Instructions that the window holds.
const DEPTH: u32 = 4;

/// A queue of four instructions that takes up to two and gives up to two a cycle.
///
/// `ready` says that two have room; it comes from a register, so that alignment does not wait for
/// the decision to issue.
pub fn window(width: u32) -> Module {
    module("core_window", |m| {
        m.doc("Issue window: up to two instructions in, up to two out.");
        let flush = m.input("flush", Bit);
        let enter = ["enter_first", "enter_second"].map(|name| m.input(name, Bit));
        let entering = ["first_in", "second_in"].map(|name| m.input(name, U(width)));
        let leave = ["leave_first", "leave_second"].map(|name| m.input(name, Bit));

        m.section("Pointers");
        let level = m.reg("level", U(3)).reset(0).doc("instructions held");
        let head = m.reg("head", U(2)).reset(0);
        let tail = m.reg("tail", U(2)).reset(0);
        let entered = (enter[0].ext(2) + enter[1].ext(2)).named("entered");
        let left = (leave[0].ext(2) + leave[1].ext(2)).named("left");
        m.clocked(|| {
            level.set(level + entered.ext(3) - left.ext(3));
            head.set(head + left);
            tail.set(tail + entered);
            when(flush, || {
                level.set(0);
                head.set(0);
                tail.set(0);
            });
        });
        m.output("ready", level.le(u64::from(DEPTH) - 2));

        m.section("Entries");
        let tail_second = (tail + 1).named("tail_second");
        let entries: Vec<Signal> = (0..DEPTH)
            .map(|place| {
                let entry = m.reg(format!("entry_{place}"), U(width));
                let first =
                    (enter[0] & tail.eq(u64::from(place))).named(format!("first_to_{place}"));
                let second = (enter[1] & tail_second.eq(u64::from(place)))
                    .named(format!("second_to_{place}"));
                m.clocked(|| {
                    when(first, || entry.set(entering[0]));
                    when(second, || entry.set(entering[1]));
                });
                entry
            })
            .collect();

        m.section("To issue");
        let head_second = (head + 1).named("head_second");
        m.output("first_valid", level.ne(0));
        m.output("first", select(head, &entries));
        m.output("second_valid", level.ge(2));
        m.output("second", select(head_second, &entries));
        m.check("second_follows_first", !enter[1] | enter[0]);
        m.check("level_in_range", level.le(u64::from(DEPTH)));
    })
}

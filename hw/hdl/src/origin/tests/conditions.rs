//! What chose a value, or kept it from coming.

use super::{Record, ask, names, question};
use crate::origin::{Expected, Question, origin};
use crate::prelude::*;
use crate::{Bits, Design, check};

#[test]
fn one_hot_selections_lead_to_the_part_that_was_selected_wrongly() {
    let top = module("top", |m| {
        let left = m.input("left", U(16));
        let right = m.input("right", U(16));
        let index = m.input("index", U(2));
        let first = index.eq(0).named("first");
        let second = index.eq(2).named("second");
        m.output("value", one_hot_select(&[(first, left), (second, right)]));
    });
    let design = check(&top).unwrap();
    let record = |index| {
        Record::of(&design, 1, |interpreter, _| {
            interpreter.set("left", 0x1234);
            interpreter.set("right", 0xabc0);
            interpreter.set("index", index);
        })
    };
    // None was chosen, the second should have been.
    let steps = ask(&design, &record(1), "value", 0, Bits::new(16, 0xabc0));
    assert_eq!(names(&steps), [("value", 0), ("second", 0)]);
    // The first was chosen instead of the second.
    let steps = ask(&design, &record(0), "value", 0, Bits::new(16, 0xabc0));
    assert_eq!(names(&steps), [("value", 0), ("second", 0)]);
    // The right one was chosen, its value is wrong.
    let steps = ask(&design, &record(2), "value", 0, Bits::new(16, 0xabc1));
    assert_eq!(names(&steps), [("value", 0), ("right", 0)]);
}

#[test]
fn of_conditions_the_one_that_seldom_holds_is_followed() {
    let top = module("top", |m| {
        let usual = m.input("usual", Bit);
        let rare = m.input("rare", Bit);
        m.output("both", (usual & rare).named("joined"));
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 21, |interpreter, cycle| {
        interpreter.set("usual", u64::from(cycle % 3 > 0));
        interpreter.set("rare", u64::from(cycle == 7 || cycle == 20));
    });
    let steps = ask(&design, &record, "both", 20, Bits::new(1, 0));
    assert_eq!(names(&steps), [("both", 20), ("joined", 20), ("rare", 20)]);
}

#[test]
fn a_constant_leads_to_the_condition_that_chose_it() {
    let top = module("top", |m| {
        let misaligned = m.input("misaligned", Bit);
        let denied = m.input("denied", Bit);
        let code = m.output_wire("code", U(4));
        m.comb(|| {
            code.set(0);
            when(misaligned, || code.set(4)).or_when(denied, || code.set(5));
        });
    });
    let design = check(&top).unwrap();
    let record = |misaligned, denied| {
        Record::of(&design, 1, |interpreter, _| {
            interpreter.set("misaligned", misaligned);
            interpreter.set("denied", denied);
        })
    };
    let expected = |code| Bits::new(4, code);
    // It is small, but 5 has only one reason to be there.
    let steps = ask(&design, &record(0, 0), "code", 0, expected(5));
    assert_eq!(names(&steps), [("code", 0), ("denied", 0)]);
    // Not 4: what chose it is wrong, whatever else was right.
    let question = question("code", 0, Expected::Unknown(4));
    let steps = origin(&design, &record(1, 0), &question);
    assert_eq!(names(&steps), [("code", 0), ("misaligned", 0)]);
}

/// A consumer that waits until two are done; one of them counts, and stands still while `hold`.
fn rendezvous() -> Design {
    let top = module("top", |m| {
        let hold = m.input("hold", Bit);
        let count = m.reg("count", U(3)).reset(0);
        let first_done = m.reg("first_done", Bit).reset(0);
        let second_done = m.reg("second_done", Bit).reset(0);
        m.clocked(|| {
            when(!hold, || count.set(count + 1));
            first_done.set(1);
            when(count.eq(6), || second_done.set(1));
        });
        let both = (first_done & second_done).named("both");
        let over = m.output_reg("over", Bit).reset(0);
        m.clocked(|| {
            when(both, || over.set(1));
        });
    });
    check(&top).unwrap()
}

#[test]
fn what_never_comes_leads_to_what_it_waits_for() {
    let design = rendezvous();
    let record = Record::of(&design, 30, |interpreter, cycle| {
        interpreter.set("hold", u64::from(cycle > 3));
    });
    let follow = |awaited| {
        let expected = Expected::Value(Bits::new(1, 1));
        origin(&design, &record, &Question { awaited, ..question("over", 29, expected) })
    };
    let steps = follow(true);
    let waits = [("over", 29), ("both", 28), ("second_done", 28), ("count", 27), ("hold", 26)];
    assert_eq!(names(&steps), waits);
    // Who does not wait learns when it got its value, and that was at reset.
    assert_eq!(names(&follow(false)).last(), Some(&("over", 29)));
}

#[test]
fn what_waits_for_itself_has_an_end() {
    let top = module("top", |m| {
        let first = m.output_reg("first", Bit).reset(0);
        let second = m.output_reg("second", Bit).reset(0);
        m.clocked(|| {
            when(second, || first.set(1));
            when(first, || second.set(1));
        });
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 20, |_, _| ());
    let expected = Expected::Value(Bits::new(1, 1));
    let question = Question { awaited: true, ..question("first", 19, expected) };
    assert_eq!(names(&origin(&design, &record, &question)), [("first", 19), ("second", 18)]);
}

#[test]
fn of_many_bits_the_one_that_decides_is_followed() {
    let top = module("top", |m| {
        let parts = [m.input("a", Bit), m.input("b", U(2)), m.input("c", Bit)];
        m.output("all", cat(&parts).all());
        m.output("any", cat(&parts).any());
    });
    let design = check(&top).unwrap();
    let record = |a, b, c| {
        Record::of(&design, 1, |interpreter, _| {
            interpreter.set("a", a);
            interpreter.set("b", b);
            interpreter.set("c", c);
        })
    };
    let one = Bits::new(1, 1);
    let steps = ask(&design, &record(1, 1, 1), "all", 0, one.clone());
    assert_eq!(names(&steps), [("all", 0), ("b", 0)]);
    let steps = ask(&design, &record(0, 0, 1), "any", 0, Bits::new(1, 0));
    assert_eq!(names(&steps), [("any", 0), ("c", 0)]);
    // Two are as good as each other.
    assert_eq!(names(&ask(&design, &record(0, 3, 0), "all", 0, one)), [("all", 0)]);
}

#[test]
fn of_equal_conditions_the_preferred_one_is_followed() {
    let top = module("top", |m| {
        let left = m.input("left", Bit);
        let right = m.input("right", Bit);
        m.output("either", (left | right).named("joined"));
    });
    let design = check(&top).unwrap();
    let record = Record::of(&design, 1, |_, _| ());
    let follow = |prefer| {
        let expected = Expected::Value(Bits::new(1, 1));
        origin(&design, &record, &Question { prefer, ..question("either", 0, expected) })
    };
    assert_eq!(names(&follow(&["right"])).last(), Some(&("right", 0)));
    assert_eq!(names(&follow(&["other", "left", "right"])).last(), Some(&("left", 0)));
    assert_eq!(names(&follow(&[])).last(), Some(&("joined", 0)));
}

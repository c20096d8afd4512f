//! Mistakes between modules.

use std::cell::Cell;

use super::{assert_mistakes, found};
use crate::prelude::*;

/// `y = a + b`, with a carry.
fn adder() -> Module {
    module("adder", |m| {
        let a = m.input("a", U(8));
        let b = m.input("b", U(8));
        let sum = (a.ext(9) + b.ext(9)).named("sum");
        m.output("y", sum.bits(7, 0));
        m.output("carry", sum.bit(8));
    })
}

#[test]
fn every_pin_is_connected_once_with_its_type() {
    let adder = adder();
    let dut = module("dut", |m| {
        let x = m.input("x", U(9)).unused(); // @x
        let a = m.instance("add_a", &adder).pin("a", x).pin("b", 300); // @pins
        m.output("y", a.out("y"));
        a.unused("carry");
        let b = m.instance("add_b", &adder).pin("a", 1).pin("a", 2); // @again
        m.output("z", b.out("y"));
    });
    let found = found(&dut, std::panic::Location::caller());
    let contains = |start: &str, middle: &str, end: &str| {
        let fits = |text: &&String| {
            text.starts_with(start) && text.contains(middle) && text.ends_with(end)
        };
        assert_eq!(found.iter().filter(fits).count(), 1, "{start} {middle} {end}\n{found:#?}");
    };
    contains(
        "@pins `add_a.a` is unsigned 8 bits (",
        "hierarchy.rs:",
        ") but `x` is unsigned 9 bits (@x)",
    );
    contains("@pins literal 300 does not fit in unsigned 8 bits", "", "");
    contains("@again `add_b.a` is pinned twice", "", "");
    contains("@again input `add_b.b` (", "hierarchy.rs:", ") is not connected");
    contains(
        "@again output `add_b.carry` (",
        "",
        ") is never read; if that is meant, `.unused(\"carry\")`",
    );
    assert_eq!(found.len(), 5, "{found:#?}");
}

#[test]
fn ports_exist_and_have_their_direction() {
    let dut = module("dut", |m| {
        let inverter = module("inverter", |m| {
            let a = m.input("a", Bit); // @a
            m.output("y", !a); // @y
        });
        let u = m.instance("u", &inverter).pin("a", 1);
        u.pin("b", 1); // @unknown
        u.pin("y", 1); // @direction
        let _ = u.out("a"); // @input
        let _ = u.out("x"); // @missing
        let _ = u.out_as("y", "first");
        m.output("z", u.out_as("y", "second")); // @renamed
    });
    let found = found(&dut, std::panic::Location::caller());
    let expected = [
        "has no input `b`; it has `a`",
        "@direction `u.y` (@y) is not an input",
        "@input `u.a` (@a) is not an output",
        "has no output `x`; it has `y`",
        "@renamed output `y` of `u` is already called `first`",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.ends_with(expected), "{found}");
    }
    assert!(found[0].starts_with("@unknown `u`, a `inverter` ("), "{}", found[0]);
}

#[test]
fn an_output_read_by_nothing_is_a_mistake() {
    let adder = adder();
    let dut = module("dut", |m| {
        let u = m.instance("u", &adder).pin("a", 1).pin("b", 2);
        m.output("z", u.out("y"));
        u.out("carry"); // @carry
    });
    let message = "@carry output `u.carry` is never read; if that is meant, `.unused(\"carry\")`";
    assert_mistakes(&dut, &[message]);
}

#[test]
fn handles_stay_in_their_module() {
    let stray = Cell::new(None);
    let memory = Cell::new(None);
    let instance = Cell::new(None);
    let leaf = module("leaf", |m| {
        let a = m.input("a", Bit);
        stray.set(Some(a));
        m.output("y", !a);
    });
    let _ = module("other", |m| {
        memory.set(Some(m.memory("store", 4, Bit)));
        instance.set(Some(m.instance("u", &leaf)));
    });
    let dut = module("dut", |m| {
        let a = stray.get().unwrap();
        m.output("y", !a); // @signal
        let _ = memory.get().unwrap().read(0); // @memory
        instance.get().unwrap().pin("a", 1); // @instance
        let inner = module("inner", |_| {
            m.output("late", lit(0, Bit)); // @token
        });
        m.instance("inner_0", &inner).unused("late");
    });
    let expected = [
        "@signal a signal of module `leaf` is used in module `dut`; pass it through a port",
        "@memory a memory of another module is used in module `dut`",
        "@instance an instance of another module is used in module `dut`",
        "@token this `m` belongs to module `dut`, but `inner` is being built",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn mistakes_of_children_are_reported_with_those_of_their_parents() {
    let dut = module("dut", |m| {
        let child = module("child", |m| {
            m.input("a", Bit); // @child
        });
        m.instance("u", &child).pin("a", 1);
        m.output_wire("y", Bit); // @parent
    });
    let expected = [
        "@child input `a` (@child) is never read; if that is meant, `.unused()`",
        "@parent output `y` (@parent) is never driven",
    ];
    assert_mistakes(&dut, &expected);
}

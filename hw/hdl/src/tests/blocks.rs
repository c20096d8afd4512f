//! Mistakes of `when` and `switch`, latches.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn statements_stand_in_blocks() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit).unused();
        when(a, || {}); // @when
        switch(a, |_| {}); // @switch
        m.clocked(|| {
            m.comb(|| {}); // @inner
        });
    });
    let expected = [
        "@when `when` stands outside a block; use `m.clocked` or `m.comb`",
        "@switch `switch` stands outside a block; use `m.clocked` or `m.comb`",
        "@inner a block cannot stand inside another block",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn conditions_are_one_bit() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(2)); // @a
        let y = m.output_reg("y", U(2));
        m.clocked(|| {
            when(a, || y.set(a)) // @when
                .or_when(a, || y.set(0)) // @or_when
                .otherwise(|| y.set(1));
        });
    });
    let expected = [
        "@when the condition of `when` must be unsigned 1 bit: `a` is unsigned 2 bits (@a)",
        "@or_when the condition of `or_when` must be unsigned 1 bit: `a` is unsigned 2 bits (@a)",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn otherwise_follows_its_when() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit);
        let y = m.output_reg("y", Bit);
        m.clocked(|| {
            let late = when(a, || y.set(1));
            y.set(0);
            late.otherwise(|| y.set(0)); // @late
        });
    });
    assert_mistakes(&dut, &["@late `or_when` and `otherwise` must follow their `when`"]);
}

#[test]
fn labels_are_distinct_constants_of_the_type() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(2)); // @a
        let wide = m.constant("WIDE", 1, U(3)); // @wide
        let one = m.constant("ONE", 1, U(2));
        let y = m.output_reg("y", U(2));
        m.clocked(|| {
            switch(a, |s| {
                s.case(one, || y.set(0)); // @first
                s.cases(&[0, 1], || y.set(1)); // @second
                s.case(a, || y.set(2)); // @variable
                s.case(wide, || y.set(2)); // @type
                s.case(4, || y.set(3)); // @range
                s.default(|| y.set(3));
                s.default(|| y.set(2)); // @default
                y.set(0);
            }); // @stray
        });
    });
    let expected = [
        "@second this `switch` label is already handled at @first",
        "@variable a `switch` label must be constant: `a` is unsigned 2 bits (@a)",
        "@type `switch` on unsigned 2 bits has this label: `WIDE` is unsigned 3 bits (@wide)",
        "@range literal 4 does not fit in unsigned 2 bits",
        "@range this `switch` label is already handled at @second",
        "@default this `switch` has a second `default`",
    ];
    let found = super::found(&dut, std::panic::Location::caller());
    assert_eq!(found[1..], expected);
    assert!(found[0].ends_with("statements of a `switch` stand in `case`, `cases` or `default`"));
}

#[test]
fn wires_are_set_on_every_path() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(2));
        let bit = a.bit(0);
        let x = m.output_wire("x", Bit); // @x
        let y = m.output_wire("y", Bit); // @y
        let z = m.output_wire("z", Bit);
        let w = m.output_wire("w", Bit);
        let v = m.output_wire("v", Bit);
        m.comb(|| {
            z.set(0);
            when(bit, || {
                x.set(1); // @latch_x
                z.set(1);
            });
            when(bit, || w.set(1)).otherwise(|| w.set(0));
            switch(a, |s| {
                s.case(0, || y.set(0)); // @latch_y
                s.case(1, || y.set(1));
            });
            switch(a, |s| {
                s.cases(&[0, 3], || v.set(0));
                s.cases(&[1, 2], || v.set(1));
            });
        });
    });
    let latch = |name: &str| {
        format!(
            "@latch_{name} `{name}` (@{name}) is not set on every path through this `m.comb`: it \
             would be a latch; set a default first"
        )
    };
    assert_mistakes(&dut, &[&latch("x"), &latch("y")]);
}

#[test]
fn a_wire_is_read_after_it_is_set() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4));
        let x = m.output_wire("x", U(4)); // @x
        let y = m.output_wire("y", U(4));
        m.comb(|| {
            y.set(x); // @early
            x.set(a);
            x.set(x + 1);
        });
    });
    assert_mistakes(&dut, &["@early `x` (@x) is read before this `m.comb` has set it"]);
}

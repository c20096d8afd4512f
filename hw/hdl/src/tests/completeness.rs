//! Drivers, uses and sharing.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn everything_is_driven() {
    let dut = module("dut", |m| {
        let wire = m.wire("wire_a", Bit); // @wire
        let register = m.reg("register_a", Bit); // @register
        m.output_wire("out_a", Bit); // @out
        m.output_reg("out_b", Bit); // @out_reg
        m.output("y", wire & register);
    });
    let expected = [
        "@wire wire `wire_a` (@wire) is never driven",
        "@register register `register_a` (@register) is never set",
        "@out output `out_a` (@out) is never driven",
        "@out_reg register `out_b` (@out_reg) is never set",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn nothing_is_driven_twice() {
    let child = module("child", |m| {
        m.output("y", lit(1, Bit));
    });
    let dut = module("dut", |m| {
        let x = m.output_wire("x", Bit); // @x
        x.drive(0); // @x_first
        x.drive(1); // @x_second
        let y = m.output_wire("y", Bit); // @y
        y.drive(0); // @y_first
        m.comb(|| y.set(1)); // @y_second
        let z = m.output_reg("z", Bit); // @z
        m.clocked(|| z.set(0)); // @z_first
        m.clocked(|| z.set(1)); // @z_second
        let child = m.instance("child_0", &child);
        let wire = child.out("y"); // @w_first
        wire.drive(1); // @w_second
        m.output("w", wire);
    });
    let expected = [
        "@x_second output `x` (@x) is driven twice: by `.drive` and, at @x_first, by `.drive`",
        "@y_second output `y` (@y) is driven twice: by `m.comb` and, at @y_first, by `.drive`",
        "@z_second register `z` (@z) is driven twice: by `m.clocked` and, at @z_first, by \
         `m.clocked`",
        "@w_second wire `child_0_y` (@w_first) is driven twice: by `.drive` and, at @w_first, by \
         output `child_0.y`",
    ];
    let found = super::found(&dut, std::panic::Location::caller());
    assert_eq!(found, expected);
}

#[test]
fn attributes_are_those_of_ports() {
    let dut = module("dut", |m| {
        let a = m.input("operand", Bit);
        let state = m.reg("state", Bit);
        m.clocked(|| state.set(a));
        m.output("y", state);
        m.port_attribute("clk", "X_INTERFACE_INFO", "clock");
        m.port_attribute("operand", "mark_debug", "true");
        m.port_attribute("operad", "mark_debug", "true"); // @misspelt
        m.port_attribute("state", "mark_debug", "true"); // @no_port
        m.port_attribute("rst", "mark_debug", "true"); // @no_reset
        m.port_attribute("y", "mark debug", "true"); // @name
        m.port_attribute("y", "mark_debug", "\"true\""); // @value
    });
    let expected = [
        "@misspelt `dut` has no port `operad`: did you mean `operand`?",
        "@no_port `dut` has no port `state`",
        "@no_reset `dut` has no port `rst`",
        "@name attribute of `y`: `mark debug` is not a usable name: only letters, digits and `_` \
         are allowed",
        "@value attribute of `y`: Verilog cannot carry \"\\\"true\\\"\"",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn everything_is_read() {
    let dut = module("dut", |m| {
        m.input("a", Bit); // @input
        let b = m.input("b", Bit);
        b.named("wire_b"); // @wire
        let register = m.reg("register_b", Bit); // @register
        m.clocked(|| register.set(b));
        let c = m.input("c", U(8));
        c.bits(7, 4).unused();
        m.output("y", c.bits(3, 0));
        m.input("d", Bit).unused();
    });
    let expected = [
        "@input input `a` (@input) is never read; if that is meant, `.unused()`",
        "@wire wire `wire_b` (@wire) is never read; if that is meant, `.unused()`",
        "@register register `register_b` (@register) is never read; if that is meant, `.unused()`",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn large_expressions_used_twice_have_names() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(8));
        let large = a + 1 + 2 + 3 + 4; // @large
        m.output("x", large);
        m.output("y", large.bits(3, 0));
        let small = a + 1 + 2 + 3;
        m.output("z", small);
        m.output("w", small.bits(3, 0));
        let named = (a - 1 - 2 - 3 - 4).named("difference");
        m.output("v", named);
        m.output("u", named + 1);
    });
    let message =
        "@large this `+` of 4 operators is used 2 times; give it a name: `.named(\"..\")`";
    assert_mistakes(&dut, &[message]);
}

#[test]
fn a_module_refuses_what_it_cannot_be_built_with() {
    let dut = module("dut", |m| {
        m.error("a queue of 0 entries holds nothing"); // @refused
        m.output("y", m.input("a", U(8)) + m.input("b", U(9))); // @sum
    });
    let expected = [
        "@refused a queue of 0 entries holds nothing",
        "@sum `+` needs equal types: `a` is unsigned 8 bits (@sum), `b` is unsigned 9 bits (@sum)",
    ];
    assert_mistakes(&dut, &expected);
}

//! Mistakes of `.set`, `.drive`, `.reset` and of names.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn values_have_the_type_of_their_target() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(8)); // @a
        let wire = m.output_wire("wire_out", U(9)); // @wire
        wire.drive(a); // @drive
        let register = m.output_reg("register_out", S(8)).reset(200); // @register
        m.clocked(|| register.set(a)); // @set
        let constant = m.constant("LIMIT", 16, U(4)); // @constant
        constant.unused();
    });
    let expected = [
        "@drive `wire_out` is unsigned 9 bits (@wire) but `a` is unsigned 8 bits (@a)",
        "@register literal 200 does not fit in signed 8 bits",
        "@set `register_out` is signed 8 bits (@register) but `a` is unsigned 8 bits (@a)",
        "@constant literal 16 does not fit in unsigned 4 bits",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn each_kind_of_signal_is_assigned_in_its_place() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit); // @a
        let wire = m.output_wire("wire_out", Bit); // @wire
        let register = m.output_reg("register_out", Bit); // @register
        wire.set(a); // @wire_outside
        register.set(a); // @register_outside
        register.drive(a); // @register_driven
        a.drive(1); // @input_driven
        (!a).drive(1); // @unnamed
        m.clocked(|| {
            register.set(a);
            wire.set(a); // @wire_clocked
            a.set(1); // @input_set
        });
    });
    let expected = [
        "@wire_outside wire `wire_out` (@wire) is set outside a block; use `m.comb` or `.drive`",
        "@register_outside register `register_out` (@register) is set outside a block; use \
         `m.clocked`",
        "@register_driven register `register_out` (@register) is driven; use `.set` in `m.clocked`",
        "@input_driven input `a` (@a) is driven",
        "@unnamed only a named signal can be driven: the result of `!` is unsigned 1 bit (@unnamed)",
        "@wire_clocked wire `wire_out` (@wire) is set in `m.clocked`; use `m.comb`",
        "@input_set input `a` (@a) is set",
    ];
    let errors = check(&dut).unwrap_err();
    assert!(errors.iter().count() >= expected.len());
    assert_first_mistakes(&dut, &expected);
}

/// Like [`assert_mistakes`], for a module whose mistakes bring others about: all of `expected`
/// must be among them.
#[track_caller]
fn assert_first_mistakes(dut: &Module, expected: &[&str]) {
    let found = super::found(dut, std::panic::Location::caller());
    for wanted in expected {
        assert!(found.iter().any(|found| found == wanted), "no {wanted}\nin {found:#?}");
    }
}

#[test]
fn registers_are_not_set_in_comb_and_wires_not_driven_in_blocks() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit);
        let wire = m.output_wire("wire_out", Bit);
        let register = m.output_reg("register_out", Bit); // @register
        m.clocked(|| register.set(a));
        m.comb(|| {
            register.set(a); // @set
            wire.drive(a); // @drive
        });
    });
    let expected = [
        "@set register `register_out` (@register) is set in `m.comb`; use `m.clocked`",
        "@drive `wire_out` is driven inside a block; use `.set` there",
    ];
    assert_first_mistakes(&dut, &expected);
}

#[test]
fn only_registers_are_reset_and_only_to_constants() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(2)); // @a
        let idle = m.constant("IDLE", 1, U(2));
        let state = m.output_reg("state", U(2)).reset(idle);
        let other = m.output_reg("other", U(2)).reset(a); // @reset
        let wire = m.output_wire("wire_out", U(2)).reset(0); // @wire
        wire.drive(a);
        m.clocked(|| {
            state.set(a);
            other.set(a);
        });
    });
    let expected = [
        "@reset a reset value must be constant: `a` is unsigned 2 bits (@a)",
        "@wire `wire_out` is reset but is not a register",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn names_are_unique_and_legal_in_verilog() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit); // @a
        m.output("a", a); // @twice
        m.output("end", a); // @verilog
        m.output("logic", a); // @system
        m.output("_hidden", a); // @underscore
        m.output("clk", a); // @clock
        m.output("empty", a).unused();
        m.wire("nothing", U(0)).unused().drive(lit(0, Bit)); // @width
    });
    let expected = [
        "@twice `a` is already declared at @a",
        "@verilog `end` is a Verilog keyword; pick another name",
        "@system `logic` is a SystemVerilog keyword; pick another name",
        "@underscore `_hidden` is not a usable name: it must start with a letter",
        "@clock `clk` is an implicit port; pick another name",
        "@width `nothing` has width 0",
        "@width `nothing` is unsigned 0 bits (@width) but the literal is unsigned 1 bit (@width)",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn modules_and_properties_are_named_as_carefully() {
    let dut = module("module", |m| {
        let a = m.input("a", Bit); // @a
        let wide = m.input("wide", U(2)).unused(); // @wide
        m.output("y", a);
        m.check("a", a); // @clash
        m.cover("wide_seen", wide); // @condition
    });
    let expected = [
        "@module `module` is a Verilog keyword; pick another name",
        "@clash `a` is already declared at @a",
        "@condition a property must be unsigned 1 bit: `wide` is unsigned 2 bits (@wide)",
    ];
    let found = super::found(&dut, std::panic::Location::caller());
    assert_eq!(found[1..], expected[1..]);
    assert!(found[0].ends_with("`module` is a Verilog keyword; pick another name"));
}

#[test]
fn what_only_properties_read_counts_as_used() {
    let dut = module("dut", |m| {
        let a = m.input("a", Bit);
        m.check("never", !a);
    });
    let design = check(&dut).unwrap();
    assert!(
        matches!(design.top.items.last(), Some(crate::ir::Item::Unused(values)) if values.len() == 1)
    );
}

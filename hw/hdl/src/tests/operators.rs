//! Mistakes of single operations.

use super::assert_mistakes;
use crate::prelude::*;

#[test]
fn a_mismatch_names_both_operands_and_the_operators_line() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(8)).unused(); // @a
        let b = m.input("b", U(9)).unused(); // @b
        let _ = a + b; // @sum
    });
    let message = "@sum `+` needs equal types: `a` is unsigned 8 bits (@a), `b` is unsigned 9 bits \
                   (@b)";
    assert_mistakes(&dut, &[message]);
}

#[test]
fn every_operator_of_equal_types_refuses_other_widths_and_signs() {
    type Operation = fn(Signal, Signal) -> Signal;
    let operations: [(&str, Operation); 11] = [
        ("+", |a, b| a + b),
        ("-", |a, b| a - b),
        ("&", |a, b| a & b),
        ("|", |a, b| a | b),
        ("^", |a, b| a ^ b),
        ("eq", |a, b| a.eq(b)),
        ("ne", |a, b| a.ne(b)),
        ("lt", |a, b| a.lt(b)),
        ("le", |a, b| a.le(b)),
        ("gt", |a, b| a.gt(b)),
        ("ge", |a, b| a.ge(b)),
    ];
    for (operator, apply) in operations {
        for (ty, text) in [(U(9), "unsigned 9 bits"), (S(8), "signed 8 bits")] {
            let dut = module("dut", |m| {
                let a = m.input("a", U(8)).unused();
                let b = m.input("b", ty).unused();
                apply(a, b);
            });
            let errors = check(&dut).unwrap_err().to_string();
            let start = format!("error: `{operator}` needs equal types: `a` is unsigned 8 bits (");
            assert!(errors.starts_with(&start), "{errors}");
            assert!(errors.contains(&format!("`b` is {text} (")), "{errors}");
        }
    }
}

#[test]
fn unnamed_operands_are_called_by_their_operator() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4)).unused(); // @a
        let sum = a + 1; // @one
        let _ = a & sum.ext(5); // @and
    });
    let message = "@and `&` needs equal types: `a` is unsigned 4 bits (@a), the result of `ext` is \
                   unsigned 5 bits (@and)";
    assert_mistakes(&dut, &[message]);
}

#[test]
fn products_shifts_and_negation_have_their_own_rules() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4)).unused(); // @a
        let s = m.input("s", S(4)).unused(); // @s
        let _ = a * s; // @product
        let _ = a << s; // @shift
        let _ = -a; // @negation
        let _ = a.bit_at(s); // @bit_at
        let good = (s * s.ext(6)).named("good").unused();
        assert_eq!(good.ty(), S(10));
        let good = (s >> a).named("shifted").unused();
        assert_eq!(good.ty(), S(4));
    });
    let a_and_s = "`a` is unsigned 4 bits (@a), `s` is signed 4 bits (@s)";
    let expected = [
        format!("@product `*` needs equal signedness: {a_and_s}"),
        format!("@shift `<<` needs an unsigned amount: {a_and_s}"),
        "@negation unary `-` needs a signed operand: `a` is unsigned 4 bits (@a)".to_string(),
        "@bit_at `bit_at` needs an unsigned index: `s` is signed 4 bits (@s)".to_string(),
    ];
    assert_mistakes(&dut, &expected.each_ref().map(|text| text.as_str()));
}

#[test]
fn a_mux_needs_one_bit_and_equal_types() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4)).unused(); // @a
        let b = m.input("b", U(5)).unused(); // @b
        let _ = a.mux(b, 1); // @condition
        let _ = a.bit(0).mux(a, b); // @arms
        let _ = a.bit(0).mux(1, 0); // @literals
    });
    let expected = [
        "@condition the condition of `mux` must be unsigned 1 bit: `a` is unsigned 4 bits (@a)",
        "@arms `mux` needs equal types: `a` is unsigned 4 bits (@a), `b` is unsigned 5 bits (@b)",
        "@literals `mux` of two literals has no type; use `lit` for one",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn widths_change_only_the_way_that_is_said() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4)).unused(); // @a
        let _ = a.ext(3); // @ext
        let _ = a.trunc(5); // @trunc
        let _ = a.trunc(0); // @nothing
        let _ = a.bits(4, 0); // @range
        let _ = a.bits(0, 1); // @reversed
        let _ = a.bit(4); // @bit
        let _ = a.repeat(0); // @repeat
        let _ = cat(&[]); // @cat
        assert_eq!((a.ext(4).width(), a.trunc(4).width(), a.resize(9).width()), (4, 4, 9));
    });
    let given = "`a` is unsigned 4 bits (@a)";
    let expected = [
        format!("@ext `ext(3)` would narrow; use `trunc`: {given}"),
        format!("@trunc `trunc(5)` would widen; use `ext`: {given}"),
        format!("@nothing `trunc(0)` has width 0: {given}"),
        format!("@range bits 4..0 are out of range: {given}"),
        format!("@reversed bits 0..1 are out of range: {given}"),
        format!("@bit bits 4..4 are out of range: {given}"),
        format!("@repeat `repeat(0)` has width 0: {given}"),
        "@cat `cat` of nothing has width 0".to_string(),
    ];
    assert_mistakes(&dut, &expected.each_ref().map(|text| text.as_str()));
}

#[test]
fn literals_must_fit() {
    let dut = module("dut", |m| {
        let a = m.input("a", U(4)).unused();
        let s = m.input("s", S(4)).unused();
        let _ = (a + 15, s + 7, s + -8, lit(u64::MAX, U(64)), lit(-1, S(200)));
        let _ = a + 16; // @too_large
        let _ = a + -1; // @negative
        let _ = s.eq(8); // @beyond
        let _ = s.eq(-9); // @below
        let _ = lit(2, Bit); // @two
        let _ = lit(0, U(0)); // @width
    });
    let expected = [
        "@too_large literal 16 does not fit in unsigned 4 bits",
        "@negative literal -1 does not fit in unsigned 4 bits",
        "@beyond literal 8 does not fit in signed 4 bits",
        "@below literal -9 does not fit in signed 4 bits",
        "@two literal 2 does not fit in unsigned 1 bit",
        "@width a literal has width 0",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn literals_are_sign_extended_to_any_width() {
    let dut = module("dut", |m| {
        m.output("y", lit(-2, S(200)));
    });
    let design = check(&dut).unwrap();
    let Some(bits) = design.top.constant(crate::ir::ExprId(0)) else { panic!("a literal") };
    assert_eq!(bits.words(), [u64::MAX - 1, u64::MAX, u64::MAX, 0xff]);
}

#[test]
fn selections_must_reach_every_value() {
    let dut = module("dut", |m| {
        let index = m.input("index", U(1)).unused(); // @index
        let values = [lit(1, U(4)), lit(2, U(4)), lit(3, U(4))];
        let _ = select(index, &values); // @select
        let _ = one_hot_select(&[]); // @one_hot
    });
    let expected = [
        "@select `select` cannot reach 3 values: `index` is unsigned 1 bit (@index)",
        "@one_hot `one_hot_select` of nothing has no type",
    ];
    assert_mistakes(&dut, &expected);
}

#[test]
fn selections_select() {
    let dut = module("dut", |m| {
        let index = m.input("index", U(2));
        let hot = m.input("hot", U(3));
        let values = [5, 6, 7].map(|value| lit(value, S(4)));
        m.output("selected", select(index, &values));
        let choices: Vec<_> = (0..3).map(|i| (hot.bit(i), values[i as usize])).collect();
        m.output("chosen", one_hot_select(&choices));
    });
    let design = check(&dut).unwrap();
    let mut sim = Interpreter::new(&design);
    for (index, expected) in [(0, 5), (1, 6), (2, 7), (3, 7)] {
        sim.set("index", index);
        sim.set("hot", 1 << index & 7);
        sim.step();
        assert_eq!(sim.get("selected"), expected);
        assert_eq!(sim.get("chosen"), if index == 3 { 0 } else { expected });
    }
}

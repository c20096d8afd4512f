//! Integer operations of OP and OP-IMM, and comparison.

use systole_hdl::prelude::*;

use super::encoding::logic;
use crate::config::CoreConfig;

/// The arithmetic and logic unit: combinational, operands already selected, controls already
/// decoded; [`Operation::pin_alu`](super::decode::Operation::pin_alu) connects them.
///
/// One adder serves ADD, SUB and all comparisons, one rotator all shifts. `result` is 0 when
/// nothing is selected, so that it can be combined with that of another unit by OR. `less` and
/// `equal` compare the operands while `invert_b` is set. Where b comes `complemented`, `invert_b`
/// says that it already is, which takes a gate off the longest paths.
pub fn alu(config: &CoreConfig, complemented: bool) -> Module {
    module("core_alu", |m| {
        m.doc("Arithmetic and logic unit of the core.");
        let a = m.input("a", U(32));
        let b = m.input("b", U(32));
        let invert_b = m.input("invert_b", Bit).doc("complement b and carry in");
        let select_sum = m.input("select_sum", Bit).doc("result is the sum");
        let select_less = m.input("select_less", Bit).doc("result is the comparison");
        let is_unsigned = m.input("compare_unsigned", Bit).doc("compare as unsigned");
        let function = m.input("logic_function", U(2)).doc("result is XOR, OR, AND");
        let select_shift = m.input("select_shift", Bit).doc("result is shifted");

        m.section("Add, subtract, compare");
        let addend = match complemented {
            true => b,
            false => (b ^ invert_b.repeat(32)).named("addend"),
        };
        let signed = (!is_unsigned).named("compare_signed");
        let a_sign = (a.bit(31) & signed).named("a_sign");
        let b_sign = if complemented { b.bit(31) ^ invert_b } else { b.bit(31) };
        let addend_sign = ((b_sign & signed) ^ invert_b).named("addend_sign");
        let wide = |sign: Signal, value: Signal| cat(&[sign, value]);
        let sum = wide(a_sign, a) + wide(addend_sign, addend) + invert_b.ext(33);
        let sum = sum.named("sum_and_sign");
        m.output("sum", sum.bits(31, 0)).doc("whatever is selected");
        let is_less = sum.bit(32);
        m.output("is_less", is_less);
        let difference = (a ^ addend).named("a_xor_addend");
        m.output("is_equal", difference.all());

        m.section("Logic");
        let xor = m.constant("XOR", logic::XOR, U(2));
        let or = m.constant("OR", logic::OR, U(2));
        let and = m.constant("AND", logic::AND, U(2));
        let logic_result = one_hot_select(&[
            (function.eq(xor), difference),
            (function.eq(or), a | addend),
            (function.eq(and), a & addend),
        ]);

        let shifted = shift(m, config, a, b);

        m.section("Result");
        let mut results = vec![
            (select_sum, sum.bits(31, 0)),
            (select_less, is_less.ext(32)),
            (select_shift, shifted),
        ];
        if config.zba {
            let select_scaled = m.input("select_scaled", Bit).doc("result is b + (a << scale)");
            results.push((select_scaled, scaled_sum(m, a, b)));
        }
        let selected = one_hot_select(&results).named("selected");
        m.output("result", selected | logic_result.named("logic_result"));
    })
}

/// The sum with the first operand scaled: an adder of its own, so that the other one stays fast.
fn scaled_sum(m: M, a: Signal, b: Signal) -> Signal {
    let scale = m.input("scale", U(2)).doc("1, 2 or 3");
    let by = |bits: u32| cat(&[a.bits(31 - bits, 0), lit(0, U(bits))]);
    let scaled =
        one_hot_select(&[(scale.eq(1), by(1)), (scale.eq(2), by(2)), (scale.eq(3), by(3))]);
    (scaled.named("scaled_a") + b).named("scaled_sum")
}

/// Shifts as rotation to the right, and a mask of the bits to keep. Rotating left by n is
/// rotating right by 32 - n, and there the mask of a shift right by as much is the complement of
/// that to keep.
fn shift(m: M, config: &CoreConfig, a: Signal, b: Signal) -> Signal {
    m.section("Shift: rotate right, then replace what came round");
    let left = m.input("shift_left", Bit);
    let arithmetic = m.input("shift_sign", Bit).doc("shift in the sign");
    let rotate = config.zbb.then(|| m.input("rotate", Bit).doc("keep what comes round"));
    let extract = config.zbs.then(|| m.input("extract", Bit).doc("keep only bit 0"));

    // Each bit of n or 32 - n by itself: an adder would be slower. The low ones are known first.
    let amount = b.bits(4, 0).named("shift_amount");
    let mut bits = vec![amount.bit(0)];
    for i in 1..5 {
        let below = amount.bits(i - 1, 0).any();
        bits.push(amount.bit(i) ^ (left & below));
    }
    bits.reverse();
    let distance = cat(&bits).named("rotate_right_by");
    let mut rotated = a;
    for i in 0..5 {
        let by = 1 << i;
        let moved = cat(&[rotated.bits(by - 1, 0), rotated.bits(31, by)]);
        rotated = distance.bit(i).mux(moved, rotated).named(format!("rotated_{}", 2 * by - 1));
    }

    let ones = lit(0xffff_ffff_u32, U(32));
    let right_mask = (ones >> distance).named("right_mask");
    let complement = (left & amount.any()).named("keep_complement");
    let mut keep = (right_mask ^ complement.repeat(32)).named("shift_keep");
    if let Some(rotate) = rotate {
        keep = (keep | rotate.repeat(32)).named("shift_or_rotate_keep");
    }
    if let Some(extract) = extract {
        let only_bit_0 = cat(&[extract.repeat(31), lit(0, Bit)]);
        keep = (keep & !only_bit_0).named("shift_or_extract_keep");
    }
    let fill = (arithmetic & a.bit(31)).named("shift_fill");
    ((rotated & keep) | (fill.repeat(32) & !keep)).named("shifted")
}

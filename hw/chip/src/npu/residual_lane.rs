//! One lane of the residual add: `value * scale + addend` with one rounding to float32, then to
//! int8.

use systole_hdl::prelude::*;

use super::pipeline::Pipeline;

/// Pipeline registers of a lane.
pub const LANE_STAGES: u32 = 8;

/// Moves after which the addend must follow its value.
pub const ADDEND_STAGE: u32 = 2;

/// Guard bits below the 31 bits of an operand.
const GUARD: u32 = 2;

/// Bits of an aligned operand.
const ALIGNED: u32 = 31 + GUARD;

/// Bits of the fixed-point sum: 8 of the integer, 34 of the fraction.
const FIXED: u32 = 42;

/// One lane. `value` is an int8; `scale` (which must hold still) and `addend` are float32, of which
/// a biased exponent of 0 means 0 and 255 one more binade (docs/npu.md).
///
/// The pipeline moves on when `advance` is high. `addend` belongs to the value of
/// [`ADDEND_STAGE`] moves before; `result` follows `LANE_STAGES` moves after the value.
///
/// Both operands are taken as 31-bit integers with a common exponent: the product has up to 31
/// bits, the addend's 24 are moved up by 7. The one with the larger exponent stays, the other one
/// is shifted right below it. Bits that fall out below the guard bits are of no account: then
/// nothing much cancels, and the sum is so large that they lie below what decides the rounding.
///
/// The sum is not normalised. As only its integer matters, the two roundings are one decision:
/// near a half, by no more than half a unit of the 24-bit mantissa, the sum counts as the half.
pub fn residual_lane() -> Module {
    module("npu_residual_lane", |m| {
        m.doc("Residual add: fused multiply-add of float32, rounded to int8.");
        let advance = m.input("advance", Bit);
        let value = m.input("value", S(8));
        let scale = m.input("scale", U(32)).doc("float32");
        let addend = m.input("addend", U(32)).doc("float32, two moves later");
        let pipeline = Pipeline::new(m, advance);
        let scale_exponent = scale.bits(30, 23).named("scale_exponent");

        pipeline.stage("1: sign and magnitude");
        let value_negative = value.bit(7).named("value_negative");
        let magnitude = value_negative.mux(-value, value).as_unsigned();
        let magnitude_1 = pipeline.after("magnitude_1", magnitude);
        let negative_1 = pipeline.after("negative_1", value_negative ^ scale.bit(31));
        let zero_1 = pipeline.after("zero_1", value.eq(0) | scale_exponent.eq(0));

        pipeline.stage("2: product, 31 bits");
        let scale_mantissa = cat(&[lit(1, Bit), scale.bits(22, 0)]).named("scale_mantissa");
        let product = (magnitude_1 * scale_mantissa).named("product");
        product.bit(31).unused();
        let product_2 = pipeline.after("product_2", zero_1.mux(0, product.bits(30, 0)));
        let negative_2 = pipeline.after("negative_2", negative_1);
        let zero_2 = pipeline.after("zero_2", zero_1);

        pipeline.stage("3: order by exponent");
        let product_exponent = zero_2.mux(0, scale_exponent.ext(9) + 7).named("product_exponent");
        let addend_exponent = addend.bits(30, 23).ext(9).named("addend_exponent");
        let mantissa = cat(&[lit(1, Bit), addend.bits(22, 0), zero(U(7))]);
        let addend_mantissa = addend_exponent.eq(0).mux(0, mantissa).named("addend_mantissa");
        let above = (product_exponent.ext(10) - addend_exponent.ext(10)).named("product_above");
        let below = (addend_exponent.ext(10) - product_exponent.ext(10)).named("addend_above");
        let swap = above.bit(9).named("addend_is_larger");
        let order = |addend: Signal, product: Signal| swap.mux(addend, product);
        let distance = order(below, above).named("distance");
        let far = distance.bits(9, 6).any().named("far_apart");
        let larger_3 = pipeline.after("larger_3", order(addend_mantissa, product_2));
        let smaller_3 = pipeline.after("smaller_3", order(product_2, addend_mantissa));
        let distance_3 = pipeline.after("distance_3", far.mux(63, distance.bits(5, 0)));
        let exponent_3 = pipeline.after("exponent_3", order(addend_exponent, product_exponent));
        let negative_3 = pipeline.after("negative_3", order(addend.bit(31), negative_2));
        let subtract_3 = pipeline.after("subtract_3", negative_2 ^ addend.bit(31));

        pipeline.stage("4: align the smaller one");
        let smaller = cat(&[smaller_3, zero(U(GUARD))]);
        let (aligned, lost) = align(smaller, distance_3);
        let aligned_4 = pipeline.after("aligned_4", aligned);
        let lost_4 = pipeline.after("lost_4", lost);
        let larger_4 = pipeline.after("larger_4", larger_3);
        let exponent_4 = pipeline.after("exponent_4", exponent_3);
        let negative_4 = pipeline.after("negative_4", negative_3);
        let subtract_4 = pipeline.after("subtract_4", subtract_3);

        pipeline.stage("5: sum or difference, rounded down");
        // With something lost the difference is one less and a fraction.
        let carry = (subtract_4 & !lost_4).named("carry");
        let larger = cat(&[larger_4, zero(U(GUARD)), lit(1, Bit)]).ext(ALIGNED + 3);
        let inverted = aligned_4.ext(ALIGNED + 2) ^ subtract_4.repeat(ALIGNED + 2);
        let sum = (larger + cat(&[inverted, carry])).named("sum_and_carry");
        sum.bit(0).unused();
        let sum_5 = pipeline.after("sum_5", sum.bits(ALIGNED + 2, 1));
        let lost_5 = pipeline.after("lost_5", lost_4);
        let exponent_5 = pipeline.after("exponent_5", exponent_4);
        let negative_5 = pipeline.after("negative_5", negative_4);

        pipeline.stage("6: magnitude");
        // A negative one is exact: the smaller exponent was too close for a loss.
        let sum_negative = sum_5.bit(ALIGNED + 1).named("sum_negative");
        let signed = sum_5.as_signed();
        let sum_magnitude = sum_negative.mux(-signed, signed).bits(ALIGNED, 0);
        let shift = (exponent_5.ext(10).as_signed() - 125).named("shift");
        let magnitude_6 = pipeline.after("magnitude_6", sum_magnitude);
        let shift_6 = pipeline.after("shift_6", shift.bits(5, 0));
        let tiny_6 = pipeline.after("tiny_6", shift.bit(9));
        let huge_6 = pipeline.after("huge_6", shift.bits(8, 6).any());
        let lost_6 = pipeline.after("lost_6", lost_5);
        let negative_6 = pipeline.after("negative_6", negative_5 ^ sum_negative);

        pipeline.stage("7: fixed point");
        let (fixed, overflow) = scale_up(magnitude_6.ext(FIXED), shift_6);
        let beyond = overflow | (huge_6 & magnitude_6.any());
        let fixed_7 = pipeline.after("fixed_7", fixed);
        let beyond_7 = pipeline.after("beyond_7", beyond);
        let tiny_7 = pipeline.after("tiny_7", tiny_6);
        let lost_7 = pipeline.after("lost_7", lost_6);
        let negative_7 = pipeline.after("negative_7", negative_6);

        pipeline.stage("8: round");
        let increment = rounds_up(fixed_7, lost_7);
        let integer_8 = pipeline.after("integer_8", fixed_7.bits(FIXED - 2, FIXED - 8));
        let increment_8 = pipeline.after("increment_8", increment);
        let saturate_8 = pipeline.after("saturate_8", beyond_7 | fixed_7.bit(FIXED - 1));
        let tiny_8 = pipeline.after("tiny_8", tiny_7);
        let negative_8 = pipeline.after("negative_8", negative_7);

        pipeline.stage("Sign and saturation");
        let rounded = (integer_8.ext(8) + increment_8.ext(8)).named("rounded");
        let limited = saturate_8.mux(128, rounded);
        let absolute = tiny_8.mux(0, limited).named("absolute");
        let positive = absolute.bit(7).mux(127, absolute).as_signed();
        m.output("result", negative_8.mux(-absolute.as_signed(), positive));
        m.cover("saturates", saturate_8);
    })
}

/// `value` shifted right, and whether a 1 was lost.
fn align(value: Signal, distance: Signal) -> (Signal, Signal) {
    let width = value.width();
    let (mut value, mut lost) = (value, lit(0, Bit));
    for level in 0..distance.width() {
        let by = (1 << level).min(width);
        let shifts = distance.bit(level);
        lost = lost | (shifts & value.bits(by - 1, 0).any());
        let moved = if by == width { zero(U(width)) } else { (value >> by).bits(width - 1, 0) };
        value = shifts.mux(moved, value).named(format!("aligned_by_{by}"));
    }
    (value, lost.named("lost"))
}

/// `value` shifted left, and whether a 1 was lost.
fn scale_up(value: Signal, shift: Signal) -> (Signal, Signal) {
    let width = value.width();
    let (mut value, mut lost) = (value, lit(0, Bit));
    for level in 0..shift.width() {
        let by = 1 << level;
        let shifts = shift.bit(level);
        lost = lost | (shifts & value.bits(width - 1, width - by).any());
        let moved = cat(&[value.bits(width - 1 - by, 0), zero(U(by))]);
        value = shifts.mux(moved, value).named(format!("fixed_by_{by}"));
    }
    (value, lost.named("overflow"))
}

/// Whether the fixed-point number is rounded up, first to 24 significant bits, then to an integer.
///
/// With an integer part below 2^k (but not below 2^(k-1)), half a unit of the mantissa is 2^(k-25).
fn rounds_up(fixed: Signal, lost: Signal) -> Signal {
    let integer = fixed.bits(FIXED - 2, FIXED - 8);
    let half = fixed.bit(33).named("half");
    // Bits of weight 2^-2 to 2^-17 and 2^-18 to 2^-25.
    let (upper, lower) = (fixed.bits(32, 17), fixed.bits(16, 9));
    let rest = (fixed.bits(8, 0).any() | lost).named("rest");
    // 2^k - 1.
    let mask: Vec<Signal> = (0..7).rev().map(|bit| integer.bits(6, bit).any()).collect();
    let mask = cat(&mask).ext(8).named("mask");
    let unit = (mask + 1).named("half_unit");
    let more = lower.gt(unit) | (lower.eq(unit) & rest);
    let above = (half & (upper.any() | more)).named("above_half");
    let close_below = (!half & upper.all() & (lower | mask).all()).named("close_below_half");
    let tie = ((half & !above) | close_below).named("counts_as_half");
    (above | (tie & integer.bit(0))).named("rounds_up")
}

//! One lane of the requantiser: fp32 arithmetic on an int32, done in integers, and double rounding.

use systole_hdl::prelude::*;

use super::double_rounding::{DoubleRounding, NUMBER};
use super::pipeline::Pipeline;

/// Pipeline registers of a lane.
pub const LANE_STAGES: u32 = 10;

/// Type of the shift count of the last rounding.
const OFFSET: Ty = S(9);

/// One lane: `fp32(accumulator + bias) * multiplier`, rounded to an integer, plus the zero point,
/// clamped. Each rounding is to nearest even; docs/npu.md has the exact rule.
///
/// The pipeline moves on when `advance` is high. `result` follows `LANE_STAGES` moves later and
/// is combinational in the zero point and the clamps.
///
/// The exponents are folded into one number, `offset`: by how much the 24-bit product mantissa,
/// taken with 15 fraction bits, must be shifted right. Below 0 the value is at least 512 and
/// saturates; above 9 it is at most one half and becomes 0.
///
/// With `double_rounding` each operand says by which of the two modes it is requantised.
pub fn requantise_lane(double_rounding: bool) -> Module {
    module("npu_requantise_lane", |m| {
        m.doc("Requantiser lane: int32 to int8 as fp32 arithmetic would do it.");
        let advance = m.input("advance", Bit);
        let accumulator = m.input("accumulator", S(32));
        let bias = m.input("bias", S(32));
        let multiplier = m.input("multiplier", U(32)).doc("float32");
        let pipeline = Pipeline::new(m, advance);

        pipeline.stage("1: bias");
        let accumulator_1 = pipeline.after("accumulator_1", accumulator + bias);
        let multiplier_1 = pipeline.after("multiplier_1", multiplier);
        let mut double = DoubleRounding::begin(m, &pipeline, double_rounding);

        pipeline.stage("2: sign and magnitude");
        let negative = accumulator_1.bit(31).named("accumulator_negative");
        let magnitude = negative.mux(-accumulator_1, accumulator_1).as_unsigned();
        let negates = double.float_only(multiplier_1.bit(31));
        let magnitude_2 = pipeline.after("magnitude_2", magnitude);
        let negative_2 = pipeline.after("negative_2", negative ^ negates);
        let exponent_2 = pipeline.after("exponent_2", multiplier_1.bits(30, 23));
        let fraction_2 = pipeline.after("fraction_2", multiplier_1.bits(22, 0));
        double.end_stage(&pipeline);

        pipeline.stage("3: normalise by 16 and 8");
        let (by_16, clear_16) = normalise(magnitude_2, 16, &mut double);
        let (by_8, clear_8) = normalise(by_16, 8, &mut double);
        let magnitude_3 = pipeline.after("magnitude_3", by_8);
        let zeros_3 = pipeline.after("zeros_3", cat(&[clear_16, clear_8]));
        let negative_3 = pipeline.after("negative_3", negative_2);
        let exponent_3 = pipeline.after("exponent_3", exponent_2);
        let fraction_3 = pipeline.after("fraction_3", fraction_2);
        double.end_stage(&pipeline);

        pipeline.stage("4: normalise by 4, 2 and 1");
        let (by_4, clear_4) = normalise(magnitude_3, 4, &mut double);
        let (by_2, clear_2) = normalise(by_4, 2, &mut double);
        let (by_1, clear_1) = normalise(by_2, 1, &mut double);
        let magnitude_4 = pipeline.after("magnitude_4", by_1);
        let leading_zeros = cat(&[zeros_3, clear_4, clear_2, clear_1]);
        let leading_zeros_4 = pipeline.after("leading_zeros_4", leading_zeros);
        let negative_4 = pipeline.after("negative_4", negative_3);
        let exponent_4 = pipeline.after("exponent_4", exponent_3);
        let fraction_4 = pipeline.after("fraction_4", fraction_3);
        double.end_stage(&pipeline);

        pipeline.stage("5: round the accumulator to 24 bits");
        let (rounded, carry) = round_accumulator(magnitude_4);
        let leading_zeros = leading_zeros_4.ext(9).as_signed();
        let offset = lit(104, OFFSET) + leading_zeros - exponent_4.ext(9).as_signed();
        let is_zero = !magnitude_4.bit(31) | exponent_4.eq(0);
        let multiplicand = double.multiplicand(rounded, magnitude_4);
        let mantissa_5 = pipeline.after("mantissa_5", multiplicand);
        let carry_5 = pipeline.after("carry_5", double.float_only(carry));
        let zero_5 = pipeline.after("zero_5", double.float_only(is_zero));
        let offset_5 = pipeline.after("offset_5", double.offset(offset));
        let negative_5 = pipeline.after("negative_5", negative_4);
        let fraction_5 = pipeline.after("fraction_5", double.factor(exponent_4, fraction_4));
        double.end_stage(&pipeline);

        pipeline.stage("6: partial products");
        let (fraction_low, fraction_high) = factor_parts(fraction_5);
        let product_low_6 = pipeline.after("product_low_6", mantissa_5 * fraction_low);
        let product_high_6 = pipeline.after("product_high_6", mantissa_5 * fraction_high);
        let offset_6 = pipeline.after("offset_6", offset_5 - carry_5.ext(9).as_signed());
        let zero_6 = pipeline.after("zero_6", zero_5);
        let negative_6 = pipeline.after("negative_6", negative_5);
        double.end_stage(&pipeline);

        pipeline.stage("7: product, 47 or 48 bits");
        let low_bits = zero(U(fraction_low.width()));
        let product_high = cat(&[product_high_6, low_bits]).named("product_high");
        let product = product_high + product_low_6.ext(product_high.width());
        let product_7 = pipeline.after("product_7", product);
        let offset_7 = pipeline.after("offset_7", offset_6);
        let zero_7 = pipeline.after("zero_7", zero_6);
        let negative_7 = pipeline.after("negative_7", negative_6);
        double.end_stage(&pipeline);

        pipeline.stage("8: round the product to 24 bits");
        let (rounded_product, product_top) = round_product(product_7);
        let product_top = double.float_only(product_top);
        let number = double.number(rounded_product, product_7, negative_7);
        let mantissa_8 = pipeline.after("mantissa_8", number);
        let offset_8 = pipeline.after("offset_8", offset_7 - product_top.ext(9).as_signed());
        let zero_8 = pipeline.after("zero_8", zero_7);
        let negative_8 = pipeline.after("negative_8", negative_7);
        double.end_stage(&pipeline);

        pipeline.stage("9: shift to an integer");
        let shifted = shift_right(mantissa_8, offset_8);
        let (integer, increment) = round_integer(shifted);
        let saturates = offset_8.lt(0).named("saturates");
        let underflows = offset_8.gt(9).named("underflows");
        let [integer, increment, saturates] =
            double.integer(shifted, [integer, increment, saturates]);
        let integer_9 = pipeline.after("integer_9", integer);
        let increment_9 = pipeline.after("increment_9", increment);
        let zero_9 = pipeline.after("zero_9", zero_8 | double.float_only(underflows));
        let saturate_9 = pipeline.after("saturate_9", saturates);
        let negative_9 = pipeline.after("negative_9", negative_8);

        pipeline.stage("10: round and restore the sign");
        let rounded_integer = (integer_9 + increment_9.ext(10)).named("rounded_integer");
        let limited = saturate_9.mux(511, rounded_integer).named("limited");
        let absolute = zero_9.mux(0, limited).ext(11).as_signed().named("absolute");
        let value_10 = pipeline.after("value_10", negative_9.mux(-absolute, absolute));

        pipeline.stage("Zero point and clamp");
        zero_point_and_clamp(m, value_10);
    })
}

/// One step of a normalising left shift: `value`, shifted by `by` if its top `by` bits are clear
/// (or by the shift of double rounding), and whether they were.
#[track_caller]
fn normalise(value: Signal, by: u32, double: &mut DoubleRounding) -> (Signal, Signal) {
    let clear = value.bits(31, 32 - by).eq(0).named(format!("top_{by}_clear"));
    let moved = cat(&[value.bits(31 - by, 0), zero(U(by))]);
    let shifts = double.shifts(by, clear);
    (shifts.mux(moved, value).named(format!("normalised_{by}")), clear)
}

/// The 24-bit mantissa of a normalised 32-bit magnitude, and the carry into the exponent.
///
/// The top bit is 1 with and without carry (with carry the others are 0).
fn round_accumulator(magnitude: Signal) -> (Signal, Signal) {
    let half = magnitude.bit(7).named("accumulator_half");
    let sticky = magnitude.bits(6, 0).any().named("accumulator_sticky");
    let odd = magnitude.bit(8);
    let increment = (half & (sticky | odd)).named("accumulator_increment");
    let kept = magnitude.bits(31, 8).ext(25);
    let rounded = (kept + increment.ext(25)).named("accumulator_rounded");
    rounded.bit(23).unused();
    (cat(&[lit(1, Bit), rounded.bits(22, 0)]), rounded.bit(24))
}

/// The product rounded to 24 bits (25 after a carry), and whether it had 48.
///
/// Bits from 48 on belong to double rounding.
fn round_product(product: Signal) -> (Signal, Signal) {
    let top = product.bit(47).named("product_top");
    let upper = top.mux(product.bits(47, 24), product.bits(46, 23)).named("product_upper");
    let half = top.mux(product.bit(23), product.bit(22)).named("product_half");
    let low = product.bits(21, 0).any().named("product_low_any");
    let sticky = (low | (top & product.bit(22))).named("product_sticky");
    let increment = (half & (sticky | upper.bit(0))).named("product_increment");
    (upper.ext(25) + increment.ext(25), top)
}

/// The low and the high part of the factor: of the fraction below float32's hidden bit, or of all 31
/// bits where there is double rounding.
fn factor_parts(fraction: Signal) -> (Signal, Signal) {
    if fraction.width() == 31 {
        return (fraction.bits(15, 0), fraction.bits(30, 16));
    }
    let low = fraction.bits(11, 0).named("fraction_low");
    (low, cat(&[lit(1, Bit), fraction.bits(22, 12)]).named("fraction_high"))
}

/// The mantissa as a number with 15 fraction bits, shifted right by `offset`; or the number of a lane
/// that knows double rounding, whose right shift goes up to 32 and more.
fn shift_right(mantissa: Signal, offset: Signal) -> Signal {
    if mantissa.width() == NUMBER {
        return (mantissa >> offset.bits(5, 0)).named("shifted");
    }
    let fixed_point = cat(&[mantissa, zero(U(9))]).named("fixed_point");
    let amount = offset.bits(3, 0).named("shift_amount");
    (fixed_point >> amount).named("shifted")
}

/// Integer part, and whether it must be rounded up.
fn round_integer(shifted: Signal) -> (Signal, Signal) {
    let integer = shifted.bits(33, 24).named("shifted_integer");
    let half = shifted.bit(23).named("integer_half");
    let sticky = shifted.bits(22, 0).any().named("integer_sticky");
    let increment = (half & (sticky | integer.bit(0))).named("integer_increment");
    (integer, increment)
}

/// The combinational end of a lane.
fn zero_point_and_clamp(m: M, value: Signal) {
    let zero_point = m.input("zero_point", S(8));
    let clamp_min = m.input("clamp_min", S(8));
    let clamp_max = m.input("clamp_max", S(8));
    let moved = (value.ext(12) + zero_point.ext(12)).named("moved");
    let below = moved.lt(clamp_min.ext(12)).named("below_minimum");
    let raised = below.mux(clamp_min.ext(12), moved).named("raised");
    let above = raised.gt(clamp_max.ext(12)).named("above_maximum");
    let clamped = above.mux(clamp_max.ext(12), raised).named("clamped");
    clamped.bits(11, 8).unused();
    m.output("result", clamped.trunc(8));
    m.cover("clamps_below", below);
    m.cover("clamps_above", above);
}

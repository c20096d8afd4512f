//! The requantiser's lane beside the definition in docs/npu.md.
//!
//! No solver compares a pipeline with a float32 multiplication as a whole. So the definition is
//! cut where the lane has registers, and each piece is proven for every value before it, at full
//! width and in exact integers. With A the magnitude of accumulator and bias, M the 24-bit mantissa
//! of the multiplier and E its biased exponent, the result is that of A * M * 2^(E-150):
//!
//! 1. The mantissa m of the accumulator, with k = `offset_6` + E - 104, says A rounded to 24 bits:
//!    m * 2^(8-k).
//! 2. The product P is m * M, from two products of half the width.
//! 3. The mantissa n of the product, with t = `offset_7` - `offset_8`, says P rounded to 24 bits:
//!    n * 2^(23+t).
//! 4. The integer is n * 2^(-15-`offset_8`), rounded half to even, saturated beyond every int8.
//!
//! Together: n * 2^(23+t) * 2^(8-k) * 2^(E-150) = n * 2^(-15-`offset_8`), since `offset_8` =
//! 104 + k - E - t, and since rounding to 24 bits does not mind a power of two.

use systole_hdl::fault::{Fault, Target};
use systole_hdl::prelude::*;
use systole_hdl::probe;

use super::free::{after, after_first_cycle, later};
use super::{Method, Proof};
use crate::npu::requantise_lane::{LANE_STAGES, requantise_lane};

pub const PROOFS: &[Proof] = &[Proof {
    name: "requantise",
    statement: "A lane gives the result of docs/npu.md for every accumulator, bias, float32 \
                multiplier, zero point and clamp: each of its steps (sum, rounding to 24 bits, \
                product, rounding of the product, rounding to an integer, zero point and clamps) \
                is exact.",
    module: lane,
    method: Method::Bounded { cycles: LANE_STAGES + 3 },
    faults: &[
        Fault {
            name: "accumulator-truncated",
            description: "accumulators of more than 24 bits are cut, not rounded",
            module: "npu_requantise_lane",
            signal: "accumulator_increment",
            target: Target::Drive,
            bad: |_| lit(0, Bit),
        },
        Fault {
            name: "product-ties-up",
            description: "ties of the product are rounded up, not to even",
            module: "npu_requantise_lane",
            signal: "product_increment",
            target: Target::Drive,
            bad: |c| c.signal("product_half"),
        },
        Fault {
            name: "integer-sticky-lost",
            description: "what lies beyond one half of an integer is lost",
            module: "npu_requantise_lane",
            signal: "integer_sticky",
            target: Target::Drive,
            bad: |_| lit(0, Bit),
        },
        Fault {
            name: "clamp-before-zero-point",
            description: "the lower clamp is tried without the zero point",
            module: "npu_requantise_lane",
            signal: "below_minimum",
            target: Target::Drive,
            bad: |c| c.signal("value_10").ext(12).lt(c.signal("clamp_min").ext(12)),
        },
    ],
}];

/// Registers of the lane at which the definition is cut. A register `_s` holds what entered s cycles
/// before.
const CUTS: [&str; 10] = [
    "magnitude_2",
    "negative_2",
    "mantissa_5",
    "fraction_5",
    "offset_6",
    "product_7",
    "offset_7",
    "mantissa_8",
    "offset_8",
    "value_10",
];

/// One pass through a lane, beside its definition.
fn lane() -> Module {
    let under_proof = probe(&requantise_lane(false), &CUTS, &[]);
    module("proof_requantise", |m| {
        m.section("Operands: any that enter in the first cycle");
        let accumulator = m.input("accumulator", S(32));
        let bias = m.input("bias", S(32));
        let multiplier = m.input("multiplier", U(32));
        let bytes = ["zero_point", "clamp_min", "clamp_max"].map(|name| m.input(name, S(8)));
        let [zero_point, clamp_min, clamp_max] = bytes;
        let dut = m
            .instance("lane", &under_proof)
            .pin("advance", 1)
            .pin("accumulator", accumulator)
            .pin("bias", bias)
            .pin("multiplier", multiplier)
            .pin("zero_point", zero_point)
            .pin("clamp_min", clamp_min)
            .pin("clamp_max", clamp_max);
        let cuts = Cuts { m, dut, enters: (!after_first_cycle(m, "entered")).named("enters") };

        m.section("Sum, sign and magnitude");
        let sum = later(m, "sum", accumulator + bias, 2);
        let negative = sum.bit(31).named("sum_negative");
        let magnitude = negative.mux(-sum, sum).as_unsigned();
        let sign = later(m, "sign", multiplier.bit(31), 2);
        cuts.check(2, "magnitude", cuts.now("magnitude_2").eq(magnitude));
        cuts.check(2, "sign", cuts.now("negative_2").eq(negative ^ sign));

        let exponent = later(m, "exponent", multiplier.bits(30, 23), 6);
        rounding_of_the_sum(&cuts, exponent);
        let fraction = later(m, "fraction", multiplier.bits(22, 0), 5);
        cuts.check(5, "fraction_passes", cuts.now("fraction_5").eq(fraction));
        the_product(&cuts);
        rounding_of_the_product(&cuts);
        let exponent = later(m, "exponent_on", exponent, 4);
        rounding_to_an_integer(&cuts, exponent.eq(0));

        m.section("Zero point and clamps");
        let moved = (cuts.now("value_10").ext(12) + zero_point.ext(12)).named("moved");
        let (min, max) = (clamp_min.ext(12), clamp_max.ext(12));
        let raised = moved.gt(min).mux(moved, min).named("raised");
        let clamped = raised.lt(max).mux(raised, max).named("clamped");
        cuts.check(10, "zero_point_and_clamps", dut.out("result").eq(clamped.trunc(8)));
        cuts.cover(10, "neither_clamped", clamped.eq(moved) & moved.ne(zero_point.ext(12)));
    })
}

/// The lane with its cuts.
struct Cuts {
    m: M,
    dut: Instance,
    /// The operands enter.
    enters: Signal,
}

impl Cuts {
    /// What a register holds now.
    fn now(&self, register: &str) -> Signal {
        self.dut.out(format!("probe_{register}"))
    }

    /// What a register held when the operands of `stage` cycles ago were there.
    fn at(&self, register: &str, stage: u32) -> Signal {
        let (_, number) = register.rsplit_once('_').expect("a number of a stage");
        let from: u32 = number.parse().expect("a number");
        later(self.m, &format!("{register}_at_{stage}"), self.now(register), stage - from)
    }

    /// Whether the operands entered `stage` cycles ago.
    fn arrived(&self, stage: u32, name: &str) -> Signal {
        after(self.m, &format!("{name}_arrives"), self.enters, stage)
    }

    #[track_caller]
    fn check(&self, stage: u32, name: &str, holds: Signal) {
        self.m.check(name, !self.arrived(stage, name) | holds);
    }

    #[track_caller]
    fn cover(&self, stage: u32, name: &str, seen: Signal) {
        self.m.cover(name, self.arrived(stage, name) & seen);
    }
}

/// Cut 1.
fn rounding_of_the_sum(cuts: &Cuts, exponent: Signal) {
    cuts.m.section("1: the sum, rounded to 24 bits");
    let magnitude = cuts.at("magnitude_2", 6);
    let mantissa = cuts.at("mantissa_5", 6);
    let k = cuts.now("offset_6").ext(11) + exponent.ext(11).as_signed() - lit(104, S(11));
    let k = k.named("k");
    let zero_sum = magnitude.eq(0).named("zero_sum");
    cuts.check(6, "k_in_range", zero_sum | (k.ge(0) & k.le(31)));
    let rounded = round_to_24_bits("rounded_sum", magnitude).named("rounded_sum");
    let exact = rounded.ext(64) << k.as_unsigned().bits(4, 0);
    let stands_for = cat(&[mantissa, zero(U(8))]).ext(64);
    cuts.check(6, "mantissa_of_the_sum", zero_sum | exact.eq(stands_for));
    cuts.cover(6, "sum_is_rounded_up", rounded.gt(magnitude.ext(33)));
}

/// Cut 2: the product, from those parts that the lane has.
fn the_product(cuts: &Cuts) {
    cuts.m.section("2: the product of the mantissas");
    let (mantissa, fraction) = (cuts.now("mantissa_5"), cuts.now("fraction_5"));
    let low = mantissa * fraction.bits(11, 0);
    let high = mantissa * cat(&[lit(1, Bit), fraction.bits(22, 12)]);
    let product = cat(&[high, zero(U(12))]) + low.ext(48);
    let expected = later(cuts.m, "expected_product", product, 2);
    cuts.check(7, "product", cuts.now("product_7").eq(expected));
    cuts.check(7, "product_of_mantissas", cuts.now("product_7").bits(47, 46).any());
    cuts.check(7, "offset_passes", cuts.now("offset_7").eq(cuts.at("offset_6", 7)));
}

/// Cut 3.
fn rounding_of_the_product(cuts: &Cuts) {
    cuts.m.section("3: the product, rounded to 24 bits");
    let product = cuts.at("product_7", 8);
    let top = (cuts.at("offset_7", 8) - cuts.now("offset_8")).named("t");
    cuts.check(8, "t_in_range", top.ge(0) & top.le(1));
    let mantissas = product.bits(47, 46).any().named("of_mantissas");
    let rounded = round_to_24_bits("rounded_product", product).named("rounded_product");
    let mantissa = cuts.now("mantissa_8");
    let shifted = cat(&[mantissa, zero(U(23))]).ext(49);
    let stands_for = top.ne(0).mux(shifted << 1, shifted);
    cuts.check(8, "mantissa_of_the_product", !mantissas | rounded.eq(stands_for));
    cuts.check(8, "mantissa_has_24_bits", !mantissas | mantissa.bits(24, 23).any());
    cuts.cover(8, "product_is_rounded_up", rounded.gt(product.ext(49)));
}

/// Fraction bits of the number below. A right shift by 63 or more leaves nothing of it.
const FRACTION: u32 = 15 + 64;

/// Cut 4, with what is 0: a sum of 0, and a biased exponent of 0.
fn rounding_to_an_integer(cuts: &Cuts, zero_exponent: Signal) {
    cuts.m.section("4: the integer");
    let is_zero = zero_exponent | cuts.at("magnitude_2", 10).eq(0);
    let is_zero = is_zero.named("is_zero");
    let negative = cuts.at("negative_2", 10);
    let offset = cuts.at("offset_8", 10);
    let amount = offset.gt(63).mux(lit(63, U(6)), offset.as_unsigned().bits(5, 0));
    let number = cat(&[cuts.at("mantissa_8", 10), zero(U(64))]) >> amount;
    let number = number.named("number");
    let half = number.bit(FRACTION - 1);
    let up = half & (number.bits(FRACTION - 2, 0).any() | number.bit(FRACTION));
    let integer = number.bits(number.width() - 1, FRACTION).ext(11) + up.ext(11);
    let integer = is_zero.mux(0, integer).ext(12).as_signed().named("expected");
    let value = cuts.now("value_10").ext(12);
    let absolute = negative.mux(-value, value).named("absolute");
    // Whatever the zero point, 256 is beyond all bytes.
    let saturates = (!is_zero & offset.lt(0)).named("saturates");
    cuts.check(10, "saturates_beyond_all_bytes", !saturates | absolute.ge(256));
    cuts.check(10, "rounded_to_even", saturates | absolute.eq(integer));
    cuts.cover(10, "tie_to_even", half & !up & !is_zero & offset.ge(0));
}

/// `value` rounded to 24 significant bits, half to even; one bit wider.
fn round_to_24_bits(name: &str, value: Signal) -> Signal {
    let width = value.width();
    let mut rounded = value.ext(width + 1);
    for excess in 1..=width - 24 {
        let kept = value.bits(width - 1, excess).ext(width + 1 - excess);
        let half = value.bit(excess - 1);
        let beyond = if excess == 1 { lit(0, Bit) } else { value.bits(excess - 2, 0).any() };
        let up = half & (beyond | value.bit(excess));
        let whole = cat(&[kept + up.ext(kept.width()), zero(U(excess))]);
        let has_excess = value.bits(width - 1, 23 + excess).any();
        rounded = has_excess.mux(whole, rounded).named(format!("{name}_{excess}"));
    }
    rounded
}

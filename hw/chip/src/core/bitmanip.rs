//! Bit manipulation beyond what the ALU does: most of Zbb, and the bits of Zbs.

use systole_hdl::prelude::*;

use super::encoding::bit_op;
use crate::config::CoreConfig;

/// The bit manipulation unit: combinational. `op` is one-hot (`encoding::bit_op`); with no bit set the
/// result is 0. MIN and MAX need the comparison of the ALU, `is_less`.
///
/// What the ALU does itself: SH1ADD, SH2ADD, SH3ADD, ANDN, ORN, XNOR, rotations, BEXT.
pub fn bitmanip(config: &CoreConfig) -> Module {
    module("core_bitmanip", |m| {
        m.doc("Bit manipulation beyond what the ALU does.");
        let op = m.input("op", U(bit_op::WIDTH)).doc("one-hot");
        let a = m.input("a", U(32));
        let b = m.input("b", U(32));
        let mut results = Vec::new();
        if config.zbb {
            let is_less = m.input("is_less", Bit).doc("a < b");
            counts(m, op, a, &mut results);
            selections(m, op, (a, b), is_less, &mut results);
            bytes(m, op, a, &mut results);
        } else {
            op.bits(bit_op::REV8, bit_op::CLZ).unused();
        }
        if config.zbs {
            single_bits(m, op, (a, b), &mut results);
        } else {
            op.bits(bit_op::BINV, bit_op::BSET).unused();
        }
        m.section("Result");
        m.output("result", one_hot_select(&results));
    })
}

/// Results, each with what selects it.
type Results = Vec<(Signal, Signal)>;

/// CLZ, CTZ, CPOP.
fn counts(m: M, op: Signal, a: Signal, results: &mut Results) {
    m.section("Count zeros: of the reversed operand for trailing ones");
    let trailing = op.bit(bit_op::CTZ).named("count_trailing");
    let reversed = cat(&(0..32).map(|bit| a.bit(bit)).collect::<Vec<_>>()).named("reversed");
    let counted = trailing.mux(reversed, a).named("counted");
    let zeros = leading_zeros(counted).named("leading_zeros");
    let select_zeros = (trailing | op.bit(bit_op::CLZ)).named("select_zeros");
    results.push((select_zeros, zeros.ext(32)));

    m.section("Count ones: pairs, then pairs of pairs");
    let mut sums: Vec<Signal> = (0..32).map(|bit| a.bit(bit)).collect();
    while sums.len() > 1 {
        let width = sums[0].width() + 1;
        let name = format!("ones_of_{}", 64 / sums.len());
        let pairs = sums.chunks(2).enumerate();
        sums = pairs
            .map(|(i, pair)| (pair[0].ext(width) + pair[1].ext(width)).named(format!("{name}_{i}")))
            .collect();
    }
    results.push((op.bit(bit_op::CPOP), sums[0].ext(32)));
}

/// Number of zeros above the highest one: `log2(width) + 1` bits. Halves the operand again and
/// again: the count of the upper half, or, when that is 0, all of it and the count of the lower.
fn leading_zeros(value: Signal) -> Signal {
    let mut counts: Vec<Signal> = (0..value.width()).map(|bit| !value.bit(bit)).collect();
    while counts.len() > 1 {
        let name = format!("zeros_of_{}", 2 * value.width() / counts.len() as u32);
        let pairs = counts.chunks(2).enumerate();
        counts = pairs.map(|(i, pair)| joined(pair[0], pair[1], &format!("{name}_{i}"))).collect();
    }
    counts[0]
}

/// Count of two neighbours out of the counts of each, whose top bit says that it is all zeros.
fn joined(low: Signal, high: Signal, name: &str) -> Signal {
    let top = high.width() - 1;
    let (high_empty, low_empty) = (high.bit(top), low.bit(top));
    let both = high_empty & low_empty;
    if top == 0 {
        return cat(&[both, high_empty & !low_empty]).named(name);
    }
    let rest = high_empty.mux(low.bits(top - 1, 0), high.bits(top - 1, 0));
    cat(&[both, high_empty & !low_empty, rest]).named(name)
}

/// MIN, MAX, and the extensions.
fn selections(m: M, op: Signal, (a, b): (Signal, Signal), is_less: Signal, results: &mut Results) {
    m.section("Minimum and maximum");
    let (min, max) = (op.bit(bit_op::MIN), op.bit(bit_op::MAX));
    results.push((((min & is_less) | (max & !is_less)).named("select_a"), a));
    results.push((((min & !is_less) | (max & is_less)).named("select_b"), b));

    m.section("Extensions");
    let half = (op.bit(bit_op::SEXT_H) | op.bit(bit_op::ZEXT_H)).named("select_half");
    let half_sign = (a.bit(15) & op.bit(bit_op::SEXT_H)).named("half_sign");
    results.push((half, cat(&[half_sign.repeat(16), a.bits(15, 0)])));
    results.push((op.bit(bit_op::SEXT_B), cat(&[a.bit(7).repeat(24), a.bits(7, 0)])));
}

/// ORC.B and REV8.
fn bytes(m: M, op: Signal, a: Signal, results: &mut Results) {
    m.section("Bytes");
    let byte = |i: u32| a.bits(8 * i + 7, 8 * i);
    let combined: Vec<Signal> = (0..4).rev().map(|i| byte(i).any().repeat(8)).collect();
    results.push((op.bit(bit_op::ORC_B), cat(&combined).named("or_combined")));
    results.push((op.bit(bit_op::REV8), cat(&(0..4).map(byte).collect::<Vec<_>>())));
}

/// BSET, BCLR, BINV.
fn single_bits(m: M, op: Signal, (a, b): (Signal, Signal), results: &mut Results) {
    m.section("Single bits");
    let bit = (lit(1, U(32)) << b.bits(4, 0)).named("single_bit");
    results.push((op.bit(bit_op::BSET), a | bit));
    results.push((op.bit(bit_op::BCLR), a & !bit));
    results.push((op.bit(bit_op::BINV), a ^ bit));
}

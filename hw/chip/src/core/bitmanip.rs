//! Bit manipulation beyond what the ALU does: most of Zbb, and the bits of Zbs.

use systole_hdl::prelude::*;

use super::encoding::bit_op;
use crate::config::CoreConfig;

/// The bit manipulation unit: combinational. `op` is one-hot (`encoding::bit_op`); with no bit set the
/// result is 0. MIN and MAX need the comparison of the ALU, `is_less`, and have an output of their
/// own, because they are later than all else. For them b may come `complemented`, as the comparison
/// needs it.
///
/// What the ALU does itself: SH1ADD, SH2ADD, SH3ADD, ANDN, ORN, XNOR, rotations, BEXT. CLZ, CTZ and
/// CPOP are in [`count`](super::count::count).
pub fn bitmanip(config: &CoreConfig, complemented: bool) -> Module {
    module("core_bitmanip", |m| {
        m.doc("Bit manipulation beyond what the ALU does.");
        let op = m.input("op", U(bit_op::WIDTH)).doc("one-hot");
        let a = m.input("a", U(32));
        let b = m.input("b", U(32));
        let mut results = Vec::new();
        if config.zbb {
            let is_less = m.input("is_less", Bit).doc("a < b");
            extremes(m, op, (a, if complemented { !b } else { b }), is_less);
            extensions(m, op, a, &mut results);
            bytes(m, op, a, &mut results);
        } else {
            op.bits(bit_op::REV8, bit_op::SEXT_B).unused();
        }
        if config.zbs {
            single_bits(m, op, (a, b), &mut results);
        } else {
            op.bits(bit_op::BINV, bit_op::BSET).unused();
        }
        op.bits(bit_op::CPOP, bit_op::CLZ).unused();
        m.section("Result");
        m.output("result", one_hot_select(&results));
    })
}

/// Results, each with what selects it.
type Results = Vec<(Signal, Signal)>;

/// MIN and MAX.
fn extremes(m: M, op: Signal, (a, b): (Signal, Signal), is_less: Signal) {
    m.section("Minimum and maximum");
    let (min, max) = (op.bit(bit_op::MIN), op.bit(bit_op::MAX));
    let select_a = ((min & is_less) | (max & !is_less)).named("select_a");
    let select_b = ((min & !is_less) | (max & is_less)).named("select_b");
    m.output("extreme", one_hot_select(&[(select_a, a), (select_b, b)])).doc("or 0");
}

/// SEXT.B, SEXT.H, ZEXT.H.
fn extensions(m: M, op: Signal, a: Signal, results: &mut Results) {
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

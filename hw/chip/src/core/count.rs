//! Counting of zeros and ones: CLZ, CTZ, CPOP.

use systole_hdl::prelude::*;

use super::encoding::bit_op;

/// Which bit of `op` says what.
const OP_BITS: u32 = 3;

/// Counts in two steps, like the pipelined multiplier: the operand with `start`, the result in the
/// next cycle, one a cycle. The result stays until the next `start`.
///
/// `op` is one-hot, the lowest bits of `encoding::bit_op`. Counts of each byte are registered in the first
/// cycle and put together in the second.
pub fn count() -> Module {
    module("core_count", |m| {
        m.doc("Counts zeros or ones: the result follows the operand by one cycle.");
        let start = m.input("start", Bit);
        let op = m.input("op", U(OP_BITS)).doc("one-hot: CPOP, CTZ, CLZ");
        let a = m.input("a", U(32));

        m.section("Bytes: trailing zeros are leading ones of the reversed operand");
        let trailing = op.bit(bit_op::CTZ).named("trailing");
        let ones = op.bit(bit_op::CPOP).named("ones");
        op.bit(bit_op::CLZ).unused();
        let reversed = cat(&(0..32).map(|bit| a.bit(bit)).collect::<Vec<_>>()).named("reversed");
        let counted = trailing.mux(reversed, a).named("counted");
        let counts: Vec<Signal> = (0..4)
            .map(|place| {
                let byte = counted.bits(8 * place + 7, 8 * place);
                let zeros = leading_zeros(byte, &format!("byte_{place}_zeros"));
                let set = ones_of(byte).named(format!("byte_{place}_ones"));
                let count = m.reg(format!("byte_{place}_count"), U(4));
                m.clocked(|| {
                    when(start, || count.set(ones.mux(set, zeros)));
                });
                count
            })
            .collect();
        let ones_held = m.reg("ones_held", Bit);
        m.clocked(|| {
            when(start, || ones_held.set(ones));
        });

        m.section("Word");
        let lower = joined(counts[0], counts[1], "lower_zeros");
        let upper = joined(counts[2], counts[3], "upper_zeros");
        let zeros = joined(lower, upper, "word_zeros");
        let pair = |a: Signal, b: Signal| a.ext(5) + b.ext(5);
        let lower = pair(counts[0], counts[1]).named("lower_ones");
        let upper = pair(counts[2], counts[3]).named("upper_ones");
        let set = (lower.ext(6) + upper.ext(6)).named("word_ones");
        m.output("result", ones_held.mux(set, zeros));
    })
}

/// Number of ones in a byte: 4 bits.
fn ones_of(byte: Signal) -> Signal {
    let mut sums: Vec<Signal> = (0..8).map(|bit| byte.bit(bit)).collect();
    while sums.len() > 1 {
        let width = sums[0].width() + 1;
        sums = sums.chunks(2).map(|pair| pair[0].ext(width) + pair[1].ext(width)).collect();
    }
    sums[0]
}

/// Number of zeros above the highest one: `log2(width) + 1` bits. Halves the operand again and
/// again: the count of the upper half, or, when that is 0, all of it and the count of the lower.
fn leading_zeros(value: Signal, name: &str) -> Signal {
    let mut counts: Vec<Signal> = (0..value.width()).map(|bit| !value.bit(bit)).collect();
    while counts.len() > 1 {
        let level = 2 * value.width() / counts.len() as u32;
        let pairs = counts.chunks(2).enumerate();
        let name = |i: usize| format!("{name}_{level}_{i}");
        counts = pairs.map(|(i, pair)| joined(pair[0], pair[1], &name(i))).collect();
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

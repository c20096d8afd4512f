//! Multiplication: a pipelined unit and an iterative one.

use systole_hdl::prelude::*;

use super::iteration::iteration;

/// Operands of a multiplication and what its variant asks for.
struct Operands {
    a: Signal,
    b: Signal,
    /// Result is the high word.
    high: Signal,
    /// `a` counts as negative.
    a_negative: Signal,
    /// `b` counts as negative.
    b_negative: Signal,
}

/// Declares the operand ports.
fn operands(m: M) -> Operands {
    m.section("Operands");
    let operation = m.input("operation", U(2)).doc("funct3[1:0]: MUL, MULH, MULHSU, MULHU");
    let a = m.input("a", U(32));
    let b = m.input("b", U(32));
    let high = operation.ne(0).named("high");
    let a_negative = (operation.ne(3) & a.bit(31)).named("a_negative");
    let b_negative = (!operation.bit(1) & b.bit(31)).named("b_negative");
    Operands { a, b, high, a_negative, b_negative }
}

/// Pipelined multiplier: operands with `start`, the result in the next cycle, one a cycle. The
/// result stays until the next `start`.
///
/// The operands are extended by their sign to 33 bits and cut into a low piece of 16 bits and a
/// high one of 17. Each fits the signed multipliers of DSP blocks; the four products are
/// registered in the first cycle and summed in the second.
pub fn multiply_pipelined() -> Module {
    module("core_multiply", |m| {
        m.doc("Pipelined multiplier: the result follows the operands by one cycle.");
        let start = m.input("start", Bit);
        let operands = operands(m);
        let (a_low, a_high) = pieces("a", operands.a, operands.a_negative);
        let (b_low, b_high) = pieces("b", operands.b, operands.b_negative);

        m.section("Partial products");
        let low_low = m.reg("low_low", S(34));
        let low_high = m.reg("low_high", S(34));
        let high_low = m.reg("high_low", S(34));
        let high_high = m.reg("high_high", S(34));
        let high = m.reg("high_held", Bit);
        m.clocked(|| {
            when(start, || {
                low_low.set(a_low * b_low);
                low_high.set(a_low * b_high);
                high_low.set(a_high * b_low);
                high_high.set(a_high * b_high);
                high.set(operands.high);
            });
        });

        m.section("Sum");
        let middle = (low_high.ext(35) + high_low.ext(35)).named("middle");
        // Product bits 63:16: the lowest 16 are those of `low_low` alone.
        let outer = cat(&[high_high.bits(31, 0), low_low.bits(31, 16)]).as_signed().named("outer");
        let upper = (outer + middle.ext(48)).named("upper");
        let low_word = cat(&[upper.bits(15, 0), low_low.bits(15, 0)]).named("low_word");
        m.output("result", high.mux(upper.bits(47, 16), low_word));
        // Sign bits that the sum of 64 bits has no place for.
        low_low.bits(33, 32).unused();
        high_high.bits(33, 32).unused();
    })
}

/// The low 16 bits of an operand and the high 16 with its sign, as signed numbers of 17 bits.
fn pieces(name: &str, operand: Signal, negative: Signal) -> (Signal, Signal) {
    let low = cat(&[lit(0, Bit), operand.bits(15, 0)]).as_signed();
    let high = cat(&[negative, operand.bits(31, 16)]).as_signed();
    (low.named(format!("{name}_low")), high.named(format!("{name}_high")))
}

/// Iterative multiplier: shift and add, one bit of `b` a cycle.
///
/// `a` is extended by its sign; the last bit of a negative `b` weighs -2^31, so that the last
/// step subtracts.
pub fn multiply_iterative() -> Module {
    module("core_multiply", |m| {
        m.doc("Iterative multiplier: shift and add, 32 steps.");
        let operands = operands(m);
        let control = iteration(m);

        m.section("Shift and add");
        let upper = m.reg("upper", S(33)).doc("sum of the additions, shifted with `lower`");
        let lower = m.reg("lower", U(32)).doc("rest of b, then the low word");
        let subtract = (control.last_step & operands.b_negative).named("subtract");
        let wide_a = cat(&[operands.a_negative.repeat(2), operands.a]).named("wide_a");
        let inverted = (wide_a ^ subtract.repeat(34)).named("inverted");
        let addend = (inverted & lower.bit(0).repeat(34)).named("addend");
        let sum = (upper.ext(34).as_unsigned() + addend + subtract.ext(34)).named("sum");
        m.clocked(|| {
            when(control.load, || {
                upper.set(0);
                lower.set(operands.b);
            })
            .or_when(control.step, || {
                upper.set(sum.bits(33, 1).as_signed());
                lower.set(cat(&[sum.bit(0), lower.bits(31, 1)]));
            });
        });
        m.output("result", operands.high.mux(upper.bits(31, 0), lower));
    })
}

//! Multiplication: a pipelined unit.
//!
//! It multiplies as unsigned and corrects the high word: with `a` negative, the unsigned product
//! is too large by `b << 32`, and the other way round.

use systole_hdl::prelude::*;

/// Operands of a multiplication and what its variant asks for.
struct Operands {
    a: Signal,
    b: Signal,
    /// Result is the high word.
    high: Signal,
    /// What to subtract from the high word of the unsigned product.
    correction: Signal,
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
    let correction_a = (b & a_negative.repeat(32)).named("correction_a");
    let correction_b = (a & b_negative.repeat(32)).named("correction_b");
    let correction = (correction_a + correction_b).named("correction");
    Operands { a, b, high, correction }
}

/// Pipelined multiplier: operands with `start`, the result in the next cycle, one a cycle. The
/// result stays until the next `start`.
///
/// Four 16x16 products are registered in the first cycle and summed in the second, so that the
/// multipliers are those of DSP blocks.
pub fn multiply_pipelined() -> Module {
    module("core_multiply", |m| {
        m.doc("Pipelined multiplier: the result follows the operands by one cycle.");
        let start = m.input("start", Bit);
        let operands = operands(m);

        m.section("Partial products");
        let low_low = m.reg("low_low", U(32));
        let low_high = m.reg("low_high", U(32));
        let high_low = m.reg("high_low", U(32));
        let high_high = m.reg("high_high", U(32));
        let correction = m.reg("correction_held", U(32));
        let high = m.reg("high_held", Bit);
        let (a_low, a_high) = (operands.a.bits(15, 0), operands.a.bits(31, 16));
        let (b_low, b_high) = (operands.b.bits(15, 0), operands.b.bits(31, 16));
        m.clocked(|| {
            when(start, || {
                low_low.set(a_low * b_low);
                low_high.set(a_low * b_high);
                high_low.set(a_high * b_low);
                high_high.set(a_high * b_high);
                correction.set(operands.correction);
                high.set(operands.high);
            });
        });

        m.section("Sum");
        let outer = cat(&[high_high, low_low]).named("outer");
        let middle = (low_high.ext(33) + high_low.ext(33)).named("middle");
        let product = (outer + (middle.ext(64) << 16)).named("product");
        let high_word = (product.bits(63, 32) - correction).named("high_word");
        m.output("result", high.mux(high_word, product.bits(31, 0)));
    })
}

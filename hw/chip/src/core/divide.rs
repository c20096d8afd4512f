//! Iterative division.

use systole_hdl::prelude::*;

use super::iteration::{Iteration, iteration, iteration_until};

/// Restoring divider on magnitudes. Its control ports are those of [`Iteration`].
///
/// Plain it takes 32 steps of one quotient bit. A `fast` one takes 16 steps of two bits, passes
/// over leading zeros of the dividend by 8 bits a step, and needs a single step when the dividend
/// is less than the divisor.
///
/// Division by zero gives an all-ones quotient and leaves the dividend as the remainder, which
/// is what the manual asks for if the quotient is then not negated. The signed overflow
/// (-2^31 / -1) comes out right by itself.
pub fn divide(fast: bool) -> Module {
    module("core_divide", |m| {
        m.doc(if fast {
            "Restoring divider on magnitudes, two bits a step, with shortcuts."
        } else {
            "Restoring divider on magnitudes, one bit a step."
        });
        let operands = Operands::of_ports(m);
        m.section("Dividend and quotient");
        let quotient = m.reg("quotient", U(32)).doc("rest of the dividend, then the quotient");
        let remainder = m.reg("remainder", U(32));
        if fast {
            fast_steps(m, &operands, quotient, remainder);
        } else {
            plain_steps(m, &operands, quotient, remainder);
        }

        m.section("Signs");
        let want_remainder = operands.want_remainder;
        let magnitude = want_remainder.mux(remainder, quotient).named("magnitude");
        let negative =
            want_remainder.mux(operands.a_negative, operands.quotient_negative).named("negative");
        m.output("result", negate_if(negative, magnitude));
    })
}

/// The operands, which stay at the ports until the result is taken.
struct Operands {
    /// Result is the remainder.
    want_remainder: Signal,
    a_negative: Signal,
    /// Register, of the division that was loaded last.
    quotient_negative: Signal,
    signs_differ: Signal,
    divide_by_zero: Signal,
    a_magnitude: Signal,
    /// To subtract the magnitude of the divisor: `addend` plus `carry`, 33 bits. That is the
    /// divisor itself, when it is negative, or its complement and a carry.
    addend: Signal,
    carry: Signal,
}

impl Operands {
    fn of_ports(m: M) -> Self {
        m.section("Operands");
        let operation = m.input("operation", U(2)).doc("funct3[1:0]: DIV, DIVU, REM, REMU");
        let a = m.input("a", U(32)).doc("dividend");
        let b = m.input("b", U(32)).doc("divisor");
        let is_signed = (!operation.bit(0)).named("is_signed");
        let a_negative = (is_signed & a.bit(31)).named("a_negative");
        let b_negative = (is_signed & b.bit(31)).named("b_negative");
        let divide_by_zero = b.eq(0).named("divide_by_zero");
        // Held, so that the comparison with 0 is not ahead of the result.
        let quotient_negative = m.reg("quotient_negative", Bit);
        let subtrahend = b ^ (!b_negative).repeat(32);
        Self {
            want_remainder: operation.bit(1),
            a_negative,
            quotient_negative,
            signs_differ: (a_negative ^ b_negative).named("signs_differ"),
            divide_by_zero,
            a_magnitude: negate_if(a_negative, a).named("a_magnitude"),
            addend: cat(&[lit(1, Bit), subtrahend]).named("addend"),
            carry: (!b_negative).ext(33).named("carry"),
        }
    }

    /// The registers before the first step.
    fn load(&self, quotient: Signal, remainder: Signal) {
        quotient.set(self.a_magnitude);
        remainder.set(0);
        self.quotient_negative.set(self.signs_differ & !self.divide_by_zero);
    }

    /// `value`, of 33 bits, minus the magnitude of the divisor: bit 32 is set when that is more.
    fn less_divisor(&self, value: Signal) -> Signal {
        value + self.addend + self.carry
    }
}

/// The registers after a step of `bits` quotient bits.
fn subtract(
    operands: &Operands,
    quotient: Signal,
    remainder: Signal,
    bits: u32,
) -> (Signal, Signal) {
    let mut rest = remainder;
    let mut parts = vec![quotient.bits(31 - bits, 0)];
    for bit in (0..bits).rev() {
        let shifted = cat(&[rest, quotient.bit(32 - bits + bit)]).named(format!("shifted_{bit}"));
        let difference = operands.less_divisor(shifted).named(format!("difference_{bit}"));
        let fits = (!difference.bit(32)).named(format!("fits_{bit}"));
        rest = fits.mux(difference.bits(31, 0), shifted.bits(31, 0)).named(format!("rest_{bit}"));
        parts.push(fits);
    }
    (cat(&parts).named("quotient_next"), rest)
}

/// One bit a step.
fn plain_steps(m: M, operands: &Operands, quotient: Signal, remainder: Signal) {
    let control = iteration(m);
    m.section("Subtract and shift");
    let (quotient_next, remainder_next) = subtract(operands, quotient, remainder, 1);
    m.clocked(|| {
        when(control.load, || operands.load(quotient, remainder)).or_when(control.step, || {
            quotient.set(quotient_next);
            remainder.set(remainder_next);
        });
    });
    control.last_step.unused();
}

/// Two bits a step, and the shortcuts.
fn fast_steps(m: M, operands: &Operands, quotient: Signal, remainder: Signal) {
    let steps_left = m.reg("steps_left", U(4)).doc("of two bits, after this one");
    let leading = m.reg("leading", Bit).doc("all bits so far were zeros");
    let first = steps_left.eq(15).named("first");
    let compared = operands.less_divisor(quotient.ext(33)).named("compared");
    let smaller = (first & compared.bit(32)).named("smaller").doc("dividend less than divisor");
    // A divisor of 0 fits into zeros too. A dividend of nothing but zeros is smaller.
    let zeros_ahead = (!quotient.bits(31, 24).any()).named("zeros_ahead");
    let skip = (leading & zeros_ahead & !operands.divide_by_zero).named("skip");
    let Iteration { load, step, last_step } = iteration_until(m, steps_left.eq(0) | smaller);

    m.section("Subtract and shift");
    let (quotient_next, remainder_next) = subtract(operands, quotient, remainder, 2);
    m.clocked(|| {
        when(load, || {
            operands.load(quotient, remainder);
            steps_left.set(15);
            leading.set(1);
        })
        .or_when(step & smaller, || {
            quotient.set(0);
            remainder.set(quotient);
        })
        .or_when(step & skip, || {
            quotient.set(quotient << 8);
            steps_left.set(steps_left - 4);
        })
        .or_when(step, || {
            quotient.set(quotient_next);
            remainder.set(remainder_next);
            steps_left.set(steps_left - 1);
            leading.set(0);
        });
    });
    last_step.unused();
    compared.bits(31, 0).unused();
}

/// Two's complement of `value` if `condition`.
fn negate_if(condition: Signal, value: Signal) -> Signal {
    (value ^ condition.repeat(value.width())) + condition.ext(value.width())
}

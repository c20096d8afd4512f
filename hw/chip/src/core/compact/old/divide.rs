//! Iterative division.

use systole_hdl::prelude::*;

use super::iteration::iteration;

/// Restoring divider, one quotient bit a cycle, on magnitudes.
///
/// Division by zero gives an all-ones quotient and leaves the dividend as the remainder, which
/// is what the manual asks for if the quotient is then not negated. The signed overflow
/// (-2^31 / -1) comes out right by itself.
pub fn divide() -> Module {
    module("core_divide", |m| {
        m.doc("Restoring divider, 32 steps on magnitudes.");
        m.section("Operands");
        let operation = m.input("operation", U(2)).doc("funct3[1:0]: DIV, DIVU, REM, REMU");
        let a = m.input("a", U(32)).doc("dividend");
        let b = m.input("b", U(32)).doc("divisor");
        let is_signed = (!operation.bit(0)).named("is_signed");
        let want_remainder = operation.bit(1).named("want_remainder");
        let a_negative = (is_signed & a.bit(31)).named("a_negative");
        let b_negative = (is_signed & b.bit(31)).named("b_negative");
        let divide_by_zero = b.eq(0).named("divide_by_zero");
        let a_magnitude = negate_if(a_negative, a).named("a_magnitude");
        let b_magnitude = negate_if(b_negative, b).named("b_magnitude");
        let control = iteration(m);

        m.section("Subtract and shift");
        let quotient = m.reg("quotient", U(32)).doc("rest of the dividend, then the quotient");
        let remainder = m.reg("remainder", U(32));
        let shifted = cat(&[remainder, quotient.bit(31)]).named("shifted");
        let difference = (shifted - b_magnitude.ext(33)).named("difference");
        let fits = shifted.ge(b_magnitude.ext(33)).named("fits");
        let rest = fits.mux(difference, shifted).named("rest");
        m.clocked(|| {
            when(control.load, || {
                quotient.set(a_magnitude);
                remainder.set(0);
            })
            .or_when(control.step, || {
                quotient.set(cat(&[quotient.bits(30, 0), fits]));
                remainder.set(rest.trunc(32));
            });
        });
        rest.bit(32).unused();

        m.section("Signs");
        let quotient_negative =
            ((a_negative ^ b_negative) & !divide_by_zero).named("quotient_negative");
        let quotient_signed = negate_if(quotient_negative, quotient).named("quotient_signed");
        let remainder_signed = negate_if(a_negative, remainder).named("remainder_signed");
        m.output("result", want_remainder.mux(remainder_signed, quotient_signed));
    })
}

/// Two's complement of `value` if `condition`.
fn negate_if(condition: Signal, value: Signal) -> Signal {
    (value ^ condition.repeat(value.width())) + condition.ext(value.width())
}

//! Iterative division.

use systole_hdl::prelude::*;

use super::iteration::{Iteration, Preparation, iteration, prepared_iteration};

/// Restoring divider, one quotient bit a cycle, on magnitudes.
///
/// Plain it always takes 32 steps. With `early_out` it first spends a cycle on the lengths of the
/// operands, and is done when the divisor is the longer one, or 0; otherwise, after one more, it
/// takes as many steps as the quotient can have bits.
///
/// Division by zero gives an all-ones quotient and leaves the dividend as the remainder, which
/// is what the manual asks for if the quotient is then not negated. The signed overflow
/// (-2^31 / -1) comes out right by itself.
pub fn divide(early_out: bool) -> Module {
    module("core_divide", |m| {
        m.doc(if early_out {
            "Restoring divider, a step for each bit that the quotient can have."
        } else {
            "Restoring divider, 32 steps on magnitudes."
        });
        let operands = Operands::of_ports(m);
        let work = if early_out { begin_early_out(m, &operands) } else { begin(m, &operands) };
        steps(m, &operands, &work);
    })
}

/// The operands and what their signs make of the result.
struct Operands {
    /// Result is the remainder.
    want_remainder: Signal,
    a_negative: Signal,
    quotient_negative: Signal,
    divide_by_zero: Signal,
    a_magnitude: Signal,
    b_magnitude: Signal,
}

impl Operands {
    /// Declares the operand ports, which stay until the result is taken.
    fn of_ports(m: M) -> Self {
        m.section("Operands");
        let operation = m.input("operation", U(2)).doc("funct3[1:0]: DIV, DIVU, REM, REMU");
        let a = m.input("a", U(32)).doc("dividend");
        let b = m.input("b", U(32)).doc("divisor");
        let is_signed = (!operation.bit(0)).named("is_signed");
        let want_remainder = operation.bit(1).named("want_remainder");
        let a_negative = (is_signed & a.bit(31)).named("a_negative");
        let b_negative = (is_signed & b.bit(31)).named("b_negative");
        let divide_by_zero = b.eq(0).named("divide_by_zero");
        let quotient_negative =
            ((a_negative ^ b_negative) & !divide_by_zero).named("quotient_negative");
        Self {
            want_remainder,
            a_negative,
            quotient_negative,
            divide_by_zero,
            a_magnitude: negate_if(a_negative, a).named("a_magnitude"),
            b_magnitude: negate_if(b_negative, b).named("b_magnitude"),
        }
    }
}

/// A division under way.
struct Work {
    divisor: Signal,
    quotient: Signal,
    remainder: Signal,
    /// The bit of the dividend that the step brings down.
    next_bit: Signal,
    control: Iteration,
    /// What the registers begin with, and when.
    beginnings: Vec<Beginning>,
}

/// A register and when it takes a value other than that of a step.
struct Beginning {
    when: Signal,
    register: Signal,
    value: Signal,
}

/// Begins with the whole dividend, in the place of the quotient.
fn begin(m: M, operands: &Operands) -> Work {
    let control = iteration(m);
    m.section("Dividend and quotient");
    let quotient = m.reg("quotient", U(32)).doc("rest of the dividend, then the quotient");
    let remainder = m.reg("remainder", U(32));
    let at_load = |register, value| Beginning { when: control.load, register, value };
    let beginnings =
        vec![at_load(quotient, operands.a_magnitude), at_load(remainder, lit(0, U(32)))];
    let divisor = operands.b_magnitude;
    Work { divisor, quotient, remainder, next_bit: quotient.bit(31), control, beginnings }
}

/// Begins with as much of the dividend in the remainder as is surely less than the divisor.
///
/// With za and zb leading zeros the quotient has at most n = zb - za + 1 bits, and the dividend
/// without its last n bits is shorter than the divisor. `skip` is za + (31 - zb) = 32 - n.
fn begin_early_out(m: M, operands: &Operands) -> Work {
    let preparation = Preparation {
        measure: m.wire("measure", Bit),
        nothing: m.wire("nothing", Bit).doc("the quotient is 0, or all ones"),
        last_step: m.wire("last_bit", U(5)).doc("bits of the quotient to be found, less one"),
        place: m.wire("place", Bit),
    };
    let (control, steps_left) = prepared_iteration(m, &preparation);
    m.section("Dividend and quotient");
    let dividend = m.reg("dividend", U(32)).doc("its magnitude");
    let divisor = m.reg("divisor", U(32)).doc("its magnitude");
    let quotient = m.reg("quotient", U(32));
    let remainder = m.reg("remainder", U(32));
    m.clocked(|| {
        when(control.load, || {
            dividend.set(operands.a_magnitude);
            divisor.set(operands.b_magnitude);
        });
    });

    m.section("Length of the quotient");
    let dividend_zeros = leading_zeros("dividend", dividend);
    let divisor_zeros = leading_zeros("divisor", divisor);
    let skip = (dividend_zeros.ext(6) + (!divisor_zeros).ext(6)).named("skip");
    preparation.nothing.drive(skip.bit(5) | operands.divide_by_zero);
    preparation.last_step.drive(!skip.bits(4, 0));

    m.section("Place of the dividend");
    let brought_down = (dividend.bits(31, 1) >> steps_left).named("brought_down");
    let known_quotient = operands.divide_by_zero.repeat(32).named("known_quotient");
    let at = |when, register, value| Beginning { when, register, value };
    let beginnings = vec![
        at(control.load, quotient, known_quotient),
        at(control.load, remainder, operands.a_magnitude),
        at(preparation.place, remainder, brought_down.ext(32)),
    ];
    let next_bit = dividend.bit_at(steps_left).named("next_bit");
    Work { divisor, quotient, remainder, next_bit, control, beginnings }
}

/// The steps and the result.
fn steps(m: M, operands: &Operands, work: &Work) {
    m.section("Subtract and shift");
    let (quotient, remainder) = (work.quotient, work.remainder);
    let shifted = cat(&[remainder, work.next_bit]).named("shifted");
    let difference = (shifted - work.divisor.ext(33)).named("difference");
    let fits = shifted.ge(work.divisor.ext(33)).named("fits");
    let rest = fits.mux(difference, shifted).named("rest");
    m.clocked(|| {
        for beginning in &work.beginnings {
            when(beginning.when, || beginning.register.set(beginning.value));
        }
        when(work.control.step, || {
            quotient.set(cat(&[quotient.bits(30, 0), fits]));
            remainder.set(rest.trunc(32));
        });
    });
    rest.bit(32).unused();

    m.section("Signs");
    let quotient_signed = negate_if(operands.quotient_negative, quotient).named("quotient_signed");
    let remainder_signed = negate_if(operands.a_negative, remainder).named("remainder_signed");
    m.output("result", operands.want_remainder.mux(remainder_signed, quotient_signed));
}

/// Two's complement of `value` if `condition`.
fn negate_if(condition: Signal, value: Signal) -> Signal {
    (value ^ condition.repeat(value.width())) + condition.ext(value.width())
}

/// Leading zeros of a word, 0 to 31: 0 counts as 1. Halves the part that holds the first one bit.
fn leading_zeros(name: &str, word: Signal) -> Signal {
    let mut part = word;
    let mut count = Vec::new();
    for half in [16, 8, 4, 2, 1] {
        let (upper, lower) = (part.bits(2 * half - 1, half), part.bits(half - 1, 0));
        let zero = (!upper.any()).named(format!("{name}_upper_{half}_zero"));
        count.push(zero);
        if half > 1 {
            part = zero.mux(lower, upper).named(format!("{name}_first_{half}"));
        }
    }
    cat(&count).named(format!("{name}_zeros"))
}

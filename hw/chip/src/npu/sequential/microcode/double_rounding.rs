//! Double rounding of the requantiser: gemmlowp's integers.

use super::super::instruction::Condition::{Carry, Negative, NotCarry, NotNegative, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::parameters::Column;
use super::registers::Register;
use super::rounding::{Rounding, SATURATED};
use super::wide::Wide;

/// Magnitude of what a left shift saturates to. It is one too many for a positive number: then there
/// is no right shift, and what that changes is far beyond every int8.
const LARGEST: u32 = 1 << 31;

/// Runs `body` if the STORE at hand rounds doubly; nothing where the NPU does not.
pub fn if_wanted(p: &mut Assembler, c: &Context, body: impl FnOnce(&mut Assembler)) {
    if c.config.double_rounding {
        // No other bit is up there.
        p.ld(c.words[6]).andi(0xff00_0000).unless(Zero, body);
    }
}

/// Completes a column, which has the multiplier for a sign. The shifts are in the accumulator.
pub fn take_parameters(p: &mut Assembler, column: &Column, lane: Register) {
    let found = p.label();
    let next = p.here();
    p.st(column.window).ld(lane).jump_if(Zero, found).subi(1).st(lane);
    p.ld(column.window).rotate(1).jump(next);
    p.bind(found);
    p.ld(column.window).andi(0xff).xori(0x80).subi(0x80).st(column.window);
    p.ld(column.sign).andi(0x7fff_ffff).st(column.multiplier).set(column.sign, 0);
}

/// The routine that does it: `integer` of [`Rounding`] = magnitude of the result. The multiplicand is
/// the magnitude of the sum, and bit 31 of `negative` its sign.
pub fn emit(
    p: &mut Assembler,
    wide: &Wide,
    rounding: &Rounding,
    column: &Column,
    negative: Register,
) -> Label {
    let routine = p.here();
    p.remark("double rounding");
    saturating_shift_left(p, wide.multiplicand, column.window);
    p.call(wide.multiply);
    round_up_to_31(p, wide, negative);
    p.ldi(0).sub(column.window).unless(NotNegative, |p| {
        p.ldi(0);
    });
    p.call(wide.shift_right);
    // A tie goes away from zero.
    p.ld(wide.low).unless(NotNegative, |p| {
        p.ld(wide.high).addi(1).st(wide.high);
    });
    p.copy(rounding.integer, wide.high).subi(SATURATED).jump_if(Carry, rounding.saturate).ret();
    routine
}

/// `value` <<= `distance`, if that is positive.
fn saturating_shift_left(p: &mut Assembler, value: Register, distance: Register) {
    let [next, shifted, done] = [(); 3].map(|()| p.label());
    p.ld(value).jump_if(Zero, done).ld(distance).jump_if(Negative, done);
    p.bind(next);
    p.jump_if(Zero, shifted).subi(1).st(distance);
    p.ld(value).jump_if(Negative, shifted).shl(1).st(value).ld(distance).jump(next);
    p.bind(shifted);
    p.ld(value).unless(NotNegative, |p| {
        p.set(value, LARGEST);
    });
    p.bind(done);
}

/// The multiplicand becomes {high, low} / 2^31, rounded to nearest. A tie goes up, which is towards
/// zero for negative numbers.
fn round_up_to_31(p: &mut Assembler, wide: &Wide, negative: Register) {
    let Wide { high, low, multiplicand, .. } = *wide;
    p.ld(low).addi(1 << 30).st(low).unless(NotCarry, |p| {
        p.ld(high).addi(1).st(high);
    });
    p.ld(negative).unless(NotNegative, |p| {
        p.ld(low).subi(1).st(low).unless(Carry, |p| {
            p.ld(high).subi(1).st(high);
        });
    });
    p.ld(high).shl(1).st(multiplicand).ld(low).unless(NotNegative, |p| {
        p.ld(multiplicand).addi(1).st(multiplicand);
    });
}

//! A sum times its column's multiplier, as float32 arithmetic does it, rounded to an integer.

use super::super::instruction::Condition::{Carry, Negative, NotCarry, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::double_rounding;
use super::parameters::Column;
use super::registers::Register;
use super::rounding::{Rounding, SATURATED};
use super::wide::Wide;

/// The windows of multipliers from 2^-17 and from 2^-9 on.
const TWO_BYTES: u32 = 0xffff;
const ONE_BYTE: u32 = 0xff_ffff;

/// The routine, its operands and its result.
pub struct Scaling {
    wide: Wide,
    rounding: Rounding,
    column: Column,
    /// `integer` = magnitude of the result. The multiplicand is the magnitude of the sum.
    pub scale: Label,
    pub integer: Register,
}

impl Scaling {
    /// The routine for the column at hand. Bit 31 of `negative` is the sign of the result.
    ///
    /// Most sums have no more than 16 bits, and most multipliers are such that the upper 32 of the 48
    /// bits of the product are a fixed-point number with a point between bytes.
    pub fn emit(
        p: &mut Assembler,
        c: &Context,
        wide: &Wide,
        rounding: &Rounding,
        column: &Column,
        negative: Register,
    ) -> Self {
        let double = c
            .config
            .double_rounding
            .then(|| double_rounding::emit(p, wide, rounding, column, negative));
        let scaling = Self {
            wide: *wide,
            rounding: *rounding,
            column: *column,
            scale: p.label(),
            integer: rounding.integer,
        };
        let [any, two_bytes, one_byte] = [(); 3].map(|()| p.label());
        p.bind(scaling.scale);
        p.remark("scale").ld(wide.multiplicand).andi(0xffff_0000).jump_if(NotZero, any);
        p.ld(column.window).subi(TWO_BYTES).jump_if(Zero, two_bytes);
        p.ld(column.window).subi(ONE_BYTE).jump_if(Zero, one_byte);
        p.bind(any);
        if let Some(routine) = double {
            double_rounding::if_wanted(p, c, |p| {
                p.jump(routine);
            });
        }
        scaling.any(p);
        p.bind(two_bytes);
        scaling.two_bytes(p);
        p.bind(one_byte);
        scaling.one_byte(p);
        scaling
    }

    /// Any sum and multiplier.
    fn any(&self, p: &mut Assembler) {
        let Wide { multiplicand, high, low, .. } = self.wide;
        let window = self.column.window;
        p.ld(multiplicand).andi(0xff00_0000).unless(Zero, |p| self.round_sum(p));
        p.call(self.wide.multiply);
        let [by_0, by_1, by_2] = [(); 3].map(|()| p.label());
        p.ld(window).jump_if(Zero, by_0).jump_if(Negative, by_0);
        p.rotate(3).jump_if(Negative, by_1).rotate(3).jump_if(Negative, by_2);
        for place in [by_2, by_1, by_0] {
            p.ld(high).rotate(1).st(high).ld(low).rotate(1).st(low);
            p.bind(place);
        }
        p.ld(high).and(window).jump_if(NotZero, self.rounding.saturate);
        p.ld(low).and(window).add(high).st(high);
        p.ld(window).xori(u32::MAX).and(low).st(low).jump(self.rounding.round);
    }

    /// Rounds the sum to 24 significant bits, in place.
    fn round_sum(&self, p: &mut Assembler) {
        let Wide { multiplicand: sum, high: half, low: unit, .. } = self.wide;
        let found = p.label();
        p.remark("round the sum").set(half, 0x80).ld(sum);
        let next = p.here();
        p.jump_if(Negative, found).shl(1).st(unit);
        p.ld(half).shr(1).st(half).ld(unit).jump(next);
        p.bind(found);
        p.ld(half).shl(1).st(unit).and(sum).unless(Zero, |p| {
            p.ldi(1);
        });
        // To even: half a unit, or a little less.
        p.add(half).subi(1).add(sum).st(sum);
        p.ldi(0).sub(unit).and(sum).st(sum);
    }

    /// `high` and the accumulator = product without its lower 16 bits; `low` has those. The sum has 16
    /// bits.
    fn short_product(&self, p: &mut Assembler) {
        let Wide { multiplicand, multiplier, high, low, .. } = self.wide;
        p.ld(multiplicand).mul(multiplier).st(low).rotate(2).andi(0xffff).st(high);
        p.ld(multiplier).rotate(2).mul(multiplicand).add(high).st(high);
    }

    /// 8 bits of the integer, and 24 behind the point.
    fn two_bytes(&self, p: &mut Assembler) {
        let (low, close) = (self.wide.low, p.label());
        self.short_product(p);
        self.rounding.nearest(p, &self.wide, close);
        p.bind(close);
        p.ld(low).rotate(2).andi(0xffff_0000).st(low).jump(self.rounding.round);
    }

    /// 16 bits of the integer, and 16 behind the point.
    fn one_byte(&self, p: &mut Assembler) {
        let Wide { high, low, .. } = self.wide;
        let close = p.label();
        self.short_product(p);
        // Closer to a half than 2^-16.
        p.andi(0xffff).subi(0x7fff).subi(2).jump_if(NotCarry, close);
        p.ld(high).addi(0x8000).jump_if(Carry, self.rounding.saturate);
        p.rotate(2).andi(0xffff).st(self.integer).subi(SATURATED);
        p.jump_if(Carry, self.rounding.saturate).ret();
        p.bind(close);
        p.ld(high).andi(0xff00_0000).jump_if(NotZero, self.rounding.saturate);
        p.ld(low).rotate(1).andi(0xff).st(self.integer);
        p.ld(high).rotate(3).add(self.integer).st(high);
        p.ld(low).rotate(1).andi(0xff00_0000).st(low).jump(self.rounding.round);
    }
}

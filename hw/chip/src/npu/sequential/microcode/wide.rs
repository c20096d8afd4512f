//! Products and shifts of two words.

use super::super::instruction::Condition::{Carry, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::registers::Register;

/// Operands and routines, which change the accumulator.
#[derive(Clone, Copy)]
pub struct Wide {
    /// At most 2^31.
    pub multiplicand: Register,
    /// At most 2^31, or the upper half of the product is right as to whether it is 0 only.
    pub multiplier: Register,
    /// Upper half of a result.
    pub high: Register,
    /// Lower half of a result.
    pub low: Register,
    /// {high, low} = multiplicand * multiplier
    pub multiply: Label,
    /// {high, low} = {multiplicand, 0} >> accumulator, at least 0; bit 0 is 1 if a 1 was lost.
    pub shift_right: Label,
    distance: Register,
}

impl Wide {
    /// Registers, labels and the routines.
    pub fn emit(p: &mut Assembler) -> Self {
        let wide = Self {
            multiplicand: p.variable("multiplicand"),
            multiplier: p.variable("multiplier"),
            high: p.variable("high"),
            low: p.variable("low"),
            multiply: p.label(),
            shift_right: p.label(),
            distance: p.variable("distance"),
        };
        wide.emit_multiply(p);
        wide.emit_shift_right(p);
        wide
    }

    /// Four products of 16 bits. The sum of the middle ones and what is carried to them stays below
    /// 2^32 where both operands are at most 2^31.
    fn emit_multiply(&self, p: &mut Assembler) {
        let Self { multiplicand, multiplier, high, low, .. } = *self;
        let [upper, middle] = ["upper_half", "middle"].map(|name| p.variable(name));
        p.bind(self.multiply);
        p.remark("multiply").ld(multiplicand).rotate(2).st(upper).mul(multiplier).st(middle);
        // MUL takes the lower halves, so that `high` is the multiplier's upper half for a while.
        p.ld(multiplier).rotate(2).st(high);
        p.mul(multiplicand).add(middle).st(middle);
        p.ld(multiplicand).mul(multiplier).st(low);
        p.rotate(2).andi(0xffff).add(middle).rotate(2).st(middle);
        p.ld(upper).mul(high).st(high);
        p.ld(middle).andi(0xffff).add(high).st(high);
        p.ld(middle).andi(0xffff_0000).st(middle);
        p.ld(low).andi(0xffff).add(middle).st(low).ret();
    }

    /// By bits, by bytes and by a word.
    fn emit_shift_right(&self, p: &mut Assembler) {
        let Self { multiplicand, high, low, distance, .. } = *self;
        let [far, whole, bytes] = [(); 3].map(|()| p.label());
        p.bind(self.shift_right);
        p.remark("shift right").st(distance).unless(NotZero, |p| {
            p.st(low).copy(high, multiplicand).ret();
        });
        p.subi(64).jump_if(Carry, far);
        p.copy(high, multiplicand).ld(distance).andi(7).jump_if(Zero, whole);
        // What leaves `high` is `high` shifted left by 32 less the distance: by 25, and by 1, 2 and 4
        // where `high` is not shifted right by that.
        p.ld(high).rotate(1).andi(0xff00_0000).shl(1).st(low);
        for bits in [1, 2, 4] {
            let [left, next] = [(); 2].map(|()| p.label());
            p.ld(distance).andi(bits).jump_if(Zero, left);
            p.ld(high).shr(bits).st(high).jump(next);
            p.bind(left);
            p.ld(low).shl(bits).st(low);
            p.bind(next);
        }
        p.jump(bytes);
        p.bind(whole);
        p.st(low);
        p.bind(bytes);
        for count in [1, 2] {
            p.ld(distance).andi(8 * count).unless(Zero, |p| self.shift_bytes(p, count));
        }
        p.ld(distance).andi(32).unless(NotZero, |p| {
            p.ret();
        });
        self.jam(p);
        p.copy(low, high).set(high, 0).ret();

        p.bind(far);
        p.set(high, 0).st(low).ld(multiplicand).unless(Zero, |p| {
            p.set(low, 1);
        });
        p.ret();
    }

    /// {high, low} >>= 8 * count, where nothing is lost.
    fn shift_bytes(&self, p: &mut Assembler, count: u32) {
        let Self { high, low, .. } = *self;
        let kept = u32::MAX >> (8 * count);
        p.ld(low).rotate(count).andi(kept).st(low);
        p.ld(high).rotate(count).st(high).andi(!kept).add(low).st(low);
        p.ld(high).andi(kept).st(high);
    }

    /// Bit 0 of `high` becomes 1 if `low` is not 0.
    fn jam(&self, p: &mut Assembler) {
        let Self { high, low, .. } = *self;
        p.ld(low).unless(Zero, |p| {
            p.ld(high).andi(1).unless(NotZero, |p| {
                p.ld(high).addi(1).st(high);
            });
        });
    }
}

//! The residual add: a fused multiply-add of float32, rounded to int8.

use super::super::instruction::Condition::{Carry, Negative, NotCarry, NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::registers::Register;
use super::requantise::clamp;
use super::rounding::Rounding;
use super::wide::Wide;

/// Index of the scale in the table.
const SCALE: u32 = 256;

/// Biased exponent of numbers whose mantissa, bit 30 first, is a fixed-point number as
/// [`Rounding`] wants it.
const FIXED_POINT: u32 = 133;

/// A float32 in parts. An exponent of 0 makes it 0, and 255 is one more binade.
#[derive(Clone, Copy)]
struct Float {
    word: Register,
    exponent: Register,
    /// 24 bits, or 0.
    mantissa: Register,
}

impl Float {
    fn new(p: &mut Assembler, name: &str) -> Self {
        Self {
            word: p.variable(name),
            exponent: p.variable(&format!("{name}_exponent")),
            mantissa: p.variable(&format!("{name}_mantissa")),
        }
    }

    /// Takes the accumulator apart.
    fn take(&self, p: &mut Assembler) {
        p.st(self.word).shl(1).rotate(3).andi(0xff).st(self.exponent).unless(Zero, |p| {
            p.ld(self.word).andi(0x7f_ffff).xori(0x80_0000);
        });
        p.st(self.mantissa);
    }
}

/// What a residual add needs.
pub struct Residual {
    scale: Float,
    addend: Float,
    /// The residual's elements; the one of the column at hand is lowest.
    pub elements: Register,
    /// result = result * scale + the element's addend; `elements` move on.
    pub add: Label,
    /// That of the product, which may be 0 whatever the scale is.
    product_exponent: Register,
    /// That of the larger operand.
    exponent: Register,
    product_high: Register,
    product_low: Register,
}

impl Residual {
    /// Registers, labels and the routine, which changes `negative`.
    pub fn emit(
        p: &mut Assembler,
        c: &Context,
        wide: &Wide,
        rounding: &Rounding,
        [result, negative]: [Register; 2],
    ) -> Self {
        let residual = Self {
            scale: Float::new(p, "scale"),
            addend: Float::new(p, "addend"),
            elements: p.variable("residual"),
            add: p.label(),
            product_exponent: p.variable("product_exponent"),
            exponent: p.variable("larger_exponent"),
            product_high: p.variable("product_high"),
            product_low: p.variable("product_low"),
        };
        let round = p.label();
        p.bind(residual.add);
        residual.product(p, wide, result, negative);
        residual.take_addend(p, c);
        residual.align(p, wide);
        residual.sum(p, wide, negative);
        p.call(round);
        p.ld(negative).unless(NotNegative, |p| {
            p.ldi(0).sub(rounding.integer).st(rounding.integer);
        });
        p.copy(result, rounding.integer);
        let [least, most] = [0u32.wrapping_sub(128), 127].map(|bound| p.constant(bound));
        clamp(p, result, least, most);
        p.ret();
        p.bind(round);
        residual.round(p, wide, rounding);
        residual
    }

    /// Takes the scale from the table. Its exponent becomes that of a product of 31 bits.
    pub fn begin(&self, p: &mut Assembler, c: &Context) {
        p.ldi(c.map.table).addi(SCALE).inner();
        self.scale.take(p);
        p.ld(self.scale.exponent).addi(7).st(self.scale.exponent);
    }

    /// The multiplicand becomes the product, of up to 2^31.
    fn product(&self, p: &mut Assembler, wide: &Wide, result: Register, negative: Register) {
        p.remark("residual add").ld(result).xor(self.scale.word).st(negative);
        p.ld(result).unless(NotNegative, |p| {
            p.ldi(0).sub(result).st(result);
        });
        p.ld(self.scale.mantissa).rotate(2).mul(result).rotate(2).st(wide.multiplicand);
        p.ld(result).mul(self.scale.mantissa).add(wide.multiplicand).st(wide.multiplicand);
        p.unless(Zero, |p| {
            p.ld(self.scale.exponent);
        });
        p.st(self.product_exponent);
    }

    /// The addend of the element, with 31 bits.
    fn take_addend(&self, p: &mut Assembler, c: &Context) {
        let mantissa = self.addend.mantissa;
        p.ld(self.elements).andi(0xff).xori(0x80).addi(c.map.table).inner();
        self.addend.take(p);
        p.rotate(3).shr(1).st(mantissa);
        p.ld(self.elements).rotate(1).st(self.elements);
    }

    /// Both at the larger exponent, with 32 bits below the point of the mantissas.
    ///
    /// Bits are lost of an operand that is 2^32 times smaller only. Then nothing much cancels, and
    /// it is of account only whether there were any. Where both are so small, the result is 0.
    fn align(&self, p: &mut Assembler, wide: &Wide) {
        let exponent = self.exponent;
        p.set(exponent, FIXED_POINT);
        for other in [self.product_exponent, self.addend.exponent] {
            p.ld(exponent).sub(other).unless(Carry, |p| {
                p.copy(exponent, other);
            });
        }
        p.ld(exponent).sub(self.product_exponent).call(wide.shift_right);
        p.copy(self.product_high, wide.high).copy(self.product_low, wide.low);
        p.copy(wide.multiplicand, self.addend.mantissa);
        p.ld(exponent).sub(self.addend.exponent).call(wide.shift_right);
    }

    /// {high, low} = magnitude of the sum; its sign in bit 31 of `negative`, which was the product's.
    fn sum(&self, p: &mut Assembler, wide: &Wide, negative: Register) {
        let Wide { high, low, multiplicand: swapped, .. } = *wide;
        let (product_high, product_low) = (self.product_high, self.product_low);
        let [differ, less, greater, done] = [(); 4].map(|()| p.label());
        p.ld(negative).xor(self.addend.word).jump_if(Negative, differ);
        p.ld(low).add(product_low).st(low).unless(NotCarry, |p| {
            p.ld(high).addi(1).st(high);
        });
        p.ld(high).add(product_high).st(high).jump(done);

        p.bind(differ);
        p.ld(product_high).sub(high).jump_if(NotCarry, less).jump_if(NotZero, greater);
        p.ld(product_low).sub(low).jump_if(Carry, greater);
        p.bind(less);
        p.copy(negative, self.addend.word);
        for (one, other) in [(high, product_high), (low, product_low)] {
            p.copy(swapped, one).copy(one, other).copy(other, swapped);
        }
        p.bind(greater);
        p.ld(product_low).sub(low).st(low).unless(Carry, |p| {
            p.ld(product_high).subi(1).st(product_high);
        });
        p.ld(product_high).sub(high).st(high);
        p.bind(done);
    }

    /// Moves the point to where [`Rounding`] wants it, and rounds.
    fn round(&self, p: &mut Assembler, wide: &Wide, rounding: &Rounding) {
        let Wide { high, low, .. } = *wide;
        let [some, next] = [(); 2].map(|()| p.label());
        p.ld(high).jump_if(NotZero, some).ld(low).jump_if(Zero, rounding.round);
        p.bind(some);
        p.ld(self.exponent).subi(FIXED_POINT).st(self.exponent);
        p.bind(next);
        p.ld(self.exponent).jump_if(Zero, rounding.round).subi(1).st(self.exponent);
        p.ld(high).jump_if(Negative, rounding.saturate).shl(1).st(high);
        p.ld(low).unless(NotNegative, |p| {
            p.ld(high).addi(1).st(high);
        });
        p.ld(low).shl(1).st(low).jump(next);
    }
}

//! The parameters of a tile, made ready for the requantiser.

use super::super::instruction::Condition::{Carry, NotCarry, NotNegative, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::double_rounding;
use super::registers::Register;
use super::wide::Wide;

/// Biased exponent of a multiplier of at least 2^8: it saturates whatever is not 0.
const SATURATES: u32 = 135;

/// Biased exponent of a multiplier below 2^-32: it makes each sum less than 1/2.
const VANISHES: u32 = 94;

/// Biased exponent of a multiplier whose mantissa is its value in units of 2^-24.
const FIXED_POINT: u32 = 126;

/// What the requantiser needs of a column's parameters.
///
/// The product of a sum and `multiplier` becomes a fixed-point number with 24 bits behind the point by
/// a right shift by whole bytes, because the mantissa was shifted left by the rest.
#[derive(Clone, Copy)]
pub struct Column {
    pub bias: Register,
    /// Bit 31: the multiplier is negative.
    pub sign: Register,
    pub multiplier: Register,
    /// A 1 for each bit of the product's lower word that the right shift leaves in it; with double
    /// rounding, the left shift.
    pub window: Register,
}

impl Column {
    fn new(p: &mut Assembler, multiplier: Register) -> Self {
        let [bias, sign, window] = ["bias", "sign", "window"].map(|name| p.variable(name));
        Self { bias, sign, multiplier, window }
    }

    /// Takes over what another column has.
    pub fn copy(&self, p: &mut Assembler, from: &Self) {
        p.copy(self.bias, from.bias).copy(self.sign, from.sign);
        p.copy(self.multiplier, from.multiplier).copy(self.window, from.window);
    }
}

/// Parameters of a tile.
pub struct Parameters {
    /// Of its columns.
    pub columns: [Column; 4],
    /// Of the column at hand; its multiplier is the one of [`Wide`].
    pub column: Column,
    /// Takes the parameters of as many columns as `lanes` says, and goes on to the next tile.
    pub take: Label,
    /// First parameter row of the next tile.
    first: Register,
    prepare: Label,
}

impl Parameters {
    /// Registers, labels and the routine.
    pub fn emit(p: &mut Assembler, c: &Context, wide: &Wide, lanes: Register) -> Self {
        let parameters = Self {
            columns: [(); 4].map(|()| {
                let multiplier = p.variable("multiplier");
                Column::new(p, multiplier)
            }),
            column: Column::new(p, wide.multiplier),
            take: p.label(),
            first: p.variable("parameter_row"),
            prepare: p.label(),
        };
        parameters.emit_take(p, c, lanes);
        parameters.emit_prepare(p, c);
        parameters
    }

    /// Takes the field of the descriptor.
    pub fn begin(&self, p: &mut Assembler, c: &Context) {
        p.field(c.words[5], 31, 16).st(self.first);
    }

    fn emit_take(&self, p: &mut Assembler, c: &Context, lanes: Register) {
        let done = p.label();
        p.bind(self.take);
        p.remark("parameters");
        for (n, column) in (0..).zip(&self.columns) {
            if n > 0 {
                p.ld(lanes).subi(n).jump_if(Zero, done);
            }
            p.ldi(n).call(self.prepare);
            column.copy(p, &self.column);
        }
        p.bind(done);
        p.ld(self.first).addi(8).st(self.first);
        double_rounding::if_wanted(p, c, |p| {
            p.ld(self.first).addi(1).st(self.first);
        });
        p.ret();
    }

    /// The column at hand becomes the one in the accumulator.
    fn emit_prepare(&self, p: &mut Assembler, c: &Context) {
        let Column { bias, sign, .. } = self.column;
        let lane = p.variable("parameter_lane");
        let word = |p: &mut Assembler| {
            p.andi(c.config.parameter_rows - 1).addi(c.map.parameters).inner();
        };
        p.bind(self.prepare);
        p.st(lane).add(self.first);
        word(p);
        p.st(bias).ld(lane).add(self.first).addi(4);
        word(p);
        p.st(sign);
        double_rounding::if_wanted(p, c, |p| {
            p.ld(self.first).addi(8);
            word(p);
            double_rounding::take_parameters(p, &self.column, lane);
            p.ret();
        });
        self.emit_multiplier(p);
    }

    /// Goes on with the multiplier, which is in `sign` as it is: its mantissa moves left to where whole
    /// bytes are behind the point.
    fn emit_multiplier(&self, p: &mut Assembler) {
        let Column { sign, multiplier, window, .. } = self.column;
        let exponent = p.variable("multiplier_exponent");
        let [aligned, done, vanishes] = [(); 3].map(|()| p.label());
        p.set(window, u32::MAX).st(multiplier);
        p.ld(sign).shl(1).rotate(3).andi(0xff).st(exponent);
        p.subi(VANISHES + 1).jump_if(NotCarry, vanishes);
        p.subi(SATURATES - VANISHES - 1).jump_if(Carry, done);
        p.ld(sign).andi(0x7f_ffff).xori(0x80_0000).st(multiplier);
        let next = p.here();
        p.ld(exponent).subi(FIXED_POINT).jump_if(NotNegative, aligned);
        p.ld(window).rotate(1).andi(0xff_ffff).st(window);
        p.ld(exponent).addi(8).st(exponent).jump(next);
        p.bind(aligned);
        p.jump_if(Zero, done).subi(1).st(exponent);
        p.ld(multiplier).shl(1).st(multiplier).ld(exponent).jump(aligned);
        p.bind(done);
        p.ret();
        p.bind(vanishes);
        p.set(multiplier, 0).ret();
    }
}

//! The requantiser: from sums to int8, column by column.

use super::super::instruction::Condition::{NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::parameters::Parameters;
use super::registers::Register;
use super::residual::Residual;
use super::rounding::Rounding;
use super::scaling::Scaling;
use super::store::{ADD, TABLE, Tile};
use super::wide::Wide;

/// Runs a row of sums through the requantiser, and what follows it: a residual add or the table.
pub struct Requantiser {
    parameters: Parameters,
    scaling: Scaling,
    residual: Residual,
    /// The sum, then its magnitude.
    sum: Register,
    /// Bit 31: the result is.
    negative: Register,
    result: Register,
    zero_point: Register,
    least: Register,
    most: Register,
    /// `chunk` = results of the row of sums.
    pub row: Label,
    element: Label,
}

impl Requantiser {
    /// Registers, labels and the routines.
    pub fn emit(p: &mut Assembler, c: &Context, tile: &Tile) -> Self {
        let [result, negative, zero_point, least, most] =
            ["result", "negative", "zero_point", "clamp_min", "clamp_max"]
                .map(|name| p.variable(name));
        let wide = Wide::emit(p);
        let rounding = Rounding::emit(p, &wide);
        let parameters = Parameters::emit(p, c, &wide, tile.lanes);
        let scaling = Scaling::emit(p, c, &wide, &rounding, &parameters.column, negative);
        let residual = Residual::emit(p, c, &wide, &rounding, [result, negative]);
        let requantiser = Self {
            parameters,
            scaling,
            residual,
            sum: wide.multiplicand,
            negative,
            result,
            zero_point,
            least,
            most,
            row: p.label(),
            element: p.label(),
        };
        requantiser.emit_row(p, c, tile);
        requantiser.emit_element(p, c);
        requantiser
    }

    /// Takes the fields of the descriptor.
    pub fn begin(&self, p: &mut Assembler, c: &Context) {
        self.parameters.begin(p, c);
        for (register, low) in [(self.zero_point, 0), (self.least, 8), (self.most, 16)] {
            p.field(c.words[6], low + 7, low).xori(0x80).subi(0x80).st(register);
        }
        self.residual.begin(p, c);
    }

    /// Takes the parameters of a tile.
    pub fn begin_tile(&self, p: &mut Assembler) {
        p.call(self.parameters.take);
    }

    fn emit_row(&self, p: &mut Assembler, c: &Context, tile: &Tile) {
        let (at_hand, done) = (self.parameters.column, p.label());
        p.bind(self.row);
        p.remark("requantise a row").ld(tile.source_row).row();
        p.ld(c.words[0]).andi(ADD).unless(Zero, |p| {
            p.ld(tile.target).add(tile.to_residual).andi(c.config.scratchpad_rows - 1).inner();
            p.st(self.residual.elements);
        });
        p.set(tile.chunk, 0);
        for (n, column) in (0..).zip(&self.parameters.columns) {
            if n > 0 {
                p.ld(tile.lanes).subi(n).jump_if(Zero, done);
            }
            p.copy(at_hand.multiplier, column.multiplier);
            p.copy(at_hand.window, column.window);
            p.ldi(n).column().sum().add(column.bias).st(self.sum);
            p.xor(column.sign).st(self.negative).ld(self.sum).call(self.element);
            p.ld(self.result).andi(0xff).rotate((4 - n) % 4).add(tile.chunk).st(tile.chunk);
        }
        p.bind(done);
        p.ret();
    }

    /// `result` = that of `sum`, which is in the accumulator, too.
    fn emit_element(&self, p: &mut Assembler, c: &Context) {
        let Self { sum, negative, result, .. } = *self;
        let integer = self.scaling.integer;
        p.bind(self.element);
        p.remark("requantise").unless(NotNegative, |p| {
            p.ldi(0).sub(sum).st(sum);
        });
        p.call(self.scaling.scale);
        p.ld(negative).unless(NotNegative, |p| {
            p.ldi(0).sub(integer).st(integer);
        });
        p.ld(integer).add(self.zero_point).st(result);
        clamp(p, result, self.least, self.most);
        p.ld(c.words[0]).andi(ADD | TABLE).unless(NotZero, |p| {
            p.ret();
        });
        p.andi(ADD).jump_if(NotZero, self.residual.add);
        p.ld(result).addi(128).addi(c.map.table).inner().st(result).ret();
    }
}

/// `value` becomes `least` if it is below it, then `most` if it is above it.
pub fn clamp(p: &mut Assembler, value: Register, least: Register, most: Register) {
    p.ld(value).sub(least).unless(NotNegative, |p| {
        p.copy(value, least);
    });
    p.ld(most).sub(value).unless(NotNegative, |p| {
        p.copy(value, most);
    });
}

//! The requantiser: from sums to int8, column by column.

use super::super::instruction::Condition::{Negative, NotNegative, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::context::Context;
use super::double_rounding;
use super::parameters::Parameters;
use super::registers::Register;
use super::residual::Residual;
use super::rounding::Rounding;
use super::store::{ADD, TABLE, Tile};
use super::wide::Wide;

/// Runs a row of sums through the requantiser, and what follows it: a residual add or the table.
pub struct Requantiser {
    wide: Wide,
    rounding: Rounding,
    double_rounding: Option<Label>,
    parameters: Parameters,
    residual: Residual,
    result: Register,
    /// Bit 31: the result is.
    negative: Register,
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
        let [result, negative] = ["result", "negative"].map(|name| p.variable(name));
        let wide = Wide::emit(p);
        let rounding = Rounding::emit(p, &wide);
        let parameters = Parameters::emit(p, c, &wide, tile.lanes);
        let double_rounding = c
            .config
            .double_rounding
            .then(|| double_rounding::emit(p, &wide, &rounding, &parameters.column, negative));
        let residual = Residual::emit(p, c, &wide, &rounding, [result, negative]);
        let [zero_point, least, most] =
            ["zero_point", "clamp_min", "clamp_max"].map(|name| p.variable(name));
        let [row, element] = [(); 2].map(|()| p.label());
        let requantiser = Self {
            wide,
            rounding,
            double_rounding,
            parameters,
            residual,
            result,
            negative,
            zero_point,
            least,
            most,
            row,
            element,
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
        let done = p.label();
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
            self.parameters.column.copy(p, column);
            p.ldi(n).column().call(self.element);
            p.ld(self.result).andi(0xff).rotate((4 - n) % 4).add(tile.chunk).st(tile.chunk);
        }
        p.bind(done);
        p.ret();
    }

    /// `result` = that of the column at hand.
    fn emit_element(&self, p: &mut Assembler, c: &Context) {
        let Self { wide, negative, result, .. } = *self;
        let integer = self.rounding.integer;
        let column = self.parameters.column;
        let [large, rounded, magnitude] = [(); 3].map(|()| p.label());
        p.bind(self.element);
        p.remark("requantise").sum().add(column.bias).st(wide.multiplicand);
        p.xor(column.sign).st(negative);
        p.ld(wide.multiplicand).unless(NotNegative, |p| {
            p.ldi(0).sub(wide.multiplicand).st(wide.multiplicand);
        });
        if let Some(routine) = self.double_rounding {
            double_rounding::if_wanted(p, c, |p| {
                p.call(routine).jump(magnitude);
            });
        }
        p.ld(wide.multiplicand).andi(0xff00_0000).jump_if(NotZero, large);
        p.bind(rounded);
        p.call(wide.multiply);
        self.round(p);
        p.bind(magnitude);
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
        p.bind(large);
        self.round_sum(p);
        p.jump(rounded);
    }

    /// Shifts the product right by the bytes that `window` says, and rounds it.
    fn round(&self, p: &mut Assembler) {
        let Wide { high, low, .. } = self.wide;
        let window = self.parameters.column.window;
        let [by_0, by_1, by_2, too_large, done] = [(); 5].map(|()| p.label());
        p.ld(window).jump_if(Zero, by_0).jump_if(Negative, by_0);
        p.rotate(3).jump_if(Negative, by_1).rotate(3).jump_if(Negative, by_2);
        for place in [by_2, by_1, by_0] {
            p.ld(high).rotate(1).st(high).ld(low).rotate(1).st(low);
            p.bind(place);
        }
        p.ld(high).and(window).jump_if(NotZero, too_large);
        p.ld(low).and(window).add(high).st(high);
        p.ld(window).xori(u32::MAX).and(low).st(low);
        p.call(self.rounding.round).jump(done);
        p.bind(too_large);
        p.call(self.rounding.saturate);
        p.bind(done);
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

//! From a fixed-point number to an integer, as float32 arithmetic would round it.

use super::super::instruction::Condition::{Carry, Negative, NotCarry, NotZero, Zero};
use super::assembler::{Assembler, Label};
use super::registers::Register;
use super::wide::Wide;

/// An integer of at least this much is as good as any larger one: zero points and clamps are int8.
pub const SATURATED: u32 = 256;

/// More than the widest distance from a half, in units of 2^-24, that float32 does not tell apart from
/// it below 2^8: half a unit of its last place is 2^7.
const WIDEST: u32 = 0x100;

/// The rounding and its result.
#[derive(Clone, Copy)]
pub struct Rounding {
    /// 0 to [`SATURATED`].
    pub integer: Register,
    /// Rounds {`high`, `low`} of [`Wide`], which has 8 bits before the point and 56 behind it, to
    /// nearest even, first to 24 significant bits, then to an integer.
    pub round: Label,
    /// The same for a number of which is known that it is too large.
    pub saturate: Label,
}

impl Rounding {
    /// Registers, labels and the routines.
    ///
    /// The first rounding matters only if it gives k + 1/2, which it does if the number is no more
    /// than half a unit of the 24th bit away from it (k + 1/2 is even in these units). Below 1/2 all
    /// is 0 anyway, so that the unit may be that of 1/2 for k = 0.
    pub fn emit(p: &mut Assembler, wide: &Wide) -> Self {
        let rounding =
            Self { integer: p.variable("integer"), round: p.label(), saturate: p.label() };
        let close = p.label();
        p.bind(rounding.round);
        p.remark("round").ld(wide.high);
        rounding.nearest(p, wide, close);
        p.bind(rounding.saturate);
        p.set(rounding.integer, SATURATED).ret();
        p.bind(close);
        rounding.emit_close(p, wide);
        rounding
    }

    /// Rounds `high` of [`Wide`], which is in the accumulator, too, and comes back. If it is close to a
    /// half, goes to `close` instead, with its distance from it, less `WIDEST`, in the accumulator.
    pub fn nearest(&self, p: &mut Assembler, wide: &Wide, close: Label) {
        p.andi(0xff_ffff).subi(0x80_0000 - WIDEST).subi(2 * WIDEST).jump_if(NotCarry, close);
        p.ld(wide.high).addi(0x80_0000).jump_if(Carry, self.saturate);
        p.rotate(3).andi(0xff).st(self.integer).ret();
    }

    /// What is close to a half; the accumulator is the distance from it, less `WIDEST`.
    fn emit_close(&self, p: &mut Assembler, wide: &Wide) {
        let integer = self.integer;
        let [distance, unit, rest] =
            ["from_half", "half_unit", "integer_above"].map(|name| p.variable(name));
        let [below_one, found, tie, up, down] = [(); 5].map(|()| p.label());
        p.remark("close to a half").addi(WIDEST).st(distance);
        p.ld(wide.high).rotate(3).andi(0xff).st(integer).jump_if(Zero, below_one);
        p.set(unit, 1).ld(integer);
        let next = p.here();
        p.shr(1).jump_if(Zero, found).st(rest);
        p.ld(unit).shl(1).st(unit).ld(rest).jump(next);
        p.bind(found);
        p.ld(distance).add(unit).jump_if(Negative, down);
        p.ld(distance).sub(unit).jump_if(Negative, tie).jump_if(NotZero, up);
        p.ld(wide.low).jump_if(NotZero, up);
        p.bind(tie);
        p.ld(integer).andi(1).jump_if(NotZero, up);
        p.bind(down);
        p.ret();

        // The half unit is half of the distance's.
        p.bind(below_one);
        p.ld(distance).jump_if(Negative, down).jump_if(NotZero, up);
        p.ldi(1 << 31).sub(wide.low).jump_if(Carry, down);
        p.bind(up);
        p.ld(integer).addi(1).st(integer).ret();
    }
}

//! The requantiser's double rounding: what a lane needs for it beside float32 arithmetic.

use systole_hdl::prelude::*;

use super::pipeline::Pipeline;

/// Bits of a number before the last shift of a lane that knows both modes.
pub const NUMBER: u32 = 34;

/// Double rounding on its way through a lane, or nothing where a chip does not have it: then each
/// choice is float32's.
///
/// It takes float32's way: the normalising shifter shifts the accumulator left, saturating; the
/// multiplier takes the integer multiplier; the last shifter shifts the upper half of the product
/// right. From stage 5 on, the right shift is where float32 has its `offset`.
pub struct DoubleRounding(Option<Mode>);

/// What the stage at hand knows of the mode.
struct Mode {
    stage: u32,
    /// This is the mode of the operands in this stage.
    active: Signal,
    /// The bits of the left shift that are left to do, up to stage 4.
    left: Signal,
    /// Right shift, 0 to 31, or 32 and more, which leaves nothing; up to stage 5.
    right: Signal,
    /// The left shift lost a 1, up to stage 5.
    overflow: Option<Signal>,
}

impl DoubleRounding {
    /// Stage 1, with inputs `double_rounding` and `shift`.
    pub fn begin(m: M, pipeline: &Pipeline, present: bool) -> Self {
        let mut double = Self(present.then(|| {
            let active = m.input("double_rounding", Bit).doc("else float32");
            let shift = m.input("shift", S(8)).doc("left; used with double rounding");
            let to_right = shift.bit(7).named("shifts_right");
            // A shift by more than 31 saturates whatever one by 31 does.
            let far = shift.bits(6, 5).any().named("shifts_far_left");
            let left = far.mux(31, shift.bits(4, 0));
            let back = (-shift).as_unsigned().named("shift_negated");
            let right = cat(&[back.bits(7, 5).any(), back.bits(4, 0)]);
            Mode {
                stage: 0,
                active,
                left: to_right.mux(0, left).named("left_shift"),
                right: to_right.mux(right, zero(U(6))).named("right_shift"),
                overflow: None,
            }
        }));
        double.end_stage(pipeline);
        double
    }

    /// Registers of a stage's end; to be called once a stage.
    pub fn end_stage(&mut self, pipeline: &Pipeline) {
        let Some(mode) = &mut self.0 else { return };
        mode.stage += 1;
        let after =
            |name: &str, value: Signal| pipeline.after(&format!("{name}_{}", mode.stage), value);
        mode.active = after("double_rounding", mode.active);
        match mode.stage {
            1 | 2 => mode.left = after("left_shift", mode.left),
            3 => mode.left = after("left_shift", mode.left.bits(2, 0)),
            _ => {}
        }
        if mode.stage <= 4 {
            mode.right = after("right_shift", mode.right);
            mode.overflow = mode.overflow.map(|overflow| after("overflow", overflow));
        }
    }

    /// `float`, or 0 in the other mode.
    pub fn float_only(&self, float: Signal) -> Signal {
        self.0.as_ref().map_or(float, |mode| float & !mode.active)
    }

    /// Whether stage 3 or 4 shifts left by `by`; float32 does if the top `by` bits are `clear`.
    pub fn shifts(&mut self, by: u32, clear: Signal) -> Signal {
        let Some(mode) = &mut self.0 else { return clear };
        let wanted = mode.left.bit(by.ilog2());
        let loses = wanted & !clear;
        mode.overflow = Some(mode.overflow.map_or(loses, |overflow| overflow | loses));
        mode.active.mux(wanted, clear)
    }

    /// Stage 5: what is multiplied, float32's `mantissa` or the shifted `magnitude`.
    ///
    /// A saturated magnitude is 2^31, for positive numbers one too many: there is no right shift
    /// then, and the product differs by 1 at most, and only where it is beyond every int8.
    pub fn multiplicand(&self, mantissa: Signal, magnitude: Signal) -> Signal {
        let Some(mode) = &self.0 else { return mantissa };
        let top = mode.overflow.map_or(magnitude.bit(31), |overflow| overflow | magnitude.bit(31));
        let top = top.named("saturated_top");
        let saturated = cat(&[top, top.mux(0, magnitude.bits(30, 0))]).named("saturated");
        mode.active.mux(saturated, mantissa.ext(32))
    }

    /// Stage 5: float32's `fraction`, or all 31 bits of the factor in either mode.
    pub fn factor(&self, exponent: Signal, fraction: Signal) -> Signal {
        let Some(mode) = &self.0 else { return fraction };
        let mantissa = cat(&[lit(1, Bit), fraction]).ext(31);
        mode.active.mux(cat(&[exponent, fraction]), mantissa)
    }

    /// Stage 5: float32's `offset`, or the right shift.
    pub fn offset(&self, offset: Signal) -> Signal {
        let Some(mode) = &self.0 else { return offset };
        mode.active.mux(mode.right.ext(offset.width()).as_signed(), offset)
    }

    /// Stage 8: the number to shift right. Its integer ends at bit 24 in float32, at bit 1 here.
    pub fn number(&self, mantissa: Signal, product: Signal, negative: Signal) -> Signal {
        let Some(mode) = &self.0 else { return mantissa };
        product.bit(62).unused();
        let half = product.bit(30).named("upper_half_bit");
        let sticky = product.bits(29, 0).any().named("upper_sticky");
        // A tie goes up, which is towards zero for negative ones.
        let increment = (half & (!negative | sticky)).named("upper_increment");
        let upper = (product.bits(61, 31) + increment.ext(31)).named("upper_rounded");
        let float = cat(&[mantissa, zero(U(NUMBER - mantissa.width()))]);
        mode.active.mux(cat(&[upper, lit(0, Bit)]).ext(NUMBER), float)
    }

    /// Stage 9: integer, whether it is rounded up, and whether it saturates, of the number that was
    /// shifted right and what float32 makes of it.
    pub fn integer(&self, shifted: Signal, float: [Signal; 3]) -> [Signal; 3] {
        let Some(mode) = &self.0 else { return float };
        // A tie goes away from zero.
        let beyond = shifted.bits(NUMBER - 1, 10).any().named("beyond_int8");
        let own = [shifted.bits(10, 1), shifted.bit(0), beyond];
        [0, 1, 2].map(|index| mode.active.mux(own[index], float[index]))
    }
}

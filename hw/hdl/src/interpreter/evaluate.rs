//! One expression node at a time, on given operands: for those who look at values that a simulator
//! has recorded.

use super::compile::Values;
use super::expressions::Expressions;
use super::ops;
use super::wide::words;
use crate::Bits;
use crate::ir::{ExprId, Module};

/// The value of node `id`, which is no signal and no read of a memory, from those of its operands.
pub(crate) fn node(module: &Module, id: ExprId, operands: &[(ExprId, Bits)]) -> Bits {
    let (mut values, mut program) = (Values::default(), Vec::new());
    let mut expressions = Expressions::without_signals(module);
    for (operand, value) in operands {
        expressions.give(*operand, values.constant(value));
    }
    expressions.compute(module, id, &mut values, &mut program);
    let mut vector = values.into_words();
    ops::run(&program, &mut vector, &mut []);
    let (slot, width) = (expressions.slot(id) as usize, module.expr(id).ty.width());
    Bits::from_words(width, &vector[slot..slot + words(width)])
}

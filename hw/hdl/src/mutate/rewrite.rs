//! How an expression is replaced, and what that is called.

use crate::arena::with;
use crate::ir::{BinaryOp, ExprId, ExprKind, Module, Ty, UnaryOp};
use crate::signal::Signal;
use crate::{Bits, lit, lit_bits};

/// What stands instead of an expression.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Rewrite {
    /// Another operator on the same operands.
    Binary(BinaryOp),
    /// Another operator on the same operand.
    Unary(UnaryOp),
    /// Only this operand: of a binary or unary operation, a multiplexer.
    Operand(usize),
    /// The operands of a multiplexer, exchanged.
    Exchanged,
    /// The complement.
    Inverted,
    /// A constant.
    Constant(Bits),
    /// The right operand is a constant.
    RightConstant(Bits),
    /// The comparison without the operands' highest bits.
    Narrowed,
    /// The operation on operands of the other signedness.
    OtherSign,
    /// Other bits of the sliced value, from this one on.
    SliceFrom(u32),
}

/// The value that `rewrite` makes of `expr`, in the module being edited.
pub(super) fn apply(expr: ExprId, rewrite: &Rewrite) -> Signal {
    let (kind, ty, id) = with(|arena| {
        let old = arena.module.expr(expr);
        (old.kind.clone(), old.ty, arena.id)
    });
    let value = |expr: ExprId| with(|arena| Signal { module: id, expr, ty: arena.ty(expr) });
    match (rewrite, kind) {
        (Rewrite::Binary(op), ExprKind::Binary(_, left, right)) => {
            node(expr, ExprKind::Binary(*op, left, right), ty)
        }
        (Rewrite::Unary(op), ExprKind::Unary(_, of)) => node(expr, ExprKind::Unary(*op, of), ty),
        (Rewrite::Operand(number), kind) => {
            let mut operands = Vec::new();
            crate::walk::operands(&kind, &mut |operand| operands.push(operand));
            value(operands[*number])
        }
        (Rewrite::Exchanged, ExprKind::Mux { condition, then, other }) => {
            node(expr, ExprKind::Mux { condition, then: other, other: then }, ty)
        }
        (Rewrite::Constant(bits), _) if ty.is_signed() => lit_bits(bits).as_signed(),
        (Rewrite::Constant(bits), _) => lit_bits(bits),
        (Rewrite::RightConstant(bits), ExprKind::Binary(op, left, right)) => {
            let signed = value(right).ty().is_signed();
            let constant = if signed { lit_bits(bits).as_signed() } else { lit_bits(bits) };
            node(expr, ExprKind::Binary(op, left, constant.expr), ty)
        }
        (Rewrite::Narrowed, ExprKind::Binary(op, left, right)) => {
            let narrow = |of: ExprId| value(of).trunc(value(of).width() - 1).expr;
            node(expr, ExprKind::Binary(op, narrow(left), narrow(right)), ty)
        }
        (Rewrite::OtherSign, kind) => other_sign(expr, kind, ty, &value),
        (Rewrite::SliceFrom(low), ExprKind::Slice { of, .. }) => {
            node(expr, ExprKind::Slice { of, high: low + ty.width() - 1, low: *low }, ty)
        }
        (Rewrite::Inverted, _) => !value(expr),
        (_, kind) => unreachable!("{rewrite:?} does not fit {kind:?}"),
    }
}

fn node(like: ExprId, kind: ExprKind, ty: Ty) -> Signal {
    with(|arena| {
        let location = arena.module.expr(like).location;
        arena.expr(kind, ty, location)
    })
}

fn other_sign(expr: ExprId, kind: ExprKind, ty: Ty, value: &dyn Fn(ExprId) -> Signal) -> Signal {
    let flipped = |of: ExprId| {
        let of = value(of);
        if of.ty().is_signed() { of.as_unsigned() } else { of.as_signed() }
    };
    let back = |result: Signal| {
        if ty.is_signed() { result.as_signed() } else { result.as_unsigned() }
    };
    let other = |width: u32| if ty.is_signed() { Ty::U(width) } else { Ty::S(width) };
    match kind {
        ExprKind::Binary(op @ (BinaryOp::Less | BinaryOp::LessEqual), left, right) => {
            node(expr, ExprKind::Binary(op, flipped(left).expr, flipped(right).expr), ty)
        }
        ExprKind::Binary(BinaryOp::ShiftRight, left, right) => {
            let shifted = ExprKind::Binary(BinaryOp::ShiftRight, flipped(left).expr, right);
            back(node(expr, shifted, other(ty.width())))
        }
        ExprKind::Binary(op, left, right) => {
            let product = ExprKind::Binary(op, flipped(left).expr, flipped(right).expr);
            back(node(expr, product, other(ty.width())))
        }
        ExprKind::Extend(of) => {
            back(node(expr, ExprKind::Extend(flipped(of).expr), other(ty.width())))
        }
        kind => unreachable!("{kind:?} has no sign"),
    }
}

/// What `rewrite` does to `expr`, in a few words.
pub(super) fn describe(module: &Module, expr: ExprId, rewrite: &Rewrite) -> String {
    let kind = &module.expr(expr).kind;
    let name = crate::arena::operator_name(kind);
    match (rewrite, kind) {
        (Rewrite::Binary(op), ExprKind::Binary(_, left, right)) => {
            let other = crate::arena::operator_name(&ExprKind::Binary(*op, *left, *right));
            format!("`{name}` becomes `{other}`")
        }
        (Rewrite::Unary(op), ExprKind::Unary(_, of)) => {
            let other = crate::arena::operator_name(&ExprKind::Unary(*op, *of));
            format!("`{name}` becomes `{other}`")
        }
        (Rewrite::Operand(0), ExprKind::Unary(..)) => format!("`{name}` is left out"),
        (Rewrite::Operand(1), ExprKind::Mux { .. }) => "`mux` always takes the first".into(),
        (Rewrite::Operand(2), ExprKind::Mux { .. }) => "`mux` always takes the second".into(),
        (Rewrite::Operand(0), _) => format!("the right operand of `{name}` is left out"),
        (Rewrite::Operand(_), _) => format!("the left operand of `{name}` is left out"),
        (Rewrite::Exchanged, _) => "the values of `mux` are exchanged".into(),
        (Rewrite::Inverted, _) => "inverted".into(),
        (Rewrite::Constant(bits), ExprKind::Literal(old)) => {
            format!("{} becomes {}", number(old), number(bits))
        }
        (Rewrite::Constant(bits), _) => format!("always {}", number(bits)),
        (Rewrite::RightConstant(bits), ExprKind::Binary(_, _, right)) => {
            let old = module.constant(*right).map(number).unwrap_or_default();
            format!("{old} becomes {} at the right of `{name}`", number(bits))
        }
        (Rewrite::Narrowed, _) => format!("`{name}` without the highest bit"),
        (Rewrite::OtherSign, ExprKind::Extend(of)) => {
            let signed = module.expr(*of).ty.is_signed();
            format!("`ext` {}", if signed { "fills with zeros" } else { "copies the highest bit" })
        }
        (Rewrite::OtherSign, _) => format!("`{name}` of the other signedness"),
        (Rewrite::SliceFrom(low), ExprKind::Slice { high, low: old, .. }) => {
            format!("bits {high}:{old} become {}:{low}", high - old + low)
        }
        (_, kind) => unreachable!("{rewrite:?} does not fit {kind:?}"),
    }
}

/// A constant in decimal when it is short.
fn number(bits: &Bits) -> String {
    let words = bits.words();
    if words[1..].iter().any(|&word| word != 0) || words[0] > 0xffff {
        let digits: Vec<String> = words.iter().rev().map(|word| format!("{word:016x}")).collect();
        return format!("0x{}", digits.concat().trim_start_matches('0'));
    }
    words[0].to_string()
}

/// A literal of one bit.
pub(super) fn bit(value: bool) -> Signal {
    lit(value, Ty::U(1))
}

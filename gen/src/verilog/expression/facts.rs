//! What is known about an expression before it is printed.

use systole_hdl::Bits;
use systole_hdl::ir::{BinaryOp, Expr, ExprId, ExprKind, SignalKind, UnaryOp};

use super::{Expressions, Sign};
use crate::verilog::literal::{extend, extremes};

impl Expressions<'_> {
    /// The value, if it is a literal, or a part of a literal or constant.
    pub(super) fn constant(&self, id: ExprId) -> Option<Bits> {
        let Expr { kind, ty, .. } = self.node(id);
        match kind {
            ExprKind::Literal(bits) => Some(bits.clone()),
            &ExprKind::Slice { of, high, low } => Some(self.value(of)?.slice(high, low)),
            &ExprKind::Truncate(of) => Some(self.value(of)?.slice(ty.width() - 1, 0)),
            &ExprKind::Cast(of) => self.constant(of),
            &ExprKind::Extend(of) => {
                Some(extend(&self.constant(of)?, self.node(of).ty, ty.width()))
            }
            _ => None,
        }
    }

    /// As [`Self::constant`], also through the name of a constant.
    pub(super) fn value(&self, id: ExprId) -> Option<Bits> {
        if let ExprKind::Signal(signal) = self.node(id).kind
            && let SignalKind::Constant(bits) = &self.module.signal(signal).kind
        {
            return Some(bits.clone());
        }
        self.constant(id)
    }

    /// Whether it is a literal or the name of a constant: what stands on the right of a comparison.
    pub(super) fn is_constant(&self, id: ExprId) -> bool {
        self.value(id).is_some()
    }

    /// The outcome of comparing with the least or greatest value of the type, which generators do
    /// for some parameters and linters complain about.
    pub(super) fn certain(&self, op: BinaryOp, a: ExprId, b: ExprId) -> Option<bool> {
        let ty = self.node(a).ty;
        let is = |id, extreme: &Bits| self.value(id).is_some_and(|value| value == *extreme);
        let (least, greatest) = extremes(ty);
        match op {
            BinaryOp::Less => (is(b, &least) || is(a, &greatest)).then_some(false),
            _ => (is(b, &greatest) || is(a, &least)).then_some(true),
        }
    }

    pub(super) fn needed_sign(&self, roots: &[ExprId]) -> Sign {
        let matters = roots.iter().any(|&id| self.sign_matters(id));
        if matters { Sign::Exact } else { Sign::Free }
    }

    /// Whether an operator that shares the context of this expression depends on its signedness.
    pub(super) fn sign_matters(&self, id: ExprId) -> bool {
        let Expr { kind, ty, .. } = self.node(id);
        match *kind {
            ExprKind::Binary(BinaryOp::ShiftRight, ..) if ty.is_signed() => true,
            ExprKind::Binary(BinaryOp::ShiftLeft | BinaryOp::ShiftRight, of, _) => {
                self.sign_matters(of)
            }
            ExprKind::Binary(
                BinaryOp::Add | BinaryOp::Sub | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor,
                a,
                b,
            ) => self.sign_matters(a) || self.sign_matters(b),
            ExprKind::Unary(UnaryOp::Not | UnaryOp::Negate, of) | ExprKind::Cast(of) => {
                self.sign_matters(of)
            }
            ExprKind::Mux { then, other, .. } => {
                self.sign_matters(then) || self.sign_matters(other)
            }
            _ => false,
        }
    }
}

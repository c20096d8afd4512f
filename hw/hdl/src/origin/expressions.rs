//! From an expression to the signal that gives its bits.

use super::Action;
use super::part::{Next, Part, Way, complement, same_bits};
use crate::Bits;
use crate::ir::{BinaryOp, ExprId, ExprKind, SignalId, UnaryOp};
use crate::walk;

impl Way<'_> {
    /// From an expression to the signal that gives its bits.
    pub fn expr(&self, id: ExprId) -> Next {
        let module = self.values.scopes[self.part.scope].module;
        let expr = module.expr(id);
        match &expr.kind {
            ExprKind::Signal(signal) => Next::Signal(self.part.clone(), *signal, Action::Passed),
            ExprKind::Literal(_) => Next::End(expr.location, Action::Constant),
            ExprKind::Cast(of) | ExprKind::Truncate(of) => self.expr(*of),
            ExprKind::Slice { of, low, .. } => self.moved(*low).expr(*of),
            ExprKind::Extend(of) => self.extended(id, *of),
            ExprKind::Mux { condition, then, other } => self.mux(*condition, *then, *other),
            ExprKind::Concat(parts) => self.concat(id, parts),
            ExprKind::Repeat(_, of) => self.repeat(id, *of),
            ExprKind::Unary(UnaryOp::Not, of) => {
                let expected = self.part.expected.as_ref().map(complement);
                self.at(Part { expected, ..self.part.clone() }).expr(*of)
            }
            ExprKind::Unary(op @ (UnaryOp::ReduceAnd | UnaryOp::ReduceOr), of) => {
                self.reduced(id, *op, *of)
            }
            ExprKind::Binary(BinaryOp::And, a, b) => self.and(id, *a, *b),
            ExprKind::Binary(BinaryOp::Or, a, b) => self.or(id, *a, *b),
            ExprKind::Binary(op @ (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Xor), a, b) => {
                self.sum(id, *op, *a, *b)
            }
            ExprKind::Binary(op @ (BinaryOp::ShiftLeft | BinaryOp::ShiftRight), of, by) => {
                self.shifted(id, *op, *of, *by)
            }
            ExprKind::Binary(op @ (BinaryOp::Equal | BinaryOp::NotEqual), a, b) if self.awaited => {
                self.compared(id, *op, *a, *b)
            }
            ExprKind::MemoryRead(memory, address) => {
                self.word(*memory, *address).unwrap_or(Next::End(expr.location, Action::Unknown))
            }
            _ => self.computed(id),
        }
    }

    /// The same bits of something that begins `low` bits lower.
    fn moved(&self, low: u32) -> Self {
        let part = self.part.clone();
        self.at(Part { high: part.high + low, low: part.low + low, ..part })
    }

    /// Only some of the bits; `high` and `low` count within the expression.
    fn narrowed(&self, high: u32, low: u32) -> Self {
        let part = &self.part;
        let cut = |bits: &Bits| bits.slice(high - part.low, low - part.low);
        let expected = part.expected.as_ref().map(cut);
        self.at(Part { high, low, expected, ..part.clone() })
    }

    fn extended(&self, id: ExprId, of: ExprId) -> Next {
        let width = self.values.scopes[self.part.scope].module.expr(of).ty.width();
        if self.part.low >= width {
            return self.computed(id);
        }
        let own = self.narrowed(self.part.high.min(width - 1), self.part.low);
        // If what was extended is right, the extension is not.
        if own.is_right(of) { self.computed(id) } else { own.expr(of) }
    }

    fn mux(&self, condition: ExprId, then: ExprId, other: ExprId) -> Next {
        let takes = self.values.holds(self.part.scope, condition, self.part.cycle);
        let (taken, left) = if takes { (then, other) } else { (other, then) };
        let other_is_right =
            self.is_telling() && self.is_right(left) || self.is_right_constant(left);
        let other_may_be = self.is_wrong_constant(taken) && !self.is_wrong_constant(left);
        if other_may_be || !self.is_right(taken) && other_is_right {
            return self.condition(condition).with(Action::Chosen);
        }
        self.expr(taken)
    }

    /// Of parts side by side, on to the highest that is wrong.
    fn concat(&self, id: ExprId, parts: &[ExprId]) -> Next {
        let module = self.values.scopes[self.part.scope].module;
        let mut high = module.expr(id).ty.width();
        let mut only = None;
        for &part in parts {
            let low = high - module.expr(part).ty.width();
            if self.part.low < high && self.part.high >= low {
                let own = self.narrowed(self.part.high.min(high - 1), self.part.low.max(low));
                let (from, to) = (own.part.low - low, own.part.high - low);
                let own = own.at(Part { high: to, low: from, ..own.part.clone() });
                let all = self.part.low >= low && self.part.high < high;
                if all || own.part.expected.is_some() && !own.is_right(part) {
                    return own.expr(part);
                }
                only.get_or_insert((own, part));
            }
            high = low;
        }
        match only {
            Some((own, part)) if self.part.expected.is_some() => own.expr(part),
            _ => self.computed(id),
        }
    }

    /// Copies of a bit, or of a few.
    fn repeat(&self, id: ExprId, of: ExprId) -> Next {
        let width = self.values.scopes[self.part.scope].module.expr(of).ty.width();
        if width != 1 {
            return self.computed(id);
        }
        let expected = self.part.expected.as_ref().and_then(same_bits);
        self.at(Part { high: 0, low: 0, expected, ..self.part.clone() }).expr(of)
    }

    /// The end: here it is computed.
    pub fn computed(&self, id: ExprId) -> Next {
        let scope = &self.values.scopes[self.part.scope];
        let mut reads = walk::Reads::new(scope.module);
        reads.add(id);
        let value = |&signal: &SignalId| {
            let value = self.values.signal(self.part.scope, signal, self.part.cycle)?;
            Some((scope.module.signal(signal).name.clone(), value))
        };
        let operands = reads.signals.iter().filter_map(value).collect();
        Next::End(scope.module.expr(id).location, Action::Computed(operands))
    }

    /// Something is awaited that should equal a constant: on to it.
    fn compared(&self, id: ExprId, op: BinaryOp, a: ExprId, b: ExprId) -> Next {
        let module = self.module();
        let (of, constant) = match (&module.expr(a).kind, &module.expr(b).kind) {
            (_, ExprKind::Literal(constant)) => (a, constant),
            (ExprKind::Literal(constant), _) => (b, constant),
            _ => return self.computed(id),
        };
        let high = module.expr(of).ty.width() - 1;
        let equal = self.part.expected.as_ref().is_some_and(|expected| !expected.is_zero());
        // One bit that should differ is the other one.
        let expected = match (equal == (op == BinaryOp::Equal), high) {
            (true, _) => Some(constant.clone()),
            (false, 0) => Some(complement(constant)),
            (false, _) => None,
        };
        self.at(Part { high, low: 0, expected, ..self.part.clone() }).expr(of)
    }

    /// A sum or a difference: where one operand is known to be right, on to the other.
    fn sum(&self, id: ExprId, op: BinaryOp, a: ExprId, b: ExprId) -> Next {
        // A carry, or what complements all bits or none: it selects and is no operand.
        let selects = |side: ExprId| match self.module().expr(side).kind {
            ExprKind::Extend(of) => self.module().expr(of).ty.width() == 1,
            ExprKind::Repeat(..) => op == BinaryOp::Xor,
            _ => false,
        };
        // Carries come from below: the bits there are taken as they are.
        let high = self.part.high;
        let all = |side: ExprId| {
            Some(self.values.expr(self.part.scope, side, self.part.cycle)?.slice(high, 0))
        };
        let is_right = |side: ExprId| {
            selects(side) || all(side).is_some_and(|value| self.right.contains(&value))
        };
        let operands = (all(a), all(b), all(id), self.part.expected.as_ref());
        let (Some(left), Some(right), Some(now), Some(expected)) = operands else {
            return self.computed(id);
        };
        if high >= 64 {
            return self.computed(id);
        }
        let low = self.part.low;
        let sum = expected.to_u64() << low | now.to_u64() & ((1 << low) - 1);
        let (left, right) = (left.to_u64(), right.to_u64());
        let (other, value) = match (is_right(a), is_right(b), op) {
            (true, false, BinaryOp::Add) => (b, sum.wrapping_sub(left)),
            (true, false, BinaryOp::Sub) => (b, left.wrapping_sub(sum)),
            (false, true, BinaryOp::Add) => (a, sum.wrapping_sub(right)),
            (false, true, BinaryOp::Sub) => (a, sum.wrapping_add(right)),
            (true, false, _) => (b, sum ^ left),
            (false, true, _) => (a, sum ^ right),
            _ => return self.computed(id),
        };
        let expected = Some(Bits::new(high + 1, value).slice(high, low));
        self.at(Part { expected, ..self.part.clone() }).expr(other)
    }

    /// A shift by whole bytes or by a constant only moves lanes; another one computes.
    fn shifted(&self, id: ExprId, op: BinaryOp, of: ExprId, by: ExprId) -> Next {
        let Some(amount) = self.values.expr(self.part.scope, by, self.part.cycle) else {
            return self.computed(id);
        };
        let (amount, high, low) = (amount.to_u64() as u32, self.part.high, self.part.low);
        let width = self.module().expr(of).ty.width();
        if !self.moves_lanes(by) {
            return self.computed(id);
        }
        if op == BinaryOp::ShiftRight && high + amount < width {
            return self.moved(amount).expr(of);
        }
        if op == BinaryOp::ShiftLeft && amount <= high {
            let own = self.narrowed(high, low.max(amount));
            let (high, low) = (high - amount, own.part.low - amount);
            return own.at(Part { high, low, ..own.part.clone() }).expr(of);
        }
        self.computed(id)
    }

    /// Whether an amount is constant, or always a multiple of 8.
    fn moves_lanes(&self, amount: ExprId) -> bool {
        let module = self.module();
        match &module.expr(amount).kind {
            ExprKind::Literal(_) => true,
            ExprKind::Concat(parts) => parts.last().is_some_and(|&last| {
                let last = module.expr(last);
                let zero = matches!(&last.kind, ExprKind::Literal(value) if value.is_zero());
                zero && last.ty.width() >= 3
            }),
            _ => false,
        }
    }
}

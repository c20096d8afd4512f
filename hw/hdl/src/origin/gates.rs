//! Selections that are made of ands and ors.

use std::cmp::Ordering;

use super::Action;
use super::part::{Next, Part, Way, complement, is_ones, is_within};
use super::scopes::Driver;
use crate::Bits;
use crate::ir::{BinaryOp, ExprId, ExprKind, SignalId, UnaryOp};
use crate::walk;

/// Cycles over which is counted how often a condition holds.
const RECENT: u64 = 256;
/// How much less often a condition has to hold than another to be the unusual one.
const SELDOM: usize = 8;
/// Wires through which a selection is looked at.
const WIRES: u32 = 8;

impl Way<'_> {
    /// `a & b`: where one side only lets the other through, on to that; where it should not have
    /// hidden the other, or should have, on to it.
    pub fn and(&self, id: ExprId, a: ExprId, b: ExprId) -> Next {
        let (Some(left), Some(right)) = (self.value(a), self.value(b)) else {
            return self.computed(id);
        };
        if self.part.expected.is_some() {
            // One side is right, so the other hides what it should not.
            for (right_one, mask) in [(a, b), (b, a)] {
                if self.is_right(right_one) && !self.is_right(mask) {
                    let expected = Some(complement(&Bits::zero(left.width())));
                    return self
                        .at(Part { expected, ..self.part.clone() })
                        .expr(mask)
                        .with(Action::Chosen);
                }
            }
        }
        match (is_ones(&left), is_ones(&right)) {
            (true, false) => self.expr(b),
            (false, true) => self.expr(a),
            (true, true) if self.is_mask(a) => self.expr(b),
            (true, true) if self.is_mask(b) => self.expr(a),
            (true, true) if left.width() == 1 => {
                match self.preferred(a, b).or_else(|| self.seldom(a, b)) {
                    Some(one) => self.expr(one),
                    None => self.computed(id),
                }
            }
            (true, true) => self.computed(id),
            (false, false) => match (left.is_zero(), right.is_zero()) {
                (true, false) => self.expr(a),
                (false, true) => self.expr(b),
                _ => self.preferred(a, b).map_or_else(|| self.computed(id), |one| self.expr(one)),
            },
        }
    }

    /// `a | b`: on to the side that gives the value; if none does, to one that hides the right value.
    pub fn or(&self, id: ExprId, a: ExprId, b: ExprId) -> Next {
        let (Some(left), Some(right)) = (self.value(a), self.value(b)) else {
            return self.computed(id);
        };
        match (left.is_zero(), right.is_zero()) {
            (false, true) => self.unless_hidden(a, b),
            (true, false) => self.unless_hidden(b, a),
            (true, true) if self.hides(a) => self.expr(a),
            (true, true) if self.hides(b) => self.expr(b),
            (true, true) => match (self.is_closed(a, WIRES), self.is_closed(b, WIRES)) {
                (false, true) => self.expr(a),
                (true, false) => self.expr(b),
                _ => self.preferred(a, b).map_or_else(|| self.computed(id), |one| self.expr(one)),
            },
            (false, false) => self.joined(id, (a, &left), (b, &right)),
        }
    }

    /// All bits of something, or any: where one bit alone decides, on to it.
    pub fn reduced(&self, id: ExprId, op: UnaryOp, of: ExprId) -> Next {
        let Part { scope, cycle, .. } = self.part;
        let Some(value) = self.values.expr(scope, of, cycle) else { return self.computed(id) };
        let decides = op == UnaryOp::ReduceOr;
        let mut deciding = (0..value.width()).filter(|&bit| value.bit(bit) == decides);
        match (deciding.next(), deciding.next()) {
            // Of what is awaited each part has to come: any that has not is a reason.
            (Some(bit), other) if other.is_none() || self.awaited && !decides => {
                let expected = self.part.expected.as_ref().map(|_| Bits::new(1, (!decides).into()));
                self.at(Part { high: bit, low: bit, expected, ..self.part.clone() }).expr(of)
            }
            _ => self.computed(id),
        }
    }

    /// On to `giver`; but if the `silent` side hides the right value, to what hides it.
    fn unless_hidden(&self, giver: ExprId, silent: ExprId) -> Next {
        self.expr(if self.hides(silent) { silent } else { giver })
    }

    /// Both sides give something: one of them has bits that it should not.
    fn joined(&self, id: ExprId, a: (ExprId, &Bits), b: (ExprId, &Bits)) -> Next {
        let Some(expected) = &self.part.expected else { return self.computed(id) };
        for (good, bad) in [(a, b), (b, a)] {
            if is_within(good.1, expected) && !is_within(bad.1, expected) {
                let expected = if good.1 == expected {
                    Bits::zero(expected.width())
                } else {
                    expected.clone()
                };
                let part = Part { expected: Some(expected), ..self.part.clone() };
                return self.at(part).expr(bad.0);
            }
        }
        self.computed(id)
    }

    /// Whether the right value is somewhere in a tree of ands, ors and multiplexers that gives
    /// another.
    fn hides(&self, id: ExprId) -> bool {
        if !self.is_telling() {
            return false;
        }
        match &self.module().expr(id).kind {
            ExprKind::Binary(BinaryOp::And, a, b) => self.is_right(*a) || self.is_right(*b),
            ExprKind::Binary(BinaryOp::Or, a, b) => self.hides(*a) || self.hides(*b),
            ExprKind::Mux { then, other, .. } => self.is_right(*then) || self.is_right(*other),
            _ => false,
        }
    }

    /// Whether a tree of ands and ors lets nothing through. Wires are looked through.
    fn is_closed(&self, id: ExprId, wires: u32) -> bool {
        let module = self.module();
        match &module.expr(id).kind {
            ExprKind::Binary(BinaryOp::And, a, b) => [a, b].into_iter().any(|side| {
                self.is_mask(*side) && self.value(*side).is_some_and(|mask| mask.is_zero())
            }),
            ExprKind::Binary(BinaryOp::Or, a, b) => {
                self.is_closed(*a, wires) && self.is_closed(*b, wires)
            }
            ExprKind::Signal(signal) if wires > 0 => self.wire_is_closed(*signal, wires - 1),
            _ => false,
        }
    }

    fn wire_is_closed(&self, id: SignalId, wires: u32) -> bool {
        let own = &self.values.scopes[self.part.scope];
        let inside = |scope| self.at(Part { scope, ..self.part.clone() });
        match own.driver(id) {
            Some(Driver::Assign(value, _)) => self.is_closed(value, wires),
            Some(Driver::Instance(number, port)) => {
                let child = own.children[number];
                let output = self.values.scopes[child].find(port);
                wires > 0 && output.is_some_and(|id| inside(child).wire_is_closed(id, wires - 1))
            }
            _ => false,
        }
    }

    /// Whether it is copies of a bit, which let all through or nothing.
    fn is_mask(&self, id: ExprId) -> bool {
        matches!(self.module().expr(id).kind, ExprKind::Repeat(..))
    }

    /// Of two conditions the one that reads what is preferred.
    fn preferred(&self, a: ExprId, b: ExprId) -> Option<ExprId> {
        let rank = |side: ExprId| {
            let mut reads = walk::Reads::new(self.module());
            reads.add(side);
            let names: Vec<&str> =
                reads.signals.iter().map(|&id| &self.module().signal(id).name[..]).collect();
            let rank = self.prefer.iter().position(|name| names.contains(name));
            rank.unwrap_or(self.prefer.len())
        };
        match rank(a).cmp(&rank(b)) {
            Ordering::Less => Some(a),
            Ordering::Greater => Some(b),
            Ordering::Equal => None,
        }
    }

    /// Of two conditions the one that has held much less often of late.
    fn seldom(&self, a: ExprId, b: ExprId) -> Option<ExprId> {
        let Part { scope, cycle, .. } = self.part;
        let recent = cycle.saturating_sub(RECENT)..cycle;
        let often =
            |side| recent.clone().filter(|&cycle| self.values.holds(scope, side, cycle)).count();
        let (of_a, of_b) = (often(a), often(b));
        if SELDOM * of_a < of_b {
            Some(a)
        } else if SELDOM * of_b < of_a {
            Some(b)
        } else {
            None
        }
    }
}

//! The way back, step by step.

use super::assignment::{self, Candidate};
use super::scopes::Driver;
use super::values::Values;
use super::{Action, Expected, Question, Step};
use crate::Bits;
use crate::ir::{BinaryOp, ExprId, ExprKind, Location, MemoryId, SignalId, SignalKind, UnaryOp};
use crate::walk;

/// Steps after which the search is given up.
const STEPS: usize = 10_000;
/// Bits of a value whose equality with the right one is no coincidence.
const TELLING: u32 = 6;

/// Bits of a signal or an expression in a cycle, and what they should be.
#[derive(Clone)]
struct Part {
    scope: usize,
    high: u32,
    low: u32,
    cycle: u64,
    expected: Option<Bits>,
}

/// Where the way leads on to.
enum Next {
    /// These bits of a signal.
    Signal(Part, SignalId, Action),
    /// Nowhere.
    End(Location, Action),
}

/// Follows what is asked about.
pub(super) fn follow(values: &Values, question: &Question) -> Vec<Step> {
    let Some((scope, id)) = find(values, question.signal) else { return Vec::new() };
    let (width, expected) = match &question.expected {
        Expected::Value(value) => (value.width(), Some(value.clone())),
        Expected::Unknown(width) => (*width, None),
    };
    let low = question.low;
    let mut part = Part { scope, high: low + width - 1, low, cycle: question.cycle, expected };
    let mut id = id;
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..STEPS {
        let way = Way { values, part: part.clone() };
        let (location, next) = way.signal(id);
        let module = values.scopes[part.scope].module;
        let mut step = Step {
            signal: values.scopes[part.scope].full_name(&module.signal(id).name),
            cycle: part.cycle,
            value: values.signal(part.scope, id, part.cycle),
            location,
            action: Action::Unknown,
        };
        match next {
            Next::Signal(from, signal, action) => {
                step.action = action;
                steps.push(step);
                (part, id) = (from, signal);
            }
            Next::End(location, action) => {
                (step.location, step.action) = (location, action);
                steps.push(step);
                break;
            }
        }
    }
    steps
}

fn find(values: &Values, name: &str) -> Option<(usize, SignalId)> {
    let (path, name) = name.rsplit_once('.').unwrap_or(("", name));
    let scope = values.scopes.iter().position(|scope| scope.path == path)?;
    Some((scope, values.scopes[scope].find(name)?))
}

/// One step.
struct Way<'a> {
    values: &'a Values<'a>,
    part: Part,
}

impl Way<'_> {
    /// From a signal to what drives it; with the place of that.
    fn signal(&self, id: SignalId) -> (Location, Next) {
        let own = &self.values.scopes[self.part.scope];
        let signal = own.module.signal(id);
        let end = |action| (signal.location, Next::End(signal.location, action));
        if own.is_input(id) {
            let Some((parent, value)) = own.connection(self.values.scopes, id) else {
                return end(Action::Input);
            };
            let location = own.parent.map(|(parent, number)| {
                self.values.scopes[parent].module.instances[number].location
            });
            let location = location.unwrap_or(signal.location);
            return (location, self.at(Part { scope: parent, ..self.part.clone() }).expr(value));
        }
        match own.driver(id) {
            None if matches!(signal.kind, SignalKind::Constant(_)) => end(Action::Constant),
            None => end(Action::Unknown),
            Some(Driver::Assign(value, location)) => (location, self.expr(value)),
            Some(Driver::Comb(body)) => {
                let all = self.candidates(body, id, self.part.cycle);
                match all.iter().rposition(Candidate::happens) {
                    Some(chosen) => (all[chosen].location, self.assigned(&all, chosen, None)),
                    None => end(Action::Unknown),
                }
            }
            Some(Driver::Clocked(body)) => self.register(id, body),
            Some(Driver::Instance(number, port)) => {
                let child = own.children[number];
                let Some(inner) = self.values.scopes[child].find(port) else {
                    return end(Action::Unknown);
                };
                let part = Part { scope: child, ..self.part.clone() };
                (signal.location, Next::Signal(part, inner, Action::Passed))
            }
            Some(Driver::Read(memory, port)) => self.read(id, memory, port),
        }
    }

    fn at(&self, part: Part) -> Self {
        Self { values: self.values, part }
    }

    fn candidates(
        &self,
        body: &[crate::ir::Statement],
        target: SignalId,
        cycle: u64,
    ) -> Vec<Candidate> {
        assignment::candidates(self.values, self.part.scope, body, target, cycle)
    }

    /// From a register to what it was given last.
    fn register(&self, id: SignalId, body: &[crate::ir::Statement]) -> (Location, Next) {
        let own = &self.values.scopes[self.part.scope];
        let signal = own.module.signal(id);
        for cycle in (0..self.part.cycle).rev() {
            let resets = matches!(&signal.kind, SignalKind::Register { reset: Some(_) });
            if resets && self.values.in_reset(cycle) {
                return (signal.location, Next::End(signal.location, Action::Constant));
            }
            let all = self.candidates(body, id, cycle);
            let before = self.at(Part { cycle, ..self.part.clone() });
            if let Some(chosen) = all.iter().rposition(Candidate::happens) {
                let held = self.values.signal(self.part.scope, id, cycle);
                let next = before.assigned(&all, chosen, held);
                return (all[chosen].location, stored(next));
            }
            if let Some(missed) = before.missed(&all) {
                return (all[missed].location, before.blame(&all[missed], false));
            }
        }
        (signal.location, Next::End(signal.location, Action::Unknown))
    }

    /// An assignment that should have happened and did not: it would have given the right value.
    fn missed(&self, all: &[Candidate]) -> Option<usize> {
        if !self.is_telling() {
            return None;
        }
        all.iter().position(|candidate| !candidate.happens() && self.is_right(candidate.value))
    }

    /// From the assignment that decided to its value, or to its condition if another would have been
    /// right. `held` is what a register would have kept.
    fn assigned(&self, all: &[Candidate], chosen: usize, held: Option<Bits>) -> Next {
        let winner = &all[chosen];
        let wrong = !self.is_right(winner.value);
        if wrong && self.is_telling() {
            if let Some(other) = all.iter().position(|other| self.is_right(other.value)) {
                let other = &all[other];
                return if other.happens() {
                    self.blame(winner, true)
                } else {
                    self.blame(other, false)
                };
            }
            let keeps = held.map(|held| held.slice(self.part.high, self.part.low));
            if keeps.is_some() && keeps == self.part.expected {
                return self.blame(winner, true);
            }
        }
        let module = self.values.scopes[self.part.scope].module;
        let literal = matches!(module.expr(winner.value).kind, ExprKind::Literal(_));
        if literal && wrong && self.part.expected.is_some() && !winner.guards.is_empty() {
            return self.blame(winner, true);
        }
        self.expr(winner.value)
    }

    /// On to the condition of an assignment that should not have held, or should have.
    fn blame(&self, candidate: &Candidate, held: bool) -> Next {
        let guard = if held {
            candidate.guards.last()
        } else {
            candidate.guards.iter().find(|guard| !guard.holds)
        };
        match guard {
            Some(guard) => chosen(self.condition(guard.on)),
            None => self.expr(candidate.value),
        }
    }

    /// On to a condition whose value was wrong.
    fn condition(&self, id: ExprId) -> Next {
        let width = self.values.scopes[self.part.scope].module.expr(id).ty.width();
        let expected = (width == 1).then(|| {
            Bits::new(1, u64::from(!self.values.holds(self.part.scope, id, self.part.cycle)))
        });
        self.at(Part { high: width - 1, low: 0, expected, ..self.part.clone() }).expr(id)
    }

    /// From what a memory's read port gives to what was written there.
    fn read(&self, id: SignalId, memory: MemoryId, port: usize) -> (Location, Next) {
        let own = &self.values.scopes[self.part.scope];
        let read = &own.module.memories[memory.0 as usize].sync_reads[port];
        let scope = self.part.scope;
        let when = (0..self.part.cycle).rev().find(|&at| self.values.holds(scope, read.enable, at));
        let end = (read.location, Next::End(own.module.signal(id).location, Action::Unknown));
        let Some(cycle) = when else { return end };
        let next = self.at(Part { cycle, ..self.part.clone() }).word(memory, read.address);
        (read.location, next.unwrap_or(end.1))
    }

    /// On to what was last written to a word of a memory.
    fn word(&self, memory: MemoryId, address: ExprId) -> Option<Next> {
        let Part { scope, cycle, low, .. } = self.part;
        let address = self.values.expr(scope, address, cycle)?;
        let written = self.values.last_write(scope, memory, (&address, low), cycle)?;
        let part = Part { cycle: written.cycle, ..self.part.clone() };
        Some(match self.at(part).expr(written.write.data) {
            Next::End(_, action @ Action::Constant) => Next::End(written.write.location, action),
            next => stored(next),
        })
    }

    /// The bits in question of an expression's value.
    fn value(&self, id: ExprId) -> Option<Bits> {
        let value = self.values.expr(self.part.scope, id, self.part.cycle)?;
        (self.part.high < value.width()).then(|| value.slice(self.part.high, self.part.low))
    }

    fn is_right(&self, id: ExprId) -> bool {
        self.part.expected.is_some() && self.value(id) == self.part.expected
    }

    /// Whether it is no coincidence if something equals the right value.
    fn is_telling(&self) -> bool {
        self.part.expected.is_some() && self.part.high - self.part.low + 1 >= TELLING
    }

    /// From an expression to the signal that gives its bits.
    fn expr(&self, id: ExprId) -> Next {
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
            ExprKind::Binary(BinaryOp::And, a, b) => self.and(id, *a, *b),
            ExprKind::Binary(BinaryOp::Or, a, b) => self.or(id, *a, *b),
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
        let module = self.values.scopes[self.part.scope].module;
        let takes = self.values.holds(self.part.scope, condition, self.part.cycle);
        let (taken, left) = if takes { (then, other) } else { (other, then) };
        let wrong = self.part.expected.is_some() && !self.is_right(taken);
        let literal = matches!(module.expr(taken).kind, ExprKind::Literal(_));
        if wrong && (literal || self.is_telling()) && (literal || self.is_right(left)) {
            return chosen(self.condition(condition));
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

    /// `a & b`: where one side only lets the other through, on to that; where it should not have
    /// hidden the other, or should have, on to it.
    fn and(&self, id: ExprId, a: ExprId, b: ExprId) -> Next {
        let (Some(left), Some(right)) = (self.value(a), self.value(b)) else {
            return self.computed(id);
        };
        if self.part.expected.is_some() {
            // One side is right, so the other hides what it should not.
            for (right_one, mask) in [(a, b), (b, a)] {
                if self.is_right(right_one) && !self.is_right(mask) {
                    let expected = Some(complement(&Bits::zero(left.width())));
                    return chosen(self.at(Part { expected, ..self.part.clone() }).expr(mask));
                }
            }
        }
        match (is_ones(&left), is_ones(&right)) {
            (true, false) => self.expr(b),
            (false, true) => self.expr(a),
            (true, true) => self.computed(id),
            (false, false) => match (left.is_zero(), right.is_zero()) {
                (true, false) => self.expr(a),
                (false, true) => self.expr(b),
                _ => self.computed(id),
            },
        }
    }

    /// `a | b`: on to the side that gives the value; if none does, to one that hides the right value.
    fn or(&self, id: ExprId, a: ExprId, b: ExprId) -> Next {
        let (Some(left), Some(right)) = (self.value(a), self.value(b)) else {
            return self.computed(id);
        };
        match (left.is_zero(), right.is_zero()) {
            (false, true) => self.unless_hidden(a, b),
            (true, false) => self.unless_hidden(b, a),
            (true, true) if self.hides(a) => self.expr(a),
            (true, true) if self.hides(b) => self.expr(b),
            (true, true) => self.computed(id),
            (false, false) => self.joined(id, (a, &left), (b, &right)),
        }
    }

    /// On to `giver`, if it should give anything at all; else the `silent` side hides the right value.
    fn unless_hidden(&self, giver: ExprId, silent: ExprId) -> Next {
        if self.is_telling() && self.hides(silent) {
            let expected = Some(Bits::zero(self.part.high - self.part.low + 1));
            // The right value was there; that another took its place is one mistake with two halves.
            let giver_part = self.at(Part { expected, ..self.part.clone() });
            return match self.expr(silent) {
                end @ Next::End(..) => match giver_part.expr(giver) {
                    Next::End(..) => end,
                    next => next,
                },
                next => next,
            };
        }
        self.expr(giver)
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
        let module = self.values.scopes[self.part.scope].module;
        match &module.expr(id).kind {
            ExprKind::Binary(BinaryOp::And, a, b) => self.is_right(*a) || self.is_right(*b),
            ExprKind::Binary(BinaryOp::Or, a, b) => self.hides(*a) || self.hides(*b),
            ExprKind::Mux { then, other, .. } => self.is_right(*then) || self.is_right(*other),
            _ => false,
        }
    }

    /// The end: here it is computed.
    fn computed(&self, id: ExprId) -> Next {
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
}

/// What was passed on was kept first.
fn stored(next: Next) -> Next {
    with(next, Action::Stored)
}

/// What was passed on is the condition of a choice.
fn chosen(next: Next) -> Next {
    with(next, Action::Chosen)
}

fn with(next: Next, action: Action) -> Next {
    match next {
        Next::Signal(part, id, Action::Passed) => Next::Signal(part, id, action),
        other => other,
    }
}

fn complement(bits: &Bits) -> Bits {
    let words: Vec<u64> = bits.words().iter().map(|word| !word).collect();
    Bits::from_words(bits.width(), &words)
}

fn is_ones(bits: &Bits) -> bool {
    complement(bits).is_zero()
}

/// Whether all bits of `a` are in `b`.
fn is_within(a: &Bits, b: &Bits) -> bool {
    a.words().iter().zip(b.words()).all(|(a, b)| a & !b == 0)
}

/// The bit that all bits are like.
fn same_bits(bits: &Bits) -> Option<Bits> {
    let all = if bits.is_zero() { Some(0) } else { is_ones(bits).then_some(1) };
    all.map(|bit| Bits::new(1, bit))
}

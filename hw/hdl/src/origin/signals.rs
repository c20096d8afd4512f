//! From a signal to what drives it.

use super::Action;
use super::assignment::{self, Candidate};
use super::part::{Next, Part, Way};
use super::scopes::Driver;
use crate::Bits;
use crate::ir::{ExprId, ExprKind, Location, MemoryId, SignalId, SignalKind, Statement};

impl Way<'_> {
    /// From a signal to what drives it; with the place of that.
    pub fn signal(&self, id: SignalId) -> (Location, Next) {
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

    fn candidates(&self, body: &[Statement], target: SignalId, cycle: u64) -> Vec<Candidate> {
        assignment::candidates(self.values, self.part.scope, body, target, cycle)
    }

    /// From a register to what it was given last.
    fn register(&self, id: SignalId, body: &[Statement]) -> (Location, Next) {
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
                return (all[chosen].location, next.with(Action::Stored));
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
            Some(guard) => self.condition(guard.on).with(Action::Chosen),
            None => self.expr(candidate.value),
        }
    }

    /// On to a condition whose value was wrong.
    pub fn condition(&self, id: ExprId) -> Next {
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
    pub fn word(&self, memory: MemoryId, address: ExprId) -> Option<Next> {
        let Part { scope, cycle, low, .. } = self.part;
        let address = self.values.expr(scope, address, cycle)?;
        let written = self.values.last_write(scope, memory, (&address, low), cycle)?;
        let part = Part { cycle: written.cycle, ..self.part.clone() };
        Some(match self.at(part).expr(written.write.data) {
            Next::End(_, action @ Action::Constant) => Next::End(written.write.location, action),
            next => next.with(Action::Stored),
        })
    }
}

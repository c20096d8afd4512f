//! From a signal to what drives it.

use super::Action;
use super::assignment::{self, Candidate};
use super::part::{Next, Part, Way};
use super::scopes::Driver;
use crate::Bits;
use crate::ir::{ExprId, Location, MemoryId, SignalId, SignalKind, Statement};

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
        if let Some(next) = self.awaited_by(body, id) {
            return next;
        }
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

    /// From a register that should have been given its right value by now to the condition of that.
    fn awaited_by(&self, body: &[Statement], id: SignalId) -> Option<(Location, Next)> {
        let cycle = self.part.cycle.checked_sub(1).filter(|_| self.awaited)?;
        self.part.expected.as_ref()?;
        let before = self.at(Part { cycle, ..self.part.clone() });
        let all = self.candidates(body, id, cycle);
        let would = |one: &Candidate| !one.happens() && before.is_right(one.value);
        let only = all.first().filter(|first| all.len() == 1 && !first.happens());
        // What goes on step by step is more usual than what sets it at once, such as a flush.
        let steps = |one: &&Candidate| would(one) && before.constants(one.value).is_none();
        let missed = all.iter().rfind(steps).or_else(|| all.iter().rfind(|one| would(one)));
        let missed = missed.or(only)?;
        Some((missed.location, before.blame(missed, false)))
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
        if wrong && let Some(missed) = self.missed_constant(all) {
            return self.blame(missed, false);
        }
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
        if self.is_wrong_constant(winner.value) {
            if let Some(other) = self.missed_value(all) {
                return self.blame(other, false);
            }
            if !winner.guards.is_empty() {
                return self.blame(winner, true);
            }
        }
        self.expr(winner.value)
    }

    /// The only assignment that did not happen and would have given the right constant.
    fn missed_constant<'b>(&self, all: &'b [Candidate]) -> Option<&'b Candidate> {
        only(all, |one| self.is_right(one.value) && self.constants(one.value).is_some())
    }

    /// The only assignment that did not happen and is not that of a wrong constant.
    fn missed_value<'b>(&self, all: &'b [Candidate]) -> Option<&'b Candidate> {
        only(all, |one| self.part.expected.is_some() && !self.is_wrong_constant(one.value))
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

/// The only assignment that did not happen and is like this.
fn only(all: &[Candidate], like: impl Fn(&Candidate) -> bool) -> Option<&Candidate> {
    let mut missed = all.iter().filter(|one| !one.happens() && like(one));
    missed.next().filter(|_| missed.next().is_none())
}

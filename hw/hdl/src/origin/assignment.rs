//! Which of the assignments in a block decides.

use super::values::Values;
use crate::ir::{ExprId, Location, MemoryId, SignalId, Statement};

/// A condition on the way to an assignment.
#[derive(Clone, Copy)]
pub(super) struct Guard {
    /// The condition, or what a `switch` looks at.
    pub on: ExprId,
    /// It lets the assignment happen.
    pub holds: bool,
}

/// An assignment to a signal.
pub(super) struct Candidate {
    /// The value.
    pub value: ExprId,
    /// Where.
    pub location: Location,
    /// Conditions around it, outer ones first.
    pub guards: Vec<Guard>,
}

impl Candidate {
    /// All its conditions hold.
    pub fn happens(&self) -> bool {
        self.guards.iter().all(|guard| guard.holds)
    }
}

/// A write to a memory that happens.
pub(super) struct Write {
    /// Word address.
    pub address: ExprId,
    /// Word.
    pub data: ExprId,
    /// A bit for each byte that is written, if not all are.
    pub byte_enable: Option<ExprId>,
    /// Where.
    pub location: Location,
}

/// Every assignment to `target` in a block, in order; of those that happen in the cycle the last one
/// decides.
pub(super) fn candidates(
    values: &Values,
    scope: usize,
    body: &[Statement],
    target: SignalId,
    cycle: u64,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut walk = Walk { values, scope, cycle };
    walk.body(body, &mut Vec::new(), &mut |statement, guards| {
        if let Statement::Set { target: of, value, location } = statement
            && *of == target
        {
            found.push(Candidate { value: *value, location: *location, guards: guards.to_vec() });
        }
    });
    found
}

/// The writes to a memory that happen in a cycle, in order.
pub(super) fn writes(
    values: &Values,
    scope: usize,
    body: &[Statement],
    memory: MemoryId,
    cycle: u64,
) -> Vec<Write> {
    let mut found = Vec::new();
    let mut walk = Walk { values, scope, cycle };
    walk.body(body, &mut Vec::new(), &mut |statement, guards| {
        if let Statement::Write { memory: of, address, data, byte_enable, location } = statement
            && *of == memory
            && guards.iter().all(|guard| guard.holds)
        {
            let (address, data, location) = (*address, *data, *location);
            found.push(Write { address, data, byte_enable: *byte_enable, location });
        }
    });
    found
}

/// Goes through a block with the conditions around each statement.
struct Walk<'a> {
    values: &'a Values<'a>,
    scope: usize,
    cycle: u64,
}

impl Walk<'_> {
    fn body(
        &mut self,
        body: &[Statement],
        guards: &mut Vec<Guard>,
        visit: &mut dyn FnMut(&Statement, &[Guard]),
    ) {
        for statement in body {
            match statement {
                Statement::Set { .. } | Statement::Write { .. } => visit(statement, guards),
                Statement::If { arms, otherwise, .. } => {
                    let outside = guards.len();
                    for (condition, body) in arms {
                        let holds = self.values.holds(self.scope, *condition, self.cycle);
                        guards.push(Guard { on: *condition, holds });
                        self.body(body, guards, visit);
                        guards.pop();
                        guards.push(Guard { on: *condition, holds: !holds });
                    }
                    self.body(otherwise, guards, visit);
                    guards.truncate(outside);
                }
                Statement::Switch { on, arms, default, .. } => {
                    self.switch(*on, arms, default, guards, visit);
                }
            }
        }
    }

    fn switch(
        &mut self,
        on: ExprId,
        arms: &[(Vec<ExprId>, Vec<Statement>)],
        default: &[Statement],
        guards: &mut Vec<Guard>,
        visit: &mut dyn FnMut(&Statement, &[Guard]),
    ) {
        let value = |id| self.values.expr(self.scope, id, self.cycle);
        let chosen = value(on);
        let matches = |labels: &[ExprId]| {
            chosen.is_some() && labels.iter().any(|&label| value(label) == chosen)
        };
        let first = arms.iter().position(|(labels, _)| matches(labels));
        for (index, (_, body)) in arms.iter().enumerate() {
            guards.push(Guard { on, holds: first == Some(index) });
            self.body(body, guards, visit);
            guards.pop();
        }
        guards.push(Guard { on, holds: first.is_none() });
        self.body(default, guards, visit);
        guards.pop();
    }
}

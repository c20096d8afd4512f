//! How values flow through one `m.comb` block, statement by statement.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::ir::{ExprId, Location, Module, SignalId, Statement};
use crate::walk::{self, Reads};

/// What a target's value depends on at one point of the block.
#[derive(Clone, Default, Debug)]
struct Value {
    depends: BTreeSet<SignalId>,
    /// Whether every path to this point has set it.
    always_set: bool,
}

/// What a block does to its targets.
#[derive(Default, Debug)]
pub(super) struct Flow {
    /// For each target, the signals outside the block on which its value depends.
    pub depends: BTreeMap<SignalId, BTreeSet<SignalId>>,
    /// Targets that some path leaves without a value.
    pub latches: Vec<SignalId>,
    /// Targets read before every path had set them, with the reading statement.
    pub early_reads: Vec<(SignalId, Location)>,
    /// Where each target is set first.
    pub first_set: BTreeMap<SignalId, Location>,
}

/// Follows a `m.comb` block.
pub(super) fn of_comb(module: &Module, body: &[Statement]) -> Flow {
    let mut flow = Flow::default();
    walk::statements(body, &mut |statement| {
        if let Statement::Set { target, location, .. } = statement {
            flow.first_set.entry(*target).or_insert(*location);
        }
    });
    let targets = flow.first_set.keys().copied().collect();
    let mut walker = Walker { module, targets, flow: &mut flow };
    let end = walker.run(body, State::new(), &BTreeSet::new());
    for (target, value) in end {
        if !value.always_set {
            flow.latches.push(target);
        }
        flow.depends.insert(target, value.depends);
    }
    flow
}

type State = BTreeMap<SignalId, Value>;

struct Walker<'a> {
    module: &'a Module,
    targets: HashSet<SignalId>,
    flow: &'a mut Flow,
}

impl Walker<'_> {
    /// The state after `body`, which runs under `conditions`.
    fn run(
        &mut self,
        body: &[Statement],
        mut state: State,
        conditions: &BTreeSet<SignalId>,
    ) -> State {
        for statement in body {
            state = match statement {
                Statement::Set { target, value, location } => {
                    let mut depends = self.depends(*value, &state, *location);
                    depends.extend(conditions);
                    state.insert(*target, Value { depends, always_set: true });
                    state
                }
                Statement::Write { .. } => state,
                Statement::If { arms, otherwise, location } => {
                    let mut conditions = conditions.clone();
                    let mut ends = Vec::new();
                    for (condition, body) in arms {
                        conditions.extend(self.depends(*condition, &state, *location));
                        ends.push(self.run(body, state.clone(), &conditions));
                    }
                    ends.push(self.run(otherwise, state, &conditions));
                    join(ends)
                }
                Statement::Switch { on, arms, default, location } => {
                    let mut conditions = conditions.clone();
                    conditions.extend(self.depends(*on, &state, *location));
                    let bodies = arms.iter().map(|(_, body)| body);
                    let mut ends: Vec<State> =
                        bodies.map(|body| self.run(body, state.clone(), &conditions)).collect();
                    if !default.is_empty() || !self.is_full(*on, arms) {
                        ends.push(self.run(default, state, &conditions));
                    }
                    join(ends)
                }
            };
        }
        state
    }

    /// Whether the labels cover every value.
    fn is_full(&self, on: ExprId, arms: &[(Vec<ExprId>, Vec<Statement>)]) -> bool {
        let labels: usize = arms.iter().map(|(labels, _)| labels.len()).sum();
        1usize.checked_shl(self.module.expr(on).ty.width()) == Some(labels)
    }

    /// The signals outside the block on which an expression depends at this point.
    fn depends(&mut self, expr: ExprId, state: &State, location: Location) -> BTreeSet<SignalId> {
        let mut reads = Reads::new(self.module);
        reads.add(expr);
        let mut depends = BTreeSet::new();
        for signal in reads.signals {
            match state.get(&signal) {
                Some(value) => depends.extend(&value.depends),
                None if !self.targets.contains(&signal) => {
                    depends.insert(signal);
                }
                None => {}
            }
            let set = state.get(&signal).is_some_and(|value| value.always_set);
            if self.targets.contains(&signal) && !set {
                self.flow.early_reads.push((signal, location));
            }
        }
        depends
    }
}

/// The state where several paths meet.
fn join(ends: Vec<State>) -> State {
    let paths = ends.len();
    let mut joined: BTreeMap<SignalId, (usize, Value)> = BTreeMap::new();
    for (signal, value) in ends.into_iter().flatten() {
        let (seen, all) = joined
            .entry(signal)
            .or_insert((0, Value { depends: BTreeSet::new(), always_set: true }));
        *seen += 1;
        all.depends.extend(value.depends);
        all.always_set &= value.always_set;
    }
    let meet = |(signal, (seen, mut value)): (SignalId, (usize, Value))| {
        value.always_set &= seen == paths;
        (signal, value)
    };
    joined.into_iter().map(meet).collect()
}

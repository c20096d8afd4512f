//! The way back, step by step.

use std::collections::HashSet;

use super::part::{Next, Part, Way};
use super::values::Values;
use super::{Action, Expected, Question, Step};
use crate::ir::SignalId;

/// Steps after which the search is given up.
const STEPS: usize = 10_000;

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
    let mut awaited = HashSet::new();
    let (right, prefer, waits) = (question.right, question.prefer, question.awaited);
    for _ in 0..STEPS {
        // What waits for itself would be followed for ever.
        if waits && !awaited.insert((part.scope, id, part.low)) {
            break;
        }
        let way = Way { values, right, prefer, awaited: waits, part: part.clone() };
        let (location, next) = way.signal(id);
        let module = values.scopes[part.scope].module;
        let mut step = Step {
            signal: values.scopes[part.scope].full_name(&module.signal(id).name),
            cycle: part.cycle,
            value: values.signal(part.scope, id, part.cycle),
            part: (part.high, part.low),
            location,
            action: Action::Unknown,
        };
        match next {
            Next::Signal(from, signal, action) => {
                step.action = action;
                add(&mut steps, step);
                (part, id) = (from, signal);
            }
            Next::End(location, action) => {
                (step.location, step.action) = (location, action);
                add(&mut steps, step);
                break;
            }
        }
    }
    steps
}

/// Adds a step. What a signal did while it kept its value is left out.
fn add(steps: &mut Vec<Step>, step: Step) {
    let same = |before: &Step| before.signal == step.signal && before.value == step.value;
    if let Some(first) = steps.iter().position(same) {
        steps.truncate(first);
    }
    steps.push(step);
}

fn find(values: &Values, name: &str) -> Option<(usize, SignalId)> {
    let (path, name) = name.rsplit_once('.').unwrap_or(("", name));
    let scope = values.scopes.iter().position(|scope| scope.path == path)?;
    Some((scope, values.scopes[scope].find(name)?))
}

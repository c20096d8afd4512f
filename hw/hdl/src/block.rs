//! Statements inside `m.clocked` and `m.comb`: `when` and `switch`.

use std::collections::HashMap;

use crate::Bits;
use crate::arena::{here, statements, with};
use crate::ir::{ExprId, Location, Statement, Ty};
use crate::signal::{Operand, Signal};

/// A `when` that may go on with [`or_when`](When::or_when) and [`otherwise`](When::otherwise).
#[derive(Debug)]
pub struct When {
    /// Nesting depth and index of its statement; `None` outside a block.
    place: Option<(usize, usize)>,
}

/// Runs the statements of `body` when `condition` (one bit) is 1.
#[track_caller]
pub fn when(condition: Signal, body: impl FnOnce()) -> When {
    let location = here();
    let condition = with(|a| {
        if a.block.is_none() && a.frames.is_empty() {
            a.error(location, "`when` stands outside a block; use `m.clocked` or `m.comb`");
        }
        a.condition(condition, "the condition of `when`", location)
    });
    let body = statements(body);
    with(|a| {
        let arms = vec![(condition, body)];
        a.statement(Statement::If { arms, otherwise: Vec::new(), location });
        let place = a.frames.last().map(|frame| (a.frames.len(), frame.len().wrapping_sub(1)));
        When { place: place.filter(|_| a.block.is_some()) }
    })
}

impl When {
    /// Runs the statements of `body` when no condition before held and this one does.
    #[track_caller]
    pub fn or_when(self, condition: Signal, body: impl FnOnce()) -> When {
        let location = here();
        let condition = with(|a| a.condition(condition, "the condition of `or_when`", location));
        let body = statements(body);
        self.extend(location, |arms, _| arms.push((condition, body)));
        self
    }

    /// Runs the statements of `body` when no condition held.
    #[track_caller]
    pub fn otherwise(self, body: impl FnOnce()) {
        let location = here();
        let body = statements(body);
        self.extend(location, |_, otherwise| *otherwise = body);
    }

    fn extend(
        &self,
        location: Location,
        change: impl FnOnce(&mut Vec<(ExprId, Vec<Statement>)>, &mut Vec<Statement>),
    ) {
        let Some((depth, index)) = self.place else { return };
        with(|a| {
            let here = a.frames.len() == depth;
            let last = a.frames.last_mut().filter(|frame| here && frame.len() == index + 1);
            match last.and_then(|frame| frame.last_mut()) {
                Some(Statement::If { arms, otherwise, .. }) => change(arms, otherwise),
                _ => a.error(location, "`or_when` and `otherwise` must follow their `when`"),
            }
        });
    }
}

/// The arms of a `switch`.
#[derive(Debug)]
pub struct Switch {
    ty: Ty,
    arms: Vec<(Vec<ExprId>, Vec<Statement>)>,
    default: Option<Vec<Statement>>,
    seen: HashMap<Bits, Location>,
}

/// Chooses among statements by the value of `on`.
#[track_caller]
pub fn switch(on: Signal, build: impl FnOnce(&mut Switch)) {
    let location = here();
    let mut switch = Switch { ty: on.ty, arms: Vec::new(), default: None, seen: HashMap::new() };
    let on = with(|a| {
        if a.block.is_none() && a.frames.is_empty() {
            a.error(location, "`switch` stands outside a block; use `m.clocked` or `m.comb`");
        }
        a.own(on, location)
    });
    // The frame takes stray statements between the arms, which belong to none.
    let stray = statements(|| build(&mut switch));
    with(|a| {
        if !stray.is_empty() {
            a.error(location, "statements of a `switch` stand in `case`, `cases` or `default`");
        }
        let (arms, default) = (switch.arms, switch.default.unwrap_or_default());
        a.statement(Statement::Switch { on, arms, default, location });
    });
}

impl Switch {
    /// Statements for one value: an integer or a constant.
    #[track_caller]
    pub fn case(&mut self, label: impl Into<Operand>, body: impl FnOnce()) {
        let label = self.label(label.into(), here());
        self.arms.push((vec![label], statements(body)));
    }

    /// Statements for any of several values.
    #[track_caller]
    pub fn cases<L: Into<Operand> + Copy>(&mut self, labels: &[L], body: impl FnOnce()) {
        let location = here();
        let labels: Vec<_> =
            labels.iter().map(|&label| self.label(label.into(), location)).collect();
        if labels.is_empty() {
            with(|a| a.error(location, "`cases` needs at least one label"));
        }
        self.arms.push((labels, statements(body)));
    }

    /// Statements for all other values.
    #[track_caller]
    pub fn default(&mut self, body: impl FnOnce()) {
        let location = here();
        if self.default.replace(statements(body)).is_some() {
            with(|a| a.error(location, "this `switch` has a second `default`"));
        }
    }

    fn label(&mut self, label: Operand, location: Location) -> ExprId {
        with(|a| {
            let expr = a.operand(label, self.ty, location);
            let given = a.ty(expr);
            let Some(value) = a.module.constant(expr).cloned() else {
                let given = a.describe(expr);
                a.error(location, format!("a `switch` label must be constant: {given}"));
                return expr;
            };
            if given != self.ty {
                let message =
                    format!("`switch` on {} has this label: {}", self.ty, a.describe(expr));
                a.error(location, message);
            } else if let Some(first) = self.seen.insert(value, location) {
                a.error(location, format!("this `switch` label is already handled at {first}"));
            }
            expr
        })
    }
}

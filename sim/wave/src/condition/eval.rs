//! Whether a condition holds.

use std::cmp::Ordering;

use super::{Comparison, Condition, Event, Expression, Operand};
use crate::bits::Bits;
use crate::error::Result;
use crate::hierarchy::SignalRef;
use crate::value::Value;
use crate::wave::Wave;

/// A condition on the signals of a wave.
pub struct Bound {
    expression: Expression,
    /// Names in the condition, and their signals.
    names: Vec<(String, SignalRef)>,
    /// Series of each signal, with its value now and before this time.
    states: Vec<State>,
}

struct State {
    series: u32,
    now: Value,
    before: Value,
    /// Whether there can have been a value before.
    known: bool,
}

impl Bound {
    /// Looks up all names.
    ///
    /// # Errors
    /// A name that the wave has not.
    pub fn new(condition: &Condition, wave: &Wave) -> Result<Self> {
        let mut names = Vec::new();
        collect(&condition.expression, &mut names);
        // In the order in which they stand there, each once.
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let names: Vec<(String, SignalRef)> = names
            .into_iter()
            .map(|name| wave.find(&name).map(|signal| (name, signal)))
            .collect::<Result<_>>()?;
        let state = |&(_, signal): &(String, SignalRef)| {
            let undefined = wave.kind(signal).undefined();
            let series = wave.series(signal);
            State { series, now: undefined.clone(), before: undefined, known: false }
        };
        let states = names.iter().map(state).collect();
        Ok(Self { expression: condition.expression.clone(), names, states })
    }

    /// The signals of the condition.
    pub fn signals(&self) -> Vec<SignalRef> {
        self.names.iter().map(|(_, signal)| *signal).collect()
    }

    /// Values of these signals now.
    pub fn values(&self) -> Vec<Value> {
        self.states.iter().map(|state| state.now.clone()).collect()
    }

    /// Takes a change of a series at the present time.
    pub fn change(&mut self, series: u32, value: &Value) {
        for state in self.states.iter_mut().filter(|state| state.series == series) {
            state.now = value.clone();
        }
    }

    /// The wave has begun before the present time: a first value that comes now is a change.
    pub fn begun(&mut self) {
        self.states.iter_mut().for_each(|state| state.known = true);
    }

    /// Goes on to another time: what is now is what was before.
    pub fn step(&mut self) {
        for state in &mut self.states {
            state.before = state.now.clone();
        }
        self.begun();
    }

    /// Whether it became true at the present time: it is true, and was not just before. Events
    /// are true only at their time.
    pub fn became_true(&self) -> bool {
        self.holds(true) && !self.holds(false)
    }

    /// Whether it is true, now with events or as it was just before.
    pub fn holds(&self, now: bool) -> bool {
        self.truth(&self.expression, now) == Some(true)
    }

    fn truth(&self, expression: &Expression, now: bool) -> Option<bool> {
        match expression {
            Expression::Or(a, b) => match (self.truth(a, now), self.truth(b, now)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Expression::And(a, b) => match (self.truth(a, now), self.truth(b, now)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Expression::Not(inner) => self.truth(inner, now).map(|truth| !truth),
            Expression::True(name) => self
                .compare(&Operand::Signal(name.clone()), &Operand::Number(0), now)
                .map(Ordering::is_ne),
            Expression::Compare(comparison, a, b) => {
                self.compare(a, b, now).map(|order| comparison.holds(order))
            }
            Expression::Event(event, name) => Some(now && self.happened(*event, name)),
        }
    }

    fn happened(&self, event: Event, name: &str) -> bool {
        let Some(state) = self.state(name) else { return false };
        // The values with which a wave begins are no changes.
        if !state.known || state.now == state.before {
            return false;
        }
        let order = match (&state.before, &state.now) {
            (Value::Bits(before), Value::Bits(now)) if before.is_known() => now.compare(before),
            // From x, which is neither: one bit rises to 1 and falls to 0.
            (Value::Bits(_), Value::Bits(now)) => match now.to_u128() {
                Some(0) => Some(Ordering::Less),
                Some(_) => Some(Ordering::Greater),
                None => None,
            },
            (Value::Real(before), Value::Real(now)) => now.partial_cmp(before),
            _ => None,
        };
        match event {
            Event::Changed => true,
            Event::Rose => order == Some(Ordering::Greater),
            Event::Fell => order == Some(Ordering::Less),
        }
    }

    fn compare(&self, a: &Operand, b: &Operand, now: bool) -> Option<Ordering> {
        match (self.value(a, now)?, self.value(b, now)?) {
            (Value::Bits(a), Value::Bits(b)) => a.compare(&b),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(&b)),
            (a, b) => number(&a)?.partial_cmp(&number(&b)?),
        }
    }

    fn value(&self, operand: &Operand, now: bool) -> Option<Value> {
        match operand {
            Operand::Number(number) => Some(Value::Bits(Bits::from_u128(128, *number))),
            Operand::Text(text) => Some(Value::Text(text.clone())),
            Operand::Signal(name) => {
                let state = self.state(name)?;
                Some(if now { state.now.clone() } else { state.before.clone() })
            }
        }
    }

    fn state(&self, name: &str) -> Option<&State> {
        let index = self.names.iter().position(|(each, _)| each == name)?;
        self.states.get(index)
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// A value as a real number; a text is none.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bits(bits) => bits.to_u128().map(|number| number as f64),
        Value::Real(number) => Some(*number),
        Value::Text(_) => None,
    }
}

fn collect(expression: &Expression, names: &mut Vec<String>) {
    let mut operand = |operand: &Operand| {
        if let Operand::Signal(name) = operand {
            names.push(name.clone());
        }
    };
    match expression {
        Expression::Or(a, b) | Expression::And(a, b) => {
            collect(a, names);
            collect(b, names);
        }
        Expression::Not(inner) => collect(inner, names),
        Expression::Compare(_, a, b) => {
            operand(a);
            operand(b);
        }
        Expression::True(name) | Expression::Event(_, name) => names.push(name.clone()),
    }
}

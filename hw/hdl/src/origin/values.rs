//! Values of signals and expressions in a cycle: recorded ones, and what follows from them.

use std::cell::RefCell;
use std::collections::HashMap;

use super::History;
use super::assignment::{self, Write};
use super::scopes::{Driver, Scope};
use crate::Bits;
use crate::interpreter::evaluate;
use crate::ir::{ExprId, ExprKind, MemoryId, SignalId, SignalKind};
use crate::walk;

/// Signals that were not recorded are computed from others, through at most so many.
const DEPTH: u32 = 200;

/// Looks values up.
pub(super) struct Values<'a> {
    pub scopes: &'a [Scope<'a>],
    history: &'a dyn History,
    known: RefCell<HashMap<(usize, ExprId, u64), Option<Bits>>>,
}

/// A write to a memory that happened.
pub(super) struct Written {
    /// In which cycle.
    pub cycle: u64,
    /// The write.
    pub write: Write,
}

impl<'a> Values<'a> {
    pub fn new(scopes: &'a [Scope<'a>], history: &'a dyn History) -> Self {
        Self { scopes, history, known: RefCell::default() }
    }

    /// The value of a signal in a cycle; `None` where it is not known.
    pub fn signal(&self, scope: usize, id: SignalId, cycle: u64) -> Option<Bits> {
        self.signal_within(scope, id, cycle, DEPTH)
    }

    /// The value of an expression in a cycle.
    pub fn expr(&self, scope: usize, id: ExprId, cycle: u64) -> Option<Bits> {
        self.expr_within(scope, id, cycle, DEPTH)
    }

    /// Whether a condition holds in a cycle; one that is not known does not.
    pub fn holds(&self, scope: usize, id: ExprId, cycle: u64) -> bool {
        self.expr(scope, id, cycle).is_some_and(|value| !value.is_zero())
    }

    /// Whether the reset is active in a cycle.
    pub fn in_reset(&self, cycle: u64) -> bool {
        self.history.value("rst", cycle).is_some_and(|value| !value.is_zero())
    }

    /// The last write to bit `bit` of a word of a memory in a cycle before `before`.
    pub fn last_write(
        &self,
        scope: usize,
        memory: MemoryId,
        (address, bit): (&Bits, u32),
        before: u64,
    ) -> Option<Written> {
        let writers: Vec<_> = self.scopes[scope].writers(memory).collect();
        (0..before).rev().find_map(|cycle| {
            let writes = writers
                .iter()
                .flat_map(|body| assignment::writes(self, scope, body, memory, cycle));
            let here = |write: &Write| {
                let enabled = write.byte_enable.is_none_or(|enable| {
                    self.expr(scope, enable, cycle).is_some_and(|lanes| lanes.bit(bit / 8))
                });
                let place = self.expr(scope, write.address, cycle);
                enabled && place.is_some_and(|place| place.to_u64() == address.to_u64())
            };
            let write = writes.filter(here).last()?;
            Some(Written { cycle, write })
        })
    }

    fn signal_within(&self, scope: usize, id: SignalId, cycle: u64, depth: u32) -> Option<Bits> {
        let own = &self.scopes[scope];
        let signal = own.module.signal(id);
        if let SignalKind::Constant(value) = &signal.kind {
            return Some(value.clone());
        }
        let recorded = self.history.value(&own.full_name(&signal.name), cycle);
        if recorded.is_some() || depth == 0 {
            return recorded;
        }
        if let Some((parent, value)) = own.connection(self.scopes, id)
            && own.is_input(id)
        {
            return self.expr_within(parent, value, cycle, depth - 1);
        }
        match own.driver(id)? {
            Driver::Assign(value, _) => self.expr_within(scope, value, cycle, depth - 1),
            Driver::Instance(number, port) => {
                let child = own.children[number];
                let id = self.scopes[child].find(port)?;
                self.signal_within(child, id, cycle, depth - 1)
            }
            Driver::Comb(_) | Driver::Clocked(_) | Driver::Read(..) => None,
        }
    }

    fn expr_within(&self, scope: usize, id: ExprId, cycle: u64, depth: u32) -> Option<Bits> {
        let key = (scope, id, cycle);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let value = self.compute(scope, id, cycle, depth);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    fn compute(&self, scope: usize, id: ExprId, cycle: u64, depth: u32) -> Option<Bits> {
        let module = self.scopes[scope].module;
        match &module.expr(id).kind {
            ExprKind::Literal(value) => Some(value.clone()),
            ExprKind::Signal(signal) => self.signal_within(scope, *signal, cycle, depth),
            ExprKind::MemoryRead(memory, address) => {
                let address = self.expr_within(scope, *address, cycle, depth)?;
                let written = self.last_write(scope, *memory, (&address, 0), cycle)?;
                self.expr(scope, written.write.data, written.cycle)
            }
            kind => {
                let mut operands = Vec::new();
                walk::operands(kind, &mut |operand| operands.push(operand));
                let value =
                    |operand| Some((operand, self.expr_within(scope, operand, cycle, depth)?));
                let operands: Option<Vec<_>> = operands.into_iter().map(value).collect();
                Some(evaluate::node(module, id, &operands?))
            }
        }
    }
}

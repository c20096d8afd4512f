//! Compilation of the flattened, levelised design into programs of [`Op`]s.

use std::collections::HashMap;

use super::expressions::Expressions;
use super::flatten::{Driver, Flat, NetId, NetKind, ScopeId, reachable};
use super::ops::{Op, Slot};
use super::schedule::{relevant_exprs, touches};
use super::wide::words;
use crate::{Bits, ir, walk};

/// The programs of a design and the layout of its values.
pub(super) struct Program {
    /// Initial values.
    pub values: Vec<u64>,
    /// Words of state: current values in `0..state`, next ones in `state..2 * state`.
    pub state: usize,
    /// Slot of each net's (current) value.
    pub slots: Vec<Slot>,
    /// Computes all combinational nets.
    pub settle: Vec<Op>,
    /// Computes what only the clock edge needs.
    pub before_edge: Vec<Op>,
    /// Computes the next state and writes memories.
    pub edge: Vec<Op>,
    /// Overrides the next state in reset.
    pub reset: Vec<Op>,
    /// Properties.
    pub properties: Vec<Property>,
}

/// One property of one instance.
pub(super) struct Property {
    /// Hierarchical name.
    pub name: String,
    /// What it means.
    pub kind: ir::PropertyKind,
    /// Where its one-bit value is.
    pub condition: Slot,
    /// Where it was written.
    pub location: ir::Location,
}

/// Compiles the design; `order` is the order of its drivers.
pub(super) fn compile(flat: &Flat, order: &[usize]) -> Program {
    let mut compiler = Compiler::new(flat);
    for &driver in order {
        compiler.driver(&flat.drivers[driver]);
    }
    let settle = compiler.take_ops();
    let blocks = compiler.clocked_expressions();
    let properties = compiler.properties();
    let before_edge = compiler.take_ops();
    compiler.sync_reads();
    for (scope, item) in blocks {
        if let ir::Item::Clocked(statements, _) = &flat.scopes[scope].module.items[item] {
            compiler.statements(scope, statements, &Mode::Clocked);
        }
    }
    let edge = compiler.take_ops();
    compiler.resets();
    let reset = compiler.take_ops();
    Program {
        values: compiler.values.words,
        state: compiler.state,
        slots: compiler.slots,
        settle,
        before_edge,
        edge,
        reset,
        properties,
    }
}

/// The growing vector of values.
#[derive(Default)]
pub(super) struct Values {
    words: Vec<u64>,
    constants: HashMap<Bits, Slot>,
}

impl Values {
    /// Space for a value of `width` bits, 0 at first.
    pub fn allocate(&mut self, width: u32) -> Slot {
        let slot = self.words.len() as Slot;
        self.words.resize(self.words.len() + words(width), 0);
        slot
    }

    /// The words of all values.
    pub fn into_words(self) -> Vec<u64> {
        self.words
    }

    /// A slot that holds `value`.
    pub fn constant(&mut self, value: &Bits) -> Slot {
        if let Some(&slot) = self.constants.get(value) {
            return slot;
        }
        let slot = self.words.len() as Slot;
        self.words.extend_from_slice(value.words());
        self.constants.insert(value.clone(), slot);
        slot
    }
}

/// How statements are compiled.
enum Mode<'a> {
    /// Into next-state slots.
    Clocked,
    /// Only what decides these targets; expressions are computed before.
    Comb(&'a [ir::SignalId]),
    /// Like `Comb`, but these expressions read a target and are computed where they are used.
    CombInOrder(&'a [ir::SignalId], Vec<ir::ExprId>),
}

struct Compiler<'a> {
    flat: &'a Flat,
    values: Values,
    state: usize,
    slots: Vec<Slot>,
    expressions: Vec<Expressions>,
    ops: Vec<Op>,
}

impl<'a> Compiler<'a> {
    fn new(flat: &'a Flat) -> Self {
        let mut values = Values::default();
        let mut slots = vec![0; flat.nets.len()];
        let is_state = |net: NetId| matches!(flat.nets[net].kind, NetKind::State(_));
        for net in (0..slots.len()).filter(|&net| is_state(net)) {
            slots[net] = values.allocate(flat.nets[net].width);
        }
        let state = values.words.len();
        values.words.resize(2 * state, 0);
        for net in (0..slots.len()).filter(|&net| !is_state(net)) {
            slots[net] = match &flat.nets[net].kind {
                NetKind::Constant(value) => values.constant(value),
                _ => values.allocate(flat.nets[net].width),
            };
        }
        let expressions = flat.scopes.iter().map(|scope| Expressions::new(scope, &slots)).collect();
        Self { flat, values, state, slots, expressions, ops: Vec::new() }
    }

    fn take_ops(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.ops)
    }

    /// Computes the expressions that are not computed yet; from then on they keep their slots.
    fn compute(&mut self, scope: ScopeId, roots: &[ir::ExprId]) {
        let module = &self.flat.scopes[scope].module;
        let expressions = &mut self.expressions[scope];
        for id in reachable(module, roots, |id| !expressions.is_computed(id)) {
            expressions.compute(module, id, &mut self.values, &mut self.ops);
        }
    }

    fn slot(&self, scope: ScopeId, expr: ir::ExprId) -> Slot {
        self.expressions[scope].slot(expr)
    }

    fn copy(&mut self, to: Slot, from: Slot, width: u32) {
        self.ops.push(match words(width) {
            1 => Op::Copy { to, from },
            words => Op::WideCopy { to, from, words: words as u32 },
        });
    }

    fn driver(&mut self, driver: &Driver) {
        match driver {
            Driver::Net { from, target } => {
                self.copy(self.slots[*target], self.slots[*from], self.flat.nets[*target].width);
            }
            Driver::Expression { scope, value, target } => {
                let to = self.slots[*target];
                let module = &self.flat.scopes[*scope].module;
                self.expressions[*scope].place(module, *value, to);
                self.compute(*scope, &[*value]);
                let from = self.slot(*scope, *value);
                if from != to {
                    self.copy(to, from, self.flat.nets[*target].width);
                }
            }
            Driver::Comb { scope, item, targets } => {
                let module = &self.flat.scopes[*scope].module;
                if let ir::Item::Comb(statements, _) = &module.items[*item] {
                    self.comb(*scope, statements, targets);
                }
            }
        }
    }

    fn comb(&mut self, scope: ScopeId, statements: &[ir::Statement], targets: &[ir::SignalId]) {
        let module = &self.flat.scopes[scope].module;
        let mut roots = Vec::new();
        relevant_exprs(statements, targets, &mut roots);
        let all = reachable(module, &roots, |_| true);
        let mut tainted: Vec<ir::ExprId> = Vec::new();
        for &id in &all {
            let kind = &module.expr(id).kind;
            let mut reads =
                matches!(kind, ir::ExprKind::Signal(signal) if targets.contains(signal));
            walk::operands(kind, &mut |operand| reads |= tainted.binary_search(&operand).is_ok());
            if reads {
                tainted.push(id);
            }
        }
        let clean: Vec<_> =
            all.into_iter().filter(|id| tainted.binary_search(id).is_err()).collect();
        self.compute(scope, &clean);
        if tainted.is_empty() {
            self.statements(scope, statements, &Mode::Comb(targets));
        } else {
            self.statements(scope, statements, &Mode::CombInOrder(targets, tainted));
        }
    }

    /// The value of an expression used in a statement.
    fn operand(&mut self, scope: ScopeId, expr: ir::ExprId, mode: &Mode) -> Slot {
        if let Mode::CombInOrder(_, tainted) = mode {
            let module = &self.flat.scopes[scope].module;
            for id in reachable(module, &[expr], |id| tainted.binary_search(&id).is_ok()) {
                self.expressions[scope].compute(module, id, &mut self.values, &mut self.ops);
            }
        }
        self.slot(scope, expr)
    }

    fn statements(&mut self, scope: ScopeId, statements: &[ir::Statement], mode: &Mode) {
        for statement in statements {
            if let Mode::Comb(targets) | Mode::CombInOrder(targets, _) = mode
                && !touches(std::slice::from_ref(statement), targets)
            {
                continue;
            }
            self.statement(scope, statement, mode);
        }
    }

    fn statement(&mut self, scope: ScopeId, statement: &ir::Statement, mode: &Mode) {
        match statement {
            ir::Statement::Set { target, value, .. } => {
                let from = self.operand(scope, *value, mode);
                let net = self.flat.net(scope, *target);
                let offset = if matches!(mode, Mode::Clocked) { self.state as Slot } else { 0 };
                self.copy(self.slots[net] + offset, from, self.flat.nets[net].width);
            }
            ir::Statement::Write { memory, address, data, byte_enable, .. } => {
                let first = self.flat.scopes[scope].first_memory;
                let address = self.amount(scope, *address);
                self.ops.push(Op::MemoryWrite {
                    memory: (first + memory.0 as usize) as u32,
                    address,
                    data: self.slot(scope, *data),
                    enable: byte_enable.map(|enable| self.slot(scope, enable)),
                });
            }
            ir::Statement::If { arms, otherwise, .. } => {
                let mut ends = Vec::new();
                for (condition, body) in arms {
                    let condition = self.operand(scope, *condition, mode);
                    let skip = self.ops.len();
                    self.ops.push(Op::JumpIfZero { condition, target: 0 });
                    self.statements(scope, body, mode);
                    ends.push(self.ops.len());
                    self.ops.push(Op::Jump { target: 0 });
                    self.land(skip);
                }
                self.statements(scope, otherwise, mode);
                ends.into_iter().for_each(|end| self.land(end));
            }
            ir::Statement::Switch { on, arms, default, .. } => {
                self.switch(scope, *on, arms, default, mode);
            }
        }
    }

    fn switch(
        &mut self,
        scope: ScopeId,
        on: ir::ExprId,
        arms: &[(Vec<ir::ExprId>, Vec<ir::Statement>)],
        default: &[ir::Statement],
        mode: &Mode,
    ) {
        let width = self.flat.scopes[scope].module.expr(on).ty.width();
        let value = self.operand(scope, on, mode);
        let mut entries = Vec::new();
        for (labels, _) in arms {
            let mut jumps = Vec::new();
            for label in labels {
                let label = self.operand(scope, *label, mode);
                jumps.push(self.jump_if_equal(value, label, width));
            }
            entries.push(jumps);
        }
        self.statements(scope, default, mode);
        let mut ends = vec![self.ops.len()];
        self.ops.push(Op::Jump { target: 0 });
        for (jumps, (_, body)) in entries.into_iter().zip(arms) {
            jumps.into_iter().for_each(|jump| self.land(jump));
            self.statements(scope, body, mode);
            ends.push(self.ops.len());
            self.ops.push(Op::Jump { target: 0 });
        }
        ends.into_iter().for_each(|end| self.land(end));
    }

    /// A jump, to be landed, taken when two values are equal. Returns its index.
    fn jump_if_equal(&mut self, a: Slot, b: Slot, width: u32) -> usize {
        if width <= 64 {
            self.ops.push(Op::JumpIfEqual { a, b, target: 0 });
        } else {
            let (op, to) = (ir::BinaryOp::Equal, self.values.allocate(1));
            self.ops.push(Op::WideCompare { op, signed: false, to, a, b, width });
            self.ops.push(Op::JumpIfNonZero { condition: to, target: 0 });
        }
        self.ops.len() - 1
    }

    /// Makes the jump at `index` land here.
    fn land(&mut self, index: usize) {
        let here = self.ops.len() as u32;
        match &mut self.ops[index] {
            Op::Jump { target }
            | Op::JumpIfZero { target, .. }
            | Op::JumpIfNonZero { target, .. }
            | Op::JumpIfEqual { target, .. } => *target = here,
            other => unreachable!("{other:?} is not a jump"),
        }
    }

    /// Slot of an address, in one word.
    fn amount(&mut self, scope: ScopeId, expr: ir::ExprId) -> Slot {
        let module = &self.flat.scopes[scope].module;
        self.expressions[scope].amount(module, expr, &mut self.values, &mut self.ops)
    }

    /// Computes what clocked blocks and synchronous reads use; returns the blocks.
    fn clocked_expressions(&mut self) -> Vec<(ScopeId, usize)> {
        let mut blocks = Vec::new();
        for (scope, content) in self.flat.scopes.iter().enumerate() {
            let mut roots = Vec::new();
            for (index, item) in content.module.items.iter().enumerate() {
                if let ir::Item::Clocked(statements, _) = item {
                    blocks.push((scope, index));
                    super::flatten::visit(statements, &mut |_| (), &mut |expr| roots.push(expr));
                }
            }
            for read in content.module.memories.iter().flat_map(|memory| &memory.sync_reads) {
                roots.extend([read.address, read.enable]);
            }
            self.compute(scope, &roots);
        }
        blocks
    }

    /// Synchronous reads; they come before the writes of the same edge.
    fn sync_reads(&mut self) {
        for (scope, content) in self.flat.scopes.iter().enumerate() {
            for (index, memory) in content.module.memories.iter().enumerate() {
                for read in &memory.sync_reads {
                    let condition = self.slot(scope, read.enable);
                    let skip = self.ops.len();
                    self.ops.push(Op::JumpIfZero { condition, target: 0 });
                    let address = self.amount(scope, read.address);
                    let data = self.slots[self.flat.net(scope, read.data)];
                    self.ops.push(Op::MemoryRead {
                        to: data + self.state as Slot,
                        memory: (content.first_memory + index) as u32,
                        address,
                    });
                    self.land(skip);
                }
            }
        }
    }

    fn resets(&mut self) {
        for (net, content) in self.flat.nets.iter().enumerate() {
            if let NetKind::State(Some(value)) = &content.kind {
                let from = self.values.constant(value);
                self.copy(self.slots[net] + self.state as Slot, from, content.width);
            }
        }
    }

    fn properties(&mut self) -> Vec<Property> {
        let mut properties = Vec::new();
        for (scope, content) in self.flat.scopes.iter().enumerate() {
            for item in &content.module.items {
                if let ir::Item::Property { kind, name, condition, location } = item {
                    self.compute(scope, &[*condition]);
                    properties.push(Property {
                        name: content.full_name(name),
                        kind: *kind,
                        condition: self.slot(scope, *condition),
                        location: *location,
                    });
                }
            }
        }
        properties
    }
}

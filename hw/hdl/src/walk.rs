//! Walks over the IR that the checks share.

use std::collections::HashSet;

use crate::ir::{ExprId, ExprKind, Item, MemoryId, Module, SignalId, Statement};

/// Calls `visit` with each direct operand of an expression.
pub fn operands(kind: &ExprKind, visit: &mut dyn FnMut(ExprId)) {
    match kind {
        ExprKind::Literal(_) | ExprKind::Signal(_) => {}
        ExprKind::Unary(_, of)
        | ExprKind::Slice { of, .. }
        | ExprKind::Repeat(_, of)
        | ExprKind::Extend(of)
        | ExprKind::Truncate(of)
        | ExprKind::Cast(of)
        | ExprKind::MemoryRead(_, of) => visit(*of),
        ExprKind::Binary(_, left, right) => [*left, *right].into_iter().for_each(visit),
        ExprKind::Mux { condition, then, other } => {
            [*condition, *then, *other].into_iter().for_each(visit);
        }
        ExprKind::BitSelect { of, index } => [*of, *index].into_iter().for_each(visit),
        ExprKind::Concat(parts) => parts.iter().copied().for_each(visit),
    }
}

/// Calls `visit` with each statement, outer ones before inner ones.
pub fn statements<'a>(body: &'a [Statement], visit: &mut dyn FnMut(&'a Statement)) {
    for statement in body {
        visit(statement);
        match statement {
            Statement::Set { .. } | Statement::Write { .. } => {}
            Statement::If { arms, otherwise, .. } => {
                arms.iter().for_each(|(_, body)| statements(body, visit));
                statements(otherwise, visit);
            }
            Statement::Switch { arms, default, .. } => {
                arms.iter().for_each(|(_, body)| statements(body, visit));
                statements(default, visit);
            }
        }
    }
}

/// Calls `visit` with the expressions that a statement itself reads (not those of inner ones).
pub fn statement_roots(statement: &Statement, visit: &mut dyn FnMut(ExprId)) {
    match statement {
        Statement::Set { value, .. } => visit(*value),
        Statement::Write { address, data, byte_enable, .. } => {
            [*address, *data].into_iter().chain(*byte_enable).for_each(visit);
        }
        Statement::If { arms, .. } => arms.iter().for_each(|(condition, _)| visit(*condition)),
        Statement::Switch { on, arms, .. } => {
            visit(*on);
            arms.iter().flat_map(|(labels, _)| labels).for_each(|label| visit(*label));
        }
    }
}

/// Calls `visit` with the expressions that an item reads.
pub fn item_roots(module: &Module, item: &Item, visit: &mut dyn FnMut(ExprId)) {
    match item {
        Item::Declare(_) | Item::Section(_) => {}
        Item::DeclareMemory(id) => {
            for read in &module.memories[id.0 as usize].sync_reads {
                visit(read.address);
                visit(read.enable);
            }
        }
        Item::Assign { value, .. } => visit(*value),
        Item::Clocked(body, _) | Item::Comb(body, _) => {
            statements(body, &mut |statement| statement_roots(statement, visit));
        }
        Item::Instance(id) => {
            module.instances[id.0 as usize].inputs.iter().for_each(|(_, value)| visit(*value));
        }
        Item::Property { condition, .. } => visit(*condition),
        Item::Unused(values) => values.iter().for_each(|value| visit(*value)),
    }
}

/// The signals and memories that expressions read.
#[derive(Debug)]
pub struct Reads<'a> {
    module: &'a Module,
    seen: HashSet<ExprId>,
    seen_signals: HashSet<SignalId>,
    /// In the order of the first read.
    pub signals: Vec<SignalId>,
    /// Memories read asynchronously, in the order of the first read; some repeatedly.
    pub memories: Vec<MemoryId>,
}

impl<'a> Reads<'a> {
    /// Nothing read yet.
    pub fn new(module: &'a Module) -> Self {
        let (seen, seen_signals) = Default::default();
        Self { module, seen, seen_signals, signals: Vec::new(), memories: Vec::new() }
    }

    /// What one item reads.
    pub fn of_item(module: &'a Module, item: &Item) -> Self {
        let mut reads = Self::new(module);
        item_roots(module, item, &mut |root| reads.add(root));
        reads
    }

    /// Adds what an expression reads.
    pub fn add(&mut self, root: ExprId) {
        if !self.seen.insert(root) {
            return;
        }
        match &self.module.expr(root).kind {
            ExprKind::Signal(id) => {
                if self.seen_signals.insert(*id) {
                    self.signals.push(*id);
                }
            }
            kind => {
                if let ExprKind::MemoryRead(memory, _) = kind {
                    self.memories.push(*memory);
                }
                operands(kind, &mut |operand| self.add(operand));
            }
        }
    }

    /// Whether a signal is read.
    pub fn contains(&self, signal: SignalId) -> bool {
        self.seen_signals.contains(&signal)
    }
}

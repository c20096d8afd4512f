//! Rewriting finished modules: what the fault and mutation passes are made of.

use std::collections::HashMap;
use std::sync::Arc;

use crate::arena::{self, Arena, with};
use crate::ir::{self, Expr, ExprId, ExprKind, Item, Location, MemoryId, SignalId, Statement};
use crate::memory::Memory;
use crate::module::{M, Module};
use crate::signal::Signal;
use crate::{finish, walk};

/// A finished module that is open again.
///
/// New logic is written like in the closure of [`module`](crate::module()), through
/// [`m`](Editor::m); it sees the module as it was. What was there before is changed by
/// [`replace`](Editor::replace) and [`assign`](Editor::assign).
#[derive(Debug)]
pub struct Editor {
    m: M,
    arena: u32,
    /// Nodes from this one on are new.
    first_new: u32,
    /// Signals from this one on are new.
    first_new_signal: u32,
    replacements: HashMap<ExprId, ExprId>,
}

/// Opens a finished module, lets `change` edit it, and returns the edited module. Mistakes that
/// `change` makes are in [`ir::Module::errors`], as when building.
pub fn edit(module: ir::Module, change: impl FnOnce(&mut Editor)) -> ir::Module {
    let first_new = module.exprs.len() as u32;
    let first_new_signal = module.signals.len() as u32;
    let mut arena = arena::reopen(module, |id| {
        let replacements = HashMap::new();
        let mut editor =
            Editor { m: M { id }, arena: id, first_new, first_new_signal, replacements };
        change(&mut editor);
        let Editor { replacements, .. } = editor;
        with(|arena| apply(arena, first_new, &replacements));
    });
    renumber(&mut arena);
    finish::finish(arena)
}

/// A copy of a module in which the module called `name`, somewhere below it, is edited by `change`.
/// Nothing changes if there is none.
pub fn edit_below(top: &Module, name: &str, change: impl Fn(&mut Editor)) -> Module {
    Module(edit_where(&top.0, &|module| module.name == name, &change))
}

/// A copy of a module in which it, and the modules below it, of those that `which` holds of, are
/// edited by `change`.
pub(crate) fn edit_where(
    top: &Arc<ir::Module>,
    which: &dyn Fn(&ir::Module) -> bool,
    change: &dyn Fn(&mut Editor),
) -> Arc<ir::Module> {
    copy_below(top, which, change, &mut HashMap::new())
}

fn copy_below(
    module: &Arc<ir::Module>,
    which: &dyn Fn(&ir::Module) -> bool,
    change: &dyn Fn(&mut Editor),
    done: &mut HashMap<String, Arc<ir::Module>>,
) -> Arc<ir::Module> {
    if let Some(done) = done.get(&module.name) {
        return done.clone();
    }
    let mut copy = ir::Module::clone(module);
    for instance in &mut copy.instances {
        instance.module = copy_below(&instance.module, which, change, done);
    }
    let copy = Arc::new(if which(&copy) { edit(copy, change) } else { copy });
    done.insert(module.name.clone(), copy.clone());
    copy
}

impl Editor {
    /// Declares and builds in the module.
    pub fn m(&self) -> M {
        self.m
    }

    /// Reads the module as it is now.
    pub fn module<T>(&self, read: impl FnOnce(&ir::Module) -> T) -> T {
        with(|arena| read(&arena.module))
    }

    /// A signal of the module.
    pub fn signal(&self, id: SignalId) -> Signal {
        with(|arena| {
            let expr = arena.signal_exprs[id.0 as usize];
            Signal { module: arena.id, expr, ty: arena.ty(expr) }
        })
    }

    /// The signal of this name.
    pub fn find(&self, name: &str) -> Option<SignalId> {
        self.module(|module| {
            let index = module.signals.iter().position(|signal| signal.name == name);
            index.map(|index| SignalId(index as u32))
        })
    }

    /// Which signal of the module a value is.
    pub(crate) fn signal_id(&self, signal: Signal) -> SignalId {
        with(|arena| arena.signal_of(signal.expr)).expect("a declared signal")
    }

    /// The memory of this name, and its number of words.
    pub fn memory(&self, name: &str) -> Option<(Memory, u32)> {
        self.module(|module| {
            let index = module.memories.iter().position(|memory| memory.name == name)?;
            let ir::Memory { ty, depth, .. } = module.memories[index];
            Some((Memory::of(self.arena, MemoryId(index as u32), ty), depth))
        })
    }

    /// An expression of the module.
    pub fn value(&self, expr: ExprId) -> Signal {
        with(|arena| Signal { module: self.arena, expr, ty: arena.ty(expr) })
    }

    /// Says that all expressions and signals that the edit has added so far stand at `location`.
    pub fn place_new(&mut self, location: Location) {
        let (exprs, signals) = (self.first_new as usize, self.first_new_signal as usize);
        self.rewrite(|module| {
            module.exprs[exprs..].iter_mut().for_each(|expr| expr.location = location);
            module.signals[signals..].iter_mut().for_each(|signal| signal.location = location);
        });
    }

    /// Makes everything that used `expr` before the edit use `value` instead. Logic that the edit
    /// adds may use both.
    pub fn replace(&mut self, expr: ExprId, value: Signal) {
        self.replacements.insert(expr, value.expr);
    }

    /// Makes everything that read a signal before the edit read `value` instead.
    pub fn replace_reads(&mut self, signal: SignalId, value: Signal) {
        let reads = |expr: &Expr| expr.kind == ExprKind::Signal(signal);
        let old = self.first_new as usize;
        let found: Vec<u32> = self.module(|module| {
            let nodes = module.exprs[..old].iter().zip(0..);
            nodes.filter(|(expr, _)| reads(expr)).map(|(_, index)| index).collect()
        });
        found.into_iter().for_each(|index| self.replace(ExprId(index), value));
    }

    /// The values assigned to a signal, in the order of the source. A wire that an instance or a
    /// memory drives gets a new one before it, `<signal>_driven`, which is then its value.
    pub fn assigned(&mut self, target: SignalId) -> Vec<Signal> {
        let values = self.module(|module| assigned_values(module, target));
        if !values.is_empty() {
            return values.into_iter().map(|value| self.value(value)).collect();
        }
        let signal = self.signal(target);
        let name = self.module(|module| module.signal(target).name.clone());
        let driven = self.m.wire(format!("{name}_driven"), signal.ty());
        with(|arena| {
            if let Some(driven) = arena.signal_of(driven.expr) {
                move_driver(&mut arena.module, target, driven);
            }
        });
        signal.drive(driven);
        vec![driven]
    }

    /// Assigns `values` instead of those that [`assigned`](Editor::assigned) gave.
    pub fn assign(&mut self, target: SignalId, values: &[Signal]) {
        let mut values = values.iter();
        with(|arena| {
            for_each_assigned(&mut arena.module.items, target, &mut |value| {
                *value = values.next().map_or(*value, |signal| signal.expr);
            });
        });
    }

    /// Changes the module directly.
    pub(crate) fn rewrite(&mut self, change: impl FnOnce(&mut ir::Module)) {
        with(|arena| change(&mut arena.module));
    }

    /// Records a mistake.
    pub fn error(&self, location: Location, message: impl Into<String>) {
        with(|arena| arena.error(location, message));
    }

    /// Where a value was built.
    pub fn location(&self, value: Signal) -> Location {
        with(|arena| {
            let expr = arena.own(value, arena.module.location);
            arena.module.expr(expr).location
        })
    }
}

/// Makes the instance or the memory that drives `from` drive `to`.
fn move_driver(module: &mut ir::Module, from: SignalId, to: SignalId) {
    let wires = module.instances.iter_mut().flat_map(|instance| &mut instance.outputs);
    wires.map(|(_, wire)| wire).filter(|wire| **wire == from).for_each(|wire| *wire = to);
    let reads = module.memories.iter_mut().flat_map(|memory| &mut memory.sync_reads);
    reads.map(|read| &mut read.data).filter(|data| **data == from).for_each(|data| *data = to);
}

/// The values assigned to `target`, in the order of [`for_each_assigned`].
fn assigned_values(module: &ir::Module, target: SignalId) -> Vec<ExprId> {
    let mut values = Vec::new();
    for_each_assigned(&mut module.items.clone(), target, &mut |value| values.push(*value));
    values
}

fn for_each_assigned(items: &mut [Item], signal: SignalId, visit: &mut dyn FnMut(&mut ExprId)) {
    for item in items {
        match item {
            Item::Assign { target, value, .. } if *target == signal => visit(value),
            Item::Clocked(body, _) | Item::Comb(body, _) => {
                for_each_statement(body, &mut |statement| match statement {
                    Statement::Set { target, value, .. } if *target == signal => visit(value),
                    _ => {}
                });
            }
            _ => {}
        }
    }
}

fn for_each_statement(body: &mut [Statement], visit: &mut dyn FnMut(&mut Statement)) {
    for statement in body {
        visit(statement);
        match statement {
            Statement::Set { .. } | Statement::Write { .. } => {}
            Statement::If { arms, otherwise, .. } => {
                arms.iter_mut().for_each(|(_, body)| for_each_statement(body, visit));
                for_each_statement(otherwise, visit);
            }
            Statement::Switch { arms, default, .. } => {
                arms.iter_mut().for_each(|(_, body)| for_each_statement(body, visit));
                for_each_statement(default, visit);
            }
        }
    }
}

/// Redirects uses by old nodes and by items; new nodes keep what they name. An item that the edit
/// added or changed names new nodes, which are never replaced.
fn apply(arena: &mut Arena, first_new: u32, replacements: &HashMap<ExprId, ExprId>) {
    let redirect = |expr: &mut ExprId| {
        if let Some(new) = replacements.get(expr) {
            *expr = *new;
        }
    };
    for expr in &mut arena.module.exprs[..first_new as usize] {
        for_each_operand(&mut expr.kind, redirect);
    }
    for_each_root(&mut arena.module, &mut arena.unused, redirect);
}

/// Restores the order that the IR promises, operands before their users, and drops dead nodes.
fn renumber(arena: &mut Arena) {
    let old = std::mem::take(&mut arena.module.exprs);
    let mut numbering = Numbering { new: vec![None; old.len()], old, exprs: Vec::new() };
    for_each_root(&mut arena.module, &mut arena.unused, |expr| *expr = numbering.number(*expr));
    for expr in &mut arena.signal_exprs {
        *expr = numbering.number(*expr);
    }
    arena.module.exprs = numbering.exprs;
}

struct Numbering {
    old: Vec<Expr>,
    new: Vec<Option<ExprId>>,
    exprs: Vec<Expr>,
}

impl Numbering {
    fn number(&mut self, root: ExprId) -> ExprId {
        let mut pending = vec![root];
        while let Some(&id) = pending.last() {
            let index = id.0 as usize;
            let before = pending.len();
            if self.new[index].is_none() {
                walk::operands(&self.old[index].kind, &mut |operand| {
                    if self.new[operand.0 as usize].is_none() {
                        pending.push(operand);
                    }
                });
            }
            if pending.len() == before {
                pending.pop();
                self.emit(index);
            }
        }
        self.new[root.0 as usize].unwrap_or(root)
    }

    /// Appends a node whose operands have their new numbers.
    fn emit(&mut self, index: usize) {
        if self.new[index].is_some() {
            return;
        }
        let mut expr = self.old[index].clone();
        for_each_operand(&mut expr.kind, |operand| {
            *operand = self.new[operand.0 as usize].unwrap_or(*operand);
        });
        self.new[index] = Some(ExprId(self.exprs.len() as u32));
        self.exprs.push(expr);
    }
}

fn for_each_operand(kind: &mut ExprKind, mut visit: impl FnMut(&mut ExprId)) {
    match kind {
        ExprKind::Literal(_) | ExprKind::Signal(_) => {}
        ExprKind::Unary(_, of)
        | ExprKind::Slice { of, .. }
        | ExprKind::Repeat(_, of)
        | ExprKind::Extend(of)
        | ExprKind::Truncate(of)
        | ExprKind::Cast(of)
        | ExprKind::MemoryRead(_, of) => visit(of),
        ExprKind::Binary(_, left, right) => [left, right].into_iter().for_each(visit),
        ExprKind::Mux { condition, then, other } => {
            [condition, then, other].into_iter().for_each(visit);
        }
        ExprKind::BitSelect { of, index } => [of, index].into_iter().for_each(visit),
        ExprKind::Concat(parts) => parts.iter_mut().for_each(visit),
    }
}

/// Calls `visit` with every place outside the expressions that holds one.
fn for_each_root(
    module: &mut ir::Module,
    unused: &mut [ExprId],
    mut visit: impl FnMut(&mut ExprId),
) {
    for read in module.memories.iter_mut().flat_map(|memory| &mut memory.sync_reads) {
        visit(&mut read.address);
        visit(&mut read.enable);
    }
    for (_, value) in module.instances.iter_mut().flat_map(|instance| &mut instance.inputs) {
        visit(value);
    }
    for item in &mut module.items {
        match item {
            Item::Assign { value, .. } => visit(value),
            Item::Property { condition, .. } => visit(condition),
            Item::Clocked(body, _) | Item::Comb(body, _) => {
                for_each_statement(body, &mut |statement| statement_roots(statement, &mut visit));
            }
            Item::Unused(values) => values.iter_mut().for_each(&mut visit),
            Item::Declare(_) | Item::DeclareMemory(_) | Item::Instance(_) | Item::Section(_) => {}
        }
    }
    unused.iter_mut().for_each(visit);
}

fn statement_roots(statement: &mut Statement, visit: &mut impl FnMut(&mut ExprId)) {
    match statement {
        Statement::Set { value, .. } => visit(value),
        Statement::Write { address, data, byte_enable, .. } => {
            [address, data].into_iter().chain(byte_enable).for_each(visit);
        }
        Statement::If { arms, .. } => arms.iter_mut().for_each(|(condition, _)| visit(condition)),
        Statement::Switch { on, arms, .. } => {
            visit(on);
            arms.iter_mut().flat_map(|(labels, _)| labels).for_each(visit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::BinaryOp;
    use crate::prelude::*;

    fn adder() -> crate::Module {
        module("adder", |m| {
            let (a, b) = (m.input("a", U(8)), m.input("b", U(8)));
            let sum = a + b;
            m.output("sum", sum);
            m.output("next", sum + 1);
        })
    }

    fn run(module: ir::Module, a: u64, b: u64) -> (u64, u64) {
        let design = check(&crate::Module(std::sync::Arc::new(module))).unwrap();
        let mut sim = Interpreter::new(&design);
        sim.set("a", a);
        sim.set("b", b);
        (sim.get("sum"), sim.get("next"))
    }

    #[test]
    fn an_edit_that_changes_nothing_gives_an_equal_module() {
        let module = ir::Module::clone(&adder());
        let once = edit(module, |_| ());
        assert_eq!(edit(once.clone(), |_| ()), once);
        assert_eq!(run(once, 3, 4), (7, 8));
    }

    #[test]
    fn a_replaced_expression_is_replaced_for_all_its_old_users_and_stays_for_new_ones() {
        let module = ir::Module::clone(&adder());
        let edited = edit(module, |editor| {
            let adds = |expr: &Expr| matches!(expr.kind, ExprKind::Binary(BinaryOp::Add, ..));
            let first = editor.module(|module| module.exprs.iter().position(adds));
            let sum = ExprId(first.unwrap() as u32);
            let doubled = editor.value(sum) << 1;
            editor.replace(sum, doubled);
        });
        assert_eq!(run(edited, 3, 4), (14, 15));
    }

    #[test]
    fn a_module_below_is_edited_in_all_its_instances() {
        let adder = adder();
        let top = module("top", |m| {
            let (a, b) = (m.input("a", U(8)), m.input("b", U(8)));
            let first = m.instance("first", &adder).pin("a", a).pin("b", b).unused("next");
            let second = m.instance("second", &adder).pin("a", first.out("sum")).pin("b", b);
            m.output("sum", second.unused("sum").out("next"));
        });
        let edited = edit_below(&top, "adder", |editor| {
            let a = editor.find("a").unwrap();
            let value = editor.signal(a) ^ 0xff;
            editor.replace_reads(a, value.named("inverted"));
        });
        let mut sim = Interpreter::new(&check(&edited).unwrap());
        sim.set("a", 3);
        sim.set("b", 4);
        // !(!3 + 4) + 4 + 1
        assert_eq!(sim.get("sum"), 4);
        assert_eq!(edit_below(&top, "multiplier", |_| ()).0, top.0);
    }

    #[test]
    fn operands_stand_before_their_users_after_an_edit() {
        let edited = edit(ir::Module::clone(&adder()), |editor| {
            let a = editor.find("a").unwrap();
            let value = editor.signal(a) ^ 0xff;
            editor.replace_reads(a, value.named("inverted"));
        });
        for (index, expr) in edited.exprs.iter().enumerate() {
            walk::operands(&expr.kind, &mut |operand| assert!((operand.0 as usize) < index));
        }
        assert_eq!(run(edited, 0xf0, 1), (0x10, 0x11));
    }
}

//! Every mutant of a design.

use super::rewrite::{self, Rewrite};
use super::{Class, Mutant, Place};
use crate::ir::{
    BinaryOp, ExprId, ExprKind, Item, Location, Module, SignalId, SignalKind, Statement, Ty,
    UnaryOp,
};
use crate::{Bits, Design, walk};

/// Every mutant of a design, module by module, in the order of what they change. What only
/// properties read is left alone.
pub fn mutants(design: &Design) -> Vec<Mutant> {
    let mut all = Vec::new();
    for module in design.modules() {
        let mut finder = Finder { module, found: Vec::new() };
        finder.expressions();
        finder.statements();
        finder.memories();
        finder.resets();
        finder.pins();
        all.append(&mut finder.found);
    }
    all
}

struct Finder<'a> {
    module: &'a Module,
    found: Vec<Mutant>,
}

impl Finder<'_> {
    fn add(&mut self, class: Class, description: String, location: Location, place: Place) {
        let module = self.module.name.clone();
        self.found.push(Mutant { module, class, description, location, place });
    }

    /// Replacements of expressions that hardware depends on.
    fn expressions(&mut self) {
        let module = self.module;
        let mut seen = vec![false; module.exprs.len()];
        let mut pending = Vec::new();
        for item in &module.items {
            if !matches!(item, Item::Property { .. } | Item::Unused(_)) {
                functional_roots(module, item, &mut |root| pending.push(root));
            }
        }
        while let Some(expr) = pending.pop() {
            if !std::mem::replace(&mut seen[expr.0 as usize], true) {
                walk::operands(&module.expr(expr).kind, &mut |operand| pending.push(operand));
            }
        }
        for index in (0..module.exprs.len()).filter(|&index| seen[index]) {
            let expr = ExprId(index as u32);
            for (class, rewrite) in rewrites(module, expr) {
                let description = rewrite::describe(module, expr, &rewrite);
                let location = module.expr(expr).location;
                self.add(class, description, location, Place::Expression(expr, rewrite));
            }
        }
    }

    /// Conditions of `when`, assignments of registers and writes of memories.
    fn statements(&mut self) {
        let module = self.module;
        let (mut arms, mut sets, mut writes) = (0, 0, 0);
        for item in &module.items {
            let (body, clocked) = match item {
                Item::Clocked(body, _) => (body, true),
                Item::Comb(body, _) => (body, false),
                _ => continue,
            };
            walk::statements(body, &mut |statement| match statement {
                Statement::If { arms: conditions, location, .. } => {
                    for (condition, _) in conditions {
                        self.condition(arms, *condition, *location);
                        arms += 1;
                    }
                }
                Statement::Set { target, location, .. } => {
                    if clocked {
                        let name = &module.signal(*target).name;
                        let description = format!("`{name}` is not set");
                        self.add(Class::Enable, description, *location, Place::Set(sets));
                    }
                    sets += 1;
                }
                Statement::Write { memory, location, .. } => {
                    let name = &module.memories[memory.0 as usize].name;
                    let description = format!("`{name}` is not written");
                    self.add(Class::Enable, description, *location, Place::Write(writes));
                    writes += 1;
                }
                Statement::Switch { .. } => {}
            });
        }
    }

    fn condition(&mut self, number: usize, condition: ExprId, location: Location) {
        let what = match &self.module.expr(condition).kind {
            ExprKind::Signal(id) => format!("condition `{}`", self.module.signal(*id).name),
            _ => "condition".to_owned(),
        };
        let choices = [
            ("is inverted", Rewrite::Inverted),
            ("always holds", Rewrite::Constant(Bits::new(1, 1))),
            ("never holds", Rewrite::Constant(Bits::new(1, 0))),
        ];
        for (how, rewrite) in choices {
            let place = Place::Condition(number, rewrite);
            self.add(Class::Condition, format!("{what} {how}"), location, place);
        }
    }

    fn memories(&mut self) {
        for (index, memory) in (0..).zip(&self.module.memories) {
            for (port, read) in memory.sync_reads.iter().enumerate() {
                if self.module.constant(read.enable).is_none() {
                    let description = format!("`{}` is always read", memory.name);
                    let place = Place::ReadEnable(crate::ir::MemoryId(index), port);
                    self.add(Class::Enable, description, read.location, place);
                }
            }
        }
    }

    fn resets(&mut self) {
        for (index, signal) in (0..).zip(&self.module.signals) {
            if let SignalKind::Register { reset: Some(_) } = signal.kind {
                let description = format!("bit 0 of the reset value of `{}`", signal.name);
                let place = Place::Reset(SignalId(index));
                self.add(Class::Reset, description, signal.location, place);
            }
        }
    }

    fn pins(&mut self) {
        for (index, instance) in self.module.instances.iter().enumerate() {
            for (number, (port, value)) in instance.inputs.iter().enumerate() {
                let constant = self.module.constant(*value).is_some();
                if self.module.expr(*value).ty == Ty::U(1) && !constant {
                    let description = format!("`{}` of `{}` is inverted", port, instance.name);
                    let place = Place::Pin(index, number);
                    self.add(Class::Connection, description, instance.location, place);
                }
            }
        }
    }
}

/// The roots of an item whose constants may be others: labels of `switch` have to stay constants.
fn functional_roots(module: &Module, item: &Item, visit: &mut dyn FnMut(ExprId)) {
    let (Item::Clocked(body, _) | Item::Comb(body, _)) = item else {
        return walk::item_roots(module, item, visit);
    };
    walk::statements(body, &mut |statement| match statement {
        Statement::Switch { on, .. } => visit(*on),
        statement => walk::statement_roots(statement, visit),
    });
}

/// What an expression may be replaced by.
fn rewrites(module: &Module, expr: ExprId) -> Vec<(Class, Rewrite)> {
    let ty = module.expr(expr).ty;
    match &module.expr(expr).kind {
        ExprKind::Literal(bits) => {
            neighbours(bits).map(|bits| (Class::Constant, Rewrite::Constant(bits))).collect()
        }
        ExprKind::Unary(op, _) => match op {
            UnaryOp::Not | UnaryOp::Negate => vec![(Class::Operand, Rewrite::Operand(0))],
            UnaryOp::ReduceOr => vec![(Class::Operator, Rewrite::Unary(UnaryOp::ReduceAnd))],
            UnaryOp::ReduceAnd | UnaryOp::ReduceXor => {
                vec![(Class::Operator, Rewrite::Unary(UnaryOp::ReduceOr))]
            }
        },
        ExprKind::Binary(op, left, right) => {
            let mut all = of_binary(*op, ty, module.expr(*left).ty);
            if let (ExprKind::Signal(_), Some(bits)) =
                (&module.expr(*right).kind, module.constant(*right))
            {
                let constants = neighbours(bits).map(Rewrite::RightConstant);
                all.extend(constants.map(|rewrite| (Class::Constant, rewrite)));
            }
            all
        }
        ExprKind::Mux { .. } => [Rewrite::Exchanged, Rewrite::Operand(1), Rewrite::Operand(2)]
            .map(|rewrite| (Class::Condition, rewrite))
            .into(),
        ExprKind::Slice { of, high, low } => {
            let up = (high + 1 < module.expr(*of).ty.width()).then(|| low + 1);
            let from = low.checked_sub(1).into_iter().chain(up);
            from.map(|low| (Class::Slice, Rewrite::SliceFrom(low))).collect()
        }
        ExprKind::Extend(of) if module.expr(*of).ty.width() > 1 => {
            vec![(Class::Extension, Rewrite::OtherSign)]
        }
        _ => Vec::new(),
    }
}

fn of_binary(op: BinaryOp, ty: Ty, operand: Ty) -> Vec<(Class, Rewrite)> {
    use BinaryOp::*;
    let mut all = Vec::new();
    let mut operator = |op| all.push((Class::Operator, Rewrite::Binary(op)));
    match op {
        Add => operator(Sub),
        Sub => operator(Add),
        And => operator(Or),
        Or => operator(And),
        Xor => operator(Or),
        ShiftLeft => operator(ShiftRight),
        ShiftRight => operator(ShiftLeft),
        Equal => operator(NotEqual),
        NotEqual => operator(Equal),
        Less => operator(LessEqual),
        LessEqual => operator(Less),
        Mul => {}
    }
    match op {
        And | Or if ty.width() == 1 => {
            all.extend([0, 1].map(|number| (Class::Operand, Rewrite::Operand(number))));
        }
        Equal | NotEqual if operand.width() > 1 => all.push((Class::Compare, Rewrite::Narrowed)),
        Less | LessEqual => all.push((Class::Compare, Rewrite::OtherSign)),
        ShiftRight | Mul => all.push((Class::Extension, Rewrite::OtherSign)),
        _ => {}
    }
    all
}

/// The constants beside one, without overflow of one that is 0 or all ones.
fn neighbours(bits: &Bits) -> impl Iterator<Item = Bits> + use<> {
    let width = bits.width();
    let value = bits.to_u64();
    let known = width <= 64;
    let top = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    let above = (known && value < top).then(|| Bits::new(width, value + 1));
    let below = (known && value > 0).then(|| Bits::new(width, value - 1));
    above.into_iter().chain(below)
}

//! How much hardware a design asks for, before any synthesis.

use std::collections::{HashMap, HashSet};
use std::iter::Sum;
use std::ops::Add;

use crate::Design;
use crate::ir::{BinaryOp, ExprId, ExprKind, Module, SignalKind};
use crate::walk;

/// Counts of what costs area.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Bits of state in registers, without the output registers of memories.
    pub register_bits: u64,
    /// Bits of state in memories.
    pub memory_bits: u64,
    /// Products of two values of which neither is constant.
    pub multipliers: u64,
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            register_bits: self.register_bits + other.register_bits,
            memory_bits: self.memory_bits + other.memory_bits,
            multipliers: self.multipliers + other.multipliers,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// Counts of one module of a design.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleCounts {
    /// The module's name.
    pub module: String,
    /// How often it occurs in the whole design.
    pub occurrences: u64,
    /// What stands in the module itself.
    pub own: Counts,
    /// The same with everything below it.
    pub total: Counts,
}

/// Counts of every module, children before their parents, the top last.
pub fn statistics(design: &Design) -> Vec<ModuleCounts> {
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<ModuleCounts> = Vec::new();
    for module in design.modules() {
        let own = own(module);
        let children = module.instances.iter().filter_map(|i| index.get(&i.module.name[..]));
        let total = own + children.map(|&child| rows[child].total).sum();
        index.insert(&module.name, rows.len());
        rows.push(ModuleCounts { module: module.name.clone(), occurrences: 0, own, total });
    }
    if let Some(top) = rows.last_mut() {
        top.occurrences = 1;
    }
    for (i, module) in design.modules().iter().enumerate().rev() {
        for instance in &module.instances {
            if let Some(&child) = index.get(&instance.module.name[..]) {
                rows[child].occurrences += rows[i].occurrences;
            }
        }
    }
    rows
}

/// Counts of a module without its children.
fn own(module: &Module) -> Counts {
    let registers =
        module.signals.iter().filter(|signal| matches!(signal.kind, SignalKind::Register { .. }));
    let memory_bits =
        module.memories.iter().map(|m| u64::from(m.depth) * u64::from(m.ty.width())).sum();
    let register_bits = registers.map(|register| u64::from(register.ty.width())).sum();
    Counts { register_bits, memory_bits, multipliers: multipliers(module) }
}

fn multipliers(module: &Module) -> u64 {
    let mut seen: HashSet<ExprId> = HashSet::new();
    let mut pending = Vec::new();
    for item in &module.items {
        walk::item_roots(module, item, &mut |root| pending.push(root));
    }
    let mut count = 0;
    while let Some(expr) = pending.pop() {
        if !seen.insert(expr) {
            continue;
        }
        let kind = &module.expr(expr).kind;
        if let ExprKind::Binary(BinaryOp::Mul, left, right) = kind {
            let variable = [left, right].iter().all(|side| module.constant(**side).is_none());
            count += u64::from(variable);
        }
        walk::operands(kind, &mut |operand| pending.push(operand));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{Counts, statistics};
    use crate::prelude::*;

    #[test]
    fn totals_count_every_instance() {
        let cell = module("mac", |m| {
            let a = m.input("a", S(8));
            let weight = m.reg("weight", S(8));
            let product = m.output_reg("product", S(16));
            m.clocked(|| {
                weight.set(a);
                product.set(a * weight);
            });
        });
        let pair = module("pair", |m| {
            let a = m.input("a", S(8));
            let first = m.instance("first", &cell).pin("a", a);
            let second = m.instance("second", &cell).pin("a", a);
            m.output("x", first.out("product") + second.out("product"));
        });
        let top = module("top", |m| {
            let address = m.input("address", U(4));
            let store = m.memory("store", 16, S(8));
            let word = store.read(address).named("word");
            m.clocked(|| store.write(address, word));
            let sums = [0, 1].map(|i| m.instance(format!("pair_{i}"), &pair).pin("a", word));
            m.output("y", (sums[0].out("x") + sums[1].out("x")) * 3);
        });
        let rows = statistics(&check(&top).unwrap());
        let summary: Vec<_> =
            rows.iter().map(|row| (&row.module[..], row.occurrences, row.total)).collect();
        let cells = |n| Counts { register_bits: 24 * n, memory_bits: 0, multipliers: n };
        let all = Counts { memory_bits: 128, ..cells(4) };
        assert_eq!(summary, [("mac", 4, cells(1)), ("pair", 2, cells(2)), ("top", 1, all)]);
    }
}

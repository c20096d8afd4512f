//! What is done once a module's closure has run: everything is put in printing order.

use std::collections::HashSet;

use crate::arena::Arena;
use crate::ir::{Direction, ExprId, Item, MemoryId, Module, SignalId, SignalKind, Statement};
use crate::walk::{self, Reads};

/// The finished module.
pub(crate) fn finish(arena: Arena) -> Module {
    let Arena { mut module, mut unused, signal_exprs, .. } = arena;
    for instance in &mut module.instances {
        let order: Vec<&str> = instance.module.ports().map(|port| port.name.as_str()).collect();
        let position = |name: &str| order.iter().position(|port| *port == name);
        instance.inputs.sort_by_key(|(name, _)| position(name));
        instance.outputs.sort_by_key(|(name, _)| position(name));
    }
    let only_checked = read_only_by_properties(&module, &unused);
    unused.extend(only_checked.iter().map(|id| signal_exprs[id.0 as usize]));
    if !unused.is_empty() {
        module.items.push(Item::Unused(unused));
    }
    module.items = Order::default().sorted(&module);
    module
}

/// What only properties read is unused for tools that do not see properties.
fn read_only_by_properties(module: &Module, unused: &[ExprId]) -> Vec<SignalId> {
    let (mut properties, mut logic) = (Reads::new(module), Reads::new(module));
    for item in &module.items {
        let is_property = matches!(item, Item::Property { .. });
        let reads = if is_property { &mut properties } else { &mut logic };
        walk::item_roots(module, item, &mut |root| reads.add(root));
    }
    unused.iter().for_each(|&expr| logic.add(expr));
    let only_checked = |&id: &SignalId| {
        let signal = module.signal(id);
        !logic.contains(id)
            && signal.port != Some(Direction::Output)
            && !matches!(signal.kind, SignalKind::Constant(_))
    };
    properties.signals.into_iter().filter(only_checked).collect()
}

/// Puts declarations before everything that uses them, and drops constants that nothing uses.
/// Instances and synchronous memory reads may be connected to what is declared after them; the
/// rest is in order by construction.
#[derive(Default)]
struct Order {
    declared: HashSet<SignalId>,
    declared_memories: HashSet<MemoryId>,
    sorted: Vec<Item>,
}

impl Order {
    fn sorted(mut self, module: &Module) -> Vec<Item> {
        let mut used = Reads::new(module);
        for item in &module.items {
            walk::item_roots(module, item, &mut |root| used.add(root));
        }
        let unused_constant =
            |id| matches!(module.signal(id).kind, SignalKind::Constant(_)) && !used.contains(id);
        for item in &module.items {
            match item {
                Item::Declare(id) if unused_constant(*id) => {}
                Item::Declare(id) => self.declare(module, *id),
                Item::DeclareMemory(id) => self.declare_memory(module, *id),
                item => {
                    self.declare_needs(module, item);
                    self.sorted.push(item.clone());
                }
            }
        }
        self.sorted
    }

    fn declare(&mut self, module: &Module, id: SignalId) {
        if module.signal(id).port.is_none() && self.declared.insert(id) {
            self.sorted.push(Item::Declare(id));
        }
    }

    fn declare_memory(&mut self, module: &Module, id: MemoryId) {
        if self.declared_memories.insert(id) {
            let item = Item::DeclareMemory(id);
            self.declare_needs(module, &item);
            self.sorted.push(item);
        }
    }

    /// Declares what an item reads or drives.
    fn declare_needs(&mut self, module: &Module, item: &Item) {
        let reads = Reads::of_item(module, item);
        reads.signals.iter().for_each(|&id| self.declare(module, id));
        reads.memories.iter().for_each(|&id| self.declare_memory(module, id));
        match item {
            Item::Instance(id) => {
                let outputs = &module.instances[id.0 as usize].outputs;
                outputs.iter().for_each(|(_, wire)| self.declare(module, *wire));
            }
            Item::DeclareMemory(id) => {
                let reads = &module.memories[id.0 as usize].sync_reads;
                reads.iter().for_each(|read| self.declare(module, read.data));
            }
            Item::Assign { target, .. } => self.declare(module, *target),
            Item::Clocked(body, _) | Item::Comb(body, _) => {
                walk::statements(body, &mut |statement| match statement {
                    Statement::Set { target, .. } => self.declare(module, *target),
                    Statement::Write { memory, .. } => self.declare_memory(module, *memory),
                    Statement::If { .. } | Statement::Switch { .. } => {}
                });
            }
            _ => {}
        }
    }
}

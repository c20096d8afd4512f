//! The instances of a design, and what drives each of their signals.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ir::{ExprId, Item, Location, MemoryId, Module, SignalId, SignalKind, Statement};
use crate::{Design, walk};

/// One instance of a module.
pub(super) struct Scope<'a> {
    /// Instance path, without the top module; empty at the top.
    pub path: String,
    /// Its module.
    pub module: &'a Module,
    /// The scope around it, and which of its instances this is.
    pub parent: Option<(usize, usize)>,
    /// Scopes of its own instances, in their order.
    pub children: Vec<usize>,
    drivers: HashMap<SignalId, Driver<'a>>,
}

/// What drives a signal.
#[derive(Clone, Copy)]
pub(super) enum Driver<'a> {
    /// An assignment.
    Assign(ExprId, Location),
    /// A combinational block.
    Comb(&'a [Statement]),
    /// A clocked block.
    Clocked(&'a [Statement]),
    /// This instance, by its output of the same number.
    Instance(usize, &'a str),
    /// A synchronous read port of a memory, by its number.
    Read(MemoryId, usize),
}

impl<'a> Scope<'a> {
    /// `name` with the instance path before it.
    pub fn full_name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// What drives a signal; inputs and constants have no driver.
    pub fn driver(&self, id: SignalId) -> Option<Driver<'a>> {
        self.drivers.get(&id).copied()
    }

    /// The signal of this name.
    pub fn find(&self, name: &str) -> Option<SignalId> {
        let index = self.module.signals.iter().position(|signal| signal.name == name)?;
        Some(SignalId(index as u32))
    }

    /// What an input is connected to in the scope around it.
    pub fn connection(&self, scopes: &[Scope], id: SignalId) -> Option<(usize, ExprId)> {
        let (parent, instance) = self.parent?;
        let name = &self.module.signal(id).name;
        let inputs = &scopes[parent].module.instances[instance].inputs;
        inputs.iter().find_map(|(port, value)| (port == name).then_some((parent, *value)))
    }

    /// Whether a signal is an input.
    pub fn is_input(&self, id: SignalId) -> bool {
        matches!(self.module.signal(id).kind, SignalKind::Input)
    }

    /// The clocked blocks that write a memory.
    pub fn writers(&self, memory: MemoryId) -> impl Iterator<Item = &'a [Statement]> {
        let module = self.module;
        module.items.iter().filter_map(move |item| {
            let Item::Clocked(body, _) = item else { return None };
            let mut writes = false;
            walk::statements(body, &mut |statement| {
                writes |= matches!(statement, Statement::Write { memory: of, .. } if *of == memory);
            });
            writes.then_some(&body[..])
        })
    }
}

/// All instances; the first is the top.
pub(super) fn scopes(design: &Design) -> Vec<Scope<'_>> {
    let mut scopes = Vec::new();
    add(&mut scopes, &design.top, String::new(), None);
    scopes
}

fn add<'a>(
    scopes: &mut Vec<Scope<'a>>,
    module: &'a Arc<Module>,
    path: String,
    parent: Option<(usize, usize)>,
) -> usize {
    let index = scopes.len();
    let drivers = drivers(module);
    scopes.push(Scope { path, module, parent, children: Vec::new(), drivers });
    for (number, instance) in module.instances.iter().enumerate() {
        let path = scopes[index].full_name(&instance.name);
        let child = add(scopes, &instance.module, path, Some((index, number)));
        scopes[index].children.push(child);
    }
    index
}

fn drivers(module: &Module) -> HashMap<SignalId, Driver<'_>> {
    let mut drivers = HashMap::new();
    for item in &module.items {
        match item {
            Item::Assign { target, value, location } => {
                drivers.insert(*target, Driver::Assign(*value, *location));
            }
            Item::Comb(body, _) => targets(body, |target| {
                drivers.insert(target, Driver::Comb(body));
            }),
            Item::Clocked(body, _) => targets(body, |target| {
                drivers.insert(target, Driver::Clocked(body));
            }),
            Item::Instance(id) => {
                let number = id.0 as usize;
                for (port, wire) in &module.instances[number].outputs {
                    drivers.insert(*wire, Driver::Instance(number, port));
                }
            }
            Item::DeclareMemory(id) => {
                let reads = module.memories[id.0 as usize].sync_reads.iter().enumerate();
                drivers.extend(reads.map(|(port, read)| (read.data, Driver::Read(*id, port))));
            }
            _ => {}
        }
    }
    drivers
}

fn targets(body: &[Statement], mut found: impl FnMut(SignalId)) {
    walk::statements(body, &mut |statement| {
        if let Statement::Set { target, .. } = statement {
            found(*target);
        }
    });
}

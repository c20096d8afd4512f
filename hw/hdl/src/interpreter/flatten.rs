//! Flattening: one list of nets and drivers for the whole hierarchy.
//!
//! A child's port shares the net of the signal that it is connected to, so a connection costs
//! nothing at run time; only an input fed by an expression gets a net and a driver of its own.

use std::collections::HashMap;
use std::sync::Arc;

use crate::{Bits, ir, walk};

/// Index into [`Flat::nets`].
pub(super) type NetId = usize;
/// Index into [`Flat::scopes`].
pub(super) type ScopeId = usize;

/// One signal of the flattened design.
pub(super) struct Net {
    /// Hierarchical name, for messages.
    pub name: String,
    /// Width in bits.
    pub width: u32,
    /// What holds or drives it.
    pub kind: NetKind,
}

/// What holds or drives a net.
#[derive(PartialEq)]
pub(super) enum NetKind {
    /// Combinational, or an input of the top module.
    Wire,
    /// Changes at clock edges; with its value in reset, if any.
    State(Option<Bits>),
    /// Never changes.
    Constant(Bits),
}

/// One instance of a module.
pub(super) struct Scope {
    /// Instance path, without the top module; empty at the top.
    pub path: String,
    /// Its module.
    pub module: Arc<ir::Module>,
    /// Net of each signal of the module.
    pub nets: Vec<NetId>,
    /// Index in [`Flat::memories`] of the module's first memory.
    pub first_memory: usize,
}

impl Scope {
    /// `name` with the instance path before it.
    pub fn full_name(&self, name: &str) -> String {
        join(&self.path, name)
    }
}

/// One memory of the flattened design.
pub(super) struct FlatMemory {
    /// Hierarchical name.
    pub name: String,
    /// Words.
    pub depth: u32,
    /// Bits of a word.
    pub width: u32,
    /// Address and value of the words that it holds from the start.
    pub initial: Vec<(u32, u64)>,
}

/// What drives a combinational net.
pub(super) enum Driver {
    /// An assignment or an input connection.
    Expression {
        /// Instance that the expression belongs to.
        scope: ScopeId,
        /// Value.
        value: ir::ExprId,
        /// Driven net.
        target: NetId,
    },
    /// Another net.
    Net {
        /// Value.
        from: NetId,
        /// Driven net.
        target: NetId,
    },
    /// A `Comb` block: all its targets, or one of them.
    Comb {
        /// Instance of the block.
        scope: ScopeId,
        /// Index of the block in the module's items.
        item: usize,
        /// Targets that this driver computes.
        targets: Vec<ir::SignalId>,
    },
}

/// The flattened design.
#[derive(Default)]
pub(super) struct Flat {
    pub scopes: Vec<Scope>,
    pub nets: Vec<Net>,
    pub memories: Vec<FlatMemory>,
    pub drivers: Vec<Driver>,
}

/// Flattens the hierarchy below `top`; scope 0 is `top`.
pub(super) fn flatten(top: &Arc<ir::Module>) -> Flat {
    let mut flat = Flat::default();
    flat.add_scope(top, String::new(), &HashMap::new());
    flat
}

impl Flat {
    fn add_scope(
        &mut self,
        module: &Arc<ir::Module>,
        path: String,
        bound: &HashMap<&str, NetId>,
    ) -> ScopeId {
        let id = self.scopes.len();
        let nets: Vec<NetId> =
            module.signals.iter().map(|signal| self.add_net(signal, &path, bound)).collect();
        let first_memory = self.memories.len();
        for memory in &module.memories {
            self.memories.push(FlatMemory {
                name: join(&path, &memory.name),
                depth: memory.depth,
                width: memory.ty.width(),
                initial: memory.initial.iter().map(|word| (word.address, word.value)).collect(),
            });
            for read in &memory.sync_reads {
                self.nets[nets[read.data.0 as usize]].kind = NetKind::State(None);
            }
        }
        self.scopes.push(Scope { path, module: module.clone(), nets, first_memory });
        for (index, item) in module.items.iter().enumerate() {
            match item {
                ir::Item::Assign { target, value, .. } => {
                    let target = self.net(id, *target);
                    self.drivers.push(Driver::Expression { scope: id, value: *value, target });
                }
                ir::Item::Comb(statements, _) => {
                    for targets in comb_targets(module, statements) {
                        self.drivers.push(Driver::Comb { scope: id, item: index, targets });
                    }
                }
                ir::Item::Instance(instance) => {
                    self.add_instance(id, &module.instances[instance.0 as usize]);
                }
                _ => {}
            }
        }
        id
    }

    fn add_net(&mut self, signal: &ir::Signal, path: &str, bound: &HashMap<&str, NetId>) -> NetId {
        let kind = match &signal.kind {
            ir::SignalKind::Input | ir::SignalKind::Wire => NetKind::Wire,
            ir::SignalKind::Register { reset } => NetKind::State(reset.clone()),
            ir::SignalKind::Constant(value) => NetKind::Constant(value.clone()),
        };
        let shared = signal.port.and_then(|_| bound.get(signal.name.as_str()));
        if let Some(&net) = shared {
            if kind != NetKind::Wire {
                self.nets[net].kind = kind;
            }
            return net;
        }
        self.nets.push(Net { name: join(path, &signal.name), width: signal.ty.width(), kind });
        self.nets.len() - 1
    }

    fn add_instance(&mut self, parent: ScopeId, instance: &ir::Instance) {
        let path = self.scopes[parent].full_name(&instance.name);
        let mut bound: HashMap<&str, NetId> = HashMap::new();
        for (port, value) in &instance.inputs {
            let expr = &self.scopes[parent].module.exprs[value.0 as usize];
            let net = if let ir::ExprKind::Signal(signal) = expr.kind {
                self.net(parent, signal)
            } else {
                let width = expr.ty.width();
                self.nets.push(Net { name: join(&path, port), width, kind: NetKind::Wire });
                let target = self.nets.len() - 1;
                self.drivers.push(Driver::Expression { scope: parent, value: *value, target });
                target
            };
            bound.insert(port, net);
        }
        for (port, signal) in &instance.outputs {
            let target = self.net(parent, *signal);
            match bound.get(port.as_str()) {
                Some(&from) => self.drivers.push(Driver::Net { from, target }),
                None => {
                    bound.insert(port, target);
                }
            }
        }
        self.add_scope(&instance.module, path, &bound);
    }

    /// Net of a signal of a scope.
    pub fn net(&self, scope: ScopeId, signal: ir::SignalId) -> NetId {
        self.scopes[scope].nets[signal.0 as usize]
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_string() } else { format!("{path}.{name}") }
}

/// Groups of targets of a block that must be computed together. A block that reads one of its own
/// targets runs as written; any other is split by target, so that signals that only share a block
/// do not look like a loop.
fn comb_targets(module: &ir::Module, statements: &[ir::Statement]) -> Vec<Vec<ir::SignalId>> {
    let mut targets = Vec::new();
    let mut roots = Vec::new();
    visit(statements, &mut |target| targets.push(target), &mut |expr| roots.push(expr));
    targets.sort();
    targets.dedup();
    let mut reads_own = false;
    for_each_read(module, &roots, &mut |signal| {
        reads_own |= targets.binary_search(&signal).is_ok()
    });
    if reads_own { vec![targets] } else { targets.into_iter().map(|target| vec![target]).collect() }
}

/// Calls `on_target` for each assigned signal and `on_expr` for each expression used.
pub(super) fn visit(
    statements: &[ir::Statement],
    on_target: &mut impl FnMut(ir::SignalId),
    on_expr: &mut impl FnMut(ir::ExprId),
) {
    for statement in statements {
        match statement {
            ir::Statement::Set { target, value, .. } => {
                on_target(*target);
                on_expr(*value);
            }
            ir::Statement::Write { address, data, byte_enable, .. } => {
                on_expr(*address);
                on_expr(*data);
                byte_enable.iter().for_each(|expr| on_expr(*expr));
            }
            ir::Statement::If { arms, otherwise, .. } => {
                for (condition, body) in arms {
                    on_expr(*condition);
                    visit(body, on_target, on_expr);
                }
                visit(otherwise, on_target, on_expr);
            }
            ir::Statement::Switch { on, arms, default, .. } => {
                on_expr(*on);
                for (labels, body) in arms {
                    labels.iter().for_each(|label| on_expr(*label));
                    visit(body, on_target, on_expr);
                }
                visit(default, on_target, on_expr);
            }
        }
    }
}

/// Calls `on_signal` for each signal that the expressions `roots` read, once for each node.
pub(super) fn for_each_read(
    module: &ir::Module,
    roots: &[ir::ExprId],
    on_signal: &mut impl FnMut(ir::SignalId),
) {
    for id in reachable(module, roots, |_| true) {
        if let ir::ExprKind::Signal(signal) = module.expr(id).kind {
            on_signal(signal);
        }
    }
}

/// The nodes below and including `roots` for which `wanted` holds, operands before their users.
/// Nodes below an unwanted one are not visited through it.
pub(super) fn reachable(
    module: &ir::Module,
    roots: &[ir::ExprId],
    wanted: impl Fn(ir::ExprId) -> bool,
) -> Vec<ir::ExprId> {
    let mut stack = roots.to_vec();
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        if wanted(id) && seen.insert(id) {
            found.push(id);
            walk::operands(&module.expr(id).kind, &mut |operand| stack.push(operand));
        }
    }
    found.sort();
    found
}

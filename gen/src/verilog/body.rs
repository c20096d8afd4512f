//! What stands between the ports and `endmodule`, in the designer's order.
//!
//! A wire is declared where it gets its value, so that declaration and expression share a line.
//! Instances and read ports of memories wait until everything that they connect is declared.

use std::collections::{HashMap, HashSet};

use systole_hdl::Bits;
use systole_hdl::ir::{
    ExprId, InitialWord, InstanceId, Item, Location, Memory, MemoryId, Module, RamStyle, SignalId,
    SignalKind, Statement,
};
use systole_hdl::walk::{self, Reads};

use super::declarations::{self, Variables};
use super::expression::{Expressions, Hoisted};
use super::layout::Remarks;
use super::literal::literal;
use super::statement::Statements;

/// A block and whether an empty line stands before it.
pub(super) struct Entry {
    pub gap: bool,
    pub block: Block,
}

/// A part of a module's body; `mark` stands for its comment.
pub(super) enum Block {
    Section {
        title: String,
    },
    Constant {
        ty: String,
        name: String,
        value: String,
        mark: String,
    },
    Net {
        kind: &'static str,
        ty: String,
        name: String,
        value: Option<String>,
        mark: String,
    },
    Assign {
        target: String,
        value: String,
        mark: String,
    },
    Clocked {
        body: Vec<String>,
        mark: String,
    },
    Comb {
        body: Vec<String>,
        mark: String,
    },
    Memory {
        style: Option<&'static str>,
        collisions_unused: bool,
        ty: String,
        name: String,
        last: u32,
        init: Option<String>,
        initial: Vec<String>,
        mark: String,
    },
    Instance {
        module: String,
        name: String,
        pins: Vec<Pin>,
        mark: String,
    },
}

impl Block {
    /// Whether it takes a line and sits tight with its like.
    fn is_line(&self) -> bool {
        matches!(self, Self::Constant { .. } | Self::Net { .. } | Self::Assign { .. })
    }
}

/// A connection of an instance.
pub(super) struct Pin {
    /// Padded to the longest.
    pub port: String,
    pub value: String,
}

/// What waits for its connections to be declared.
#[derive(Clone, Copy)]
enum Waiting {
    Instance(InstanceId),
    /// Read port `.1` of a memory.
    Read(MemoryId, usize),
}

pub(super) struct Body<'p, 'm> {
    module: &'m Module,
    variables: &'p Variables,
    expressions: &'p mut Expressions<'m>,
    remarks: &'p mut Remarks,
    entries: Vec<Entry>,
    declared: HashSet<SignalId>,
    /// Wires declared where they get their value or where they are first used.
    late: HashSet<SignalId>,
    waiting: Vec<Waiting>,
}

impl<'p, 'm> Body<'p, 'm> {
    pub fn new(
        module: &'m Module,
        variables: &'p Variables,
        expressions: &'p mut Expressions<'m>,
        remarks: &'p mut Remarks,
    ) -> Self {
        let reads = module.memories.iter().flat_map(|memory| &memory.sync_reads);
        let outputs = module.instances.iter().flat_map(|instance| &instance.outputs);
        let mut late: HashSet<_> = reads.map(|read| read.data).collect();
        late.extend(outputs.map(|(_, wire)| *wire));
        late.extend(module.items.iter().filter_map(|item| match item {
            Item::Assign { target, .. } => Some(*target),
            _ => None,
        }));
        let ports = module.signals.iter().enumerate().filter(|(_, signal)| signal.port.is_some());
        let declared = ports.map(|(i, _)| SignalId(i as u32)).collect();
        let (entries, waiting) = Default::default();
        Self { module, variables, expressions, remarks, entries, declared, late, waiting }
    }

    pub fn print(mut self) -> Vec<Entry> {
        let module = self.module;
        for item in &module.items {
            self.item(item);
            self.release(false);
        }
        self.release(true);
        self.drop_empty_sections();
        self.entries
    }

    /// Properties and other items are printed elsewhere, which may leave nothing below a heading.
    fn drop_empty_sections(&mut self) {
        let is_section = |entry: &Entry| matches!(entry.block, Block::Section { .. });
        let mut kept: Vec<Entry> = Vec::new();
        for entry in self.entries.drain(..) {
            if is_section(&entry) && kept.last().is_some_and(is_section) {
                kept.pop();
            }
            kept.push(entry);
        }
        if kept.last().is_some_and(is_section) {
            kept.pop();
        }
        self.entries = kept;
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Declare(id) if self.late.contains(id) => {}
            Item::Declare(id) => self.declare(*id),
            Item::DeclareMemory(id) => self.memory(*id),
            Item::Assign { target, value, location } => self.assign(*target, *value, *location),
            Item::Clocked(body, location) => self.clocked(body, *location),
            Item::Comb(body, location) => self.comb(body, *location),
            Item::Instance(id) => self.waiting.push(Waiting::Instance(*id)),
            Item::Section(title) => {
                self.push(Block::Section { title: title.clone() });
            }
            Item::Property { .. } | Item::Unused(_) => {}
        }
    }

    /// Prints what no longer waits for anything; with `force`, everything.
    fn release(&mut self, force: bool) {
        for waiting in std::mem::take(&mut self.waiting) {
            let needs = self.needs(waiting);
            if !force && !needs.iter().all(|id| self.declared.contains(id)) {
                self.waiting.push(waiting);
                continue;
            }
            needs.into_iter().for_each(|id| self.declare(id));
            match waiting {
                Waiting::Instance(id) => self.instance(id),
                Waiting::Read(memory, port) => self.read_port(memory, port),
            }
        }
    }

    fn needs(&self, waiting: Waiting) -> Vec<SignalId> {
        let mut reads = Reads::new(self.module);
        match waiting {
            Waiting::Instance(id) => {
                let inputs = &self.module.instances[id.0 as usize].inputs;
                inputs.iter().for_each(|(_, value)| reads.add(*value));
            }
            Waiting::Read(memory, port) => {
                let read = &self.module.memories[memory.0 as usize].sync_reads[port];
                reads.add(read.address);
                reads.add(read.enable);
            }
        }
        reads.signals
    }

    /// Declares what an expression reads, if that was put off.
    fn declare_reads(&mut self, roots: impl FnOnce(&mut Reads<'m>)) {
        let mut reads = Reads::new(self.module);
        roots(&mut reads);
        for id in reads.signals {
            self.declare(id);
        }
    }

    fn declare(&mut self, id: SignalId) {
        if !self.declared.insert(id) {
            return;
        }
        let signal = self.module.signal(id);
        let ty = declarations::ty(signal.ty);
        let mark = self.remarks.origin(&signal.doc, signal.location);
        let name = signal.name.clone();
        self.push(match declarations::constant(signal) {
            Some(value) => Block::Constant { ty, name, value: literal(value, signal.ty), mark },
            None => Block::Net { kind: self.variables.keyword(id), ty, name, value: None, mark },
        });
    }

    fn memory(&mut self, id: MemoryId) {
        let memory = &self.module.memories[id.0 as usize];
        let mark = self.remarks.origin(&memory.doc, memory.location);
        self.push(Block::Memory {
            collisions_unused: memory.collisions_unused,
            style: match memory.style {
                RamStyle::Auto => None,
                RamStyle::Block => Some("block"),
                RamStyle::Distributed => Some("distributed"),
            },
            ty: declarations::ty(memory.ty),
            name: memory.name.clone(),
            last: memory.depth - 1,
            init: memory.init_file.clone(),
            initial: memory.initial.iter().map(|word| initial_word(memory, word)).collect(),
            mark,
        });
        self.waiting.extend((0..memory.sync_reads.len()).map(|port| Waiting::Read(id, port)));
    }

    fn read_port(&mut self, id: MemoryId, port: usize) {
        let read = &self.module.memories[id.0 as usize].sync_reads[port];
        self.declare(read.data);
        let data = &self.module.signal(read.data).name;
        self.expressions.begin(data);
        self.expressions.names.read_all("clk");
        let word = self.expressions.word(id, read.address);
        let enable = self.expressions.constant_one(read.enable);
        let assignment = format!("{data} <= {word};");
        let line = if enable {
            assignment
        } else {
            format!("if ({}) {assignment}", self.expressions.root(read.enable).code)
        };
        let line = format!("{line}{}", self.remarks.silent(read.location));
        let mark = self.remarks.origin("", read.location);
        self.push(Block::Clocked { body: vec![line], mark });
    }

    fn assign(&mut self, target: SignalId, value: ExprId, location: Location) {
        self.declare_reads(|reads| reads.add(value));
        let signal = self.module.signal(target);
        self.expressions.begin(&signal.name);
        let value = self.expressions.assigned(value);
        if self.declared.insert(target) {
            let mark = self.remarks.origin(&signal.doc, location);
            let (ty, name) = (declarations::ty(signal.ty), signal.name.clone());
            self.push(Block::Net { kind: "wire", ty, name, value: Some(value), mark });
        } else {
            let mark = self.remarks.origin("", location);
            self.push(Block::Assign { target: signal.name.clone(), value, mark });
        }
    }

    fn clocked(&mut self, statements: &[Statement], location: Location) {
        let (mut body, _) = self.statements(statements, "<=", location);
        self.expressions.names.read_all("clk");
        let mut resets = Vec::new();
        let mut seen = HashSet::new();
        walk::statements(statements, &mut |statement| {
            if let Statement::Set { target, .. } = statement
                && seen.insert(*target)
            {
                resets.extend(self.reset(*target));
            }
        });
        if !resets.is_empty() {
            self.expressions.names.read_all("rst");
        }
        if let [reset] = resets.as_slice() {
            body.push(format!("if (rst) {reset}"));
        } else if !resets.is_empty() {
            body.push("if (rst) begin".into());
            body.extend(resets.into_iter().map(|reset| format!("    {reset}")));
            body.push("end".into());
        }
        let mark = self.remarks.origin("", location);
        self.push(Block::Clocked { body, mark });
    }

    /// The assignment of a register's reset value; it comes last, so it wins.
    fn reset(&mut self, id: SignalId) -> Option<String> {
        let signal = self.module.signal(id);
        let SignalKind::Register { reset: Some(value) } = &signal.kind else { return None };
        let mark = self.remarks.silent(signal.location);
        Some(format!("{} <= {};{mark}", signal.name, literal(value, signal.ty)))
    }

    fn comb(&mut self, statements: &[Statement], location: Location) {
        let (mut body, variables) = self.statements(statements, "=", location);
        // Set on every path, so that no latch is inferred.
        let first = variables.iter().map(|variable| {
            let zero = literal(&Bits::zero(variable.ty.width()), variable.ty);
            format!("{} = {zero};", variable.name)
        });
        body.splice(0..0, first);
        for variable in variables {
            let mark = self.remarks.origin("", variable.location);
            let (ty, name) = (declarations::ty(variable.ty), variable.name);
            self.push(Block::Net { kind: "reg", ty, name, value: None, mark });
        }
        let mark = self.remarks.origin("", location);
        self.push(Block::Comb { body, mark });
    }

    /// The lines of a block, and the variables of its own that it needs.
    fn statements(
        &mut self,
        statements: &[Statement],
        assignment: &'static str,
        location: Location,
    ) -> (Vec<String>, Vec<Hoisted>) {
        let mut targets = HashSet::new();
        self.declare_reads(|reads| {
            walk::statements(statements, &mut |statement| {
                walk::statement_roots(statement, &mut |root| reads.add(root));
                if let Statement::Set { target, .. } = statement {
                    targets.insert(*target);
                }
            });
        });
        let subject = format!("line_{}", location.line);
        if assignment == "=" {
            self.expressions.begin_combinational(&subject, targets);
        } else {
            self.expressions.begin(&subject);
        }
        let mut printer = Statements::new(self.module, self.expressions, self.remarks, assignment);
        printer.block(statements, 0);
        printer.finish()
    }

    fn instance(&mut self, id: InstanceId) {
        let instance = &self.module.instances[id.0 as usize];
        instance.outputs.iter().for_each(|(_, wire)| self.declare(*wire));
        let inputs: HashMap<_, _> = instance.inputs.iter().map(|(p, value)| (p, *value)).collect();
        let outputs: HashMap<_, _> = instance.outputs.iter().map(|(p, wire)| (p, *wire)).collect();
        let mut pins = Vec::new();
        for (port, is_there) in
            [("clk", instance.module.has_clock()), ("rst", instance.module.has_reset())]
        {
            if is_there {
                self.expressions.names.read_all(port);
                pins.push((port.to_string(), port.to_string()));
            }
        }
        for port in instance.module.ports() {
            self.expressions.begin(&format!("{}_{}", instance.name, port.name));
            let value = if let Some(value) = inputs.get(&port.name) {
                self.expressions.root(*value).code
            } else if let Some(wire) = outputs.get(&port.name) {
                self.module.signal(*wire).name.clone()
            } else {
                self.unconnected(&instance.name, port, instance.location)
            };
            pins.push((port.name.clone(), value));
        }
        let width = pins.iter().map(|(port, _)| port.len()).max().unwrap_or(0);
        let pad = |(port, value)| Pin { port: format!("{port:width$}"), value };
        let mark = self.remarks.origin("", instance.location);
        self.push(Block::Instance {
            module: instance.module.name.clone(),
            name: instance.name.clone(),
            pins: pins.into_iter().map(pad).collect(),
            mark,
        });
    }

    /// A wire for an output that nothing reads.
    fn unconnected(
        &mut self,
        instance: &str,
        port: &systole_hdl::ir::Signal,
        location: Location,
    ) -> String {
        let name = self.expressions.names.fresh(&format!("{instance}_{}", port.name), port.ty);
        let mark = self.remarks.origin("", location);
        let ty = declarations::ty(port.ty);
        self.push(Block::Net { kind: "wire", ty, name: name.clone(), value: None, mark });
        name
    }

    /// Adds a block, after the wires that its expressions need.
    fn push(&mut self, block: Block) {
        for wire in self.expressions.take_hoisted() {
            let mark = self.remarks.origin("", wire.location);
            let ty = declarations::ty(wire.ty);
            let (name, value) = (wire.name, Some(wire.value));
            self.add(Block::Net { kind: "wire", ty, name, value, mark });
        }
        self.add(block);
    }

    fn add(&mut self, block: Block) {
        let gap = match self.entries.last() {
            None => true,
            Some(last) => match (&last.block, &block) {
                (_, Block::Section { .. }) => true,
                (Block::Section { .. }, _) => false,
                (last, block) => !(last.is_line() && block.is_line()),
            },
        };
        self.entries.push(Entry { gap, block });
    }
}

/// The assignment of a word that a memory holds from the start.
fn initial_word(memory: &Memory, word: &InitialWord) -> String {
    let value = literal(&Bits::from_words(memory.ty.width(), &[word.value]), memory.ty);
    let assignment = format!("{}[{}] = {value};", memory.name, word.address);
    if word.doc.is_empty() { assignment } else { format!("{assignment} // {}", word.doc) }
}

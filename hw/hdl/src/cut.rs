//! A module on its own: what its children and memories would answer becomes its inputs, what they
//! are asked its outputs.
//!
//! Two modules that are equal after this are equal with any children and memories: enough to show
//! that a mutant changes nothing.

use crate::Bits;
use crate::evert::Read;
use crate::ir::{
    Direction, Expr, ExprId, ExprKind, InstanceId, Item, Location, Module, Signal, SignalId,
    SignalKind, Statement, Ty,
};

/// A module that is being cut.
pub(crate) struct Cutter {
    /// What has become of it.
    pub module: Module,
    /// What drives the new outputs.
    pub extra: Vec<Item>,
}

impl Cutter {
    /// A module, with everything but its properties.
    pub fn new(module: &Module) -> Self {
        let mut module = module.clone();
        module.items.retain(|item| !matches!(item, Item::Property { .. } | Item::Unused(_)));
        Self { module, extra: Vec::new() }
    }

    /// The module.
    pub fn finish(self) -> Module {
        let Self { mut module, extra } = self;
        module.items.retain(|item| !matches!(item, Item::DeclareMemory(_)));
        module.items.extend(extra);
        module.memories.clear();
        module
    }

    /// A new port.
    pub fn port(&mut self, name: &str, ty: Ty, direction: Direction) -> SignalId {
        let kind = match direction {
            Direction::Input => SignalKind::Input,
            Direction::Output => SignalKind::Wire,
        };
        let (name, location) = (format!("cut_{name}"), self.module.location);
        let port = Some(direction);
        self.module.signals.push(Signal { name, ty, kind, port, doc: String::new(), location });
        SignalId(self.module.signals.len() as u32 - 1)
    }

    /// An output that shows `value`; gives its name.
    fn show(&mut self, name: &str, value: ExprId) -> String {
        let (ty, location) = (self.module.expr(value).ty, self.module.location);
        let target = self.port(name, ty, Direction::Output);
        self.extra.push(Item::Assign { target, value, location });
        self.module.signal(target).name.clone()
    }

    /// Makes what was driven from outside an input; returns that.
    pub fn free(&mut self, name: &str, wire: SignalId) -> SignalId {
        let signal = &mut self.module.signals[wire.0 as usize];
        if signal.port.is_none() {
            (signal.kind, signal.port) = (SignalKind::Input, Some(Direction::Input));
            self.module.items.retain(|item| *item != Item::Declare(wire));
            return wire;
        }
        signal.kind = SignalKind::Wire;
        let (ty, location) = (signal.ty, signal.location);
        let input = self.port(name, ty, Direction::Input);
        let value = self.expr(ExprKind::Signal(input), ty, location);
        self.extra.push(Item::Assign { target: wire, value, location });
        input
    }

    /// A new expression.
    pub fn expr(&mut self, kind: ExprKind, ty: Ty, location: Location) -> ExprId {
        self.module.exprs.push(Expr { kind, ty, location });
        ExprId(self.module.exprs.len() as u32 - 1)
    }

    /// Cuts off the children of these modules; gives the modules' names and the outputs that show
    /// what the children are given.
    pub fn instances(&mut self, cut: impl Fn(&Module) -> bool) -> Vec<(String, String)> {
        let mut asked = Vec::new();
        let mut kept = Vec::new();
        let mut items = std::mem::take(&mut self.module.items);
        let instances = std::mem::take(&mut self.module.instances);
        items.retain_mut(|item| {
            let Item::Instance(id) = item else { return true };
            let instance = &instances[id.0 as usize];
            let stays = !cut(&instance.module);
            if stays {
                *id = InstanceId(kept.len() as u32);
                kept.push(instance.clone());
            }
            stays
        });
        (self.module.items, self.module.instances) = (items, kept);
        for instance in instances.iter().filter(|instance| cut(&instance.module)) {
            for (port, value) in &instance.inputs {
                let shown = self.show(&format!("{}_{port}", instance.name), *value);
                asked.push((instance.module.name.clone(), shown));
            }
            for (port, wire) in &instance.outputs {
                self.free(&format!("{}_{port}", instance.name), *wire);
            }
        }
        asked
    }

    /// Cuts the memories off; gives their read ports. What is written is set in clocked blocks still.
    pub fn memories(&mut self) -> Vec<Read> {
        let mut reads = self.synchronous_reads();
        reads.extend(self.asynchronous_reads());
        self.writes();
        reads
    }

    fn synchronous_reads(&mut self) -> Vec<Read> {
        let mut reads = Vec::new();
        for memory in self.module.memories.clone() {
            for (number, read) in memory.sync_reads.iter().enumerate() {
                let name = format!("{}_read_{number}", memory.name);
                let address = self.show(&format!("{name}_address"), read.address);
                let enable = Some(self.show(&format!("{name}_enable"), read.enable));
                let data = self.free(&name, read.data);
                reads.push(Read { address, enable, data: self.module.signal(data).name.clone() });
            }
        }
        reads
    }

    fn asynchronous_reads(&mut self) -> Vec<Read> {
        let mut reads = Vec::new();
        for index in 0..self.module.exprs.len() {
            let Expr { kind, ty, .. } = self.module.exprs[index].clone();
            let ExprKind::MemoryRead(memory, address) = kind else { continue };
            let memory = &self.module.memories[memory.0 as usize].name;
            let name = format!("{memory}_word_{}", reads.len());
            let address = self.show(&format!("{name}_address"), address);
            let input = self.port(&name, ty, Direction::Input);
            self.module.exprs[index].kind = ExprKind::Signal(input);
            let data = self.module.signal(input).name.clone();
            reads.push(Read { address, enable: None, data });
        }
        reads
    }

    /// Writes become outputs that say what is written where: 0 while nothing is.
    fn writes(&mut self) {
        let mut items = std::mem::take(&mut self.module.items);
        let mut count = 0;
        for item in &mut items {
            if let Item::Clocked(body, location) = item {
                let mut defaults = Vec::new();
                self.writes_of(body, &mut count, &mut defaults);
                for target in defaults.into_iter().rev() {
                    let ty = self.module.signal(target).ty;
                    let zero = ExprKind::Literal(Bits::zero(ty.width()));
                    let value = self.expr(zero, ty, *location);
                    body.insert(0, Statement::Set { target, value, location: *location });
                }
            }
        }
        self.module.items = items;
    }

    fn writes_of(
        &mut self,
        body: &mut Vec<Statement>,
        count: &mut usize,
        defaults: &mut Vec<SignalId>,
    ) {
        let mut index = 0;
        while index < body.len() {
            let Statement::Write { memory, address, data, byte_enable, location } = body[index]
            else {
                match &mut body[index] {
                    Statement::If { arms, otherwise, .. } => {
                        for (_, inner) in arms {
                            self.writes_of(inner, count, defaults);
                        }
                        self.writes_of(otherwise, count, defaults);
                    }
                    Statement::Switch { arms, default, .. } => {
                        for (_, inner) in arms {
                            self.writes_of(inner, count, defaults);
                        }
                        self.writes_of(default, count, defaults);
                    }
                    Statement::Set { .. } | Statement::Write { .. } => {}
                }
                index += 1;
                continue;
            };
            let name = format!("{}_write_{count}", self.module.memories[memory.0 as usize].name);
            *count += 1;
            let one = self.expr(ExprKind::Literal(Bits::new(1, 1)), Ty::U(1), location);
            let parts = [("valid", Some(one)), ("address", Some(address)), ("data", Some(data))];
            let parts = parts.into_iter().chain([("bytes", byte_enable)]);
            let mut sets = Vec::new();
            for (part, value) in parts.filter_map(|(part, value)| Some((part, value?))) {
                let ty = self.module.expr(value).ty;
                let target = self.port(&format!("{name}_{part}"), ty, Direction::Output);
                sets.push(Statement::Set { target, value, location });
                defaults.push(target);
            }
            let added = sets.len();
            body.splice(index..=index, sets);
            index += added;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;
    use std::sync::Arc;

    #[test]
    fn children_and_reads_become_ports() {
        let child = module("child", |m| {
            let a = m.input("a", U(4));
            m.output("b", a + 1);
        });
        let whole = module("whole", |m| {
            let address = m.input("address", U(3));
            let memory = m.memory("memory", 8, U(4));
            let word = memory.read(address);
            let part = m.instance("part", &child).pin("a", word);
            m.output("sum", part.out("b") + 1);
            m.clocked(|| memory.write(address, part.out("b")));
        });
        let design = check(&whole).unwrap();
        let mut cutter = Cutter::new(&design.top);
        let asked = cutter.instances(|_| true);
        assert_eq!(asked, [("child".into(), "cut_part_a".into())]);
        let reads = cutter.memories();
        let (address, data) = ("cut_memory_word_0_address".into(), "cut_memory_word_0".into());
        assert_eq!(reads, [Read { address, enable: None, data }]);
        let mut module = cutter.finish();
        module.items.retain(|item| !matches!(item, Item::Clocked(..)));
        let alone = Design::unchecked(Arc::new(module));
        assert_eq!(alone.modules().len(), 1);
        let mut sim = Interpreter::new(&alone);
        sim.set("address", 5);
        sim.set("cut_memory_word_0", 9);
        sim.set("part_b", 3);
        assert_eq!((sim.get("cut_part_a"), sim.get("sum")), (9, 4));
        assert_eq!(sim.get("cut_memory_word_0_address"), 5);
    }
}

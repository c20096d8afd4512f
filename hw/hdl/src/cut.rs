//! A module on its own: what its children and memories would answer becomes its inputs, what they
//! are asked its outputs.
//!
//! Two modules that are equal after this are equal with any children and memories: enough to show
//! that a mutant changes nothing.

use crate::Bits;
use crate::ir::{
    Direction, Expr, ExprId, ExprKind, Item, Location, Module, Signal, SignalId, SignalKind,
    Statement, Ty,
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

    /// The module, with its instances if they are still in place.
    pub fn finish(self, instances: bool) -> Module {
        let Self { mut module, extra } = self;
        module.items.retain(|item| match item {
            Item::Instance(_) => instances,
            Item::DeclareMemory(_) => false,
            _ => true,
        });
        module.items.extend(extra);
        if !instances {
            module.instances.clear();
        }
        module.memories.clear();
        module
    }

    /// A new port.
    pub fn port(&mut self, name: &str, ty: Ty, direction: Direction) -> SignalId {
        let kind = match direction {
            Direction::Input => SignalKind::Input,
            Direction::Output => SignalKind::Wire,
        };
        self.signal(name, ty, kind, direction)
    }

    fn signal(&mut self, name: &str, ty: Ty, kind: SignalKind, direction: Direction) -> SignalId {
        let (name, location) = (format!("cut_{name}"), self.module.location);
        let port = Some(direction);
        self.module.signals.push(Signal { name, ty, kind, port, doc: String::new(), location });
        SignalId(self.module.signals.len() as u32 - 1)
    }

    /// An output that shows `value`.
    fn show(&mut self, name: &str, value: ExprId) {
        let (ty, location) = (self.module.expr(value).ty, self.module.location);
        let target = self.port(name, ty, Direction::Output);
        self.extra.push(Item::Assign { target, value, location });
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

    /// Cuts the children off.
    pub fn instances(&mut self) {
        for instance in self.module.instances.clone() {
            for (port, value) in &instance.inputs {
                self.show(&format!("{}_{port}", instance.name), *value);
            }
            for (port, wire) in &instance.outputs {
                self.free(&format!("{}_{port}", instance.name), *wire);
            }
        }
    }

    /// Cuts the memories off.
    pub fn memories(&mut self) {
        self.synchronous_reads();
        self.asynchronous_reads();
        self.writes();
    }

    fn synchronous_reads(&mut self) {
        for memory in self.module.memories.clone() {
            for (number, read) in memory.sync_reads.iter().enumerate() {
                let name = format!("{}_read_{number}", memory.name);
                // The address of a read that does not happen does not matter.
                let Expr { ty, location, .. } = *self.module.expr(read.address);
                let zero = self.expr(ExprKind::Literal(Bits::new(ty.width(), 0)), ty, location);
                let kind =
                    ExprKind::Mux { condition: read.enable, then: read.address, other: zero };
                let address = self.expr(kind, ty, location);
                self.show(&format!("{name}_address"), address);
                self.show(&format!("{name}_enable"), read.enable);
                self.free(&name, read.data);
            }
        }
    }

    fn asynchronous_reads(&mut self) {
        let mut count = 0;
        for index in 0..self.module.exprs.len() {
            let Expr { kind, ty, .. } = self.module.exprs[index].clone();
            let ExprKind::MemoryRead(memory, address) = kind else { continue };
            let name = format!("{}_word_{count}", self.module.memories[memory.0 as usize].name);
            count += 1;
            self.show(&format!("{name}_address"), address);
            let input = self.port(&name, ty, Direction::Input);
            self.module.exprs[index].kind = ExprKind::Signal(input);
        }
    }

    /// Writes become registers that say what was written where in the last cycle.
    fn writes(&mut self) {
        let mut items = std::mem::take(&mut self.module.items);
        let mut count = 0;
        for item in &mut items {
            if let Item::Clocked(body, location) = item {
                let mut defaults = Vec::new();
                self.writes_of(body, &mut count, &mut defaults);
                for target in defaults.into_iter().rev() {
                    let value = self.bit(false, *location);
                    body.insert(0, Statement::Set { target, value, location: *location });
                }
            }
        }
        self.module.items = items;
    }

    fn bit(&mut self, value: bool, location: Location) -> ExprId {
        self.expr(ExprKind::Literal(Bits::new(1, value.into())), Ty::U(1), location)
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
            let one = self.bit(true, location);
            let parts = [("valid", Some(one)), ("address", Some(address)), ("data", Some(data))];
            let parts = parts.into_iter().chain([("bytes", byte_enable)]);
            let mut sets = Vec::new();
            for (part, value) in parts.filter_map(|(part, value)| Some((part, value?))) {
                let ty = self.module.expr(value).ty;
                let register = SignalKind::Register { reset: None };
                let name = format!("{name}_{part}");
                let target = self.signal(&name, ty, register, Direction::Output);
                sets.push(Statement::Set { target, value, location });
                if part == "valid" {
                    defaults.push(target);
                }
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
    fn children_and_memories_become_ports() {
        let child = module("child", |m| {
            let a = m.input("a", U(4));
            m.output("b", a + 1);
        });
        let whole = module("whole", |m| {
            let (address, go) = (m.input("address", U(3)), m.input("go", Bit));
            let memory = m.memory("memory", 8, U(4));
            let word = memory.read(address);
            let part = m.instance("part", &child).pin("a", word);
            m.output("sum", part.out("b") + 1);
            m.clocked(|| {
                when(go, || memory.write(address, part.out("b")));
            });
        });
        let design = check(&whole).unwrap();
        let mut cutter = Cutter::new(&design.top);
        cutter.instances();
        cutter.memories();
        let alone = Design::unchecked(Arc::new(cutter.finish(false)));
        assert_eq!(alone.modules().len(), 1);
        let mut sim = Interpreter::new(&alone);
        sim.set("address", 5);
        sim.set("go", 1);
        sim.set("cut_memory_word_0", 9);
        sim.set("part_b", 3);
        assert_eq!((sim.get("cut_part_a"), sim.get("sum")), (9, 4));
        assert_eq!(sim.get("cut_memory_word_0_address"), 5);
        sim.step();
        assert_eq!(sim.get("cut_memory_write_0_valid"), 1);
        assert_eq!(sim.get("cut_memory_write_0_address"), 5);
        assert_eq!(sim.get("cut_memory_write_0_data"), 3);
        sim.set("go", 0);
        sim.step();
        assert_eq!(sim.get("cut_memory_write_0_valid"), 0);
    }
}

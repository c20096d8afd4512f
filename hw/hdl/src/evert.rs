//! A design without clock: what its registers hold and its memories answer becomes inputs, what the
//! registers would hold next and the memories are asked becomes outputs, at the ports of the top.
//!
//! Whoever puts two designs side by side thus says how their states and memories are related.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::Bits;
use crate::cut::Cutter;
use crate::ir::{Direction, ExprKind, Item, Module, SignalId, SignalKind, Statement};

/// A combinational design.
#[derive(Clone, Debug)]
pub struct Everted {
    /// The top; its name and those of all modules below begin with what was asked for.
    pub top: Arc<Module>,
    /// Every register. What else the top has are its own ports and those of children and memories
    /// that were cut off.
    pub registers: Vec<Register>,
    /// Every read port of a memory. What is written is plain outputs.
    pub reads: Vec<Read>,
    /// Every input of a child that was cut off: the name of the child's module, and the output.
    pub asked: Vec<(String, String)>,
}

/// The ports of the top that stand for a register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// Input: what it holds.
    pub now: String,
    /// Output: what it will hold, if there is no reset.
    pub next: String,
    /// Its value in reset, if it has one.
    pub reset: Option<Bits>,
}

/// The ports of the top that stand for a read port of a memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// Output: the address.
    pub address: String,
    /// Output: whether a synchronous read reads at the end of this cycle, or holds what it has.
    pub enable: Option<String>,
    /// Input: the word at the address; of a synchronous read the one that was read last.
    pub data: String,
}

/// How to evert.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// What the names of all modules begin with.
    pub prefix: &'a str,
    /// Names of the modules that stay in as children. Others are cut off: what they are given becomes
    /// outputs, what they give inputs.
    pub inside: &'a BTreeSet<String>,
    /// Stands in for the module of its name.
    pub swap: Option<&'a Module>,
}

/// Everts `module`. What memories answer is an input that has nothing to do with what was written:
/// enough to prove equality, not to disprove it. Outputs that say what is written are 0 while nothing
/// is. Properties are left out.
pub fn evert(module: &Module, way: Way) -> Everted {
    Everter { way, done: HashMap::new() }.module(module)
}

struct Everter<'a> {
    way: Way<'a>,
    done: HashMap<String, Everted>,
}

impl Everter<'_> {
    fn module(&mut self, module: &Module) -> Everted {
        if let Some(done) = self.done.get(&module.name) {
            return done.clone();
        }
        let module = match self.way.swap {
            Some(swap) if swap.name == module.name => swap,
            _ => module,
        };
        let Way { prefix, inside, .. } = self.way;
        let mut cutter = Cutter::new(module);
        let mut asked = cutter.instances(|child| !inside.contains(&child.name));
        let mut reads = cutter.memories();
        let mut registers = registers(&mut cutter);
        for index in 0..cutter.module.instances.len() {
            let child = self.module(&cutter.module.instances[index].module.clone());
            let lifted = lift(&mut cutter, index, &child);
            registers.extend(child.registers.iter().map(|register| register.at(&lifted)));
            reads.extend(child.reads.iter().map(|read| read.at(&lifted)));
            let at_parent = |(of, port): &(String, String)| (of.clone(), lifted[port].clone());
            asked.extend(child.asked.iter().map(at_parent));
        }
        let name = module.name.clone();
        let mut everted = cutter.finish();
        everted.name = format!("{prefix}{name}");
        everted.keep_hierarchy = false;
        let everted = Everted { top: Arc::new(everted), registers, reads, asked };
        self.done.insert(name, everted.clone());
        everted
    }
}

impl Register {
    /// In the parent, where the child's ports have other names.
    fn at(&self, lifted: &HashMap<String, String>) -> Self {
        let port = |name: &String| lifted[name].clone();
        Self { now: port(&self.now), next: port(&self.next), reset: self.reset.clone() }
    }
}

impl Read {
    fn at(&self, lifted: &HashMap<String, String>) -> Self {
        let port = |name: &String| lifted[name].clone();
        let enable = self.enable.as_ref().map(port);
        Self { address: port(&self.address), enable, data: port(&self.data) }
    }
}

/// Makes ports of the registers of a module.
fn registers(cutter: &mut Cutter) -> Vec<Register> {
    let is_register =
        |&id: &SignalId| matches!(cutter.module.signal(id).kind, SignalKind::Register { .. });
    let all = (0..cutter.module.signals.len() as u32).map(SignalId);
    let registers: Vec<SignalId> = all.filter(is_register).collect();
    let mut next = HashMap::new();
    let mut ports = Vec::new();
    for register in registers {
        let signal = cutter.module.signal(register).clone();
        let SignalKind::Register { reset } = signal.kind else { unreachable!("a register") };
        let output = cutter.port(&format!("{}_next", signal.name), signal.ty, Direction::Output);
        let output_name = cutter.module.signal(output).name.clone();
        let input = cutter.free(&format!("{}_now", signal.name), register);
        let now = cutter.module.signal(input).name.clone();
        ports.push(Register { now, next: output_name, reset });
        next.insert(register, output);
    }
    let mut items = std::mem::take(&mut cutter.module.items);
    let mut driven = Vec::new();
    for item in &mut items {
        if let Item::Clocked(body, location) = item {
            let (mut body, location) = (std::mem::take(body), *location);
            let mut targets = Vec::new();
            redirect(&mut body, &next, &mut targets);
            targets.sort_unstable();
            targets.dedup();
            // What is not assigned stays.
            for &(register, target) in targets.iter().rev() {
                let ty = cutter.module.signal(register).ty;
                let value = cutter.expr(ExprKind::Signal(register), ty, location);
                body.insert(0, Statement::Set { target, value, location });
            }
            driven.extend(targets.into_iter().map(|(register, _)| register));
            *item = Item::Comb(body, location);
        }
    }
    cutter.module.items = items;
    // A register that nothing assigns has what it had.
    for (&register, &target) in next.iter().filter(|(register, _)| !driven.contains(register)) {
        let (ty, location) = (cutter.module.signal(register).ty, cutter.module.location);
        let value = cutter.expr(ExprKind::Signal(register), ty, location);
        cutter.extra.push(Item::Assign { target, value, location });
    }
    ports
}

/// Assigns to the outputs in place of the registers; collects both. What a memory is to write is an
/// output already.
fn redirect(
    body: &mut [Statement],
    next: &HashMap<SignalId, SignalId>,
    targets: &mut Vec<(SignalId, SignalId)>,
) {
    for statement in body {
        match statement {
            Statement::Set { target, .. } => {
                if let Some(&output) = next.get(target) {
                    targets.push((*target, output));
                    *target = output;
                }
            }
            Statement::If { arms, otherwise, .. } => {
                arms.iter_mut().for_each(|(_, inner)| redirect(inner, next, targets));
                redirect(otherwise, next, targets);
            }
            Statement::Switch { arms, default, .. } => {
                arms.iter_mut().for_each(|(_, inner)| redirect(inner, next, targets));
                redirect(default, next, targets);
            }
            Statement::Write { .. } => unreachable!("memories were cut off"),
        }
    }
}

/// Puts an everted child in the place of an instance's module, its new ports at the parent's. Gives
/// the names that these have there.
fn lift(cutter: &mut Cutter, index: usize, child: &Everted) -> HashMap<String, String> {
    let instance = &mut cutter.module.instances[index];
    instance.module = child.top.clone();
    let (name, location) = (instance.name.clone(), instance.location);
    let known = |port: &str| {
        instance.inputs.iter().any(|(name, _)| name == port)
            || instance.outputs.iter().any(|(name, _)| name == port)
    };
    let is_new = |port: &&crate::ir::Signal| !known(&port.name);
    let new: Vec<_> = child.top.ports().filter(is_new).cloned().collect();
    let mut lifted = HashMap::new();
    for port in new {
        let direction = port.port.expect("a port");
        let signal = cutter.port(&format!("{name}_{}", port.name), port.ty, direction);
        lifted.insert(port.name.clone(), cutter.module.signal(signal).name.clone());
        if direction == Direction::Input {
            let value = cutter.expr(ExprKind::Signal(signal), port.ty, location);
            cutter.module.instances[index].inputs.push((port.name, value));
        } else {
            cutter.module.instances[index].outputs.push((port.name, signal));
        }
    }
    lifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    /// Everted with the children of these names.
    fn everted(example: &crate::Module, inside: &[&str]) -> Everted {
        let inside = inside.iter().map(|&name| name.into()).collect();
        let way = Way { prefix: "gold_", inside: &inside, swap: None };
        evert(&check(example).unwrap().top, way)
    }

    /// Two counters that count when asked to, one below the other, and a memory.
    fn example() -> crate::Module {
        let counter = module("counter", |m| {
            let go = m.input("go", Bit);
            let count = m.output_reg("count", U(4)).reset(0);
            m.clocked(|| {
                when(go, || count.set(count + 1));
            });
        });
        module("example", |m| {
            let go = m.input("go", Bit);
            let count = m.reg("count", U(4)).reset(3);
            m.clocked(|| count.set(count + 3));
            let below = m.instance("below", &counter).pin("go", go);
            let memory = m.memory("memory", 16, U(8));
            m.clocked(|| memory.write(count, below.out("count").ext(8)));
            m.output("word", memory.read(below.out("count")));
        })
    }

    #[test]
    fn registers_become_ports_at_every_depth() {
        let everted = everted(&example(), &["counter"]);
        assert_eq!(everted.top.name, "gold_example");
        let design = Design::unchecked(everted.top.clone());
        assert!(design.modules().iter().all(|module| !module.has_clock()));
        let next = |of: &str| {
            let register = everted.registers.iter().find(|register| register.now == of);
            register.unwrap_or_else(|| panic!("{of} in {everted:?}")).next.clone()
        };
        let mut sim = Interpreter::new(&design);
        sim.set("go", 1);
        sim.set("count", 14);
        sim.set("cut_below_cut_count_now", 7);
        assert_eq!(sim.get(&next("count")), 1);
        assert_eq!(sim.get(&next("cut_below_cut_count_now")), 8);
        assert_eq!(sim.get("cut_memory_word_0_address"), 7);
        sim.set("go", 0);
        assert_eq!(sim.get(&next("cut_below_cut_count_now")), 7);
    }

    #[test]
    fn what_memories_are_asked_and_told_becomes_outputs() {
        let store = module("store", |m| {
            let (at, go) = (m.input("at", U(3)), m.input("go", Bit));
            let memory = m.memory("memory", 8, U(4));
            m.output("word", memory.read_sync("last", at, go));
            m.clocked(|| {
                when(go, || memory.write(at + 1, 9));
            });
        });
        let everted = everted(&store, &[]);
        assert_eq!(everted.registers, []);
        let [Read { address, enable: Some(enable), data }] = &everted.reads[..] else {
            panic!("one synchronous read: {:?}", everted.reads)
        };
        let mut sim = Interpreter::new(&Design::unchecked(everted.top.clone()));
        sim.set("at", 5);
        sim.set("go", 1);
        sim.set(data, 7);
        assert_eq!((sim.get(address), sim.get(enable), sim.get("word")), (5, 1, 7));
        let written = ["valid", "address", "data"].map(|part| format!("cut_memory_write_0_{part}"));
        assert_eq!(written.clone().map(|port| sim.get(&port)), [1, 6, 9]);
        sim.set("go", 0);
        assert_eq!(written.map(|port| sim.get(&port)), [0, 0, 0]);
    }

    #[test]
    fn children_can_be_cut_off() {
        let everted = everted(&example(), &[]);
        assert_eq!(everted.asked, [("counter".into(), "cut_below_go".into())]);
        let design = Design::unchecked(everted.top);
        assert_eq!(design.modules().len(), 1);
        let mut sim = Interpreter::new(&design);
        sim.set("go", 1);
        assert_eq!(sim.get("cut_below_go"), 1);
    }
}

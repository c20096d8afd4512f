//! A design without clock: what its registers and memories hold becomes inputs, what they would hold
//! next becomes outputs, at the ports of the top.
//!
//! Two designs whose registers have the same names behave alike from equal states on if these
//! are equal: a question for a solver of combinational logic.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cut::Cutter;
use crate::ir::{Direction, ExprKind, Item, Module, SignalId, SignalKind, Statement};

/// A combinational design.
#[derive(Clone, Debug)]
pub struct Everted {
    /// The top; its name and those of all modules below begin with what was asked for.
    pub top: Arc<Module>,
    /// Of every register the input and the output of the top that stand for it.
    pub registers: Vec<(String, String)>,
}

/// How to evert.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// What the names of all modules begin with.
    pub prefix: &'a str,
    /// With the children, or with the children cut off.
    pub deep: bool,
    /// Stands in for the module of its name.
    pub swap: Option<&'a Module>,
}

/// Everts `module`. What memories answer is an input that has nothing to do with what was written:
/// enough to prove equality, not to disprove it. Properties and reset are left out.
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
        let Way { prefix, deep, .. } = self.way;
        let mut cutter = Cutter::new(module);
        cutter.memories();
        let mut registers = registers(&mut cutter);
        if deep {
            for index in 0..module.instances.len() {
                let child = self.module(&module.instances[index].module);
                registers.extend(lift(&mut cutter, index, &child));
            }
        } else {
            cutter.instances();
        }
        let name = module.name.clone();
        let mut everted = cutter.finish(deep);
        everted.name = format!("{prefix}{name}");
        everted.keep_hierarchy = false;
        let everted = Everted { top: Arc::new(everted), registers };
        self.done.insert(name, everted.clone());
        everted
    }
}

/// Makes ports of the registers of a module.
fn registers(cutter: &mut Cutter) -> Vec<(String, String)> {
    let is_register =
        |&id: &SignalId| matches!(cutter.module.signal(id).kind, SignalKind::Register { .. });
    let all = (0..cutter.module.signals.len() as u32).map(SignalId);
    let registers: Vec<SignalId> = all.filter(is_register).collect();
    let mut next = HashMap::new();
    let mut names = Vec::new();
    for register in registers {
        let signal = cutter.module.signal(register).clone();
        let output = cutter.port(&format!("{}_next", signal.name), signal.ty, Direction::Output);
        let output_name = cutter.module.signal(output).name.clone();
        let input = cutter.free(&format!("{}_now", signal.name), register);
        names.push((cutter.module.signal(input).name.clone(), output_name));
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
    names
}

/// Assigns to the outputs in place of the registers; collects both.
fn redirect(
    body: &mut [Statement],
    next: &HashMap<SignalId, SignalId>,
    targets: &mut Vec<(SignalId, SignalId)>,
) {
    for statement in body {
        match statement {
            Statement::Set { target, .. } => {
                let output = next[target];
                targets.push((*target, output));
                *target = output;
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

/// Puts an everted child in the place of an instance's module, its new ports at the parent's.
fn lift(cutter: &mut Cutter, index: usize, child: &Everted) -> Vec<(String, String)> {
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
    let at_parent = |(now, next): &(String, String)| (lifted[now].clone(), lifted[next].clone());
    child.registers.iter().map(at_parent).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prelude::*;

    const WAY: Way = Way { prefix: "gold_", deep: true, swap: None };

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
        let everted = evert(&check(&example()).unwrap().top, WAY);
        assert_eq!(everted.top.name, "gold_example");
        let design = Design::unchecked(everted.top.clone());
        assert!(design.modules().iter().all(|module| !module.has_clock()));
        let now: Vec<&str> = everted.registers.iter().map(|(now, _)| now.as_str()).collect();
        let next = |of: &str| {
            let pair = everted.registers.iter().find(|(now, _)| now == of);
            pair.unwrap_or_else(|| panic!("{of} in {now:?}")).1.clone()
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
    fn children_can_be_cut_off() {
        let everted = evert(&check(&example()).unwrap().top, Way { deep: false, ..WAY });
        let design = Design::unchecked(everted.top);
        assert_eq!(design.modules().len(), 1);
        let mut sim = Interpreter::new(&design);
        sim.set("go", 1);
        assert_eq!(sim.get("cut_below_go"), 1);
    }
}

//! A two-state interpreter: unit tests of modules without a simulator to build.
//!
//! The hierarchy is flattened, combinational logic is levelised once, and every step runs straight
//! programs over one vector of words (see `ops`). There is one clock. Registers and memories that
//! have no reset value start at 0 (initial files are not loaded). An address beyond a memory reads 0 and writes nothing.

mod compile;
pub(crate) mod evaluate;
mod expressions;
mod flatten;
mod ops;
mod schedule;
mod wide;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use crate::ir::{self, Direction, PropertyKind};
use crate::{Bits, Design};
use compile::Property;
use ops::{Memory, Op, Slot};

/// Where a signal's value is.
#[derive(Clone, Copy)]
struct Place {
    slot: Slot,
    width: u32,
    /// An input of the top module.
    input: bool,
}

/// A running design.
///
/// Methods that take a name panic when there is no such port or signal: in a test that is a
/// mistake of the test.
pub struct Interpreter {
    /// Values; settled lazily, when something is looked at.
    values: RefCell<Vec<u64>>,
    memories: RefCell<Vec<Memory>>,
    dirty: Cell<bool>,
    state: usize,
    settle: Vec<Op>,
    before_edge: Vec<Op>,
    edge: Vec<Op>,
    reset_program: Vec<Op>,
    properties: Vec<Property>,
    hits: Vec<u64>,
    failed: Vec<String>,
    ports: HashMap<String, Place>,
    signals: HashMap<String, Place>,
    in_reset: bool,
    cycle: u64,
}

impl Interpreter {
    /// Starts a checked design.
    ///
    /// # Panics
    /// On a combinational loop, with the signals on it.
    #[track_caller]
    pub fn new(design: &Design) -> Self {
        Self::of_module(&design.top).unwrap_or_else(|message| panic!("{message}"))
    }

    /// Starts a module that need not have been checked.
    ///
    /// # Errors
    /// A combinational loop, as a message.
    pub fn of_module(top: &Arc<ir::Module>) -> Result<Self, String> {
        let flat = flatten::flatten(top);
        let order = schedule::schedule(&flat)?;
        let program = compile::compile(&flat, &order);
        let mut signals = HashMap::new();
        let mut ports = HashMap::new();
        for scope in &flat.scopes {
            for (signal, &net) in scope.module.signals.iter().zip(&scope.nets) {
                let top_port = if scope.path.is_empty() { signal.port } else { None };
                let input = top_port == Some(Direction::Input);
                let place = Place { slot: program.slots[net], width: signal.ty.width(), input };
                signals.insert(scope.full_name(&signal.name), place);
                if top_port.is_some() {
                    ports.insert(signal.name.clone(), place);
                }
            }
        }
        let mut memories = Vec::new();
        for memory in &flat.memories {
            let stride = wide::words(memory.width);
            let mut words = vec![0; stride * memory.depth as usize];
            for &(address, value) in &memory.initial {
                words[stride * address as usize] = value;
            }
            let (name, depth, width) = (memory.name.clone(), memory.depth, memory.width);
            memories.push(Memory { name, depth, width, stride, words });
        }
        Ok(Self {
            values: RefCell::new(program.values),
            memories: RefCell::new(memories),
            dirty: Cell::new(true),
            state: program.state,
            settle: program.settle,
            before_edge: program.before_edge,
            edge: program.edge,
            reset_program: program.reset,
            hits: vec![0; program.properties.len()],
            properties: program.properties,
            failed: Vec::new(),
            ports,
            signals,
            in_reset: false,
            cycle: 0,
        })
    }

    /// Sets an input port of up to 64 bits; `rst` is the reset.
    #[track_caller]
    pub fn set(&mut self, port: &str, value: u64) {
        if port == "rst" && !self.ports.contains_key(port) {
            self.in_reset = value != 0;
            return;
        }
        let place = self.input(port);
        let fits = place.width >= 64 || value >> place.width == 0;
        assert!(fits, "`{port}` has {} bits, {value:#x} needs more", place.width);
        let values = self.values.get_mut();
        values[place.slot as usize] = value;
        values[place.slot as usize + 1..place.slot as usize + wide::words(place.width)].fill(0);
        self.dirty.set(true);
    }

    /// Sets an input port of up to 64 bits to a value in two's complement.
    #[track_caller]
    pub fn set_signed(&mut self, port: &str, value: i64) {
        let width = self.input(port).width;
        self.set_bits(port, Bits::from_i64(width, value));
    }

    /// Sets an input port.
    #[track_caller]
    pub fn set_bits(&mut self, port: &str, value: Bits) {
        let place = self.input(port);
        assert_eq!(place.width, value.width(), "width of `{port}`");
        let slot = place.slot as usize;
        self.values.get_mut()[slot..slot + value.words().len()].copy_from_slice(value.words());
        self.dirty.set(true);
    }

    /// A port's value, zero-extended.
    #[track_caller]
    pub fn get(&self, port: &str) -> u64 {
        let place = self.port(port);
        assert!(place.width <= 64, "`{port}` has {} bits: use get_bits", place.width);
        self.settle();
        self.values.borrow()[place.slot as usize]
    }

    /// A port's value, sign-extended.
    #[track_caller]
    pub fn get_signed(&self, port: &str) -> i64 {
        let width = self.port(port).width;
        ops::signed(self.get(port), width as u8)
    }

    /// A port's value.
    #[track_caller]
    pub fn get_bits(&self, port: &str) -> Bits {
        self.value(self.port(port))
    }

    /// The value of any signal: `instance.child.signal`, or `signal` in the top module.
    #[track_caller]
    pub fn peek(&self, path: &str) -> Bits {
        match self.signals.get(path) {
            Some(&place) => self.value(place),
            None => panic!("no signal `{path}`{}", suggestions(path, self.signals.keys())),
        }
    }

    /// A word of a memory, by the memory's hierarchical name.
    #[track_caller]
    pub fn peek_memory(&self, path: &str, address: u64) -> Bits {
        let memories = self.memories.borrow();
        let memory = find_memory(&memories, path);
        let Some(at) = memory.offset(address) else { panic!("`{path}` has no word {address}") };
        Bits::from_words(memory.width, &memory.words[at..at + memory.stride])
    }

    /// Writes a word of a memory, by the memory's hierarchical name.
    #[track_caller]
    pub fn poke_memory(&mut self, path: &str, address: u64, value: Bits) {
        let memories = self.memories.get_mut();
        let index = memories.iter().position(|memory| memory.name == path);
        let Some(memory) = index.map(|i| &mut memories[i]) else { panic!("no memory `{path}`") };
        assert_eq!(memory.width, value.width(), "width of a word of `{path}`");
        let Some(at) = memory.offset(address) else { panic!("`{path}` has no word {address}") };
        memory.words[at..at + value.words().len()].copy_from_slice(value.words());
        self.dirty.set(true);
    }

    /// One clock cycle: settles, checks the properties (outside reset) and takes the clock edge.
    pub fn step(&mut self) {
        self.settle();
        let (values, memories) = (self.values.get_mut(), self.memories.get_mut());
        ops::run(&self.before_edge, values, memories);
        if !self.in_reset {
            self.record_properties();
        }
        let (values, memories) = (self.values.get_mut(), self.memories.get_mut());
        ops::run(&self.edge, values, memories);
        if self.in_reset {
            ops::run(&self.reset_program, values, memories);
        }
        values.copy_within(self.state..2 * self.state, 0);
        self.dirty.set(true);
        self.cycle += 1;
    }

    /// One clock cycle with reset active.
    pub fn reset(&mut self) {
        self.in_reset = true;
        self.step();
        self.in_reset = false;
    }

    /// Instructions run in a cycle: the cost of a step.
    pub fn size(&self) -> usize {
        self.settle.len() + self.before_edge.len() + self.edge.len()
    }

    /// Clock edges so far.
    pub fn cycle(&self) -> u64 {
        self.cycle
    }

    /// Checks the properties now, without a clock edge. [`step`](Self::step) does so by itself.
    pub fn check_properties(&mut self) {
        self.settle();
        ops::run(&self.before_edge, self.values.get_mut(), self.memories.get_mut());
        self.record_properties();
    }

    /// Assertions and assumptions that did not hold, one entry each time, with the cycle.
    pub fn failed(&self) -> &[String] {
        &self.failed
    }

    /// The cover properties and how often each was seen.
    pub fn covers(&self) -> impl Iterator<Item = (&str, u64)> {
        let covers = self.properties.iter().zip(&self.hits);
        let covers = covers.filter(|(property, _)| property.kind == PropertyKind::Cover);
        covers.map(|(property, &hits)| (property.name.as_str(), hits))
    }

    fn record_properties(&mut self) {
        let values = self.values.get_mut();
        for (property, hits) in self.properties.iter().zip(&mut self.hits) {
            let holds = values[property.condition as usize] != 0;
            *hits += u64::from(holds);
            let what = match property.kind {
                PropertyKind::Assert => "assertion",
                PropertyKind::Assume => "assumption",
                PropertyKind::Cover => continue,
            };
            if !holds {
                let ir::Location { file, line, .. } = property.location;
                let (name, cycle) = (&property.name, self.cycle);
                self.failed.push(format!("{what} {name} ({file}:{line}) fails in cycle {cycle}"));
            }
        }
    }

    /// Computes the combinational signals if anything has changed.
    fn settle(&self) {
        if self.dirty.replace(false) {
            let (mut values, mut memories) = (self.values.borrow_mut(), self.memories.borrow_mut());
            ops::run(&self.settle, &mut values, &mut memories);
        }
    }

    #[track_caller]
    fn port(&self, name: &str) -> Place {
        match self.ports.get(name) {
            Some(&place) => place,
            None => panic!("no port `{name}`{}", suggestions(name, self.ports.keys())),
        }
    }

    #[track_caller]
    fn input(&self, name: &str) -> Place {
        let place = self.port(name);
        assert!(place.input, "`{name}` is an output");
        place
    }

    fn value(&self, place: Place) -> Bits {
        self.settle();
        let slot = place.slot as usize;
        let values = self.values.borrow();
        Bits::from_words(place.width, &values[slot..slot + wide::words(place.width)])
    }
}

#[track_caller]
fn find_memory<'a>(memories: &'a [Memory], path: &str) -> &'a Memory {
    match memories.iter().find(|memory| memory.name == path) {
        Some(memory) => memory,
        None => panic!("no memory `{path}`{}", suggestions(path, memories.iter().map(|m| &m.name))),
    }
}

/// `: did you mean ...` for names near `wanted`, or nothing.
fn suggestions<'a>(wanted: &str, names: impl Iterator<Item = &'a String>) -> String {
    crate::suggest::did_you_mean(wanted, names.map(String::as_str))
}

//! What the sequencer's program does, without the hardware: for more cases than the interpreter can
//! run. It has no waves, and its bus never fails.

use super::inner::InnerMap;
use super::instruction::{Action, Condition, Function, Source};
use super::microcode::registers::{CALLS, DOORBELL, REGISTERS, STATUS};
use super::microcode::{Program, program};
use crate::config::NpuConfig;

/// An NPU and its memory.
pub struct Emulator {
    program: Program,
    registers: Vec<u32>,
    /// Scratchpad, parameters and table; sums by row and column.
    pub inner: Vec<u32>,
    pub sums: Vec<u32>,
    /// What is on the bus, from `base` on.
    pub memory: Vec<u32>,
    base: u32,
    columns: usize,
    counter: usize,
    depth: usize,
    accumulator: u32,
    carry: bool,
    strobe: u32,
    row: usize,
    column: usize,
    /// Instructions of the job.
    pub instructions: u64,
}

impl Emulator {
    /// Memories are 0; `words` of 32 bits are on the bus from byte address `base` on.
    pub fn new(config: &NpuConfig, base: u32, words: usize) -> Self {
        let program = program(config);
        let mut registers = vec![0; REGISTERS as usize];
        for (register, value, _) in program.constants() {
            registers[register as usize] = value as u32;
        }
        let mut emulator = Self {
            program,
            registers,
            inner: vec![0; InnerMap::of(config).words as usize],
            sums: vec![0; (config.accumulator_rows * config.dim) as usize],
            memory: vec![0; words],
            base,
            columns: config.dim as usize,
            counter: 0,
            depth: 0,
            accumulator: 0,
            carry: false,
            strobe: 0,
            row: 0,
            column: 0,
            instructions: 0,
        };
        emulator.run_until(Action::AwaitJob);
        emulator
    }

    /// Runs the list at `address`; the status of its end.
    pub fn job(&mut self, address: u32) -> u32 {
        self.registers[DOORBELL.number() as usize] = address;
        self.instructions = 0;
        self.depth = 0;
        self.run_until(Action::End);
        let status = self.registers[STATUS.number() as usize];
        self.run_until(Action::AwaitJob);
        status
    }

    fn run_until(&mut self, last: Action) {
        loop {
            let word = u32::from(self.program.words[self.counter]);
            self.counter += 1;
            self.instructions += 1;
            let n = (word & 0xff) as usize;
            match word >> 14 {
                0 => self.operate(word >> 11 & 7, word >> 8 & 7, n),
                1 => {
                    self.act(word >> 8 & 31, n);
                    if word >> 8 & 31 == last as u32 {
                        return;
                    }
                }
                _ => self.jump(word >> 12 & 7, (word & 0xfff) as usize),
            }
        }
    }

    fn inner_index(&self) -> usize {
        self.accumulator as usize % self.inner.len()
    }

    fn bus_index(&self) -> usize {
        (self.accumulator.wrapping_sub(self.base) / 4) as usize
    }

    fn operate(&mut self, source: u32, function: u32, n: usize) {
        let before = self.accumulator;
        let is = |wanted: Source| source == wanted as u32;
        let value = match source {
            _ if is(Source::Register) => self.registers[n],
            _ if is(Source::Inner) => self.inner[self.inner_index()],
            _ if is(Source::Bus) => {
                self.carry = false;
                self.memory[self.bus_index()]
            }
            _ if is(Source::Sum) => {
                let place = self.row * self.columns + self.column;
                self.sums[place % self.sums.len()]
            }
            _ if is(Source::ShiftLeft) => before << 1,
            _ if is(Source::ShiftRight) => before >> 1,
            _ if is(Source::Rotate) => before.rotate_right(8),
            _ => 0,
        };
        let does = |wanted: Function| function == wanted as u32;
        self.accumulator = match function {
            _ if does(Function::Pass) => value,
            _ if does(Function::Add) => {
                let (sum, carry) = before.overflowing_add(value);
                self.carry = carry;
                sum
            }
            _ if does(Function::Subtract) => {
                let (difference, borrow) = before.overflowing_sub(value);
                self.carry = !borrow;
                difference
            }
            _ if does(Function::And) => before & value,
            _ if does(Function::Xor) => before ^ value,
            _ if does(Function::Multiply) => (before & 0xffff) * (value & 0xffff),
            _ => panic!("no function {function}"),
        };
    }

    fn act(&mut self, action: u32, n: usize) {
        let is = |wanted: Action| action == wanted as u32;
        let mask = (0..4).filter(|lane| self.strobe >> lane & 1 == 1);
        let mask: u32 = mask.map(|lane| 0xff << (8 * lane)).sum();
        let write = |word: &mut u32, value: u32| *word = *word & !mask | value & mask;
        let value = self.registers[n];
        match action {
            _ if is(Action::Store) => self.registers[n] = self.accumulator,
            _ if is(Action::InnerWrite) => {
                let index = self.inner_index();
                write(&mut self.inner[index], value);
            }
            _ if is(Action::BusWrite) => {
                self.carry = false;
                let index = self.bus_index();
                write(&mut self.memory[index], value);
            }
            _ if is(Action::Strobe) => self.strobe = self.accumulator,
            _ if is(Action::Row) => self.row = self.accumulator as usize,
            _ if is(Action::Column) => self.column = self.accumulator as usize % self.columns,
            _ if is(Action::Return) => {
                self.depth -= 1;
                self.counter = self.registers[CALLS.number() as usize + self.depth] as usize;
            }
            _ if [Action::AwaitJob, Action::Release, Action::End, Action::Mark]
                .map(is)
                .contains(&true) => {}
            _ => panic!("no action {action}"),
        }
    }

    fn jump(&mut self, condition: u32, target: usize) {
        let is = |wanted: Condition| condition == wanted as u32;
        let negative = self.accumulator >> 31 == 1;
        let taken = match condition {
            _ if is(Condition::Call) => {
                assert!(self.depth < 8, "calls are nested too deep");
                self.registers[CALLS.number() as usize + self.depth] = self.counter as u32;
                self.depth += 1;
                true
            }
            _ if is(Condition::Zero) => self.accumulator == 0,
            _ if is(Condition::NotZero) => self.accumulator != 0,
            _ if is(Condition::Negative) => negative,
            _ if is(Condition::NotNegative) => !negative,
            _ if is(Condition::Carry) => self.carry,
            _ if is(Condition::NotCarry) => !self.carry,
            _ => true,
        };
        if taken {
            self.counter = target;
        }
    }
}

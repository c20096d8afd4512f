//! The assembler: instructions in order, labels, registers by name, constants.

use std::collections::BTreeMap;

use super::super::instruction::{Action, Condition, Function, Instruction, Source, TARGET_BITS};
use super::registers::{CALLS, FIRST_FREE, Register};

/// Mode: the first weight meets the element of the column.
pub const DEPTHWISE: u32 = 1;

/// Mode: sums begin anew.
pub const ANEW: u32 = 2;

/// A place in the program, known when it is bound.
#[derive(Clone, Copy, Debug)]
pub struct Label(usize);

/// A program under construction.
pub struct Assembler {
    code: Vec<Line>,
    labels: Vec<Option<u16>>,
    /// Names of registers, as they are at the moment.
    names: BTreeMap<u8, String>,
    /// Registers that hold a value from the start: from the last ones down.
    constants: BTreeMap<u32, Register>,
    /// First register that no variable has.
    free: u8,
    remark: Option<String>,
}

/// An instruction, where it jumps to, and what a reader of the Verilog wants to know of it.
struct Line {
    instruction: Instruction,
    label: Option<Label>,
    comment: String,
}

impl Default for Assembler {
    fn default() -> Self {
        Self {
            code: Vec::new(),
            labels: Vec::new(),
            names: BTreeMap::new(),
            constants: BTreeMap::new(),
            free: FIRST_FREE,
            remark: None,
        }
    }
}

/// A complete program.
pub struct Program {
    /// Instructions.
    pub words: Vec<u16>,
    comments: Vec<String>,
    constants: Vec<(u32, u64, String)>,
}

impl Program {
    /// The program as contents of the ROM: address, word, comment.
    pub fn listing(&self) -> Vec<(u32, u64, String)> {
        let words = self.words.iter().zip(&self.comments).enumerate();
        words.map(|(at, (&word, text))| (at as u32, u64::from(word), text.clone())).collect()
    }

    /// Registers that hold something from the start: number, value, comment.
    pub fn constants(&self) -> Vec<(u32, u64, String)> {
        self.constants.clone()
    }
}

impl Assembler {
    /// Instructions so far, and registers in use.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        (self.code.len(), usize::from(self.free) + self.constants.len())
    }

    /// A new variable.
    pub fn variable(&mut self, name: &str) -> Register {
        let register = Register::new(self.free);
        self.free += 1;
        self.names.insert(register.argument(), name.to_string());
        self.assert_room(name);
        register
    }

    /// The register that holds `value` from the start.
    pub fn constant(&mut self, value: u32) -> Register {
        if let Some(&register) = self.constants.get(&value) {
            return register;
        }
        let number = CALLS.argument() - 1 - self.constants.len() as u8;
        let register = Register::new(number);
        self.constants.insert(value, register);
        self.names.insert(number, format!("{value:#x}"));
        self.assert_room("a constant");
        register
    }

    /// Runs `body`, whose variables make room for others afterwards: its code and the code behind it
    /// leave nothing to each other.
    pub fn scope<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let free = self.free;
        let result = body(self);
        self.free = free;
        result
    }

    fn assert_room(&self, name: &str) {
        let first_constant = usize::from(CALLS.argument()) - self.constants.len();
        assert!(usize::from(self.free) <= first_constant, "no register is left for `{name}`");
    }

    /// A new label.
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }

    /// The label is here.
    pub fn bind(&mut self, label: Label) {
        let place = &mut self.labels[label.0];
        assert!(place.is_none(), "label bound twice");
        *place = Some(self.code.len() as u16);
    }

    /// A label that is here.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// A comment on the next instruction.
    pub fn remark(&mut self, text: &str) -> &mut Self {
        self.remark = Some(text.to_string());
        self
    }

    fn push(&mut self, instruction: Instruction) -> &mut Self {
        self.push_to(instruction, None)
    }

    fn push_to(&mut self, instruction: Instruction, label: Option<Label>) -> &mut Self {
        let text = self.text(instruction);
        let comment = match self.remark.take() {
            Some(remark) => format!("{remark}: {text}"),
            None => text,
        };
        self.code.push(Line { instruction, label, comment });
        self
    }

    fn act(&mut self, action: Action, n: u8) -> &mut Self {
        self.push(Instruction::Act(action, n))
    }

    fn operate(&mut self, source: Source, function: Function, n: u8) -> &mut Self {
        self.push(Instruction::Operate(source, function, n))
    }

    fn on(&mut self, function: Function, register: Register) -> &mut Self {
        self.operate(Source::Register, function, register.argument())
    }

    /// accumulator = register
    pub fn ld(&mut self, register: Register) -> &mut Self {
        self.on(Function::Pass, register)
    }

    /// register = accumulator
    pub fn st(&mut self, register: Register) -> &mut Self {
        self.act(Action::Store, register.argument())
    }

    /// accumulator += register
    pub fn add(&mut self, register: Register) -> &mut Self {
        self.on(Function::Add, register)
    }

    /// accumulator -= register
    pub fn sub(&mut self, register: Register) -> &mut Self {
        self.on(Function::Subtract, register)
    }

    /// accumulator &= register
    pub fn and(&mut self, register: Register) -> &mut Self {
        self.on(Function::And, register)
    }

    /// accumulator ^= register
    pub fn xor(&mut self, register: Register) -> &mut Self {
        self.on(Function::Xor, register)
    }

    /// accumulator = bits 15:0 of the accumulator * bits 15:0 of the register
    pub fn mul(&mut self, register: Register) -> &mut Self {
        self.on(Function::Multiply, register)
    }

    /// accumulator = value
    pub fn ldi(&mut self, value: u32) -> &mut Self {
        let register = self.constant(value);
        self.ld(register)
    }

    /// accumulator += value
    pub fn addi(&mut self, value: u32) -> &mut Self {
        let register = self.constant(value);
        self.add(register)
    }

    /// accumulator -= value
    pub fn subi(&mut self, value: u32) -> &mut Self {
        let register = self.constant(value);
        self.sub(register)
    }

    /// accumulator &= value
    pub fn andi(&mut self, value: u32) -> &mut Self {
        let register = self.constant(value);
        self.and(register)
    }

    /// accumulator ^= value
    pub fn xori(&mut self, value: u32) -> &mut Self {
        let register = self.constant(value);
        self.xor(register)
    }

    /// to = from
    pub fn copy(&mut self, to: Register, from: Register) -> &mut Self {
        self.ld(from).st(to)
    }

    /// to = value
    pub fn set(&mut self, to: Register, value: u32) -> &mut Self {
        self.ldi(value).st(to)
    }

    /// to += by; the accumulator is the sum
    pub fn advance(&mut self, to: Register, by: Register) -> &mut Self {
        self.ld(to).add(by).st(to)
    }

    /// accumulator <<= count
    pub fn shl(&mut self, count: u32) -> &mut Self {
        (0..count).for_each(|_| {
            self.operate(Source::ShiftLeft, Function::Pass, 0);
        });
        self
    }

    /// accumulator >>= count, zeros above
    pub fn shr(&mut self, count: u32) -> &mut Self {
        (0..count).for_each(|_| {
            self.operate(Source::ShiftRight, Function::Pass, 0);
        });
        self
    }

    /// Rotates the accumulator right by `bytes`.
    pub fn rotate(&mut self, bytes: u32) -> &mut Self {
        (0..bytes).for_each(|_| {
            self.operate(Source::Rotate, Function::Pass, 0);
        });
        self
    }

    /// accumulator = bits `high` to `low` of the register
    pub fn field(&mut self, register: Register, high: u32, low: u32) -> &mut Self {
        self.ld(register).rotate(low / 8).shr(low % 8);
        let width = high - low + 1;
        if high < 31 || low / 8 > 0 {
            self.andi((1u64 << width).wrapping_sub(1) as u32)
        } else {
            self
        }
    }

    /// accumulator = the word of the inner memory at the accumulator
    pub fn inner(&mut self) -> &mut Self {
        self.operate(Source::Inner, Function::Pass, 0)
    }

    /// word of the inner memory at the accumulator = register, bytes by the strobe
    pub fn write_inner(&mut self, register: Register) -> &mut Self {
        self.act(Action::InnerWrite, register.argument())
    }

    /// accumulator = word on the bus at the accumulator; the carry says whether that failed
    pub fn bus(&mut self) -> &mut Self {
        self.operate(Source::Bus, Function::Pass, 0)
    }

    /// word on the bus at the accumulator = register, bytes by the strobe; the carry likewise
    pub fn write_bus(&mut self, register: Register) -> &mut Self {
        self.act(Action::BusWrite, register.argument())
    }

    /// strobe = accumulator
    pub fn strobe(&mut self) -> &mut Self {
        self.act(Action::Strobe, 0)
    }

    /// accumulator = sum at row and column
    pub fn sum(&mut self) -> &mut Self {
        self.operate(Source::Sum, Function::Pass, 0)
    }

    /// accumulator = cycles of the job
    pub fn cycles(&mut self) -> &mut Self {
        self.operate(Source::Status, Function::Pass, 0)
    }

    /// accumulator = 1 while the hart ends the job, else 0
    pub fn abort(&mut self) -> &mut Self {
        self.operate(Source::Status, Function::Pass, 1)
    }

    /// row of sums = accumulator
    pub fn row(&mut self) -> &mut Self {
        self.act(Action::Row, 0)
    }

    /// column = accumulator
    pub fn column(&mut self) -> &mut Self {
        self.act(Action::Column, 0)
    }

    /// waves to come = accumulator
    pub fn count(&mut self) -> &mut Self {
        self.act(Action::Count, 0)
    }

    /// weight `n` = element of the column of the inner memory's word at the accumulator
    pub fn weight(&mut self, n: u32) -> &mut Self {
        self.act(Action::Weight, n as u8)
    }

    /// Sends the waves, from the row at the accumulator on, `step` apart.
    pub fn waves(&mut self, step: Register) -> &mut Self {
        self.act(Action::Waves, step.argument())
    }

    /// mode = accumulator: [`DEPTHWISE`], [`ANEW`]
    pub fn mode(&mut self) -> &mut Self {
        self.act(Action::Mode, 0)
    }

    /// Waits for a doorbell.
    pub fn await_job(&mut self) -> &mut Self {
        self.act(Action::AwaitJob, 0)
    }

    /// Lets the hart's accesses through.
    pub fn release(&mut self) -> &mut Self {
        self.act(Action::Release, 0)
    }

    /// The job is over.
    pub fn end(&mut self) -> &mut Self {
        self.act(Action::End, 0)
    }

    /// Units (a bit each) begin and complete.
    pub fn mark(&mut self, begin: u8, complete: u8) -> &mut Self {
        self.act(Action::Mark, complete << 3 | begin)
    }

    /// Back behind the last call.
    pub fn ret(&mut self) -> &mut Self {
        self.act(Action::Return, 0)
    }

    /// Goes to `label` under the condition.
    pub fn jump_if(&mut self, condition: Condition, label: Label) -> &mut Self {
        self.push_to(Instruction::Jump(condition, 0), Some(label))
    }

    /// Goes to `label`.
    pub fn jump(&mut self, label: Label) -> &mut Self {
        self.jump_if(Condition::Always, label)
    }

    /// Calls the subroutine at `label`.
    pub fn call(&mut self, label: Label) -> &mut Self {
        self.jump_if(Condition::Call, label)
    }

    /// Runs `body` unless the condition holds.
    pub fn unless(&mut self, condition: Condition, body: impl FnOnce(&mut Self)) -> &mut Self {
        let behind = self.label();
        self.jump_if(condition, behind);
        body(self);
        self.bind(behind);
        self
    }

    /// The program.
    ///
    /// # Panics
    /// When a label is not bound, or the program is too long for its jumps.
    pub fn finish(self) -> Program {
        assert!(self.code.len() <= 1 << TARGET_BITS, "{} instructions", self.code.len());
        let constants = self
            .constants
            .iter()
            .map(|(&value, register)| (register.number() as u32, u64::from(value), String::new()));
        let (words, comments) = self.code.iter().map(|line| self.resolve(line)).unzip();
        Program { words, comments, constants: constants.collect() }
    }

    /// The word and the comment of an instruction, its label resolved.
    fn resolve(&self, line: &Line) -> (u16, String) {
        match (line.instruction, line.label) {
            (Instruction::Jump(condition, _), Some(label)) => {
                let target = self.labels[label.0].expect("every label is bound");
                (
                    Instruction::Jump(condition, target).encode(),
                    format!("{} {target}", line.comment),
                )
            }
            (instruction, _) => (instruction.encode(), line.comment.clone()),
        }
    }

    fn text(&self, instruction: Instruction) -> String {
        use Action::{BusWrite, InnerWrite, Store, Waves};
        match instruction {
            Instruction::Operate(Source::Register, function, n) => {
                format!("{function:?} {}", self.name(n))
            }
            Instruction::Act(action @ (Store | Waves | InnerWrite | BusWrite), n) => {
                format!("{action:?} {}", self.name(n))
            }
            Instruction::Jump(Condition::Always, _) => "Jump".to_string(),
            Instruction::Jump(Condition::Call, _) => "Call".to_string(),
            Instruction::Jump(condition, _) => format!("Jump if {condition:?}"),
            other => other.to_string(),
        }
    }

    fn name(&self, number: u8) -> String {
        let hart = || format!("register {:#x}", 4 * u32::from(number));
        self.names.get(&number).cloned().unwrap_or_else(hart)
    }
}

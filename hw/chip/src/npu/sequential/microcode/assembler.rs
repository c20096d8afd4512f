//! The assembler: instructions in order, labels, registers by name, constants.

use super::super::instruction::{Action, Condition, Function, Instruction, Source, TARGET_BITS};
use super::registers::{CALLS, FIRST_FREE, Register};

/// A place in the program, known when it is bound.
#[derive(Clone, Copy, Debug)]
pub struct Label(usize);

/// A program under construction.
#[derive(Default)]
pub struct Assembler {
    code: Vec<Line>,
    labels: Vec<Option<u16>>,
    /// Names of the registers from [`FIRST_FREE`] on, and what they hold from the start.
    names: Vec<(String, Option<u32>)>,
    /// Registers of scopes that are over, and the variables of the one at hand.
    free: Vec<Register>,
    scope: Vec<Register>,
    remarks: Vec<(u16, String)>,
}

/// An instruction, where it jumps to, and the register that it names.
struct Line {
    instruction: Instruction,
    label: Option<Label>,
    register: String,
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
    /// Instructions and registers so far.
    #[cfg(test)]
    pub fn size(&self) -> (usize, usize) {
        (self.code.len(), self.names.len())
    }

    /// A new variable.
    pub fn variable(&mut self, name: &str) -> Register {
        let register = match self.free.pop() {
            Some(register) => {
                let index = usize::from(register.argument() - FIRST_FREE);
                self.names[index].0 = name.to_string();
                register
            }
            None => self.register(name.to_string(), None),
        };
        self.scope.push(register);
        register
    }

    /// Runs `body`, whose variables then become others: the code of `body` and the code behind it
    /// leave nothing to each other.
    pub fn scope<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::take(&mut self.scope);
        let result = body(self);
        let inner = std::mem::replace(&mut self.scope, outer);
        // The first one is taken first again.
        self.free.extend(inner.into_iter().rev());
        result
    }

    /// The register that holds `value` from the start.
    pub fn constant(&mut self, value: u32) -> Register {
        let known = self.names.iter().position(|(_, held)| *held == Some(value));
        match known {
            Some(index) => Register::new(FIRST_FREE + index as u8),
            None => self.register(format!("{value:#x}"), Some(value)),
        }
    }

    fn register(&mut self, name: String, value: Option<u32>) -> Register {
        let number = usize::from(FIRST_FREE) + self.names.len();
        assert!(number < CALLS.number() as usize, "no register is left for `{name}`");
        self.names.push((name, value));
        Register::new(number as u8)
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
        self.remarks.push((self.code.len() as u16, text.to_string()));
        self
    }

    fn push(&mut self, instruction: Instruction) -> &mut Self {
        let register = match instruction {
            Instruction::Operate(Source::Register, _, n) => self.name(n),
            Instruction::Act(Action::Store | Action::Waves | Action::FirstWaves, n)
            | Instruction::Act(Action::InnerWrite | Action::BusWrite, n) => self.name(n),
            _ => String::new(),
        };
        self.code.push(Line { instruction, label: None, register });
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

    /// accumulator = accumulator[15:0] * register[15:0]
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

    /// accumulator = word on the bus at the accumulator
    pub fn bus(&mut self) -> &mut Self {
        self.operate(Source::Bus, Function::Pass, 0)
    }

    /// word on the bus at the accumulator = register, bytes by the strobe
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

    /// accumulator = 1 while the hart ends the job, plus 2 if the last access on the bus failed
    pub fn flags(&mut self) -> &mut Self {
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
    pub fn waves(&mut self, step: Register, first: bool) -> &mut Self {
        self.act(if first { Action::FirstWaves } else { Action::Waves }, step.argument())
    }

    /// depthwise = accumulator
    pub fn depthwise(&mut self) -> &mut Self {
        self.act(Action::Depthwise, 0)
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
        let (instruction, register) = (Instruction::Jump(condition, 0), String::new());
        self.code.push(Line { instruction, label: Some(label), register });
        self
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
        let instructions: Vec<Instruction> =
            self.code.iter().map(|line| self.resolve(line)).collect();
        let comments = instructions.iter().enumerate();
        let comments = comments.map(|(at, &instruction)| self.comment(at, instruction)).collect();
        let held = self.names.iter().enumerate();
        let constants = held.filter_map(|(index, (name, value))| {
            let number = u32::from(FIRST_FREE) + index as u32;
            value.map(|value| (number, u64::from(value), name.clone()))
        });
        Program {
            words: instructions.iter().map(|instruction| instruction.encode()).collect(),
            comments,
            constants: constants.collect(),
        }
    }

    fn resolve(&self, line: &Line) -> Instruction {
        match (line.instruction, line.label) {
            (Instruction::Jump(condition, _), Some(label)) => {
                Instruction::Jump(condition, self.labels[label.0].expect("every label is bound"))
            }
            (instruction, _) => instruction,
        }
    }

    /// What a reader of the Verilog wants to know of an instruction.
    fn comment(&self, at: usize, instruction: Instruction) -> String {
        let remark = self.remarks.iter().find(|(place, _)| usize::from(*place) == at);
        let register = &self.code[at].register;
        let text = match instruction {
            Instruction::Operate(Source::Register, function, _) => {
                format!("{function:?} {register}")
            }
            Instruction::Act(action, _) if !register.is_empty() => format!("{action:?} {register}"),
            other => other.to_string(),
        };
        match remark {
            Some((_, remark)) => format!("{remark}: {text}"),
            None => text,
        }
    }

    fn name(&self, number: u8) -> String {
        match number.checked_sub(FIRST_FREE) {
            Some(index) => {
                self.names.get(usize::from(index)).map_or(String::new(), |(name, _)| name.clone())
            }
            None => format!("register {:#x}", 4 * number),
        }
    }
}

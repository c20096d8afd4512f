//! Programs to memory contents.

use std::error::Error;
use std::fmt;

use systole_isa::{BranchOp, Csr, CsrOp, CsrSource, ImmediateOp, Instruction, Register};

use super::assembler::{Assembler, Label};
use super::handler;
use super::layout::{
    BODY, CODE, CODE_END, DATA, DATA_BYTES, HANDLER, MTIME, MTIMECMP, NPU, NPU_DOORBELL,
    NPU_INTERRUPT_ENABLE, NPU_STATUS, RECOVER_SLOT, REGISTERS, TOHOST, VECTORS,
};
use super::{Block, Program};

const ZERO: Register = Register::ZERO;
const T0: Register = Register::new(5);
const T1: Register = Register::new(6);
const LAST: Register = Register::new(31);
const NOP: Instruction =
    Instruction::Immediate { op: ImmediateOp::Addi, rd: ZERO, rs1: ZERO, imm: 0 };

/// Memory contents of a program.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// Address and bytes of everything that is not 0.
    pub segments: Vec<(u32, Vec<u8>)>,
    /// The body: address and instruction, functions included, in address order.
    pub body: Vec<(u32, Instruction)>,
}

/// The program's code does not fit below its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLong {
    /// Bytes of code.
    pub bytes: u32,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of code, {} is the limit", self.bytes, CODE_END - BODY)
    }
}

impl Error for TooLong {}

/// Lays `program` out in memory.
///
/// # Errors
/// When its code does not fit.
pub fn lower(program: &Program) -> Result<Image, TooLong> {
    let mut lowering = Lowering {
        code: Assembler::new(BODY),
        functions: Vec::new(),
        reserved: Vec::new(),
        repeated: false,
        job_started: false,
        program,
    };
    lowering.blocks(&program.blocks);
    let body_end = lowering.code.here();
    lowering.epilogue();
    let functions_start = lowering.code.here();
    lowering.place_functions();
    let bytes = lowering.code.here() - BODY;
    if bytes > CODE_END - BODY {
        return Err(TooLong { bytes });
    }
    let code = lowering.code.finish();
    let address = |index: usize| BODY + 4 * index as u32;
    let body = code
        .iter()
        .enumerate()
        .map(|(index, &instruction)| (address(index), instruction))
        .filter(|&(at, _)| at < body_end || at >= functions_start)
        .collect();
    Ok(Image { segments: segments(program, &code), body })
}

fn segments(program: &Program, code: &[Instruction]) -> Vec<(u32, Vec<u8>)> {
    let registers = std::iter::once(0).chain(program.registers);
    let mut segments = vec![
        (CODE, words(prologue(&program.registers).iter().map(Instruction::encode))),
        (BODY, words(code.iter().map(Instruction::encode))),
        (HANDLER, words(handler::handler().iter().map(Instruction::encode))),
        (VECTORS, words(handler::vectors().iter().map(Instruction::encode))),
        (REGISTERS, words(registers)),
    ];
    if program.data_seed != 0 {
        segments.push((DATA, random_bytes(program.data_seed, DATA_BYTES as usize)));
    }
    for job in &program.jobs {
        let list = job.descriptors.iter().flat_map(|d| d.to_bytes()).collect();
        segments.push((job.list, list));
        segments.extend(job.inputs.iter().cloned());
    }
    segments
}

fn words(words: impl Iterator<Item = u32>) -> Vec<u8> {
    words.flat_map(u32::to_le_bytes).collect()
}

/// `length` bytes from `seed` by splitmix64.
pub fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(|_| next().to_le_bytes()).collect();
    bytes.truncate(length);
    bytes
}

/// Trap vector, initial register values and the jump to the body. Registers are 0 at power-up in
/// simulation.
fn prologue(registers: &[u32; 31]) -> Vec<Instruction> {
    let mut code = Assembler::new(CODE);
    code.load_immediate(T0, HANDLER);
    code.push(write_csr(Csr::MTVEC, T0));
    let base = code.upper(LAST, REGISTERS);
    for (number, &value) in (1..=31u8).zip(registers) {
        let register = Register::new(number);
        if value != 0 || register == T0 || register == LAST {
            code.load_word(register, base + 4 * i32::from(number), LAST);
        }
    }
    code.push(Instruction::Jal { rd: ZERO, offset: BODY.wrapping_sub(code.here()) as i32 });
    code.finish()
}

struct Lowering<'a> {
    code: Assembler,
    functions: Vec<Function<'a>>,
    /// Registers that the code being placed must not write: loop counters, links, bases.
    reserved: Vec<Register>,
    /// Inside a loop or function: may run again.
    repeated: bool,
    /// A job may be running here.
    job_started: bool,
    program: &'a Program,
}

struct Function<'a> {
    entry: Label,
    link: Register,
    body: &'a [Block],
    reserved: Vec<Register>,
}

impl<'a> Lowering<'a> {
    /// Waits for the NPU and ends the program with exit code 0.
    fn epilogue(&mut self) {
        if contains_job(&self.program.blocks) {
            self.wait_idle([T0, T1]);
        }
        let offset = self.code.upper(T0, TOHOST);
        self.code.add_immediate(T1, ZERO, 1);
        self.code.store_word(T1, offset, T0);
        let forever = self.code.label_here();
        self.code.jump(ZERO, forever);
    }

    fn place_functions(&mut self) {
        self.repeated = true;
        while let Some(function) = self.functions.pop() {
            self.code.bind(function.entry);
            self.reserved = function.reserved;
            self.blocks(function.body);
            self.code.push(Instruction::Jalr { rd: ZERO, rs1: function.link, offset: 0 });
        }
    }

    /// `register`, or the next one that is neither reserved nor x0 if it is reserved.
    fn free(&self, register: Register) -> Register {
        let mut candidate = register;
        while self.reserved.contains(&candidate) {
            candidate = Register::new(candidate.number() % 31 + 1);
        }
        candidate
    }

    /// Like [`Self::free`], but never x0 and none of `taken`.
    fn scratch(&self, register: Register, taken: &[Register]) -> Register {
        let mut candidate = self.free(register);
        while candidate == ZERO || taken.contains(&candidate) || self.reserved.contains(&candidate)
        {
            candidate = Register::new(candidate.number() % 31 + 1);
        }
        candidate
    }

    fn scratch_pair(&self, registers: [Register; 2]) -> [Register; 2] {
        let first = self.scratch(registers[0], &[]);
        [first, self.scratch(registers[1], &[first])]
    }

    fn blocks(&mut self, blocks: &'a [Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &'a Block) {
        match block {
            Block::Straight(instructions) => self.straight(instructions),
            Block::Access { base, address, accesses } => self.access(*base, *address, accesses),
            Block::Skip { op, rs1, rs2, body } => {
                let end = self.code.label();
                self.code.branch(*op, *rs1, *rs2, end);
                self.blocks(body);
                self.code.bind(end);
            }
            Block::Loop { counter, count, body } => self.repeat(*counter, *count, body),
            Block::Call { link, indirect, body } => self.call(*link, *indirect, body),
            Block::JumpToVoid { register, target } => self.jump_to_void(*register, *target),
            Block::OddJump { register, link, misalignment } => {
                self.odd_jump(*register, *link, *misalignment);
            }
            Block::SelfModify { address, word, instruction } => {
                self.self_modify(*address, *word, *instruction);
            }
            Block::Timer { delay, scratch } => self.timer(*delay, *scratch),
            Block::SoftwareInterrupt { scratch, enable } => {
                self.software_interrupt(*scratch, *enable);
            }
            Block::TrapVector { scratch, vectored } => {
                let scratch = self.scratch(*scratch, &[]);
                let vector = if *vectored { VECTORS | 1 } else { HANDLER };
                self.code.load_immediate(scratch, vector);
                self.code.push(write_csr(Csr::MTVEC, scratch));
            }
            Block::StartJob { job, interrupt, scratch } => {
                self.start_job(*job, *interrupt, *scratch);
            }
            Block::WaitJob { scratch, reads } => self.wait_job(*scratch, reads),
            Block::DeviceRead { base, rd, address } => {
                let base = self.scratch(*base, &[]);
                let offset = self.code.upper(base, *address);
                let rd = self.free(*rd);
                self.code.load_word(rd, offset, base);
            }
        }
    }

    fn straight(&mut self, instructions: &[Instruction]) {
        for instruction in instructions {
            let instruction = with_rd(*instruction, |rd| self.free(rd));
            self.code.push(instruction);
        }
    }

    fn access(&mut self, base: Register, address: u32, accesses: &[Instruction]) {
        let base = self.scratch(base, &[]);
        self.code.load_immediate(base, address);
        self.reserved.push(base);
        for access in accesses {
            let access = with_base(with_rd(*access, |rd| self.free(rd)), base);
            self.code.push(access);
        }
        self.reserved.pop();
    }

    fn repeat(&mut self, counter: Register, count: u8, body: &'a [Block]) {
        let counter = self.scratch(counter, &[]);
        self.code.add_immediate(counter, ZERO, i32::from(count.max(1)));
        let top = self.code.label_here();
        self.reserved.push(counter);
        let outer = std::mem::replace(&mut self.repeated, true);
        self.blocks(body);
        self.repeated = outer;
        self.reserved.pop();
        self.code.add_immediate(counter, counter, -1);
        self.code.branch(BranchOp::Bne, counter, ZERO, top);
    }

    fn call(&mut self, link: Register, indirect: bool, body: &'a [Block]) {
        let link = self.scratch(link, &[]);
        let entry = self.code.label();
        if indirect {
            self.code.load_address(link, entry);
            self.code.push(Instruction::Jalr { rd: link, rs1: link, offset: 0 });
        } else {
            self.code.jump(link, entry);
        }
        let mut reserved = self.reserved.clone();
        reserved.push(link);
        // A job may be started in the function, which is placed later.
        self.job_started |= contains_job(body);
        self.functions.push(Function { entry, link, body, reserved });
    }

    fn jump_to_void(&mut self, register: Register, target: u32) {
        let [register, slot] = self.scratch_pair([register, T0]);
        let recover = self.code.label();
        self.code.load_address(register, recover);
        let offset = self.code.upper(slot, RECOVER_SLOT);
        self.code.store_word(register, offset, slot);
        self.code.load_immediate(register, target);
        self.code.push(Instruction::Jalr { rd: ZERO, rs1: register, offset: 0 });
        self.code.bind(recover);
    }

    fn odd_jump(&mut self, register: Register, link: Register, misalignment: u8) {
        let register = self.scratch(register, &[]);
        let link = self.free(link);
        let next = self.code.label();
        self.code.load_address(register, next);
        let offset = i32::from(misalignment & 3);
        self.code.push(Instruction::Jalr { rd: link, rs1: register, offset });
        self.code.bind(next);
    }

    fn self_modify(&mut self, address: Register, word: Register, instruction: Instruction) {
        let [address, word] = self.scratch_pair([address, word]);
        let instruction = with_rd(instruction, |rd| self.free(rd));
        let slot = self.code.label();
        self.code.load_address(address, slot);
        self.code.load_immediate(word, instruction.encode());
        self.code.store_word(word, 0, address);
        self.code.push(Instruction::FenceI);
        self.code.bind(slot);
        self.code.push(NOP);
    }

    fn timer(&mut self, delay: u16, scratch: [Register; 2]) {
        let [base, value] = self.scratch_pair(scratch);
        let offset = self.code.upper(base, MTIME);
        self.code.load_word(value, offset, base);
        self.code.add_immediate(value, value, i32::from(delay & 0x7ff));
        let offset = self.code.upper(base, MTIMECMP);
        self.code.store_word(value, offset, base);
        self.code.store_word(ZERO, offset + 4, base);
        self.code.add_immediate(value, ZERO, 0x80);
        self.code.push(set_csr(Csr::MIE, value));
        self.code.push(set_csr_immediate(Csr::MSTATUS, 8));
    }

    fn software_interrupt(&mut self, scratch: Register, enable: bool) {
        if enable {
            self.code.push(set_csr_immediate(Csr::MIE, 8));
            self.code.push(set_csr_immediate(Csr::MSTATUS, 8));
        }
        let scratch = self.scratch(scratch, &[]);
        let value = self.scratch(scratch, &[scratch]);
        self.code.load_immediate(scratch, super::layout::MSIP);
        self.code.add_immediate(value, ZERO, 1);
        self.code.store_word(value, 0, scratch);
    }

    fn start_job(&mut self, job: usize, interrupt: bool, scratch: [Register; 2]) {
        let Some(job) = self.program.jobs.get(job) else { return };
        let [base, value] = self.scratch_pair(scratch);
        if self.job_started || self.repeated {
            self.wait_idle([base, value]);
        }
        self.job_started = true;
        self.code.load_immediate(base, NPU);
        self.code.add_immediate(value, ZERO, i32::from(interrupt));
        self.code.store_word(value, NPU_INTERRUPT_ENABLE, base);
        self.code.load_immediate(value, job.list);
        self.code.store_word(value, NPU_DOORBELL, base);
    }

    fn wait_idle(&mut self, [base, value]: [Register; 2]) {
        self.code.load_immediate(base, NPU);
        let poll = self.code.label_here();
        self.code.load_word(value, NPU_STATUS, base);
        self.code.push(Instruction::Immediate {
            op: ImmediateOp::Andi,
            rd: value,
            rs1: value,
            imm: 1,
        });
        self.code.branch(BranchOp::Bne, value, ZERO, poll);
    }

    fn wait_job(&mut self, scratch: [Register; 2], reads: &[u16]) {
        let [base, value] = self.scratch_pair(scratch);
        self.wait_idle([base, value]);
        let Some(job) = self.program.jobs.first() else { return };
        let (start, length) = job.results;
        for read in reads {
            let offset = u32::from(*read) * 4 % length.max(4);
            let offset = self.code.upper(base, (start & !3) + (offset & !3));
            self.code.load_word(value, offset, base);
        }
    }
}

fn contains_job(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| match block {
        Block::StartJob { .. } => true,
        Block::Skip { body, .. } | Block::Loop { body, .. } | Block::Call { body, .. } => {
            contains_job(body)
        }
        _ => false,
    })
}

fn write_csr(csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op: CsrOp::Write, rd: ZERO, csr, source: CsrSource::Register(rs1) }
}

fn set_csr(csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op: CsrOp::Set, rd: ZERO, csr, source: CsrSource::Register(rs1) }
}

fn set_csr_immediate(csr: Csr, value: u8) -> Instruction {
    Instruction::Csr { op: CsrOp::Set, rd: ZERO, csr, source: CsrSource::Immediate(value) }
}

/// The instruction with its destination register replaced.
fn with_rd(mut instruction: Instruction, replace: impl Fn(Register) -> Register) -> Instruction {
    match &mut instruction {
        Instruction::Register { rd, .. }
        | Instruction::Immediate { rd, .. }
        | Instruction::Lui { rd, .. }
        | Instruction::Auipc { rd, .. }
        | Instruction::Load { rd, .. }
        | Instruction::Jal { rd, .. }
        | Instruction::Jalr { rd, .. }
        | Instruction::Csr { rd, .. } => *rd = replace(*rd),
        _ => {}
    }
    instruction
}

/// A load or store with its base register replaced.
fn with_base(mut instruction: Instruction, base: Register) -> Instruction {
    if let Instruction::Load { rs1, .. } | Instruction::Store { rs1, .. } = &mut instruction {
        *rs1 = base;
    }
    instruction
}

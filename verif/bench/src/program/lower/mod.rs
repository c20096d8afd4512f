//! Programs to memory contents.

mod control;
mod image;
mod npu;
mod pointer;
mod privileged;
mod protection;
mod rewrite;

pub use image::{Image, TooLong, lower, random_bytes};

use systole_isa::{Assembler, Csr, CsrOp, CsrSource, Instruction, Label, Register, RegisterOp};

use self::privileged::Wake;
use self::rewrite::{with_bases, with_rd};
use super::handler::TO_USER;
use super::layout::RECOVER_SLOT;
use super::{Block, Privilege, Program};

const ZERO: Register = Register::ZERO;
const T0: Register = Register::new(5);
const T1: Register = Register::new(6);

/// `mstatus.MIE`, within the reach of an immediate.
const MIE: u8 = 1 << 3;
/// `mstatus.MPP`.
const MPP: u32 = 3 << 11;
/// `mstatus.MPRV`.
const MPRV: u32 = 1 << 17;

/// A PMP entry that allows everything: NAPOT, R, W, X.
const OPEN: u32 = 0x1f;

/// Bytes that [`Block::Far`] may leave empty in one program.
const FAR_BYTES: u32 = 0x2800;

struct Lowering<'a> {
    code: Assembler,
    functions: Vec<Function<'a>>,
    /// Registers that the code being placed must not write: loop counters, links, bases.
    reserved: Vec<Register>,
    /// Inside a loop or function: may run again.
    repeated: bool,
    /// Inside a [`Block::User`]: probably not in M mode.
    user: bool,
    /// A job may be running here.
    job_started: bool,
    /// What is left of [`FAR_BYTES`].
    far_bytes: u32,
    program: &'a Program,
}

/// Code placed behind the body.
struct Function<'a> {
    entry: Label,
    link: Register,
    work: Work<'a>,
    reserved: Vec<Register>,
    user: bool,
}

enum Work<'a> {
    /// Blocks and a return.
    Blocks(&'a [Block]),
    /// An instruction to be overwritten, an `addi` of the register, and a return; at a multiple of 4
    /// if so wanted.
    Patch(Label, Register, bool),
    /// A call of the next one, with labels of its entry and of where it returns to, and a return
    /// through a constant address.
    Nested { inner: Option<[Label; 2]>, back: Label },
    /// A jump through the register.
    Jump(Register),
    /// A return to the address with the bits of the register turned over.
    Astray(Register),
}

impl<'a> Lowering<'a> {
    fn new(code: Assembler, program: &'a Program) -> Self {
        Self {
            code,
            functions: Vec::new(),
            reserved: Vec::new(),
            repeated: false,
            user: false,
            job_started: false,
            far_bytes: FAR_BYTES,
            program,
        }
    }

    fn place_functions(&mut self) {
        self.repeated = true;
        while let Some(function) = self.functions.pop() {
            if matches!(function.work, Work::Patch(_, _, true)) {
                self.code.align();
            }
            self.code.bind(function.entry);
            self.reserved = function.reserved;
            self.user = function.user;
            let link = function.link;
            let back = Instruction::Jalr { rd: ZERO, rs1: link, offset: 0 };
            match function.work {
                Work::Blocks(blocks) => {
                    self.blocks(blocks);
                    self.code.push(back);
                }
                Work::Patch(slot, register, _) => {
                    self.code.bind(slot);
                    self.code.push_exactly(Instruction::NOP);
                    let (op, imm) = (systole_isa::ImmediateOp::Addi, 1);
                    let add = Instruction::Immediate { op, rd: register, rs1: register, imm };
                    self.code.push_exactly(add);
                    self.code.push(back);
                }
                Work::Nested { inner, back: caller } => {
                    if let Some([next, returned]) = inner {
                        self.code.jump(link, next);
                        self.code.bind(returned);
                    }
                    self.code.load_address(link, caller);
                    self.code.push(back);
                }
                Work::Astray(register) => {
                    let op = RegisterOp::Xor;
                    let (rd, rs1, rs2) = (link, link, register);
                    self.code.push(Instruction::Register { op, rd, rs1, rs2 });
                    self.code.push(back);
                }
                Work::Jump(register) => {
                    self.code.push(Instruction::Jalr { rd: link, rs1: register, offset: 0 });
                }
            }
        }
    }

    fn function(&mut self, link: Register, work: Work<'a>, reserved: Vec<Register>) -> Label {
        let entry = self.code.label();
        self.functions.push(Function { entry, link, work, reserved, user: self.user });
        entry
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

    /// Tells the handler where to go on after a jump to where nothing can be executed.
    fn recover_at(&mut self, label: Label, [base, value]: [Register; 2]) {
        self.code.load_address(value, label);
        let slot = self.code.upper(base, RECOVER_SLOT);
        self.code.store_word(value, slot, base);
    }

    fn blocks(&mut self, blocks: &'a [Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &'a Block) {
        match block {
            Block::Straight(instructions) => self.straight(instructions),
            Block::Access { base, address, accesses, distance, privilege } => {
                self.access(*base, *address, accesses, *distance, *privilege);
            }
            Block::Skip { op, rs1, rs2, body } => {
                let end = self.code.label();
                self.code.branch(*op, *rs1, *rs2, end);
                self.blocks(body);
                self.code.bind(end);
            }
            Block::Loop { counter, count, op, body } => self.repeat(*counter, *count, *op, body),
            Block::Call { link, indirect, body } => self.call(*link, *indirect, body),
            Block::Nest { depth, link } => self.nest(*depth, *link),
            Block::Dispatch { register, link, visits, rounds, counter } => {
                self.dispatch([*register, *link], *visits, *rounds, *counter);
            }
            Block::Far { reach, backward, short_of } => self.far(*reach, *backward, *short_of),
            Block::JumpToVoid { register, target } => self.jump_to_void(*register, *target),
            Block::OddJump { register, link, misalignment } => {
                self.odd_jump(*register, *link, *misalignment);
            }
            Block::Astray { link, returns, bit } => self.astray(*link, *returns, *bit),
            Block::Pointer { maker, register, between, usage } => {
                self.pointer(*maker, *register, between, usage);
            }
            Block::Visit { scratch, user, targets } => self.visit(*scratch, *user, targets),
            Block::SelfModify { address, word, link, versions, by } => {
                self.self_modify([*address, *word, *link], versions, *by);
            }
            Block::Timer { delay, scratch } => self.timer(*delay, *scratch),
            Block::SetClock { scratch, writes } => self.set_clock(*scratch, writes),
            Block::SoftwareInterrupt { scratch, enable, behind } => {
                self.software_interrupt(*scratch, *enable);
                self.straight(behind);
            }
            Block::WaitForInterrupt { delay, scratch, global, user, software, then } => {
                let wake = if *software { Wake::Software } else { Wake::Timer(*delay) };
                self.wait_for_interrupt(wake, *scratch, *global, *user, *then);
            }
            Block::TrapVector { scratch, vectored, first } => {
                self.trap_vector(*scratch, *vectored, *first);
            }
            Block::CsrWrite { op, rd, csr, value, scratch } => {
                let scratch = self.scratch(*scratch, &[]);
                self.code.load_immediate(scratch, *value);
                let rd = self.free(*rd);
                self.code.push(self::csr(*op, rd, *csr, scratch));
            }
            Block::User { scratch, leave, probe, direct, body } => {
                self.user_mode(*scratch, *leave, [*probe, *direct], body);
            }
            Block::Protect { entry, config, address, bottom, scratch } => {
                self.protect(*entry, *config, *address, *bottom, *scratch);
            }
            Block::Regions { group, entries, scratch, body } => {
                self.regions(*group, entries, *scratch, body);
            }
            Block::StartJob { job, interrupt, window, scratch } => {
                self.start_job(*job, *interrupt, *window, *scratch);
            }
            Block::DisturbJob { job, writes, scratch } => self.disturb_job(*job, writes, *scratch),
            Block::AbortJob { scratch } => self.abort_job(*scratch),
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
            // A step to U mode that nothing has prepared would not come back; a read traps as well.
            let steps = instruction.encode() == TO_USER.encode();
            self.push(if steps { set_csr(Csr::CYCLE, ZERO) } else { instruction });
        }
    }

    /// Jumps and branches stay as long as their offset says.
    fn push(&mut self, instruction: Instruction) {
        match instruction {
            Instruction::Jal { .. } | Instruction::Branch { .. } => {
                self.code.push_exactly(instruction);
            }
            _ => self.code.push(instruction),
        }
    }

    fn access(
        &mut self,
        base: Register,
        address: u32,
        accesses: &[Instruction],
        distance: i32,
        privilege: Privilege,
    ) {
        let base = self.scratch(base, &[]);
        let two = accesses
            .iter()
            .any(|access| matches!(access, Instruction::Atomic { rs1, .. } if *rs1 != ZERO));
        self.code.load_immediate(base, address);
        let mut bases = [base; 2];
        if two {
            bases[1] = self.scratch(base, &[base]);
            self.code.add_immediate(bases[1], base, distance);
        }
        let modify = privilege != Privilege::Own && self.program.isa.user_mode && !self.user;
        if modify {
            let op = if privilege == Privilege::User { CsrOp::Clear } else { CsrOp::Set };
            self.reserved.extend(bases);
            self.change_status(op, MPP);
            self.change_status(CsrOp::Set, MPRV);
            self.reserved.truncate(self.reserved.len() - 2);
        }
        self.accesses(accesses, bases);
        if modify {
            self.change_status(CsrOp::Clear, MPRV);
        }
    }

    /// The last of `accesses` may write `bases`.
    fn accesses(&mut self, accesses: &[Instruction], bases: [Register; 2]) {
        let reserved = self.reserved.len();
        self.reserved.extend(bases);
        for (left, access) in (0..accesses.len()).rev().zip(accesses) {
            if left == 0 {
                self.reserved.truncate(reserved);
            }
            let access = with_bases(with_rd(*access, |rd| self.free(rd)), bases);
            self.push(access);
        }
        self.reserved.truncate(reserved);
    }

    /// Sets or clears bits of `mstatus`.
    fn change_status(&mut self, op: CsrOp, bits: u32) {
        let scratch = self.scratch(T0, &[]);
        self.code.load_immediate(scratch, bits);
        self.code.push(csr(op, ZERO, Csr::MSTATUS, scratch));
    }
}

fn csr(op: CsrOp, rd: Register, csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op, rd, csr, source: CsrSource::Register(rs1) }
}

fn read_csr(rd: Register, number: Csr) -> Instruction {
    csr(CsrOp::Set, rd, number, ZERO)
}

fn write_csr(number: Csr, rs1: Register) -> Instruction {
    csr(CsrOp::Write, ZERO, number, rs1)
}

fn set_csr(number: Csr, rs1: Register) -> Instruction {
    csr(CsrOp::Set, ZERO, number, rs1)
}

fn csr_immediate(op: CsrOp, rd: Register, csr: Csr, value: u8) -> Instruction {
    Instruction::Csr { op, rd, csr, source: CsrSource::Immediate(value) }
}

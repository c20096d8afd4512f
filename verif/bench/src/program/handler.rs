//! The trap handler of random programs: leaves every register as it was and goes on.
//!
//! An exception is skipped, an interrupt's source is silenced. A fetch fault inside the code in M
//! mode is an injected, transient bus error and is tried again. In U mode it may be PMP's and is not;
//! the program goes on in M mode at the address in [`RECOVER_SLOT`]. So it does after any exception
//! outside, where a jump into the void leads.
//!
//! A trap from U mode goes on there, unless [`LEAVE_SLOT`] names its cause, and [`TO_USER`] goes on in
//! U mode. An interrupt that a program waits for ([`WAIT_SLOT`]) is left pending and disabled: the
//! `wfi` may still be to come.

use systole_golden::Isa;
use systole_isa::{
    Assembler, BranchOp, Code, Csr, CsrOp, CsrSource, ImmediateOp, Instruction, Label, LoadOp,
    Register, RegisterOp,
};

use super::Compression;
use super::layout::{
    CODE, CODE_END, HANDLER, LEAVE_SLOT, MSIP, MTIMECMP, NPU, NPU_CLEAR, RECOVER_SLOT, SAVE_SLOT,
    VECTORS, WAIT_SLOT,
};

const T0: Register = Register::new(5);
const T1: Register = Register::new(6);
const ZERO: Register = Register::ZERO;

/// Machine cause numbers of interrupts less that of the timer.
const TIMER: i32 = 7;
/// The instruction that goes on in U mode: GNU's `unimp`, `csrrw x0, cycle, x0`.
pub(super) const TO_USER: Instruction = Instruction::Raw(0xc000_1073);
/// `mstatus.MPP`.
const MPP: u32 = 3 << 11;
/// `mstatus.MPIE`.
const MPIE: i32 = 1 << 7;

struct Handler {
    code: Assembler,
    isa: Isa,
    /// Goes on in the mode that the trap came from, or in M mode if [`LEAVE_SLOT`] says so.
    decide: Label,
    /// Goes on in M mode.
    to_machine: Label,
    /// Goes on in the mode that the trap came from.
    leave: Label,
}

/// The handler's code, from [`HANDLER`] on.
pub(super) fn handler(isa: Isa, compression: Compression) -> Code {
    let mut code = Assembler::new(HANDLER, compression);
    let [decide, to_machine, leave, interrupt] = [(); 4].map(|()| code.label());
    let mut handler = Handler { code, isa, decide, to_machine, leave };
    handler.enter(interrupt);
    handler.exception();
    handler.leave();
    handler.code.bind(interrupt);
    handler.interrupt();
    handler.code.finish()
}

impl Handler {
    /// Frees two registers.
    fn enter(&mut self, interrupt: Label) {
        let code = &mut self.code;
        code.push(csr(CsrOp::Write, T0, Csr::MSCRATCH, T0));
        let slot = code.upper(T0, SAVE_SLOT);
        code.store_word(T1, slot, T0);
        code.push(read(T1, Csr::MCAUSE));
        code.branch(BranchOp::Blt, T1, ZERO, interrupt);
    }

    fn exception(&mut self) {
        let [recover, again] = [(); 2].map(|()| self.code.label());
        let code = &mut self.code;
        code.push(read(T1, Csr::MEPC));
        code.push(shift_right(T1, T1));
        code.load_immediate(T0, CODE);
        code.push(shift_right(T0, T0));
        code.branch(BranchOp::Bne, T1, T0, recover);
        code.push(read(T1, Csr::MCAUSE));
        code.add_immediate(T1, T1, -1);
        code.branch(BranchOp::Beq, T1, ZERO, again);
        self.skip();
        if self.isa.user_mode {
            self.enter_user();
        }
        let code = &mut self.code;
        code.jump(ZERO, self.decide);

        code.bind(again);
        if self.isa.user_mode {
            code.push(read(T1, Csr::MSTATUS));
            code.load_immediate(T0, MPP);
            code.push(Instruction::Register { op: RegisterOp::And, rd: T1, rs1: T1, rs2: T0 });
            code.branch(BranchOp::Bne, T1, ZERO, self.leave);
        } else {
            code.jump(ZERO, self.leave);
        }
        code.bind(recover);
        let slot = code.upper(T0, RECOVER_SLOT);
        code.load_word(T1, slot, T0);
        code.push(csr(CsrOp::Write, ZERO, Csr::MEPC, T1));
        code.jump(ZERO, self.to_machine);
    }

    /// Serves [`TO_USER`].
    fn enter_user(&mut self) {
        let code = &mut self.code;
        code.push(read(T1, Csr::MTVAL));
        code.load_immediate(T0, TO_USER.encode());
        code.branch(BranchOp::Bne, T1, T0, self.decide);
        code.load_immediate(T0, MPP);
        code.push(csr(CsrOp::Clear, ZERO, Csr::MSTATUS, T0));
        code.jump(ZERO, self.leave);
    }

    /// Adds the length of the instruction to `mepc`.
    fn skip(&mut self) {
        let code = &mut self.code;
        code.push(read(T1, Csr::MEPC));
        if self.isa.c {
            let long = code.label();
            code.push(Instruction::Load { op: LoadOp::Lhu, rd: T0, rs1: T1, offset: 0 });
            code.push(and_immediate(T0, 3));
            code.add_immediate(T0, T0, -3);
            code.add_immediate(T1, T1, 4);
            code.branch(BranchOp::Beq, T0, ZERO, long);
            code.add_immediate(T1, T1, -2);
            code.bind(long);
        } else {
            code.add_immediate(T1, T1, 4);
        }
        code.push(csr(CsrOp::Write, ZERO, Csr::MEPC, T1));
    }

    fn leave(&mut self) {
        let code = &mut self.code;
        code.bind(self.decide);
        if self.isa.user_mode {
            let slot = code.upper(T0, LEAVE_SLOT);
            code.load_word(T1, slot, T0);
            code.push(read(T0, Csr::MCAUSE));
            code.push(Instruction::Register { op: RegisterOp::Srl, rd: T1, rs1: T1, rs2: T0 });
            code.push(and_immediate(T1, 1));
            code.branch(BranchOp::Beq, T1, ZERO, self.leave);
        }
        code.bind(self.to_machine);
        if self.isa.user_mode {
            code.load_immediate(T0, MPP);
            code.push(csr(CsrOp::Set, ZERO, Csr::MSTATUS, T0));
        }
        code.bind(self.leave);
        let slot = code.upper(T0, SAVE_SLOT);
        code.load_word(T1, slot, T0);
        code.push(csr(CsrOp::Write, T0, Csr::MSCRATCH, T0));
        code.push(Instruction::Mret);
    }

    fn interrupt(&mut self) {
        let [waiting, timer, software] = [(); 3].map(|()| self.code.label());
        let code = &mut self.code;
        let slot = code.upper(T0, WAIT_SLOT);
        code.load_word(T1, slot, T0);
        code.branch(BranchOp::Bne, T1, ZERO, waiting);
        code.push(read(T1, Csr::MCAUSE));
        code.push(and_immediate(T1, 15));
        code.add_immediate(T1, T1, -TIMER);
        code.branch(BranchOp::Beq, T1, ZERO, timer);
        code.branch(BranchOp::Blt, T1, ZERO, software);
        code.load_immediate(T0, NPU);
        code.store_word(ZERO, NPU_CLEAR, T0);
        code.jump(ZERO, self.decide);
        code.bind(timer);
        code.load_immediate(T0, MTIMECMP);
        code.add_immediate(T1, ZERO, -1);
        code.store_word(T1, 4, T0);
        code.jump(ZERO, self.decide);
        code.bind(software);
        code.load_immediate(T0, MSIP);
        code.store_word(ZERO, 0, T0);
        code.jump(ZERO, self.decide);
        code.bind(waiting);
        code.add_immediate(T0, ZERO, MPIE);
        code.push(csr(CsrOp::Clear, ZERO, Csr::MSTATUS, T0));
        code.jump(ZERO, self.to_machine);
    }
}

/// Entries of the vector table: all jump to the handler.
pub(super) fn vectors() -> Code {
    let mut code = Assembler::new(VECTORS, Compression::Never);
    (0..16).for_each(|_| code.jump_to(ZERO, HANDLER));
    code.finish()
}

/// The number of the block of the code's size that `rs1` points into.
fn shift_right(rd: Register, rs1: Register) -> Instruction {
    let imm = (CODE_END - CODE).ilog2() as i32;
    Instruction::Immediate { op: ImmediateOp::Srli, rd, rs1, imm }
}

fn and_immediate(rd: Register, imm: i32) -> Instruction {
    Instruction::Immediate { op: ImmediateOp::Andi, rd, rs1: rd, imm }
}

fn csr(op: CsrOp, rd: Register, csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op, rd, csr, source: CsrSource::Register(rs1) }
}

fn read(rd: Register, number: Csr) -> Instruction {
    csr(CsrOp::Set, rd, number, ZERO)
}

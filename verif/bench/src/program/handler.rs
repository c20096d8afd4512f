//! The trap handler of random programs: leaves every register as it was and goes on.
//!
//! An exception is skipped, an interrupt's source is silenced. A fetch fault inside the code is an
//! injected, transient bus error and is tried again; outside, a jump into the void, which goes on
//! at the address in [`RECOVER_SLOT`].

use systole_isa::{BranchOp, Csr, CsrOp, CsrSource, ImmediateOp, Instruction, Register};

use super::assembler::Assembler;
use super::layout::{
    CODE, CODE_END, HANDLER, MSIP, MTIMECMP, NPU, NPU_CLEAR, RECOVER_SLOT, SAVE_SLOT, VECTORS,
};

const T0: Register = Register::new(5);
const T1: Register = Register::new(6);
const ZERO: Register = Register::ZERO;

/// Machine cause numbers of interrupts less that of the timer.
const TIMER: i32 = 7;

/// The handler's code, from [`HANDLER`] on.
pub(super) fn handler() -> Vec<Instruction> {
    let mut code = Assembler::new(HANDLER);
    let [interrupt, fetch_fault, leave] = [(); 3].map(|()| code.label());

    code.push(csr(CsrOp::Write, T0, Csr::MSCRATCH, T0));
    let slot = code.upper(T0, SAVE_SLOT);
    code.store_word(T1, slot, T0);
    code.push(read(T1, Csr::MCAUSE));
    code.branch(BranchOp::Blt, T1, ZERO, interrupt);
    code.add_immediate(T1, T1, -1);
    code.branch(BranchOp::Beq, T1, ZERO, fetch_fault);
    code.push(read(T1, Csr::MEPC));
    code.add_immediate(T1, T1, 4);
    code.push(csr(CsrOp::Write, ZERO, Csr::MEPC, T1));

    code.bind(leave);
    let slot = code.upper(T0, SAVE_SLOT);
    code.load_word(T1, slot, T0);
    code.push(csr(CsrOp::Write, T0, Csr::MSCRATCH, T0));
    code.push(Instruction::Mret);

    code.bind(fetch_fault);
    code.push(read(T1, Csr::MEPC));
    code.push(shift_right(T1, T1));
    code.load_immediate(T0, CODE);
    code.push(shift_right(T0, T0));
    code.branch(BranchOp::Beq, T1, T0, leave);
    let slot = code.upper(T0, RECOVER_SLOT);
    code.load_word(T1, slot, T0);
    code.push(csr(CsrOp::Write, ZERO, Csr::MEPC, T1));
    code.jump(ZERO, leave);

    code.bind(interrupt);
    let [timer, software] = [(); 2].map(|()| code.label());
    code.push(Instruction::Immediate { op: ImmediateOp::Andi, rd: T1, rs1: T1, imm: 15 });
    code.add_immediate(T1, T1, -TIMER);
    code.branch(BranchOp::Beq, T1, ZERO, timer);
    code.branch(BranchOp::Blt, T1, ZERO, software);
    code.load_immediate(T0, NPU);
    code.store_word(ZERO, NPU_CLEAR, T0);
    code.jump(ZERO, leave);
    code.bind(timer);
    code.load_immediate(T0, MTIMECMP);
    code.add_immediate(T1, ZERO, -1);
    code.store_word(T1, 4, T0);
    code.jump(ZERO, leave);
    code.bind(software);
    code.load_immediate(T0, MSIP);
    code.store_word(ZERO, 0, T0);
    code.jump(ZERO, leave);
    code.finish()
}

/// Entries of the vector table: all jump to the handler.
pub(super) fn vectors() -> Vec<Instruction> {
    (0..16)
        .map(|entry| {
            let from = VECTORS + 4 * entry;
            Instruction::Jal { rd: ZERO, offset: HANDLER.wrapping_sub(from) as i32 }
        })
        .collect()
}

/// The number of the block of the code's size that `rs1` points into.
fn shift_right(rd: Register, rs1: Register) -> Instruction {
    let imm = (CODE_END - CODE).ilog2() as i32;
    Instruction::Immediate { op: ImmediateOp::Srli, rd, rs1, imm }
}

fn csr(op: CsrOp, rd: Register, csr: Csr, rs1: Register) -> Instruction {
    Instruction::Csr { op, rd, csr, source: CsrSource::Register(rs1) }
}

fn read(rd: Register, number: Csr) -> Instruction {
    csr(CsrOp::Set, rd, number, ZERO)
}

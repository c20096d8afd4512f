//! Interrupts and modes.

use systole_isa::{Csr, CsrOp, Instruction, Label, Register};

use super::super::handler::TO_USER;
use super::super::layout::{HANDLER, LEAVE_SLOT, MSIP, MTIME, MTIMECMP, VECTORS, WAIT_SLOT};
use super::super::{Block, Operand};
use super::{Lowering, MIE, MPP, MPRV, ZERO, csr, csr_immediate, read_csr, set_csr, write_csr};

/// `mie.MTIE`.
const TIMER_ENABLE: i32 = 1 << 7;
/// `mie.MSIE`, within the reach of an immediate.
const SOFTWARE_ENABLE: u8 = 1 << 3;
/// Where no memory is, whatever a load or store adds to it.
const NOWHERE: u32 = 0x1000;
/// Bit of the cause of an ECALL from U mode, which the end of a body in U mode relies on.
const ECALL_FROM_USER: u16 = 1 << 8;

/// What ends a wait.
#[derive(Clone, Copy)]
pub(super) enum Wake {
    /// The timer, so many cycles from now.
    Timer(u16),
    /// The software interrupt.
    Software,
}

impl<'a> Lowering<'a> {
    /// Sets the timer to `delay` cycles from now, and enables its interrupt in `mie`.
    fn arm_timer(&mut self, delay: u16, [base, value]: [Register; 2]) {
        let offset = self.code.upper(base, MTIME);
        self.code.load_word(value, offset, base);
        self.code.add_immediate(value, value, i32::from(delay & 0x7ff));
        let offset = self.code.upper(base, MTIMECMP);
        self.code.store_word(value, offset, base);
        self.code.store_word(ZERO, offset + 4, base);
        self.code.add_immediate(value, ZERO, TIMER_ENABLE);
        self.code.push(set_csr(Csr::MIE, value));
    }

    pub(super) fn timer(&mut self, delay: u16, scratch: [Register; 2]) {
        let scratch = self.scratch_pair(scratch);
        self.arm_timer(delay, scratch);
        self.code.push(csr_immediate(CsrOp::Set, ZERO, Csr::MSTATUS, MIE));
    }

    /// Each write is followed by reads of both halves.
    pub(super) fn set_clock(&mut self, scratch: [Register; 2], writes: &[(bool, u32)]) {
        let [base, value] = self.scratch_pair(scratch);
        let low = self.code.upper(base, MTIME);
        for &(high, written) in writes {
            self.code.load_immediate(value, written);
            self.code.store_word(value, low + if high { 4 } else { 0 }, base);
            self.code.load_word(value, low + 4, base);
            self.code.load_word(value, low, base);
        }
        self.code.store_word(ZERO, low + 4, base);
    }

    pub(super) fn software_interrupt(&mut self, scratch: Register, enable: bool) {
        if enable {
            self.code.push(csr_immediate(CsrOp::Set, ZERO, Csr::MIE, SOFTWARE_ENABLE));
            self.code.push(csr_immediate(CsrOp::Set, ZERO, Csr::MSTATUS, MIE));
        }
        let scratch = self.scratch(scratch, &[]);
        self.raise([scratch, self.scratch(scratch, &[scratch])]);
    }

    fn raise(&mut self, [base, value]: [Register; 2]) {
        self.code.load_immediate(base, MSIP);
        self.code.add_immediate(value, ZERO, 1);
        self.code.store_word(value, 0, base);
    }

    fn arm(&mut self, wake: Wake, scratch: [Register; 2]) {
        match wake {
            Wake::Timer(delay) => self.arm_timer(delay, scratch),
            Wake::Software => {
                self.code.push(csr_immediate(CsrOp::Set, ZERO, Csr::MIE, SOFTWARE_ENABLE));
                self.raise(scratch);
            }
        }
    }

    /// In U mode there is nothing to wait for: the timer could not be enabled.
    pub(super) fn wait_for_interrupt(
        &mut self,
        wake: Wake,
        scratch: [Register; 2],
        global: Option<bool>,
        user: bool,
        then: Option<Instruction>,
    ) {
        if self.user {
            return;
        }
        let [base, value] = self.scratch_pair(scratch);
        let user = user && self.program.isa.user_mode;
        // Where no interrupt can be taken, the handler need not be told to leave it pending.
        let undisturbed = global == Some(false) && !user;
        if undisturbed {
            self.code.push(csr_immediate(CsrOp::Clear, ZERO, Csr::MSTATUS, MIE));
            self.arm(wake, [base, value]);
            self.code.load_immediate(base, NOWHERE);
            self.code.push(Instruction::Wfi);
            return self.accesses(then.as_slice(), [base; 2]);
        }
        let slot = self.code.upper(base, WAIT_SLOT);
        self.code.add_immediate(value, ZERO, 1);
        self.code.store_word(value, slot, base);
        let switch = global.map(|on| {
            let op = if on { CsrOp::Set } else { CsrOp::Clear };
            csr_immediate(op, ZERO, Csr::MSTATUS, MIE)
        });
        // The software interrupt comes at once: as close to WFI as can be.
        let early = matches!(wake, Wake::Software);
        switch.filter(|_| early).into_iter().for_each(|one| self.code.push(one));
        self.arm(wake, [base, value]);
        switch.filter(|_| !early).into_iter().for_each(|one| self.code.push(one));
        if user {
            let end = self.code.label();
            self.enter_user([base, value], end);
            self.code.push(Instruction::Wfi);
            self.code.bind(end);
            self.code.push(Instruction::Ecall);
        } else {
            self.code.push(Instruction::Wfi);
        }
        let slot = self.code.upper(base, WAIT_SLOT);
        self.code.store_word(ZERO, slot, base);
    }

    pub(super) fn trap_vector(
        &mut self,
        scratch: Register,
        vectored: bool,
        first: Option<(CsrOp, Operand)>,
    ) {
        let scratch = self.scratch(scratch, &[]);
        // A fetch could fail while the vector leads nowhere.
        let calm = self.program.environment.hart_errors == 0 && !self.user;
        let status = self.scratch(scratch, &[scratch]);
        let first = first.filter(|_| calm);
        if let Some((op, operand)) = first {
            if let Operand::Value(value) = operand {
                self.code.load_immediate(scratch, value);
            }
            self.code.push(csr_immediate(CsrOp::Clear, status, Csr::MSTATUS, MIE));
            self.code.push(match operand {
                Operand::Value(_) => csr(op, ZERO, Csr::MTVEC, scratch),
                Operand::Immediate(bits) => csr_immediate(op, ZERO, Csr::MTVEC, bits & 31),
            });
            self.code.push(read_csr(scratch, Csr::MTVEC));
        }
        let vector = if vectored { VECTORS | 1 } else { HANDLER };
        self.code.load_immediate(scratch, vector);
        self.code.push(write_csr(Csr::MTVEC, scratch));
        if first.is_some() {
            self.code.push(set_csr(Csr::MSTATUS, status));
        }
    }

    /// Goes on in U mode with the next instruction, and after a fault in M mode at `end`.
    fn enter_user(&mut self, scratch: [Register; 2], end: Label) {
        let [base, value] = scratch;
        self.recover_at(end, [base, value]);
        self.code.push(TO_USER);
    }

    /// The same by an `mret`, which clears MPRV.
    fn enter_user_directly(&mut self, [base, value]: [Register; 2], end: Label) {
        self.recover_at(end, [base, value]);
        let body = self.code.label();
        self.code.load_address(value, body);
        self.code.push(write_csr(Csr::MEPC, value));
        for (op, bits) in [(CsrOp::Clear, MPP), (CsrOp::Set, MPRV)] {
            self.code.load_immediate(value, bits);
            self.code.push(csr(op, ZERO, Csr::MSTATUS, value));
        }
        self.code.push(Instruction::Mret);
        self.code.bind(body);
    }

    pub(super) fn user_mode(
        &mut self,
        scratch: Register,
        leave: u16,
        [probe, direct]: [bool; 2],
        body: &'a [Block],
    ) {
        if !self.program.isa.user_mode || self.user {
            return self.blocks(body);
        }
        let [base, value] = self.scratch_pair([scratch, scratch]);
        if leave != 0 {
            let slot = self.code.upper(base, LEAVE_SLOT);
            self.code.load_immediate(value, u32::from(leave | ECALL_FROM_USER));
            self.code.store_word(value, slot, base);
        }
        let end = self.code.label();
        if direct {
            self.enter_user_directly([base, value], end);
        } else {
            self.enter_user([base, value], end);
        }
        let outer = std::mem::replace(&mut self.user, true);
        if probe {
            self.code.push(Instruction::Mret);
        }
        self.blocks(body);
        self.user = outer;
        self.code.bind(end);
        self.code.push(Instruction::Ecall);
        if leave != 0 {
            let slot = self.code.upper(base, LEAVE_SLOT);
            self.code.load_immediate(value, u32::from(ECALL_FROM_USER));
            self.code.store_word(value, slot, base);
        }
    }
}

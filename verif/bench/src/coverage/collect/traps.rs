//! Traps, interrupts and what returns from them.

use super::super::bins::Class;
use super::super::model::machine::{EXCEPTIONS, Groups};
use super::{Counts, ILLEGAL, Step, USER};

const MIE: u32 = 1 << 3;
const MPP_SHIFT: u32 = 11;
const MPRV: u32 = 1 << 17;
const MTVEC: u16 = 0x305;
const MSTATUS: u32 = 0x300;
const MRET: u32 = 0x3020_0073;
const WFI: u32 = 0x1050_0073;

/// What has to be remembered for the next retirement.
#[derive(Default)]
pub(super) struct Traps {
    /// `mtvec` is in vectored mode.
    vectored: bool,
    /// Where an interrupt came between two instructions, and its number.
    interrupted: Option<(u32, usize)>,
    /// The instruction before was a WFI: mode and MIE.
    waited: Option<(usize, usize)>,
}

impl Traps {
    #[inline]
    pub(super) fn retire(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        if let Some((mode, enabled)) = self.waited.take() {
            counts.hit(groups.wfi.at([mode, enabled, usize::from(!retire.intr)]));
        }
        if retire.intr && !retire.trap {
            self.interrupt(step, groups, counts);
        } else if let Some((pc, line)) = self.interrupted
            && pc == retire.pc
        {
            self.interrupted = None;
            counts.hit(groups.interrupted.at([line, step.class as usize]));
        }
        if retire.trap {
            exception(step, groups, counts);
            return;
        }
        match step.class {
            Class::Mret => {
                let before = step.previous.mstatus;
                let to = usize::from(before >> MPP_SHIFT & 3 == 0);
                let enabled = usize::from(retire.mstatus & MIE != 0);
                let modified = usize::from(before & MPRV != 0);
                counts.hit(groups.mret.at([to, enabled, modified]));
            }
            Class::Wfi => {
                self.waited = Some((step.user(), usize::from(retire.mstatus & MIE != 0)));
            }
            Class::Csr => self.csr(step, groups, counts),
            _ => {}
        }
    }

    fn interrupt(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let retire = step.retire;
        let line = match retire.cause & 0x1f {
            3 => 0,
            7 => 1,
            _ => 2,
        };
        // The record is that of the handler's first instruction; MPP has the mode before it.
        let user = usize::from(retire.mstatus >> MPP_SHIFT & 3 == 0);
        counts.hit(groups.trap.at([EXCEPTIONS.len() + line, user]));
        counts.hit(groups.interrupt.at([line, user, usize::from(self.vectored)]));
        counts.hit(groups.interrupt_after.at([line, step.previous.class as usize]));
        self.interrupted = Some((step.previous.next_pc, line));
    }

    fn csr(&mut self, step: &Step, groups: &Groups, counts: &mut Counts) {
        let Some((number, value)) = step.retire.csr else { return };
        if number == MTVEC {
            self.vectored = value & 1 == 1;
        }
        if u32::from(number) == MSTATUS {
            let written = written(step, step.previous.mstatus);
            counts.hit(groups.mpp.at([(written >> MPP_SHIFT & 3) as usize]));
        }
    }
}

/// The value that a CSR instruction asks a register to take that held `old`.
pub(super) fn written(step: &Step, old: u32) -> u32 {
    let word = step.retire.insn;
    let operand = match word >> 14 & 1 {
        0 => step.operands[0],
        _ => word >> 15 & 31,
    };
    match word >> 12 & 3 {
        1 => operand,
        2 => old | operand,
        _ => old & !operand,
    }
}

fn exception(step: &Step, groups: &Groups, counts: &mut Counts) {
    let retire = step.retire;
    let cause = match retire.cause {
        cause @ 0..=8 => cause as usize,
        11 => 9,
        _ => return,
    };
    counts.hit(groups.trap.at([cause, step.user()]));
    counts.hit(groups.trap_at.at([cause, (retire.pc >> 1 & 1) as usize]));
    if !retire.intr {
        counts.hit(groups.trap_after.at([cause, step.previous.class as usize]));
    }
    if retire.cause == ILLEGAL && retire.mode == USER {
        match retire.insn {
            MRET => counts.hit(groups.refused.at([0])),
            WFI => counts.hit(groups.refused.at([1])),
            _ => {}
        }
    }
}

//! Physical memory protection.

use systole_isa::{Csr, CsrOp, Instruction, Register};

use super::super::Block;
use super::{Lowering, MPP, OPEN, ZERO, csr, write_csr};

/// L of a byte of `pmpcfg`.
const LOCKED: u8 = 1 << 7;

impl<'a> Lowering<'a> {
    pub(super) fn protect(
        &mut self,
        entry: u8,
        config: u8,
        address: u32,
        bottom: Option<u32>,
        scratch: Register,
    ) {
        let entry = u16::from(entry & 15);
        let scratch = self.scratch(scratch, &[]);
        // Should the first write trap and lead to M mode, the others would still be made.
        let config = if self.user { config & !LOCKED } else { config };
        if let Some(bottom) = bottom.filter(|_| entry > 0) {
            self.code.load_immediate(scratch, bottom);
            self.code.push(write_csr(Csr::pmpaddr(entry - 1), scratch));
        }
        self.code.load_immediate(scratch, address);
        self.code.push(write_csr(Csr::pmpaddr(entry), scratch));
        let (register, shift) = (Csr::pmpcfg(entry / 4), 8 * (entry % 4));
        for (op, byte) in [(CsrOp::Clear, 0xff), (CsrOp::Set, u32::from(config))] {
            if byte == 0 {
                continue;
            }
            self.code.load_immediate(scratch, byte << shift);
            self.code.push(csr(op, ZERO, register, scratch));
        }
    }

    pub(super) fn regions(
        &mut self,
        group: u8,
        entries: &[(u8, u32)],
        scratch: Register,
        body: &'a [Block],
    ) {
        if self.user {
            return self.blocks(body);
        }
        let group = u16::from(group & 3);
        let register = Csr::pmpcfg(group);
        let keep = self.scratch(scratch, &[]);
        let mut configuration = [0; 4];
        for (number, (byte, (config, address))) in
            (4 * group..).zip(configuration.iter_mut().zip(entries))
        {
            *byte = *config & !LOCKED;
            self.code.load_immediate(keep, *address);
            self.code.push(write_csr(Csr::pmpaddr(number), keep));
        }
        self.code.load_immediate(keep, u32::from_le_bytes(configuration));
        self.code.push(write_csr(register, keep));
        self.blocks(body);
        self.code.push(write_csr(register, ZERO));
        if self.program.isa.user_mode && self.program.isa.pmp_regions > 0 {
            self.open_last(self.scratch(scratch, &[]));
        }
    }

    /// The last entry allows everything, as the start of a program does it.
    fn open_last(&mut self, scratch: Register) {
        let last = self.program.isa.pmp_regions as u16 - 1;
        self.code.add_immediate(scratch, ZERO, -1);
        self.code.push(write_csr(Csr::pmpaddr(last), scratch));
        self.code.load_immediate(scratch, OPEN << (8 * (last % 4)));
        self.code.push(csr(CsrOp::Set, ZERO, Csr::pmpcfg(last / 4), scratch));
    }

    /// In U mode the handler already knows where to go on.
    pub(super) fn visit(&mut self, scratch: Register, user: bool, targets: &[u32]) {
        let [base, value] = self.scratch_pair([scratch; 2]);
        let jump = Instruction::Jalr { rd: ZERO, rs1: value, offset: 0 };
        if self.user {
            if let Some(target) = targets.first() {
                self.code.load_immediate(value, *target);
                self.code.push(jump);
            }
            return;
        }
        for target in targets {
            let next = self.code.label();
            self.recover_at(next, [base, value]);
            self.code.load_immediate(value, *target);
            if user && self.program.isa.user_mode {
                self.code.push(write_csr(Csr::MEPC, value));
                self.code.load_immediate(value, MPP);
                self.code.push(csr(CsrOp::Clear, ZERO, Csr::MSTATUS, value));
                self.code.push(Instruction::Mret);
                // A trap behind the write of mepc leads here in U mode.
                self.code.push(Instruction::Ecall);
            } else {
                self.code.push(jump);
            }
            self.code.bind(next);
        }
    }
}

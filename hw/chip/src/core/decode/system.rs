//! SYSTEM and AMO.

use systole_hdl::prelude::*;

use super::fields::{Fields, Immediates};
use super::{Effects, Operation, Privilege, set_flags};
use crate::core::encoding::atomic;

/// `instruction[31:20]` of the privileged instructions.
pub struct SystemCodes {
    ecall: Signal,
    ebreak: Signal,
    wfi: Signal,
    mret: Signal,
}

impl SystemCodes {
    /// The codes as named constants.
    pub fn constants(m: M) -> Self {
        Self {
            ecall: m.constant("ECALL", 0x000, U(12)),
            ebreak: m.constant("EBREAK", 0x001, U(12)),
            wfi: m.constant("WFI", 0x105, U(12)),
            mret: m.constant("MRET", 0x302, U(12)),
        }
    }
}

/// SYSTEM, in the case over the opcode: the privileged instructions and the CSR instructions.
pub fn system_case(
    fields: &Fields,
    codes: &SystemCodes,
    imm: &Immediates,
    privilege: &Privilege,
    o: &Operation,
    e: &Effects,
) {
    let is_csr = fields.funct3.bits(1, 0).any();
    when(is_csr, || {
        let from_immediate = fields.funct3.bit(2);
        e.legal.set(privilege.csr_legal);
        set_flags(&[o.is_csr, e.writes_rd, o.operand_b_immediate, o.alu_sum]);
        // The sum of rs1 and 0, or of x0 and uimm.
        e.reads_rs1.set(!from_immediate);
        o.immediate.set(imm.z & from_immediate.repeat(32));
    })
    .or_when(!fields.funct3.bit(2) & fields.rs1.eq(0) & fields.rd.eq(0), || {
        let user = privilege.user;
        switch(fields.funct12, |s| {
            s.case(codes.ecall, || set_flags(&[e.legal, e.is_ecall]));
            s.case(codes.ebreak, || set_flags(&[e.legal, e.is_ebreak]));
            s.case(codes.mret, || {
                e.legal.set(user.map_or(lit(1, Bit), |(user, _)| !user));
                o.is_mret.set(1);
            });
            s.case(codes.wfi, || {
                e.legal.set(user.map_or(lit(1, Bit), |(_, wait_illegal)| !wait_illegal));
                o.is_wfi.set(1);
            });
            s.default(|| e.legal.set(0));
        });
    });
}

/// AMO, in the case over the opcode. The address is rs1, plus an immediate of 0.
pub fn atomic_case(fields: &Fields, exists: Signal, o: &Operation, e: &Effects) {
    let funct5 = fields.instruction.bits(31, 27);
    let (is_lr, is_sc) = (funct5.eq(atomic::LR), funct5.eq(atomic::SC));
    e.legal.set(exists);
    set_flags(&[e.reads_rs1, e.writes_rd, o.address_from_rs1, o.operand_b_immediate]);
    e.reads_rs2.set(!is_lr);
    o.is_load.set(is_lr);
    o.is_store.set(is_sc);
    for (flag, value) in [(o.is_lr, is_lr), (o.is_sc, is_sc), (o.is_amo, !is_lr & !is_sc)] {
        if let Some(flag) = flag {
            flag.set(value);
        }
    }
}

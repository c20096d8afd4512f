//! `mepc`, `mcause`, `mtval` and `mtvec`; `mie`, `mip` and `mscratch`.

use systole_hdl::prelude::*;

use super::words::{interrupt_bits, interrupt_word, mepc_word, mtvec_word, pc_low, vectored_bit};
use super::{Rows, TrapEntry, Write};
use crate::config::CoreConfig;
use crate::core::encoding::csr;

/// What trap entry records, which software may write too; the pc to return to is an output.
pub fn trap_record(m: M, config: &CoreConfig, rows: &mut Rows, trap: &TrapEntry, write: &Write) {
    let low = pc_low(config);
    let mepc = m.reg("mepc_bits", U(32 - low)).reset(0);
    let mcause = m.reg("mcause", U(32)).reset(0);
    let mtval = m.reg("mtval", U(32)).reset(0);
    let select = |name: &str, number: u32| write.selector.select(name, number);
    let select_mepc = select("mepc", csr::MEPC);
    let select_mcause = select("mcause", csr::MCAUSE);
    let select_mtval = select("mtval", csr::MTVAL);
    let written_mepc = write.value.bits(31, low);
    let cause = cat(&[trap.interrupt, lit(0, U(27)), trap.code]).named("trap_cause");
    m.clocked(|| {
        when(trap.enter, || {
            mepc.set(trap.pc.bits(31, low));
            mcause.set(cause);
            mtval.set(trap.value);
            when(trap.interrupt, || mtval.set(0));
        })
        .or_when(write.enable, || {
            when(select_mepc, || mepc.set(written_mepc));
            when(select_mcause, || mcause.set(write.value));
            when(select_mtval, || mtval.set(write.value));
        });
    });
    trap.pc.bits(low - 1, 0).unused();
    rows.add(select_mepc, mepc_word(config, mepc), mepc_word(config, written_mepc));
    rows.add(select_mcause, mcause, write.value);
    rows.add(select_mtval, mtval, write.value);
    m.output("mepc", mepc_word(config, mepc));
    if rows.rvfi {
        m.output("mcause_before", mcause);
    }
}

/// The CSRs that only software writes; `mip` is never written. Where trap entry goes is an output.
pub fn plain(m: M, rows: &mut Rows, trap: &TrapEntry, write: &Write) {
    let value = write.value;
    let mie = m.output_reg("mie_bits", U(3)).reset(0).doc("{MEIE, MTIE, MSIE}");
    let base = m.reg("mtvec_base", U(30)).reset(0);
    let vectored = m.reg("mtvec_vectored", Bit).reset(0);
    let mscratch = m.reg("mscratch", U(32)).reset(0);
    let select = |name: &str, number: u32| write.selector.select(name, number);
    let select_mie = select("mie", csr::MIE);
    let select_mtvec = select("mtvec", csr::MTVEC);
    let select_mscratch = select("mscratch", csr::MSCRATCH);
    m.clocked(|| {
        when(write.enable & select_mie, || mie.set(interrupt_bits(value)));
        when(write.enable & select_mtvec, || {
            base.set(value.bits(31, 2));
            vectored.set(vectored_bit(value));
        });
        when(write.enable & select_mscratch, || mscratch.set(value));
    });
    rows.add(select_mie, interrupt_word(mie), interrupt_word(interrupt_bits(value)));
    let mtvec_legal = mtvec_word(value.bits(31, 2), vectored_bit(value));
    rows.add(select_mtvec, mtvec_word(base, vectored), mtvec_legal);
    rows.add(select_mscratch, mscratch, value);

    let mip_bits = m.input("mip_bits", U(3)).doc("{MEIP, MTIP, MSIP}");
    let mip = interrupt_word(mip_bits).named("mip");
    rows.add(select("mip", csr::MIP), mip, mip);

    m.section("Trap vector: BASE, or BASE + 4 * code for a vectored interrupt");
    let trap_vectored = (vectored & trap.interrupt).named("trap_vectored");
    let slot = (trap.code & trap_vectored.repeat(4)).named("vector_slot");
    let vector = (base + slot.ext(30)).named("vector");
    m.output("trap_vector", cat(&[vector, lit(0, U(2))]));
}

//! Interrupt lines, their gating and priority.

use systole_hdl::prelude::*;

use super::encoding::interrupt;
use super::privilege::UserControl;

/// Samples the interrupt lines and selects the interrupt to take.
///
/// The lines pass through a register, `mip`. From the decision for an interrupt to the retirement
/// of the handler's first instruction it holds its value, so that the decision and a read of the
/// CSR by that instruction see the same lines.
pub fn interrupts() -> Module {
    module("core_interrupts", |m| {
        m.doc("Interrupt lines, gating and priority.");
        let software = m.input("software_interrupt", Bit);
        let timer = m.input("timer_interrupt", Bit);
        let external = m.input("external_interrupt", Bit);
        let mie = m.input("mie", U(3)).doc("{MEIE, MTIE, MSIE}");
        let allowed = m.input("allowed", Bit).doc("mstatus.MIE is set, or the mode is U");
        let take = m.input("take", Bit).doc("an interrupt enters the pipeline");
        let finished = m.input("finished", Bit).doc("an instruction retires or traps");

        m.section("Lines");
        let mip = m.output_reg("mip", U(3)).reset(0).doc("{MEIP, MTIP, MSIP}");
        let entry = m
            .output_reg("entry", Bit)
            .reset(0)
            .doc("the handler's first instruction is still to come");
        let hold = (take | entry).named("hold");
        m.clocked(|| {
            when(!hold, || mip.set(cat(&[external, timer, software])));
            when(take, || entry.set(1)).or_when(finished, || entry.set(0));
        });

        m.section("Decision: external, software, timer");
        let enabled = (mip & mie).named("enabled");
        let pending = (allowed & enabled.any()).named("interrupt_pending");
        m.output("pending", pending);
        m.output("wakeup", enabled.any()).doc("WFI ends, whatever mode and mstatus.MIE say");
        let external_code = m.constant("MACHINE_EXTERNAL", interrupt::EXTERNAL, U(4));
        let software_code = m.constant("MACHINE_SOFTWARE", interrupt::SOFTWARE, U(4));
        let timer_code = m.constant("MACHINE_TIMER", interrupt::TIMER, U(4));
        let cause = m.output_wire("cause", U(4));
        m.comb(|| {
            when(enabled.bit(2), || cause.set(external_code))
                .or_when(enabled.bit(0), || cause.set(software_code))
                .otherwise(|| cause.set(timer_code));
        });
    })
}

/// Builds the interrupt logic inside a core. Interrupts are allowed where `enabled`, and in U mode;
/// `finished` says that an instruction retires or traps.
pub fn interrupt_instance(
    m: M,
    mie: Signal,
    enabled: Signal,
    user: Option<UserControl>,
    finished: Signal,
) -> Instance {
    let allowed = user.map_or(enabled, |user| enabled | user.user).named("interrupts_allowed");
    m.instance("interrupts", &interrupts())
        .pin("software_interrupt", m.input("software_interrupt", Bit))
        .pin("timer_interrupt", m.input("timer_interrupt", Bit))
        .pin("external_interrupt", m.input("external_interrupt", Bit))
        .pin("mie", mie)
        .pin("allowed", allowed)
        .pin("finished", finished)
}

//! What the event counters may count.

use systole_hdl::prelude::*;

use super::pipeline::Stages;
use crate::core::csr::EVENTS;

/// What writeback decides about its instructions.
pub struct Happened {
    pub main_traps: Signal,
    pub branch_traps: Signal,
    pub wrong_target: Signal,
    pub bus_waits: Signal,
}

/// Connects the events of the main lane and of the pipeline, and those of the branch lane.
/// Numbers are those of `docs/core.md`.
pub fn events(m: M, stages: &Stages, csr: Instance, happened: &Happened) {
    m.section("Events that are counted");
    let main = main_events(stages, happened);
    csr.pin("events", word(&main).named("main_events"));
    csr.pin("events_second", word(&branch_events(stages, happened)).named("branch_events"));
}

/// Bit n: event n happens.
fn word(events: &[(usize, Signal)]) -> Signal {
    let mut bits = vec![lit(0, Bit); EVENTS as usize];
    for &(event, happens) in events {
        bits[event] = happens;
    }
    bits.reverse();
    cat(&bits)
}

fn main_events(stages: &Stages, happened: &Happened) -> Vec<(usize, Signal)> {
    let (control, main) = (&stages.control, &stages.main_done);
    let work = &main.completion;
    let or_amo = |flag: Signal| work.is_amo.map_or(flag, |amo| flag | amo);
    let stores = work.is_sc.map_or(work.is_store, |sc| work.is_store | sc);
    let retired = |flag: Signal| control.main_retire & flag;
    let muldiv = work.is_multiply.zip(work.is_divide).map(|(a, b)| a | b);
    let interrupt = main.trap.is_interrupt;
    let none = lit(0, Bit);
    vec![
        (1, retired(or_amo(work.is_load))),
        (2, retired(or_amo(stores))),
        (6, muldiv.map_or(none, retired)),
        (7, retired(work.compressed)),
        (8, happened.main_traps & !interrupt),
        (9, happened.main_traps & interrupt),
        (16, control.branch_redirect | happened.wrong_target),
        (17, control.operand_wait.unwrap_or(none)),
        (18, main.valid & happened.bus_waits),
        (19, !(stages.main_operand.valid | stages.branch_operand.valid)),
    ]
}

fn branch_events(stages: &Stages, happened: &Happened) -> Vec<(usize, Signal)> {
    let jump = &stages.branch_done.completion;
    let retired = |flag: Signal| stages.control.branch_retire & flag;
    vec![
        (3, retired(jump.is_branch)),
        (4, retired(jump.is_branch & jump.taken)),
        (5, retired(jump.is_control & !jump.is_branch)),
        (7, retired(jump.link.ne(jump.pc + 4))),
        (8, happened.branch_traps),
    ]
}

//! Control of units that work bit by bit.

use systole_hdl::prelude::*;

/// Ports and phases of a unit that takes 32 steps.
///
/// The pipeline holds `request` until `done`, then pulses `take`; `cancel` drops the work under
/// way. `load` is the cycle in which the operands are captured; the 32 cycles of `step` follow;
/// then `done` stays until `take` or `cancel`.
pub struct Iteration {
    /// Capture the operands.
    pub load: Signal,
    /// Do one step.
    pub step: Signal,
}

/// Declares the control ports and the state machine of an iterative unit.
pub fn iteration(m: M) -> Iteration {
    m.section("Control");
    let request = m.input("request", Bit).doc("an operation stands in execute");
    let take = m.input("take", Bit).doc("the result is used");
    let cancel = m.input("cancel", Bit).doc("the operation is flushed");
    let idle = m.constant("IDLE", 0, U(2));
    let busy = m.constant("BUSY", 1, U(2));
    let finished = m.constant("DONE", 2, U(2));
    let state = m.reg("state", U(2)).reset(0);
    let steps_left = m.reg("steps_left", U(5));

    let load = (state.eq(idle) & request & !cancel).named("load");
    let step = state.eq(busy).named("step");
    let last_step = (step & steps_left.eq(0)).named("last_step");
    m.clocked(|| {
        when(load, || {
            state.set(busy);
            steps_left.set(31);
        })
        .or_when(step, || {
            steps_left.set(steps_left - 1);
            when(last_step, || state.set(finished));
        });
        when(take | cancel, || state.set(idle));
    });
    m.output("done", state.eq(finished));
    Iteration { load, step }
}

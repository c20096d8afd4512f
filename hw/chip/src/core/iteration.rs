//! Control of units that work bit by bit.

use systole_hdl::prelude::*;

/// Phases of a unit that works in steps.
///
/// The pipeline holds `request` and the operands until `done`, then pulses `take`; `cancel` drops
/// the work under way. `load` is the cycle in which the operands are captured; the cycles of
/// `step` follow; then `done` stays until `take` or `cancel`.
pub struct Iteration {
    /// Capture the operands.
    pub load: Signal,
    /// Do one step.
    pub step: Signal,
    /// It is the last one.
    pub last_step: Signal,
}

/// Declares the control ports and the state machine of a unit that takes 32 steps.
pub fn iteration(m: M) -> Iteration {
    let steps_left = m.reg("steps_left", U(5)).doc("after this one");
    let control = iteration_until(m, steps_left.eq(0));
    m.clocked(|| {
        when(control.load, || steps_left.set(31))
            .or_when(control.step, || steps_left.set(steps_left - 1));
    });
    control
}

/// Declares them for a unit that says itself, by `ends`, that a step is the last one.
pub fn iteration_until(m: M, ends: Signal) -> Iteration {
    m.section("Control");
    let request = m.input("request", Bit).doc("an operation stands in execute");
    let take = m.input("take", Bit).doc("the result is used");
    let cancel = m.input("cancel", Bit).doc("the operation is flushed");
    let idle = m.constant("IDLE", 0, U(2));
    let busy = m.constant("BUSY", 1, U(2));
    let finished = m.constant("DONE", 2, U(2));
    let state = m.reg("state", U(2)).reset(0);

    let load = (state.eq(idle) & request & !cancel).named("load");
    let step = state.eq(busy).named("step");
    let last_step = (step & ends).named("last_step");
    m.clocked(|| {
        when(load, || state.set(busy)).or_when(last_step, || state.set(finished));
        when(take | cancel, || state.set(idle));
    });
    m.output("done", state.eq(finished));
    Iteration { load, step, last_step }
}

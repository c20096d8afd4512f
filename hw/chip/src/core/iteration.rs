//! Control of units that work bit by bit.

use systole_hdl::prelude::*;

/// Phases of a unit that takes up to 32 steps.
///
/// The pipeline holds `request` until `done`, then pulses `take`; `cancel` drops the work under
/// way. `load` is the cycle in which the operands are captured; the cycles of `step` follow; then
/// `done` stays until `take` or `cancel`.
pub struct Iteration {
    /// Capture the operands.
    pub load: Signal,
    /// Do one step.
    pub step: Signal,
}

/// What a unit with a number of steps that depends on the operands does between `load` and the
/// first step; wires of the caller's.
pub struct Preparation {
    /// The cycle after `load`, in which the next two must be known. Driven by [`prepared_iteration`].
    pub measure: Signal,
    /// No step at all: `done` follows.
    pub nothing: Signal,
    /// The number of steps, less one: 5 bits.
    pub last_step: Signal,
    /// The cycle after that, if there are steps. Driven by [`prepared_iteration`].
    pub place: Signal,
}

/// Declares the control ports and the state machine of a unit that takes 32 steps.
pub fn iteration(m: M) -> Iteration {
    build(m, None).0
}

/// Declares them for a unit that takes as many steps as `preparation` says. Also gives the number
/// of steps that come after this one, 5 bits, which in the cycle of `place` is `last_step`.
pub fn prepared_iteration(m: M, preparation: &Preparation) -> (Iteration, Signal) {
    build(m, Some(preparation))
}

fn build(m: M, preparation: Option<&Preparation>) -> (Iteration, Signal) {
    m.section("Control");
    let request = m.input("request", Bit).doc("an operation stands in execute");
    let take = m.input("take", Bit).doc("the result is used");
    let cancel = m.input("cancel", Bit).doc("the operation is flushed");
    let bits = if preparation.is_some() { 3 } else { 2 };
    let idle = m.constant("IDLE", 0, U(bits));
    let busy = m.constant("BUSY", 1, U(bits));
    let finished = m.constant("DONE", 2, U(bits));
    let phases = preparation.map(|preparation| {
        let measuring = m.constant("MEASURE", 3, U(bits));
        (preparation, measuring, m.constant("PLACE", 4, U(bits)))
    });
    let state = m.reg("state", U(bits)).reset(0);
    let steps_left = m.reg("steps_left", U(5));

    let load = (state.eq(idle) & request & !cancel).named("load");
    let step = state.eq(busy).named("step");
    let last_step = (step & steps_left.eq(0)).named("last_step");
    if let Some((preparation, measuring, placing)) = phases {
        preparation.measure.drive(state.eq(measuring));
        preparation.place.drive(state.eq(placing));
    }
    m.clocked(|| {
        when(load, || {
            state.set(phases.map_or(busy, |(_, measuring, _)| measuring));
            steps_left.set(31);
        })
        .or_when(step, || {
            steps_left.set(steps_left - 1);
            when(last_step, || state.set(finished));
        });
        if let Some((preparation, _, placing)) = phases {
            when(preparation.measure, || {
                state.set(preparation.nothing.mux(finished, placing));
                steps_left.set(preparation.last_step);
            })
            .or_when(preparation.place, || state.set(busy));
        }
        when(take | cancel, || state.set(idle));
    });
    m.output("done", state.eq(finished));
    (Iteration { load, step }, steps_left)
}

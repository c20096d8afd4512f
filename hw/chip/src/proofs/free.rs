//! What several proofs need of their environment.

use systole_hdl::prelude::*;

/// An input of any value that stays the same: what holds with it holds for every value.
#[track_caller]
pub fn any_constant(m: M, name: &str, ty: Ty) -> Signal {
    let constant = m.input(name, ty);
    let before = m.reg(format!("{name}_before"), ty);
    let started = after_first_cycle(m, &format!("{name}_chosen"));
    m.clocked(|| before.set(constant));
    m.assume(format!("{name}_stays"), !started | constant.eq(before));
    constant
}

/// 0 in the first cycle after reset, then 1.
#[track_caller]
pub fn after_first_cycle(m: M, name: &str) -> Signal {
    let after = m.reg(name, Bit).reset(0);
    m.clocked(|| after.set(1));
    after
}

/// `signal`, `cycles` cycles later; before that anything.
#[track_caller]
pub fn later(m: M, name: &str, signal: Signal, cycles: u32) -> Signal {
    (1..=cycles).fold(signal, |before, cycle| {
        let register = m.reg(format!("{name}_later_{cycle}"), signal.ty());
        m.clocked(|| register.set(before));
        register
    })
}

/// The same for an event: before that there was none.
#[track_caller]
pub fn after(m: M, name: &str, event: Signal, cycles: u32) -> Signal {
    (1..=cycles).fold(event, |before, cycle| {
        let register = m.reg(format!("{name}_after_{cycle}"), Bit).reset(0);
        m.clocked(|| register.set(before));
        register
    })
}

//! Signals from outside, made safe to use.

use systole_hdl::prelude::*;

/// `input` two cycles later, from the second of two registers `<name>_sampled` and `<name>`: an
/// input that changes at the clock edge may leave the first one undecided for a while, and nothing
/// else looks at that one. In reset both hold `idle`.
pub fn synchronised(m: M, name: &str, input: Signal, idle: u32) -> Signal {
    let sampled = m.reg(format!("{name}_sampled"), input.ty()).reset(idle);
    let synchronous = m.reg(name, input.ty()).reset(idle);
    m.clocked(|| {
        sampled.set(input);
        synchronous.set(sampled);
    });
    synchronous
}

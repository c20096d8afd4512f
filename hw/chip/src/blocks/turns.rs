//! Who is served when two ask.

use systole_hdl::prelude::*;

/// Whether the first and the second of two may be served: each may when the other does not ask,
/// and they take turns when both ask. None waits for more than one transfer of the other.
///
/// `asking` says who asks, `moves` that something is served in this cycle.
pub fn take_turns(m: M, name: &str, asking: [Signal; 2], moves: Signal) -> [Signal; 2] {
    let second_is_next = m.reg(format!("{name}_second_is_next"), Bit).reset(0);
    let [first, second] = asking;
    let first_may = (!second | !second_is_next).named(format!("{name}_first_may"));
    let second_may = (!first | second_is_next).named(format!("{name}_second_may"));
    m.clocked(|| {
        when(moves, || second_is_next.set(first & first_may));
    });
    m.check(format!("{name}_one_is_served"), !(first & second & first_may & second_may));
    m.cover(format!("{name}_both_ask"), first & second);
    [first_may, second_may]
}

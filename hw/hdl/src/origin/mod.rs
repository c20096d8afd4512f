//! Where a value comes from: from a signal in a cycle back through ports, registers, multiplexers and
//! memories to the operator that computed it, by the values that a simulator has recorded.
//!
//! A person who debugs does the same with a waveform and the source beside each other. As long as a
//! value is only passed on, each step is certain. Who knows what the value should have been sees more:
//! where a multiplexer had the right value on the side that it did not take, its condition is wrong
//! and not the value; where some bits of a joined word are right, the others are followed; where one
//! operand of a sum is known to be right, the other is.
//!
//! What never comes has no past. Who awaits it asks of each register which condition would have given it
//! the right value, and why that does not hold now.
//!
//! Where several conditions came together that should not have, one is followed that who asks has named,
//! or that seldom holds: this is the only guess. The path ends where something is computed: an adder cannot tell which of its
//! operands is wrong.

mod assignment;
mod expressions;
mod follow;
mod gates;
mod part;
mod scopes;
mod signals;
mod values;

#[cfg(test)]
mod tests;

use crate::ir::Location;
use crate::{Bits, Design};

/// Recorded values of a design's signals.
pub trait History {
    /// The value of `instance.child.signal`, settled, in a cycle; `None` if it was not recorded. The
    /// reset is `rst`.
    fn value(&self, name: &str, cycle: u64) -> Option<Bits>;
}

/// What to follow.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// A signal, as `instance.child.signal`.
    pub signal: &'a str,
    /// Its lowest bit in question.
    pub low: u32,
    /// When it was wrong.
    pub cycle: u64,
    /// What the bits from `low` on should have been, or only how many they are.
    pub expected: Expected,
    /// Values that are right wherever they come in, such as the operands of the instruction: where
    /// one is added to something, the other is wrong.
    pub right: &'a [Bits],
    /// Names of signals, the best first, that the search is to follow where several conditions are
    /// as good as each other: who asks may know what an event has to do with.
    pub prefer: &'a [&'a str],
    /// What is asked about should have come by now, as when a program hangs: what kept it from coming
    /// is followed, and not what gave the present value long ago.
    pub awaited: bool,
}

/// What is known of the right value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expected {
    /// The right value.
    Value(Bits),
    /// This many bits are in question, nothing more.
    Unknown(u32),
}

/// A signal on the way back, the one that was asked about first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its name, as `instance.child.signal`.
    pub signal: String,
    /// In which cycle.
    pub cycle: u64,
    /// Its value then.
    pub value: Option<Bits>,
    /// Highest and lowest bit that the way is about.
    pub part: (u32, u32),
    /// What gives it that value: an assignment, a connection, the operator at the end of the path.
    pub location: Location,
    /// What is done there.
    pub action: Action,
}

/// How a signal got its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// It takes that of another signal.
    Passed,
    /// It is a register that takes that of another signal, or one that a memory was given.
    Stored,
    /// A condition chose it.
    Chosen,
    /// It is computed, from these signals with these values.
    Computed(Vec<(String, Bits)>),
    /// It is a constant, or what reset gives.
    Constant,
    /// It came in from outside.
    Input,
    /// What gave it was before the record begins, or is not in it.
    Unknown,
}

/// The path from a signal back to where its value was computed: the nearest step first. Empty when
/// there is no such signal.
pub fn origin(design: &Design, history: &dyn History, question: &Question) -> Vec<Step> {
    let scopes = scopes::scopes(design);
    let values = values::Values::new(&scopes, history);
    follow::follow(&values, question)
}

//! The fast pipeline: two instructions a cycle, with branch prediction.

mod access;
mod align;
mod entry;
mod events;
mod execute;
mod fetch;
mod front;
mod issue;
mod operand;
mod operands;
mod pipeline;
mod predictor;
mod registers;
mod retire;
mod window;
mod writeback;

pub(super) use pipeline::core;
#[cfg(test)]
pub(super) use {fetch::fetch, window::window};

//! The compact pipeline: fetch, decode, execute and writeback, one instruction at a time in each.
//!
//! `pipeline` holds the top, `core`, which connects the stages of the `stage_*` files.

mod access;
mod fetch;
mod hazard;
mod operand;
mod operands;
mod pipeline;
mod predictor;
mod registers;
mod retire;
mod stage_decode;
mod stage_execute;
mod stage_fetch;
mod stage_writeback;
mod units;

pub(super) use pipeline::core;
#[cfg(test)]
pub(super) use {fetch::fetch, registers::registers};

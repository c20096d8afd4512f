//! The compact pipeline: fetch, decode, execute and writeback, one instruction at a time in each.
//!
//! `pipeline` holds the top, `core`, which connects the stages of the three `stage_*` files.

mod fetch;
mod hazard;
pub(super) mod old;
mod pipeline;
mod stage_decode;
mod stage_execute;
mod stage_writeback;

#[cfg(test)]
pub(super) use fetch::fetch;
pub(super) use pipeline::DataBus;
pub(super) use pipeline::core;
pub(super) use stage_decode::{InterruptState, WFI};

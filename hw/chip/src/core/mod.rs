//! The hart: RV32I with the extensions that the configuration asks for.
//!
//! Two pipelines, `compact` and `fast`, are built of the same parts: each file below describes
//! one module of the generated Verilog that both use. What the hart does is in `docs/core.md`.

pub mod alu;
pub mod atomic;
pub mod bitmanip;
pub mod branch;
mod compact;
pub mod count;
pub mod csr;
mod data_bus;
pub mod decode;
pub mod divide;
#[allow(dead_code, reason = "the pipelines come to use these numbers one after the other")]
mod encoding;
pub mod expand;
mod fast;
pub mod interrupts;
pub mod iteration;
pub mod load_select;
pub mod multiply;
pub mod pmp;
mod privilege;
mod record;
pub mod rvfi;
pub mod store_align;
mod trap;

#[cfg(test)]
mod tests;

use systole_hdl::prelude::*;

use crate::config::{CoreConfig, Pipeline};

/// Address of the first instruction after reset.
pub const RESET_VECTOR: u64 = 0x8000_0000;

/// The core: module `core` with the ports of `docs/soc.md`, `ibus_*`, `dbus_*`, the interrupt
/// lines, and with `rvfi` the retire port. `config` is a validated one.
pub fn core(config: &CoreConfig, rvfi: bool) -> Module {
    match config.pipeline {
        Pipeline::Compact => compact::core(config, rvfi),
        Pipeline::Fast => fast::core(config, rvfi),
    }
}

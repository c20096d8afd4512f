//! Bridges between the chip's own ports and standard buses, each a module that can be used alone.
//!
//! | module | from | to |
//! |---|---|---|
//! | [`axi_lite_master()`] | data bus | AXI4-Lite |
//! | [`axi_lite_fetch()`] | instruction bus | AXI4-Lite, read channels |
//! | [`axi_lite_slave()`] | AXI4-Lite | data bus |
//! | [`wishbone_master()`] | data bus | Wishbone B4 |
//! | [`wishbone_fetch()`] | instruction bus | Wishbone B4 |
//! | [`wishbone_slave()`] | Wishbone B4 | data bus |
//! | [`axi_to_wishbone()`] | AXI4 bursts, as the NPU makes them | Wishbone B4 |
//!
//! AXI4-Lite: outputs and inputs are not connected by logic alone, as the standard demands.
//! Wishbone: classic cycles, which may follow each other without a gap; so a slave that answers in
//! the cycle in which it is asked moves a word in every cycle.

pub mod axi_lite_fetch;
pub mod axi_lite_master;
pub mod axi_lite_slave;
pub mod axi_to_wishbone;
pub mod buses;
pub mod protocol;
pub mod wishbone_fetch;
pub mod wishbone_master;
pub mod wishbone_slave;

#[cfg(test)]
mod tests;

pub use axi_lite_fetch::axi_lite_fetch;
pub use axi_lite_master::axi_lite_master;
pub use axi_lite_slave::axi_lite_slave;
pub use axi_to_wishbone::axi_to_wishbone;
pub use wishbone_fetch::wishbone_fetch;
pub use wishbone_master::wishbone_master;
pub use wishbone_slave::wishbone_slave;

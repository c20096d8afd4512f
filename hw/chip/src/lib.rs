//! The chip: RISC-V core, NPU, bus, SoC and presets, described with `systole-hdl`.

pub mod blocks;
pub mod board;
pub mod bus;
pub mod config;
pub mod core;
pub mod npu;
pub mod proofs;
pub mod soc;

pub use config::ChipConfig;

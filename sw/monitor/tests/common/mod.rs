//! Boards to be tested.
#![allow(dead_code, reason = "each test takes what it needs")]

pub mod pins;

use systole_chip::ChipConfig;
use systole_chip::board::{Peripherals, board};
use systole_hdl::{Design, check};
use systole_monitor::Chip;

/// A preset with little RAM, as boards have it, and further settings.
pub fn config(preset: &str, settings: &[&str]) -> ChipConfig {
    let settings = [&["memory.ram_bytes=65536"], settings].concat();
    ChipConfig::preset(preset).unwrap().with_settings(&settings).unwrap()
}

/// What the monitor has to know of a chip.
pub fn chip(name: &str, config: &ChipConfig, peripherals: &Peripherals) -> Chip {
    Chip {
        name: name.to_owned(),
        clock_hz: peripherals.clock_hz,
        ram_bytes: config.memory.ram_bytes,
        fetch_bits: config.core.fetch_bits(),
        dim: config.npu.dim,
        scratchpad_rows: config.npu.scratchpad_rows,
    }
}

/// The chip with what a board has around it.
pub fn design(config: &ChipConfig, peripherals: &Peripherals) -> Design {
    check(&board(config, peripherals)).unwrap_or_else(|errors| panic!("{errors}"))
}

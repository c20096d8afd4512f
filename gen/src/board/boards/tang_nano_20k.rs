//! Sipeed Tang Nano 20K: Gowin GW2AR-18.
//!
//! Clock, LEDs and buttons: `examples/himbaechel/tangnano20k.cst` of github.com/YosysHQ/apicula;
//! UART and active levels: `sipeed_tang_nano_20k.py` of github.com/litex-hub/litex-boards. LEDs are
//! lit when low, buttons are high when pressed.

use crate::board::{Board, Capacity, Device, Family, Pin, Pull};

pub const BOARD: Board = Board {
    name: "tang_nano_20k",
    title: "Sipeed Tang Nano 20K",
    device: Device {
        name: "GW2AR-LV18QN88C8/I7",
        family: Family::Gowin { part: "GW2AR-LV18QN88C8/I7", family: "GW2A-18C", yosys: "gw2a" },
        // Gowin DS226, table 1-1.
        capacity: Capacity { lut: 20_736, ff: 15_552, bram: 46, dsp: 96 },
    },
    oscillator: Pin::new("4"),
    oscillator_hz: 27_000_000,
    chip_hz: 27_000_000,
    uart_rx: Pin::new("70").pull(Pull::Up),
    uart_tx: Pin::new("69"),
    leds: &[
        Pin::new("15").low(),
        Pin::new("16").low(),
        Pin::new("17").low(),
        Pin::new("18").low(),
        Pin::new("19").low(),
        Pin::new("20").low(),
    ],
    buttons: &[Pin::new("88").pull(Pull::Down), Pin::new("87").pull(Pull::Down)],
    tied: &[],
    preset: "nano",
    // The RAM takes 32 of the 46 blocks, and 128 KiB would take 64. Accumulators 4 columns wide would
    // take 8, in all 50.
    settings: &["memory.ram_bytes=65536", "npu.dim=2"],
};

//! OrangeCrab r0.2.1 with the LFE5U-25F.
//!
//! Pins: `verilog/orangecrab_r0.2.1.pcf` of github.com/orangecrab-fpga/orangecrab-examples (in LPF
//! syntax); active levels as in `gsd_orangecrab.py` of github.com/litex-hub/litex-boards. The board
//! has no USB bridge: the UART is on pins 0 (to the FPGA) and 1 (from it) of the Feather header. LEDs:
//! red, green, blue of one LED, lit when low.

use crate::board::{Board, Capacity, Device, Family, Pin, Pull};

pub const BOARD: Board = Board {
    name: "orangecrab",
    title: "OrangeCrab r0.2.1 25F",
    device: Device {
        name: "LFE5U-25F-8MG285C",
        family: Family::Ecp5 { device: "25k", package: "CSFBGA285", speed: 8 },
        // Lattice FPGA-DS-02012, table 1.1.
        capacity: Capacity { lut: 24_288, ff: 24_288, bram: 56, dsp: 28 },
    },
    oscillator: Pin::new("A9"),
    oscillator_hz: 48_000_000,
    chip_hz: 24_000_000,
    uart_rx: Pin::new("N17").pull(Pull::Up),
    uart_tx: Pin::new("M18"),
    leds: &[Pin::new("K4").low(), Pin::new("M3").low(), Pin::new("J3").low()],
    buttons: &[Pin::new("J17").low().standard("SSTL135_I")],
    tied: &[],
    preset: "nano",
    // Of 128 KiB the 56 blocks of RAM would hold the data alone, without the scratchpad.
    settings: &["memory.ram_bytes=65536"],
};

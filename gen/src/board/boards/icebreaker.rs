//! iCEBreaker: iCE40 UP5K.
//!
//! Pins: `icebreaker/icebreaker.pcf` of github.com/icebreaker-fpga/icebreaker-verilog-examples. The
//! UART is the second channel of the USB bridge. LEDs: red, green, then the three colours of the RGB
//! LED, all lit when low; the button has a resistor on the board.

use crate::board::{Board, Capacity, Device, Family, Pin};

pub const BOARD: Board = Board {
    name: "icebreaker",
    title: "iCEBreaker",
    device: Device {
        name: "iCE40UP5K-SG48",
        family: Family::Ice40 { device: "up5k", package: "sg48" },
        // Lattice FPGA-DS-02008, table 1.
        capacity: Capacity { lut: 5280, ff: 5280, bram: 30, dsp: 8 },
    },
    oscillator: Pin::new("35"),
    oscillator_hz: 12_000_000,
    chip_hz: 12_000_000,
    uart_rx: Pin::new("6"),
    uart_tx: Pin::new("9"),
    leds: &[
        Pin::new("11").low(),
        Pin::new("37").low(),
        Pin::new("39").low(),
        Pin::new("40").low(),
        Pin::new("41").low(),
    ],
    buttons: &[Pin::new("10").low()],
    tied: &[],
    preset: "nano",
    // With a hart of RV32I and a sequential NPU that shares the large blocks of RAM with it, the device
    // is full.
    settings: &[
        "core.compressed=false",
        "core.multiplier=none",
        "npu.sequential=true",
        "npu.scratchpad_rows=8192",
        "npu.accumulator_rows=64",
        "memory.ram_bytes=65536",
    ],
};

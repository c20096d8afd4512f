//! Digilent Arty A7, with the XC7A35T or the XC7A100T.
//!
//! Pins: `Arty-A7-35-Master.xdc` and `Arty-A7-100-Master.xdc` of github.com/Digilent/digilent-xdc,
//! which agree in these. `uart_rxd_out` and `uart_txd_in` there are named from the USB bridge's
//! side. LEDs: LD4 to LD7, lit when high; buttons: BTN0 to BTN3, high when pressed.

use crate::board::{Board, Capacity, Device, Family, Pin};

pub const A7_35: Board = Board {
    name: "arty_a7_35",
    title: "Digilent Arty A7-35T",
    device: Device {
        name: "XC7A35T-1CSG324",
        family: Family::Xilinx7 { part: "xc7a35ticsg324-1L" },
        // Xilinx DS180, table 4.
        capacity: Capacity { lut: 20_800, ff: 41_600, bram: 100, dsp: 90 },
    },
    oscillator: Pin::new("E3"),
    oscillator_hz: 100_000_000,
    chip_hz: 50_000_000,
    uart_rx: Pin::new("A9"),
    uart_tx: Pin::new("D10"),
    leds: &[Pin::new("H5"), Pin::new("J5"), Pin::new("T9"), Pin::new("T10")],
    buttons: &[Pin::new("D9"), Pin::new("C9"), Pin::new("B9"), Pin::new("B8")],
    tied: &[],
    // `edge` has more multipliers than this device.
    preset: "nano",
    settings: &["memory.ram_bytes=65536"],
};

pub const A7_100: Board = Board {
    name: "arty_a7_100",
    title: "Digilent Arty A7-100T",
    device: Device {
        name: "XC7A100T-1CSG324",
        family: Family::Xilinx7 { part: "xc7a100tcsg324-1" },
        // Xilinx DS180, table 4.
        capacity: Capacity { lut: 63_400, ff: 126_800, bram: 270, dsp: 240 },
    },
    preset: "edge",
    settings: &["memory.ram_bytes=262144"],
    ..A7_35
};

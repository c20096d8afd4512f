//! ULX3S with the LFE5U-85F.
//!
//! Pins: `doc/constraints/ulx3s_v20.lpf` of github.com/emard/ulx3s, for boards of version 2.x and
//! 3.0.x. `ftdi_rxd` and `ftdi_txd` there are named from the USB bridge's side. Buttons: power (low
//! when pressed), fire 1 and 2, up, down, left, right. `wifi_gpio0` is held high, or the ESP32 takes
//! the FPGA over.

use crate::board::{Board, Capacity, Device, Family, Pin, Pull};

const fn button(site: &'static str) -> Pin {
    Pin::new(site).pull(Pull::Down)
}

pub const BOARD: Board = Board {
    name: "ulx3s",
    title: "ULX3S 85F",
    device: Device {
        name: "LFE5U-85F-6BG381C",
        family: Family::Ecp5 { device: "85k", package: "CABGA381", speed: 6 },
        // Lattice FPGA-DS-02012, table 1.1.
        capacity: Capacity { lut: 83_640, ff: 83_640, bram: 208, dsp: 156 },
    },
    oscillator: Pin::new("G2"),
    oscillator_hz: 25_000_000,
    chip_hz: 25_000_000,
    uart_rx: Pin::new("M1").pull(Pull::Up),
    uart_tx: Pin::new("L4").pull(Pull::Up),
    leds: &[
        Pin::new("B2"),
        Pin::new("C2"),
        Pin::new("C1"),
        Pin::new("D2"),
        Pin::new("D1"),
        Pin::new("E2"),
        Pin::new("E1"),
        Pin::new("H3"),
    ],
    buttons: &[
        Pin::new("D6").low().pull(Pull::Up),
        button("R1"),
        button("T1"),
        button("R18"),
        button("V1"),
        button("U1"),
        button("H16"),
    ],
    tied: &[("wifi_gpio0", Pin::new("L2"), true)],
    preset: "edge",
    // 128 of the 208 blocks of RAM; the NPU takes 60.
    settings: &["memory.ram_bytes=262144"],
};

//! The C++ shim: memory, events and waves around a Verilated `systole_soc`, behind a C interface.
//!
//! `sim` compiles it together with Verilator's output; `verilator-sys` declares the same functions.
//! A board, which has its memory inside, becomes a program instead.

use askama::Template;

/// Version of the C interface and of the event records; a library of another one is not loaded.
pub const ABI: u32 = 4;

/// What the shim has to know about the chip that it is compiled with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShimOptions {
    /// Data width of `m_axi` in bits: 32, 64, 128 or 256; 0 for a chip without an NPU.
    pub bus_bits: u32,
    /// Bytes of RAM from 0x8000_0000; a multiple of 4096.
    pub ram_bytes: u32,
    /// Data width of `ibus` in bits: 32 or 64.
    pub fetch_bits: u32,
    /// Channels of the retire port: 1 or 2.
    pub retire_channels: u32,
    /// The chip has the port `fault_select`.
    pub faults: bool,
    /// The model is built with `--trace`.
    pub trace: bool,
}

#[derive(Template)]
#[template(path = "shim.cpp", escape = "none")]
struct Shim {
    abi: u32,
    npu: bool,
    bus_bytes: u32,
    ram_bytes: u32,
    fetch_bytes: u32,
    retire_channels: u32,
    faults: bool,
    trace: bool,
}

/// The shim's files, name and text: `shim.cpp` and the headers that it includes.
pub fn shim(options: ShimOptions) -> Vec<(String, String)> {
    let ShimOptions { bus_bits, ram_bytes, fetch_bits, retire_channels, faults, trace } = options;
    let main = Shim {
        abi: ABI,
        npu: bus_bits > 0,
        bus_bytes: bus_bits / 8,
        ram_bytes,
        fetch_bytes: fetch_bits / 8,
        retire_channels,
        faults,
        trace,
    };
    let text = main.render().expect("writing to a string cannot fail");
    [
        ("shim.cpp", text.as_str()),
        ("memory.h", include_str!("../templates/shim/memory.h")),
        ("events.h", include_str!("../templates/shim/events.h")),
        ("pulses.h", include_str!("../templates/shim/pulses.h")),
        ("word_port.h", include_str!("../templates/shim/word_port.h")),
        ("axi_port.h", include_str!("../templates/shim/axi_port.h")),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into()
}

/// The source of a program that simulates `systole_board` and is controlled through pipes; `sim` has
/// the other side.
pub fn board() -> Vec<(String, String)> {
    vec![("board.cpp".to_owned(), include_str!("../templates/shim/board.cpp").to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: ShimOptions = ShimOptions {
        bus_bits: 64,
        ram_bytes: 1 << 16,
        fetch_bits: 32,
        retire_channels: 1,
        faults: false,
        trace: false,
    };

    fn main_file(options: ShimOptions) -> String {
        shim(options).remove(0).1
    }

    #[test]
    fn options_select_code() {
        let plain = main_file(PLAIN);
        assert!(plain.contains("constexpr uint32_t kBusBytes = 8;"));
        assert!(plain.contains("constexpr uint32_t kRamBytes = 65536;"));
        assert!(plain.contains("constexpr uint32_t kFetchBytes = 4;"));
        assert!(!plain.contains("fault_select") && !plain.contains("verilated_vcd_c.h"));
        assert!(main_file(ShimOptions { faults: true, ..PLAIN }).contains("top_->fault_select"));
        assert!(main_file(ShimOptions { trace: true, ..PLAIN }).contains("verilated_vcd_c.h"));
    }

    #[test]
    fn every_header_included_is_delivered() {
        let files = shim(PLAIN);
        for (_, text) in &files {
            for line in text.lines().filter(|line| line.starts_with("#include \"")) {
                let name = line.split('"').nth(1).unwrap();
                let ours = files.iter().any(|(file, _)| file == name);
                assert!(ours || name.starts_with("verilated") || name == "Vchip.h", "{name}");
            }
        }
    }
}

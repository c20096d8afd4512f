//! What a board runs at power-up, and the host's side of it.
//!
//! [`boot_words`] is the program of the boot ROM: it tries the NPU, shows on LEDs and serial port how
//! that went, and then takes commands by the serial port. [`Monitor`] is who gives them, over any
//! [`Line`]. `docs/monitor.md` says what goes over the line.

mod client;
mod image;
mod job;
mod map;
pub mod protocol;
mod rom;

pub use client::{Error, Line, Monitor};
pub use image::{Image, ImageError};
pub use map::{RAM_BASE, ROM_BYTES};

/// What the monitor must know of the chip that it runs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chip {
    /// How the banner calls it.
    pub name: String,
    /// Clock cycles a second.
    pub clock_hz: u32,
    /// Bytes of RAM.
    pub ram_bytes: u32,
    /// Data width of `ibus` in bits: 32 or 64.
    pub fetch_bits: u32,
    /// Side of the NPU's array, 0 without an NPU.
    pub dim: u32,
    /// Rows of the NPU's scratchpad.
    pub scratchpad_rows: u32,
}

/// The boot ROM for `chip`: all its 32-bit words, the first instruction first.
pub fn boot_words(chip: &Chip) -> Vec<u32> {
    rom::words(chip)
}

/// The boot ROM for `chip` as `$readmemh` takes it: a word of `ibus` in a line.
pub fn boot_hex(chip: &Chip) -> String {
    let line = |words: &[u32]| {
        let digits = words.iter().rev().map(|word| format!("{word:08x}"));
        digits.chain(["\n".to_owned()]).collect::<String>()
    };
    boot_words(chip).chunks(chip.fetch_bits as usize / 32).map(line).collect()
}

#[cfg(test)]
impl Chip {
    /// A chip to be tested with.
    fn example() -> Self {
        Self {
            name: "nano".to_owned(),
            clock_hz: 12_000_000,
            ram_bytes: 1 << 16,
            fetch_bits: 32,
            dim: 4,
            scratchpad_rows: 2048,
        }
    }
}

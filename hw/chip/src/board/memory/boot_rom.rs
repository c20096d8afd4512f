//! What the board does first.

use systole_hdl::prelude::*;

use super::super::map::BOOT_ADDRESS_BITS;

/// The `$readmemh` file of the boot ROM: a word of the instruction bus in a line.
pub const BOOT_FILE: &str = "boot.hex";

/// Module `boot_rom`: 4 KiB of words as wide as the hart fetches. `word` is that at the byte
/// `address` of the last cycle in which `enable` was 1.
pub fn boot_rom(fetch_bits: u32) -> Module {
    let byte_bits = (fetch_bits / 8).ilog2();
    module("boot_rom", |m| {
        m.doc("Boot ROM, 4 KiB.");
        let enable = m.input("enable", Bit);
        let address = m.input("address", U(BOOT_ADDRESS_BITS)).doc("in bytes");
        address.bits(byte_bits - 1, 0).unused();
        let words = m
            .memory("words", 1 << (BOOT_ADDRESS_BITS - byte_bits), U(fetch_bits))
            .style(RamStyle::Block)
            .init_file(BOOT_FILE);
        let index = address.bits(BOOT_ADDRESS_BITS - 1, byte_bits);
        m.output("word", words.read_sync("word_read", index, enable));
    })
}

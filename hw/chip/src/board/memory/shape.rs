//! Widths of the memory and of those that it serves.

use systole_hdl::prelude::*;

use super::buses::RamWrite;
use crate::ChipConfig;
use crate::soc::map::RAM_BASE;

/// Widths in bits, and what follows from them.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What the hart fetches at a time.
    pub fetch_bits: u32,
    /// A beat of the NPU's bus; 0 without an NPU.
    pub beat_bits: u32,
    /// Byte address inside the RAM.
    pub address_bits: u32,
}

impl Shape {
    /// That of a chip's memory.
    pub fn of(config: &ChipConfig) -> Self {
        Self {
            fetch_bits: config.core.fetch_bits(),
            beat_bits: if config.has_npu() { config.npu.bus_bits } else { 0 },
            address_bits: config.memory.ram_bytes.ilog2(),
        }
    }

    /// A word of the RAM: the widest that is read or written at a time.
    pub fn word_bits(self) -> u32 {
        self.fetch_bits.max(self.beat_bits)
    }

    /// Words of the RAM.
    pub fn words(self) -> u32 {
        (1 << self.address_bits) / (self.word_bits() / 8)
    }

    /// The bytes of a word that a write takes: those of the part that its address selects.
    pub fn strobe(self, write: RamWrite) -> Signal {
        let (word_bits, part_bits) = (self.word_bits(), write.write_data.width());
        let Some(number) = part_number(write.write_address, (word_bits, part_bits)) else {
            return write.write_strobe;
        };
        let part = |n: u32| write.write_strobe & number.eq(n).repeat(part_bits / 8);
        cat(&(0..word_bits / part_bits).rev().map(part).collect::<Vec<_>>())
    }

    /// Whether a byte address of the system lies outside the RAM.
    pub fn outside(self, address: Signal) -> Signal {
        address.bits(31, self.address_bits).ne(RAM_BASE >> self.address_bits)
    }
}

/// Number of the part of `part_bits` in a word of `word_bits` that a byte address selects; `None`
/// when the word is one part.
pub fn part_number(address: Signal, (word_bits, part_bits): (u32, u32)) -> Option<Signal> {
    let [high, low] = [word_bits, part_bits].map(|bits| (bits / 8).ilog2());
    (high > low).then(|| address.bits(high - 1, low))
}

/// The part number of the cycle before, from a register `name`: for data that come then.
pub fn part_of_next_cycle(m: M, name: &str, address: Signal, widths: (u32, u32)) -> Option<Signal> {
    let number = part_number(address, widths)?;
    let before = m.reg(name, number.ty());
    m.clocked(|| before.set(number));
    Some(before)
}

/// Part `number` of a word, of `part_bits`.
pub fn part(word: Signal, number: Option<Signal>, part_bits: u32) -> Signal {
    let Some(number) = number else { return word };
    let bits = |n: u32| word.bits((n + 1) * part_bits - 1, n * part_bits);
    let parts: Vec<_> = (0..word.width() / part_bits).map(bits).collect();
    select(number, &parts)
}

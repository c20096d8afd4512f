//! Layout of the CSRs that have fields.

use systole_hdl::prelude::*;

use crate::config::CoreConfig;

/// `misa`: MXL = 1, and a bit for each extension.
pub fn misa(config: &CoreConfig) -> u64 {
    let bit = |there: bool, letter: u8| u64::from(there) << (letter - b'A');
    let bits = config.zba && config.zbb && config.zbs;
    1 << 30
        | bit(config.atomics, b'A')
        | bit(bits, b'B')
        | bit(config.compressed, b'C')
        | bit(true, b'I')
        | bit(config.has_multiply(), b'M')
        | bit(config.user_mode, b'U')
}

/// `{external, timer, software}` at their places in `mie` and `mip`.
pub fn interrupt_word(bits: Signal) -> Signal {
    let zeros = |count| lit(0, U(count));
    cat(&[zeros(20), bits.bit(2), zeros(3), bits.bit(1), zeros(3), bits.bit(0), zeros(3)])
}

/// The interrupt enables in a written word.
pub fn interrupt_bits(written: Signal) -> Signal {
    cat(&[written.bit(11), written.bit(7), written.bit(3)])
}

/// `mtvec`.
pub fn mtvec_word(base: Signal, vectored: Signal) -> Signal {
    cat(&[base, lit(0, Bit), vectored])
}

/// MODE of a written `mtvec`: only 1 is vectored.
pub fn vectored_bit(written: Signal) -> Signal {
    written.bits(1, 0).eq(1)
}

/// The lowest bit of a pc that can be set: 1 with compressed instructions, else 2.
pub fn pc_low(config: &CoreConfig) -> u32 {
    if config.compressed { 1 } else { 2 }
}

/// `mepc` out of the bits that can be set.
pub fn mepc_word(config: &CoreConfig, bits: Signal) -> Signal {
    cat(&[bits, lit(0, U(pc_low(config)))])
}

/// A word of which only the bits in `mask` exist, packed, the lowest first.
#[derive(Clone, Copy)]
pub struct Sparse {
    mask: u32,
}

impl Sparse {
    /// Bits in `mask`; `None` if there are none.
    pub fn new(mask: u32) -> Option<Self> {
        (mask != 0).then_some(Self { mask })
    }

    /// Number of bits that exist.
    pub fn width(self) -> u32 {
        self.mask.count_ones()
    }

    /// The bits of a word that exist.
    pub fn pack(self, word: Signal) -> Signal {
        let there = (0..32).rev().filter(|bit| self.mask >> bit & 1 == 1);
        cat(&there.map(|bit| word.bit(bit)).collect::<Vec<_>>())
    }

    /// The word, 0 where a bit does not exist.
    pub fn word(self, packed: Signal) -> Signal {
        let bit = |bit: u32| match self.position(bit) {
            Some(position) => packed.bit(position),
            None => lit(0, Bit),
        };
        cat(&(0..32).rev().map(bit).collect::<Vec<_>>())
    }

    /// Where a bit of the word is in the packed bits.
    pub fn position(self, bit: u32) -> Option<u32> {
        let below = self.mask & ((1 << bit) - 1);
        (self.mask >> bit & 1 == 1).then(|| below.count_ones())
    }
}

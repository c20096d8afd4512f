//! What a memory without ports does.

use systole_hdl::prelude::*;

use super::RAM_BYTES;
use super::random::Random;
use crate::soc::map::RAM_BASE;

const ROM_BYTES: u32 = 4096;

/// RAM and boot ROM.
pub struct Model {
    ram: Vec<u8>,
    rom: Vec<u8>,
}

impl Model {
    pub fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut bytes = |count: u32| (0..count).map(|_| random.next() as u8).collect();
        Self { ram: bytes(RAM_BYTES), rom: bytes(ROM_BYTES) }
    }

    pub fn ram(&self) -> &[u8] {
        &self.ram
    }

    pub fn rom(&self) -> &[u8] {
        &self.rom
    }

    /// What the hart reads now; `None` for an error.
    pub fn hart_reads(&self, address: u32, bytes: u32, overlay: bool) -> Option<Bits> {
        let memory = if overlay && address.wrapping_sub(RAM_BASE) < ROM_BYTES {
            &self.rom
        } else {
            &self.ram
        };
        slice(memory, address, bytes).map(bits)
    }

    /// What the NPU reads now; `None` for an error.
    pub fn npu_reads(&self, address: u32, bytes: u32) -> Option<Bits> {
        slice(&self.ram, address, bytes).map(bits)
    }

    /// Writes; whether there is memory.
    pub fn write(&mut self, address: u32, data: &[u8], strobe: u64) -> bool {
        if slice(&self.ram, address, data.len() as u32).is_none() {
            return false;
        }
        let start = (address - RAM_BASE) as usize;
        for (lane, &byte) in data.iter().enumerate().filter(|(lane, _)| strobe >> lane & 1 == 1) {
            self.ram[start + lane] = byte;
        }
        true
    }
}

fn slice(memory: &[u8], address: u32, bytes: u32) -> Option<&[u8]> {
    let start = address.checked_sub(RAM_BASE)? as usize;
    memory.get(start..start + bytes as usize)
}

/// Bytes as a word, the first one lowest.
pub fn bits(bytes: &[u8]) -> Bits {
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    let words: Vec<u64> = bytes.chunks(8).map(word).collect();
    Bits::from_words(8 * bytes.len() as u32, &words)
}

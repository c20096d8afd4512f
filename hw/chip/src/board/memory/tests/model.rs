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
    /// What the bytes were that the cycle before and this one wrote, in order.
    overwritten: [Vec<(usize, u8)>; 2],
}

impl Model {
    pub fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut bytes = |count: u32| (0..count).map(|_| random.next() as u8).collect();
        Self { ram: bytes(RAM_BYTES), rom: bytes(ROM_BYTES), overwritten: Default::default() }
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

    /// What the NPU would have read in the cycle before; `None` for an error.
    pub fn npu_read_before(&self, address: u32, bytes: u32) -> Option<Bits> {
        let mut word = slice(&self.ram, address, bytes)?.to_vec();
        let start = (address - RAM_BASE) as usize;
        let [before, now] = &self.overwritten;
        for &(at, old) in now.iter().rev().chain(before.iter().rev()) {
            if (start..start + word.len()).contains(&at) {
                word[at - start] = old;
            }
        }
        Some(bits(&word))
    }

    /// Writes, at the end of this cycle; whether there is memory.
    pub fn write(&mut self, address: u32, data: &[u8], strobe: u64) -> bool {
        if slice(&self.ram, address, data.len() as u32).is_none() {
            return false;
        }
        let start = (address - RAM_BASE) as usize;
        for (lane, &byte) in data.iter().enumerate().filter(|(lane, _)| strobe >> lane & 1 == 1) {
            self.overwritten[1].push((start + lane, self.ram[start + lane]));
            self.ram[start + lane] = byte;
        }
        true
    }

    /// The next cycle begins.
    pub fn step(&mut self) {
        self.overwritten.swap(0, 1);
        self.overwritten[1].clear();
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

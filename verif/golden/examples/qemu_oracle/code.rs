//! Instructions into memory: 16-bit parcels from an address on.

use crate::asm;

/// The register that holds where the handler resumes.
pub const RESUME: u32 = 29;

#[derive(Default)]
pub struct Code {
    parcels: Vec<u16>,
}

impl Code {
    pub fn bytes(&self) -> u32 {
        2 * self.parcels.len() as u32
    }

    pub fn parcels(&self) -> &[u16] {
        &self.parcels
    }

    pub fn short(&mut self, parcel: u32) {
        self.parcels.push(parcel as u16);
    }

    pub fn word(&mut self, word: u32) {
        self.parcels.extend([word as u16, (word >> 16) as u16]);
    }

    pub fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|&word| self.word(word));
    }

    pub fn li(&mut self, rd: u32, value: u32) {
        self.words(&asm::li(rd, value));
    }

    pub fn append(&mut self, other: &Code) {
        self.parcels.extend(&other.parcels);
    }

    /// Code after which the handler resumes when something in it traps.
    pub fn guarded(&mut self, inner: &Code) {
        let bytes = 8 + inner.bytes() as i32;
        self.words(&[asm::auipc(RESUME, 0), asm::addi(RESUME, RESUME, bytes)]);
        self.append(inner);
    }
}

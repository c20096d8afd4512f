//! What is asked of the memory.

use super::super::RAM_BYTES;
use super::{Traffic, Word};
use crate::soc::map::RAM_BASE;

/// Pages that are read and written: few, so that ports meet; the last two are no memory.
const PAGES: [u32; 5] =
    [RAM_BASE, RAM_BASE + 0x1000, RAM_BASE + RAM_BYTES - 0x1000, 0x1000_0000, RAM_BASE + RAM_BYTES];

/// Bytes at both ends of a page that are read and written.
const ENDS: u32 = 256;

impl Traffic {
    /// An aligned address, near an end of a page.
    fn address(&mut self, bytes: u32) -> u32 {
        let page = self.random.pick(&PAGES);
        let near = self.random.below(2 * ENDS);
        let offset = if near < ENDS { near } else { 0x1000 - 2 * ENDS + near };
        (page + offset) & !(bytes - 1)
    }

    /// A burst: its address and beats minus 1, inside its page.
    fn burst(&mut self) -> (u32, u32) {
        let address = self.address(self.beat_bytes);
        let room = (0x1000 - address % 0x1000) / self.beat_bytes;
        (address, self.random.below(room.min(16)))
    }

    fn word(&mut self, address: u32, bytes: u32, last: bool) -> Word {
        let data = (0..bytes).map(|_| self.random.next() as u8).collect();
        let all = u64::MAX >> (64 - bytes);
        let strobe = if self.random.chance(50) { all } else { self.random.next() & all };
        Word { address, data, strobe, last }
    }

    /// Offers what was not offered yet, as often as the rates say.
    pub(super) fn offer(&mut self) {
        if self.fetch.is_none() && self.random.chance(self.rates.fetch) {
            self.fetch = Some(self.address(self.fetch_bytes));
        }
        if self.access.is_none() && self.random.chance(self.rates.access) {
            let address = self.address(4);
            let write = self.random.chance(50).then(|| self.word(address, 4, true));
            self.access = Some((address, write));
        }
        if self.single {
            return self.offer_single();
        }
        if self.read.is_none() && self.random.chance(self.rates.read) {
            self.read = Some(self.burst());
        }
        if self.write.is_none() && self.random.chance(self.rates.write) {
            let (address, length) = self.burst();
            self.write = Some((address, length));
            for n in 0..=length {
                let word = self.word(address + n * self.beat_bytes, self.beat_bytes, n == length);
                self.beats_to_write.push_back(word);
            }
        }
        if self.beat.is_none() && self.random.chance(self.rates.beat) {
            self.beat = self.beats_to_write.pop_front();
        }
    }

    /// The next word of a master that has one under way, and offers its address with its data.
    fn offer_single(&mut self) {
        let reads = self.read.is_some() || !self.beats_to_read.is_empty();
        let writes = self.write.is_some() || self.beat.is_some() || !self.answers.is_empty();
        if reads || writes {
            return;
        }
        let address = self.address(self.beat_bytes);
        if self.random.chance(self.rates.read) {
            self.read = Some((address, 0));
        } else if self.random.chance(self.rates.write) {
            self.write = Some((address, 0));
            self.beat = Some(self.word(address, self.beat_bytes, true));
        }
    }
}

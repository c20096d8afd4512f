//! The memory as jobs see it: the RAM inside the bus window.

use crate::memory::Memory;

/// The edges of the bus window are multiples of this.
const GRANULE: u32 = 4096;

/// The addresses that jobs may reach.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BusWindow {
    /// First byte address.
    pub base: u32,
    /// First byte address behind it; 0 is 2^32.
    pub limit: u32,
}

impl BusWindow {
    /// Whether the window holds an address.
    pub fn allows(&self, address: u32) -> bool {
        address >= self.base && (self.limit == 0 || address < self.limit)
    }

    /// What a register of an edge keeps of a word written to it.
    pub(super) fn edge(word: u32) -> u32 {
        word / GRANULE * GRANULE
    }
}

/// The RAM and the window in front of it.
pub(super) struct Bus<'a> {
    memory: &'a mut Memory,
    /// What is allowed.
    pub window: BusWindow,
}

impl<'a> Bus<'a> {
    pub fn new(memory: &'a mut Memory, window: BusWindow) -> Self {
        Self { memory, window }
    }

    /// Aligned little-endian load of `N` = 1, 2 or 4 bytes; `None` is a bus error.
    pub fn load<const N: usize>(&self, address: u32) -> Option<u32> {
        if !self.window.allows(address) {
            return None;
        }
        self.memory.load::<N>(address)
    }

    /// Replaces a byte and gives the old one; `None` is a bus error.
    pub fn replace(&mut self, address: u32, new: u8) -> Option<u8> {
        let old = self.load::<1>(address)? as u8;
        self.memory.store::<1>(address, u32::from(new));
        Some(old)
    }
}

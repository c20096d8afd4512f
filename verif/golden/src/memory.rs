//! The RAM, its decoded-instruction cache, and what makes a reset cheap.

use crate::RAM_BASE;
use crate::code::CodeCache;
use crate::decode::{Decoded, decode, is_compressed};
use crate::isa::Isa;
use std::fmt;

/// Granularity of the bookkeeping.
pub(crate) const PAGE_BYTES: usize = 4096;

/// The page may hold something else than zeros.
const DIRTY: u8 = 1;
/// An instruction in the decoded-instruction cache lies in the page, if only with its end.
const CODE: u8 = 2;
/// The page holds the watched doubleword.
const WATCHED: u8 = 4;

/// An access that does not lie in the RAM as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfRam {
    /// First byte of the access.
    pub address: u32,
    /// Bytes of the access.
    pub bytes: usize,
    /// Size of the RAM in bytes.
    pub ram_bytes: usize,
}

impl fmt::Display for OutOfRam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, bytes, ram_bytes } = *self;
        let end = RAM_BASE as usize + ram_bytes;
        write!(f, "{bytes} bytes at {address:#010x} are not in the RAM, {RAM_BASE:#010x}..{end:#x}")
    }
}

impl std::error::Error for OutOfRam {}

/// The RAM at [`RAM_BASE`].
pub(crate) struct Memory {
    bytes: Vec<u8>,
    /// What a store to each page has to take care of.
    flags: Vec<u8>,
    /// Pages with `DIRTY` set.
    dirty: Vec<usize>,
    /// What instructions are decoded for.
    isa: Isa,
    code: CodeCache,
    /// Byte offset of the watched doubleword.
    watch: Option<usize>,
    /// The watched doubleword was stored to.
    watched: bool,
}

impl Memory {
    /// A RAM of zeros; the size is rounded up to a multiple of 4 KiB and is at most 2 GiB.
    pub fn new(ram_bytes: u32, isa: &Isa) -> Self {
        let pages = (ram_bytes as usize).min(1 << 31).div_ceil(PAGE_BYTES);
        Self {
            bytes: vec![0; pages * PAGE_BYTES],
            flags: vec![0; pages],
            dirty: Vec::new(),
            isa: *isa,
            code: CodeCache::new(pages),
            watch: None,
            watched: false,
        }
    }

    /// Back to zeros; takes time for the pages that were written only.
    pub fn reset(&mut self) {
        self.watch(None);
        for page in self.dirty.drain(..) {
            self.bytes[page * PAGE_BYTES..][..PAGE_BYTES].fill(0);
            self.code.forget_page(page);
            self.flags[page] &= !DIRTY;
        }
    }

    /// Makes stores to the doubleword that holds `address` report themselves.
    pub fn watch(&mut self, address: Option<u32>) {
        if let Some(old) = self.watch.take() {
            self.flags[old / PAGE_BYTES] &= !WATCHED;
        }
        self.watched = false;
        let offset = address.map(|address| offset(address) & !7);
        self.watch = offset.filter(|&offset| offset < self.bytes.len());
        if let Some(new) = self.watch {
            self.flags[new / PAGE_BYTES] |= WATCHED;
        }
    }

    pub fn contains(&self, address: u32) -> bool {
        offset(address) < self.bytes.len()
    }

    /// The instruction at an address that is aligned as instructions are; `Err` is the address of
    /// the first half of it that is outside the RAM.
    #[inline(always)]
    pub fn fetch(&mut self, pc: u32) -> Result<Decoded, u32> {
        match self.code.get(offset(pc)) {
            Some(decoded) => Ok(decoded),
            None => self.fetch_new(pc),
        }
    }

    #[inline(never)]
    fn fetch_new(&mut self, pc: u32) -> Result<Decoded, u32> {
        let low = self.load::<2>(pc).ok_or(pc)?;
        let short = is_compressed(low as u16, &self.isa);
        let second = pc.wrapping_add(2);
        let high = if short { 0 } else { self.load::<2>(second).ok_or(second)? };
        let decoded = decode(high << 16 | low, &self.isa);
        let first = offset(pc);
        for byte in [first, first + usize::from(decoded.length) - 1] {
            self.flags[byte / PAGE_BYTES] |= CODE;
        }
        self.code.insert(first, decoded);
        Ok(decoded)
    }

    /// Little-endian load of `N` = 1, 2 or 4 bytes, zero-extended; `None` outside the RAM.
    #[inline(always)]
    pub fn load<const N: usize>(&self, address: u32) -> Option<u32> {
        let offset = offset(address);
        let bytes = self.bytes.get(offset..offset + N)?;
        Some(match N {
            1 => u32::from(bytes[0]),
            2 => u32::from(u16::from_le_bytes([bytes[0], bytes[1]])),
            _ => u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        })
    }

    /// Aligned little-endian store of the low `N` = 1, 2 or 4 bytes. `None` outside the RAM, else
    /// whether the watched doubleword was touched.
    #[inline(always)]
    pub fn store<const N: usize>(&mut self, address: u32, value: u32) -> Option<bool> {
        let offset = offset(address);
        let slot = self.bytes.get_mut(offset..offset + N)?;
        slot.copy_from_slice(&value.to_le_bytes()[..N]);
        let plain = self.flags[offset / PAGE_BYTES] == DIRTY;
        Some(!plain && self.stored_to_special_page(offset))
    }

    #[inline(never)]
    fn stored_to_special_page(&mut self, offset: usize) -> bool {
        let page = offset / PAGE_BYTES;
        if self.flags[page] & DIRTY == 0 {
            self.flags[page] |= DIRTY;
            self.dirty.push(page);
        }
        if self.flags[page] & CODE != 0 {
            self.code.forget(offset);
        }
        let watched = self.watch == Some(offset & !7);
        self.watched |= watched;
        watched
    }

    /// Whether the watched doubleword was stored to since the last call.
    pub fn take_watched(&mut self) -> bool {
        std::mem::take(&mut self.watched)
    }

    /// The bytes of a range that lies in the RAM.
    pub fn read(&self, address: u32, bytes: usize) -> Result<&[u8], OutOfRam> {
        let range = self.range(address, bytes)?;
        Ok(&self.bytes[range])
    }

    /// Writes a range that lies in the RAM.
    pub fn write(&mut self, address: u32, data: &[u8]) -> Result<(), OutOfRam> {
        let range = self.range(address, data.len())?;
        for page in range.start / PAGE_BYTES..range.end.div_ceil(PAGE_BYTES) {
            if self.flags[page] & DIRTY == 0 {
                self.flags[page] |= DIRTY;
                self.dirty.push(page);
            }
            self.code.forget_page(page);
        }
        self.bytes[range].copy_from_slice(data);
        Ok(())
    }

    fn range(&self, address: u32, bytes: usize) -> Result<std::ops::Range<usize>, OutOfRam> {
        let start = offset(address);
        match start.checked_add(bytes) {
            Some(end) if end <= self.bytes.len() => Ok(start..end),
            _ => Err(OutOfRam { address, bytes, ram_bytes: self.bytes.len() }),
        }
    }
}

/// Byte offset of an address in the RAM; addresses below it wrap to huge offsets.
#[inline(always)]
fn offset(address: u32) -> usize {
    address.wrapping_sub(RAM_BASE) as usize
}

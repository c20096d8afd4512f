//! The decoded-instruction cache: one slot for each halfword of a page that was executed from. It is
//! kept exact by forgetting the instructions that a store may have touched, so fetches always see
//! memory.

use crate::decode::{Decoded, Op};
use crate::memory::PAGE_BYTES;

const SLOTS: usize = PAGE_BYTES / 2;

/// Decoded pages, by page number.
pub(crate) struct CodeCache {
    pages: Vec<Option<Box<[Decoded; SLOTS]>>>,
}

impl CodeCache {
    pub fn new(pages: usize) -> Self {
        Self { pages: vec![None; pages] }
    }

    /// The instruction at a byte offset of the RAM, if it is known.
    #[inline(always)]
    pub fn get(&self, offset: usize) -> Option<Decoded> {
        let page = self.pages.get(offset / PAGE_BYTES)?.as_ref()?;
        let decoded = page[offset / 2 % SLOTS];
        (decoded.op != Op::Undecoded).then_some(decoded)
    }

    /// Remembers the instruction at a byte offset within the RAM.
    pub fn insert(&mut self, offset: usize, decoded: Decoded) {
        let page = &mut self.pages[offset / PAGE_BYTES];
        page.get_or_insert_with(|| Box::new([Decoded::EMPTY; SLOTS]))[offset / 2 % SLOTS] = decoded;
    }

    /// Forgets the instructions in the word at a byte offset, also one that begins in the halfword
    /// before it.
    pub fn forget(&mut self, offset: usize) {
        let word = offset & !3;
        for halfword in [word.wrapping_sub(2), word, word + 2] {
            if let Some(Some(page)) = self.pages.get_mut(halfword / PAGE_BYTES) {
                page[halfword / 2 % SLOTS] = Decoded::EMPTY;
            }
        }
    }

    /// Forgets a page, and what reaches into it from the one before, but keeps its allocation.
    pub fn forget_page(&mut self, page: usize) {
        self.forget(page * PAGE_BYTES);
        if let Some(page) = &mut self.pages[page] {
            page.fill(Decoded::EMPTY);
        }
    }
}

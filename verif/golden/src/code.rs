//! The decoded-instruction cache: one slot for each word of a page that was executed from. It is
//! kept exact by forgetting a word when it is stored to, so fetches always see memory.

use crate::decode::{Decoded, Op, decode};
use crate::memory::PAGE_BYTES;

const WORDS: usize = PAGE_BYTES / 4;

/// Decoded pages, by page number.
pub(crate) struct CodeCache {
    pages: Vec<Option<Box<[Decoded; WORDS]>>>,
}

impl CodeCache {
    pub fn new(pages: usize) -> Self {
        Self { pages: vec![None; pages] }
    }

    /// The instruction at a byte offset of the RAM, if it is known.
    #[inline(always)]
    pub fn get(&self, offset: usize) -> Option<Decoded> {
        let page = self.pages.get(offset / PAGE_BYTES)?.as_ref()?;
        let decoded = page[offset / 4 % WORDS];
        (decoded.op != Op::Undecoded).then_some(decoded)
    }

    /// Decodes and remembers the word at a byte offset within the RAM.
    pub fn insert(&mut self, offset: usize, word: u32) -> Decoded {
        let decoded = decode(word);
        let page = &mut self.pages[offset / PAGE_BYTES];
        page.get_or_insert_with(|| Box::new([Decoded::EMPTY; WORDS]))[offset / 4 % WORDS] = decoded;
        decoded
    }

    /// Forgets the word at a byte offset.
    pub fn forget(&mut self, offset: usize) {
        if let Some(page) = &mut self.pages[offset / PAGE_BYTES] {
            page[offset / 4 % WORDS] = Decoded::EMPTY;
        }
    }

    /// Forgets a page but keeps its allocation.
    pub fn forget_page(&mut self, page: usize) {
        if let Some(page) = &mut self.pages[page] {
            page.fill(Decoded::EMPTY);
        }
    }
}

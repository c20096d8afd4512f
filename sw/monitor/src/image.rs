//! A program in memory: whole words, in order, and where there is room.

use std::collections::BTreeMap;
use std::fmt;

use crate::map::{RAM_BASE, ROM_BYTES};

/// Bytes of the instructions that take the boot ROM away.
const TRAMPOLINE_BYTES: u32 = 12;

/// What to write to a board's RAM.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Image {
    /// Word address and the four bytes there.
    words: BTreeMap<u32, [u8; 4]>,
}

/// Why an image does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageError {
    /// A byte at this address is not in the RAM.
    Outside(u32),
    /// No 12 bytes above the first 4 KiB of the RAM are free.
    Full,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside(address) => write!(f, "its byte at {address:#010x} is not in the RAM"),
            Self::Full => write!(
                f,
                "it leaves no room: 12 bytes above the first 4 KiB of the RAM must be free"
            ),
        }
    }
}

impl std::error::Error for ImageError {}

impl Image {
    /// Adds bytes from `address` on; the rest of a word is zeros. What is added later counts.
    ///
    /// # Errors
    /// When they do not end before 2^32.
    pub fn add(&mut self, address: u32, bytes: &[u8]) -> Result<(), ImageError> {
        let outside = ImageError::Outside(u32::MAX);
        let length = u32::try_from(bytes.len()).map_err(|_| outside)?;
        address.checked_add(length).ok_or(outside)?;
        for (at, byte) in (address..).zip(bytes) {
            self.words.entry(at & !3).or_default()[(at & 3) as usize] = *byte;
        }
        Ok(())
    }

    /// Bytes to write.
    pub fn bytes(&self) -> usize {
        4 * self.words.len()
    }

    /// Checks that it lies in a RAM of `ram_bytes`.
    pub fn check(&self, ram_bytes: u32) -> Result<(), ImageError> {
        let outside = |address: u32| address.wrapping_sub(RAM_BASE) >= ram_bytes;
        match self.words.keys().copied().find(|address| outside(*address)) {
            Some(address) => Err(ImageError::Outside(address)),
            None => Ok(()),
        }
    }

    /// Where the instructions may lie that take the boot ROM away: the last free place. `None` if it
    /// can stay, because nothing lies below it.
    pub fn trampoline(&self, ram_bytes: u32) -> Result<Option<u32>, ImageError> {
        if self.words.keys().all(|address| address.wrapping_sub(RAM_BASE) >= ROM_BYTES) {
            return Ok(None);
        }
        let mut end = RAM_BASE + ram_bytes.min(u32::MAX - RAM_BASE) / 4 * 4;
        let lowest = RAM_BASE + ROM_BYTES;
        for used in self.words.keys().rev().copied() {
            if end - TRAMPOLINE_BYTES >= used + 4 {
                break;
            }
            end = end.min(used);
        }
        let place = end.saturating_sub(TRAMPOLINE_BYTES);
        if place < lowest { Err(ImageError::Full) } else { Ok(Some(place)) }
    }

    /// Blocks of at most `most` bytes, a multiple of 4, in order.
    pub fn blocks(&self, most: usize) -> Vec<(u32, Vec<u8>)> {
        let mut blocks: Vec<(u32, Vec<u8>)> = Vec::new();
        for (address, word) in &self.words {
            match blocks.last_mut() {
                Some((start, bytes))
                    if *start + bytes.len() as u32 == *address && bytes.len() < most =>
                {
                    bytes.extend(word);
                }
                _ => blocks.push((*address, word.to_vec())),
            }
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAM_BYTES: u32 = 0x1_0000;

    fn image(parts: &[(u32, &[u8])]) -> Image {
        let mut image = Image::default();
        parts.iter().for_each(|(offset, bytes)| image.add(RAM_BASE + offset, bytes).unwrap());
        image
    }

    #[test]
    fn parts_of_words_meet_in_them() {
        let image = image(&[(1, b"abc"), (6, b"d"), (4, b"e"), (12, b"f")]);
        let blocks = [(RAM_BASE, b"\0abce\0d\0".to_vec()), (RAM_BASE + 12, b"f\0\0\0".to_vec())];
        assert_eq!(image.blocks(64), blocks);
        assert_eq!(image.blocks(4).len(), 3);
        assert_eq!(image.bytes(), 12);
    }

    #[test]
    fn the_trampoline_lies_behind_or_between() {
        let at = |parts: &[(u32, &[u8])]| {
            let parts = [&[(0, b"start".as_slice())], parts].concat();
            image(&parts).trampoline(RAM_BYTES).map(|place| place.unwrap() - RAM_BASE)
        };
        assert_eq!(at(&[]), Ok(RAM_BYTES - 12));
        let last = RAM_BYTES - 4;
        assert_eq!(at(&[(last, b"end")]), Ok(last - 12));
        assert_eq!(at(&[(last - 4, b"a"), (last - 16, b"b")]), Ok(last - 28));
        assert_eq!(at(&[(last, b"a"), (last - 16, b"b")]), Ok(last - 12));
        let most = vec![1; RAM_BYTES as usize - 0x1000];
        assert_eq!(at(&[(0x1000, &most)]), Err(ImageError::Full));
        assert_eq!(at(&[(0x100c, &most[12..])]), Ok(0x1000));
    }

    #[test]
    fn the_boot_rom_stays_if_nothing_lies_below() {
        assert_eq!(image(&[(0x1000, b"program")]).trampoline(RAM_BYTES), Ok(None));
        assert!(image(&[(0xfff, b"program")]).trampoline(RAM_BYTES).unwrap().is_some());
    }

    #[test]
    fn what_is_outside_is_found() {
        assert_eq!(image(&[(RAM_BYTES - 1, b"a")]).check(RAM_BYTES), Ok(()));
        let beyond = RAM_BASE + RAM_BYTES;
        assert_eq!(
            image(&[(RAM_BYTES - 1, b"ab")]).check(RAM_BYTES),
            Err(ImageError::Outside(beyond))
        );
        let mut below = Image::default();
        below.add(RAM_BASE - 4, b"a").unwrap();
        assert_eq!(below.check(RAM_BYTES), Err(ImageError::Outside(RAM_BASE - 4)));
        assert!(below.add(u32::MAX, b"ab").is_err());
    }
}

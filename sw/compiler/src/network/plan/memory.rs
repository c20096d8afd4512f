//! What a program needs in memory.

use std::collections::HashMap;

/// Bytes at an address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Byte address.
    pub address: u32,
    /// What is there before the program runs.
    pub bytes: Vec<u8>,
}

/// Memory that grows upwards, in pieces that begin on a bus word.
pub struct Image {
    next: u32,
    align: u32,
    /// Pieces with content.
    pub segments: Vec<Segment>,
    /// Indices of the pieces with some first bytes and length.
    alike: HashMap<(Vec<u8>, usize), Vec<usize>>,
}

/// First bytes by which pieces are found again.
const KEY: usize = 64;

impl Image {
    /// Memory from `base` on.
    pub fn new(base: u32, align: u32) -> Self {
        Self { next: base, align, segments: Vec::new(), alike: HashMap::new() }
    }

    /// Room without content.
    pub fn reserve(&mut self, bytes: u32) -> u32 {
        let address = self.next.next_multiple_of(self.align);
        self.next = address + bytes;
        address
    }

    /// Room with content. What is there already is not put there again.
    pub fn place(&mut self, bytes: &[u8]) -> u32 {
        let alike = self.alike.entry((bytes[..bytes.len().min(KEY)].to_vec(), bytes.len()));
        let alike = alike.or_default();
        if let Some(&same) = alike.iter().find(|&&index| self.segments[index].bytes == bytes) {
            return self.segments[same].address;
        }
        alike.push(self.segments.len());
        let address = self.reserve(bytes.len() as u32);
        self.segments.push(Segment { address, bytes: bytes.to_vec() });
        address
    }

    /// First address behind all pieces.
    pub fn end(&self) -> u32 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::Image;

    #[test]
    fn the_same_bytes_are_placed_once() {
        let mut image = Image::new(0x100, 32);
        let long = |last: u8| [[7; 100].as_slice(), &[last]].concat();
        let first = image.place(&long(1));
        assert_eq!(image.place(&long(2)), first + 128);
        assert_eq!(image.place(&long(1)), first);
        assert_eq!(image.segments.len(), 2);
    }
}

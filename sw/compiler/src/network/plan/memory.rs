//! What a program needs in memory.

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
}

impl Image {
    /// Memory from `base` on.
    pub fn new(base: u32, align: u32) -> Self {
        Self { next: base, align, segments: Vec::new() }
    }

    /// Room without content.
    pub fn reserve(&mut self, bytes: u32) -> u32 {
        let address = self.next.next_multiple_of(self.align);
        self.next = address + bytes;
        address
    }

    /// Room with content.
    pub fn place(&mut self, bytes: &[u8]) -> u32 {
        let address = self.reserve(bytes.len() as u32);
        self.segments.push(Segment { address, bytes: bytes.to_vec() });
        address
    }

    /// First address behind all pieces.
    pub fn end(&self) -> u32 {
        self.next
    }
}

//! The changes of a block, signal by signal.

use std::io;

use super::encode::{packed, signed, varint, zlib};
use crate::value::Kind;

/// Signals with fewer bytes are not compressed.
const SHORT: usize = 32;
/// Changes are compressed by zlib.
const PACK: u8 = b'Z';

/// Changes since the last block.
pub struct Changes {
    /// Encoded changes of each signal.
    signals: Vec<Vec<u8>>,
    /// Index of the time of each signal's last change.
    indices: Vec<u64>,
    /// Encoded times, each by its distance from the one before.
    times: Vec<u8>,
    count: u64,
    first: u64,
    last: u64,
    size: usize,
}

impl Changes {
    /// None yet, after time `start`.
    pub fn new(kinds: &[Kind], start: u64) -> Self {
        Self {
            signals: vec![Vec::new(); kinds.len()],
            indices: vec![0; kinds.len()],
            times: Vec::new(),
            count: 0,
            first: start,
            last: start,
            size: 0,
        }
    }

    /// First and last time.
    pub fn times(&self) -> (u64, u64) {
        (self.first, self.last)
    }

    /// Bytes of all changes.
    pub fn size(&self) -> usize {
        self.size + self.times.len()
    }

    /// Goes on to a time. The first one counts from 0.
    pub fn time(&mut self, time: u64) {
        let before = if self.count == 0 { 0 } else { self.last };
        varint(&mut self.times, time - before);
        self.last = time;
        self.count += 1;
    }

    /// Adds a change at the present time; `value` is as [`super::encode::plain`] has it.
    pub fn change(&mut self, signal: usize, kind: Kind, value: &[u8]) {
        let index = self.count.saturating_sub(1);
        let distance = index - std::mem::replace(&mut self.indices[signal], index);
        let bytes = &mut self.signals[signal];
        let before = bytes.len();
        match (kind, value) {
            (Kind::Bits(1), [bit @ (b'0' | b'1')]) => {
                varint(bytes, distance << 2 | u64::from(bit & 1) << 1);
            }
            (Kind::Bits(1), [bit]) => {
                varint(bytes, distance << 4 | u64::from(*bit == b'z') << 1 | 1);
            }
            (Kind::Bits(_), bits) if bits.iter().all(|bit| matches!(bit, b'0' | b'1')) => {
                varint(bytes, distance << 1);
                bytes.extend(bits.chunks(8).map(|bits| {
                    let byte = bits.iter().fold(0, |byte, bit| byte << 1 | (bit & 1));
                    byte << (8 - bits.len())
                }));
            }
            (Kind::Bits(_) | Kind::Real, plain) => {
                varint(bytes, distance << 1 | 1);
                bytes.extend(plain);
            }
            (Kind::Text, text) => {
                varint(bytes, distance << 1);
                varint(bytes, text.len() as u64);
                bytes.extend(text);
            }
        }
        self.size += bytes.len() - before;
    }

    /// Adds all changes, where they are, and the times to a block.
    pub fn finish(&mut self, block: &mut Vec<u8>) -> io::Result<()> {
        varint(block, self.signals.len() as u64);
        let origin = block.len();
        block.push(PACK);
        let mut places = Vec::new();
        let (mut unchanged, mut last) = (0u64, origin);
        for bytes in &self.signals {
            if bytes.is_empty() {
                unchanged += 1;
                continue;
            }
            if unchanged > 0 {
                varint(&mut places, unchanged << 1);
                unchanged = 0;
            }
            let place = block.len();
            signed(&mut places, ((place - last) as i64) << 1 | 1);
            last = place;
            let short = if bytes.len() < SHORT { Vec::new() } else { zlib(bytes)? };
            if short.is_empty() || short.len() >= bytes.len() {
                varint(block, 0);
                block.extend(bytes);
            } else {
                varint(block, bytes.len() as u64);
                block.extend(short);
            }
        }
        if unchanged > 0 {
            varint(&mut places, unchanged << 1);
        }
        block.extend(&places);
        block.extend((places.len() as u64).to_be_bytes());
        let short = packed(&self.times)?;
        block.extend(&short);
        for number in [self.times.len() as u64, short.len() as u64, self.count] {
            block.extend(number.to_be_bytes());
        }
        Ok(())
    }
}

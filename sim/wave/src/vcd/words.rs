//! The words of a VCD file with their byte offsets. Memory is bounded by the longest word.

use std::io::{self, Read};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 18;
/// A longer word is none of a VCD file: a value has at most [`crate::MAX_WIDTH`] characters.
const LONGEST: usize = 2 * crate::MAX_WIDTH as usize;

/// Reads words, which are what stands between white space.
pub struct Words<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of `buffer` that is filled and not yet read.
    from: usize,
    to: usize,
    /// Offset of the buffer's first byte in the file.
    base: u64,
    ended: bool,
}

impl<R: Read> Words<R> {
    /// Reads from `input`, whose next byte is byte `offset` of the file.
    pub fn new(input: R, offset: u64) -> Self {
        Self { input, buffer: vec![0; CHUNK], from: 0, to: 0, base: offset, ended: false }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + self.from as u64
    }

    /// The next word and its offset; nothing at the end.
    ///
    /// # Errors
    /// Those of the input, and a word that is longer than any value.
    pub fn next(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        loop {
            let rest = &self.buffer[self.from..self.to];
            match rest.iter().position(|&byte| !is_space(byte)) {
                Some(skip) => {
                    self.from += skip;
                    break;
                }
                None => self.from = self.to,
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
        let mut length = 0;
        loop {
            let rest = &self.buffer[self.from + length..self.to];
            if let Some(more) = rest.iter().position(|&byte| is_space(byte)) {
                length += more;
                break;
            }
            length += rest.len();
            if length > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a word without end"));
            }
            if !self.fill()? {
                break;
            }
        }
        let start = self.from;
        self.from += length;
        Ok(Some((self.base + start as u64, &self.buffer[start..start + length])))
    }

    /// Reads more; false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        if self.from > 0 {
            self.buffer.copy_within(self.from..self.to, 0);
            self.base += self.from as u64;
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.to == self.buffer.len() {
            self.buffer.resize(2 * self.to, 0);
        }
        let count = loop {
            match self.input.read(&mut self.buffer[self.to..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.to += count;
        self.ended = count == 0;
        Ok(count > 0)
    }
}

fn is_space(byte: u8) -> bool {
    byte <= b' '
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives a few bytes at a time.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len()).min(self.0.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    proptest! {
        #[test]
        fn words_are_what_stands_between_spaces(text in "[ab \n]{0,60}", step in 1usize..9) {
            let mut words = Words::new(Trickle(text.as_bytes(), step), 100);
            let mut seen = Vec::new();
            while let Some((offset, word)) = words.next().expect("no error") {
                let start = offset as usize - 100;
                prop_assert_eq!(word, &text.as_bytes()[start..start + word.len()]);
                seen.push(String::from_utf8_lossy(word).into_owned());
            }
            prop_assert_eq!(seen, text.split_whitespace().collect::<Vec<_>>());
            prop_assert_eq!(words.offset(), 100 + text.len() as u64);
        }
    }

    #[test]
    fn a_word_without_end_is_refused() {
        let endless = io::repeat(b'1');
        assert!(Words::new(endless, 0).next().is_err());
    }
}

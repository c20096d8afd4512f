//! The bytes of an FST file, at any place.

use std::fs::File;
use std::io::{BufReader, Read, Seek};

use crate::Result;
use crate::reading::Place;

/// A file that is looked into.
pub struct Bytes<'a> {
    /// The file.
    pub file: BufReader<&'a File>,
    /// For messages.
    pub place: &'a Place<'a>,
    /// Bytes of the file.
    pub length: u64,
}

impl<'a> Bytes<'a> {
    /// The whole file.
    pub fn new(file: &'a File, place: &'a Place<'a>) -> Result<Self> {
        let length = file.metadata().map_err(|error| place.unreadable(&error))?.len();
        Ok(Self { file: BufReader::new(file), place, length })
    }

    /// An error about the place `offset`, unless all is good.
    pub fn require(&self, good: bool, offset: u64, message: &str) -> Result<()> {
        if good { Ok(()) } else { Err(self.place.bad(offset, message)) }
    }

    /// Goes to a place; what is in the buffer is not read again.
    pub fn seek(&mut self, offset: u64) -> Result<()> {
        let distance = i128::from(offset) - i128::from(self.position()?);
        let distance = i64::try_from(distance).unwrap_or(i64::MAX);
        self.file.seek_relative(distance).map_err(|error| self.place.unreadable(&error))
    }

    /// The place of the next byte.
    pub fn position(&mut self) -> Result<u64> {
        self.file.stream_position().map_err(|error| self.place.unreadable(&error))
    }

    /// The next bytes.
    pub fn bytes<const COUNT: usize>(&mut self) -> Result<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        let read = self.file.read_exact(&mut bytes);
        read.map_err(|_| self.place.truncated(self.length, "inside a block"))?;
        Ok(bytes)
    }

    /// The next eight bytes as a number.
    pub fn number(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    /// The next number of seven bits a byte.
    pub fn varint(&mut self) -> Result<u64> {
        let mut bytes = Vec::new();
        loop {
            let [byte] = self.bytes::<1>()?;
            bytes.push(byte);
            if byte < 0x80 {
                break;
            }
            if bytes.len() == 10 {
                let at = self.position()?;
                return Err(self.place.bad(at, "a number without end"));
            }
        }
        Ok(varint(&mut bytes.as_slice()).unwrap_or(u64::MAX))
    }
}

/// A number of seven bits a byte, least significant first.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// A number with a sign: as [`varint`], the last byte's bit 6 is the sign.
pub fn signed(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0i64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= i64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            let above = shift + 7;
            let negative = byte & 0x40 != 0 && above < 64;
            return Some(if negative { number | -1 << above } else { number });
        }
    }
    None
}

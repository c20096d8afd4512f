//! The blocks of an FST file, checked before a library that trusts them reads it.
//!
//! Every block has a type of one byte and a length of eight. A length that reaches beyond the
//! file is a truncated file; a length of unpacked bytes that no compressed bytes of this number
//! can give is a lie that would be allocated.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use flate2::read::ZlibDecoder;

use crate::reading::Place;
use crate::{MAX_WIDTH, Result};

/// A byte of zlib unpacks to at most so many.
const ZLIB: u64 = 1032;
/// A byte of LZ4 unpacks to at most so many.
const LZ4: u64 = 255;

/// Checks all blocks.
///
/// # Errors
/// The first one that lies, or that a wave needs and is not there.
pub fn check(file: &File, place: &Place) -> Result<()> {
    let length = file.metadata().map_err(|error| place.unreadable(&error))?.len();
    let mut guard = Guard {
        file: BufReader::new(file),
        place,
        length,
        header: false,
        promised: 0,
        signals: None,
        hierarchy: false,
        sections: Vec::new(),
    };
    guard.seek(0)?;
    guard.blocks()
}

struct Guard<'a> {
    file: BufReader<&'a File>,
    place: &'a Place<'a>,
    /// Bytes of the file.
    length: u64,
    header: bool,
    /// Blocks of values that there are, as the header says.
    promised: u64,
    /// Number of signals, and bytes that one value of each takes.
    signals: Option<(u64, u64)>,
    hierarchy: bool,
    /// Blocks of values: offset of their contents, and end.
    sections: Vec<(u64, u64)>,
}

impl Guard<'_> {
    fn blocks(&mut self) -> Result<()> {
        let mut offset = 0;
        while offset < self.length {
            self.seek(offset)?;
            let [kind] = self.bytes::<1>()?;
            let length = self.number()?;
            // A block that is not finished has no length yet; nothing comes after it.
            if kind == 255 && length == 0 {
                break;
            }
            let end = (offset + 1).checked_add(length);
            let Some(end) = end.filter(|&end| end <= self.length && length >= 8) else {
                let message = format!("inside the block of {length} bytes that starts here");
                return Err(self.place.truncated(offset, message));
            };
            self.block(kind, offset, end)?;
            offset = end;
        }
        let sections = std::mem::take(&mut self.sections);
        // A writer that was stopped has promised nothing yet.
        if (sections.len() as u64) < self.promised {
            let message = format!("with {} of {} blocks of values", sections.len(), self.promised);
            return Err(self.place.truncated(self.length, message));
        }
        for section in sections {
            self.values(section)?;
        }
        let missing = match (self.header, self.signals, self.hierarchy) {
            (false, ..) => "its header",
            (_, None, _) => "the widths of its signals",
            (.., false) => "the names of its signals",
            _ => return Ok(()),
        };
        Err(self.place.truncated(self.length, format!("without {missing}")))
    }

    /// Checks what a block says; the file is at its contents.
    fn block(&mut self, kind: u8, offset: u64, end: u64) -> Result<()> {
        match kind {
            0 if end - offset != 330 || self.header || offset != 0 => {
                Err(self.place.bad(offset, "a header where none can be"))
            }
            0 => {
                self.header = true;
                self.endianness(offset)?;
                self.seek(offset + 65)?;
                self.promised = self.number()?;
                Ok(())
            }
            1 | 5 | 8 => {
                self.sections.push((offset, end));
                Ok(())
            }
            2 => {
                let count = self.varint()?;
                let rest = end.saturating_sub(self.position()?);
                // Every period without values takes two bytes or more.
                self.require(count <= rest / 2, offset, "a wrong number of periods")
            }
            3 => self.geometry(offset, end),
            4 | 6 | 7 => {
                let unpacked = self.number()?;
                let packed = end.saturating_sub(self.position()?);
                let twice = if kind == 7 { LZ4 } else { 1 };
                let most = packed.saturating_mul(if kind == 4 { ZLIB } else { LZ4 * twice });
                // That of gzip starts with ten bytes of its own.
                self.require(kind != 4 || packed >= 10, offset, "names that are too short")?;
                self.require(unpacked <= most, offset, "a wrong length of names")?;
                self.require(!self.hierarchy, offset, "names for a second time")?;
                self.hierarchy = true;
                if kind == 7 { self.packed_twice(offset, end) } else { Ok(()) }
            }
            254 => {
                let message = "it is compressed once more as a whole";
                let help = "open it in GTKWave and export it, or write it without that option";
                Err(self.place.bad(offset, message).with_help(help))
            }
            255 => Ok(()),
            _ => Err(self.place.bad(offset, format!("a block of the unknown type {kind}"))),
        }
    }

    /// The header holds Euler's number, by which the order of bytes is known.
    fn endianness(&mut self, offset: u64) -> Result<()> {
        self.seek(offset + 25)?;
        let bytes = self.bytes::<8>()?;
        let number = [f64::from_le_bytes(bytes), f64::from_be_bytes(bytes)];
        let known = number.contains(&std::f64::consts::E);
        self.require(known, offset + 25, "no known order of bytes")
    }

    fn packed_twice(&mut self, offset: u64, end: u64) -> Result<()> {
        let between = self.varint()?;
        let packed = end.saturating_sub(self.position()?);
        let good = between <= packed.saturating_mul(LZ4);
        self.require(good, offset, "a wrong length of names")
    }

    /// Widths of all signals; each is read, because a value of every one is allocated.
    fn geometry(&mut self, offset: u64, end: u64) -> Result<()> {
        let (unpacked, count) = (self.number()?, self.number()?);
        let packed = end.checked_sub(self.position()?);
        let good = packed.is_some_and(|packed| unpacked <= packed.saturating_mul(ZLIB));
        self.require(good && count <= unpacked, offset, "a wrong number of signals")?;
        let packed = packed.unwrap_or(0);
        let mut bytes = Vec::new();
        let mut input = (&mut self.file).take(packed);
        let read = if packed == unpacked {
            input.read_to_end(&mut bytes)
        } else {
            ZlibDecoder::new(input).take(unpacked).read_to_end(&mut bytes)
        };
        let whole = read.is_ok() && bytes.len() as u64 == unpacked;
        self.require(whole, offset, "widths that cannot be unpacked")?;
        let (mut rest, mut total) = (bytes.as_slice(), 0);
        for _ in 0..count {
            let width = varint(&mut rest);
            let bytes = match width {
                Some(0) => Some(8),
                Some(none) if none == u64::from(u32::MAX) => Some(0),
                width => width.filter(|&width| width <= MAX_WIDTH.into()),
            };
            let Some(bytes) = bytes else {
                return Err(self.place.bad(offset, "a signal of an impossible width"));
            };
            total += bytes;
        }
        self.signals = Some((count, total));
        Ok(())
    }

    /// Checks a block of values: the first value of each signal, where changes are, and times.
    fn values(&mut self, (offset, end): (u64, u64)) -> Result<()> {
        let Some((signals, bytes)) = self.signals else { return Ok(()) };
        self.seek(offset + 9)?;
        let (first, last, _) = (self.number()?, self.number()?, self.number()?);
        self.require(first <= last, offset, "times that go back")?;
        let (unpacked, packed, count) = (self.varint()?, self.varint()?, self.varint()?);
        let start = self.position()?.checked_add(packed).filter(|&start| start < end);
        let good = unpacked == bytes && count == signals && unpacked / ZLIB <= packed;
        self.require(good && start.is_some(), offset, "first values of wrong length")?;
        let start = start.unwrap_or(end);
        self.seek(start)?;
        let count = self.varint()?;
        self.require(count == signals, start, "changes of a wrong number of signals")?;
        // From behind: times with three lengths, the places of changes with one.
        let start = self.position()?;
        let times = end.checked_sub(24).filter(|&times| times >= start);
        self.require(times.is_some(), offset, "no room for times")?;
        let times = times.unwrap_or(start);
        self.seek(times)?;
        let (unpacked, packed, count) = (self.number()?, self.number()?, self.number()?);
        let good = unpacked / ZLIB <= packed && count <= unpacked;
        let places = times.checked_sub(packed).and_then(|at| at.checked_sub(8));
        let places = places.filter(|&places| good && places >= start);
        self.require(places.is_some(), times, "a wrong number of times")?;
        let places = places.unwrap_or(start);
        self.seek(places)?;
        let length = self.number()?;
        let room = places - start;
        self.require(length <= room, places, "a wrong length of places")
    }

    fn require(&self, good: bool, offset: u64, message: &str) -> Result<()> {
        if good { Ok(()) } else { Err(self.place.bad(offset, message)) }
    }

    fn seek(&mut self, offset: u64) -> Result<()> {
        let result = self.file.seek(SeekFrom::Start(offset));
        result.map(|_| ()).map_err(|error| self.place.unreadable(&error))
    }

    fn position(&mut self) -> Result<u64> {
        self.file.stream_position().map_err(|error| self.place.unreadable(&error))
    }

    fn bytes<const COUNT: usize>(&mut self) -> Result<[u8; COUNT]> {
        let mut bytes = [0; COUNT];
        let read = self.file.read_exact(&mut bytes);
        read.map_err(|_| self.place.truncated(self.length, "inside a block"))?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    fn varint(&mut self) -> Result<u64> {
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
fn varint(bytes: &mut &[u8]) -> Option<u64> {
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

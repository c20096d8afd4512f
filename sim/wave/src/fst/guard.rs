//! The blocks of an FST file, checked before a library that trusts them reads it.
//!
//! Every block has a type of one byte and a length of eight. A length that reaches beyond the
//! file is a truncated file; a length of unpacked bytes that no compressed bytes of this number
//! can give is a lie that would be allocated, and one that is far beyond what waves have is
//! refused, too: see [`limits`](super::limits).

use std::fs::File;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::bytes::{Bytes, varint};
use super::limits::{FEW, LZ4, MANY, ZLIB, allowed};
use super::section::{self, Section};
use crate::reading::Place;
use crate::{MAX_WIDTH, Result};

/// Checks all blocks.
///
/// # Errors
/// The first one that lies, or that a wave needs and is not there.
pub fn check(file: &File, place: &Place) -> Result<()> {
    let mut guard = Guard {
        input: Bytes::new(file, place)?,
        header: false,
        promised: 0,
        signals: None,
        hierarchy: false,
        sections: Vec::new(),
    };
    guard.blocks()
}

struct Guard<'a> {
    input: Bytes<'a>,
    header: bool,
    /// Blocks of values that there are, as the header says.
    promised: u64,
    /// Number of signals, and bytes that one value of each takes.
    signals: Option<(u64, u64)>,
    hierarchy: bool,
    /// Blocks of values.
    sections: Vec<Section>,
}

impl Guard<'_> {
    fn blocks(&mut self) -> Result<()> {
        let mut offset = 0;
        while offset < self.input.length {
            self.input.seek(offset)?;
            let [kind] = self.input.bytes::<1>()?;
            let length = self.input.number()?;
            // A block that is not finished has no length yet; nothing comes after it.
            if kind == 255 && length == 0 {
                break;
            }
            let end = (offset + 1).checked_add(length);
            let Some(end) = end.filter(|&end| end <= self.input.length && length >= 8) else {
                let message = format!("inside the block of {length} bytes that starts here");
                return Err(self.input.place.truncated(offset, message));
            };
            self.block(kind, offset, end)?;
            offset = end;
        }
        let sections = std::mem::take(&mut self.sections);
        // A writer that was stopped has promised nothing yet.
        if (sections.len() as u64) < self.promised {
            let message = format!("with {} of {} blocks of values", sections.len(), self.promised);
            return Err(self.input.place.truncated(self.input.length, message));
        }
        for section in sections {
            let Some(signals) = self.signals else { break };
            section::check(&mut self.input, &section, signals)?;
        }
        let missing = match (self.header, self.signals, self.hierarchy) {
            (false, ..) => "its header",
            (_, None, _) => "the widths of its signals",
            (.., false) => "the names of its signals",
            _ => return Ok(()),
        };
        Err(self.input.place.truncated(self.input.length, format!("without {missing}")))
    }

    /// Checks what a block says; the file is at its contents.
    fn block(&mut self, kind: u8, offset: u64, end: u64) -> Result<()> {
        match kind {
            0 if end - offset != 330 || self.header || offset != 0 => {
                Err(self.input.place.bad(offset, "a header where none can be"))
            }
            0 => {
                self.header = true;
                self.endianness(offset)?;
                self.input.seek(offset + 65)?;
                self.promised = self.input.number()?;
                Ok(())
            }
            1 | 5 | 8 => {
                self.sections.push(Section { kind, offset, end });
                Ok(())
            }
            2 => {
                let count = self.input.varint()?;
                let rest = end.saturating_sub(self.input.position()?);
                // Every period without values takes two bytes or more.
                self.input.require(count <= rest / 2, offset, "a wrong number of periods")
            }
            3 => self.geometry(offset, end),
            4 | 6 | 7 => {
                let unpacked = self.input.number()?;
                let packed = end.saturating_sub(self.input.position()?);
                let twice = if kind == 7 { LZ4 } else { 1 };
                let most = packed.saturating_mul(if kind == 4 { ZLIB } else { LZ4 * twice });
                // That of gzip starts with ten bytes of its own.
                self.input.require(
                    kind != 4 || packed >= 10,
                    offset,
                    "names that are too short",
                )?;
                let good = unpacked <= most && unpacked <= allowed(packed, FEW);
                self.input.require(good, offset, "a wrong length of names")?;
                self.input.require(!self.hierarchy, offset, "names for a second time")?;
                self.hierarchy = true;
                if kind == 7 { self.packed_twice(offset, end, unpacked) } else { Ok(()) }
            }
            254 => Err(self.input.place.bad(offset, "a whole file in the middle of another")),
            255 => Ok(()),
            _ => Err(self.input.place.bad(offset, format!("a block of the unknown type {kind}"))),
        }
    }

    /// The header holds Euler's number, by which the order of bytes is known.
    fn endianness(&mut self, offset: u64) -> Result<()> {
        self.input.seek(offset + 25)?;
        let bytes = self.input.bytes::<8>()?;
        let number = [f64::from_le_bytes(bytes), f64::from_be_bytes(bytes)];
        let known = number.contains(&std::f64::consts::E);
        self.input.require(known, offset + 25, "no known order of bytes")
    }

    fn packed_twice(&mut self, offset: u64, end: u64, unpacked: u64) -> Result<()> {
        let between = self.input.varint()?;
        let packed = end.saturating_sub(self.input.position()?);
        let good = between <= packed.saturating_mul(LZ4) && unpacked <= between.saturating_mul(LZ4);
        self.input.require(good, offset, "a wrong length of names")
    }

    /// Widths of all signals; each is read, because a value of every one is allocated.
    fn geometry(&mut self, offset: u64, end: u64) -> Result<()> {
        let (unpacked, count) = (self.input.number()?, self.input.number()?);
        let packed = end.checked_sub(self.input.position()?);
        let good = packed.is_some_and(|packed| {
            unpacked <= packed.saturating_mul(ZLIB) && unpacked <= allowed(packed, MANY)
        });
        self.input.require(good && count <= unpacked, offset, "a wrong number of signals")?;
        let packed = packed.unwrap_or(0);
        let mut bytes = Vec::new();
        let mut input = (&mut self.input.file).take(packed);
        let read = if packed == unpacked {
            input.read_to_end(&mut bytes)
        } else {
            ZlibDecoder::new(input).take(unpacked).read_to_end(&mut bytes)
        };
        let whole = read.is_ok() && bytes.len() as u64 == unpacked;
        self.input.require(whole, offset, "widths that cannot be unpacked")?;
        let (mut rest, mut total) = (bytes.as_slice(), 0);
        for _ in 0..count {
            let width = varint(&mut rest);
            let bytes = match width {
                Some(0) => Some(8),
                Some(none) if none == u64::from(u32::MAX) => Some(0),
                width => width.filter(|&width| width <= MAX_WIDTH.into()),
            };
            let Some(bytes) = bytes else {
                return Err(self.input.place.bad(offset, "a signal of an impossible width"));
            };
            total += bytes;
        }
        self.signals = Some((count, total));
        Ok(())
    }
}

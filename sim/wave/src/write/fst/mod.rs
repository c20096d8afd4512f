//! Writing FST.
//!
//! By our own hand: the crate `fst-writer` cannot write text of any length, nor a wave that
//! begins later than at 0. A file is a header, blocks of values, the widths and the names of all
//! signals; `fstapi.c` of GTKWave is its definition.

mod changes;
mod encode;
mod names;

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use super::Sink;
use super::layout::Layout;
use crate::timescale::Timescale;
use crate::value::{Kind, Value};
use changes::Changes;
use encode::{block, packed, plain, varint};
use names::Names;

/// Bytes of changes after which a block is written.
const BLOCK: usize = 32 << 20;

/// Types of blocks.
const HEADER: u8 = 0;
const WIDTHS: u8 = 3;
const NAMES: u8 = 4;
const VALUES: u8 = 8;

/// An FST file that is being written.
pub struct Fst {
    output: BufWriter<File>,
    timescale: Timescale,
    names: Names,
    /// Kind of each signal, in the order of its number in the file.
    kinds: Vec<Kind>,
    /// Value of each signal when the present block began, and now.
    frame: Vec<Vec<u8>>,
    values: Vec<Vec<u8>>,
    changes: Changes,
    start: u64,
    blocks: u64,
    /// Bytes of changes after which a block is written.
    block_size: usize,
}

impl Fst {
    /// Begins a file with these declarations.
    pub fn new(output: File, timescale: Timescale, layout: &Layout) -> io::Result<Self> {
        let names = Names::new(layout)?;
        let kinds: Vec<Kind> = names.order().map(|series| layout.kinds[series]).collect();
        let undefined: Vec<Vec<u8>> = kinds.iter().map(|kind| plain(&kind.undefined())).collect();
        let mut fst = Self {
            output: BufWriter::new(output),
            timescale,
            names,
            frame: undefined.clone(),
            values: undefined,
            changes: Changes::new(&kinds, 0),
            kinds,
            start: 0,
            blocks: 0,
            block_size: BLOCK,
        };
        fst.header(0)?;
        Ok(fst)
    }

    /// Writes the header. Some of it is known only at the end, so it is written twice.
    fn header(&mut self, end: u64) -> io::Result<()> {
        let mut bytes = Vec::new();
        bytes.extend(self.start.to_be_bytes());
        bytes.extend(end.to_be_bytes());
        // By Euler's number a reader knows the order of bytes in real numbers.
        bytes.extend(std::f64::consts::E.to_le_bytes());
        let (scopes, variables) = self.names.counts();
        // The first is the memory that the writer used, which is nobody's business.
        for number in [0, scopes, variables, self.kinds.len() as u64, self.blocks] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.timescale.exponent().to_be_bytes());
        let version = concat!("systole ", env!("CARGO_PKG_VERSION")).as_bytes();
        bytes.extend(version);
        // The version has 128 bytes; then follow a date, which would make every file another
        // one, in 119, the type of language, Verilog, in 1, and a shift of all times in 8.
        bytes.resize(bytes.len() + 128 - version.len() + 119 + 1 + 8, 0);
        self.output.seek(SeekFrom::Start(0))?;
        block(&mut self.output, HEADER, &bytes)
    }

    /// Writes all changes since the last block.
    fn values(&mut self) -> io::Result<()> {
        let mut bytes = Vec::new();
        let (first, last) = self.changes.times();
        // The last is the memory that a reader needs for it.
        for number in [first, last, self.changes.size() as u64] {
            bytes.extend(number.to_be_bytes());
        }
        // Text has no value in the frame: its length is not known there.
        let fixed = self.frame.iter().zip(&self.kinds).filter(|(_, kind)| **kind != Kind::Text);
        let frame: Vec<u8> = fixed.flat_map(|(value, _)| value).copied().collect();
        let short = packed(&frame)?;
        for number in [frame.len(), short.len(), self.kinds.len()] {
            varint(&mut bytes, number as u64);
        }
        bytes.extend(short);
        self.changes.finish(&mut bytes)?;
        self.blocks += 1;
        block(&mut self.output, VALUES, &bytes)?;
        self.frame.clone_from(&self.values);
        self.changes = Changes::new(&self.kinds, last);
        Ok(())
    }

    /// Writes the widths of all signals.
    fn widths(&mut self) -> io::Result<()> {
        let mut widths = Vec::new();
        for kind in &self.kinds {
            let code = match kind {
                Kind::Bits(width) => *width,
                Kind::Real => 0,
                Kind::Text => u32::MAX,
            };
            varint(&mut widths, code.into());
        }
        let mut bytes = Vec::new();
        bytes.extend((widths.len() as u64).to_be_bytes());
        bytes.extend((self.kinds.len() as u64).to_be_bytes());
        bytes.extend(packed(&widths)?);
        block(&mut self.output, WIDTHS, &bytes)
    }
}

impl Sink for Fst {
    fn begin(&mut self, time: u64, values: &[Value]) -> io::Result<()> {
        self.start = time;
        self.changes = Changes::new(&self.kinds, time);
        self.changes.time(time);
        // The frame stays undefined: all first values are changes, as those of text have to be.
        values.iter().enumerate().try_for_each(|(series, value)| self.change(series, value))
    }

    fn time(&mut self, time: u64) -> io::Result<()> {
        if self.changes.size() > self.block_size {
            self.values()?;
        }
        self.changes.time(time);
        Ok(())
    }

    fn change(&mut self, series: usize, value: &Value) -> io::Result<()> {
        let number = self.names.number(series);
        self.values[number] = plain(value);
        self.changes.change(number, self.kinds[number], &self.values[number]);
        Ok(())
    }

    fn finish(&mut self, time: u64) -> io::Result<()> {
        if self.changes.times().1 < time {
            self.changes.time(time);
        }
        self.values()?;
        self.widths()?;
        let names = self.names.packed()?;
        block(&mut self.output, NAMES, &names)?;
        self.header(time)?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::Bits;
    use crate::write::recorder::Recorder;
    use crate::{Track, TrackKind, Wave};

    #[test]
    fn values_survive_many_blocks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.fst");
        let file = File::create(&path).expect("a file");
        let track = |name: &str, kind, step: usize, value: fn(u64) -> Value| {
            let changes = (0..300).step_by(step).map(|time| (time, value(time))).collect();
            Track { scope: vec!["top".to_owned()], name: name.to_owned(), kind, changes }
        };
        let tracks = [
            track("bit", TrackKind::Bits(1), 1, |time| Value::Bits(Bits::from_u64(1, time % 2))),
            track("rare", TrackKind::Bits(9), 97, |time| Value::Bits(Bits::from_u64(9, time))),
            track("text", TrackKind::Text, 7, |time| Value::Text(format!("at {time}"))),
        ];
        let mut layout = Layout::default();
        let added = layout.add(&tracks).expect("good tracks");
        let mut fst = Fst::new(file, Timescale::NANOSECOND, &layout).expect("a file");
        fst.block_size = 50;
        Recorder::new(Box::new(fst), layout, (0, 299), added).finish().expect("written");

        let mut wave = Wave::open(&path).expect("a wave");
        let signals: Vec<_> = wave.signals().map(|signal| signal.reference()).collect();
        wave.load(&signals).expect("read");
        for (track, &signal) in tracks.iter().zip(&signals) {
            let read: Vec<_> = wave.changes(signal).map(|(t, v)| (t, v.clone())).collect();
            assert_eq!(read, track.changes, "{}", track.name);
        }
        // Ten blocks of values at least, each with its type and length.
        let bytes = std::fs::read(&path).expect("the file");
        let (mut offset, mut blocks) = (0, 0);
        while let Some(&[kind, a, b, c, d, e, f, g, h]) = bytes[offset..].first_chunk::<9>() {
            blocks += usize::from(kind == VALUES);
            offset += 1 + u64::from_be_bytes([a, b, c, d, e, f, g, h]) as usize;
        }
        assert!(blocks > 10, "{blocks}");
    }
}

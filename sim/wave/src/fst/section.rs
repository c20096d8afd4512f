//! Checks a block of values: the first value of each signal, the changes of each, and the times.

use std::io::Read;

use super::bytes::Bytes;
use super::limits::{CHANGES, FEW, LZ4, MANY, ZLIB, allowed};
use super::places::places;
use crate::Result;

/// A block of values.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Its type: 1, 5 or 8.
    pub kind: u8,
    /// Where it starts, with the byte of its type.
    pub offset: u64,
    /// Where it ends.
    pub end: u64,
}

/// Checks a block; `signals` and `bytes` are the number of signals and the bytes of a value of
/// each.
///
/// # Errors
/// The first length that lies.
pub fn check(input: &mut Bytes, section: &Section, (signals, bytes): (u64, u64)) -> Result<()> {
    let &Section { offset, end, .. } = section;
    input.seek(offset + 9)?;
    let (first, last, _) = (input.number()?, input.number()?, input.number()?);
    input.require(first <= last, offset, "times that go back")?;
    let (unpacked, packed, count) = (input.varint()?, input.varint()?, input.varint()?);
    let start = input.position()?.checked_add(packed).filter(|&start| start < end);
    let good = unpacked == bytes && count == signals && unpacked / ZLIB <= packed;
    let good = good && unpacked <= allowed(packed, MANY);
    input.require(good && start.is_some(), offset, "first values of wrong length")?;
    let start = start.unwrap_or(end);
    input.seek(start)?;
    let count = input.varint()?;
    input.require(count == signals, start, "changes of a wrong number of signals")?;
    let start = input.position()?;
    let last = times(input, start, end)?;
    changes(input, section, signals, (start, last))
}

/// Checks the times, which stand at the end with three lengths behind them; gives where they
/// start.
fn times(input: &mut Bytes, start: u64, end: u64) -> Result<u64> {
    let lengths = end.checked_sub(24).filter(|&lengths| lengths >= start);
    input.require(lengths.is_some(), start, "no room for times")?;
    let lengths = lengths.unwrap_or(start);
    input.seek(lengths)?;
    let (unpacked, packed, count) = (input.number()?, input.number()?, input.number()?);
    let good = unpacked / ZLIB <= packed && count <= unpacked && unpacked <= allowed(packed, FEW);
    let times = lengths.checked_sub(packed).filter(|&times| good && times >= start);
    input.require(times.is_some(), lengths, "a wrong number of times")?;
    Ok(times.unwrap_or(start))
}

/// Checks the changes, between byte `start` and the places of the changes of each signal, which
/// end with their length at byte `end`.
fn changes(
    input: &mut Bytes,
    section: &Section,
    signals: u64,
    (start, end): (u64, u64),
) -> Result<()> {
    let at = end.checked_sub(8).filter(|&at| at >= start);
    input.require(at.is_some(), end, "no room for places")?;
    let at = at.unwrap_or(start);
    input.seek(at)?;
    let length = input.number()?;
    let first = at.checked_sub(length).filter(|&first| first > start);
    // A block without any change has no places, and not even the method of packing.
    let Some(first) = first else {
        return input.require(length == at - start, at, "a wrong length of places");
    };
    input.seek(first)?;
    let mut bytes = Vec::new();
    let read = (&mut input.file).take(length).read_to_end(&mut bytes);
    read.map_err(|error| input.place.unreadable(&error))?;
    let Some(places) = places(&bytes, section.kind, signals, first - start) else {
        return Err(input.place.bad(first, "places that lie elsewhere"));
    };
    input.seek(start)?;
    let ratio = match input.bytes()? {
        [b'4' | b'F'] => LZ4,
        [_] => ZLIB,
    };
    let mut total = 0u64;
    for place in places {
        input.seek(start + place.offset)?;
        let unpacked = input.varint()?;
        let good = unpacked <= place.length.saturating_mul(ratio);
        input.require(good, start + place.offset, "changes of a wrong length")?;
        total = total.saturating_add(place.signals.saturating_mul(unpacked.max(place.length)));
    }
    let most = CHANGES.saturating_add((section.end - section.offset).saturating_mul(MANY));
    input.require(total <= most, section.offset, "more changes than it can hold")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::reading::Place;

    /// A block in which all signals of one bit change as the first does, in `size` bytes, of
    /// which it says that they are `told`.
    fn alike(signals: u8, size: usize, told: u32) -> Vec<u8> {
        let mut block = vec![0; 9 + 24];
        block.extend([signals; 3]);
        block.extend(vec![b'0'; signals.into()]);
        block.extend([signals, b'Z']);
        block.extend([0, 7, 14].map(|shift| (told >> shift) as u8 | 0x80));
        block.push((told >> 21) as u8 & 0x7f);
        let level = flate2::Compression::best();
        let mut encoder = flate2::write::ZlibEncoder::new(block, level);
        encoder.write_all(&vec![0; size]).expect("it is packed");
        let mut block = encoder.finish().expect("it is packed");
        // A place, an alias of the first signal, and the same again and again.
        let mut table = vec![3, 0x7f];
        table.resize(signals.into(), 1);
        block.extend(&table);
        block.extend((table.len() as u64).to_be_bytes());
        block.push(0);
        block.extend([1u64; 3].map(u64::to_be_bytes).concat());
        block
    }

    fn checked(block: &[u8], signals: u64) -> Result<()> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(block).expect("a small file");
        let place = Place { path: "a.fst".as_ref(), format: "FST" };
        let mut input = Bytes::new(&file, &place)?;
        let section = Section { kind: 8, offset: 0, end: block.len() as u64 };
        check(&mut input, &section, (signals, signals))
    }

    #[test]
    fn what_is_unpacked_is_limited() {
        let (size, told) = (1 << 20, 1 << 20);
        assert_eq!(checked(&alike(100, size, told), 100), Ok(()));
        let message = |block: &[u8], signals| {
            let error = checked(block, signals).expect_err("a lie");
            assert!(error.offset().is_some(), "{error}");
            error.message().to_owned()
        };
        let lie = message(&alike(100, size, 2 * told), 100);
        assert!(lie.contains("changes of a wrong length"), "{lie}");
        // True for one signal, but a hundred of them would take 800 MB.
        let bomb = message(&alike(100, 8 * size, 8 * told), 100);
        assert!(bomb.contains("more changes than it can hold"), "{bomb}");
        let block = alike(100, size, told);
        message(&block, 99);
        message(&block[..block.len() - 1], 100);
    }
}

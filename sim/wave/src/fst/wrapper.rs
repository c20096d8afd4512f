//! FST files that are compressed once more as a whole, as `vcd2fst --compress` writes them.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use flate2::read::GzDecoder;

use super::limits::{FEW, ZLIB, allowed};
use crate::Result;
use crate::reading::Place;

/// Type of the block that holds a whole file.
const WRAPPER: u8 = 254;
/// Bytes of its type, its length, and the length of what is in it.
const HEAD: u64 = 17;

/// Unpacks a wrapped file into a temporary one that has no name and goes away with its handle;
/// nothing for a file that is not wrapped.
///
/// # Errors
/// A block that is cut or lies, and no room for the temporary file.
pub fn unwrapped(file: &File, place: &Place) -> Result<Option<File>> {
    let unreadable = |error| place.unreadable(&error);
    let mut input = file;
    input.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut head = Vec::new();
    input.take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
    if head.first() != Some(&WRAPPER) {
        return Ok(None);
    }
    let total = file.metadata().map_err(unreadable)?.len();
    let number = |at: usize| {
        let bytes = head.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_be_bytes)
    };
    let (Some(length), Some(unpacked)) = (number(1), number(9)) else {
        return Err(place.truncated(total, "inside the header of its compressed contents"));
    };
    if length > total - 1 {
        let message = format!("inside the block of {length} bytes that starts here");
        return Err(place.truncated(0, message));
    }
    let packed = length.saturating_sub(HEAD - 1);
    if unpacked > packed.saturating_mul(ZLIB) || unpacked > allowed(packed, FEW) {
        let message = format!("{packed} bytes that are to unpack to {unpacked}");
        return Err(place.bad(9, message));
    }
    let no_room = |error: std::io::Error| {
        place.broken_off(format!("cannot unpack it into a temporary file: {error}"))
    };
    let temporary = tempfile::tempfile().map_err(no_room)?;
    let mut output = BufWriter::new(&temporary);
    let mut contents = GzDecoder::new(BufReader::new(input.take(packed))).take(unpacked);
    let mut buffer = vec![0; 1 << 16];
    let mut written = 0;
    loop {
        let count = contents.read(&mut buffer).map_err(|error| {
            place.bad(HEAD, format!("contents that cannot be unpacked: {error}"))
        })?;
        if count == 0 {
            break;
        }
        output.write_all(&buffer[..count]).map_err(no_room)?;
        written += count as u64;
    }
    output.flush().map_err(no_room)?;
    drop(output);
    if written < unpacked {
        return Err(place.truncated(HEAD, format!("after {written} of {unpacked} unpacked bytes")));
    }
    Ok(Some(temporary))
}

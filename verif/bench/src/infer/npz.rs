//! NumPy's archives: ZIP files (PKWARE's APPNOTE) with an array in each member, stored or deflated.

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::Error;

const END: &[u8] = b"PK\x05\x06";
const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// Bytes of the fixed parts of these records.
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Longest comment at the end of an archive.
const MAX_COMMENT: usize = 0xffff;
/// Largest array that is unpacked.
const MAX_BYTES: u64 = 1 << 31;

/// Whether this is the beginning of an archive.
pub fn is_npz(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL) || bytes.starts_with(END)
}

/// A member of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Name of the array, without `.npy`.
    pub name: String,
    deflated: bool,
    /// Bytes in the archive, and unpacked.
    packed: usize,
    unpacked: u64,
    /// Where its local header is.
    offset: usize,
}

/// The arrays of an archive.
///
/// # Errors
/// Files that are cut, or no archives that NumPy writes, with the byte that is wrong.
pub fn members(bytes: &[u8]) -> Result<Vec<Member>, Error> {
    let at = |offset: usize, what: &str| Error::new(format!("at byte {offset:#x}: {what}"));
    let cut = || at(bytes.len(), "the archive is cut: it has no directory at its end");
    let first = bytes.len().saturating_sub(END_BYTES + MAX_COMMENT);
    let end = bytes[first..].windows(END.len()).rposition(|window| window == END);
    let end = first + end.ok_or_else(cut)?;
    if bytes.len() < end + END_BYTES {
        return Err(cut());
    }
    let (count, mut next) = (number(bytes, end + 10, 2), number(bytes, end + 16, 4));
    let mut members = Vec::new();
    for _ in 0..count {
        let record = bytes.get(next..).filter(|rest| rest.starts_with(CENTRAL));
        let record = record.filter(|rest| rest.len() >= CENTRAL_BYTES);
        let record = record.ok_or_else(|| at(next, "this is no entry of the directory"))?;
        let of = |offset| number(record, offset, 2);
        let name = record.get(CENTRAL_BYTES..CENTRAL_BYTES + of(28));
        let name = name.ok_or_else(|| at(next, "the directory is cut"))?;
        let deflated = match of(10) {
            0 => false,
            8 => true,
            method => return Err(at(next, &format!("compression method {method} is unknown"))),
        };
        let name = String::from_utf8_lossy(name);
        members.push(Member {
            name: name.strip_suffix(".npy").unwrap_or(&name).to_owned(),
            deflated,
            packed: number(record, 20, 4),
            unpacked: number(record, 24, 4) as u64,
            offset: number(record, 42, 4),
        });
        next += CENTRAL_BYTES + of(28) + of(30) + of(32);
    }
    Ok(members)
}

/// Unpacks a member.
///
/// # Errors
/// Damaged archives, with the byte that is wrong.
pub fn unpack(bytes: &[u8], member: &Member) -> Result<Vec<u8>, Error> {
    let at = |what: &str| Error::new(format!("at byte {:#x}: {what}", member.offset));
    let local = bytes.get(member.offset..).filter(|rest| rest.starts_with(LOCAL));
    let local = local.filter(|rest| rest.len() >= LOCAL_BYTES);
    let local = local.ok_or_else(|| at("this is no member of the archive"))?;
    let start = LOCAL_BYTES + number(local, 26, 2) + number(local, 28, 2);
    let packed = start.checked_add(member.packed).and_then(|end| local.get(start..end));
    let packed = packed.ok_or_else(|| at("the member is cut"))?;
    if member.unpacked > MAX_BYTES {
        return Err(at("the array is larger than 2 GiB"));
    }
    if !member.deflated {
        return Ok(packed.to_vec());
    }
    let mut unpacked = Vec::new();
    // One byte more tells a member that is longer than it says.
    let length = DeflateDecoder::new(packed).take(member.unpacked + 1).read_to_end(&mut unpacked);
    match length {
        Ok(length) if length as u64 == member.unpacked => Ok(unpacked),
        Ok(_) => Err(at("the member has another length than the directory says")),
        Err(error) => Err(at(&format!("the member cannot be unpacked: {error}"))),
    }
}

/// A number of `length` bytes in little endian that is known to be there.
fn number(bytes: &[u8], offset: usize, length: usize) -> usize {
    bytes[offset..offset + length].iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::DeflateEncoder;

    use super::{is_npz, members, unpack};

    /// An archive by the specification.
    fn archive(members: &[(&str, &[u8], bool)]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for &(name, content, deflated) in members {
            let mut packed = content.to_vec();
            if deflated {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(content).expect("to memory");
                packed = encoder.finish().expect("to memory");
            }
            let method = if deflated { 8u16 } else { 0 };
            let offset = bytes.len() as u32;
            let mut middle = vec![20, 0, 0, 0];
            middle.extend(method.to_le_bytes());
            middle.extend([0; 8]);
            middle.extend((packed.len() as u32).to_le_bytes());
            middle.extend((content.len() as u32).to_le_bytes());
            middle.extend((name.len() as u16).to_le_bytes());
            bytes.extend(*b"PK\x03\x04");
            bytes.extend(&middle);
            bytes.extend([3, 0]);
            bytes.extend(name.bytes());
            bytes.extend([9, 9, 9]);
            bytes.extend(packed);
            directory.extend(*b"PK\x01\x02\x14\x00");
            directory.extend(&middle);
            directory.extend([0; 12]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.bytes());
        }
        let start = bytes.len() as u32;
        bytes.extend(&directory);
        bytes.extend(*b"PK\x05\x06\0\0\0\0");
        bytes.extend([members.len() as u8, 0, members.len() as u8, 0]);
        bytes.extend((directory.len() as u32).to_le_bytes());
        bytes.extend(start.to_le_bytes());
        bytes.extend([2, 0]);
        bytes.extend(*b"hi");
        bytes
    }

    #[test]
    fn members_are_found_and_unpacked() {
        let long = [7u8; 5000];
        let bytes = archive(&[("a.npy", b"one", false), ("b.npy", &long, true)]);
        assert!(is_npz(&bytes));
        let found = members(&bytes).expect("an archive");
        let names: Vec<&str> = found.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(unpack(&bytes, &found[0]).as_deref(), Ok(&b"one"[..]));
        assert_eq!(unpack(&bytes, &found[1]).as_deref(), Ok(&long[..]));
    }

    #[test]
    fn damaged_archives_do_not_panic() {
        let bytes = archive(&[("a.npy", &[1; 300], true), ("b.npy", b"two", false)]);
        let all = |bytes: &[u8]| members(bytes)?.iter().map(|m| unpack(bytes, m)).collect();
        let all = |bytes: &[u8]| -> Result<Vec<Vec<u8>>, super::Error> { all(bytes) };
        assert!(all(&bytes).is_ok());
        for end in 0..bytes.len() - 2 {
            assert!(all(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1 << bit;
                let _ = all(&damaged);
            }
        }
    }
}

//! NumPy's format for one array, versions 1 to 3 (NEP 1).
//!
//! ```text
//!  93 'NUMPY' major minor  length of the header  {'descr': '<f4', 'fortran_order': False,
//!                                                 'shape': (450, 1, 8, 8), }     numbers
//! ```

use super::{Array, Element, Error, Numbers};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The header of a written file ends on a multiple of this.
const ALIGN: usize = 64;

/// Whether this is the beginning of such a file.
pub fn is_npy(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads an array of float32, int8 or uint8.
///
/// # Errors
/// Files that are cut or no NumPy arrays, with the byte that is wrong, and arrays of other types or
/// in Fortran's order.
pub fn read(bytes: &[u8]) -> Result<Array, Error> {
    let at = |offset: usize, what: &str| Error::new(format!("at byte {offset:#x}: {what}"));
    if !is_npy(bytes) {
        return Err(at(0, "not a NumPy array: the first bytes are not \\x93NUMPY"));
    }
    let (start, length): (usize, _) = match bytes.get(6).copied() {
        Some(1) => (10, bytes.get(8..10).map(|l| usize::from(l[0]) | usize::from(l[1]) << 8)),
        Some(2 | 3) => (12, bytes.get(8..12).map(little_endian)),
        Some(version) => return Err(at(6, &format!("version {version} of the format is unknown"))),
        None => return Err(at(bytes.len(), "the file is cut")),
    };
    let length = length.ok_or_else(|| at(bytes.len(), "the file is cut"))?;
    let header = start.checked_add(length).and_then(|end| bytes.get(start..end));
    let header = header.ok_or_else(|| at(bytes.len(), "the file is cut in its header"))?;
    let header = std::str::from_utf8(header).map_err(|_| at(start, "the header is not text"))?;
    let wrong = |what: &str| at(start, &format!("the header {what}: {}", header.trim_end()));
    let element = element(header).ok_or_else(|| wrong("has no 'descr'"))??;
    match field(header, "fortran_order") {
        Some(value) if value.starts_with("False") => {}
        Some(value) if value.starts_with("True") => {
            return Err(wrong("says that the array is in Fortran's order")
                .help("save numpy.ascontiguousarray(x)"));
        }
        _ => return Err(wrong("has no 'fortran_order'")),
    }
    let shape = shape(header).ok_or_else(|| wrong("has no 'shape' of whole numbers"))?;
    let data = &bytes[start + length..];
    let count = shape.iter().try_fold(element.bytes(), |product, &side| product.checked_mul(side));
    if count != Some(data.len()) {
        let wanted = count.map_or_else(|| "too many".to_owned(), |count| count.to_string());
        let what =
            format!("shape {shape:?} of {element} takes {wanted} bytes, {} follow", data.len());
        return Err(at(start + length, &what));
    }
    Ok(Array { shape, numbers: Numbers::from_bytes(element, data) })
}

fn little_endian(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | usize::from(byte))
}

/// What stands behind a key.
fn field<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let behind = |quote: char| header.split_once(&format!("{quote}{key}{quote}"));
    let (_, rest) = behind('\'').or(behind('"'))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// The type; the outer `None` if none is named.
fn element(header: &str) -> Option<Result<Element, Error>> {
    let value = field(header, "descr")?;
    let name = value.strip_prefix(['\'', '"']).and_then(|rest| rest.split(['\'', '"']).next());
    Some(match name {
        Some("<f4") => Ok(Element::Float32),
        Some("|i1" | "<i1" | ">i1") => Ok(Element::Int8),
        Some("|u1" | "<u1" | ">u1") => Ok(Element::Uint8),
        other => {
            let name = other.unwrap_or("a structure");
            let message = format!("the array's type is {name}, not float32, int8 or uint8");
            Err(Error::new(message).help("save x.astype(numpy.float32), or the type of the model"))
        }
    })
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (inside, _) = field(header, "shape")?.strip_prefix('(')?.split_once(')')?;
    let sides = inside.split(',').map(str::trim).filter(|side| !side.is_empty());
    sides.map(|side| side.trim_end_matches('L').parse().ok()).collect()
}

/// An array as a file of version 1.
pub fn write(array: &Array) -> Vec<u8> {
    let descr = match array.numbers.element() {
        Element::Float32 => "<f4",
        Element::Int8 => "|i1",
        Element::Uint8 => "|u1",
    };
    let sides: Vec<String> = array.shape.iter().map(usize::to_string).collect();
    let comma = if sides.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", sides.join(", "));
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.extend(std::iter::repeat_n(' ', unpadded.next_multiple_of(ALIGN) - unpadded));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(array.numbers.to_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::{is_npy, read, write};
    use crate::infer::{Array, Numbers};

    fn array() -> Array {
        let numbers = (0..6).map(|i| i as f32 - 2.5).collect();
        Array { shape: vec![2, 1, 3], numbers: Numbers::Float32(numbers) }
    }

    #[test]
    fn what_is_written_is_read() {
        let others = [
            Array { shape: vec![3], numbers: Numbers::Int8(vec![-128, 0, 127]) },
            Array { shape: vec![0, 4], numbers: Numbers::Uint8(vec![]) },
            Array { shape: vec![], numbers: Numbers::Uint8(vec![7]) },
        ];
        for array in others.into_iter().chain([array()]) {
            let bytes = write(&array);
            let header = bytes.len() - array.numbers.to_bytes().len();
            assert!(is_npy(&bytes) && header.is_multiple_of(64));
            assert_eq!(read(&bytes), Ok(array));
        }
    }

    #[test]
    fn versions_two_and_three_have_a_longer_length() {
        let mut bytes = write(&array());
        bytes[6] = 3;
        bytes.splice(10..10, [0, 0]);
        assert_eq!(read(&bytes), Ok(array()));
    }

    #[test]
    fn cut_and_damaged_files_are_refused() {
        let bytes = write(&array());
        for end in 0..bytes.len() {
            let error = read(&bytes[..end]).expect_err("it is cut");
            assert!(error.message.contains("at byte 0x"), "{end}: {error}");
        }
        for (from, to, says) in [
            ("'<f4'", "'<f8'", "<f8"),
            ("False", "True ", "Fortran"),
            ("(2, 1", "(9, 1", "takes 108 bytes, 24 follow"),
            ("(2, 1", "(x, 1", "no 'shape'"),
            ("'descr'", "'other'", "no 'descr'"),
        ] {
            let at = bytes.windows(from.len()).position(|w| w == from.as_bytes()).expect(from);
            let mut damaged = bytes.clone();
            damaged[at..at + to.len()].copy_from_slice(to.as_bytes());
            let error = read(&damaged).expect_err(to);
            assert!(error.message.contains(says), "{to}: {error}");
        }
        let mut large = write(&Array { shape: vec![1 << 40, 1 << 40], ..array() });
        assert!(read(&large).expect_err("too large").message.contains("too many"));
        large[6] = 9;
        assert!(read(&large).expect_err("a version").message.contains("version 9"));
    }
}

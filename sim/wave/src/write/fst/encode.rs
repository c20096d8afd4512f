//! Numbers, values and blocks as FST has them.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::value::Value;

/// Writes a block: its type, its length with that of the length, and its contents.
pub fn block(output: &mut impl Write, kind: u8, bytes: &[u8]) -> io::Result<()> {
    output.write_all(&[kind])?;
    output.write_all(&(bytes.len() as u64 + 8).to_be_bytes())?;
    output.write_all(bytes)
}

/// Compressed bytes, or the same if that does not make them fewer: a reader tells by the length.
pub fn packed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let short = zlib(bytes)?;
    Ok(if short.len() < bytes.len() { short } else { bytes.to_vec() })
}

/// Compressed bytes.
pub fn zlib(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A number, seven bits a byte, least significant first.
pub fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A number with a sign: as [`varint`], the last byte's bit 6 is the sign.
pub fn signed(bytes: &mut Vec<u8>, mut number: i64) {
    loop {
        let byte = number as u8 & 0x7f;
        number >>= 7;
        let done = number == 0 && byte & 0x40 == 0 || number == -1 && byte & 0x40 != 0;
        bytes.push(if done { byte } else { byte | 0x80 });
        if done {
            return;
        }
    }
}

/// A value without any compression: characters of bits, bytes of a number or of text.
pub fn plain(value: &Value) -> Vec<u8> {
    match value {
        Value::Bits(bits) => bits.characters().collect(),
        Value::Real(number) => number.to_le_bytes().to_vec(),
        Value::Text(text) => text.clone().into_bytes(),
    }
}

//! The host side of HTIF: exit codes, and the system call that writes to the console.

use std::io::Write;

use systole_golden::OutOfRam;

/// HTIF system call number of `write`.
const WRITE: u64 = 64;
/// Most bytes that one call may write.
const MAX_WRITE: u64 = 1 << 16;

/// What a value in `tohost` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// End with this code.
    Exit(u32),
    /// Write one byte to the console (device 1, command 1).
    PutByte(u8),
    /// A system call whose eight 64-bit words lie at this address.
    Call(u32),
}

impl Request {
    /// Decodes the doubleword at `tohost`; 0 is no request.
    pub fn decode(value: u64) -> Option<Self> {
        match (value >> 56, value >> 48 & 0xff) {
            _ if value == 0 => None,
            (1, 1) => Some(Self::PutByte(value as u8)),
            _ if value & 1 == 1 => Some(Self::Exit((value >> 1) as u32)),
            _ => Some(Self::Call(value as u32)),
        }
    }
}

/// Serves `request`, reading the chip's memory by `read`. Returns the exit code if it is an exit.
pub fn serve(
    request: Request,
    console: &mut dyn Write,
    mut read: impl FnMut(u32, usize) -> Result<Vec<u8>, OutOfRam>,
) -> Option<u32> {
    let bytes = match request {
        Request::Exit(code) => return Some(code),
        Request::PutByte(byte) => vec![byte],
        Request::Call(address) => written(address, &mut read).unwrap_or_default(),
    };
    // A console that is gone is no reason to stop the program.
    let _ = console.write_all(&bytes);
    let _ = console.flush();
    None
}

/// The bytes that a `write` call at `address` wants written; nothing for other calls.
fn written(
    address: u32,
    read: &mut impl FnMut(u32, usize) -> Result<Vec<u8>, OutOfRam>,
) -> Result<Vec<u8>, OutOfRam> {
    let call = read(address, 32)?;
    let word = |index: usize| {
        let bytes = call[8 * index..8 * index + 8].try_into().expect("eight bytes");
        u64::from_le_bytes(bytes)
    };
    if word(0) != WRITE {
        return Ok(Vec::new());
    }
    read(word(2) as u32, word(3).min(MAX_WRITE) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_told_apart() {
        assert_eq!(Request::decode(0), None);
        assert_eq!(Request::decode(1), Some(Request::Exit(0)));
        assert_eq!(Request::decode(7), Some(Request::Exit(3)));
        assert_eq!(Request::decode(0x0101 << 48 | 0x41), Some(Request::PutByte(b'A')));
        assert_eq!(Request::decode(0x8000_0040), Some(Request::Call(0x8000_0040)));
    }

    #[test]
    fn the_write_call_reaches_the_console() {
        let mut memory = [0u8; 64];
        memory[0] = 64;
        memory[8] = 1;
        memory[16] = 40;
        memory[24] = 2;
        memory[40..42].copy_from_slice(b"ok");
        let mut console = Vec::new();
        let end = serve(Request::Call(0), &mut console, |address, length| {
            Ok(memory[address as usize..address as usize + length].to_vec())
        });
        assert_eq!((end, &console[..]), (None, &b"ok"[..]));
    }
}

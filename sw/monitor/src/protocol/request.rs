//! What the host asks for.

use super::crc::crc32;
use super::{REQUEST_SYNC, command};

/// A request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request<'a> {
    /// What the board is.
    Identify,
    /// Words to memory.
    Write {
        /// Address of the first.
        address: u32,
        /// The bytes, a multiple of 4.
        bytes: &'a [u8],
    },
    /// Words from memory.
    Read {
        /// Address of the first.
        address: u32,
        /// How many bytes, a multiple of 4.
        length: u32,
    },
    /// Jumps to a program.
    Go {
        /// Where to.
        entry: u32,
        /// Takes the boot ROM away, by three instructions that lie here: in RAM, above it. `None`
        /// leaves it where it is.
        trampoline: Option<u32>,
    },
}

impl Request<'_> {
    /// Its command number.
    pub fn command(&self) -> u8 {
        match self {
            Self::Identify => command::IDENTIFY,
            Self::Write { .. } => command::WRITE,
            Self::Read { .. } => command::READ,
            Self::Go { .. } => command::GO,
        }
    }

    /// The bytes on the line; `tag` comes back with the answer.
    pub fn encode(&self, tag: u8) -> Vec<u8> {
        let (address, argument, payload) = match *self {
            Self::Identify => (0, 0, None),
            Self::Write { address, bytes } => (address, bytes.len() as u32, Some(bytes)),
            Self::Read { address, length } => (address, length, None),
            Self::Go { entry, trampoline } => (entry, trampoline.unwrap_or(0), None),
        };
        let command = u32::from(self.command()) | u32::from(tag) << 8;
        let header: Vec<u8> =
            [command, address, argument].iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut frame = REQUEST_SYNC.to_le_bytes().to_vec();
        for part in [Some(header.as_slice()), payload].into_iter().flatten() {
            frame.extend(part);
            frame.extend(crc32(part).to_le_bytes());
        }
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_those_of_the_manual() {
        let read = Request::Read { address: 0x8000_1000, length: 8 }.encode(7);
        let header = [3, 7, 0, 0, 0, 0x10, 0, 0x80, 8, 0, 0, 0];
        assert_eq!(read[..4], [0xd3, 0x53, 0x59, 0xc1]);
        assert_eq!(read[4..16], header);
        assert_eq!(read[16..], crc32(&header).to_le_bytes());
        let write = Request::Write { address: 0x8000_0000, bytes: b"abcd" }.encode(0);
        assert_eq!(write.len(), 20 + 4 + 4);
        assert_eq!(write[20..24], *b"abcd");
        assert_eq!(write[24..], crc32(b"abcd").to_le_bytes());
    }
}

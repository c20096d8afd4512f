//! What the monitor answers.

use std::fmt;

use super::crc::{RESIDUE, START, update};
use super::{ANSWER_SYNC, status};

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Done.
    Done,
    /// The checksum is not that of what the monitor received.
    BadChecksum,
    /// The request ended in the middle.
    Incomplete,
    /// The monitor has no such command.
    UnknownCommand,
    /// The length is not a multiple of 4.
    BadLength,
    /// Memory does not answer at this address.
    Fault(u32),
    /// A number that this version does not know.
    Unknown(u32),
}

impl Status {
    fn decode(number: u32, value: u32) -> Self {
        match number {
            status::OK => Self::Done,
            status::BAD_CHECKSUM => Self::BadChecksum,
            status::INCOMPLETE => Self::Incomplete,
            status::UNKNOWN_COMMAND => Self::UnknownCommand,
            status::BAD_LENGTH => Self::BadLength,
            status::FAULT => Self::Fault(value),
            number => Self::Unknown(number),
        }
    }

    /// Whether the line is to blame, so that the same request may do better.
    pub(crate) fn is_of_the_line(self) -> bool {
        matches!(self, Self::BadChecksum | Self::Incomplete)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::BadChecksum => write!(f, "the request arrived damaged"),
            Self::Incomplete => write!(f, "a part of the request did not arrive"),
            Self::UnknownCommand => write!(f, "the monitor does not know this command"),
            Self::BadLength => write!(f, "the length is not a multiple of 4"),
            Self::Fault(address) => write!(f, "the board has no memory at {address:#010x}"),
            Self::Unknown(number) => write!(f, "status {number}, which is unknown"),
        }
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The request's command number.
    pub command: u8,
    /// The request's tag.
    pub tag: u8,
    /// What was asked for.
    pub data: Vec<u8>,
    /// How it ended.
    pub status: Status,
}

/// What received bytes are so far.
pub(crate) enum Parsed {
    /// The start of an answer.
    Partial,
    /// An answer, and the number of bytes up to its end.
    Whole(Answer, usize),
    /// Something with the start of an answer that is none, and the number of bytes to skip.
    Damaged(usize),
}

/// Bytes of an answer besides its data.
const FRAME_BYTES: usize = 24;

impl Answer {
    /// Finds the first answer in what was received; none has more than `longest` bytes of data.
    pub(crate) fn find(bytes: &[u8], longest: usize) -> Parsed {
        let sync = ANSWER_SYNC.to_le_bytes();
        let Some(start) = bytes.windows(4).position(|window| window == sync) else {
            return Parsed::Partial;
        };
        let word = |at: usize| {
            let word = bytes.get(start + at..start + at + 4)?;
            Some(u32::from_le_bytes(word.try_into().expect("four bytes")))
        };
        let (Some(command), Some(length)) = (word(4), word(8)) else { return Parsed::Partial };
        let length = length as usize;
        if length > longest {
            return Parsed::Damaged(start + 1);
        }
        let end = start + FRAME_BYTES + length;
        let (Some(number), Some(value)) = (word(12 + length), word(16 + length)) else {
            return Parsed::Partial;
        };
        let Some(frame) = bytes.get(start + 4..end) else { return Parsed::Partial };
        if update(START, frame) != RESIDUE {
            return Parsed::Damaged(start + 1);
        }
        let data = frame[8..8 + length].to_vec();
        let [command, tag, ..] = command.to_le_bytes();
        let status = Status::decode(number, value);
        Parsed::Whole(Self { command, tag, data, status }, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::crc::crc32;

    fn frame(data: &[u8], status: u32, value: u32) -> Vec<u8> {
        let mut frame = vec![2, 9, 0, 0];
        frame.extend((data.len() as u32).to_le_bytes());
        frame.extend(data);
        frame.extend([status, value].iter().flat_map(|word| word.to_le_bytes()));
        frame.extend(crc32(&frame).to_le_bytes());
        [&ANSWER_SYNC.to_le_bytes(), frame.as_slice()].concat()
    }

    #[test]
    fn an_answer_is_found_behind_other_bytes() {
        let answer = frame(b"data", status::FAULT, 0x10);
        let bytes = [b"\xe3 banner \xe3\x53".as_slice(), &answer, b"more"].concat();
        let start = bytes.len() - answer.len() - 4;
        for length in 0..bytes.len() - 4 {
            assert!(matches!(Answer::find(&bytes[..length], 8), Parsed::Partial), "{length}");
        }
        let Parsed::Whole(found, end) = Answer::find(&bytes, 8) else { panic!("no answer") };
        assert_eq!(end, start + answer.len());
        let status = Status::Fault(0x10);
        assert_eq!(found, Answer { command: 2, tag: 9, data: b"data".to_vec(), status });
    }

    #[test]
    fn a_damaged_answer_is_none() {
        let good = frame(b"data", 0, 0);
        for byte in 4..good.len() {
            let mut bytes = good.clone();
            bytes[byte] ^= 4;
            let damaged = matches!(Answer::find(&bytes, 4), Parsed::Damaged(1));
            let shorter_or_longer = (8..12).contains(&byte);
            assert!(damaged || shorter_or_longer, "byte {byte}");
        }
        assert!(matches!(Answer::find(&frame(b"data", 0, 0), 3), Parsed::Damaged(1)));
    }
}

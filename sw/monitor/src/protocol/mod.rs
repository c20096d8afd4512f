//! What host and monitor say to each other: `docs/monitor.md`, from which the constants here are.

mod answer;
pub mod crc;
mod identity;
mod request;

pub(crate) use answer::Parsed;
pub use answer::{Answer, Status};
pub use identity::{Identity, SelfTest};
pub use request::Request;

/// A request begins with it: the bytes `d3 53 59 c1`.
pub const REQUEST_SYNC: u32 = 0xc159_53d3;
/// An answer begins with it: the bytes `e3 53 59 c1`.
pub const ANSWER_SYNC: u32 = 0xc159_53e3;
/// Version of the protocol.
pub const VERSION: u32 = 1;
/// Without a byte for the clock's frequency shifted right by this, in cycles, so for a quarter of a
/// second, the monitor gives up a request that is not complete.
pub const PATIENCE_SHIFT: u8 = 2;

/// Command numbers.
pub mod command {
    /// What the board is.
    pub const IDENTIFY: u8 = 1;
    /// Words to memory.
    pub const WRITE: u8 = 2;
    /// Words from memory.
    pub const READ: u8 = 3;
    /// Jumps to a program.
    pub const GO: u8 = 4;
}

/// Status numbers of an answer.
pub mod status {
    /// Done.
    pub const OK: u32 = 0;
    /// The checksum is not that of what was received.
    pub const BAD_CHECKSUM: u32 = 1;
    /// The request ended in the middle.
    pub const INCOMPLETE: u32 = 2;
    /// No such command.
    pub const UNKNOWN_COMMAND: u32 = 3;
    /// A length that is not a multiple of 4.
    pub const BAD_LENGTH: u32 = 4;
    /// Memory did not answer, or not there: the answer's value is the address.
    pub const FAULT: u32 = 5;
}

//! Which register holds what. There is no stack: routines link by a register of their own.

use systole_isa::Register;

/// x0.
pub const ZERO: Register = Register::ZERO;
/// Return address of routines that take a word.
pub const RA: Register = Register::RA;
/// Return address of routines that take a byte, which those of words call.
pub const LINK_BYTE: Register = Register::new(5);
/// Return address of routines that make a part of an answer, which call those of words.
pub const LINK_PART: Register = Register::new(17);

/// Arguments: byte or word, address, end.
pub const A0: Register = Register::new(10);
pub const A1: Register = Register::new(11);
pub const A2: Register = Register::new(12);
pub const A3: Register = Register::new(13);
/// Of routines that take a word: bytes left.
pub const LEFT: Register = Register::new(14);

/// For a moment; routines of bytes use these two and the next.
pub const T1: Register = Register::new(6);
pub const T2: Register = Register::new(7);
pub const T3: Register = Register::new(28);
/// For a moment; no routine changes it.
pub const T4: Register = Register::new(29);
pub const T5: Register = Register::new(30);
/// Of the trap handler.
pub const TRAP: Register = Register::new(31);

/// Set up once: addresses of devices, and of the table of the CRC.
pub const UART: Register = Register::new(8);
pub const GPIO: Register = Register::new(9);
pub const MTIME: Register = Register::new(18);
pub const TABLE: Register = Register::new(19);
/// Cycles that a request may pause.
pub const PATIENCE: Register = Register::new(20);

/// The CRC so far.
pub const CRC: Register = Register::new(21);
/// Of the answer.
pub const STATUS: Register = Register::new(22);
pub const VALUE: Register = Register::new(23);
/// Of the request.
pub const COMMAND: Register = Register::new(24);
pub const ADDRESS: Register = Register::new(25);
pub const ARGUMENT: Register = Register::new(26);

/// How the test of the NPU ended, and where, what was there, and what was expected.
pub const OUTCOME: Register = Register::new(27);
pub const PLACE: Register = Register::new(2);
pub const FOUND: Register = Register::new(3);
pub const EXPECTED: Register = Register::new(4);

//! Error causes of a job (docs/npu.md).

/// No error.
pub const NONE: u64 = 0;
/// The opcode is not LOAD, EXEC or STORE.
pub const BAD_OPCODE: u64 = 1;
/// A reserved bit, a zero count or a bad value.
pub const BAD_FIELD: u64 = 2;
/// Waits for a token that no earlier descriptor gave.
pub const TOKEN_UNDERFLOW: u64 = 3;
/// Would leave more than 15 tokens.
pub const TOKEN_OVERFLOW: u64 = 4;
/// The doorbell address is not a multiple of 32.
pub const MISALIGNED_LIST: u64 = 5;
/// Descriptor 65,535 is not `last`.
pub const LIST_TOO_LONG: u64 = 6;
/// Bus error on a descriptor.
pub const FETCH_ERROR: u64 = 7;
/// Bus error on a LOAD's read.
pub const LOAD_ERROR: u64 = 8;
/// Bus error on a STORE's write.
pub const STORE_ERROR: u64 = 9;
/// The hart ended the job.
pub const ABORTED: u64 = 10;

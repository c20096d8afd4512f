//! How much may be unpacked from how few bytes.

/// A byte of zlib unpacks to at most so many.
pub const ZLIB: u64 = 1032;
/// A byte of LZ4, or of FastLZ, unpacks to at most so many.
pub const LZ4: u64 = 255;

/// What every file may ask for, however small it is.
const ALWAYS: u64 = 64 << 20;
/// What the changes of every block may take. Regular ones, as of clocks, are packed well, and a
/// writer may gather a few hundred MB of them.
pub const CHANGES: u64 = 512 << 20;
/// Bytes that a byte may stand for where many times as much memory is needed for them.
pub const FEW: u64 = 64;
/// Bytes that a byte may stand for in values.
pub const MANY: u64 = 255;

/// The most bytes that `packed` bytes may unpack to, each to `ratio` of them. The formats allow
/// more, but no wave needs it, and it would let a small file fill the memory.
pub fn allowed(packed: u64, ratio: u64) -> u64 {
    ALWAYS.saturating_add(packed.saturating_mul(ratio))
}

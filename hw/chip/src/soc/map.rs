//! The memory map of `docs/soc.md`.

/// First address of the CLINT.
pub const CLINT_BASE: u32 = 0x0200_0000;
/// Address bits inside the CLINT (64 KiB).
pub const CLINT_ADDRESS_BITS: u32 = 16;
/// First address of the NPU's registers.
pub const NPU_BASE: u32 = 0x4000_0000;
/// Address bits inside the NPU's registers (two pages of 4 KiB).
pub const NPU_ADDRESS_BITS: u32 = 13;
/// First address of the RAM, and the reset vector.
pub const RAM_BASE: u32 = 0x8000_0000;

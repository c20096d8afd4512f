//! The memory map of `docs/soc.md`.

/// First address of the CLINT.
pub const CLINT_BASE: u32 = 0x0200_0000;
/// First address of the NPU's registers.
pub const NPU_BASE: u32 = 0x4000_0000;
/// First address of the RAM, and the reset vector.
pub const RAM_BASE: u32 = 0x8000_0000;

/// A device and the byte offset in it.
pub(crate) enum Device {
    Clint(u32),
    Npu(u32),
}

impl Device {
    /// The device at an address, `None` where nothing answers.
    pub fn at(address: u32) -> Option<Self> {
        match address {
            CLINT_BASE..=0x0200_ffff => Some(Self::Clint(address - CLINT_BASE)),
            NPU_BASE..=0x4000_1fff => Some(Self::Npu(address - NPU_BASE)),
            _ => None,
        }
    }
}

//! What a board adds to the memory map of `docs/soc.md`.

/// First address of the UART.
pub const UART_BASE: u32 = 0x1000_0000;
/// First address of the LEDs, buttons and what else there is one bit of.
pub const GPIO_BASE: u32 = 0x1001_0000;
/// Address bits inside the UART and inside the GPIO (4 KiB each).
pub const DEVICE_ADDRESS_BITS: u32 = 12;
/// Address bits inside the boot ROM (4 KiB), which lies over the start of the RAM.
pub const BOOT_ADDRESS_BITS: u32 = 12;

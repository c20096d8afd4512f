//! Addresses of a board (`docs/soc.md`, "On a board") and registers of its devices.

/// First address of the RAM, and of the boot ROM over it.
pub const RAM_BASE: u32 = 0x8000_0000;
/// Bytes of the boot ROM.
pub const ROM_BYTES: u32 = 4096;
/// Lower half of the CLINT's `mtime`: clock cycles.
pub const MTIME: u32 = 0x0200_bff8;

/// The UART.
pub const UART: u32 = 0x1000_0000;
/// Offset: bit 8 a byte was received, bits 7:0 it; a write sends a byte.
pub const UART_DATA: i32 = 0;
/// Offset: bit 0 the transmitter is ready.
pub const UART_STATUS: i32 = 4;

/// LEDs, and what else there is of the board.
pub const GPIO: u32 = 0x1001_0000;
/// Offset: a bit for each LED.
pub const GPIO_LEDS: i32 = 0;
/// Offset: a write of 0 takes the boot ROM away.
pub const GPIO_BOOT: i32 = 8;
/// Offset: clock cycles a second.
pub const GPIO_CLOCK: i32 = 12;
/// Offset: bits a second of the UART.
pub const GPIO_BAUD: i32 = 16;

/// The NPU (`docs/npu.md`).
pub const NPU: u32 = 0x4000_0000;
/// Offset: bit 0 busy, 1 done, 2 error, bits 15:8 the cause.
pub const NPU_STATUS: i32 = 0x08;
/// Offset: a write starts the list at that address.
pub const NPU_DOORBELL: i32 = 0x10;

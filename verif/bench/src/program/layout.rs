//! Where a random program keeps its things. All of it fits the smallest preset's 128 KiB.

/// Reset vector: sets the trap vector and the registers.
pub const CODE: u32 = 0x8000_0000;
/// Trap handler.
pub const HANDLER: u32 = 0x8000_0400;
/// Vector table for `mtvec` in vectored mode: jumps to the handler.
pub const VECTORS: u32 = 0x8000_0800;
/// Initial values of x0 to x31.
pub const REGISTERS: u32 = 0x8000_0e00;
/// Where the handler keeps a register.
pub const SAVE_SLOT: u32 = 0x8000_0f00;
/// Where a jump into the void leaves the address to go on at.
pub const RECOVER_SLOT: u32 = 0x8000_0f04;
/// Bit n: a trap with cause n from U mode goes on in M mode.
pub const LEAVE_SLOT: u32 = 0x8000_0f08;
/// Not 0 while a program waits for an interrupt, which then stays pending.
pub const WAIT_SLOT: u32 = 0x8000_0f0c;
/// Where an address is loaded from right before its use.
pub const POINTER_SLOT: u32 = 0x8000_0f10;
/// HTIF: the program ends when this word becomes odd.
pub const TOHOST: u32 = 0x8000_0f80;
/// HTIF: unused by us, but part of the interface.
pub const FROMHOST: u32 = 0x8000_0fc0;
/// The body. Fetches from below it never meet injected bus errors.
pub const BODY: u32 = 0x8000_1000;
/// End of the code: a fetch fault below is transient, or PMP's in U mode. Loads and stores below it
/// never meet injected bus errors.
pub const CODE_END: u32 = 0x8000_8000;
/// Data that the hart loads and stores.
pub const DATA: u32 = 0x8000_8000;
/// Bytes of [`DATA`].
pub const DATA_BYTES: u32 = 0x2000;
/// A region that nothing needs, of zeros: PMP entries that are locked lie in it.
pub const SACRIFICE: u32 = 0x8000_a000;
/// Bytes of [`SACRIFICE`]; as many behind it are unused, too.
pub const SACRIFICE_BYTES: u32 = 0x1000;
/// Nothing can be executed here and nothing is stored: first zeros, then ones, of which any halfword
/// begins a 32-bit word. PMP entries that are locked may lie here, too.
pub const HOLLOW: u32 = 0x8000_c000;
/// Bytes of [`HOLLOW`], half of them zeros.
pub const HOLLOW_BYTES: u32 = 0x1000;
/// Descriptors, operands and results of NPU jobs; the hart stays out while a job runs.
pub const NPU_ARENA: u32 = 0x8001_0000;
/// Bytes of [`NPU_ARENA`]. The end of the smallest RAM is left alone.
pub const NPU_ARENA_BYTES: u32 = 0xff00;

/// Granule of the NPU's bus window.
pub const PAGE: u32 = 4096;

/// Software interrupt pending register of the CLINT.
pub const MSIP: u32 = 0x0200_0000;
/// Timer compare register of the CLINT, low half.
pub const MTIMECMP: u32 = 0x0200_4000;
/// Timer of the CLINT, low half.
pub const MTIME: u32 = 0x0200_bff8;
/// NPU registers.
pub const NPU: u32 = 0x4000_0000;
/// Offset of `STATUS`.
pub const NPU_STATUS: i32 = 0x08;
/// Offset of `INTERRUPT_ENABLE`.
pub const NPU_INTERRUPT_ENABLE: i32 = 0x0c;
/// Offset of `DOORBELL`.
pub const NPU_DOORBELL: i32 = 0x10;
/// Offset of `CLEAR`.
pub const NPU_CLEAR: i32 = 0x14;
/// Offset of `EXEC_BUSY`.
pub const NPU_EXEC_BUSY: i32 = 0x28;
/// Offset of `ABORT`.
pub const NPU_ABORT: i32 = 0x54;
/// `WINDOW_BASE`; `WINDOW_LIMIT` is the next word.
pub const NPU_WINDOW: u32 = 0x4000_1000;

//! Configuration of a chip: the keys of a preset's TOML file.

use serde::{Deserialize, Serialize};

/// Everything that distinguishes one chip from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipConfig {
    /// The hart.
    pub core: CoreConfig,
    /// The inference unit.
    pub npu: NpuConfig,
    /// The memory.
    pub memory: MemoryConfig,
}

/// The hart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoreConfig {
    /// Instructions that the fetch unit may hold or have under way (2, 4 or 8).
    pub fetch_depth: u32,
    /// Multiplier: true for a pipelined one of one result a cycle, false for an iterative one.
    pub fast_multiply: bool,
}

/// The inference unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpuConfig {
    /// Side of the array, D: 2, 4, 8, 16 or 32.
    pub dim: u32,
    /// Data width of the external bus in bits: 32, 64, 128 or 256.
    pub bus_bits: u32,
    /// Scratchpad rows of D bytes; a power of two, 64 to 32768.
    pub scratchpad_rows: u32,
    /// Accumulator rows of D int32; a power of two, 16 to 32768.
    pub accumulator_rows: u32,
    /// Parameter memory rows of D bytes; a power of two, 16 to 32768.
    pub parameter_rows: u32,
    /// Requantiser lanes (results a cycle): a power of two, 1 to `dim`.
    pub requantise_lanes: u32,
    /// Read bursts in flight: 1 to 16.
    pub outstanding_bursts: u32,
}

/// The memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryConfig {
    /// RAM from 0x8000_0000, in bytes; a power of two, 64 KiB to 1 GiB.
    pub ram_bytes: u32,
}

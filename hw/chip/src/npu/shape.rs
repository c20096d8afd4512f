//! Widths that follow from the configuration.

use crate::config::NpuConfig;

/// Beats of the longest burst.
pub const BURST_BEATS: u32 = 16;

/// Sizes in bytes, and their logarithms.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Array side D: bytes of a scratchpad row and of a chunk.
    pub dim: u32,
    /// log2 D.
    pub dim_log: u32,
    /// W: bytes of a beat.
    pub bus: u32,
    /// log2 W.
    pub bus_log: u32,
    /// min(D, W): bytes that the aligners move a cycle.
    pub piece: u32,
    /// log2 of `piece`.
    pub piece_log: u32,
}

impl Shape {
    /// The sizes of `config`.
    pub fn of(config: &NpuConfig) -> Self {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let piece = dim.min(bus);
        Self {
            dim,
            dim_log: dim.ilog2(),
            bus,
            bus_log: bus.ilog2(),
            piece,
            piece_log: piece.ilog2(),
        }
    }

    /// Commands that each queue between front end and units holds. Small arrays go into small
    /// devices, where a command more costs as many cells as a row of the array.
    pub fn queue_depth(&self) -> u32 {
        if self.dim <= 4 { 1 } else { 4 }
    }

    /// Bits of the address of a bus word.
    pub fn word_bits(&self) -> u32 {
        32 - self.bus_log
    }

    /// Beats of a descriptor.
    pub fn descriptor_beats(&self) -> u32 {
        32 / self.bus
    }
}

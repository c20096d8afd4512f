//! Generic building blocks, free of RISC-V and of the NPU.

pub mod fifo;
pub mod turns;

pub use fifo::{FifoPorts, fifo};

/// Bits that count from 0 to `maximum`.
pub const fn bits_for(maximum: u32) -> u32 {
    if maximum == 0 { 1 } else { maximum.ilog2() + 1 }
}

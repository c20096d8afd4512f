//! Golden reference model of hart, NPU and memory map.
//!
//! Written for clarity from the RISC-V manuals (unprivileged and privileged, 20240411),
//! `docs/core.md`, `docs/npu.md`, `docs/soc.md` and IEEE 754. It shares no code with the hardware
//! description and depends on no other crate of this workspace, so that a mistake has to be made
//! twice to go unseen. Two oracles that others wrote watch over it: `tests/decode.rs` (Spike) and
//! `examples/qemu_oracle` (QEMU).
//!
//! Start at [`Machine`]: [`Machine::step`] yields one [`Retire`] record and takes what only the RTL
//! can know (when an interrupt came, what a clock read) as [`Inputs`]; [`Machine::run`] is the same
//! semantics at full speed and on its own.
//!
//! Invariants: nothing here panics on what a program does; [`Machine::step`] and
//! [`Machine::run`] execute through the same code.

mod bits;
mod bus;
mod clint;
mod code;
mod compressed;
mod counters;
mod csr;
mod decode;
pub mod elf;
mod environment;
mod events;
mod execute;
mod execute_atomic;
mod execute_csr;
mod execute_memory;
mod hart;
mod isa;
mod machine;
mod memory;
mod mode;
mod multiply;
pub mod npu;
mod pmp;
mod reservation;
mod retire;
mod run;
mod step;
mod trap;

#[cfg(test)]
mod tests;

pub use bus::{CLINT_BASE, NPU_BASE, RAM_BASE};
pub use decode::{Decoded, Op, decode};
pub use isa::Isa;
pub use machine::{Config, Machine, NpuConfig};
pub use memory::OutOfRam;
pub use retire::{Inputs, Retire};
pub use run::{RunEnd, Stop, StopReason};

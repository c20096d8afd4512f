//! The hart: a pipelined in-order RV32IM_Zicsr_Zifencei core, machine mode only.
//!
//! Four stages: fetch, decode, execute and writeback. Each file below describes one module of
//! the generated Verilog; `pipeline` holds the top, `core`,
//! which connects them in the three `stage_*` files.

mod alu;
mod branch;
mod csr;
mod decode;
mod divide;
mod encoding;
mod fetch;
mod hazard;
mod interrupts;
mod iteration;
mod load_align;
mod multiply;
mod pipeline;
mod record;
mod register_file;
mod rvfi;
mod stage_decode;
mod stage_execute;
mod stage_writeback;
mod store_align;
mod trap;

#[cfg(test)]
mod tests;

pub use pipeline::core;

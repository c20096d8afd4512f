//! The program of the sequencer: docs/npu.md, step by step.

mod assembler;
mod check;
mod context;
mod double_rounding;
mod exec;
mod exec_map;
mod job;
mod load;
mod load_windows;
mod parameters;
mod pool;
pub mod registers;
mod requantise;
mod residual;
mod rounding;
mod store;
mod store_chunk;
mod transfers;
mod wide;

pub use assembler::Program;

use super::inner::InnerMap;
use crate::config::NpuConfig;
use assembler::Assembler;
use context::Context;

/// The program of an NPU of this configuration.
pub fn program(config: &NpuConfig) -> Program {
    let mut p = Assembler::default();
    let c = Context::new(&mut p, config, InnerMap::of(config));
    job::emit(&mut p, &c);
    transfers::emit(&mut p, &c);
    check::emit(&mut p, &c);
    // The units run one after the other, and keep nothing in between.
    for unit in [load::emit, exec::emit, store::emit] {
        p.scope(|p| unit(p, &c));
    }
    p.finish()
}

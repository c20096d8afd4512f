//! The program of the sequencer: docs/npu.md, step by step.

mod assembler;
mod check;
mod context;
mod exec;
mod exec_map;
mod job;
mod load;
mod load_windows;
pub mod registers;
mod store;
mod transfers;

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
    load::emit(&mut p, &c);
    exec::emit(&mut p, &c);
    store::emit(&mut p, &c);
    p.finish()
}

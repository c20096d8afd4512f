//! The bench: random programs with NPU jobs, lockstep of generated RTL against the golden model,
//! shrinking, failure folders, regressions and injected faults.

pub mod generate;
pub mod program;
pub mod shrink;

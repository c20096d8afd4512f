//! The bench: random programs with NPU jobs, lockstep of generated RTL against the golden model,
//! shrinking, failure folders, regressions, injected faults, mutants and proofs; and quantised networks
//! on the same engines.

pub mod activity;
pub mod around;
pub mod campaign;
pub mod chip;
pub mod configs;
pub mod coverage;
pub mod failure;
pub mod faults;
pub mod formal;
pub mod generate;
pub mod infer;
pub mod lockstep;
pub mod mutation;
pub mod program;
pub mod run;
mod scramble;
pub mod shrink;
pub mod trial;

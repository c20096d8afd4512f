//! Hardware described in Rust: signals, modules, checks, interpreter.
#![allow(missing_docs)]

mod bits;
pub mod ir;

pub use bits::Bits;

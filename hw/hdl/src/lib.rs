//! Hardware described in Rust: signals, modules, checks, interpreter.
#![allow(missing_docs)]

mod bits;
mod design;
mod error;
pub mod interpreter;
pub mod ir;
mod module;
pub mod suggest;

pub use bits::Bits;
pub use design::{Design, check};
pub use error::{Error, Errors};
pub use interpreter::Interpreter;
pub use module::Module;

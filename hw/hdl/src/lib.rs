//! Hardware described in Rust: signals, modules, checks, interpreter.
#![allow(missing_docs)]

mod arena;
mod bits;
mod block;
mod bundle;
mod checks;
mod combine;
mod design;
mod error;
mod finish;
mod instance;
pub mod interpreter;
pub mod ir;
mod memory;
mod module;
mod names;
mod operators;
pub mod prelude;
mod signal;
pub mod suggest;
pub mod walk;

pub use bits::Bits;
pub use block::{Switch, When, switch, when};
#[doc(hidden)]
pub use bundle::field_name;
pub use combine::{cat, lit, lit_bits, one_hot_select, select, zero};
pub use design::{Design, check};
pub use error::{Error, Errors};
pub use instance::Instance;
pub use interpreter::Interpreter;
pub use memory::{Memory, address_width};
pub use module::{M, Module, module};
pub use signal::{Operand, Signal};

/// The type of one bit.
#[allow(non_upper_case_globals)]
pub const Bit: ir::Ty = ir::Ty::U(1);

#[cfg(test)]
mod tests;

//! Hardware described in Rust.
//!
//! A module is built by a closure that declares ports, registers, memories and children and
//! writes what drives them. [`Signal`] is a small `Copy` handle; Rust's operators build
//! expressions over it; [`when`] and [`switch`] record statements as they were written. Widths and
//! signedness are part of a signal's type and never change silently.
//!
//! ```
//! use systole_hdl::prelude::*;
//!
//! /// Weight-stationary multiply-accumulate cell.
//! fn pe() -> Module {
//!     module("pe", |m| {
//!         m.doc("Weight-stationary multiply-accumulate cell.");
//!         let enable = m.input("enable", Bit);
//!         let load = m.input("load", Bit);
//!         let activation = m.input("activation", S(8));
//!         let sum_in = m.input("sum_in", S(32));
//!         let sum_out = m.output_reg("sum_out", S(32)).doc("one cycle later");
//!         let weight = m.reg("weight", S(8)).reset(0);
//!
//!         let product = (activation * weight).named("product"); // S(16)
//!         m.clocked(|| {
//!             when(load, || weight.set(activation))
//!                 .or_when(enable, || sum_out.set(sum_in + product.ext(32)));
//!         });
//!         m.cover("reload", load & weight.any());
//!     })
//! }
//!
//! // Checking gives the design, or every mistake at once, each with its Rust line.
//! let design = check(&pe()).map_err(|errors| errors.to_string()).unwrap();
//!
//! // The interpreter runs it, without any simulator.
//! let mut sim = Interpreter::new(&design);
//! sim.reset();
//! sim.set("load", 1);
//! sim.set("activation", 3);
//! sim.step();
//! sim.set("load", 0);
//! sim.set("enable", 1);
//! sim.set("activation", 5);
//! sim.set("sum_in", 100);
//! sim.step();
//! assert_eq!(sim.get_signed("sum_out"), 115);
//! ```
//!
//! # Mistakes
//!
//! Nothing panics while a module is built: mistakes are collected, and [`check`] returns them
//! together, in the order of the source:
//!
//! ```
//! use systole_hdl::prelude::*;
//!
//! let wrong = module("wrong", |m| {
//!     let a = m.input("a", U(8));
//!     let b = m.input("b", U(9));
//!     m.output("sum", a + b);
//! });
//! let errors = check(&wrong).unwrap_err().to_string();
//! assert!(errors.starts_with("error: `+` needs equal types: `a` is unsigned 8 bits ("));
//! ```
//!
//! Besides types these are: what is driven never, twice or from the wrong kind of block; latches
//! and combinational loops, also through instances; ports left open; what is declared and never
//! used (say [`Signal::unused`] where that is meant); names that Verilog, SystemVerilog or C++
//! cannot carry; and large expressions that are used twice without a name ([`Signal::named`]).
//!
//! # Parts
//!
//! - [`prelude`]: everything a description needs; [`bundle!`] declares interfaces.
//! - [`ir`]: the design as plain data, which the checks, the interpreter and every printer walk.
//! - [`Interpreter`]: two-state, cycle by cycle.
//! - [`origin`]: where a recorded value comes from, back to the line that computed it.
//! - [`fault`] and [`mutate`]: the design with mistakes in it, to measure what finds them.
//! - [`stats`]: register bits, memory bits and multipliers of each module.

mod arena;
mod bits;
mod block;
mod bundle;
mod checks;
mod collide;
mod combine;
mod cut;
mod design;
pub mod edit;
mod error;
pub mod evert;
pub mod fault;
mod finish;
mod instance;
pub mod interpreter;
pub mod ir;
mod memory;
mod module;
pub mod mutate;
mod names;
mod operators;
pub mod origin;
pub mod prelude;
mod probe;
mod signal;
pub mod stats;
pub mod suggest;
pub mod walk;

pub use bits::Bits;
pub use block::{Switch, When, switch, when};
#[doc(hidden)]
pub use bundle::field_name;
pub use collide::scramble_collisions;
pub use combine::{cat, lit, lit_bits, one_hot_select, select, zero};
pub use design::{Design, check};
pub use error::{Error, Errors};
pub use instance::Instance;
pub use interpreter::Interpreter;
pub use memory::{Memory, address_width};
pub use module::{M, Module, module};
pub use probe::probe;
pub use signal::{Operand, Signal};

/// The type of one bit.
#[allow(non_upper_case_globals)]
pub const Bit: ir::Ty = ir::Ty::U(1);

#[cfg(test)]
mod tests;

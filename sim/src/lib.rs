//! A chip that runs: Verilator, build cache, DUT, waves.
//!
//! [`build_model`] turns Verilog into a loaded library; a [`Dut`] of it runs programs and tells
//! what the chip did as [`Event`]s.

mod build;
mod cache;
mod compiler;
mod dut;
mod error;
mod event;
mod process;
mod progress;
mod settings;
mod stalls;
mod verilator;

pub use build::{Model, Variant, build as build_model};
pub use compiler::Compiler;
pub use dut::{Dut, StopReason};
pub use error::Error;
pub use event::{BusError, Event, NpuJobEnd, NpuWrite, Port, Protocol, Retire, Violation};
pub use progress::{Progress, silent};
pub use settings::Settings;
pub use stalls::{PortStalls, Stalls};
pub use verilator::Verilator;
pub use verilator_sys::{Library, LoadError, OutOfRange, Record};

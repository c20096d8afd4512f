//! A chip that runs: Verilator, build cache, DUT, waves.
//!
//! [`build_chip`] turns a configuration into a loaded library, by way of Verilog, Verilator and the
//! C++ compiler; a [`Dut`] of it runs programs and tells what the chip did as [`Event`]s.

mod board;
mod boolector;
mod build;
mod cache;
mod chip;
mod compiler;
mod dut;
mod error;
mod event;
pub mod fpga;
mod hash;
mod netlist;
mod process;
mod progress;
mod pypi;
mod settings;
mod smtbmc;
mod stalls;
mod verilator;
mod yosys;
mod yowasp;

pub use board::{Board, build_board};
pub use boolector::Boolector;
pub use build::{Model, Variant, build as build_model};
pub use chip::{build_chip, build_design};
pub use compiler::Compiler;
pub use dut::{Dut, StopReason};
pub use error::Error;
pub use event::{BusError, Event, NpuJobEnd, NpuWrite, Port, Protocol, Retire, Violation};
pub use netlist::Netlists;
pub use progress::{Progress, silent};
pub use settings::Settings;
pub use smtbmc::{Answer, Question, ask};
pub use stalls::{PortStalls, Stalls};
pub use verilator::Verilator;
pub use verilator_sys::{Library, LoadError, OutOfRange, Pulses, Record};
pub use yosys::{Yosys, YosysVersion};

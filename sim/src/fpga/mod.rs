//! From Verilog to a bitstream: Yosys, nextpnr and the packer of a board's family, and what they
//! tell about a design.
//!
//! [`run()`] takes a [`Project`](systole_gen::board::Project) and the files of a design through the
//! tools, in a folder of its own; a [`Report`] says what came out.

mod cells;
mod error;
mod fit;
mod mapping;
mod origin;
mod report;
mod run;
mod timing;
mod tools;

pub use cells::Cells;
pub use error::{Error, Overuse};
pub use mapping::{Memory, Multipliers, Storage};
pub use origin::{Origins, Place};
pub use report::{Placed, Report, SeedRun};
pub use run::{Job, Observer, run};
pub use timing::{PathStep, Timing, Use};
pub use tools::{Placer, Program, Tools};

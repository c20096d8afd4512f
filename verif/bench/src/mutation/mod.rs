//! How strong the bench is: mutants of the chip, and which of them it notices.
//!
//! A sample of all mutants of a design ([`mod@sample`]) is built into one model, and every mutant meets
//! the same random programs in lockstep until one shows it ([`run`]). Of what survives, what changes
//! nothing is proven to ([`equivalence`]), and the rest is shown with its Verilog before and after
//! ([`mod@diff`]). How much of a program is left when a mutant's is shrunk tells [`shrunk`].

pub mod diff;
pub mod equivalence;
pub mod run;
pub mod sample;
pub mod shrunk;

pub use diff::diff;
pub use equivalence::equivalent;
pub use run::{Budget, PINNED, Pinned, Verdict, cycles, judge};
pub use sample::sample;
pub use shrunk::{Killer, Shrunk, shrink_killers};

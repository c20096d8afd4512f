//! Reading VCD.
//!
//! The reader is our own, because a wave of a chip is soon larger than memory and a broken one
//! has to be told by the byte: it passes over the file once, keeps only what was asked for, and
//! stops where the window ends.

mod body;
mod end;
pub mod escape;
mod header;
mod ports;
mod words;

pub use body::{Codes, first_time, stream};
pub use end::last_time;
pub use header::read as read_header;

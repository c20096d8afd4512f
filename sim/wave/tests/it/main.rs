//! Waves from outside: what is written is what is read, by this crate and by another one, and
//! nothing that a file holds brings it down.

mod broken;
mod diff;
mod questions;
mod round_trip;
mod support;
mod wellen;
mod wrapped;

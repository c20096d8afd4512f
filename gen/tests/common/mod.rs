//! What the tests of generated Verilog share.
#![allow(dead_code)] // Each test file uses a part of it.

pub mod examples;
pub mod random;
pub mod tools;

//! The command line from outside: what it prints, writes and returns.
//!
//! Tests that simulate RTL share one compiled model of `nano` through the cache folder; the first
//! run builds it.

mod bad_elf;
mod bad_options;
mod bench;
mod browser;
mod compile;
mod cosim;
mod cover;
mod docs;
mod formal;
mod fpga;
mod r#gen;
mod hart;
mod infer;
mod infer_page;
mod mutate;
mod netlist;
mod page;
mod programs;
mod report;
mod run;
mod support;
mod tools;
#[cfg(unix)]
mod upload;
mod wave;
mod wave_interrupt;
mod wave_show;
mod xml;

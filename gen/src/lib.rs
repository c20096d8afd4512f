//! Generated text: Verilog, file lists, the C++ shim.
//!
//! Everything here turns a checked [`Design`](systole_hdl::Design) into [`GeneratedFile`]s; only
//! [`write_files`] touches the disk. The same design always gives the same bytes.

mod files;
mod verilog;

pub use files::{GeneratedFile, WriteError, write_files};
pub use verilog::{FILE_LIST, SOURCE_MAP, verilog, verilog_with_lines};

pub mod shim;
pub mod viewer;

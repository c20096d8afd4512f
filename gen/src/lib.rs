//! Generated text: Verilog, file lists, the C++ shim.
//!
//! Everything here turns a checked [`Design`](systole_hdl::Design) into [`GeneratedFile`]s; only
//! [`write_files`] touches the disk. The same design always gives the same bytes.

mod files;
mod verilog;

use askama::Template;

pub use files::{GeneratedFile, WriteError, write_files};
pub use verilog::{FILE_LIST, SOURCE_MAP, verilog, verilog_with_lines};

pub mod board;
pub mod firmware;
pub mod netlist;
pub mod package;
pub mod shim;
pub mod viewer;

/// The text of a template, with one newline at its end.
fn rendered(template: &impl Template) -> String {
    let text = template.render().expect("writing to a string cannot fail");
    format!("{}\n", text.trim_end())
}

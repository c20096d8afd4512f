//! Verilog-2005 from a design: one module a file, the designer's names and structure kept.

mod body;
mod declarations;
mod expression;
mod layout;
mod literal;
mod module;
mod names;
mod statement;
mod text;

use askama::Template;
use systole_hdl::Design;

use crate::{GeneratedFile, rendered};
use layout::Origin;

/// Name of the list of Verilog files, children before their parents.
pub const FILE_LIST: &str = "files.f";

/// Name of the map from generated lines to lines of Rust.
pub const SOURCE_MAP: &str = "source_map.json";

/// The Verilog files of a design, children before their parents, then [`FILE_LIST`] and
/// [`SOURCE_MAP`].
///
/// Defining `CHECKS` compiles the design's properties in; with `FORMAL` too, they take the form
/// that formal tools read.
pub fn verilog(design: &Design) -> Vec<GeneratedFile> {
    print(design, |text, _| text)
}

/// As [`verilog`], with `` `line `` directives: tools then report places in the Rust source. For
/// lint, coverage and timing runs; not pleasant to read, and the source map is that of [`verilog`].
pub fn verilog_with_lines(design: &Design) -> Vec<GeneratedFile> {
    print(design, |text, origins| layout::with_lines(&text, origins))
}

fn print(design: &Design, finish: impl Fn(String, &[Origin]) -> String) -> Vec<GeneratedFile> {
    let mut files = Vec::new();
    let mut mapped = Vec::new();
    for module in design.modules() {
        let path = format!("{}.v", module.name);
        let (text, origins) = module::print(module);
        files.push(GeneratedFile { path: path.clone(), text: finish(text, &origins) });
        mapped.push(MappedFile { name: path, origins });
    }
    let names: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let map = rendered(&SourceMap { files: mapped });
    files.push(file_list(&design.top.name, &names));
    files.push(GeneratedFile { path: SOURCE_MAP.into(), text: map });
    files
}

/// The list of the Verilog files of `top`.
pub(crate) fn file_list(top: &str, files: &[String]) -> GeneratedFile {
    let list = FileList { top, name: FILE_LIST, files };
    GeneratedFile { path: FILE_LIST.into(), text: rendered(&list) }
}

#[derive(Template)]
#[template(path = "files.f", escape = "none")]
struct FileList<'a> {
    top: &'a str,
    name: &'a str,
    files: &'a [String],
}

#[derive(Template)]
#[template(path = "source_map.json", escape = "none")]
struct SourceMap {
    files: Vec<MappedFile>,
}

struct MappedFile {
    name: String,
    origins: Vec<Origin>,
}

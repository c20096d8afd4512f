//! Scripts with which Yosys makes a netlist of a module, and writes down what its cells do.

use askama::Template;
use systole_hdl::Design;

use crate::{GeneratedFile, rendered, verilog};

/// Name of the script that makes the netlist.
pub const NETLIST_SCRIPT: &str = "netlist.ys";

/// Name of the netlist, Verilog with one module.
pub const NETLIST: &str = "netlist.v";

/// Name of the script that writes [`MODELS`].
pub const MODELS_SCRIPT: &str = "models.ys";

/// Name of what [`MODELS_SCRIPT`] writes: a log of Yosys with the models of the cells in it.
pub const MODELS: &str = "models.log";

/// What a netlist is made of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Technology {
    /// Gates and flip-flops, memories too.
    Generic,
    /// Cells of an iCE40 UltraPlus, mapped as a board's script maps them.
    Ice40,
    /// The same, but mapped as one flat module, which Yosys gets wrong: to see that found.
    Ice40Flat,
}

impl Technology {
    /// All of them.
    pub const ALL: [Technology; 3] =
        [Technology::Generic, Technology::Ice40, Technology::Ice40Flat];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Technology::Generic => "generic",
            Technology::Ice40 => "ice40",
            Technology::Ice40Flat => "ice40-flat",
        }
    }

    /// Whether its cells are modules, which need [models](models_script).
    pub fn has_cells(self) -> bool {
        !matches!(self, Technology::Generic)
    }
}

/// What Yosys needs for a netlist of a design's top module: Verilog and [`NETLIST_SCRIPT`], which
/// writes [`NETLIST`]. The ports stay as they are; what is below the module becomes a part of it.
pub fn netlist_files(design: &Design, technology: Technology) -> Vec<GeneratedFile> {
    let mut files = verilog(design);
    files.retain(|file| file.path.ends_with(".v"));
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let script = NetlistScript {
        script: NETLIST_SCRIPT,
        top: &design.top.name,
        verilog: &names,
        technology,
        netlist: NETLIST,
    };
    let script = GeneratedFile { path: NETLIST_SCRIPT.into(), text: rendered(&script) };
    files.push(script);
    files
}

/// The script that asks Yosys for the models of the cells of an iCE40.
pub fn models_script() -> GeneratedFile {
    GeneratedFile { path: MODELS_SCRIPT.into(), text: rendered(&ModelsScript { models: MODELS }) }
}

/// The Verilog in the log that [`MODELS_SCRIPT`] has written; `None` if there is none.
pub fn models(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("-- Verilog code after preprocessor --\n")?;
    let (text, _) = rest.split_once("-- END OF DUMP --")?;
    // The preprocessor's own marks of files.
    let marks = ["`file_push", "`file_pop"];
    let lines = text.lines().filter(|line| !marks.iter().any(|mark| line.starts_with(mark)));
    Some(lines.flat_map(|line| [line, "\n"]).collect())
}

#[derive(Template)]
#[template(path = "netlist/module.ys", escape = "none")]
struct NetlistScript<'a> {
    script: &'a str,
    top: &'a str,
    verilog: &'a [&'a str],
    technology: Technology,
    netlist: &'a str,
}

#[derive(Template)]
#[template(path = "netlist/models.ys", escape = "none")]
struct ModelsScript<'a> {
    models: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_in_a_log() {
        let log = "Parsing\n-- Verilog code after preprocessor --\n`file_push \"/x/cells.v\"\n\
            module SB_X;\nendmodule\n`file_pop\n-- END OF DUMP --\nStoring\n";
        assert_eq!(models(log).unwrap(), "module SB_X;\nendmodule\n");
        assert_eq!(models("ERROR: no such file"), None);
    }
}

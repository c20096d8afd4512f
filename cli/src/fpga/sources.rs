//! What goes on a board: a chip, or files.

use systole_gen::board::{FPGA_MODULE, Project};
use systole_gen::{GeneratedFile, SOURCE_MAP};
use systole_hdl::Design;
use systole_hdl::suggest::did_you_mean;
use systole_sim::fpga::Origins;

use super::Args;
use crate::board;
use crate::exit::{Error, Result};

/// Name of the design in the top module of every board.
const INSTANCE: &str = "board";

/// A design and what is known of it.
pub struct Sources {
    /// What it is called: the preset, the name of the configuration file, or the module.
    pub name: String,
    /// All files, those of the board with them.
    pub files: Vec<GeneratedFile>,
    /// The module to count, if that is all: the design by itself.
    pub count: String,
    /// Where names in the netlist come from.
    pub origins: Origins,
}

impl Sources {
    /// What the command line asks for.
    pub fn of(args: &Args, project: &Project) -> Result<Sources> {
        if !args.verilog.is_empty() {
            return given(args, project);
        }
        let board = project.board();
        let chip = args.chip.chip_or(board.preset, board.settings)?;
        let (design, boot) = board::design(&chip, project)?;
        if args.synth_only {
            return counted(chip.name, design, boot, args.module.as_deref());
        }
        let (files, origins) = printed(&design, INSTANCE);
        let mut files = project.files(files, FPGA_MODULE, &[&boot.path]);
        files.push(boot);
        Ok(Sources { name: chip.name, files, count: board.name.to_owned(), origins })
    }
}

/// Files that the user gave.
fn given(args: &Args, project: &Project) -> Result<Sources> {
    let mut files: Vec<GeneratedFile> = Vec::new();
    for path in &args.verilog {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::file("read", path, &error).help("name text files"))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if files.iter().any(|file| file.path == name) {
            return Err(Error::usage(format!("--verilog: two files are called `{name}`"))
                .help("the tools run in one folder: rename one of them"));
        }
        files.push(GeneratedFile { path: name, text });
    }
    if !files.iter().any(|file| file.path.ends_with(".v")) {
        return Err(Error::usage("--verilog: none of the files ends in .v")
            .help("name the Verilog files, and data files that they read"));
    }
    let is_data = |file: &&GeneratedFile| !file.path.ends_with(".v");
    let data: Vec<String> = files.iter().filter(is_data).map(|file| file.path.clone()).collect();
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    let files = project.files(files, &args.top, &data);
    let origins = Origins::default();
    let count = args.top.clone();
    Ok(Sources { name: args.top.clone(), files, count, origins })
}

/// A module of a chip, just to count.
fn counted(
    name: String,
    design: Design,
    boot: GeneratedFile,
    module: Option<&str>,
) -> Result<Sources> {
    let module = module.unwrap_or(FPGA_MODULE);
    let modules = || design.modules().iter().map(|module| module.name.as_str());
    let Some(found) = design.modules().iter().find(|found| found.name == module) else {
        let hint = did_you_mean(module, modules());
        return Err(Error::usage(format!("--module: no module `{module}` in {name}{hint}"))
            .help("each file of `systole gen` is a module"));
    };
    let (mut files, _) = printed(&design, "");
    let (_, origins) = printed(&Design::unchecked(found.clone()), "");
    files.push(boot);
    Ok(Sources { name, files, count: module.to_owned(), origins })
}

/// The Verilog of a design that is `instance` below the top, and where it comes from.
fn printed(design: &Design, instance: &str) -> (Vec<GeneratedFile>, Origins) {
    let files = systole_gen::verilog(design);
    let map = files.iter().find(|file| file.path == SOURCE_MAP);
    let map = map.map_or("", |file| file.text.as_str());
    let origins = Origins::new(design, instance, map);
    (files, origins)
}

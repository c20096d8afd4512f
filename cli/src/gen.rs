//! `systole gen`: a chip as Verilog.

use std::path::PathBuf;

use crate::args::{ChipArgs, keys_help};
use crate::exit::{Error, Exit, Result};
use crate::output;
use crate::simulation;

/// Arguments of `systole gen`.
#[derive(clap::Args)]
#[command(after_long_help = keys_help(), after_help = "`systole gen --help` lists the keys.")]
pub struct Args {
    #[command(flatten)]
    chip: ChipArgs,
    /// Output folder [default: build/NAME].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// With the retire port of riscv-formal.
    #[arg(long)]
    rvfi: bool,
}

/// Writes the Verilog, the file list and the source map.
pub fn command(args: &Args) -> Result {
    let chip = args.chip.chip()?;
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from("build").join(&chip.name));
    let design = simulation::design(&chip, args.rvfi)?;
    let files = systole_gen::verilog(&design);
    systole_gen::write_files(&folder, &files).map_err(|error| {
        Error::usage(error).help("name a folder that can be written with -o DIR")
    })?;
    let modules = files.iter().filter(|file| file.path.ends_with(".v")).count() as u64;
    say!("wrote {} of {} to {}", output::count(modules, "module"), chip.name, folder.display());
    say!("  {:<16} the files, for a tool's command line", systole_gen::FILE_LIST);
    say!("  {:<16} the Rust line of every module and signal", systole_gen::SOURCE_MAP);
    say!("  top module: {}", design.top.name);
    Ok(Exit::Good)
}

//! `systole gen`: a chip as Verilog.

use std::path::PathBuf;

use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_chip::soc::{systole_axi, systole_wishbone};
use systole_gen::GeneratedFile;
use systole_gen::board::{FPGA_MODULE, Project, SYNTHESIS_SCRIPT, VIVADO_SCRIPT};
use systole_gen::package::{self, Package, TESTBENCH};
use systole_hdl::Design;

use crate::args::{Chip, ChipArgs, keys_help};
use crate::board::{self, BoardArgs};
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
    #[arg(long, conflicts_with = "board")]
    rvfi: bool,
    /// Buses of the chip.
    #[arg(long, value_enum, default_value_t = Bus::Native, conflicts_with_all = ["board", "rvfi"])]
    bus: Bus,
    #[command(flatten)]
    board: BoardArgs,
}

/// The buses of the top module.
#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Bus {
    /// The chip's own, module `systole_soc`.
    Native,
    /// AXI4 and AXI4-Lite, module `systole_axi`.
    Axi,
    /// Wishbone B4, module `systole_wishbone`.
    Wishbone,
}

impl Bus {
    /// The top module with these buses.
    fn top(self, chip: &Chip, rvfi: bool) -> Result<Design> {
        match self {
            Bus::Native => simulation::design(chip, rvfi),
            Bus::Axi => simulation::checked(&systole_axi(&chip.config)),
            Bus::Wishbone => simulation::checked(&systole_wishbone(&chip.config)),
        }
    }

    /// What others' tools take beside the Verilog.
    fn package(self, chip: &Chip, design: &Design) -> Vec<GeneratedFile> {
        let bus = match self {
            Bus::Native => package::Bus::Native,
            Bus::Axi => package::Bus::Axi,
            Bus::Wishbone => package::Bus::Wishbone,
        };
        let isa = chip.config.core.isa();
        Package { design, bus, isa: &isa }.files()
    }

    /// What is added to the name of the folder.
    fn suffix(self) -> &'static str {
        match self {
            Bus::Native => "",
            Bus::Axi => "-axi",
            Bus::Wishbone => "-wishbone",
        }
    }
}

/// Writes the Verilog, the file list and the source map; for a board its project, too.
pub fn command(args: &Args) -> Result {
    if let Some(project) = args.board.project()? {
        return board(args, &project);
    }
    let chip = args.chip.chip()?;
    let design = args.bus.top(&chip, args.rvfi)?;
    let mut files = systole_gen::verilog(&design);
    if !args.rvfi {
        files.extend(args.bus.package(&chip, &design));
    }
    write(args, &format!("{}{}", chip.name, args.bus.suffix()), &chip.name, &files)?;
    if !args.rvfi {
        say!("  {:<16} for FuseSoC", format!("{}.core", design.top.name));
        say!("  {TESTBENCH:<16} runs a program in any Verilog simulator");
    }
    if args.bus == Bus::Wishbone {
        say!("  {:<16} a CPU for LiteX", "systole/");
    }
    say!("  top module: {}", design.top.name);
    Ok(Exit::Good)
}

/// Writes all that a board's tools take.
fn board(args: &Args, project: &Project) -> Result {
    let board = project.board();
    let chip = args.chip.chip_or(board.preset, board.settings)?;
    let (design, boot) = board::design(&chip, project)?;
    let mut files = project.files(systole_gen::verilog(&design), FPGA_MODULE, &[&boot.path]);
    files.push(boot);
    write(args, board.name, &format!("{} for {}", chip.name, board.title), &files)?;
    say!("  {:<16} the board's pins and clock", project.constraints().path);
    say!("  {:<16} synthesis with Yosys", SYNTHESIS_SCRIPT);
    say!("  {:<16} for FuseSoC", format!("{}.core", board.name));
    say!("  {BOOT_FILE:<16} contents of the boot ROM");
    if files.iter().any(|file| file.path == VIVADO_SCRIPT) {
        say!("  {VIVADO_SCRIPT:<16} a project for Vivado, and its bitstream");
    }
    say!("  top module: {}", board.name);
    Ok(Exit::Good)
}

/// Writes the files and says what they are.
fn write(args: &Args, folder: &str, what: &str, files: &[GeneratedFile]) -> Result<()> {
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from("build").join(folder));
    systole_gen::write_files(&folder, files).map_err(|error| {
        Error::usage(error).help("name a folder that can be written with -o DIR")
    })?;
    let is_module = |file: &&GeneratedFile| file.path.ends_with(".v") && file.path != TESTBENCH;
    let modules = files.iter().filter(is_module).count() as u64;
    say!("wrote {} of {what} to {}", output::count(modules, "module"), folder.display());
    say!("  {:<16} the files, for a tool's command line", systole_gen::FILE_LIST);
    say!("  {:<16} the Rust line of every module and signal", systole_gen::SOURCE_MAP);
    Ok(())
}

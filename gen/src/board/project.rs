//! A design on a board: all files that its tools take, and the commands that make a bitstream.

use std::fmt;

use askama::Template;

use super::pll::Pll;
use super::top::megahertz;
use super::{Board, Family, constraints, top};
use crate::package::board_core;
use crate::verilog::{FILE_LIST, file_list};
use crate::{GeneratedFile, rendered};

/// The module of a chip with what a board has: ports `clk`, `rst` (synchronous, high), `uart_rx`,
/// `uart_tx`, `leds` (1 is lit), `buttons` (1 is pressed).
pub const FPGA_MODULE: &str = "systole_board";

/// Name of the script for Yosys.
pub const SYNTHESIS_SCRIPT: &str = "synthesise.ys";

/// Name of the script for Vivado.
pub const VIVADO_SCRIPT: &str = "vivado.tcl";

/// Names of files that tools write, for a board or for a seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    /// Cells as Yosys counts them, in JSON.
    pub statistics: String,
    /// The netlist that Yosys writes for nextpnr.
    pub netlist: String,
    /// Names of the multipliers in the netlist, a line each behind the top's name and `/`.
    pub multipliers: String,
}

/// A design on a board.
#[derive(Clone, Debug)]
pub struct Project {
    board: &'static Board,
    pll: Option<Pll>,
    chip_hz: u64,
}

/// The PLL cannot make a frequency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProjectError {
    board: &'static str,
    oscillator_hz: u64,
    chip_hz: u64,
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (chip, oscillator) = (megahertz(self.chip_hz), megahertz(self.oscillator_hz));
        write!(f, "the PLL of {} cannot make {chip} MHz of its {oscillator} MHz", self.board)
    }
}

impl std::error::Error for ProjectError {}

impl Project {
    /// A project for a chip with a clock of `chip_hz`, or with the board's own.
    ///
    /// # Errors
    /// When the board's PLL cannot make that frequency, within 1 %.
    pub fn new(board: &'static Board, chip_hz: Option<u64>) -> Result<Self, ProjectError> {
        let wanted = chip_hz.unwrap_or(board.chip_hz);
        if wanted == board.oscillator_hz {
            return Ok(Self { board, pll: None, chip_hz: wanted });
        }
        let (pll, hz) =
            Pll::of(&board.device.family, board.oscillator_hz, wanted).ok_or(ProjectError {
                board: board.name,
                oscillator_hz: board.oscillator_hz,
                chip_hz: wanted,
            })?;
        Ok(Self { board, pll: Some(pll), chip_hz: hz.round() as u64 })
    }

    /// The board.
    pub fn board(&self) -> &'static Board {
        self.board
    }

    /// Frequency of the chip's clock in Hz, as the PLL makes it.
    pub fn chip_hz(&self) -> u64 {
        self.chip_hz
    }

    /// The board's constraints.
    pub fn constraints(&self) -> GeneratedFile {
        constraints::print(self.board)
    }

    /// The files of a design, whose top is `module`, with all that the board adds: its top module,
    /// the constraints, scripts, a core file for FuseSoC, and a file list that has the top module,
    /// too. `data` are files that the Verilog reads.
    pub fn files(
        &self,
        mut design: Vec<GeneratedFile>,
        module: &str,
        data: &[&str],
    ) -> Vec<GeneratedFile> {
        design.retain(|file| file.path != FILE_LIST);
        let top = top::print(self.board, module, self.pll, self.chip_hz);
        // Behind the last Verilog file, since parents follow children.
        let last = design.iter().rposition(|file| file.path.ends_with(".v"));
        design.insert(last.map_or(0, |last| last + 1), top);
        let names: Vec<String> = verilog(&design).map(str::to_owned).collect();
        design.push(file_list(self.board.name, &names));
        design.push(self.constraints());
        design.push(self.synthesis(&names, None));
        let constraints = self.constraints().path;
        design.push(board_core(self.board, &names, &constraints, data));
        if let Family::Xilinx7 { part } = self.board.device.family {
            let board = self.board;
            let script = Vivado { board, part, files: &names, constraints: &constraints };
            design.push(GeneratedFile { path: VIVADO_SCRIPT.into(), text: rendered(&script) });
        }
        design
    }

    /// The script for Yosys: of the board's top module, or of another `module` just to count.
    pub fn synthesis(&self, verilog: &[String], module: Option<&str>) -> GeneratedFile {
        let family = self.board.device.family;
        let files = self.files_of_tools();
        let script = Synthesis {
            family,
            top: module.unwrap_or(self.board.name),
            verilog,
            statistics: &files.statistics,
            netlist: &files.netlist,
            multiplier_cells: family.multiplier_cells(),
            multipliers: &files.multipliers,
            with_netlist: module.is_none() && !matches!(family, Family::Xilinx7 { .. }),
        };
        GeneratedFile { path: SYNTHESIS_SCRIPT.into(), text: rendered(&script) }
    }

    /// Files that Yosys writes.
    pub fn files_of_tools(&self) -> Files {
        Files {
            statistics: format!("{}.cells.json", self.board.name),
            netlist: format!("{}.netlist.json", self.board.name),
            multipliers: format!("{}.multipliers.txt", self.board.name),
        }
    }

    /// Name of nextpnr for the board's family, and its arguments for a seed; what it writes begins
    /// with `stem`. `None` where nextpnr does not know the family.
    pub fn place_and_route(&self, seed: u32, stem: &str) -> Option<(&'static str, Vec<String>)> {
        let constraints = self.constraints().path;
        let (program, own): (_, Vec<String>) = match self.board.device.family {
            Family::Ice40 { device, package } => {
                let own = ["--package", package, "--pcf", &constraints, "--asc"];
                let own = own.map(str::to_owned).into_iter();
                ("nextpnr-ice40", std::iter::once(format!("--{device}")).chain(own).collect())
            }
            Family::Ecp5 { device, package, speed } => {
                let speed = speed.to_string();
                let own = ["--package", package, "--speed", &speed, "--lpf", &constraints];
                let own = own.map(str::to_owned).into_iter();
                let own = std::iter::once(format!("--{device}")).chain(own);
                ("nextpnr-ecp5", own.chain(["--textcfg".to_owned()]).collect())
            }
            Family::Gowin { part, family, .. } => {
                let (family, file) = (format!("family={family}"), format!("cst={constraints}"));
                let own = ["--device", part, "--vopt", &family, "--vopt", &file, "--write"];
                ("nextpnr-himbaechel", own.map(str::to_owned).to_vec())
            }
            Family::Xilinx7 { .. } => return None,
        };
        let mut arguments = own;
        arguments.push(format!("{stem}.routed"));
        let common = [
            "--json",
            &self.files_of_tools().netlist,
            "--report",
            &format!("{stem}.report.json"),
            "--freq",
            &megahertz(self.chip_hz),
            "--seed",
            &seed.to_string(),
            "--timing-allow-fail",
        ];
        arguments.extend(common.map(str::to_owned));
        Some((program, arguments))
    }

    /// Name of the family's packer, its arguments for what nextpnr wrote as `stem`, and the
    /// bitstream.
    pub fn pack(&self, stem: &str) -> Option<(&'static str, Vec<String>, String)> {
        let routed = format!("{stem}.routed");
        let bitstream = |ending: &str| format!("{}.{ending}", self.board.name);
        let (program, arguments, bitstream) = match self.board.device.family {
            Family::Ice40 { .. } => {
                let bitstream = bitstream("bin");
                ("icepack", vec![routed, bitstream.clone()], bitstream)
            }
            Family::Ecp5 { .. } => {
                let bitstream = bitstream("bit");
                ("ecppack", vec!["--compress".into(), routed, bitstream.clone()], bitstream)
            }
            Family::Gowin { family, .. } => {
                let bitstream = bitstream("fs");
                let options = ["-d", family, "-o", &bitstream, &routed].map(str::to_owned);
                ("gowin_pack", options.to_vec(), bitstream)
            }
            Family::Xilinx7 { .. } => return None,
        };
        Some((program, arguments, bitstream))
    }
}

/// Names of the Verilog files.
fn verilog(files: &[GeneratedFile]) -> impl Iterator<Item = &str> {
    files.iter().map(|file| file.path.as_str()).filter(|path| path.ends_with(".v"))
}

#[derive(Template)]
#[template(path = "board/synthesise.ys", escape = "none")]
struct Synthesis<'a> {
    family: Family,
    top: &'a str,
    verilog: &'a [String],
    statistics: &'a str,
    netlist: &'a str,
    multiplier_cells: &'a str,
    multipliers: &'a str,
    with_netlist: bool,
}

#[derive(Template)]
#[template(path = "board/vivado.tcl", escape = "none")]
struct Vivado<'a> {
    board: &'a Board,
    part: &'a str,
    files: &'a [String],
    constraints: &'a str,
}

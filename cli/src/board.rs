//! Which board, and what of a chip goes on it.

use systole_chip::board::Peripherals;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_gen::GeneratedFile;
use systole_gen::board::{Board, Project};
use systole_hdl::Design;
use systole_monitor::boot_hex;

use crate::args::{Chip, megahertz};
use crate::exit::{Error, Result};

/// Bits a second on the serial port.
pub const BAUD: u32 = 115_200;

/// Which board.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct BoardArgs {
    /// FPGA board; `systole fpga --list` prints them.
    #[arg(long, value_name = "BOARD")]
    board: Option<String>,
    /// Frequency of the chip's clock in MHz [default: the board's].
    #[arg(long, value_name = "MHZ", requires = "board", value_parser = megahertz)]
    clock: Option<u64>,
}

impl BoardArgs {
    /// The project of the board that was asked for, if one was.
    pub fn project(&self) -> Result<Option<Project>> {
        let Some(name) = &self.board else { return Ok(None) };
        let board = Board::find(name).map_err(|error| {
            Error::usage(format!("--board: {error}"))
                .help("`systole fpga --list` says what each of them is")
        })?;
        let project = Project::new(board, self.clock);
        project.map(Some).map_err(|error| {
            Error::usage(format!("--clock: {error}")).help("ask for another frequency")
        })
    }
}

/// The chip with what a board has around it, and the data files that its Verilog reads.
pub fn design(chip: &Chip, project: &Project) -> Result<(Design, GeneratedFile)> {
    let board = project.board();
    let clock_hz = u32::try_from(project.chip_hz()).unwrap_or(u32::MAX);
    let peripherals = Peripherals {
        clock_hz,
        baud: BAUD,
        leds: board.leds.len() as u32,
        buttons: board.buttons.len() as u32,
    };
    let module = systole_chip::board::board(&chip.config, &peripherals);
    let design = systole_hdl::check(&module).map_err(|errors| {
        Error::usage(format!("the chip cannot be built for {}:\n{errors}", board.name))
            .help("another --clock makes other rates of the serial port")
    })?;
    let text = boot_hex(&systole_monitor::Chip {
        name: chip.name.clone(),
        clock_hz,
        ram_bytes: chip.config.memory.ram_bytes,
        fetch_bits: chip.config.core.fetch_bits(),
        dim: chip.config.npu.dim,
        scratchpad_rows: chip.config.npu.scratchpad_rows,
    });
    Ok((design, GeneratedFile { path: BOOT_FILE.to_owned(), text }))
}

//! Which board, and what of a chip goes on it.

use systole_gen::board::{Board, Project};
use systole_hdl::Design;

use crate::args::{Chip, megahertz};
use crate::exit::{Error, Result};

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

/// The chip with what a board has around it.
pub fn design(_chip: &Chip, project: &Project) -> Result<Design> {
    let board = project.board().name;
    Err(Error::usage(format!("the chip has no serial port and memory of its own yet for {board}"))
        .help(format!(
            "put a design of yours on it: systole fpga --board {board} --verilog FILE...; or count \
             what the chip takes: systole fpga --board {board} --synth-only"
        )))
}

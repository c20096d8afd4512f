//! Which board, and what of a chip goes on it.

use systole_chip::board::Peripherals;
use systole_chip::board::map::BOOT_ADDRESS_BITS;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_gen::GeneratedFile;
use systole_gen::board::{Board, Project};
use systole_hdl::Design;
use systole_isa::{Instruction, Register};

use crate::args::{Chip, megahertz};
use crate::exit::{Error, Result};

/// Bits a second on the serial port.
const BAUD: u32 = 115_200;

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
    let text = boot_rom(chip.config.core.fetch_bits());
    Ok((design, GeneratedFile { path: BOOT_FILE.to_owned(), text }))
}

/// Contents of the boot ROM, in words of `fetch_bits`: a jump to itself everywhere, which leaves the
/// hart to whoever loads the RAM.
fn boot_rom(fetch_bits: u32) -> String {
    let stay = Instruction::Jal { rd: Register::ZERO, offset: 0 }.encode();
    let word = format!("{stay:08x}").repeat(fetch_bits as usize / 32);
    let words = (1 << BOOT_ADDRESS_BITS) / (fetch_bits / 8);
    format!("{word}\n").repeat(words as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_rom_is_full() {
        for (bits, digits) in [(32, 8), (64, 16)] {
            let text = boot_rom(bits);
            assert!(text.lines().all(|line| line.len() == digits && line.ends_with("0000006f")));
            assert_eq!(text.lines().count(), 4096 / (bits as usize / 8));
        }
    }
}

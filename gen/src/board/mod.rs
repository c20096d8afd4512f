//! FPGA boards as data, and what is generated from one: top module, constraints, tool scripts.
//!
//! A [`Board`] says where things are on the desk: device, clock, UART, LEDs, buttons. A [`Project`]
//! puts a design around whose ports they fit on it.

mod boards;
mod constraints;
pub mod pll;
mod project;
mod top;

use std::fmt;

use systole_hdl::suggest::did_you_mean;

pub use project::{FPGA_MODULE, Files, Project, ProjectError, SYNTHESIS_SCRIPT, VIVADO_SCRIPT};

/// A board, and what goes on it unless something else is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Board {
    /// Name for the command line; also of its top module and of its files.
    pub name: &'static str,
    /// What its maker calls it.
    pub title: &'static str,
    /// The FPGA.
    pub device: Device,
    /// Where the oscillator comes in.
    pub oscillator: Pin,
    /// Frequency of the oscillator in Hz.
    pub oscillator_hz: u64,
    /// Frequency of the chip's clock in Hz, unless another is asked for. Where it differs from the
    /// oscillator's, a PLL makes it.
    pub chip_hz: u64,
    /// UART, from the host to the FPGA.
    pub uart_rx: Pin,
    /// UART, from the FPGA to the host.
    pub uart_tx: Pin,
    /// LEDs, from bit 0 on.
    pub leds: &'static [Pin],
    /// Buttons, from bit 0 on.
    pub buttons: &'static [Pin],
    /// Outputs that must not float: name, pin, value.
    pub tied: &'static [(&'static str, Pin, bool)],
    /// Preset of the chip.
    pub preset: &'static str,
    /// Changes of that preset, as `--set` takes them.
    pub settings: &'static [&'static str],
}

/// An FPGA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Device {
    /// The maker's name.
    pub name: &'static str,
    /// Which tools it takes, with their names for the part.
    pub family: Family,
    /// What is in it.
    pub capacity: Capacity,
}

/// A family of FPGAs, with what its tools call the part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// Lattice iCE40: `nextpnr-ice40`, `icepack`.
    Ice40 {
        /// Option of nextpnr, without its dashes.
        device: &'static str,
        /// Package.
        package: &'static str,
    },
    /// Lattice ECP5: `nextpnr-ecp5`, `ecppack`.
    Ecp5 {
        /// Option of nextpnr, without its dashes.
        device: &'static str,
        /// Package.
        package: &'static str,
        /// Speed grade: 6, 7 or 8.
        speed: u32,
    },
    /// Gowin: `nextpnr-himbaechel`, `gowin_pack`.
    Gowin {
        /// Full name of the part, with package and grade.
        part: &'static str,
        /// Family, as nextpnr and `gowin_pack` call it.
        family: &'static str,
        /// Family, as Yosys calls it.
        yosys: &'static str,
    },
    /// Xilinx 7 series: Vivado; Yosys for the numbers.
    Xilinx7 {
        /// Full name of the part, with package and grade.
        part: &'static str,
    },
}

/// What is in a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Look-up tables: of 4 inputs, of a Xilinx device of 6.
    pub lut: u32,
    /// Flip-flops.
    pub ff: u32,
    /// Blocks of RAM: 4 kbit in iCE40, 18 kbit elsewhere.
    pub bram: u32,
    /// Multipliers: 16 x 16 in iCE40, 18 x 18 in ECP5, 9 x 9 in Gowin, DSP48E1 in Xilinx.
    pub dsp: u32,
}

/// A pin of the FPGA and how it is wired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Name or number of the ball or pin.
    pub site: &'static str,
    /// Standard of its voltage, as its tools call it; iCE40 has none.
    pub standard: &'static str,
    /// Resistor inside the FPGA.
    pub pull: Pull,
    /// Level at which an LED is lit or a button is pressed.
    pub active: Level,
}

/// A resistor inside the FPGA.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pull {
    /// None.
    None,
    /// To the supply.
    Up,
    /// To ground.
    Down,
}

/// A logic level.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Level {
    /// 0.
    Low,
    /// 1.
    High,
}

impl Pin {
    /// A pin of 3.3 V without a resistor, active high.
    pub const fn new(site: &'static str) -> Self {
        Self { site, standard: "LVCMOS33", pull: Pull::None, active: Level::High }
    }

    /// Active low.
    pub const fn low(self) -> Self {
        Self { active: Level::Low, ..self }
    }

    /// With a resistor.
    pub const fn pull(self, pull: Pull) -> Self {
        Self { pull, ..self }
    }

    /// Of another standard.
    pub const fn standard(self, standard: &'static str) -> Self {
        Self { standard, ..self }
    }
}

/// There is no board of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownBoard(String);

impl fmt::Display for UnknownBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Board::all().iter().map(|board| board.name).collect();
        let hint = did_you_mean(&self.0, names.iter().copied());
        write!(f, "no board `{}`{hint} (boards: {})", self.0, names.join(", "))
    }
}

impl std::error::Error for UnknownBoard {}

impl Board {
    /// Every board, the smallest device first.
    pub fn all() -> &'static [Board] {
        &boards::ALL
    }

    /// The board of a name.
    ///
    /// # Errors
    /// When there is none; the message has those near and lists all.
    pub fn find(name: &str) -> Result<&'static Board, UnknownBoard> {
        let found = Self::all().iter().find(|board| board.name == name);
        found.ok_or_else(|| UnknownBoard(name.to_owned()))
    }
}

impl Family {
    /// Ending of its constraints files, without the point.
    pub fn constraints(&self) -> &'static str {
        match self {
            Family::Ice40 { .. } => "pcf",
            Family::Ecp5 { .. } => "lpf",
            Family::Gowin { .. } => "cst",
            Family::Xilinx7 { .. } => "xdc",
        }
    }

    /// Pattern of the types of its multipliers, as Yosys calls them.
    pub fn multiplier_cells(&self) -> &'static str {
        match self {
            Family::Ice40 { .. } => "SB_MAC16",
            Family::Ecp5 { .. } => "MULT18X18D",
            Family::Gowin { .. } => "MULT*",
            Family::Xilinx7 { .. } => "DSP48E1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_unknown_board_is_refused_with_a_suggestion() {
        let message = Board::find("ulx3").unwrap_err().to_string();
        assert!(
            message.starts_with("no board `ulx3`: did you mean `ulx3s`? (boards: "),
            "{message}"
        );
        assert!(message.contains("icebreaker, "), "{message}");
    }

    #[test]
    fn no_pin_has_two_purposes() {
        for board in Board::all() {
            let single = [board.oscillator, board.uart_rx, board.uart_tx];
            let tied = board.tied.iter().map(|(_, pin, _)| *pin);
            let all = single.into_iter().chain(board.leds.iter().copied());
            let sites: Vec<&str> =
                all.chain(board.buttons.iter().copied()).chain(tied).map(|pin| pin.site).collect();
            let distinct: BTreeSet<&str> = sites.iter().copied().collect();
            assert_eq!(sites.len(), distinct.len(), "{}: {sites:?}", board.name);
            assert!(!board.leds.is_empty() && !board.buttons.is_empty(), "{}", board.name);
        }
    }
}

//! Constraints of a board in its tools' own format.

use askama::Template;

use super::top::megahertz;
use super::{Board, Family, Level, Pin, Pull};
use crate::{GeneratedFile, rendered};

/// The constraints file of a board.
pub(super) fn print(board: &Board) -> GeneratedFile {
    let (ports, mhz) = (ports(board), megahertz(board.oscillator_hz));
    let text = match board.device.family {
        Family::Ice40 { .. } => rendered(&Pcf { board, ports, mhz }),
        Family::Ecp5 { .. } => rendered(&Lpf { board, ports, mhz }),
        Family::Gowin { .. } => rendered(&Cst { board, ports }),
        Family::Xilinx7 { .. } => {
            let period = format!("{:.3}", 1e9 / board.oscillator_hz as f64);
            rendered(&Xdc { board, ports, period })
        }
    };
    let path = format!("{}.{}", board.name, board.device.family.constraints());
    GeneratedFile { path, text }
}

/// A port of the top module and its pin.
struct Port {
    name: String,
    pin: Pin,
}

/// All ports of the top module.
fn ports(board: &Board) -> Vec<Port> {
    let port = |name: String, pin: Pin| Port { name, pin };
    let many = |name: &'static str, pins: &'static [Pin]| {
        // A single one is no vector: tools do not agree on what they call its only bit.
        let bit =
            move |i: usize| if pins.len() == 1 { name.to_owned() } else { format!("{name}[{i}]") };
        pins.iter().enumerate().map(move |(i, &pin)| port(bit(i), pin))
    };
    let single =
        [("clock", board.oscillator), ("uart_rx", board.uart_rx), ("uart_tx", board.uart_tx)];
    let tied = board.tied.iter().map(|(name, pin, _)| port((*name).to_owned(), *pin));
    let single = single.into_iter().map(|(name, pin)| port(name.to_owned(), pin));
    single.chain(many("led", board.leds)).chain(many("button", board.buttons)).chain(tied).collect()
}

#[derive(Template)]
#[template(path = "board/constraints.pcf", escape = "none")]
struct Pcf<'a> {
    board: &'a Board,
    ports: Vec<Port>,
    mhz: String,
}

#[derive(Template)]
#[template(path = "board/constraints.lpf", escape = "none")]
struct Lpf<'a> {
    board: &'a Board,
    ports: Vec<Port>,
    mhz: String,
}

#[derive(Template)]
#[template(path = "board/constraints.cst", escape = "none")]
struct Cst<'a> {
    board: &'a Board,
    ports: Vec<Port>,
}

#[derive(Template)]
#[template(path = "board/constraints.xdc", escape = "none")]
struct Xdc<'a> {
    board: &'a Board,
    ports: Vec<Port>,
    period: String,
}

impl Port {
    /// What a reader wants to know of it, as a word.
    fn active(&self) -> &'static str {
        match self.pin.active {
            Level::Low => "active low",
            Level::High => "active high",
        }
    }

    /// Whether its level has a meaning: LEDs and buttons.
    fn has_level(&self) -> bool {
        self.name.starts_with("led") || self.name.starts_with("button")
    }
}

impl Pull {
    /// As Lattice and Gowin write it.
    fn word(self) -> &'static str {
        match self {
            Pull::None => "NONE",
            Pull::Up => "UP",
            Pull::Down => "DOWN",
        }
    }
}

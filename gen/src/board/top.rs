//! The top module of a board: clock, reset and active levels around a design.

use askama::Template;

use super::pll::Pll;
use super::{Board, Level, Pin};
use crate::{GeneratedFile, rendered};

/// Prints the top module around `module`, whose clock runs at `chip_hz`.
pub(super) fn print(board: &Board, module: &str, pll: Option<Pll>, chip_hz: u64) -> GeneratedFile {
    let tied = board.tied.iter().map(|(name, _, value)| (*name, u8::from(*value))).collect();
    let file = Top {
        board,
        module,
        pll,
        oscillator: megahertz(board.oscillator_hz),
        chip: megahertz(chip_hz),
        led_range: range(board.leds),
        led_levels: inverted(board.leds),
        button_range: range(board.buttons),
        button_levels: inverted(board.buttons),
        tied,
    };
    GeneratedFile { path: format!("{}.v", board.name), text: rendered(&file) }
}

#[derive(Template)]
#[template(path = "board/top.v", escape = "none")]
struct Top<'a> {
    board: &'a Board,
    module: &'a str,
    pll: Option<Pll>,
    oscillator: String,
    chip: String,
    led_range: String,
    led_levels: String,
    button_range: String,
    button_levels: String,
    tied: Vec<(&'static str, u8)>,
}

/// The range of a port with these pins, and a space; nothing for a single one.
fn range(pins: &[Pin]) -> String {
    if pins.len() == 1 { String::new() } else { format!("[{}:0] ", pins.len() - 1) }
}

/// A literal with a 1 for each pin that is active low.
fn inverted(pins: &[Pin]) -> String {
    let bits: String =
        pins.iter().rev().map(|pin| if pin.active == Level::Low { '1' } else { '0' }).collect();
    format!("{}'b{bits}", pins.len())
}

/// A frequency in MHz, without zeros behind the point that say nothing.
pub(super) fn megahertz(hz: u64) -> String {
    let text = format!("{:.6}", hz as f64 / 1e6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_short() {
        assert_eq!([12_000_000, 100_000_000, 12_288_000].map(megahertz), ["12", "100", "12.288"]);
    }

    #[test]
    fn levels_stand_in_the_order_of_verilog() {
        assert_eq!(inverted(&[Pin::new("a").low(), Pin::new("b"), Pin::new("c")]), "3'b001");
    }
}

//! A board under Verilator, and the line to its pins.

use std::io;
use std::time::Duration;

use systole_chip::board::Peripherals;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_monitor::{Line, Monitor, boot_hex};
use systole_sim::{Board, Settings, build_board, silent};

use super::{chip, config, design};

/// A bit lasts 16 cycles, slow enough for the monitor; and so do the seconds that it and the host wait
/// for each other not last long.
pub const PERIPHERALS: Peripherals =
    Peripherals { clock_hz: 100_000, baud: 6_250, leds: 8, buttons: 3 };
const DIVISOR: u32 = PERIPHERALS.clock_hz / PERIPHERALS.baud;

/// The pins of a board. Time is the board's.
pub struct Pins {
    /// The board.
    pub board: Board,
    /// Changes what is sent, byte number and byte; `None` loses it.
    pub disturb: Box<dyn FnMut(usize, u8) -> Option<u8>>,
    sent: usize,
}

impl Line for Pins {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            if let Some(byte) = (self.disturb)(self.sent, *byte) {
                self.board.send(&[byte]);
            }
            self.sent += 1;
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let cycles = patience.as_micros() as u64 * u64::from(PERIPHERALS.clock_hz) / 1_000_000;
        let byte = self.board.run(cycles)?;
        Ok(byte.into_iter().zip(buffer).map(|(byte, to)| *to = byte).count())
    }
}

/// Powers a board up.
pub fn pins(preset: &str) -> Pins {
    let settings = Settings::from_env().expect("a home folder");
    let config = config(preset, &[]);
    let program = build_board(&settings, &design(&config, &PERIPHERALS), &silent)
        .unwrap_or_else(|error| panic!("{error}"));
    let boot = boot_hex(&chip(preset, &config, &PERIPHERALS));
    let board = Board::start(&program, BOOT_FILE, &boot, DIVISOR).unwrap();
    Pins { board, disturb: Box::new(|_, byte| Some(byte)), sent: 0 }
}

/// Powers a board up, and speaks to its monitor.
pub fn monitor(preset: &str) -> Monitor<Pins> {
    Monitor::new(pins(preset), PERIPHERALS.baud)
}

impl Pins {
    /// What the board sends until it has ended a line, or been silent for a tenth of a second.
    pub fn hear_line(&mut self) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(b"\n") {
            let Some(byte) = self.board.run(u64::from(PERIPHERALS.clock_hz / 10)).unwrap() else {
                break;
            };
            heard.push(byte);
        }
        String::from_utf8(heard).unwrap()
    }
}

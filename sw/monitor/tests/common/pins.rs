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
    /// What becomes of the bytes to the board.
    pub sending: Noise,
    /// What becomes of those from it.
    pub hearing: Noise,
}

/// Damages a byte.
#[derive(Clone, Copy, Default)]
pub struct Noise {
    /// Bytes before it; nothing is damaged without.
    pub after: Option<usize>,
    /// It is lost, not changed.
    pub loses: bool,
}

impl Noise {
    /// A byte on its way.
    fn carry(&mut self, byte: u8) -> Option<u8> {
        let Some(left) = self.after else { return Some(byte) };
        self.after = left.checked_sub(1);
        match (left, self.loses) {
            (0, true) => None,
            (0, false) => Some(byte ^ 0x10),
            _ => Some(byte),
        }
    }
}

impl Line for Pins {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let carried: Vec<u8> = bytes.iter().filter_map(|byte| self.sending.carry(*byte)).collect();
        self.board.send(&carried);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], patience: Duration) -> io::Result<usize> {
        let cycles = patience.as_micros() as u64 * u64::from(PERIPHERALS.clock_hz) / 1_000_000;
        while let Some(byte) = self.board.run(cycles)? {
            if let Some(byte) = self.hearing.carry(byte) {
                buffer[0] = byte;
                return Ok(1);
            }
        }
        Ok(0)
    }
}

/// Powers a board up.
pub fn pins(preset: &str) -> Pins {
    pins_of(preset, &[])
}

/// Powers a board up, with further settings of its chip.
pub fn pins_of(preset: &str, of_chip: &[&str]) -> Pins {
    let settings = Settings::from_env().expect("a home folder");
    let config = config(preset, of_chip);
    let program = build_board(&settings, &design(&config, &PERIPHERALS), &silent)
        .unwrap_or_else(|error| panic!("{error}"));
    let boot = boot_hex(&chip(preset, &config, &PERIPHERALS));
    let board = Board::start(&program, BOOT_FILE, &boot, DIVISOR).unwrap();
    Pins { board, sending: Noise::default(), hearing: Noise::default() }
}

/// Powers a board up, and speaks to its monitor.
pub fn monitor(preset: &str) -> Monitor<Pins> {
    Monitor::new(pins(preset), PERIPHERALS.baud)
}

impl Pins {
    /// What the board sends until it has ended a line, or been silent for two seconds.
    pub fn hear_line(&mut self) -> String {
        let mut heard = Vec::new();
        while !heard.ends_with(b"\n") {
            let Some(byte) = self.board.run(u64::from(PERIPHERALS.clock_hz * 2)).unwrap() else {
                break;
            };
            heard.push(byte);
        }
        String::from_utf8(heard).unwrap()
    }
}

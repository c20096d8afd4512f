//! Writes the Verilog of `systole_board` with a preset's chip: `board PRESET FOLDER [KEY=VALUE...]`.
//!
//! For `scripts/lint`, and to measure the board without a particular FPGA's top around it. The RAM
//! has the smallest size, and the boot ROM is full of words that synthesis cannot leave out.

use std::path::Path;
use std::process::ExitCode;

use systole_chip::ChipConfig;
use systole_chip::board::map::BOOT_ADDRESS_BITS;
use systole_chip::board::memory::boot_rom::BOOT_FILE;
use systole_chip::board::{Peripherals, board};
use systole_gen::{GeneratedFile, verilog, write_files};
use systole_hdl::check;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [preset, folder, settings @ ..] = arguments.as_slice() else {
        eprintln!("usage: board PRESET FOLDER [KEY=VALUE...]");
        return ExitCode::from(2);
    };
    match write(preset, Path::new(folder), settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn write(preset: &str, folder: &Path, settings: &[String]) -> Result<(), String> {
    let config = ChipConfig::preset(preset)
        .and_then(|config| {
            config.with_settings(settings)?.with_settings(&["memory.ram_bytes=65536"])
        })
        .map_err(|error| error.to_string())?;
    let peripherals = Peripherals { clock_hz: 25_000_000, baud: 115_200, leds: 8, buttons: 7 };
    let design = check(&board(&config, &peripherals)).map_err(|errors| errors.to_string())?;
    let mut files = verilog(&design);
    files.push(GeneratedFile { path: BOOT_FILE.to_owned(), text: boot_words(&config) });
    write_files(folder, &files).map_err(|error| error.to_string())
}

/// A boot ROM of 4 KiB of pseudo-random words.
fn boot_words(config: &ChipConfig) -> String {
    let digits = config.core.fetch_bits() as usize / 4;
    let words = (1 << (BOOT_ADDRESS_BITS + 1)) / digits as u64;
    let mixed = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - 4 * digits);
    (1..=words).map(|n| format!("{:0digits$x}\n", mixed(n))).collect()
}

//! The test of the NPU at power-up, in the interpreter of the hardware description: what a board
//! sends and shows by itself.

mod common;
#[allow(dead_code, reason = "nothing is sent here")]
#[path = "../../../hw/chip/src/board/tests/terminal.rs"]
mod terminal;

use common::{chip, config, design};
use systole_chip::ChipConfig;
use systole_chip::board::Peripherals;
use systole_hdl::fault::FAULT_SELECT;
use systole_hdl::mutate::{mutants, selectable};
use systole_hdl::{Bits, Design, Interpreter};
use systole_monitor::{Chip, boot_words};
use terminal::Terminal;

/// A bit lasts 4 cycles, the shortest there is.
const DIVISOR: u32 = 4;
const PERIPHERALS: Peripherals =
    Peripherals { clock_hz: 12_000_000, baud: 3_000_000, leds: 3, buttons: 1 };

/// Cycles after which a banner must have come.
const CYCLES: u64 = 60_000;

/// Runs a board until its banner has ended: the banner, and what the LEDs show a little later.
fn power_up(design: &Design, config: &ChipConfig, chip: &Chip, fault: u64) -> (String, u64) {
    let mut sim = Interpreter::new(design);
    if fault != 0 {
        sim.set(FAULT_SELECT, fault);
    }
    let words = boot_words(chip);
    let fetch_bits = config.core.fetch_bits();
    for (index, words) in words.chunks(fetch_bits as usize / 32).enumerate() {
        let word = words.iter().rev().fold(0, |all, word| all << 32 | u64::from(*word));
        let bits = Bits::new(fetch_bits, word);
        sim.poke_memory("memory.hart_port.boot.words", index as u64, bits);
    }
    sim.set("uart_rx", 1);
    sim.reset();
    let mut terminal = Terminal::new(DIVISOR);
    while !terminal.heard[terminal.heard.len().min(2)..].ends_with(b"\r\n") {
        terminal.cycle(sim.get("uart_tx"));
        sim.step();
        if sim.cycle() > CYCLES {
            let heard = String::from_utf8_lossy(&terminal.heard).into_owned();
            return (heard, sim.get("leds"));
        }
    }
    (0..200).for_each(|_| sim.step());
    (String::from_utf8_lossy(&terminal.heard).into_owned(), sim.get("leds"))
}

fn banner(name: &str, settings: &[&str]) -> String {
    let config = config(name, settings);
    let chip = chip(name, &config, &PERIPHERALS);
    let (banner, leds) = power_up(&design(&config, &PERIPHERALS), &config, &chip, 0);
    assert_eq!(leds, 3, "{banner}");
    banner
}

#[test]
fn a_good_board_says_so() {
    let nano = "\r\nSystole nano 12 MHz, NPU 4x4: self-test passed\r\n";
    assert_eq!(banner("nano", &[]), nano);
    let edge = "\r\nSystole edge 12 MHz, NPU 8x8: self-test passed\r\n";
    assert_eq!(banner("edge", &[]), edge);
}

#[test]
fn arrays_of_other_sizes_have_jobs_that_fit() {
    for (dim, bus_bits) in [(2, 32), (16, 64)] {
        let settings = [
            format!("npu.dim={dim}"),
            format!("npu.bus_bits={bus_bits}"),
            "npu.scratchpad_rows=64".to_owned(),
            "npu.accumulator_rows=16".to_owned(),
            "npu.parameter_rows=16".to_owned(),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let banner = banner("nano", &settings);
        assert!(banner.ends_with(&format!("NPU {dim}x{dim}: self-test passed\r\n")), "{banner}");
    }
}

/// A sample of all mutants of a cell of the array and of a lane of the requantiser. What may be
/// missed does not matter to these numbers: a stage that computes though it need not, a tie.
#[test]
fn a_broken_npu_is_noticed() {
    let config = config("nano", &[]);
    let design = design(&config, &PERIPHERALS);
    let chip = chip("nano", &config, &PERIPHERALS);
    for (module, step) in [("npu_pe", 3), ("npu_requantise_lane", 40)] {
        let all = mutants(&design).into_iter().filter(|mutant| mutant.module == module);
        let sample: Vec<_> = all.step_by(step).collect();
        let broken = selectable(&design, &sample).unwrap();
        let mut missed = Vec::new();
        for (number, mutant) in (1..).zip(&sample) {
            let (banner, leds) = power_up(&broken, &config, &chip, number);
            if banner.contains("self-test passed") {
                missed.push(format!("{}: {}", mutant.location.line, mutant.description));
            } else {
                assert!(banner.contains("self-test failed, "), "{banner}");
                assert!(leds == 1 || leds == 2, "LEDs 0 and 1 are lit in turns: {leds}");
            }
        }
        assert!(sample.len() > 5 && missed.len() <= 1, "{module}: {missed:#?}");
    }
}

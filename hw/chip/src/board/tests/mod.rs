//! The board as a whole.

#[allow(dead_code, clippy::duplicate_mod, reason = "private to other tests, which need all of it")]
#[path = "../../core/tests/assembler.rs"]
mod assembler;
pub mod device;
mod program;
mod terminal;

use std::collections::BTreeMap;

use systole_hdl::ir::Direction;

use super::*;
use terminal::Terminal;

const PERIPHERALS: Peripherals = Peripherals { clock_hz: 800, baud: 100, leds: 8, buttons: 3 };
const DIVISOR: u32 = 8;

/// A preset with a small RAM; `hart` is `nano` without its NPU, `sequential` with the other one.
fn config(chip: &str) -> ChipConfig {
    let (preset, npu) = match chip {
        "hart" => ("nano", "npu.dim=0"),
        "sequential" => ("nano", "npu.sequential=true"),
        preset => (preset, ""),
    };
    let settings = ["memory.ram_bytes=65536", npu];
    let settings: Vec<&str> = settings.into_iter().filter(|one| !one.is_empty()).collect();
    ChipConfig::preset(preset).unwrap().with_settings(&settings).unwrap()
}

fn mistakes(peripherals: &Peripherals) -> Vec<String> {
    let errors = check(&board(&config("nano"), peripherals)).err();
    errors.iter().flat_map(|errors| errors.iter()).map(|error| error.message.clone()).collect()
}

#[test]
fn every_chip_has_the_ports_of_the_manual() {
    for chip in ChipConfig::presets().chain(["hart", "sequential"]) {
        let design = check(&board(&config(chip), &PERIPHERALS)).unwrap();
        let port = |port: &systole_hdl::ir::Signal| {
            (port.name.clone(), (port.port == Some(Direction::Output), port.ty.width()))
        };
        let ports: BTreeMap<String, (bool, u32)> = design.top.ports().map(port).collect();
        let expected = [
            ("uart_rx", (false, 1)),
            ("uart_tx", (true, 1)),
            ("leds", (true, 8)),
            ("buttons", (false, 3)),
        ];
        assert_eq!(ports, expected.map(|(name, port)| (name.to_owned(), port)).into());
        assert!(design.top.has_clock() && design.top.has_reset());
    }
}

#[test]
fn peripherals_that_cannot_be_built_are_refused_together() {
    assert!(mistakes(&PERIPHERALS).is_empty());
    let wrong = Peripherals { clock_hz: 1_000_000, baud: 115_200, leds: 0, buttons: 33 };
    let found = mistakes(&wrong);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("0 LEDs: ") && found[1].starts_with("33 buttons: "), "{found:?}");
    assert!(found[2].contains("wrong by 2 % or more"), "{found:?}");
}

/// The board with a boot ROM, and who listens to it.
struct Bench {
    sim: Interpreter,
    terminal: Terminal,
}

impl Bench {
    fn new(preset: &str, rom: &[u32]) -> Self {
        let config = config(preset);
        let mut sim = Interpreter::new(&check(&board(&config, &PERIPHERALS)).unwrap());
        let fetch_bits = config.core.fetch_bits();
        for (index, words) in rom.chunks(fetch_bits as usize / 32).enumerate() {
            let word = words.iter().rev().fold(0, |all, word| all << 32 | u64::from(*word));
            sim.poke_memory(
                "memory.hart_port.boot.words",
                index as u64,
                Bits::new(fetch_bits, word),
            );
        }
        sim.set("uart_rx", 1);
        sim.set("buttons", 5);
        sim.reset();
        Self { sim, terminal: Terminal::new(DIVISOR) }
    }

    /// Steps until `done`, which must come.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            if done(self) {
                return;
            }
            let rx = self.terminal.cycle(self.sim.get("uart_tx"));
            self.sim.set("uart_rx", rx);
            self.sim.step();
            assert!(self.sim.failed().is_empty(), "{:?}", self.sim.failed());
        }
        panic!("no {what}; heard {:?}", String::from_utf8_lossy(&self.terminal.heard));
    }

    fn hears(&mut self, count: usize) {
        self.until("byte", |bench| bench.terminal.heard.len() == count);
    }
}

#[test]
fn a_boot_rom_uses_all_that_there_is_and_loads_a_program_over_itself() {
    for (chip, has_npu) in [("hart", false), ("nano", true), ("edge", true), ("sequential", true)] {
        let mut bench = Bench::new(chip, &program::rom(has_npu));
        let (said, before) = (program::says(b'w', has_npu), if has_npu { 3 } else { 2 });
        bench.hears(1);
        assert_eq!(bench.sim.get("leds"), 5, "the buttons");
        bench.hears(before);
        bench.terminal.send(b'w');
        bench.hears(said.len());
        assert_eq!(bench.terminal.heard, said, "{chip}");
        bench.until("fault", |bench| bench.sim.get("leds") == program::LAST_LEDS);
        // Reset brings the boot ROM back.
        bench.sim.reset();
        bench.terminal = Terminal::new(DIVISOR);
        bench.hears(before);
        assert_eq!(bench.terminal.heard, said[..before]);
    }
}

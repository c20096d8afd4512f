//! The board as a whole.

use super::*;

#[test]
fn every_preset_is_free_of_mistakes() {
    for preset in ChipConfig::presets() {
        let mut config = ChipConfig::preset(preset).unwrap();
        config.memory.ram_bytes = 65536;
        let peripherals = Peripherals { clock_hz: 25_000_000, baud: 115_200, leds: 8, buttons: 7 };
        check(&board(&config, &peripherals)).unwrap_or_else(|errors| panic!("{errors}"));
    }
}

//! LEDs, buttons, the switch of the boot ROM, and what software must know of the board.

use systole_hdl::prelude::*;

use super::Peripherals;
use super::registers::Registers;
use super::synchroniser::synchronised;

const LEDS: usize = 0;
const BOOT: usize = 2;

/// Module `gpio`, with the registers LEDS, BUTTONS, BOOT, CLOCK and BAUD of `docs/soc.md`.
///
/// `overlay` is 1 from reset until software writes 0 to BOOT; nothing but reset brings it back.
pub fn gpio(peripherals: &Peripherals) -> Module {
    let Peripherals { clock_hz, baud, leds: led_count, buttons: button_count } = *peripherals;
    module("gpio", |m| {
        m.doc("LEDs, buttons, the switch of the boot ROM, and the rates of the board.");
        let buttons = m.input("buttons", U(button_count)).doc("1 is pressed; asynchronous");
        let leds = m.output_reg("leds", U(led_count)).reset(0).doc("1 is lit");
        let overlay = m.output_reg("overlay", Bit).reset(1).doc("the boot ROM lies over the RAM");
        let registers = Registers::sink(m, ["leds", "buttons", "boot", "clock", "baud"]);

        m.section("Registers");
        let pressed = synchronised(m, "pressed", buttons, 0);
        let wdata = registers.wdata();
        let hides_boot = (registers.is_written(BOOT) & !wdata.bit(0)).named("hides_boot");
        m.cover("boot_rom_goes", overlay & hides_boot);
        m.clocked(|| {
            when(registers.is_written(LEDS), || leds.set(wdata.bits(led_count - 1, 0)));
            when(hides_boot, || overlay.set(0));
        });
        let rates = [clock_hz, baud].map(|rate| lit(rate, U(32)));
        registers.answer(m, [leds, pressed, overlay, rates[0], rates[1]]);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::tests::device::Device;

    const LEDS: u32 = 0;
    const BUTTONS: u32 = 4;
    const BOOT: u32 = 8;
    const CLOCK: u32 = 12;
    const BAUD: u32 = 16;

    fn device() -> Device {
        let peripherals = Peripherals { clock_hz: 25_000_000, baud: 115_200, leds: 8, buttons: 3 };
        Device::new(&gpio(&peripherals), &[("buttons", 0)])
    }

    #[test]
    fn leds_are_what_was_written() {
        let mut gpio = device();
        assert_eq!((gpio.read(LEDS), gpio.0.get("leds")), (0, 0));
        gpio.write(LEDS, 0xffff_ffa5);
        assert_eq!((gpio.read(LEDS), gpio.0.get("leds")), (0xa5, 0xa5));
        gpio.0.reset();
        assert_eq!(gpio.0.get("leds"), 0);
    }

    #[test]
    fn buttons_are_seen_two_cycles_later() {
        let mut gpio = device();
        gpio.0.set("buttons", 5);
        let seen = [(); 4].map(|()| gpio.read(BUTTONS));
        assert_eq!(seen, [0, 0, 5, 5]);
        gpio.write(BUTTONS, 7);
        assert_eq!(gpio.read(BUTTONS), 5, "cannot be written");
    }

    #[test]
    fn the_overlay_is_switched_off_until_reset() {
        let mut gpio = device();
        assert_eq!((gpio.read(BOOT), gpio.0.get("overlay")), (1, 1));
        gpio.write(BOOT, 3);
        assert_eq!((gpio.read(BOOT), gpio.0.get("overlay")), (1, 1));
        gpio.write(BOOT, 2);
        assert_eq!((gpio.read(BOOT), gpio.0.get("overlay")), (0, 0));
        gpio.write(BOOT, 1);
        assert_eq!((gpio.read(BOOT), gpio.0.get("overlay")), (0, 0));
        gpio.0.reset();
        assert_eq!((gpio.read(BOOT), gpio.0.get("overlay")), (1, 1));
    }

    #[test]
    fn software_reads_the_rates_of_the_board() {
        let mut gpio = device();
        gpio.write(CLOCK, 1);
        gpio.write(BAUD, 1);
        assert_eq!((gpio.read(CLOCK), gpio.read(BAUD)), (25_000_000, 115_200));
    }

    #[test]
    fn other_offsets_and_parts_of_words_are_refused() {
        let mut gpio = device();
        gpio.refuses_the_rest(5);
        assert_eq!((gpio.read(BOOT), gpio.read(LEDS)), (1, 0), "and nothing was written");
    }
}

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
        let hides_boot = registers.is_written(BOOT) & !wdata.bit(0);
        m.clocked(|| {
            when(registers.is_written(LEDS), || leds.set(wdata.bits(led_count - 1, 0)));
            when(hides_boot, || overlay.set(0));
        });
        let rates = [clock_hz, baud].map(|rate| lit(rate, U(32)));
        registers.answer(m, [leds, pressed, overlay, rates[0], rates[1]]);
    })
}

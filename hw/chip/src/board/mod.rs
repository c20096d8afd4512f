//! What stands around the SoC on an FPGA board: memory, serial port, LEDs and buttons.

pub mod data_bus;
pub mod gpio;
pub mod map;
pub mod memory;
mod registers;
mod synchroniser;
pub mod uart;

#[cfg(test)]
mod tests;

use systole_hdl::prelude::*;

use crate::ChipConfig;
use crate::soc::bus::{AxiRead, AxiWrite, DataBus, FetchBus};
use crate::soc::soc;
use data_bus::data_bus;
use gpio::gpio;
use memory::memory;
use uart::divisor::divisor;
use uart::uart;

/// Most LEDs and most buttons: a register has a bit for each.
const MOST_PINS: u32 = 32;

/// What a board offers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peripherals {
    /// Frequency of `clk`, in Hz.
    pub clock_hz: u32,
    /// Bits a second on the serial port.
    pub baud: u32,
    /// LEDs: 1 to 32.
    pub leds: u32,
    /// Buttons: 1 to 32.
    pub buttons: u32,
}

impl Peripherals {
    /// What is wrong with it, in sentences.
    fn mistakes(&self) -> Vec<String> {
        let pins = [(self.leds, "LEDs"), (self.buttons, "buttons")];
        let wrong = pins.into_iter().filter(|(count, _)| !(1..=MOST_PINS).contains(count));
        let mut mistakes: Vec<String> = wrong
            .map(|(count, what)| format!("{count} {what}: a board has 1 to {MOST_PINS}"))
            .collect();
        mistakes.extend(divisor(self.clock_hz, self.baud).err());
        mistakes
    }

    /// Itself, or something like it that can be built when it cannot.
    fn buildable(self) -> Self {
        let within = |count: u32| count.clamp(1, MOST_PINS);
        Self { leds: within(self.leds), buttons: within(self.buttons), ..self }
    }
}

/// The module `systole_board`: the SoC with its memory and peripherals, as in `docs/soc.md`, for a
/// validated configuration whose RAM the board's FPGA can hold.
///
/// Ports: `clk`, `rst` (synchronous, active high), `uart_rx`, `uart_tx`, `leds` (1 is lit), `buttons`
/// (1 is pressed). `uart_rx` and `buttons` need not follow the clock.
///
/// Peripherals that cannot be built, such as a baud rate that the clock does not make, are mistakes
/// that [`check`] reports.
pub fn board(config: &ChipConfig, peripherals: &Peripherals) -> Module {
    let mistakes = peripherals.mistakes();
    let peripherals = peripherals.buildable();
    let cycles_a_bit = divisor(peripherals.clock_hz, peripherals.baud);
    let serial = uart(cycles_a_bit.unwrap_or(uart::divisor::SHORTEST));
    let fetch_bits = config.core.fetch_bits();
    module("systole_board", |m| {
        m.doc("Systole on a board: SoC, memory, serial port, LEDs and buttons.");
        mistakes.into_iter().for_each(|mistake| m.error(mistake));
        let uart_rx = m.input("uart_rx", Bit).doc("asynchronous");
        let uart_tx = m.output_wire("uart_tx", Bit);
        let leds = m.output_wire("leds", U(peripherals.leds)).doc("1 is lit");
        let buttons = m.input("buttons", U(peripherals.buttons)).doc("1 is pressed; asynchronous");

        let soc = m.instance("soc", &soc(config, false));
        let routes = m.instance("data_bus", &data_bus());
        DataBus::of_instance(&soc, "dbus", 32).into_instance(&routes, "hart");

        m.section("Memory");
        let memory = m.instance("memory", &memory(config));
        FetchBus::of_instance(&soc, "ibus", fetch_bits).into_instance(&memory, "ibus");
        DataBus::of_instance(&routes, "ram", 32).into_instance(&memory, "dbus");
        if config.has_npu() {
            bursts(&soc, &memory, config.npu.bus_bits);
        }

        m.section("Devices");
        let serial = m.instance("serial", &serial).pin("rx", uart_rx);
        DataBus::of_instance(&routes, "uart", map::DEVICE_ADDRESS_BITS)
            .into_instance(&serial, "bus");
        uart_tx.drive(serial.out("tx"));
        let pins = m.instance("gpio", &gpio(&peripherals)).pin("buttons", buttons);
        DataBus::of_instance(&routes, "gpio", map::DEVICE_ADDRESS_BITS).into_instance(&pins, "bus");
        leds.drive(pins.out("leds"));
        memory.pin("overlay", pins.out("overlay"));
    })
}

/// The NPU's bursts, of beats of `beat_bits`, to the memory.
fn bursts(soc: &Instance, memory: &Instance, beat_bits: u32) {
    AxiRead::of_instance(soc, "m_axi", beat_bits).into_instance(memory, "m_axi");
    AxiWrite::of_instance(soc, "m_axi", beat_bits).into_instance(memory, "m_axi");
    for constant in ["arsize", "arburst", "awsize", "awburst"] {
        soc.unused(format!("m_axi_{constant}"));
    }
}

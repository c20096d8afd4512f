//! The serial port: 8 data bits, no parity, 1 stop bit.

pub mod divisor;
pub mod receiver;
pub mod transmitter;

#[cfg(test)]
mod tests;

use systole_hdl::prelude::*;

use super::registers::Registers;
use crate::blocks::{FifoPorts, fifo};
use receiver::receiver;
use transmitter::transmitter;

/// Received bytes that wait for software.
const RECEIVED_BYTES: u32 = 16;

const DATA: usize = 0;
const STATUS: usize = 1;

/// Bits of STATUS that hold until 1 is written to them.
const OVERRUN: u32 = 2;
const FRAMING_ERROR: u32 = 3;

/// Module `uart`, with the registers DATA and STATUS of `docs/soc.md`; a bit lasts `divisor` clock
/// cycles.
pub fn uart(divisor: u32) -> Module {
    module("uart", |m| {
        m.doc("Serial port.");
        let rx = m.input("rx", Bit).doc("asynchronous");
        let registers = Registers::sink(m, ["data", "status"]);

        m.section("Sending");
        let sender = m.instance("sender", &transmitter(divisor));
        sender.pin("valid", registers.is_written(DATA));
        sender.pin("data", registers.wdata().bits(7, 0));
        m.output("tx", sender.out("tx"));

        m.section("Receiving");
        let listener = m.instance("listener", &receiver(divisor)).pin("rx", rx);
        let received = listener.out("received");
        let waiting = FifoPorts::connect(
            m,
            "waiting",
            &fifo("uart_received", RECEIVED_BYTES, U(8)),
            (received, listener.out("data")),
            registers.is_read(DATA),
            lit(0, Bit),
        );

        m.section("Errors");
        let overrun = m.reg("overrun", Bit).reset(0).doc("a byte was lost: no room");
        let framing_error = m.reg("framing_error", Bit).reset(0).doc("a stop bit was 0");
        let cleared = registers.is_written(STATUS).named("cleared");
        let clears = |bit: u32| cleared & registers.wdata().bit(bit);
        m.clocked(|| {
            when(clears(OVERRUN), || overrun.set(0));
            when(clears(FRAMING_ERROR), || framing_error.set(0));
            when(received & !waiting.push_ready, || overrun.set(1));
            when(listener.out("broken"), || framing_error.set(1));
        });

        let data = cat(&[waiting.pop_valid, waiting.pop_data]);
        let status = cat(&[framing_error, overrun, waiting.pop_valid, sender.out("ready")]);
        registers.answer(m, [data, status]);
        m.cover("byte_is_lost", received & !waiting.push_ready);
    })
}

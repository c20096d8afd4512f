//! The sending half of a UART.

use systole_hdl::prelude::*;

use crate::blocks::bits_for;

/// Bits of a frame: start bit, 8 data bits, stop bit.
const FRAME_BITS: u32 = 10;

/// Module `uart_transmitter`: sends a byte in a frame of 10 bits, each `divisor` clock cycles long,
/// the least significant data bit first. `ready` is 1 when nothing is being sent.
pub fn transmitter(divisor: u32) -> Module {
    module("uart_transmitter", |m| {
        m.doc(format!("Sends bytes, 8N1, {divisor} cycles a bit."));
        let valid = m.input("valid", Bit);
        let data = m.input("data", U(8));
        let tx = m.output_reg("tx", Bit).reset(1);

        let left =
            m.reg("left", U(bits_for(FRAME_BITS))).reset(0).doc("bits, with the present one");
        let later = m.reg("later", U(FRAME_BITS - 1)).doc("bits after the present one");
        let ticks = m.reg("ticks", U(bits_for(divisor - 1))).doc("cycles left of it, less 1");
        let ready = m.output("ready", !left.any());
        let accepted = (valid & ready).named("accepted");
        let next_bit = (!ready & !ticks.any()).named("next_bit");
        m.clocked(|| {
            ticks.set(ticks - 1);
            when(next_bit, || {
                tx.set(later.bit(0));
                later.set(cat(&[lit(1, Bit), later.bits(FRAME_BITS - 2, 1)]));
                left.set(left - 1);
            });
            when(accepted, || {
                tx.set(0);
                later.set(cat(&[lit(1, Bit), data]));
                left.set(FRAME_BITS);
            });
            when(accepted | next_bit, || ticks.set(divisor - 1));
        });
        m.check("idle_is_high", !ready | tx);
        m.check("frame_has_its_bits", left.le(FRAME_BITS));
        m.cover("one_byte_follows_another", accepted & later.bit(0));
    })
}

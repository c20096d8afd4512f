//! The receiving half of a UART.

use systole_hdl::prelude::*;

use super::super::synchroniser::synchronised;
use crate::blocks::bits_for;

/// The sample of a frame that is its stop bit; 0 is the start bit.
const STOP_BIT: u32 = 9;

/// Module `uart_receiver`: receives frames of 10 bits, each `divisor` clock cycles long, and says
/// with a pulse of `received` that `data` is there, or with one of `broken` that the stop bit was 0.
///
/// A frame starts when the line falls; each bit is taken at its middle. A start bit that is over
/// before its middle was noise. After a broken frame the line must rise before the next one starts.
pub fn receiver(divisor: u32) -> Module {
    module("uart_receiver", |m| {
        m.doc(format!("Receives bytes, 8N1, {divisor} cycles a bit."));
        let rx = m.input("rx", Bit).doc("asynchronous");
        let data = m.output_reg("data", U(8));
        let received = m.output_reg("received", Bit).reset(0);
        let broken = m.output_reg("broken", Bit).reset(0);
        let line = synchronised(m, "line", rx, 1);
        let line_before = m.reg("line_before", Bit).reset(1);

        let busy = m.reg("busy", Bit).reset(0);
        let sample = m.reg("sample", U(bits_for(STOP_BIT))).doc("the next one");
        let ticks = m.reg("ticks", U(bits_for(divisor - 1))).doc("cycles until it is taken");
        let starts = (!busy & line_before & !line).named("starts");
        let takes = (busy & !ticks.any()).named("takes");
        let at_start = !sample.any();
        let at_stop = sample.eq(STOP_BIT).named("at_stop");
        let noise = (at_start & line).named("noise");
        m.clocked(|| {
            line_before.set(line);
            received.set(takes & at_stop & line);
            broken.set(takes & at_stop & !line);
            ticks.set(ticks - 1);
            when(takes, || {
                ticks.set(divisor - 1);
                sample.set(sample + 1);
                when(!at_stop, || data.set(cat(&[line, data.bits(7, 1)])));
                when(at_stop | noise, || busy.set(0));
            });
            when(starts, || {
                busy.set(1);
                sample.set(0);
                ticks.set(divisor / 2 - 1);
            });
        });
        m.check("frame_has_its_samples", !busy | sample.le(STOP_BIT));
        m.cover("noise_is_ignored", takes & noise);
    })
}

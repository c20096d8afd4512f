//! The write channels of the NPU's bus, as writes of the RAM.

use systole_hdl::prelude::*;

use super::axi_reader::{BURST_ADDRESS_BITS, DECODE_ERROR, stays_in_page};
use super::buses::RamWrite;
use super::shape::Shape;
use crate::soc::bus::AxiWrite;

/// Module `board_axi_writer`: takes bursts one after the other, without a gap, and beats when the
/// RAM takes them; a beat waits while an answer does. A burst outside the RAM writes nothing and is
/// answered with `DECERR`.
pub fn axi_writer(shape: Shape) -> Module {
    let Shape { beat_bits, address_bits, .. } = shape;
    module("board_axi_writer", |m| {
        m.doc("AW, W and B channels of the NPU's bus.");
        let axi = AxiWrite::sink(m, "m_axi", beat_bits);
        let ram = RamWrite::source(m, "ram", address_bits, beat_bits);

        m.section("The burst at hand");
        let active = m.reg("active", Bit).reset(0);
        let address = m.reg("address", U(address_bits)).doc("of the next beat");
        let outside = m.reg("outside", Bit).doc("not in the RAM");
        let room = (!axi.bvalid | axi.bready).named("room").doc("for an answer");
        let beat = (axi.wvalid & axi.wready).named("beat");
        let ends = (beat & axi.wlast).named("ends");
        let burst = (axi.awvalid & axi.awready).named("burst");
        axi.awready.drive(!active | ends);
        axi.wready.drive(active & room & ram.write_ready);
        let beat_bytes = lit(beat_bits / 8, U(BURST_ADDRESS_BITS));
        let next = address.bits(BURST_ADDRESS_BITS - 1, 0) + beat_bytes;
        m.clocked(|| {
            when(beat, || {
                address.set(cat(&[address.bits(address_bits - 1, BURST_ADDRESS_BITS), next]));
            });
            when(ends, || active.set(0));
            when(burst, || {
                active.set(1);
                address.set(axi.awaddr.bits(address_bits - 1, 0));
                outside.set(shape.outside(axi.awaddr));
            });
        });

        m.section("Writes");
        ram.write_valid.drive(active & room & axi.wvalid);
        ram.write_address.drive(address);
        ram.write_data.drive(axi.wdata);
        ram.write_strobe.drive(axi.wstrb & (!outside).repeat(beat_bits / 8));

        m.section("Answers");
        let answer = m.reg("answer", Bit).reset(0);
        let failed = m.reg("failed", Bit);
        m.clocked(|| {
            when(axi.bready, || answer.set(0));
            when(ends, || {
                answer.set(1);
                failed.set(outside);
            });
        });
        axi.bvalid.drive(answer);
        axi.bresp.drive(failed.mux(DECODE_ERROR, zero(U(2))));
        m.assume("burst_stays_in_its_page", !burst | stays_in_page(axi.awaddr, axi.awlen, shape));
        m.cover("answer_waits", answer & !axi.bready);
        m.cover("bursts_follow_each_other", burst & active);
    })
}

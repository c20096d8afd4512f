//! The read channels of the NPU's bus, as reads of the RAM.

use systole_hdl::prelude::*;

use super::buses::RamRead;
use super::shape::Shape;
use crate::soc::bus::AxiRead;

/// Bits of an address that count up in a burst: AXI4 bursts stay inside 4 KiB.
pub const BURST_ADDRESS_BITS: u32 = 12;

/// AXI4's DECERR: there is nothing at the address.
pub const DECODE_ERROR: u32 = 3;

/// Module `board_axi_reader`: takes bursts one after the other, without a gap, and asks the RAM for
/// a beat when the one before is sure to leave. Beats outside the RAM come with `DECERR`.
pub fn axi_reader(shape: Shape) -> Module {
    let Shape { beat_bits, address_bits, .. } = shape;
    module("board_axi_reader", |m| {
        m.doc("AR and R channels of the NPU's bus.");
        let axi = AxiRead::sink(m, "m_axi", beat_bits);
        let ram = RamRead::source(m, "ram", address_bits, beat_bits);

        m.section("The burst at hand");
        let active = m.reg("active", Bit).reset(0);
        let address = m.reg("address", U(address_bits)).doc("of the next beat");
        let left = m.reg("left", U(8)).doc("beats after the next one");
        let outside = m.reg("outside", Bit).doc("not in the RAM");
        let read = (ram.read_valid & ram.read_ready).named("read");
        let read_last = (read & !left.any()).named("read_last");
        let burst = (axi.arvalid & axi.arready).named("burst");
        axi.arready.drive(!active | read_last);
        let beat_bytes = lit(beat_bits / 8, U(BURST_ADDRESS_BITS));
        let next = address.bits(BURST_ADDRESS_BITS - 1, 0) + beat_bytes;
        m.clocked(|| {
            when(read, || {
                address.set(cat(&[address.bits(address_bits - 1, BURST_ADDRESS_BITS), next]));
                left.set(left - 1);
            });
            when(read_last, || active.set(0));
            when(burst, || {
                active.set(1);
                address.set(axi.araddr.bits(address_bits - 1, 0));
                left.set(axi.arlen);
                outside.set(shape.outside(axi.araddr));
            });
        });
        ram.read_address.drive(address);

        m.section("Beats");
        let arrived = m.reg("arrived", Bit).reset(0).doc("read in the cycle before");
        let held = m.reg("held", Bit).reset(0).doc("a beat that was not taken at once");
        let held_data = m.reg("held_data", U(beat_bits));
        let last = m.reg("last", Bit);
        let failed = m.reg("failed", Bit);
        ram.read_valid.drive(active & (!axi.rvalid | axi.rready));
        m.clocked(|| {
            arrived.set(read);
            held.set(axi.rvalid & !axi.rready);
            when(arrived, || held_data.set(ram.read_data));
            when(read, || {
                last.set(read_last);
                failed.set(outside);
            });
        });
        axi.rvalid.drive(arrived | held);
        axi.rdata.drive(held.mux(held_data, ram.read_data));
        axi.rlast.drive(last);
        axi.rresp.drive(failed.mux(DECODE_ERROR, zero(U(2))));

        m.assume("burst_stays_in_its_page", !burst | stays_in_page(axi.araddr, axi.arlen, shape));
        m.check("one_beat_at_a_time", !(arrived & held));
        m.cover("beat_is_held", held);
        m.cover("bursts_follow_each_other", burst & active);
    })
}

/// Whether a burst of `length` + 1 beats ends in the 4 KiB in which it begins.
pub fn stays_in_page(address: Signal, length: Signal, shape: Shape) -> Signal {
    let beat_log = (shape.beat_bits / 8).ilog2();
    let first = address.bits(BURST_ADDRESS_BITS - 1, beat_log).ext(BURST_ADDRESS_BITS);
    let last = first + length.ext(BURST_ADDRESS_BITS);
    last.lt(1u32 << (BURST_ADDRESS_BITS - beat_log))
}

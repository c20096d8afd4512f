//! The bus of an NPU that moves single words, as reads and writes of the RAM.

use systole_hdl::prelude::*;

use super::axi_reader::DECODE_ERROR;
use super::buses::{RamRead, RamWrite};
use super::shape::Shape;
use crate::soc::bus::{AxiRead, AxiWrite};

/// Module `board_single_words`: for a master that has one access under way, of one beat, offers
/// address and data of a write together, and takes answers at once (`npu.sequential`).
pub fn single_words(shape: Shape) -> Module {
    let Shape { beat_bits, address_bits, .. } = shape;
    module("board_single_words", |m| {
        m.doc("The NPU's bus: one word after the other.");
        let read = AxiRead::sink(m, "m_axi", beat_bits);
        let write = AxiWrite::sink(m, "m_axi", beat_bits);
        let ram_read = RamRead::source(m, "ram", address_bits, beat_bits);
        let ram_write = RamWrite::source(m, "ram", address_bits, beat_bits);

        m.section("Accesses");
        let in_ram = |address: Signal| address.bits(address_bits - 1, 0);
        ram_read.read_valid.drive(read.arvalid);
        ram_read.read_address.drive(in_ram(read.araddr));
        read.arready.drive(ram_read.read_ready);
        let writes = (write.awvalid & write.wvalid).named("writes");
        let write_outside = shape.outside(write.awaddr).named("write_outside");
        ram_write.write_valid.drive(writes);
        ram_write.write_address.drive(in_ram(write.awaddr));
        ram_write.write_data.drive(write.wdata);
        ram_write.write_strobe.drive(write.wstrb & (!write_outside).repeat(beat_bits / 8));
        let write_taken = (writes & ram_write.write_ready).named("write_taken");
        write.awready.drive(write_taken);
        write.wready.drive(write_taken);

        m.section("Answers, in the next cycle");
        let has_read = m.reg("has_read", Bit).reset(0);
        let has_written = m.reg("has_written", Bit).reset(0);
        let failed = m.reg("failed", Bit);
        m.clocked(|| {
            has_read.set(read.arvalid & ram_read.read_ready);
            has_written.set(write_taken);
            failed.set(writes.mux(write_outside, shape.outside(read.araddr)));
        });
        let response = failed.mux(DECODE_ERROR, zero(U(2)));
        read.rvalid.drive(has_read);
        read.rdata.drive(ram_read.read_data);
        read.rlast.drive(1);
        read.rresp.drive(response);
        write.bvalid.drive(has_written);
        write.bresp.drive(response);
        read.arlen.unused();
        write.awlen.unused();
        write.wlast.unused();

        m.check("answers_are_taken", (!has_read | read.rready) & (!has_written | write.bready));
        m.assume("single_beats", !(read.arvalid & read.arlen.any()));
        m.assume("one_access", !(read.arvalid & (write.awvalid | write.wvalid)));
    })
}

//! A host's accesses by AXI4-Lite.

use systole_hdl::prelude::*;

use super::buses::{AxiLiteRead, AxiLiteWrite, SLAVE_ERROR};
use crate::blocks::turns::take_turns;
use crate::blocks::{FifoPorts, fifo};
use crate::soc::bus::DataBus;

/// Module `axi_lite_slave`: accesses from `s_axil_*` on `bus_*`, one at a time; reads and writes
/// take turns. What fails on `bus_*` is answered with SLVERR.
pub fn axi_lite_slave(address_bits: u32) -> Module {
    let address_slice = fifo("axi_lite_address_slice", 1, U(address_bits - 2));
    let data_slice = fifo("axi_lite_data_slice", 1, U(36));
    module("axi_lite_slave", |m| {
        m.doc("Accesses from AXI4-Lite, one at a time.");
        let write = AxiLiteWrite::sink(m, "s_axil", address_bits, 32);
        let read = AxiLiteRead::sink(m, "s_axil", address_bits, 32);
        let bus = DataBus::source(m, "bus", address_bits);
        let never = lit(0, Bit);

        m.section("What is asked");
        let write_ends = m.wire("write_ends", Bit);
        let read_ends = m.wire("read_ends", Bit);
        let word = |address: Signal| {
            address.bits(1, 0).unused();
            address.bits(address_bits - 1, 2)
        };
        let slice = |name: &str, fifo: &Module, push: (Signal, Signal), taken: Signal| {
            FifoPorts::connect(m, name, fifo, push, taken, never)
        };
        let push = (write.awvalid, word(write.awaddr));
        let addresses = slice("writes", &address_slice, push, write_ends);
        let push = (write.wvalid, cat(&[write.wstrb, write.wdata]));
        let data = slice("data", &data_slice, push, write_ends);
        let push = (read.arvalid, word(read.araddr));
        let reads = slice("reads", &address_slice, push, read_ends);
        write.awready.drive(addresses.push_ready);
        write.wready.drive(data.push_ready);
        read.arready.drive(reads.push_ready);
        for protection in [write.awprot, read.arprot] {
            protection.unused();
        }

        m.section("The access at hand");
        let active = m.reg("active", Bit).reset(0);
        let writing = m.reg("writing", Bit);
        let sent = m.reg("sent", Bit).reset(0).doc("its answer is due");
        let write_asks = (addresses.pop_valid & data.pop_valid & !write.bvalid).named("write_asks");
        let read_asks = (reads.pop_valid & !read.rvalid).named("read_asks");
        let begins = (!active & (write_asks | read_asks)).named("begins");
        let [write_may, _] = take_turns(m, "access", [write_asks, read_asks], begins);
        let ends = (sent & bus.rsp_valid).named("ends");
        m.clocked(|| {
            when(begins, || {
                active.set(1);
                writing.set(write_asks & write_may);
            });
            when(bus.req_valid & bus.req_ready, || sent.set(1));
            when(ends, || {
                active.set(0);
                sent.set(0);
            });
        });
        let word = writing.mux(addresses.pop_data, reads.pop_data);
        bus.req_valid.drive(active & !sent);
        bus.req_address.drive(cat(&[word, zero(U(2))]));
        bus.req_write.drive(writing);
        bus.req_wdata.drive(data.pop_data.bits(31, 0));
        bus.req_wstrb.drive(data.pop_data.bits(35, 32) & writing.repeat(4));
        write_ends.drive(ends & writing);
        read_ends.drive(ends & !writing);

        m.section("Answers");
        let written = m.reg("written", Bit).reset(0);
        let write_failed = m.reg("write_failed", Bit);
        let arrived = m.reg("arrived", Bit).reset(0);
        let read_failed = m.reg("read_failed", Bit);
        let word = m.reg("word", U(32));
        m.clocked(|| {
            when(write.bready, || written.set(0));
            when(write_ends, || {
                written.set(1);
                write_failed.set(bus.rsp_error);
            });
            when(read.rready, || arrived.set(0));
            when(read_ends, || {
                arrived.set(1);
                read_failed.set(bus.rsp_error);
                word.set(bus.rsp_rdata);
            });
        });
        let response = |failed: Signal| failed.mux(SLAVE_ERROR, zero(U(2)));
        write.bvalid.drive(written);
        write.bresp.drive(response(write_failed));
        read.rvalid.drive(arrived);
        read.rdata.drive(word);
        read.rresp.drive(response(read_failed));

        m.assume("answers_have_requests", !bus.rsp_valid | sent);
        m.check("answer_has_room", !(write_ends & written) & !(read_ends & arrived));
        m.cover("answer_waits", written & !write.bready);
        m.cover("word_waits", arrived & !read.rready);
        m.cover("data_comes_first", data.pop_valid & !addresses.pop_valid);
    })
}

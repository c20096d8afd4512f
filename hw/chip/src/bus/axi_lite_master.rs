//! The hart's data accesses on AXI4-Lite.

use systole_hdl::prelude::*;

use super::buses::{AxiLiteRead, AxiLiteWrite};
use crate::blocks::{FifoPorts, fifo};
use crate::soc::bus::DataBus;

/// Bits of the counter of accesses under way.
const UNDER_WAY_BITS: u32 = 3;

/// Module `axi_lite_master`: up to seven accesses of `bus_*` are under way on `m_axil_*`, either
/// reads or writes. The other kind waits until nothing is: AXI orders reads and writes by their
/// answers only, and the hart reads what it wrote.
///
/// Address and data of a write go each when their channel takes them. Requests reach the bus a
/// cycle later, answers come through at once.
pub fn axi_lite_master() -> Module {
    let address_slice = fifo("axi_lite_address_queue", 2, U(30));
    let data_slice = fifo("axi_lite_data_queue", 2, U(36));
    module("axi_lite_master", |m| {
        m.doc("Data accesses on AXI4-Lite: reads or writes, in order.");
        let bus = DataBus::sink(m, "bus", 32);
        let write = AxiLiteWrite::source(m, "m_axil", 32, 32);
        let read = AxiLiteRead::source(m, "m_axil", 32, 32);
        let never = lit(0, Bit);

        m.section("Order: reads or writes");
        let under_way = m.reg("under_way", U(UNDER_WAY_BITS)).reset(0).doc("accesses");
        let writing = m.reg("writing", Bit).doc("they are writes");
        let same_kind = writing.eq(bus.req_write);
        let may_send = (!under_way.any() | (same_kind & !under_way.all())).named("may_send");
        let sent = (bus.req_valid & bus.req_ready).named("sent");
        m.clocked(|| {
            let change = sent.ext(UNDER_WAY_BITS) - bus.rsp_valid.ext(UNDER_WAY_BITS);
            under_way.set(under_way + change);
            when(sent, || writing.set(bus.req_write));
        });

        m.section("Requests");
        let word = bus.req_address.bits(31, 2);
        bus.req_address.bits(1, 0).unused();
        let [reads, writes] = [sent & !bus.req_write, sent & bus.req_write];
        let data = cat(&[bus.req_wstrb, bus.req_wdata]);
        let slice = |name: &str, fifo: &Module, push: (Signal, Signal), taken: Signal| {
            FifoPorts::connect(m, name, fifo, push, taken, never)
        };
        let addresses = slice("writes", &address_slice, (writes, word), write.awready);
        let data = slice("data", &data_slice, (writes, data), write.wready);
        let reads = slice("reads", &address_slice, (reads, word), read.arready);
        let room_to_write = addresses.push_ready & data.push_ready;
        let room = bus.req_write.mux(room_to_write, reads.push_ready).named("room");
        bus.req_ready.drive(may_send & room);
        let byte_address = |slice: FifoPorts| cat(&[slice.pop_data, zero(U(2))]);
        write.awvalid.drive(addresses.pop_valid);
        write.awaddr.drive(byte_address(addresses));
        write.awprot.drive(0);
        write.wvalid.drive(data.pop_valid);
        write.wdata.drive(data.pop_data.bits(31, 0));
        write.wstrb.drive(data.pop_data.bits(35, 32));
        read.arvalid.drive(reads.pop_valid);
        read.araddr.drive(byte_address(reads));
        read.arprot.drive(0);

        m.section("Answers");
        write.bready.drive(1);
        read.rready.drive(1);
        let resp = writing.mux(write.bresp, read.rresp);
        bus.rsp_valid.drive(writing.mux(write.bvalid, read.rvalid) & under_way.any());
        bus.rsp_rdata.drive(read.rdata);
        bus.rsp_error.drive(resp.bit(1));
        for resp in [write.bresp, read.rresp] {
            resp.bit(0).unused();
        }

        m.assume("words_have_reads", !read.rvalid | (under_way.any() & !writing));
        m.assume("answers_have_writes", !write.bvalid | (under_way.any() & writing));
        m.check("one_kind_is_under_way", !(read.arvalid & (write.awvalid | write.wvalid)));
        m.cover("data_before_address", write.awvalid & !write.awready & write.wready);
        m.cover("address_before_data", write.wvalid & !write.wready & write.awready);
        m.cover("as_many_as_may_be", under_way.all());
        m.cover("kind_changes", bus.req_valid & !same_kind & under_way.any());
    })
}

//! The hart's fetches on AXI4-Lite.

use systole_hdl::prelude::*;

use super::buses::AxiLiteRead;
use crate::blocks::{FifoPorts, fifo};
use crate::soc::bus::FetchBus;

/// AXI's mark of an instruction access: secure, not privileged.
const INSTRUCTION: u32 = 4;

/// Module `axi_lite_fetch`: fetches of `bits` from `bus_*` on the read channels `m_axil_*`, as many
/// under way as the hart asks for. Requests reach the bus a cycle later, answers come through at
/// once.
pub fn axi_lite_fetch(bits: u32) -> Module {
    let word_log = (bits / 8).ilog2();
    let queue = fifo("axi_lite_fetch_queue", 2, U(32 - word_log));
    module("axi_lite_fetch", |m| {
        m.doc("Fetches on AXI4-Lite.");
        let bus = FetchBus::sink(m, "bus", bits);
        let read = AxiLiteRead::source(m, "m_axil", 32, bits);

        m.section("Requests");
        let word = bus.req_address.bits(31, word_log);
        bus.req_address.bits(word_log - 1, 0).unused();
        let push = (bus.req_valid, word);
        let queue = FifoPorts::connect(m, "queue", &queue, push, read.arready, lit(0, Bit));
        bus.req_ready.drive(queue.push_ready);
        read.arvalid.drive(queue.pop_valid);
        read.araddr.drive(cat(&[queue.pop_data, zero(U(word_log))]));
        read.arprot.drive(INSTRUCTION);

        m.section("Answers");
        read.rready.drive(1);
        bus.rsp_valid.drive(read.rvalid);
        bus.rsp_rdata.drive(read.rdata);
        bus.rsp_error.drive(read.rresp.bit(1));
        read.rresp.bit(0).unused();
        m.cover("read_waits", read.arvalid & !read.arready);
    })
}

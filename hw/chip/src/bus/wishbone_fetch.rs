//! The hart's fetches on Wishbone.

use systole_hdl::prelude::*;

use super::buses::WishboneReader;
use crate::blocks::{FifoPorts, fifo};
use crate::soc::bus::FetchBus;

/// Module `wishbone_fetch`: fetches of `bits` from `bus_*` as classic cycles of Wishbone B4 on
/// `wbm_*`, one after the other. Requests reach the bus a cycle later, answers come through at once.
pub fn wishbone_fetch(bits: u32) -> Module {
    let word_log = (bits / 8).ilog2();
    let queue = fifo("wishbone_fetch_queue", 2, U(32 - word_log));
    module("wishbone_fetch", |m| {
        m.doc("Fetches as classic cycles of Wishbone B4.");
        let bus = FetchBus::sink(m, "bus", bits);
        let wbm = WishboneReader::source(m, "wbm", bits);

        m.section("Fetches that wait");
        let word = bus.req_address.bits(31, word_log);
        bus.req_address.bits(word_log - 1, 0).unused();
        let ends = (wbm.cyc_o & (wbm.ack_i | wbm.err_i)).named("ends");
        let push = (bus.req_valid, word);
        let queue = FifoPorts::connect(m, "queue", &queue, push, ends, lit(0, Bit));
        bus.req_ready.drive(queue.push_ready);

        m.section("The fetch at hand");
        wbm.cyc_o.drive(queue.pop_valid);
        wbm.stb_o.drive(queue.pop_valid);
        wbm.adr_o.drive(cat(&[queue.pop_data, zero(U(word_log))]));
        wbm.we_o.drive(0);
        wbm.sel_o.drive(lit(1, Bit).repeat(bits / 8));
        bus.rsp_valid.drive(ends);
        bus.rsp_rdata.drive(wbm.dat_i);
        bus.rsp_error.drive(wbm.err_i);

        m.assume("it_ends_in_one_way", !(wbm.ack_i & wbm.err_i));
        m.cover("slave_waits", wbm.stb_o & !(wbm.ack_i | wbm.err_i));
    })
}

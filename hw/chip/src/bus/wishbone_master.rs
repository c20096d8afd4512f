//! The hart's data accesses on Wishbone.

use systole_hdl::prelude::*;

use super::buses::WishboneMaster;
use crate::blocks::{FifoPorts, fifo};
use crate::soc::bus::DataBus;

/// Module `wishbone_master`: accesses of `bus_*` as classic cycles of Wishbone B4 on `wbm_*`, one
/// after the other. Requests reach the bus a cycle later, answers come through at once.
pub fn wishbone_master() -> Module {
    let queue = fifo("wishbone_queue", 2, U(30 + 1 + 4 + 32));
    module("wishbone_master", |m| {
        m.doc("Data accesses as classic cycles of Wishbone B4.");
        let bus = DataBus::sink(m, "bus", 32);
        let wbm = WishboneMaster::source(m, "wbm", 32);

        m.section("Accesses that wait");
        let word = bus.req_address.bits(31, 2);
        bus.req_address.bits(1, 0).unused();
        let bytes = bus.req_wstrb | (!bus.req_write).repeat(4);
        let access = cat(&[word, bus.req_write, bytes, bus.req_wdata]);
        let ends = (wbm.cyc_o & (wbm.ack_i | wbm.err_i)).named("ends");
        let push = (bus.req_valid, access);
        let queue = FifoPorts::connect(m, "queue", &queue, push, ends, lit(0, Bit));
        bus.req_ready.drive(queue.push_ready);

        m.section("The access at hand");
        wbm.cyc_o.drive(queue.pop_valid);
        wbm.stb_o.drive(queue.pop_valid);
        wbm.adr_o.drive(cat(&[queue.pop_data.bits(66, 37), zero(U(2))]));
        wbm.we_o.drive(queue.pop_data.bit(36));
        wbm.sel_o.drive(queue.pop_data.bits(35, 32));
        wbm.dat_o.drive(queue.pop_data.bits(31, 0));
        bus.rsp_valid.drive(ends);
        bus.rsp_rdata.drive(wbm.dat_i);
        bus.rsp_error.drive(wbm.err_i);

        m.assume("it_ends_in_one_way", !(wbm.ack_i & wbm.err_i));
        m.cover("slave_waits", wbm.stb_o & !(wbm.ack_i | wbm.err_i));
        m.cover("next_is_there", ends & !queue.push_ready);
    })
}

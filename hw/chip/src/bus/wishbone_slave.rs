//! A host's accesses by Wishbone.

use systole_hdl::prelude::*;

use super::buses::WishboneSlave;
use crate::soc::bus::DataBus;

/// Module `wishbone_slave`: classic cycles of Wishbone B4 from `wbs_*` on `bus_*`. An access that
/// the master gives up after it was taken is carried out, and its answer dropped.
pub fn wishbone_slave(address_bits: u32) -> Module {
    module("wishbone_slave", |m| {
        m.doc("Accesses from classic cycles of Wishbone B4.");
        let wbs = WishboneSlave::sink(m, "wbs", address_bits);
        let bus = DataBus::source(m, "bus", address_bits);

        m.section("Request");
        let asks = (wbs.cyc_i & wbs.stb_i).named("asks");
        let sent = m.reg("sent", Bit).reset(0).doc("the answer is due");
        let given_up = m.reg("given_up", Bit).reset(0).doc("by the master");
        wbs.adr_i.bits(1, 0).unused();
        bus.req_valid.drive(asks & !sent);
        bus.req_address.drive(cat(&[wbs.adr_i.bits(address_bits - 1, 2), zero(U(2))]));
        bus.req_write.drive(wbs.we_i);
        bus.req_wdata.drive(wbs.dat_i);
        bus.req_wstrb.drive(wbs.sel_i & wbs.we_i.repeat(4));

        m.section("Answer");
        let answered = (sent & bus.rsp_valid).named("answered");
        m.clocked(|| {
            when(bus.req_valid & bus.req_ready, || {
                sent.set(1);
                given_up.set(0);
            });
            when(answered, || sent.set(0));
            when(sent & !asks, || given_up.set(1));
        });
        let ends = (answered & asks & !given_up).named("ends");
        wbs.ack_o.drive(ends & !bus.rsp_error);
        wbs.err_o.drive(ends & bus.rsp_error);
        wbs.dat_o.drive(bus.rsp_rdata);

        m.assume("answers_have_requests", !bus.rsp_valid | sent);
        m.check("ends_only_what_is_asked", !(wbs.ack_o | wbs.err_o) | asks);
        m.cover("fails", wbs.err_o);
    })
}

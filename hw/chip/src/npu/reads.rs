//! The read channels of the external bus, shared by descriptor fetch and LOAD.

use systole_hdl::prelude::*;

use super::bus_window::inside_window;
use super::shape::Shape;
use crate::blocks::{FifoPorts, fifo};
use crate::config::NpuConfig;

/// Arbitrates read requests (fetch first), remembers the order of the bursts under way and hands
/// each beat to its owner.
///
/// A request is an address and a burst length (`beats` minus 1). Fetch takes its beats at once;
/// LOAD may hold its beats back, which holds the bus back. A request outside the bus window is not
/// sent: its beats come from here, with an error, when all earlier ones are answered.
pub fn reads(config: &NpuConfig) -> Module {
    let shape = Shape::of(config);
    let fetch_length = u64::from(shape.descriptor_beats() - 1);
    let order = fifo("npu_read_order", config.outstanding_bursts, U(6));
    let beat = U(config.bus_bits + 2);
    let slice = fifo("npu_read_slice", 2, beat);
    module("npu_reads", |m| {
        m.doc("Read arbiter: AR and R channels.");
        let fetch_valid = m.input("fetch_request_valid", Bit);
        let fetch_address = m.input("fetch_request_address", U(32));
        let load_valid = m.input("load_request_valid", Bit);
        let load_address = m.input("load_request_address", U(32));
        let load_length = m.input("load_request_length", U(4)).doc("beats minus 1");
        let load_beat_ready = m.input("load_beat_ready", Bit);

        m.section("Requests");
        let arready = m.input("m_axi_arready", Bit);
        let arvalid = m.output_reg("m_axi_arvalid", Bit).reset(0);
        let araddr = m.output_reg("m_axi_araddr", U(32));
        let arlen = m.output_reg("m_axi_arlen", U(8));
        let order_room = m.wire("order_room", Bit);
        let slot = ((!arvalid | arready) & order_room).named("request_slot");
        m.output("fetch_request_ready", slot);
        m.output("load_request_ready", slot & !fetch_valid);
        let request = (slot & (fetch_valid | load_valid)).named("request");
        let address = fetch_valid.mux(fetch_address, load_address).named("request_address");
        let length = fetch_valid.mux(lit(fetch_length, U(4)), load_length).named("request_length");
        let inside = inside_window(m, address);
        m.clocked(|| {
            when(arready, || arvalid.set(0));
            when(request & inside, || {
                arvalid.set(1);
                araddr.set(address);
                arlen.set(length.ext(8));
            });
        });

        m.section("Answers");
        let rvalid = m.input("m_axi_rvalid", Bit);
        let rdata = m.input("m_axi_rdata", U(config.bus_bits));
        let rresp = m.input("m_axi_rresp", U(2));
        let rlast = m.input("m_axi_rlast", Bit);
        let taken = m.wire("beat_taken", Bit);
        let refused = m.wire("refused", Bit).doc("the burst at hand was not sent");
        let never = lit(0, Bit);
        let answers = FifoPorts::connect(
            m,
            "slice",
            &slice,
            (rvalid, cat(&[rresp.bit(1), rlast, rdata])),
            taken & !refused,
            never,
        );
        let rready = m.output("m_axi_rready", answers.push_ready);
        m.output("beat_moves", rvalid & rready).doc("on the bus");
        let beat_data = answers.pop_data.bits(config.bus_bits - 1, 0);

        m.section("Order");
        let burst_over = m.wire("burst_over", Bit);
        let entry = cat(&[length, !inside, fetch_valid]);
        let owners = FifoPorts::connect(m, "order", &order, (request, entry), burst_over, never);
        order_room.drive(owners.push_ready);
        let for_fetch = owners.pop_data.bit(0).named("for_fetch");
        refused.drive(owners.pop_data.bit(1));
        let refused_beat = m.reg("refused_beat", U(4)).reset(0).doc("number of the next beat");
        m.clocked(|| {
            when(taken & refused, || refused_beat.set(refused_beat + 1));
            when(burst_over, || refused_beat.set(0));
        });
        let beat_error = refused | answers.pop_data.bit(config.bus_bits + 1);
        let beat_last = refused
            .mux(refused_beat.eq(owners.pop_data.bits(5, 2)), answers.pop_data.bit(config.bus_bits))
            .named("last_beat");
        let answered = (answers.pop_valid | refused).named("answered");
        let beat_valid = (answered & owners.pop_valid).named("beat_valid");
        taken.drive(beat_valid & (for_fetch | load_beat_ready));
        burst_over.drive(taken & beat_last);
        m.output("fetch_beat_valid", beat_valid & for_fetch);
        m.output("load_beat_valid", beat_valid & !for_fetch);
        m.output("beat_last", beat_last);
        m.output("beat_error", beat_error);
        m.output("beat_data", beat_data);
        m.check("answers_have_requests", !answers.pop_valid | owners.pop_valid);
    })
}

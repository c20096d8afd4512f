//! The registers of a sequential NPU, as the hart sees them.

use systole_hdl::prelude::*;

use super::microcode::registers::{self as place, HOST_BITS};
use crate::npu::registers::{ABORT, access_ok};

/// Module `npu_host_port`: the hart's accesses, served out of the sequencer's registers in a cycle in
/// which it leaves them alone (`slot`), and the status of the job.
///
/// Which registers those are says [`place`]. A doorbell holds accesses back until the sequencer
/// has read it and calls `release`; so does a reset.
pub fn host_port() -> Module {
    module("npu_host_port", |m| {
        m.doc("Memory-mapped registers.");
        let request_valid = m.input("reg_req_valid", Bit);
        let address = m.input("reg_req_address", U(13));
        let write = m.input("reg_req_write", Bit);
        let wdata = m.input("reg_req_wdata", U(32));
        let wstrb = m.input("reg_req_wstrb", U(4));
        let slot = m.input("slot", Bit).doc("the registers are free");
        let read_word = m.input("read_word", U(32)).doc("a cycle after the address");
        let cycles = m.input("cycles", U(32)).doc("of the job so far");
        let release = m.input("releases", Bit);
        let end = m.input("ends", Bit).doc("of the job");

        m.section("Decode");
        let held =
            m.output_reg("held", Bit).reset(1).doc("a doorbell or a reset is not served yet");
        let busy = m.reg("busy", Bit).reset(0);
        let window = address.bit(12);
        let access_ok = access_ok(address, write, wstrb);
        let ready = m.output("reg_req_ready", slot & !held);
        m.output("waits", request_valid & !held);
        let accepted = (request_valid & ready).named("accepted");
        let number = address.bits(6, 2);
        let windows = lit(place::WINDOW_BASE.number(), U(HOST_BITS));
        let index =
            window.mux(windows | address.bits(2, 2).ext(HOST_BITS), number).named("register_meant");
        let is = |offset: u32| !window & number.eq(u64::from(offset / 4));
        let is_clear = is(0x14).named("is_clear");

        m.section("Writes");
        let writes = (accepted & write & access_ok).named("writes");
        let when_idle = (is(0x10) | is_clear | window).named("only_when_idle");
        let kept = (writes & when_idle & !busy).named("kept");
        m.output("write", kept);
        let status = lit(place::STATUS.number(), U(HOST_BITS));
        m.output("index", (write & is_clear).mux(status, index));
        let keeps_low = (!is_clear & !window).named("keeps_low");
        let high = wdata.bits(31, 12) & (!is_clear).repeat(20);
        m.output("data", cat(&[high, wdata.bits(11, 0) & keeps_low.repeat(12)]));
        let doorbell = m.output("doorbell", kept & is(0x10));
        let interrupt_enable = m.reg("interrupt_enable", Bit).reset(0);
        let aborting = m.output_reg("aborting", Bit).reset(0).doc("the hart ends the job");
        let ended = m.reg("ended", Bit).reset(0).doc("done or error");
        m.clocked(|| {
            when(writes & is(0x0c), || interrupt_enable.set(wdata.bit(0)));
            when(writes & is(ABORT) & busy, || aborting.set(1));
            when(kept & !window, || ended.set(0));
            when(doorbell, || {
                busy.set(1);
                held.set(1);
                aborting.set(0);
            });
            when(end, || {
                busy.set(0);
                ended.set(1);
            });
            when(release, || held.set(0));
        });
        m.output("interrupt", interrupt_enable & ended);

        m.section("Answers");
        let response_valid = m.output_reg("reg_rsp_valid", Bit).reset(0);
        let response_error = m.output_reg("reg_rsp_error", Bit);
        let of_status = m.reg("of_status", Bit);
        let of_enable = m.reg("of_enable", Bit);
        let of_cycles = m.reg("of_cycles", Bit);
        m.clocked(|| {
            response_valid.set(accepted);
            response_error.set(!access_ok);
            of_status.set(is(0x08));
            of_enable.set(is(0x0c));
            of_cycles.set(is(0x24));
        });
        let hides = ((of_status & busy) | of_enable).named("hides");
        let low = (of_status & busy) | (of_enable & interrupt_enable);
        let word = (of_cycles & busy).named("counts").mux(cycles, read_word).named("word");
        let low = hides.mux(low, word.bit(0)).named("low_bit");
        let high = word.bits(31, 1) & (!hides).repeat(31);
        m.output("reg_rsp_rdata", cat(&[high, low]));
    })
}

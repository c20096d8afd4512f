//! Instruction fetch.

use systole_hdl::prelude::*;

use crate::core::RESET_VECTOR;

/// The fetch unit: asks for consecutive words ahead of their use and queues them.
///
/// At most `depth` words are asked for, under way or queued together, so that a response always
/// finds room. A redirect drops the queue and counts the responses still to come as stale; a
/// request that already waits on the bus stays there, and its response is stale too. A word that
/// arrives at an empty queue is offered in the same cycle.
pub fn fetch(depth: u32) -> Module {
    let count_bits = depth.ilog2() + 1;
    let pointer_bits = depth.ilog2();
    module("core_fetch", |m| {
        m.doc("Instruction fetch: requests ahead of use, a queue, and what to drop.");
        let redirect = m.input("redirect", Bit).doc("go on at redirect_target");
        let redirect_target = m.input("redirect_target", U(32));
        let take = m.input("take", Bit).doc("decode consumes the instruction");
        let ibus_req_ready = m.input("ibus_req_ready", Bit);
        let ibus_rsp_valid = m.input("ibus_rsp_valid", Bit);
        let ibus_rsp_rdata = m.input("ibus_rsp_rdata", U(32));
        let ibus_rsp_error = m.input("ibus_rsp_error", Bit);
        let ibus_req_valid = m.output_reg("ibus_req_valid", Bit).reset(0);
        let ibus_req_address = m.output_reg("ibus_req_address", U(32));

        m.section("Responses");
        let in_flight = m.reg("in_flight", U(count_bits)).reset(0).doc("responses to come");
        let stale = m.reg("stale", U(count_bits)).reset(0).doc("of these, to be dropped");
        let response_stale = (ibus_rsp_valid & stale.any()).named("response_stale");
        let response_fresh = (ibus_rsp_valid & !stale.any()).named("response_fresh");
        let in_flight_left = (in_flight - ibus_rsp_valid.ext(count_bits)).named("in_flight_left");

        m.section("Queue");
        let queue = m.memory("queue", depth, U(33));
        let queued = m.reg("queued", U(count_bits)).reset(0);
        let read_pointer = m.reg("read_pointer", U(pointer_bits)).reset(0);
        let write_pointer = m.reg("write_pointer", U(pointer_bits)).reset(0);
        let queue_empty = queued.eq(0).named("queue_empty");
        let response = cat(&[ibus_rsp_error, ibus_rsp_rdata]).named("response");
        let head = queue_empty.mux(response, queue.read(read_pointer)).named("head");
        let pop = (take & !queue_empty).named("pop");
        let passed_by = (take & queue_empty).named("passed_by");
        let push = (response_fresh & !passed_by).named("push");
        let queued_next =
            (queued + push.ext(count_bits) - pop.ext(count_bits)).named("queued_next");
        m.clocked(|| {
            when(push, || {
                queue.write(write_pointer, response);
                write_pointer.set(write_pointer + 1);
            });
            when(pop, || read_pointer.set(read_pointer + 1));
            queued.set(queued_next);
            when(redirect, || {
                queued.set(0);
                read_pointer.set(0);
                write_pointer.set(0);
            });
        });

        m.section("Requests");
        let fetch_pc = m.reg("fetch_pc", U(32)).reset(RESET_VECTOR);
        let issue_pc = redirect.mux(redirect_target, fetch_pc).named("issue_pc");
        let fetch_pc_increment = lit(4, U(32)).named("fetch_pc_increment");
        let queued_left = redirect.mux(0, queued_next).named("queued_left");
        let room = (in_flight_left + queued_left).lt(u64::from(depth)).named("room");
        let request_free = (!ibus_req_valid | ibus_req_ready).named("request_free");
        let issue = (room & request_free).named("issue");
        m.clocked(|| {
            fetch_pc.set(issue_pc);
            when(issue, || {
                ibus_req_valid.set(1);
                ibus_req_address.set(issue_pc);
                fetch_pc.set(issue_pc + fetch_pc_increment);
            })
            .or_when(ibus_req_ready, || ibus_req_valid.set(0));
            in_flight.set(in_flight_left + issue.ext(count_bits));
        });

        m.section("Flush");
        let flush_kill = redirect.named("flush_kill");
        m.clocked(|| {
            when(flush_kill, || stale.set(in_flight_left))
                .or_when(response_stale, || stale.set(stale - 1));
        });

        m.section("To decode");
        let instruction_pc = m.output_reg("instruction_pc", U(32)).reset(RESET_VECTOR);
        m.clocked(|| {
            when(redirect, || instruction_pc.set(redirect_target))
                .or_when(take, || instruction_pc.set(instruction_pc + 4));
        });
        m.output("instruction_valid", response_fresh | !queue_empty);
        m.output("instruction", head.bits(31, 0));
        m.output("instruction_fault", head.bit(32));

        m.section("Properties");
        m.check("response_was_asked_for", !ibus_rsp_valid | in_flight.any());
        m.check("take_only_valid", !take | response_fresh | !queue_empty);
        m.cover("queue_full", queued.eq(u64::from(depth)));
        m.cover("flush_while_request_waits", redirect & ibus_req_valid & !ibus_req_ready);
    })
}

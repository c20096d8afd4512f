//! Address decode and routing of the hart's data accesses.

use systole_hdl::prelude::*;

use super::bus::DataBus;
use super::map::{CLINT_ADDRESS_BITS, CLINT_BASE, NPU_ADDRESS_BITS, NPU_BASE};

/// Bits of the counter of accesses under way.
const PENDING_BITS: u32 = 3;

/// Module `data_interconnect`: sends each request of the `hart` to the `clint`, to the `npu`
/// registers, or, like every unmapped address, to `ram`, which answers those with an error.
/// Accesses of less than a word to a device are answered here, with an error.
///
/// Responses stay in order because a request for another target waits until nothing is under way.
pub fn data_interconnect() -> Module {
    module("data_interconnect", |m| {
        m.doc("Routes the hart's data accesses by address; responses stay in order.");
        let hart = DataBus::sink(m, "hart", 32);
        let partial = m.input("hart_req_partial", Bit).doc("less than a word");
        let ram = DataBus::source(m, "ram", 32);
        let clint = DataBus::source(m, "clint", CLINT_ADDRESS_BITS);
        let npu = DataBus::source(m, "npu", NPU_ADDRESS_BITS);

        m.section("Address decode");
        let within = |base: u32, bits: u32| hart.req_address.bits(31, bits).eq(base >> bits);
        let at_clint = within(CLINT_BASE, CLINT_ADDRESS_BITS).named("at_clint");
        let at_npu = within(NPU_BASE, NPU_ADDRESS_BITS).named("at_npu");
        let to_clint = (at_clint & !partial).named("to_clint");
        let to_npu = (at_npu & !partial).named("to_npu");
        let to_none = ((at_clint | at_npu) & partial).named("to_none");
        let to_ram = !(at_clint | at_npu);

        m.section("Order: one target at a time");
        let pending = m.reg("pending", U(PENDING_BITS)).reset(0).doc("accesses under way");
        let from_clint = m.reg("from_clint", Bit).doc("they are with the CLINT");
        let from_npu = m.reg("from_npu", Bit).doc("they are with the NPU");
        let from_none = m.reg("from_none", Bit).reset(0).doc("it is refused");
        let route = cat(&[to_clint, to_npu, to_none]).named("route");
        let same_target = route.eq(cat(&[from_clint, from_npu, from_none]));
        let idle = !pending.any();
        let may_send = (idle | (same_target & !pending.all())).named("may_send");
        let sent = (hart.req_valid & hart.req_ready).named("sent");
        m.clocked(|| {
            pending.set(pending + sent.ext(PENDING_BITS) - hart.rsp_valid.ext(PENDING_BITS));
            when(sent, || {
                from_clint.set(to_clint);
                from_npu.set(to_npu);
                from_none.set(to_none);
            });
        });

        m.section("Requests");
        let offered = (hart.req_valid & may_send).named("offered");
        for (target, chosen) in [(ram, to_ram), (clint, to_clint), (npu, to_npu)] {
            target.req_valid.drive(offered & chosen);
            target.req_address.drive(hart.req_address.resize(target.req_address.width()));
            target.req_write.drive(hart.req_write);
            target.req_wdata.drive(hart.req_wdata);
            target.req_wstrb.drive(hart.req_wstrb);
        }
        let device_ready = to_npu.mux(npu.req_ready, ram.req_ready);
        let target_ready = to_clint.mux(clint.req_ready, device_ready).named("target_ready");
        hart.req_ready.drive(may_send & (target_ready | to_none));

        m.section("Responses");
        let answer =
            |clint: Signal, npu: Signal, ram: Signal| from_clint.mux(clint, from_npu.mux(npu, ram));
        let refusal = (from_none & pending.any()).named("refusal");
        let rsp_valid = answer(clint.rsp_valid, npu.rsp_valid, ram.rsp_valid);
        hart.rsp_valid.drive(refusal | rsp_valid);
        hart.rsp_rdata.drive(answer(clint.rsp_rdata, npu.rsp_rdata, ram.rsp_rdata));
        hart.rsp_error.drive(refusal | answer(clint.rsp_error, npu.rsp_error, ram.rsp_error));

        let silent = |rsp_valid: Signal, route: Signal| !rsp_valid | (route & pending.any());
        m.check("clint_answers_in_turn", silent(clint.rsp_valid, from_clint));
        m.check("npu_answers_in_turn", silent(npu.rsp_valid, from_npu));
        let from_ram = !(from_clint | from_npu | from_none);
        m.assume("ram_answers_in_turn", silent(ram.rsp_valid, from_ram));
    })
}

#[cfg(test)]
mod tests;

//! A host beside the hart: what it reaches, and how the two share it.
//!
//! A host reaches the NPU's registers and the CLINT, which answer by themselves, and nothing else.
//! RAM it has to reach on the system's bus: if it came through the chip, an access could hold the
//! bus while the chip needs it to answer. For the same reason its accesses do not queue behind those
//! of the hart, which may be waiting for RAM.

use systole_hdl::prelude::*;

use super::bus::DataBus;
use super::interconnect::data_interconnect;
use super::map::{CLINT_ADDRESS_BITS, CLINT_BASE, NPU_ADDRESS_BITS, NPU_BASE};
use crate::blocks::turns::take_turns;

/// Address bits of what a host reaches: the NPU from 0 on, the CLINT in the upper half.
pub const ADDRESS_BITS: u32 = CLINT_ADDRESS_BITS + 1;

/// Module `host_routes`: accesses of the `host` to the NPU's registers, if there is one (from 0x0_0000
/// on), and to the CLINT (from 0x1_0000 on). Others, and writes of less than a word, are answered with
/// an error.
pub fn host_routes(has_npu: bool) -> Module {
    module("host_routes", |m| {
        m.doc("Routes a host's accesses to the NPU and the CLINT.");
        let host = DataBus::sink(m, "host", ADDRESS_BITS);
        let clint = DataBus::source(m, "clint", CLINT_ADDRESS_BITS);
        let npu = has_npu.then(|| DataBus::source(m, "npu", NPU_ADDRESS_BITS));

        m.section("The same routes as the hart's, at the addresses that the hart uses");
        let at_clint = host.req_address.bit(ADDRESS_BITS - 1);
        let high = |base: u32| lit(base >> CLINT_ADDRESS_BITS, U(32 - CLINT_ADDRESS_BITS));
        let base = at_clint.mux(high(CLINT_BASE), high(NPU_BASE));
        let offset = host.req_address.bits(CLINT_ADDRESS_BITS - 1, 0);
        let part_of_word = host.req_write & !host.req_wstrb.all();
        let routes = m.instance("routes", &data_interconnect(has_npu));
        DataBus { req_address: cat(&[base, offset]), ..host }.into_instance(&routes, "hart");
        routes.pin("hart_req_partial", part_of_word);
        DataBus::of_instance(&routes, "clint", CLINT_ADDRESS_BITS).connect_to(clint);
        if let Some(npu) = npu {
            DataBus::of_instance(&routes, "npu", NPU_ADDRESS_BITS).connect_to(npu);
        }

        m.section("There is no RAM");
        let ram = DataBus::of_instance(&routes, "ram", 32);
        let refused = m.reg("refused", Bit).reset(0);
        m.clocked(|| refused.set(ram.req_valid));
        ram.req_ready.drive(1);
        ram.rsp_valid.drive(refused);
        ram.rsp_rdata.drive(0);
        ram.rsp_error.drive(1);
        for ignored in [ram.req_address, ram.req_write, ram.req_wdata, ram.req_wstrb] {
            ignored.unused();
        }
    })
}

/// Module `name`: `hart` and `host` take turns at a `device` that takes a request in every cycle and
/// answers it in the next one.
pub fn device_arbiter(name: &str, address_bits: u32) -> Module {
    module(name, |m| {
        m.doc("Shares a device between hart and host.");
        let hart = DataBus::sink(m, "hart", address_bits);
        let host = DataBus::sink(m, "host", address_bits);
        let device = DataBus::source(m, "device", address_bits);

        m.section("Requests");
        let asks = (hart.req_valid | host.req_valid).named("asks");
        let [hart_may, host_may] = take_turns(m, "access", [hart.req_valid, host.req_valid], asks);
        let for_host = (host.req_valid & host_may).named("for_host");
        hart.req_ready.drive(hart_may);
        host.req_ready.drive(host_may);
        device.req_valid.drive(asks);
        for (to, of_host, of_hart) in [
            (device.req_address, host.req_address, hart.req_address),
            (device.req_write, host.req_write, hart.req_write),
            (device.req_wdata, host.req_wdata, hart.req_wdata),
            (device.req_wstrb, host.req_wstrb, hart.req_wstrb),
        ] {
            to.drive(for_host.mux(of_host, of_hart));
        }

        m.section("Responses");
        let to_host = m.reg("to_host", Bit);
        m.clocked(|| to_host.set(for_host));
        for (bus, chosen) in [(hart, !to_host), (host, to_host)] {
            bus.rsp_valid.drive(device.rsp_valid & chosen);
            bus.rsp_rdata.drive(device.rsp_rdata);
            bus.rsp_error.drive(device.rsp_error);
        }

        m.assume("device_is_always_ready", device.req_ready);
    })
}

#[cfg(test)]
mod tests;

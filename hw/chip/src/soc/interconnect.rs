//! Address decode and routing of the hart's data accesses.

use systole_hdl::prelude::*;

use super::bus::DataBus;
use super::map::{CLINT_ADDRESS_BITS, CLINT_BASE, NPU_ADDRESS_BITS, NPU_BASE};

/// Bits of the counter of accesses under way.
const PENDING_BITS: u32 = 3;

/// A device that the hart reaches: the prefix of its ports and where it lies.
pub struct Device {
    name: &'static str,
    base: u32,
    address_bits: u32,
}

/// The CLINT.
const CLINT: Device = Device { name: "clint", base: CLINT_BASE, address_bits: CLINT_ADDRESS_BITS };

/// The registers of the NPU.
const NPU: Device = Device { name: "npu", base: NPU_BASE, address_bits: NPU_ADDRESS_BITS };

/// Module `data_interconnect`: sends each request of the `hart` to the `clint`, to the `npu`
/// registers if there is one, or, like every unmapped address, to `ram`, which answers those with an
/// error. Accesses of less than a word to a device are answered here, with an error.
///
/// Responses stay in order because a request for another target waits until nothing is under way.
pub fn data_interconnect(has_npu: bool) -> Module {
    let devices = if has_npu { &[CLINT, NPU][..] } else { &[CLINT] };
    module("data_interconnect", |m| {
        m.doc("Routes the hart's data accesses by address; responses stay in order.");
        let hart = DataBus::sink(m, "hart", 32);
        let partial = m.input("hart_req_partial", Bit).doc("less than a word");
        let ram = DataBus::source(m, "ram", 32);
        let buses = each(devices, |device| DataBus::source(m, device.name, device.address_bits));

        m.section("Address decode");
        let at = each(devices, |device| {
            let address = hart.req_address.bits(31, device.address_bits);
            address.eq(device.base >> device.address_bits).named(format!("at_{}", device.name))
        });
        let to: Vec<Signal> = (devices.iter().zip(&at))
            .map(|(device, at)| (*at & !partial).named(format!("to_{}", device.name)))
            .collect();
        let at_any = any_of(&at);
        let to_none = (at_any & partial).named("to_none");

        m.section("Order: one target at a time");
        let pending = m.reg("pending", U(PENDING_BITS)).reset(0).doc("accesses under way");
        let from = each(devices, |device| {
            let name = device.name;
            m.reg(format!("from_{name}"), Bit)
                .doc(format!("they are with the {}", name.to_uppercase()))
        });
        let from_none = m.reg("from_none", Bit).reset(0).doc("it is refused");
        let routes = |devices: &[Signal], none: Signal| cat(&[devices, &[none]].concat());
        let route = routes(&to, to_none).named("route");
        let same_target = route.eq(routes(&from, from_none));
        let idle = !pending.any();
        let may_send = (idle | (same_target & !pending.all())).named("may_send");
        let sent = (hart.req_valid & hart.req_ready).named("sent");
        m.clocked(|| {
            pending.set(pending + sent.ext(PENDING_BITS) - hart.rsp_valid.ext(PENDING_BITS));
            when(sent, || {
                from.iter().zip(&to).for_each(|(from, to)| from.set(*to));
                from_none.set(to_none);
            });
        });

        m.section("Requests");
        let offered = (hart.req_valid & may_send).named("offered");
        let chosen = [!at_any].into_iter().chain(to.iter().copied());
        for (target, chosen) in [ram].iter().chain(&buses).zip(chosen) {
            target.req_valid.drive(offered & chosen);
            target.req_address.drive(hart.req_address.resize(target.req_address.width()));
            target.req_write.drive(hart.req_write);
            target.req_wdata.drive(hart.req_wdata);
            target.req_wstrb.drive(hart.req_wstrb);
        }
        let target_ready = choose(&to, &buses, ram, |bus| bus.req_ready).named("target_ready");
        hart.req_ready.drive(may_send & (target_ready | to_none));

        m.section("Responses");
        let answer = |part: fn(&DataBus) -> Signal| choose(&from, &buses, ram, part);
        let refusal = (from_none & pending.any()).named("refusal");
        hart.rsp_valid.drive(refusal | answer(|bus| bus.rsp_valid));
        hart.rsp_rdata.drive(answer(|bus| bus.rsp_rdata));
        hart.rsp_error.drive(refusal | answer(|bus| bus.rsp_error));

        let silent = |rsp_valid: Signal, route: Signal| !rsp_valid | (route & pending.any());
        for ((device, bus), from) in devices.iter().zip(&buses).zip(&from) {
            m.check(format!("{}_answers_in_turn", device.name), silent(bus.rsp_valid, *from));
        }
        let from_ram = !(any_of(&from) | from_none);
        m.assume("ram_answers_in_turn", silent(ram.rsp_valid, from_ram));
    })
}

/// Something for each device, in their order.
fn each<T>(devices: &[Device], make: impl Fn(&Device) -> T) -> Vec<T> {
    devices.iter().map(make).collect()
}

/// Whether one of them is 1.
fn any_of(signals: &[Signal]) -> Signal {
    signals.iter().copied().reduce(|any, one| any | one).expect("there is a device")
}

/// A part of the bus of the device whose signal in `chosen` is 1, of the RAM's if none is.
fn choose(
    chosen: &[Signal],
    buses: &[DataBus],
    ram: DataBus,
    part: fn(&DataBus) -> Signal,
) -> Signal {
    let devices = chosen.iter().zip(buses).rev();
    devices.fold(part(&ram), |others, (chosen, bus)| chosen.mux(part(bus), others))
}

#[cfg(test)]
mod tests;

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
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Target {
        Ram,
        Clint,
        Npu,
    }

    /// The target of a word access.
    fn expected_target(address: u64) -> Target {
        match address {
            0x0200_0000..=0x0200_ffff => Target::Clint,
            0x4000_0000..=0x4000_0fff => Target::Npu,
            _ => Target::Ram,
        }
    }

    /// A target that answers after a delay with a function of the address.
    struct Device {
        prefix: &'static str,
        under_way: VecDeque<(u64, u64)>,
    }

    impl Device {
        fn drive(&self, sim: &mut Interpreter, now: u64, ready: bool) {
            let due = self.under_way.front().filter(|(due, _)| *due <= now);
            let port = |name: &str| format!("{}_{name}", self.prefix);
            sim.set(&port("req_ready"), u64::from(ready));
            sim.set(&port("rsp_valid"), u64::from(due.is_some()));
            let address = due.map_or(0, |(_, address)| *address);
            sim.set(&port("rsp_rdata"), answer(address));
            sim.set(&port("rsp_error"), address >> 2 & 1);
        }

        fn observe(&mut self, sim: &Interpreter, now: u64, delay: u64) -> Option<u64> {
            let port = |name: &str| sim.get(&format!("{}_{name}", self.prefix));
            if self.under_way.front().is_some_and(|(due, _)| *due <= now) {
                self.under_way.pop_front();
            }
            let taken = port("req_valid") == 1 && port("req_ready") == 1;
            taken.then(|| {
                self.under_way.push_back((now + delay, port("req_address")));
                port("req_address")
            })
        }
    }

    /// What the hart waits for.
    enum Awaited {
        /// The answer of a target that got this address.
        Answer(u64),
        /// An error, whatever the data.
        Refusal,
    }

    fn answer(address: u64) -> u64 {
        address.wrapping_mul(0x9e37_79b1) & 0xffff_ffff
    }

    /// A small reproducible random generator (xorshift).
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    const ADDRESSES: [u64; 9] = [
        0x8000_0000,
        0x8000_0004,
        0x0200_0000,
        0x0200_bffc,
        0x0201_0000,
        0x01ff_fffc,
        0x4000_0000,
        0x4000_0ffc,
        0x4000_1000,
    ];

    #[test]
    fn random_traffic_reaches_its_target_and_is_answered_in_order() {
        let mut sim = Interpreter::new(&check(&data_interconnect()).unwrap());
        sim.reset();
        let device = |prefix| Device { prefix, under_way: VecDeque::new() };
        let mut devices = [device("ram"), device("clint"), device("npu")];
        let mut seed = 0x1234_5678_9abc_def1;
        let mut offered: Option<(u64, bool)> = None;
        let mut awaited: VecDeque<Awaited> = VecDeque::new();
        let (mut answered, mut back_to_back) = (0, 0);
        for now in 0..20_000 {
            let slow = now % 2000 < 1000;
            if offered.is_none() && (!slow || random(&mut seed) % 2 == 0) {
                let address = ADDRESSES[(random(&mut seed) % 9) as usize];
                offered = Some((address, random(&mut seed) % 4 == 0));
            }
            sim.set("hart_req_valid", u64::from(offered.is_some()));
            sim.set("hart_req_address", offered.map_or(0, |(address, _)| address));
            sim.set("hart_req_partial", u64::from(offered.is_some_and(|(_, partial)| partial)));
            for device in &devices {
                let ready = !slow || random(&mut seed) % 3 > 0;
                device.drive(&mut sim, now, ready);
            }
            let taken = offered.is_some() && sim.get("hart_req_ready") == 1;
            if sim.get("hart_rsp_valid") == 1 {
                let (error, data) = match awaited.pop_front().expect("nobody asked") {
                    Awaited::Refusal => (1, None),
                    Awaited::Answer(local) => (local >> 2 & 1, Some(answer(local))),
                };
                assert_eq!(sim.get("hart_rsp_error"), error);
                assert!(data.is_none_or(|data| data == sim.get("hart_rsp_rdata")));
                answered += 1;
            }
            let mut reached = false;
            for (device, target) in
                devices.iter_mut().zip([Target::Ram, Target::Clint, Target::Npu])
            {
                let delay = if slow { 1 + random(&mut seed) % 5 } else { 1 };
                if let Some(local) = device.observe(&sim, now, delay) {
                    let (full, partial) = offered.expect("nothing was offered");
                    assert!(taken && (target == Target::Ram || !partial), "{full:#x}");
                    assert_eq!(target, expected_target(full), "{full:#x}");
                    back_to_back += u64::from(!awaited.is_empty());
                    awaited.push_back(Awaited::Answer(local));
                    reached = true;
                }
            }
            if taken && !reached {
                let (full, partial) = offered.expect("it was taken");
                assert!(partial && expected_target(full) != Target::Ram, "{full:#x}");
                awaited.push_back(Awaited::Refusal);
            }
            if taken {
                offered = None;
            }
            sim.step();
        }
        assert!(answered > 5000 && back_to_back > 500, "{answered} {back_to_back}");
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }

    #[test]
    fn a_stream_of_ram_accesses_takes_one_cycle_each() {
        let mut sim = Interpreter::new(&check(&data_interconnect()).unwrap());
        sim.reset();
        sim.set("hart_req_valid", 1);
        sim.set("hart_req_address", 0x8000_0000);
        sim.set("ram_req_ready", 1);
        for cycle in 0..20 {
            sim.set("ram_rsp_valid", u64::from(cycle > 0));
            assert_eq!(sim.get("hart_req_ready"), 1, "cycle {cycle}");
            sim.step();
        }
    }
}

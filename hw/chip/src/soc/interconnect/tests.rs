//! Random traffic against targets of random speed.

use std::collections::VecDeque;

use super::*;

/// Addresses around the edges of each target.
const ADDRESSES: [u64; 13] = [
    0x8000_0000,
    0x8000_0004,
    0x0200_0000,
    0x0200_bffc,
    0x0201_0000,
    0x01ff_fffc,
    0x3fff_fffc,
    0x4000_0000,
    0x4000_0ffc,
    0x4000_1000,
    0x4000_1ffc,
    0x4000_2000,
    0xffff_fffc,
];

/// The port prefix of the target that the manual's memory map gives a word access.
fn expected_target(address: u64, has_npu: bool) -> &'static str {
    match address {
        0x0200_0000..=0x0200_ffff => "clint",
        0x4000_0000..=0x4000_1fff if has_npu => "npu",
        _ => "ram",
    }
}

/// What a target answers to an address.
fn answer(address: u64) -> u64 {
    address.wrapping_mul(0x9e37_79b1) & 0xffff_ffff
}

/// Whether it answers with an error.
fn fails(address: u64) -> bool {
    address & 4 != 0
}

/// A small reproducible random generator (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

/// A target that answers after a delay.
struct Device {
    prefix: &'static str,
    /// When each answer is due and the address it is for.
    under_way: VecDeque<(u64, u64)>,
}

impl Device {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, under_way: VecDeque::new() }
    }

    fn due(&self, now: u64) -> Option<u64> {
        self.under_way.front().filter(|(due, _)| *due <= now).map(|(_, address)| *address)
    }

    fn drive(&self, sim: &mut Interpreter, now: u64, ready: bool) {
        let due = self.due(now);
        let address = due.unwrap_or(0);
        let mut set = |name: &str, value| sim.set(&format!("{}_{name}", self.prefix), value);
        set("req_ready", u64::from(ready));
        set("rsp_valid", u64::from(due.is_some()));
        set("rsp_rdata", answer(address));
        set("rsp_error", u64::from(fails(address)));
    }

    /// Takes this cycle's request, if there is one, and returns its address.
    fn observe(&mut self, sim: &Interpreter, now: u64, delay: u64) -> Option<u64> {
        let get = |name: &str| sim.get(&format!("{}_{name}", self.prefix));
        if self.due(now).is_some() {
            self.under_way.pop_front();
        }
        let taken = get("req_valid") == 1 && get("req_ready") == 1;
        taken.then(|| {
            self.under_way.push_back((now + delay, get("req_address")));
            get("req_address")
        })
    }
}

/// An access that the hart offers.
#[derive(Clone, Copy)]
struct Access {
    address: u64,
    partial: bool,
}

impl Access {
    fn random(random: &mut Random) -> Self {
        let address = ADDRESSES[random.below(ADDRESSES.len() as u64) as usize];
        Self { address, partial: random.one_in(4) }
    }

    fn is_refused(self, has_npu: bool) -> bool {
        self.partial && expected_target(self.address, has_npu) != "ram"
    }
}

/// What the hart waits for.
enum Awaited {
    /// The answer of a target that got this address.
    Answer(u64),
    /// An error, whatever the data.
    Refusal,
}

struct Bench {
    sim: Interpreter,
    has_npu: bool,
    devices: Vec<Device>,
    random: Random,
    offered: Option<Access>,
    awaited: VecDeque<Awaited>,
    answered: u64,
    back_to_back: u64,
}

impl Bench {
    fn new(has_npu: bool) -> Self {
        let mut sim = Interpreter::new(&check(&data_interconnect(has_npu)).unwrap());
        let devices = ["ram", "clint"].into_iter().chain(has_npu.then_some("npu"));
        sim.reset();
        Self {
            sim,
            has_npu,
            devices: devices.map(Device::new).collect(),
            random: Random(0x1234_5678_9abc_def1),
            offered: None,
            awaited: VecDeque::new(),
            answered: 0,
            back_to_back: 0,
        }
    }

    fn cycle(&mut self, now: u64, slow: bool) {
        self.offer(slow);
        for device in &self.devices {
            device.drive(&mut self.sim, now, !slow || !self.random.one_in(3));
        }
        self.take_response();
        self.follow_request(now, slow);
        self.sim.step();
    }

    fn offer(&mut self, slow: bool) {
        if self.offered.is_none() && (!slow || self.random.one_in(2)) {
            self.offered = Some(Access::random(&mut self.random));
        }
        let access = self.offered.unwrap_or(Access { address: 0, partial: false });
        self.sim.set("hart_req_valid", u64::from(self.offered.is_some()));
        self.sim.set("hart_req_address", access.address);
        self.sim.set("hart_req_partial", u64::from(access.partial));
    }

    fn take_response(&mut self) {
        if self.sim.get("hart_rsp_valid") == 0 {
            return;
        }
        let error = self.sim.get("hart_rsp_error") == 1;
        match self.awaited.pop_front().expect("nobody asked") {
            Awaited::Refusal => assert!(error),
            Awaited::Answer(local) => {
                assert_eq!(error, fails(local));
                assert_eq!(self.sim.get("hart_rsp_rdata"), answer(local));
            }
        }
        self.answered += 1;
    }

    /// The request reaches its target, and no other, in the cycle in which it is taken.
    fn follow_request(&mut self, now: u64, slow: bool) {
        let taken = self.offered.is_some() && self.sim.get("hart_req_ready") == 1;
        let mut reached = Vec::new();
        for device in &mut self.devices {
            let delay = if slow { 1 + self.random.below(5) } else { 1 };
            if let Some(local) = device.observe(&self.sim, now, delay) {
                reached.push((device.prefix, local));
            }
        }
        if !taken {
            return assert!(reached.is_empty(), "{reached:x?}");
        }
        let Some(access) = self.offered.take() else { return };
        self.back_to_back += u64::from(!self.awaited.is_empty());
        if access.is_refused(self.has_npu) {
            assert!(reached.is_empty(), "{reached:x?}");
            self.awaited.push_back(Awaited::Refusal);
        } else {
            let [(target, local)] = reached[..] else { panic!("{reached:x?}") };
            let expected = expected_target(access.address, self.has_npu);
            assert_eq!(target, expected, "{:#x}", access.address);
            self.awaited.push_back(Awaited::Answer(local));
        }
    }
}

#[test]
fn random_traffic_reaches_its_target_and_is_answered_in_order() {
    for has_npu in [true, false] {
        let mut bench = Bench::new(has_npu);
        for now in 0..20_000 {
            bench.cycle(now, now % 2000 < 1000);
        }
        let (answered, back_to_back) = (bench.answered, bench.back_to_back);
        assert!(answered > 5000 && back_to_back > 500, "{answered} {back_to_back}");
        assert!(bench.sim.failed().is_empty(), "{:?}", bench.sim.failed());
    }
}

#[test]
fn a_stream_of_ram_accesses_takes_one_cycle_each() {
    let mut sim = Interpreter::new(&check(&data_interconnect(true)).unwrap());
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

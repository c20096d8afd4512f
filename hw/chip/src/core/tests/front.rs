//! The front end of the fast pipeline: its queues under random traffic.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::machine::Random;
use crate::core::RESET_VECTOR;
use crate::core::fast::{fetch, window};

fn start(module: &Module) -> Interpreter {
    let mut sim = Interpreter::new(&check(module).unwrap_or_else(|errors| panic!("{errors}")));
    sim.reset();
    sim
}

/// What leaves the window is what entered, in order, two at a time at most.
#[test]
fn the_window_is_a_queue() {
    let mut sim = start(&window(8));
    let mut random = Random(1);
    let mut held: VecDeque<u64> = VecDeque::new();
    let mut full = 0;
    for _ in 0..5000 {
        assert_eq!(sim.get("ready"), u64::from(held.len() <= 2));
        for (name, place) in [("first", 0), ("second", 1)] {
            assert_eq!(sim.get(&format!("{name}_valid")), u64::from(held.len() > place));
            if let Some(&entry) = held.get(place) {
                assert_eq!(sim.get(name), entry);
            }
        }
        let leave = random.below(3).min(held.len() as u32);
        let enter = if held.len() <= 2 { random.below(3) } else { 0 };
        let flush = random.below(20) == 0;
        sim.set("flush", u64::from(flush));
        for (count, kind) in [(leave, "leave"), (enter, "enter")] {
            sim.set(&format!("{kind}_first"), u64::from(count > 0));
            sim.set(&format!("{kind}_second"), u64::from(count > 1));
        }
        let entering = [random.below(256), random.below(256)].map(u64::from);
        sim.set("first_in", entering[0]);
        sim.set("second_in", entering[1]);
        sim.step();
        held.drain(..leave as usize);
        held.extend(&entering[..enter as usize]);
        full += u32::from(held.len() == 4);
        if flush {
            held.clear();
        }
    }
    assert!(full > 100 && sim.failed().is_empty(), "{full} {:?}", sim.failed());
}

/// A memory whose words are their own addresses, with random readiness and latency.
#[derive(Default)]
struct Memory {
    under_way: VecDeque<u64>,
}

impl Memory {
    /// Drives the bus for a cycle; says whether it takes a request.
    fn drive(&mut self, sim: &mut Interpreter, random: &mut Random) -> bool {
        let answer = if random.below(3) > 0 { self.under_way.pop_front() } else { None };
        sim.set("ibus_rsp_valid", u64::from(answer.is_some()));
        sim.set("ibus_rsp_rdata", answer.map_or(0, |address| address << 32 | address));
        sim.set("ibus_rsp_error", 0);
        let ready = random.below(3) > 0;
        sim.set("ibus_req_ready", u64::from(ready));
        if ready && sim.get("ibus_req_valid") == 1 {
            self.under_way.push_back(sim.get("ibus_req_address"));
        }
        ready
    }
}

/// Groups come in the order of the addresses, from the latest redirect or forecast on, whatever the
/// memory does; a request that waits keeps its address.
#[test]
fn fetch_follows_redirects_and_forecasts() {
    for depth in [2, 4, 8] {
        let mut sim = start(&fetch(depth));
        let (mut random, mut memory) = (Random(u64::from(depth)), Memory::default());
        let mut expected = RESET_VECTOR;
        let (mut groups, mut waiting) = (0, None);
        for _ in 0..8000 {
            // The address decides what is forecast, so that the test knows it again.
            let request = sim.get("request_pc");
            let target = forecast(request);
            sim.set("forecast_hit", u64::from(target.is_some()));
            sim.set("forecast_taken", u64::from(target.is_some()));
            sim.set("forecast_target", target.unwrap_or(0));
            for (name, value) in
                [("forecast_position", 3), ("forecast_counter", 2), ("forecast_denied", 0)]
            {
                sim.set(name, value);
            }
            let redirect = (random.below(12) == 0).then(|| u64::from(random.next() & 0xffe));
            sim.set("redirect", u64::from(redirect.is_some()));
            sim.set("redirect_target", redirect.unwrap_or(0));
            let ready = memory.drive(&mut sim, &mut random);
            let asks = sim.get("ibus_req_valid") == 1;
            if let Some(address) = waiting {
                assert_eq!((asks, sim.get("ibus_req_address")), (true, address));
            }
            waiting = (asks && !ready).then(|| sim.get("ibus_req_address"));
            let pop = sim.get("group_valid") == 1 && random.below(4) > 0;
            sim.set("pop", u64::from(pop));
            if pop && redirect.is_none() {
                assert_eq!(sim.get("group_words") & 0xffff_ffff, expected & !7, "depth {depth}");
                expected = forecast(expected).unwrap_or((expected & !7) + 8);
                groups += 1;
            }
            sim.step();
            expected = redirect.unwrap_or(expected);
        }
        assert!(groups > 500 && sim.failed().is_empty(), "{groups} {:?}", sim.failed());
    }
}

/// A forecast for some addresses.
fn forecast(pc: u64) -> Option<u64> {
    (pc >> 3 & 3 == 1).then_some((pc * 5 + 40) & 0xffe)
}

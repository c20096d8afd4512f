//! The fetch unit under random stalls and redirects.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::machine::Random;
use crate::core::RESET_VECTOR;
use crate::core::compact::fetch;

/// The word at an address, as the test's memory holds it.
fn word_at(address: u64) -> u64 {
    (address.wrapping_mul(0x9e37_79b1) ^ 0x5555) & 0xffff_ffff
}

/// Whether a fetch from there is a bus error.
fn is_broken(address: u64) -> bool {
    address.is_multiple_of(28)
}

/// What is delivered is exactly the program order, whatever the bus and decode do.
#[test]
fn delivers_program_order_through_stalls_and_redirects() {
    for depth in [2u32, 4, 8] {
        let design = check(&fetch(depth)).unwrap_or_else(|errors| panic!("{errors}"));
        for seed in 0..20 {
            let mut sim = Interpreter::new(&design);
            sim.reset();
            let delivered = run(&mut sim, depth, seed);
            assert!(delivered > 50, "only {delivered} instructions in 3000 cycles");
        }
    }
}

fn run(sim: &mut Interpreter, depth: u32, seed: u64) -> u32 {
    let mut random = Random(seed);
    let (ready_rate, take_rate) = (2 + random.below(15), 2 + random.below(15));
    let (latency, redirect_rate) = (random.below(8), random.below(4));
    let mut expected = RESET_VECTOR;
    let mut pending: VecDeque<(u32, u64)> = VecDeque::new();
    let mut waiting = None;
    let mut delivered = 0;
    for cycle in 0..3000 {
        let due = pending.front().is_some_and(|&(when, _)| when <= cycle);
        let response = if due { pending.pop_front() } else { None };
        let address = response.map_or(0, |(_, address)| address);
        sim.set("ibus_rsp_valid", u64::from(response.is_some()));
        sim.set("ibus_rsp_rdata", word_at(address));
        sim.set("ibus_rsp_error", u64::from(is_broken(address)));
        let ready = random.below(16) < ready_rate;
        sim.set("ibus_req_ready", u64::from(ready));

        let redirect = random.below(40) < redirect_rate;
        let target = RESET_VECTOR + 4 * u64::from(random.below(1000));
        sim.set("redirect", u64::from(redirect));
        sim.set("redirect_target", target);
        sim.set("take", 0);
        let take = !redirect && sim.get("instruction_valid") == 1 && random.below(16) < take_rate;
        sim.set("take", u64::from(take));
        if take {
            assert_eq!(sim.get("instruction_pc"), expected);
            assert_eq!(sim.get("instruction_fault"), u64::from(is_broken(expected)));
            assert_eq!(sim.get("instruction"), word_at(expected), "at {expected:#x}");
            expected += 4;
            delivered += 1;
        }
        if redirect {
            expected = target;
        }

        let request = sim.get("ibus_req_valid") == 1;
        let address = sim.get("ibus_req_address");
        if let Some(waiting) = waiting.take() {
            assert!(request && address == waiting, "a waiting request must stay");
        }
        if request && ready {
            let when =
                (cycle + 1 + random.below(latency + 1)).max(pending.back().map_or(0, |p| p.0));
            pending.push_back((when, address));
            assert!(pending.len() <= depth as usize, "more under way than there is room for");
        } else if request {
            waiting = Some(address);
        }
        sim.step();
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }
    delivered
}

/// With an ideal bus one instruction a cycle comes through, even with the smallest queue.
#[test]
fn keeps_up_with_an_ideal_bus() {
    for depth in [2, 4, 8] {
        let design = check(&fetch(depth)).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sim = Interpreter::new(&design);
        sim.reset();
        sim.set("ibus_req_ready", 1);
        let mut requested = None;
        let mut delivered = 0;
        for _ in 0..100 {
            sim.set("ibus_rsp_valid", u64::from(requested.is_some()));
            sim.set("ibus_rsp_rdata", requested.map_or(0, word_at));
            let valid = sim.get("instruction_valid");
            sim.set("take", valid);
            delivered += valid;
            requested = (sim.get("ibus_req_valid") == 1).then(|| sim.get("ibus_req_address"));
            sim.step();
        }
        assert_eq!(delivered, 98, "depth {depth}");
    }
}

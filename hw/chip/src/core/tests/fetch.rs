//! The fetch unit under random stalls and redirects.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use super::machine::{Random, base, full};
use crate::config::{CoreConfig, Multiplier};
use crate::core::RESET_VECTOR;
use crate::core::compact::fetch;

/// The word at an address, as the test's memory holds it; about half of the halfwords begin a
/// long instruction.
fn word_at(address: u64) -> u64 {
    let hash = (address >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let long = |bit: u64| if hash >> bit & 1 == 1 { 3 } else { 0 };
    hash >> 24 & 0xffff_ffff | long(20) | long(21) << 16
}

fn half_at(address: u64) -> u64 {
    word_at(address & !3) >> (8 * (address & 2)) & 0xffff
}

/// Whether a fetch from the word there is a bus error, where there are any.
fn is_broken(address: u64) -> bool {
    (address & !3).is_multiple_of(28)
}

/// Whether it is denied, with PMP.
fn is_denied(address: u64) -> bool {
    (address & !3).is_multiple_of(44)
}

/// What the unit should offer at a pc.
#[derive(Debug, PartialEq)]
struct Offer {
    fault: bool,
    fault_second: bool,
    /// Halfwords that matter.
    halves: u64,
    next_pc: u64,
}

fn expected(config: &CoreConfig, faults: bool, pc: u64) -> Offer {
    let fails = |a: u64| faults && (is_broken(a) || config.pmp_regions > 0 && is_denied(a));
    if !config.compressed {
        return Offer {
            fault: fails(pc),
            fault_second: false,
            halves: word_at(pc),
            next_pc: pc + 4,
        };
    }
    let first = half_at(pc);
    let long = first & 3 == 3;
    let fault_second = !fails(pc) && long && fails(pc + 2);
    let halves = if long { first | half_at(pc + 2) << 16 } else { first };
    let next_pc = pc + if long && !fault_second { 4 } else { 2 };
    Offer { fault: fails(pc) || fault_second, fault_second, halves, next_pc }
}

/// What is forecast of a word: whether it is taken, its counter and the word of its target.
fn forecast(word: u64) -> (bool, u64, u64) {
    let hash = word.wrapping_mul(0xd1b5_4a32_d192_ed03) >> 20;
    (hash & 7 == 0, hash >> 3 & 3, (RESET_VECTOR >> 2) + (hash >> 5) % 1000)
}

fn configurations() -> Vec<CoreConfig> {
    let plain = base(2, Multiplier::Fast);
    let mut configurations = Vec::new();
    for fetch_depth in [2, 4, 8] {
        configurations.push(CoreConfig { fetch_depth, ..plain.clone() });
        configurations.push(CoreConfig { fetch_depth, compressed: true, ..plain.clone() });
        configurations.push(CoreConfig { fetch_depth, ..full() });
        configurations.push(CoreConfig { fetch_depth, branch_targets: 16, ..plain.clone() });
        let protected = CoreConfig { compressed: false, branch_targets: 16, ..full() };
        configurations.push(CoreConfig { fetch_depth, ..protected });
    }
    configurations
}

/// The unit with a memory.
struct Bench {
    sim: Interpreter,
    config: CoreConfig,
    random: Random,
    pending: VecDeque<(u32, u64)>,
    waiting: Option<u64>,
    cycle: u32,
    /// Some fetches fail.
    faults: bool,
}

impl Bench {
    fn new(config: &CoreConfig, seed: u64, faults: bool) -> Self {
        let design = check(&fetch(config)).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sim = Interpreter::new(&design);
        sim.reset();
        let (config, random) = (config.clone(), Random(seed));
        Self { sim, config, random, pending: VecDeque::new(), waiting: None, cycle: 0, faults }
    }

    /// Presents the response that is due.
    fn respond(&mut self) {
        let due = self.pending.front().is_some_and(|&(when, _)| when <= self.cycle);
        let response = if due { self.pending.pop_front() } else { None };
        let address = response.map_or(0, |(_, address)| address);
        self.sim.set("ibus_rsp_valid", u64::from(response.is_some()));
        self.sim.set("ibus_rsp_rdata", word_at(address));
        self.sim.set("ibus_rsp_error", u64::from(self.faults && is_broken(address)));
        self.sim.set("take", 0);
        if self.config.branch_targets > 0 {
            let (taken, counter, target) = forecast(self.sim.get("lookup_word"));
            self.sim.set("forecast_taken", u64::from(taken));
            self.sim.set("forecast_counter", counter);
            self.sim.set("forecast_target", target);
        }
        if self.config.pmp_regions > 0 {
            let denied = self.faults && is_denied(self.sim.get("word_address"));
            self.sim.set("denied", u64::from(denied));
        }
    }

    /// Redirects to `target`, or does not: by the early or the late redirect or by both, where the
    /// late one counts.
    fn redirect(&mut self, redirect: bool, target: u64) {
        let (early, late) = match self.random.below(3) {
            0 => (true, false),
            1 => (false, true),
            _ => (true, true),
        };
        self.sim.set("redirect", u64::from(redirect && early));
        self.sim.set("redirect_target", if late { target ^ 0x40 } else { target });
        self.sim.set("late_redirect", u64::from(redirect && late));
        self.sim.set("late_target", if late { target } else { target ^ 0x80 });
    }

    /// Where fetch is behind what was offered at `pc`.
    fn behind(&self, pc: u64, offer: &Offer) -> u64 {
        let (taken, _, target) = forecast(pc >> 2);
        if self.config.branch_targets > 0 && taken { target << 2 } else { offer.next_pc }
    }

    /// What is offered at `pc`, if anything, after checking it.
    fn offered(&self, pc: u64) -> Option<Offer> {
        if self.sim.get("instruction_valid") == 0 {
            return None;
        }
        assert_eq!(self.sim.get("pc"), pc);
        let mut wanted = expected(&self.config, self.faults, pc);
        let second = self.config.compressed && self.sim.get("fault_second") == 1;
        let halves = self.sim.get("halves");
        let short = self.config.compressed && halves & 3 != 3;
        let found = Offer {
            fault: self.sim.get("fault") == 1,
            fault_second: second,
            halves: if short { halves & 0xffff } else { halves },
            next_pc: self.sim.get("next_pc"),
        };
        if wanted.fault {
            // Of a fault only the address of the half matters.
            wanted.halves = found.halves;
            if !wanted.fault_second {
                wanted.next_pc = found.next_pc;
            }
        }
        assert_eq!(found, wanted, "at {pc:#x}");
        if self.config.branch_targets > 0 {
            let (taken, counter, _) = forecast(pc >> 2);
            assert_eq!(self.sim.get("taken") == 1, taken, "at {pc:#x}");
            assert_eq!(self.sim.get("counter"), counter, "at {pc:#x}");
        }
        Some(found)
    }

    /// The request channel, and the clock edge.
    fn request(&mut self, ready: bool, latency: u32) {
        self.sim.set("ibus_req_ready", u64::from(ready));
        let request = self.sim.get("ibus_req_valid") == 1;
        let address = self.sim.get("ibus_req_address");
        if let Some(waiting) = self.waiting.take() {
            assert!(request && address == waiting, "a waiting request must stay");
        }
        if request && ready {
            let last = self.pending.back().map_or(0, |p| p.0);
            let when = (self.cycle + 1 + self.random.below(latency + 1)).max(last);
            self.pending.push_back((when, address));
            let depth = self.config.fetch_depth as usize;
            assert!(self.pending.len() <= depth, "more under way than there is room for");
        } else if request {
            self.waiting = Some(address);
        }
        self.sim.step();
        self.cycle += 1;
        assert!(self.sim.failed().is_empty(), "{:?}", self.sim.failed());
    }
}

/// What is delivered is exactly the program order, whatever the bus and decode do.
#[test]
fn delivers_program_order_through_stalls_and_redirects() {
    for config in configurations() {
        for seed in 0..12 {
            let delivered = run(&mut Bench::new(&config, seed, true));
            assert!(delivered > 50, "only {delivered} instructions in 3000 cycles");
        }
    }
}

fn run(bench: &mut Bench) -> u32 {
    let (ready_rate, take_rate) = (2 + bench.random.below(15), 2 + bench.random.below(15));
    let (latency, redirect_rate) = (bench.random.below(8), bench.random.below(4));
    let align = if bench.config.compressed { 2 } else { 4 };
    let mut pc = RESET_VECTOR;
    let mut delivered = 0;
    for _ in 0..3000 {
        let redirect = bench.random.below(40) < redirect_rate;
        let target = RESET_VECTOR + align * u64::from(bench.random.below(1000));
        bench.redirect(redirect, target);
        bench.respond();
        let offer = bench.offered(pc);
        if redirect {
            // What is taken now is dropped.
            let takes = offer.is_some() && bench.random.below(2) == 0;
            bench.sim.set("take", u64::from(takes));
            pc = target;
        } else if let Some(offer) = offer.filter(|_| bench.random.below(16) < take_rate) {
            bench.sim.set("take", 1);
            delivered += 1;
            pc = bench.behind(pc, &offer);
            // After a fault something redirects, sooner or later.
            if offer.fault {
                let ready = bench.random.below(16) < ready_rate;
                bench.request(ready, latency);
                bench.redirect(true, pc);
                bench.respond();
            }
        }
        let ready = bench.random.below(16) < ready_rate;
        bench.request(ready, latency);
    }
    delivered
}

/// With an ideal bus one instruction a cycle comes through, even with the smallest queue, and a
/// redirect costs one cycle.
#[test]
fn keeps_up_with_an_ideal_bus() {
    for config in configurations() {
        let mut bench = Bench::new(&config, 1, false);
        let mut pc = RESET_VECTOR;
        let mut delivered = 0;
        for cycle in 0..100 {
            let redirect = cycle == 50;
            bench.redirect(redirect, RESET_VECTOR + 0x2004);
            bench.respond();
            if redirect {
                pc = RESET_VECTOR + 0x2004;
            } else if let Some(offer) = bench.offered(pc) {
                bench.sim.set("take", 1);
                delivered += 1;
                pc = bench.behind(pc, &offer);
            }
            bench.request(true, 0);
        }
        // The first two cycles, and that of the redirect itself.
        assert_eq!(delivered, 97, "{config:?}");
    }
}

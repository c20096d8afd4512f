//! Random traffic through every bridge: what one side asks for, the other performs, once and in
//! order, and what it answers comes back.

mod askers;
mod directed;
mod performers;
#[allow(dead_code, clippy::duplicate_mod, reason = "private to other tests, which need all of it")]
#[path = "../../npu/tests/random.rs"]
mod random;

use std::collections::VecDeque;

use proptest::prelude::*;
use systole_hdl::prelude::*;

use super::protocol::checked;
use super::*;
use askers::{Asker, BurstHost, LiteHost, Native, WishboneHost};
use performers::{Device, LiteSlave, Performer, WishboneSlave};
use random::Random;

/// A word that is read or written.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Access {
    address: u64,
    /// Data and the bytes of it to write.
    write: Option<(u64, u64)>,
}

/// What came of it: the word of a read, 0 of a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Answer {
    data: u64,
    failed: bool,
}

/// What was performed and not reported yet, the oldest first.
type Performed = VecDeque<(Access, Answer)>;

/// How often each side moves when it can, in percent.
#[derive(Clone, Copy, Debug)]
struct Rates {
    /// New accesses are asked for.
    ask: u32,
    /// Requests are taken.
    take: u32,
    /// Answers are given.
    answer: u32,
    /// Answers are taken, where that may wait.
    accept: u32,
    /// Accesses fail.
    fail: u32,
}

/// A bridge with its rules between the two.
struct Bench {
    sim: Interpreter,
    asker: Box<dyn Asker>,
    performer: Box<dyn Performer>,
    random: Random,
    performed: Performed,
}

impl Bench {
    fn new(kind: Kind, seed: u64) -> Self {
        let (bridge, most) = kind.bridge();
        let design = check(&checked(&bridge, most)).unwrap_or_else(|errors| panic!("{errors}"));
        let mut sim = Interpreter::new(&design);
        sim.reset();
        let (asker, performer) = kind.neighbours();
        Self { sim, asker, performer, random: Random::new(seed), performed: VecDeque::new() }
    }

    fn cycle(&mut self, rates: &Rates) {
        let Self { sim, asker, performer, random, performed } = self;
        asker.drive(sim, rates, random);
        performer.drive(sim, rates, random);
        performer.observe(sim, random, performed);
        asker.observe(sim, performed);
        sim.step();
        assert!(sim.failed().is_empty(), "{:?}", sim.failed());
    }

    fn run(&mut self, rates: &Rates, cycles: u32) {
        for _ in 0..cycles {
            self.cycle(rates);
        }
    }

    /// Asks for nothing new until all that was asked for is answered.
    fn drain(&mut self, rates: &Rates) {
        let last = Rates { ask: 0, take: 100, answer: 100, accept: 100, ..*rates };
        self.run(&last, 1500);
        assert!(self.asker.is_done(), "something hangs");
        assert!(self.performed.is_empty(), "{:?} was not asked for", self.performed);
    }
}

/// A bridge, with the width of its words where it has a choice.
#[derive(Clone, Copy, Debug)]
enum Kind {
    LiteMaster,
    LiteFetch(u32),
    LiteSlave,
    WishboneMaster,
    WishboneFetch(u32),
    WishboneSlave,
    Bursts(u32),
}

const KINDS: [Kind; 9] = [
    Kind::LiteMaster,
    Kind::LiteFetch(32),
    Kind::LiteFetch(64),
    Kind::LiteSlave,
    Kind::WishboneMaster,
    Kind::WishboneFetch(64),
    Kind::WishboneSlave,
    Kind::Bursts(32),
    Kind::Bursts(64),
];

/// Address bits of the slaves.
const SLAVE_BITS: u32 = 17;

/// Requests that the hart has under way at most: it must have room for the answers.
const MOST: u32 = 12;

impl Kind {
    /// The module, and how many requests of `bus_*` may be under way.
    fn bridge(self) -> (Module, u32) {
        match self {
            Kind::LiteMaster => (axi_lite_master(), 7),
            Kind::LiteFetch(bits) => (axi_lite_fetch(bits), MOST),
            Kind::LiteSlave => (axi_lite_slave(SLAVE_BITS), 1),
            Kind::WishboneMaster => (wishbone_master(), 2),
            Kind::WishboneFetch(bits) => (wishbone_fetch(bits), 2),
            Kind::WishboneSlave => (wishbone_slave(SLAVE_BITS), 1),
            Kind::Bursts(bits) => (axi_to_wishbone(bits), 0),
        }
    }

    fn neighbours(self) -> (Box<dyn Asker>, Box<dyn Performer>) {
        match self {
            Kind::LiteMaster => (Box::new(Native::data()), Box::new(LiteSlave::new(true))),
            Kind::LiteFetch(bits) => {
                (Box::new(Native::fetch(bits)), Box::new(LiteSlave::new(false)))
            }
            Kind::LiteSlave => (Box::new(LiteHost::default()), Box::new(Device::default())),
            Kind::WishboneMaster => (Box::new(Native::data()), Box::new(WishboneSlave::new(true))),
            Kind::WishboneFetch(bits) => {
                (Box::new(Native::fetch(bits)), Box::new(WishboneSlave::new(false)))
            }
            Kind::WishboneSlave => (Box::new(WishboneHost::default()), Box::new(Device::default())),
            Kind::Bursts(bits) => {
                (Box::new(BurstHost::new(bits)), Box::new(WishboneSlave::new(true)))
            }
        }
    }
}

prop_compose! {
    fn rates()(rates in proptest::array::uniform4(1..=100u32), fail in 0..=30u32) -> Rates {
        let [ask, take, answer, accept] = rates;
        Rates { ask, take, answer, accept, fail }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_asked_for_is_performed_once_and_in_order(
        kind in proptest::sample::select(&KINDS[..]),
        seed in any::<u64>(),
        rates in rates(),
    ) {
        let mut bench = Bench::new(kind, seed);
        bench.run(&rates, 2000);
        bench.drain(&rates);
    }
}

#[test]
fn traffic_meets_every_situation_that_was_foreseen() {
    for kind in KINDS {
        let mut bench = Bench::new(kind, 1);
        for ask in [20, 60, 100] {
            for take in [30, 100] {
                for answer in [10, 60] {
                    let rates = Rates { ask, take, answer, accept: 110 - ask, fail: 10 };
                    bench.run(&rates, 400);
                }
            }
        }
        let unseen: Vec<&str> =
            bench.sim.covers().filter(|(_, hits)| *hits == 0).map(|(name, _)| name).collect();
        assert!(unseen.is_empty(), "{kind:?}: {unseen:?}");
    }
}

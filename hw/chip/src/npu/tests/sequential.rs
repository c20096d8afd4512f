//! The sequential NPU, by the tests of the other.

use super::lists::{Lists, chain};
use super::machine::{GOOD, Machine, STATUS};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{sequential_config, stress};

#[test]
fn a_job_with_a_bad_descriptor() {
    let mut machine = Machine::new(&sequential_config(), FAST, 1);
    let outcome = machine.job(&[[7, 0, 0, 0, 0, 0, 0, 0]]);
    assert_eq!((outcome.cause, outcome.index), (1, 0));
    assert_eq!(machine.read(STATUS), 0x104);
    assert_eq!(machine.run(BASE + 1).cause, 5);
    assert_eq!(machine.run(0x40).cause, 7);
    assert_eq!(machine.read(0x20), 3);
}

/// What LOAD and EXEC leave in the inner memories.
#[test]
fn random_loads_and_products() {
    let config = sequential_config();
    for seed in 0..40 * stress() {
        let timing = if seed % 2 == 0 { FAST } else { Timing { go: 60, latency: 3 } };
        let mut machine = Machine::new(&config, timing, seed);
        let mut lists = Lists { config: &config, random: Random::new(seed) };
        let mut list: Vec<_> = (0..4).map(|_| lists.load()).collect();
        list.extend((0..3).map(|_| lists.exec()));
        chain(&mut list);
        let mut reference = Reference::new(&config, &machine.memory.bytes);
        machine.put_list(BASE, &list);
        reference.memory.clone_from(&machine.memory.bytes);
        reference.run(&list);
        assert_eq!(machine.run(BASE), GOOD, "seed {seed}");
        for (row, wanted) in reference.scratchpad.iter().enumerate() {
            let word = machine.sim.peek_memory("inner_memory.words", row as u64).words()[0];
            let found: Vec<i8> = (0..4).map(|n| (word >> (8 * n)) as i8).collect();
            assert_eq!(&found, wanted, "seed {seed}, row {row}: {list:x?}");
        }
        for (row, wanted) in reference.accumulators.iter().enumerate() {
            let sum = |n| machine.sim.peek_memory("sums.accumulators", 4 * row as u64 + n);
            let found: Vec<i32> = (0..4).map(|n| sum(n).words()[0] as i32).collect();
            assert_eq!(&found, wanted, "seed {seed}, sums {row}: {list:x?}");
        }
    }
}

//! Random completely ordered lists against the reference.

use std::collections::BTreeSet;

use super::lists::{Lists, chain, copy_out, load};
use super::machine::{GOOD, Machine};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{SHAPES, config, stress};

const TIMINGS: [Timing; 4] = [
    FAST,
    Timing { go: 100, latency: 12 },
    Timing { go: 60, latency: 3 },
    Timing { go: 25, latency: 30 },
];

pub fn compare(machine: &Machine, reference: &Reference, context: &str) {
    let pairs = machine.memory.written.iter().zip(&reference.written);
    for (number, (rtl, model)) in pairs.enumerate() {
        assert_eq!(rtl, model, "{context}: byte {number} written (address, value)");
    }
    assert_eq!(machine.memory.written.len(), reference.written.len(), "{context}: bytes written");
    assert!(machine.memory.bytes == reference.memory, "{context}: memory");
}

/// LOAD and STORE alone: what goes in comes out.
#[test]
fn load_then_copy_out() {
    for (dim, bus) in SHAPES {
        let config = config(dim, bus);
        for seed in 0..6 {
            let mut random = Random::new(seed + 100);
            let timing = TIMINGS[seed as usize % TIMINGS.len()];
            let mut machine = Machine::new(&config, timing, seed);
            let (rows, bytes) = (random.range(1, 9), random.range(1, 3 * dim));
            let address = BASE + 0x4000 + random.below(100);
            let stride = random.pick(&[bytes, bytes + 5, 0u32.wrapping_sub(bytes)]);
            let row = random.below(256);
            let chunks = bytes.div_ceil(dim);
            let mut list = vec![
                load(&config, address, stride, (rows, bytes), row),
                copy_out(BASE + 0xa001, bytes, (rows, chunks * dim), row, (chunks, 1)),
            ];
            chain(&mut list);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            machine.put_list(BASE, &list);
            reference.memory.clone_from(&machine.memory.bytes);
            reference.run(&list);
            assert_eq!(machine.run(BASE), GOOD);
            let context = format!("dim {dim} bus {bus} seed {seed}");
            compare(&machine, &reference, &context);
            let wanted: BTreeSet<u32> = (0..rows)
                .flat_map(|r| (0..bytes).map(move |n| (r, n)))
                .map(|(r, n)| address.wrapping_add(r.wrapping_mul(stride)).wrapping_add(n))
                .map(|byte| byte & !(bus - 1))
                .collect();
            let read: BTreeSet<u32> = machine
                .memory
                .read_words
                .iter()
                .copied()
                .filter(|&word| word >= BASE + 0x1000)
                .collect();
            assert_eq!(read, wanted, "{context}: bus words read");
        }
    }
}

#[test]
fn random_lists_match_the_reference() {
    for (dim, bus) in SHAPES {
        let jobs = if dim >= 16 { 4 } else { 16 } * stress();
        let config = config(dim, bus);
        for seed in 0..jobs {
            let timing = TIMINGS[seed as usize % TIMINGS.len()];
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed * 31 + 7) };
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            for job in 0..2 {
                let (list, address, bytes) = lists.ordered(8);
                machine.memory.write(address, &bytes);
                machine.put_list(BASE, &list);
                reference.memory.clone_from(&machine.memory.bytes);
                reference.run(&list);
                let context = format!("dim {dim} bus {bus} seed {seed} job {job}: {list:x?}");
                assert_eq!(machine.run(BASE), GOOD, "{context}");
                compare(&machine, &reference, &context);
            }
        }
    }
}

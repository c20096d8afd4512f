//! STOREs of all kinds with entries in the table memory, which are put there directly.

use systole_hdl::prelude::*;

use super::lists::{Lists, chain, copy_out, last};
use super::machine::{GOOD, Machine};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::whole::compare;
use super::{stress, with_sequential};
use crate::config::NpuConfig;

/// Random float32 entries; `table[256]` stays 0, so that sums are what the residual's entry says.
fn fill_table(
    machine: &mut Machine,
    reference: &mut Reference,
    random: &mut Random,
    config: &NpuConfig,
) {
    let lanes = config.requantise_lanes;
    for index in 0..256 {
        let entry = (random.range(0, 300_000) as f32 / 1000.0 - 150.0).to_bits();
        reference.table[index] = entry;
        let word = Bits::from_words(32, &[u64::from(entry)]);
        if config.sequential {
            let first = config.scratchpad_rows + config.parameter_rows;
            let address = u64::from(first) + index as u64;
            machine.sim.poke_memory("inner_memory.words", address, word);
            continue;
        }
        for lane in 0..lanes {
            let word = word.clone();
            machine.sim.poke_memory(&format!("lookup_table.copy_{lane}"), index as u64, word);
        }
    }
}

#[test]
fn random_stores_match_the_reference() {
    let timings = [FAST, Timing { go: 60, latency: 3 }];
    for config in with_sequential(&[(2, 4), (4, 8), (8, 8), (16, 16)]) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let jobs = if dim == 16 { 3 } else { 8 } * stress();
        for seed in 0..jobs {
            let mut machine = Machine::new(&config, timings[seed as usize % 2], seed);
            let mut lists = Lists { config: &config, random: Random::new(seed * 17 + 3) };
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            if dim > 2 {
                fill_table(&mut machine, &mut reference, &mut lists.random, &config);
            }
            let (mut list, address, bytes) = lists.ordered(6);
            list.last_mut().expect("not empty")[0] &= !(1 << 4);
            list.extend((0..12).map(|_| lists.store()));
            for descriptor in &mut list {
                descriptor[0] &= !0x7700;
            }
            chain(&mut list);
            machine.memory.write(address, &bytes);
            machine.put_list(BASE, &list);
            reference.memory.clone_from(&machine.memory.bytes);
            reference.run(&list);
            let context = format!("dim {dim} bus {bus} seed {seed}: {list:x?}");
            assert_eq!(machine.run(BASE), GOOD, "{context}");
            compare(&machine, &reference, &context);
            // What went to the scratchpad, too.
            let rows = config.scratchpad_rows;
            let mut copy = [copy_out(BASE + 0xa000, dim, (rows, dim), 0, (1, 0))];
            last(&mut copy);
            reference.run(&copy);
            assert_eq!(machine.job(&copy), GOOD, "{context}");
            let at = 0xa000..0xa000 + (rows * dim) as usize;
            assert!(machine.memory.bytes[at.clone()] == reference.memory[at], "{context}: rows");
        }
    }
}

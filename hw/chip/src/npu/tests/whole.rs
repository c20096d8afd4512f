//! Random completely ordered lists against the reference.

use std::collections::BTreeSet;

use super::lists::{LOAD, Lists, chain, copy_out, last, load};
use super::machine::{DOORBELL, GOOD, Machine};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{SHAPES, config, stress, with_sequential};

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
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
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
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let jobs = if dim >= 16 { 4 } else { 16 } * stress();
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

/// What LOAD writes to the table memory: the first 4 bytes of each chunk, rows modulo 512.
#[test]
fn rows_of_the_table_memory_arrive() {
    for (dim, bus) in SHAPES.into_iter().filter(|&(dim, _)| dim >= 4) {
        let config = config(dim, bus);
        let mut machine = Machine::new(&config, TIMINGS[2], 1);
        // 9 rows of 3 chunks, the last of 2 bytes, around row 0; then 257 entries as they lie in
        // memory, and one more over entry 256.
        let mut list = vec![
            [0, BASE + 0x4003, 50, 9 | (2 * dim + 2) << 16, 0xfffd | 3 << 16, 1, 0, 0],
            [0, BASE + 0x5001, 4, 257 | 4 << 16, 1 << 16, 1, 0, 0],
            [0, BASE + 0x6002, 0, 1 | 4 << 16, 0xff00, 1, 0, 0],
        ];
        for descriptor in &mut list {
            descriptor[0] = LOAD | 2 << 16;
        }
        for length in 1..=list.len() {
            let mut list = list[..length].to_vec();
            last(&mut list);
            machine.put_list(BASE, &list);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&list);
            let mut table = vec![0; reference.table.len()];
            machine.write(DOORBELL, BASE);
            while machine.sim.get("npu_job_end") == 0 {
                if machine.sim.peek("load.table_write_valid").to_u64() == 1 {
                    let row = machine.sim.peek("load.write_row").to_u64() as usize % 512;
                    if let Some(entry) = table.get_mut(row) {
                        *entry = machine.sim.peek("load.write_data").to_u64() as u32;
                    }
                }
                machine.step();
            }
            assert_eq!(machine.wait(), GOOD);
            assert_eq!(table, reference.table, "dim {dim} bus {bus}, {length} descriptors");
        }
    }
}

//! The accumulator pipeline against a flat memory, with hazards at every distance.

use std::collections::VecDeque;

use crate::npu::accumulators::accumulators;
use crate::npu::tests::config;
use crate::npu::tests::random::Random;

use super::{pack_words, start, step, unpack_words};

const DIM: u32 = 4;
/// Rows of the configuration.
const ROWS: usize = 64;

fn words(random: &mut Random) -> Vec<i32> {
    (0..DIM).map(|_| random.next() as i32).collect()
}

/// Adds to the rows of `adds`, reads the rows that `stores` picks; `percent` of the cycles add.
fn run(adds: &[u32], stores: &[u32], percent: u32, seed: u64) -> u32 {
    let mut sim = start(&accumulators(&config(DIM, 4)));
    let mut random = Random::new(seed);
    let mut memory = vec![vec![0i32; DIM as usize]; ROWS];
    let mut data: VecDeque<Option<Vec<i32>>> = VecDeque::from(vec![None; 2]);
    let mut last: VecDeque<bool> = VecDeque::from(vec![false; 2]);
    let mut last_add = vec![-9i64; ROWS];
    let mut yields = 0;
    for cycle in 0..20_000i64 {
        let add = random.chance(percent) && cycle < 19_990;
        let row = random.pick(adds) % ROWS as u32;
        let (overwrite, is_last) = (random.chance(20), random.chance(30));
        let values = words(&mut random);
        sim.set("add_valid", add.into());
        sim.set("add_row", row.into());
        sim.set("add_overwrite", overwrite.into());
        sim.set("add_last", is_last.into());
        data.push_back(add.then(|| values.clone()));
        last.push_back(add && is_last);
        let arriving = data.pop_front().flatten().unwrap_or_else(|| words(&mut random));
        sim.set_bits("add_data", pack_words(&arriving));
        if add {
            last_add[row as usize] = cycle;
            let old = &mut memory[row as usize];
            for (old, new) in old.iter_mut().zip(&values) {
                *old = if overwrite { *new } else { old.wrapping_add(*new) };
            }
        }
        let store = random.chance(50);
        let store_row = random.pick(stores);
        sim.set("store_valid", store.into());
        sim.set("store_row", (store_row + ROWS as u32 * random.below(1024)).into());
        let ready = sim.get("store_ready") == 1;
        let same_bank = row / 32 == store_row / 32;
        assert_eq!(ready, !(add && !overwrite && same_bank));
        yields += u32::from(store && !ready);
        step(&mut sim);
        assert_eq!(sim.get("done") == 1, last.pop_front().expect("two deep"));
        // An add is in the memory three cycles later.
        let settled = cycle >= last_add[store_row as usize] + 3;
        if store && ready && settled {
            let read = unpack_words(&sim.get_bits("store_data"));
            assert_eq!(read, memory[store_row as usize], "row {store_row}");
        }
    }
    sim.set("add_valid", 0);
    for (row, expected) in memory.iter().enumerate() {
        sim.set("store_valid", 1);
        sim.set("store_row", row as u64);
        step(&mut sim);
        assert_eq!(&unpack_words(&sim.get_bits("store_data")), expected, "row {row}");
    }
    for cover in ["forwards_near", "forwards_far"] {
        let seen = sim.covers().find(|(name, _)| *name == cover).map(|(_, hits)| hits);
        assert!(seen > Some(0), "{cover} is never seen");
    }
    yields
}

#[test]
fn one_row_at_every_distance() {
    run(&[5], &[5, 40], 90, 1);
    run(&[37], &[37, 40], 20, 2);
}

#[test]
fn few_rows_of_both_banks() {
    run(&[0, 1, 32, 33], &[0, 1, 32, 33], 100, 3);
    run(&[0, 1, 32, 33], &[0, 1, 32, 33], 60, 4);
}

#[test]
fn stores_yield_to_adds_of_their_bank() {
    assert!(run(&[3, 4, 5], &[2], 70, 5) > 1000);
    assert_eq!(run(&[3, 4, 5], &[63], 70, 6), 0);
}

#[test]
fn done_means_that_a_store_reads_the_sum() {
    let mut sim = start(&accumulators(&config(DIM, 4)));
    let values = [1, -2, i32::MAX, i32::MIN];
    sim.set("add_valid", 1);
    sim.set("add_overwrite", 1);
    sim.set("add_last", 1);
    sim.set("add_row", 9);
    step(&mut sim);
    sim.set("add_valid", 0);
    step(&mut sim);
    sim.set_bits("add_data", pack_words(&values));
    while sim.get("done") == 0 {
        step(&mut sim);
    }
    sim.set("store_valid", 1);
    sim.set("store_row", 9);
    step(&mut sim);
    assert_eq!(unpack_words(&sim.get_bits("store_data")), values);
}

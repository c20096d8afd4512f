//! Bad lists, tokens and bus errors: cause, index, address, what happened before, and the restart.

use super::lists::{
    ADD, DOUBLE_ROUNDING, EXEC, LOAD, Lists, POOL, STORE, TABLE, chain, copy_out, last, load,
};
use super::machine::{Descriptor, GOOD, Machine, Outcome};
use super::memory::{BASE, FAST, SIZE, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{config, sequential_config, stress, with_sequential};
use crate::config::NpuConfig;

const SLOW: Timing = Timing { go: 40, latency: 20 };
const DATA: u32 = BASE + 0x4000;
const OUT: u32 = BASE + 0x8000;

/// LOAD 4 rows, STORE them at `OUT`: shows that the NPU works.
fn round_trip() -> Vec<Descriptor> {
    let config = config(4, 8);
    let mut list =
        vec![load(&config, DATA + 3, 16, (4, 16), 0), copy_out(OUT + 5, 16, (4, 16), 0, (4, 1))];
    chain(&mut list);
    list
}

/// The list works, bytes included.
fn works(machine: &mut Machine) {
    machine.memory.bad_reads.clear();
    machine.memory.bad_writes.clear();
    for byte in &mut machine.memory.bytes[0x8000..0x8100] {
        *byte = 0;
    }
    assert_eq!(machine.job(&round_trip()), GOOD);
    let at = |address: u32| (address - BASE) as usize;
    let bytes = &machine.memory.bytes;
    assert_eq!(bytes[at(DATA + 3)..at(DATA + 3 + 64)], bytes[at(OUT + 5)..at(OUT + 5 + 64)]);
}

fn error(cause: u8, index: u32, address: u32) -> Outcome {
    Outcome { cause, index, address }
}

/// Runs good descriptors, then `bad`, then one that must not happen.
fn expect_bad(bad: Descriptor, cause: u8) {
    let parallel = config(4, 8);
    for (config, timing) in [(&parallel, FAST), (&parallel, SLOW), (&sequential_config(), FAST)] {
        let mut machine = Machine::new(config, timing, 1);
        let mut list = round_trip();
        list[1][0] &= !(1 << 4);
        list.push(bad);
        list.push(copy_out(OUT + 0x100, 16, (4, 16), 0, (4, 1)));
        last(&mut list);
        let mut reference = Reference::new(config, &machine.memory.bytes);
        machine.put_list(BASE, &list);
        reference.memory.clone_from(&machine.memory.bytes);
        reference.run(&list[..2]);
        assert_eq!(machine.run(BASE), error(cause, 2, 0), "{bad:x?}");
        assert_eq!(machine.memory.written, reference.written, "{bad:x?}");
        works(&mut machine);
    }
}

#[test]
fn bad_descriptors_stop_the_list() {
    let config = config(4, 8);
    let good_load = load(&config, DATA, 16, (1, 16), 0);
    let good_exec = [EXEC, 0, 0, 1 << 16, 1, 1, 0, 0];
    let good_store = [STORE, OUT, 16, 1 | 4 << 16, 0, 0, 0, 0];
    let raw_store = [STORE | 1 << 16, OUT, 16, 1 | 4 << 16, 0, 0, 0, 0];
    for opcode in [0, 4, 7, 15] {
        expect_bad(with(good_load, 0, 15, opcode), 1);
    }
    // Common reserved bits, tokens from and to itself.
    for bit in [5, 6, 7, 11, 15] {
        expect_bad(with(good_exec, 0, 0, 1 << bit), 2);
    }
    for (base, unit) in [(good_load, 0), (good_exec, 1), (good_store, 2)] {
        expect_bad(with(base, 0, 0, 1 << (8 + unit)), 2);
        expect_bad(with(base, 0, 0, 1 << (12 + unit)), 2);
        expect_bad(with(base, 7, 0, 1 << 31), 2);
        expect_bad(with(base, 0, 0, 1 << 31), 2);
        expect_bad(with(base, 3, 0xffff_0000, 0), 2);
    }
    expect_bad(with(good_load, 3, 0xffff, 0), 2);
    expect_bad(with(good_load, 0, 0, 3 << 16), 2);
    expect_bad(with(good_load, 0, 0, 1 << 19), 2);
    expect_bad(with(good_load, 5, 0, 1 << 16), 2);
    expect_bad(with(good_load, 6, 0, 1), 2);
    expect_bad(with(good_exec, 4, 0xffff, 0), 2);
    expect_bad(with(good_exec, 5, 0xffff, 0), 2);
    expect_bad(with(good_exec, 6, 0, 1 << 16), 2);
    expect_bad(with(good_store, 3, 0xffff, 0), 2);
    expect_bad(with(good_store, 0, 0, 3 << 16), 2);
    expect_bad(with(good_store, 6, 0, 1 << 25), 2);
    expect_bad(with(good_store, 0, 0, 1 << 18), 2);
    expect_bad(with(raw_store, 0, 0, 1 << 18), 2);
    expect_bad(with(raw_store, 1, 0, 2), 2);
    expect_bad(with(raw_store, 2, 0, 1), 2);
    expect_bad(with(raw_store, 5, 0, 1 << 16), 2);
    expect_bad(with(raw_store, 6, 0, 1), 2);
    bad_stores(good_store, raw_store);
    // The opcode comes before the field, the field before the token.
    expect_bad(with(good_load, 0, 15, 9 | 1 << 5), 1);
    expect_bad(with(good_exec, 0, 0, 1 << 5 | 1 << 8), 2);
    expect_bad(with(good_exec, 0, 0, 1 << 8), 3);
    expect_bad(with(good_store, 0, 0, 1 << 9), 3);
}

#[test]
fn int4_weights_need_the_switch() {
    for (int4_weights, cause) in [(false, 2), (true, 0)] {
        let config = NpuConfig { int4_weights, ..config(4, 8) };
        for mode in 0..3 {
            let map = 1 | 1 << 12;
            let exec = match mode {
                0 => [EXEC, 0, 0, 1 << 16, 1, 1, 0, 0],
                1 => [EXEC | 1 << 17, 1 << 16, 0, 0, map, map, map | 9 << 24, 0],
                _ => [EXEC | 2 << 17, 1 << 16, 0, 0, map, map, map, 0],
            };
            let mut machine = Machine::new(&config, FAST, 1);
            let mut list = [with(exec, 0, 0, 1 << 19)];
            last(&mut list);
            assert_eq!(machine.job(&list), error(cause, 0, 0), "mode {mode}");
            let mut list = [with(exec, 0, 0, 1 << 20)];
            last(&mut list);
            assert_eq!(machine.job(&list), error(2, 0, 0), "mode {mode}");
        }
    }
}

fn with(base: Descriptor, word: usize, clear: u32, set: u32) -> Descriptor {
    let mut d = base;
    d[word] = d[word] & !clear | set;
    d
}

/// What `add`, `table`, `pool` and the destination scratchpad forbid.
fn bad_stores(store: Descriptor, raw: Descriptor) {
    let place = [STORE | 1 << 18, 100, 1 | 8 << 16, 1 | 4 << 16, 0, 0, 0, 2 | 9 << 16];
    let copy = copy_out(OUT, 16, (1, 4), 0, (1, 1));
    let pool = [STORE | 2 << 16 | POOL, OUT, 16, 1 | 4 << 16, 0, 9 << 16, 1 | 1 << 12, 1];
    let pool_place = with(with(with(pool, 0, 0, 1 << 18), 1, !0, 100), 7, 0, 9 << 16);
    expect_good(&[place, with(place, 0, 0, ADD), with(place, 0, 0, TABLE), copy, pool, pool_place]);
    expect_good(&[with(place, 6, 0, DOUBLE_ROUNDING), with(store, 6, 0, DOUBLE_ROUNDING)]);
    for (bad, word, clear, set) in [
        (place, 1, 0, 1 << 16),
        (store, 0, 0, ADD),
        (with(place, 0, 0, ADD), 0, 0, TABLE),
        (raw, 0, 0, TABLE),
        (copy, 0, 0, TABLE),
        (store, 0, 0, POOL),
        (raw, 0, 0, POOL),
        (copy, 7, 0, 1),
        (copy, 6, 0, 1),
        (copy, 6, 0, DOUBLE_ROUNDING),
        (raw, 6, 0, DOUBLE_ROUNDING),
        (copy, 5, 0, 1 << 16),
        (store, 7, 0, 1 << 16),
        (store, 0, 0, 1 << 22),
        (pool, 5, 7 << 16, 0),
        (pool, 5, 7 << 19, 0),
        (pool, 5, 0, 1 << 28),
        (pool, 6, 0xfff, 0),
        (pool, 6, 0xfff << 12, 0),
        (pool, 6, 0, 1 << 28),
        (pool, 7, 0xffff, 0),
        (pool, 7, 0, 1 << 12),
        (pool, 7, 0, 1 << 16),
        (pool_place, 1, 0, 1 << 16),
    ] {
        expect_bad(with(bad, word, clear, set), 2);
    }
}

/// Each of the descriptors is accepted.
fn expect_good(list: &[Descriptor]) {
    let mut list = list.to_vec();
    last(&mut list);
    let mut machine = Machine::new(&config(4, 8), FAST, 1);
    assert_eq!(machine.job(&list), GOOD);
}

#[test]
fn bad_windows_stop_the_list() {
    // D = 4, W = 8.
    let good = [LOAD | 1 << 18, DATA, 16, 1 | 16 << 16, 0, 1 | 4 << 16, 0x0001_0303, 0xff];
    let with = |word: usize, value: u32| {
        let mut d = good;
        d[word] = value;
        d
    };
    // Parameters, table and what is no memory have no lanes.
    for space in 1..4 {
        expect_bad(with(0, good[0] | space << 16), 2);
    }
    expect_bad(with(0, good[0] | 1 << 19), 2);
    expect_bad(with(3, 16 << 16), 2);
    expect_bad(with(5, 1), 2);
    for lengths_and_lane in [0x0001_0300, 0x0001_0003, 0x0000_0503, 0x0002_0303, 0x0004_0103] {
        expect_bad(with(6, lengths_and_lane), 2);
    }
    expect_bad(with(6, 0x00ff_0203), 2);
    for lead in [1, 0x7f, 0x100, 0x8000_00ff] {
        expect_bad(with(7, lead), 2);
    }
}

#[test]
fn windows_are_no_longer_than_a_bus_word() {
    let config = config(8, 4);
    let windows = |bytes: u32| [LOAD | 1 << 18 | 1 << 4, DATA, 0, 1, 0, 1 << 16, 1 | bytes << 8, 0];
    let mut machine = Machine::new(&config, FAST, 1);
    assert_eq!(machine.job(&[windows(5)]), error(2, 0, 0));
    // The row is empty: nothing is read but the list.
    machine.memory.read_words.clear();
    assert_eq!(machine.job(&[windows(4)]), GOOD);
    assert!(machine.memory.read_words.iter().all(|&word| word < BASE + 0x1000));
}

#[test]
fn the_table_memory_needs_rows_of_4_bytes() {
    for (dim, cause) in [(2, 2), (4, 0)] {
        let mut list = [load(&config(dim, 8), DATA, dim, (4, dim), 0)];
        list[0][0] |= 2 << 16;
        last(&mut list);
        let mut machine = Machine::new(&config(dim, 8), FAST, 1);
        assert_eq!(machine.job(&list), error(cause, 0, 0), "dim {dim}");
    }
}

#[test]
fn the_sixteenth_token_is_too_many() {
    let config = config(4, 8);
    let mut machine = Machine::new(&config, FAST, 1);
    let mut give = load(&config, DATA, 4, (1, 4), 0);
    give[0] |= 1 << 13 | 1 << 14;
    let mut list = vec![give; 16];
    last(&mut list);
    assert_eq!(machine.job(&list), error(4, 15, 0));
    // 15 are allowed, and are gone in the next job.
    let mut list = vec![give; 15];
    last(&mut list);
    assert_eq!(machine.job(&list), GOOD);
    let mut take = round_trip();
    take[1][0] |= 1 << 9;
    assert_eq!(machine.job(&take), error(3, 1, 0));
    works(&mut machine);
}

/// A giver runs ahead of a slow taker and has to wait at 15 tokens.
#[test]
fn full_counters_hold_the_giver() {
    let config = config(4, 8);
    for timing in [FAST, SLOW] {
        let mut machine = Machine::new(&config, timing, 9);
        let mut list = Vec::new();
        for n in 0..40 {
            let mut give = load(&config, DATA + n * 4, 4, (1, 4), n);
            give[0] |= 1 << 14;
            let mut take = copy_out(OUT + n * 4, 4, (1, 4), n, (1, 1));
            take[0] |= 1 << 8;
            list.extend([give, take]);
        }
        last(&mut list);
        assert_eq!(machine.job(&list), GOOD);
        let bytes = &machine.memory.bytes;
        assert_eq!(bytes[0x4000..0x40a0], bytes[0x8000..0x80a0]);
    }
}

#[test]
fn misaligned_and_unmapped_lists() {
    let mut machine = Machine::new(&config(4, 8), FAST, 1);
    for offset in [1, 2, 4, 8, 16, 31] {
        assert_eq!(machine.run(BASE + offset), error(5, 0, 0));
    }
    assert_eq!(machine.run(0x1000), error(7, 0, 0x1000));
    // The list runs off the end of the memory.
    let tail = BASE + SIZE - 64;
    let list = [load(&config(4, 8), DATA, 4, (1, 4), 0); 2];
    machine.put_list(tail, &list);
    assert_eq!(machine.run(tail), error(7, 2, BASE + SIZE));
    works(&mut machine);
}

/// What lies behind the last descriptor, or behind a bad one, is fetched without harm.
#[test]
fn prefetch_errors_count_only_when_reached() {
    let config = config(8, 4);
    for timing in [FAST, SLOW] {
        let mut machine = Machine::new(&config, timing, 1);
        let tail = BASE + SIZE - 64;
        let mut list = vec![load(&config, DATA, 8, (9, 8), 0); 2];
        last(&mut list);
        machine.put_list(tail, &list);
        assert_eq!(machine.run(tail), GOOD);
        list[1][0] = 0;
        machine.put_list(tail, &list);
        assert_eq!(machine.run(tail), error(1, 1, 0));
        // The third beat of the second descriptor fails.
        machine.memory.bad_reads.insert(tail + 32 + 8);
        machine.memory.bad_reads.insert(tail + 32 + 20);
        assert_eq!(machine.run(tail), error(7, 1, tail + 40));
    }
}

#[test]
fn load_errors_name_the_word() {
    for config in with_sequential(&[(4, 8), (8, 8), (8, 4), (2, 32)]) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        for seed in 0..12 * stress() {
            let mut random = Random::new(seed);
            let timing = if seed % 2 == 0 { FAST } else { SLOW };
            let mut machine = Machine::new(&config, timing, seed);
            let stride = random.pick(&[50, 64, 100]);
            let address = DATA + random.below(40);
            let list = [
                load(&config, DATA + 0x1000, 50, (2, 50), 0),
                load(&config, address, stride, (6, 50), 100),
                load(&config, DATA + 0x2000, 50, (6, 50), 100),
                load(&config, DATA + 0x2000, 50, (6, 50), 100),
            ];
            let mut list = list.to_vec();
            last(&mut list);
            let byte = address + stride * random.below(6) + random.below(50);
            let word = byte & !(bus - 1);
            machine.memory.bad_reads.insert(word);
            assert_eq!(machine.job(&list), error(8, 1, word), "dim {dim} bus {bus} seed {seed}");
            machine.memory.bad_reads.clear();
            let mut again = vec![copy_out(OUT, 16, (3, 2), 0, (1, 1))];
            last(&mut again);
            assert_eq!(machine.job(&again), GOOD);
        }
    }
}

/// The bytes written before and around a failing burst are those of a prefix, in order.
#[test]
fn store_errors_leave_a_prefix() {
    for config in with_sequential(&[(4, 8), (8, 8), (8, 4), (2, 32)]) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        for seed in 0..16 * stress() {
            let mut random = Random::new(seed);
            let timing = if seed % 2 == 0 { FAST } else { SLOW };
            let mut machine = Machine::new(&config, timing, seed);
            let raw = random.below(2);
            let columns = random.range(1, 3 * dim);
            let address = OUT + random.below(64) * 4;
            let store = [STORE | (1 + raw) << 16, address, 128, 12 | columns << 16, 0, 1, 0, 0];
            let mut list = vec![store, copy_out(OUT + 0x2000, 9, (9, 9), 0, (1, 1))];
            last(&mut list);
            let width = if raw == 0 { 4 } else { 1 };
            let byte = address + 128 * random.below(12) + random.below(columns * width);
            let word = byte & !(bus - 1);
            machine.memory.bad_writes.insert(word);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            // The second STORE may have begun when the first one's error arrives.
            reference.run(&list);
            let context = format!("dim {dim} bus {bus} seed {seed} {store:x?} word {word:#x}");
            let outcome = machine.job(&list);
            assert_eq!((outcome.cause, outcome.index), (9, 0), "{context}");
            // The burst's first beat: at most 15 words before the bad one, in the same block.
            assert!(outcome.address <= word && word - outcome.address < 16 * bus, "{context}");
            let good: Vec<_> = reference
                .written
                .iter()
                .filter(|(address, _)| address & !(bus - 1) != word)
                .copied()
                .collect();
            let written = &machine.memory.written;
            assert_eq!(written[..], good[..written.len()], "{context}");
            machine.memory.bad_writes.clear();
            machine.memory.written.clear();
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            let mut again = vec![load(&config, DATA, 8, (40, 2), 0)];
            again.push(copy_out(OUT + 1, 5, (9, 2), 3, (1, 1)));
            chain(&mut again);
            reference.run(&again);
            assert_eq!(machine.job(&again), GOOD, "{context}");
            assert_eq!(machine.memory.written, reference.written, "{context}");
        }
    }
}

/// Random lists with random bus errors never hang, and the NPU works afterwards.
#[test]
fn random_bus_errors_end_the_job() {
    let mut failed = 0;
    for config in with_sequential(&[(4, 8), (2, 4), (8, 4), (8, 8)]) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        for seed in 0..30 * stress() {
            let timing = if seed % 3 == 0 { FAST } else { SLOW };
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed + 900) };
            let (mut list, address, bytes) = lists.ordered(10);
            if seed % 2 == 0 {
                // No order at all: the units run side by side.
                for descriptor in &mut list {
                    descriptor[0] &= !0x7700;
                }
            }
            machine.memory.write(address, &bytes);
            for _ in 0..lists.random.range(1, 12) {
                let area = lists.random.pick(&[0x5000, 0xb000]);
                let block = BASE + area + (lists.random.below(0x2000) & !0xff);
                for word in (block..block + 0x100).step_by(bus as usize) {
                    machine.memory.bad_reads.insert(word);
                    machine.memory.bad_writes.insert(word);
                }
            }
            let outcome = machine.job(&list);
            let context = format!("dim {dim} bus {bus} seed {seed}: {outcome:x?} {list:x?}");
            if outcome != GOOD {
                failed += 1;
                let opcode = list[outcome.index as usize][0] & 15;
                assert_eq!(opcode, if outcome.cause == 8 { LOAD } else { STORE }, "{context}");
            }
            machine.memory.bad_reads.clear();
            machine.memory.bad_writes.clear();
            machine.memory.written.clear();
            let mut again = vec![load(&config, DATA, dim, (20, dim), 0)];
            again.push(copy_out(OUT + 1, 2 * dim, (20, dim), 0, (1, 1)));
            chain(&mut again);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&again);
            assert_eq!(machine.job(&again), GOOD, "{context}");
            assert_eq!(machine.memory.written, reference.written, "{context}");
        }
    }
    assert!(failed > 20, "only {failed} lists met a bus error");
}

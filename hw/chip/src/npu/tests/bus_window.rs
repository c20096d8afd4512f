//! The bus window: registers, edges, and refused accesses of every kind.

use super::lists::{LOAD, Lists, chain, copy_out, last, load};
use super::machine::{DOORBELL, Descriptor, GOOD, Machine, Outcome, STATUS};
use super::memory::{BASE, FAST, SIZE, Timing};
use super::random::Random;
use super::reference::Reference;
use super::{config, with_sequential};
use crate::config::NpuConfig;

const WINDOW_BASE: u32 = 0x1000;
const WINDOW_LIMIT: u32 = 0x1004;
const SLOW: Timing = Timing { go: 40, latency: 20 };
const SHAPES: [(u32, u32); 4] = [(4, 8), (8, 4), (8, 8), (2, 32)];

fn machine(config: &NpuConfig, timing: Timing, base: u32, limit: u32) -> Machine {
    let mut machine = Machine::new(config, timing, 1);
    machine.write(WINDOW_BASE, base);
    machine.write(WINDOW_LIMIT, limit);
    machine
}

fn error(cause: u8, index: u32, address: u32) -> Outcome {
    Outcome { cause, index, address }
}

/// Runs `list`; the bus sees no address outside the window.
fn job(machine: &mut Machine, list: &[Descriptor]) -> Outcome {
    let base = machine.read(WINDOW_BASE);
    let limit = machine.read(WINDOW_LIMIT);
    let inside = |address: u32| base <= address && (limit == 0 || address < limit);
    machine.memory.read_words.clear();
    machine.memory.written.clear();
    let outcome = machine.job(list);
    let memory = &machine.memory;
    assert!(memory.read_words.iter().all(|&word| inside(word)), "{list:x?}");
    assert!(memory.written.iter().all(|&(address, _)| inside(address)), "{list:x?}");
    outcome
}

#[test]
fn registers_hold_pages_and_only_when_not_busy() {
    let config = config(4, 8);
    let mut machine = Machine::new(&config, Timing { go: 100, latency: 50 }, 1);
    assert_eq!((machine.read(WINDOW_BASE), machine.read(WINDOW_LIMIT)), (0, 0));
    machine.write(WINDOW_BASE, 0x8000_0fff);
    machine.write(WINDOW_LIMIT, 0xffff_ffff);
    assert_eq!((machine.read(WINDOW_BASE), machine.read(WINDOW_LIMIT)), (BASE, 0xffff_f000));
    for strobe in 0..15 {
        assert!(machine.access(WINDOW_BASE, Some((0, strobe))).1, "{strobe:#b}");
    }
    let mut list = vec![load(&config, BASE + 0x4000, 4, (1, 4), 0)];
    last(&mut list);
    machine.put_list(BASE, &list);
    machine.write(DOORBELL, BASE);
    machine.write(WINDOW_BASE, 0xffff_f000);
    machine.write(WINDOW_LIMIT, 0x1000);
    assert_eq!(machine.read(STATUS), 1);
    assert_eq!(machine.wait(), GOOD);
    assert_eq!((machine.read(WINDOW_BASE), machine.read(WINDOW_LIMIT)), (BASE, 0xffff_f000));
}

/// The window ends where the accesses end, or a page before.
#[test]
fn edges_are_exact() {
    for config in with_sequential(&SHAPES) {
        let bus = config.bus_bits / 8;
        let mut list = vec![
            load(&config, BASE + 0x3fff, 8, (1, 2), 0),
            copy_out(BASE + 0x5ffe, 8, (1, 2), 0, (1, 1)),
        ];
        chain(&mut list);
        let word = |address: u32| address & !(bus - 1);
        for (base, limit, outcome) in [
            (BASE, BASE + 0x6000, GOOD),
            (BASE, 0, GOOD),
            (0, BASE + 0x6000, GOOD),
            (BASE, BASE + 0x5000, error(9, 1, word(BASE + 0x5ffe))),
            // The second byte of the LOAD is the first of the page.
            (BASE, BASE + 0x4000, error(8, 0, BASE + 0x4000)),
            (BASE, BASE + 0x3000, error(8, 0, word(BASE + 0x3fff))),
            (BASE + 0x1000, 0, error(7, 0, BASE)),
            (0, BASE, error(7, 0, BASE)),
            // Nothing is below the limit and not below the base.
            (BASE, BASE, error(7, 0, BASE)),
            (BASE + 0x1000, BASE, error(7, 0, BASE)),
        ] {
            for timing in [FAST, SLOW] {
                let mut machine = machine(&config, timing, base, limit);
                assert_eq!(job(&mut machine, &list), outcome, "{bus} {base:#x} {limit:#x}");
                machine.write(WINDOW_BASE, 0);
                machine.write(WINDOW_LIMIT, 0);
                assert_eq!(job(&mut machine, &list), GOOD, "{bus} {base:#x} {limit:#x}");
            }
        }
    }
}

/// A list that goes on outside: what is fetched ahead does no harm.
#[test]
fn a_list_may_end_at_the_edge() {
    for config in with_sequential(&SHAPES) {
        let dim = config.dim;
        let list = vec![load(&config, BASE + 0x800, dim, (4, dim), 0); 4];
        let at = BASE + 0x1000 - 64;
        for timing in [FAST, SLOW] {
            let mut machine = machine(&config, timing, BASE, BASE + 0x1000);
            machine.put_list(at, &list);
            assert_eq!(machine.run(at), error(7, 2, BASE + 0x1000));
            let mut short = list[..2].to_vec();
            last(&mut short);
            machine.put_list(at, &short);
            assert_eq!(machine.run(at), GOOD);
            assert!(machine.memory.read_words.iter().all(|&word| word < BASE + 0x1000));
        }
    }
}

/// LOADs that leave the window at a later row, chunk or burst, and rows of windows.
#[test]
fn loads_fail_at_the_first_word_outside() {
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let edge = BASE + 0x5000;
        let windows = [LOAD | 1 << 18, edge - 70, 0, 2 | 100 << 16, 0, 30 << 16, 0x103, 0];
        let first = load(&config, BASE + 0x4000, 50, (2, 50), 0);
        for (bad, word) in [
            // A row across the edge, then dense rows, then a row that begins outside.
            (load(&config, edge - 300, 400, (1, 400), 0), edge),
            (load(&config, edge - 64, 16, (9, 16), 0), edge),
            (load(&config, edge - 200, 99, (4, 20), 0), edge),
            (load(&config, edge - 100, 150, (2, 20), 0), (edge + 50) & !(bus - 1)),
            (windows, edge),
        ] {
            for timing in [FAST, SLOW] {
                let mut list = vec![first, bad, first, first];
                last(&mut list);
                let mut machine = machine(&config, timing, BASE, edge);
                assert_eq!(job(&mut machine, &list), error(8, 1, word), "dim {dim} bus {bus}");
            }
        }
        // Downwards across the base: the later rows are outside.
        let down = load(&config, edge + 40, 0u32.wrapping_sub(64), (3, 8), 0);
        let mut list = vec![down];
        last(&mut list);
        let mut machine = machine(&config, SLOW, edge, 0);
        machine.put_list(edge + 0x1000, &list);
        assert_eq!(machine.run(edge + 0x1000), error(8, 0, (edge - 24) & !(bus - 1)));
        assert!(machine.memory.read_words.iter().all(|&word| word >= edge));
    }
}

/// Exactly the bytes before the refused burst are written, whatever follows.
#[test]
fn stores_write_all_that_comes_before_and_nothing_else() {
    for config in with_sequential(&SHAPES) {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let edge = BASE + 0x9000;
        let mut stores = vec![copy_out(edge - 100, 30, (12, 9), 0, (1, 1))];
        // Back inside after the refused row, and a chunk of int32 that begins outside.
        stores.push(copy_out(edge - 10, 0u32.wrapping_sub(40), (9, 20), 0, (1, 1)));
        let raw = [3 | 1 << 16, edge - 4, 0u32.wrapping_sub(64), 6 | (2 * dim) << 16, 0, 1, 0, 0];
        stores.push(raw);
        for (number, store) in stores.iter().enumerate() {
            for (seed, timing) in [FAST, SLOW, SLOW].into_iter().enumerate() {
                let mut list =
                    vec![copy_out(BASE + 0x8000, 9, (9, 9), 0, (1, 1)), *store, stores[0]];
                last(&mut list);
                let mut machine = machine(&config, timing, BASE, edge);
                machine.put_list(BASE, &list);
                let mut reference = Reference::new(&config, &machine.memory.bytes);
                reference.run(&list);
                let expected: Vec<_> =
                    reference.written.iter().copied().take_while(|&(at, _)| at < edge).collect();
                let first = reference.written[expected.len()].0;
                let context = format!("dim {dim} bus {bus} store {number} seed {seed}");
                let outcome = job(&mut machine, &list);
                assert_eq!(outcome, error(9, 1, first & !(bus - 1)), "{context}");
                assert_eq!(machine.memory.written, expected, "{context}");
                // The refusal ends with its job.
                machine.write(WINDOW_LIMIT, 0);
                let mut again = list[..1].to_vec();
                last(&mut again);
                assert_eq!(job(&mut machine, &again), GOOD, "{context}");
                assert!(!machine.memory.written.is_empty(), "{context}");
            }
        }
    }
}

/// Errors of bus and window in their order.
#[test]
fn refusals_and_bus_errors_keep_their_order() {
    let config = config(8, 8);
    let edge = BASE + 0x5000;
    for timing in [FAST, SLOW] {
        let mut list = vec![load(&config, edge - 64, 16, (9, 16), 0)];
        last(&mut list);
        let mut machine = machine(&config, timing, BASE, edge);
        machine.memory.bad_reads.insert(edge - 8);
        assert_eq!(job(&mut machine, &list), error(8, 0, edge - 8));
        // The word behind the edge is not read, so that it cannot fail by itself.
        machine.memory.bad_reads.clear();
        machine.memory.bad_reads.insert(edge);
        assert_eq!(job(&mut machine, &list), error(8, 0, edge));
        let mut list = vec![copy_out(edge - 64, 16, (9, 16), 0, (1, 1))];
        last(&mut list);
        machine.memory.bad_writes.insert(edge - 16);
        let outcome = job(&mut machine, &list);
        assert_eq!(outcome, error(9, 0, edge - 16));
    }
}

/// Random lists in random windows never hang, stay inside, and the NPU works afterwards.
#[test]
fn random_windows_end_the_job() {
    let mut refused = [0; 3];
    for config in with_sequential(&SHAPES) {
        let dim = config.dim;
        for seed in 0..24 {
            let mut random = Random::new(seed + 500);
            let mut lists = Lists { config: &config, random: Random::new(seed + 900) };
            let (list, address, bytes) = lists.ordered(8);
            let base = BASE + random.below(2) * 0x1000 * random.below(8);
            let limit = BASE + 0x1000 * random.range(1, 16);
            let mut machine = machine(&config, [FAST, SLOW][seed as usize % 2], base, limit);
            machine.memory.write(address, &bytes);
            let outcome = job(&mut machine, &list);
            if outcome.cause != 0 {
                refused[usize::from(outcome.cause) - 7] += 1;
            }
            machine.write(WINDOW_BASE, BASE);
            machine.write(WINDOW_LIMIT, BASE + SIZE);
            let mut again = vec![load(&config, BASE + 0x4000, dim, (20, dim), 0)];
            again.push(copy_out(BASE + 0x8001, 2 * dim, (20, dim), 0, (1, 1)));
            chain(&mut again);
            machine.put_list(BASE, &again);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&again);
            assert_eq!(job(&mut machine, &again), GOOD, "seed {seed}");
            assert_eq!(machine.memory.written, reference.written, "seed {seed}");
        }
    }
    assert!(refused.iter().all(|&count| count > 4), "{refused:?}");
}

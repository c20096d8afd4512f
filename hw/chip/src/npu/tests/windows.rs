//! LOADs of windows alone: every lane of the scratchpad, the words read, bus errors.

use super::lists::{LOAD, Lists, STORE, chain, copy_out, last, load};
use super::machine::{Descriptor, GOOD, Machine, Outcome};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::whole::compare;
use super::{config, stress};
use crate::config::NpuConfig;

const SHAPES: [(u32, u32); 8] =
    [(2, 4), (4, 4), (8, 8), (16, 16), (8, 16), (16, 8), (16, 4), (2, 32)];
const TIMINGS: [Timing; 3] = [FAST, Timing { go: 60, latency: 3 }, Timing { go: 25, latency: 30 }];
const OUT: u32 = BASE + 0xa000;

/// A scratchpad small enough to come out as a whole after every list.
const ROWS: u32 = 64;

fn small(dim: u32, bus: u32) -> NpuConfig {
    NpuConfig { scratchpad_rows: ROWS, ..config(dim, bus) }
}

fn small_ones() -> Vec<NpuConfig> {
    let sequential = NpuConfig { sequential: true, int4_weights: false, ..small(4, 4) };
    SHAPES.iter().map(|&(dim, bus)| small(dim, bus)).chain([sequential]).collect()
}

/// Fills the scratchpad, so that lanes that are not written show.
fn fill(config: &NpuConfig) -> Descriptor {
    load(config, BASE + 0x2000, config.dim, (ROWS, config.dim), 0)
}

/// The whole scratchpad comes out.
fn dump(config: &NpuConfig) -> Descriptor {
    copy_out(OUT, config.dim, (ROWS, config.dim), 0, (1, 0))
}

/// The bus words that hold bytes of each row, in order.
fn words_read(d: &Descriptor, bus: u32) -> Vec<u32> {
    let (rows, row_bytes) = (d[3] & 0xffff, d[3] >> 16);
    let mut words = Vec::new();
    for r in (0..rows).filter(|_| row_bytes > 0) {
        let first = d[1].wrapping_add(r.wrapping_mul(d[2]));
        let mut word = first & !(bus - 1);
        while word < first.wrapping_add(row_bytes) {
            words.push(word);
            word += bus;
        }
    }
    words
}

/// Random windows into rows that hold something, then the whole scratchpad comes out.
#[test]
fn windows_match_the_reference() {
    for config in small_ones() {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let jobs = if dim >= 16 { 3 } else { 9 } * stress();
        for seed in 0..jobs {
            let timing = TIMINGS[seed as usize % TIMINGS.len()];
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed * 17 + 3) };
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            let mut list = vec![fill(&config)];
            for _ in 0..4 {
                // Rows between those of windows change hands between the two sides of LOAD.
                let rows = lists.random.chance(20);
                list.push(if rows { lists.load() } else { lists.windows() });
            }
            let words: Vec<u32> = list[1..]
                .iter()
                .filter(|d| d[0] >> 18 & 1 == 1)
                .flat_map(|d| words_read(d, bus))
                .collect();
            let only_windows = list[1..].iter().all(|d| d[0] >> 18 & 1 == 1);
            list.push(dump(&config));
            chain(&mut list);
            machine.put_list(BASE, &list);
            reference.memory.clone_from(&machine.memory.bytes);
            reference.run(&list);
            let context = format!("dim {dim} bus {bus} seed {seed}: {list:x?}");
            assert_eq!(machine.run(BASE), GOOD, "{context}");
            compare(&machine, &reference, &context);
            if only_windows {
                let read = machine.memory.read_words.iter().copied();
                let read: Vec<u32> = read.filter(|&word| word >= BASE + 0x4000).collect();
                assert_eq!(read, words, "{context}: words read");
            }
        }
    }
}

/// What the widest fields hold: steps that pass over many words, all windows beyond the row.
#[test]
fn extreme_windows_match_the_reference() {
    for config in small_ones() {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let most = dim.min(bus);
        let windows = |lead: u32, step: u32, rows: u32, row_bytes: u32, windows: u32| {
            let window = step | most << 8 | (dim - most) << 16 | 0x5a << 24;
            let counts = rows | row_bytes << 16;
            let lead = lead.wrapping_neg() & 0xff;
            [LOAD | 1 << 18, BASE + 0x4003, 77, counts, 7 << 16, 1 | windows << 16, window, lead]
        };
        let list = [
            windows(128, 255, 4, 2000, 9),
            windows(128, 1, 3, 1, 300),
            windows(1, 255, 2, 1, 700),
            windows(0, 1, 2, 3 * bus, 1),
            windows(most, 1, 2, 40, 41 + most),
            windows(5, 2, 9, 0, 3),
            windows(0, bus, 1, 20 * bus, 21),
        ];
        for (number, descriptor) in list.into_iter().enumerate() {
            let mut machine = Machine::new(&config, TIMINGS[number % 2], 5);
            let mut list = vec![fill(&config), descriptor, dump(&config)];
            chain(&mut list);
            machine.put_list(BASE, &list);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&list);
            let context = format!("dim {dim} bus {bus}: {list:x?}");
            assert_eq!(machine.run(BASE), GOOD, "{context}");
            compare(&machine, &reference, &context);
        }
    }
}

/// Results that STORE puts into the scratchpad go first, and no window is lost.
#[test]
fn windows_wait_for_results() {
    for (dim, bus) in SHAPES {
        let config = config(dim, bus);
        let mut machine = Machine::new(&config, FAST, 7);
        machine.memory.write(BASE + 0x8000, &vec![0; 8 * dim as usize]);
        let parameters = [LOAD | 1 << 16, BASE + 0x8000, 0, 1 | (8 * dim) << 16, 0, 1, 0, 0];
        let fill = load(&config, BASE + 0x2000, dim, (256, dim), 0);
        // The zero point goes into row 0 many times; windows meanwhile go into rows that share its
        // bank, whichever bits of a row address choose it.
        let results = [STORE | 1 << 18, 0, 0, 200 | dim << 16, 0, 0, 0x007f_8021, 0];
        let bytes = dim.min(bus);
        let window = 1 | bytes << 8 | (dim - bytes) << 16 | 0x5a << 24;
        let windows = |number: u32| {
            let address = BASE + 0x4003 + 50 * number;
            [LOAD | 1 << 18, address, 40, 1 | 14 << 16, 4, 4 | 15 << 16, window, 0xff]
        };
        let mut list = vec![parameters, fill, results];
        list.extend((0..8).map(windows));
        list.push(copy_out(OUT, dim, (256, dim), 0, (1, 0)));
        list[1][0] |= 1 << 14;
        list[2][0] |= 1 << 8;
        list[10][0] |= 1 << 14;
        list[11][0] |= 1 << 8;
        last(&mut list);
        machine.put_list(BASE, &list);
        let mut reference = Reference::new(&config, &machine.memory.bytes);
        reference.run(&list);
        assert_eq!(machine.run(BASE), GOOD);
        compare(&machine, &reference, &format!("dim {dim} bus {bus}"));
        let refused = machine.sim.covers().find(|(name, _)| name.ends_with("load_refused"));
        let (_, refused) = refused.expect("the scratchpad counts refusals");
        assert!(refused > 0, "dim {dim} bus {bus}: no window met a result");
    }
}

/// A failing word ends the job, whether a window needs it or not; the first one is named.
#[test]
fn window_errors_name_the_first_word() {
    for config in small_ones() {
        let (dim, bus) = (config.dim, config.bus_bits / 8);
        let mut failures = 0;
        let jobs = if dim >= 16 { 3 } else { 9 } * stress();
        for seed in 0..jobs {
            let timing = TIMINGS[seed as usize % TIMINGS.len()];
            let mut machine = Machine::new(&config, timing, seed);
            let mut lists = Lists { config: &config, random: Random::new(seed * 29 + 1) };
            let mut list: Vec<Descriptor> = (0..4).map(|_| lists.windows()).collect();
            let words: Vec<Vec<u32>> = list.iter().map(|d| words_read(d, bus)).collect();
            for _ in 0..2 {
                let words = &words[lists.random.below(4) as usize];
                if !words.is_empty() {
                    machine.memory.bad_reads.insert(lists.random.pick(words));
                }
            }
            let bad = &machine.memory.bad_reads;
            let first = words.iter().enumerate().find_map(|(index, words)| {
                let word = words.iter().find(|word| bad.contains(word));
                word.map(|&address| Outcome { cause: 8, index: index as u32, address })
            });
            failures += u32::from(first.is_some());
            last(&mut list);
            let context = format!("dim {dim} bus {bus} seed {seed}: {list:x?}");
            assert_eq!(machine.job(&list), first.unwrap_or(GOOD), "{context}");

            // Nothing of it is left behind.
            machine.memory.bad_reads.clear();
            let mut again = vec![fill(&config)];
            again.push(lists.load());
            again.push(dump(&config));
            chain(&mut again);
            machine.put_list(BASE, &again);
            let mut reference = Reference::new(&config, &machine.memory.bytes);
            reference.run(&again);
            assert_eq!(machine.run(BASE), GOOD, "{context}");
            compare(&machine, &reference, &context);
        }
        assert!(failures > 1, "dim {dim} bus {bus}: only {failures} lists met a bus error");
    }
}

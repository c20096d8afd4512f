//! Performance counters: known jobs, and what the memory saw.

use super::config;
use super::gemm::gemm;
use super::lists::{EXEC, LOAD, Lists, STORE, chain, copy_out, last, load};
use super::machine::{DOORBELL, Descriptor, GOOD, Machine, STATUS};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use crate::config::NpuConfig;
use crate::npu::counters::{FIRST_OFFSET, LAST_OFFSET};
use crate::npu::exec::tap_lines;

const SLOW: Timing = Timing { go: 40, latency: 20 };
const CYCLES: u32 = 0x24;

/// The counters in the order of their registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Counters {
    exec_busy: u32,
    exec_wait_token: u32,
    exec_wait_weights: u32,
    load_busy: u32,
    load_wait_token: u32,
    store_busy: u32,
    store_wait_token: u32,
    store_wait_requantise: u32,
    read_bytes: u32,
    write_bytes: u32,
    macs: u32,
}

fn counters(machine: &mut Machine) -> Counters {
    let mut next = (FIRST_OFFSET..=LAST_OFFSET).step_by(4).map(|offset| machine.read(offset));
    let mut read = || next.next().expect("11 registers");
    Counters {
        exec_busy: read(),
        exec_wait_token: read(),
        exec_wait_weights: read(),
        load_busy: read(),
        load_wait_token: read(),
        store_busy: read(),
        store_wait_token: read(),
        store_wait_requantise: read(),
        read_bytes: read(),
        write_bytes: read(),
        macs: read(),
    }
}

/// Runs `list` and checks the bytes against what the memory moved since the last job.
fn run(machine: &mut Machine, config: &NpuConfig, list: &[Descriptor]) -> Counters {
    let before = (machine.memory.read_beats, machine.memory.write_beats);
    assert_eq!(machine.job(list), GOOD, "{list:x?}");
    let counted = counters(machine);
    let bytes = |beats: u64| beats as u32 * config.bus_bits / 8;
    assert_eq!(counted.read_bytes, bytes(machine.memory.read_beats - before.0), "{list:x?}");
    assert_eq!(counted.write_bytes, bytes(machine.memory.write_beats - before.1), "{list:x?}");
    let cycles = machine.read(CYCLES);
    let most =
        [counted.exec_busy, counted.exec_wait_weights, counted.load_busy, counted.store_busy];
    assert!(most.iter().all(|&count| count < cycles), "{counted:?} in {cycles} cycles");
    counted
}

/// Runs a single descriptor.
fn alone(config: &NpuConfig, descriptor: Descriptor) -> Counters {
    let mut list = [descriptor];
    last(&mut list);
    run(&mut Machine::new(config, FAST, 1), config, &list)
}

/// The waves of an EXEC's descriptor, and whether they are matrix waves.
fn waves(d: &Descriptor) -> (u32, bool) {
    let half = |word: usize, high: u32| d[word] >> (16 * high) & 0xffff;
    let (out_width, out_height) = (d[4] & 0xfff, d[4] >> 12 & 0xfff);
    let (k_tiles, n_tiles) = (d[6] & 0xfff, d[6] >> 12 & 0xfff);
    let kernel = (d[6] >> 24 & 7) * (d[6] >> 27 & 7);
    match d[0] >> 17 & 3 {
        0 => (half(3, 1) * half(4, 0) * half(5, 0), true),
        1 => (out_width * out_height * k_tiles * n_tiles * kernel, true),
        _ => (out_width * out_height * k_tiles * n_tiles, false),
    }
}

#[test]
fn a_product_counts_its_waves_and_waits_for_its_first_weights() {
    for (dim, bus) in [(2, 4), (4, 8), (8, 8)] {
        let config = config(dim, bus);
        // 20 rows, 3 k tiles, 2 n tiles: the later weights come while rows stream.
        let product = [EXEC, 1 << 16, 100 | dim << 16, 20 << 16, 3 | 20 << 16, 2 | 3 << 16, 20, 0];
        let expected = Counters {
            exec_busy: 120,
            macs: 120,
            // Two rows a cycle, and one for the offer of the tile.
            exec_wait_weights: dim / 2 + 1,
            read_bytes: alone(&config, product).read_bytes,
            ..Counters::default()
        };
        assert_eq!(alone(&config, product), expected, "dim {dim}");
        // Of a single row each tile waits for its weights, and there is a cycle to stream.
        let mut narrow = product;
        narrow[3] = 1 << 16;
        let counted = alone(&config, narrow);
        assert_eq!((counted.exec_busy, counted.macs), (6, 6));
        assert!(counted.exec_wait_weights >= 6 * (dim / 2 - 1), "dim {dim}: {counted:?}");
    }
}

#[test]
fn convolutions_count_their_outputs() {
    let config = config(8, 8);
    // 5 x 4 outputs of a 5 x 4 map, padded by a pixel.
    let (outputs, map) = (5 | 4 << 12, 5 | 4 << 12);
    let first = 0xffff | 0xffff << 16;
    let full = [EXEC | 1 << 17, 0, 100 | 20 << 16, 32 << 16, outputs, map, 2 | 1 << 12, first];
    let full = with(full, 6, full[6] | 3 << 24 | 3 << 27);
    let counted = alone(&config, full);
    assert_eq!((counted.exec_busy, counted.macs), (20 * 9 * 2, 20 * 9 * 2));
    // Two lines of taps a pass, two passes; the pitch is odd.
    assert_eq!(tap_lines(8), 2);
    let depthwise = [EXEC | 2 << 17, 5 << 16, 100, 32 << 16, outputs, map, 2 | 1 << 12, first];
    let counted = alone(&config, depthwise);
    assert_eq!((counted.exec_busy, counted.macs), (20 * 2, 0));
    // With a stride of 2 the pixels between the outputs are no waves, nor waits for weights.
    let outputs = 3 | 2 << 12;
    let strided = with(with(depthwise, 4, outputs), 5, map | 1 << 24 | 1 << 26);
    let counted = alone(&config, strided);
    assert_eq!((counted.exec_busy, counted.macs), (6 * 2, 0));
    assert!(counted.exec_wait_weights <= 2 * 8 + 2, "{counted:?}");
}

fn with(mut descriptor: Descriptor, word: usize, value: u32) -> Descriptor {
    descriptor[word] = value;
    descriptor
}

#[test]
fn loads_and_stores_count_their_own_time_and_beats() {
    let config = config(8, 8);
    let counted = alone(&config, load(&config, BASE + 0x4000, 64, (8, 64), 0));
    // 64 words, and one or more descriptors that were fetched ahead.
    assert!(counted.load_busy >= 64 && counted.read_bytes >= 512 + 32, "{counted:?}");
    let others = Counters { load_busy: 0, read_bytes: 0, ..counted };
    assert_eq!(others, Counters::default());

    // 10 rows of 5 bytes at odd addresses: some cross a bus word.
    let counted = alone(&config, copy_out(BASE + 0x8001, 5, (10, 5), 0, (1, 1)));
    let beats = (0..10).map(|row| (1 + 5 * row) % 8 > 3).map(|crosses| 1 + u32::from(crosses));
    assert_eq!(counted.write_bytes, 8 * beats.sum::<u32>());
    assert!(counted.store_busy >= counted.write_bytes / 8, "{counted:?}");
    let others = Counters { store_busy: 0, read_bytes: 0, write_bytes: 0, ..counted };
    assert_eq!(others, Counters::default());
}

#[test]
fn rows_wait_for_a_narrow_requantiser_only() {
    let store = [STORE, BASE + 0x8000, 8, 30 | 8 << 16, 0, 1, 0x007f_8000, 0];
    for (lanes, waits) in [(8, 0), (4, 30), (2, 90)] {
        let config = NpuConfig { requantise_lanes: lanes, ..config(8, 8) };
        let counted = alone(&config, store);
        assert_eq!(counted.store_wait_requantise, waits, "{lanes} lanes");
    }
}

#[test]
fn units_wait_for_tokens_only_where_the_list_says_so() {
    let config = config(4, 8);
    let product = [EXEC, 1 << 16, 100 | 4 << 16, 8 << 16, 1 | 8 << 16, 1, 0, 0];
    let parts = [
        load(&config, BASE + 0x4000, 64, (8, 64), 0),
        product,
        copy_out(BASE + 0x8000, 16, (8, 16), 200, (4, 1)),
        load(&config, BASE + 0x4000, 64, (8, 64), 0),
    ];
    for timing in [FAST, SLOW] {
        let mut machine = Machine::new(&config, timing, 5);
        let mut free = parts;
        last(&mut free);
        let counted = run(&mut machine, &config, &free);
        let waits = [counted.load_wait_token, counted.exec_wait_token, counted.store_wait_token];
        assert_eq!(waits, [0; 3], "{counted:?}");
        let mut chained = parts;
        chain(&mut chained);
        let counted = run(&mut machine, &config, &chained);
        // EXEC waits for the first LOAD, STORE for both, the second LOAD for EXEC and STORE.
        assert!(counted.exec_wait_token >= 64, "{counted:?}");
        assert!(counted.store_wait_token >= 8 + counted.exec_wait_weights, "{counted:?}");
        assert!(counted.load_wait_token > 0, "{counted:?}");
    }
}

#[test]
fn overlapping_units_count_what_the_descriptors_ask_for() {
    for (dim, bus) in [(2, 4), (4, 8), (8, 4)] {
        let config = config(dim, bus);
        for timing in [FAST, SLOW] {
            let mut machine = Machine::new(&config, timing, 3);
            let list = gemm(&config, 11, 3, 4);
            let counted = run(&mut machine, &config, &list);
            assert_eq!((counted.exec_busy, counted.macs), (11 * 3 * 4, 11 * 3 * 4));
        }
        for seed in 0..8 {
            let mut lists = Lists { config: &config, random: Random::new(seed + 40) };
            let mut machine = Machine::new(&config, SLOW, seed);
            let (list, address, bytes) = lists.ordered(10);
            machine.memory.write(address, &bytes);
            let counted = run(&mut machine, &config, &list);
            let execs = list.iter().filter(|d| d[0] & 15 == EXEC).map(waves);
            let (mut all, mut matrix) = (0, 0);
            for (waves, of_matrix) in execs {
                all += waves;
                matrix += if of_matrix { waves } else { 0 };
            }
            assert_eq!((counted.exec_busy, counted.macs), (all, matrix), "seed {seed} {list:x?}");
            let has = |opcode| list.iter().any(|d| d[0] & 15 == opcode);
            assert_eq!(counted.load_busy > 0, has(LOAD));
            assert_eq!(counted.store_busy > 0, has(STORE));
        }
    }
}

#[test]
fn counters_hold_after_a_job_and_clear_with_the_next() {
    let config = config(4, 8);
    let mut machine = Machine::new(&config, FAST, 1);
    let counted = run(&mut machine, &config, &gemm(&config, 6, 2, 3));
    for _ in 0..100 {
        machine.step();
    }
    for offset in (FIRST_OFFSET..=LAST_OFFSET).step_by(4) {
        machine.write(offset, 0xffff_ffff);
    }
    machine.write(0x14, 0);
    assert_eq!(counters(&mut machine), counted);
    // A job that reads nothing: the list is misaligned.
    assert_eq!(machine.run(BASE + 4).cause, 5);
    assert_eq!(counters(&mut machine), Counters::default());
}

#[test]
fn a_refused_doorbell_clears_nothing() {
    let config = config(4, 8);
    let mut machine = Machine::new(&config, FAST, 1);
    let mut list = vec![load(&config, BASE + 0x4000, 64, (40, 64), 0)];
    last(&mut list);
    machine.put_list(BASE, &list);
    machine.write(DOORBELL, BASE);
    while machine.read(0x48) < 1000 {}
    machine.write(DOORBELL, BASE);
    assert!(machine.read(0x48) >= 1000);
    assert_eq!(machine.read(STATUS), 1);
    assert_eq!(machine.wait(), GOOD);
}

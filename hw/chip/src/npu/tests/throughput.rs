//! Cycle counts that the units must keep.

use super::config;
use super::gemm::run_gemm;
use super::lists::{ADD, DOUBLE_ROUNDING, LOAD, POOL, STORE, TABLE, chain, copy_out, last, load};
use super::machine::{Descriptor, GOOD, Machine};
use super::memory::{BASE, FAST, Timing};
use crate::config::NpuConfig;

const CYCLES: u32 = 0x24;

fn cycles(config: &NpuConfig, timing: Timing, list: &[Descriptor]) -> u32 {
    let mut machine = Machine::new(config, timing, 3);
    let mut list = list.to_vec();
    last(&mut list);
    assert_eq!(machine.job(&list), GOOD);
    machine.read(CYCLES)
}

/// A beat a cycle, whatever the row length, when rows are dense and D = W.
#[test]
fn dense_loads_move_a_beat_a_cycle() {
    let config = NpuConfig { outstanding_bursts: 8, ..config(8, 8) };
    let latency = Timing { go: 100, latency: 20 };
    for (rows, row_bytes) in [(200, 8), (25, 64), (1, 1600), (50, 32)] {
        let list = [load(&config, BASE + 0x4000, row_bytes, (rows, row_bytes), 0)];
        let fast = cycles(&config, FAST, &list);
        // Start-up, and 16 short rows are gathered before the first burst.
        assert!(fast < 200 + 40, "{rows} rows of {row_bytes}: {fast} cycles");
        let slow = cycles(&config, latency, &list);
        assert!(slow < 200 + 80, "{rows} rows of {row_bytes}: {slow} cycles with latency");
    }
    // Unaligned ones lose nothing but the first word.
    let list = [load(&config, BASE + 0x4003, 64, (25, 64), 0)];
    assert!(cycles(&config, FAST, &list) < 200 + 26);
}

/// Rows apart from each other cost a burst each, and no idle cycle between short bursts.
#[test]
fn strided_loads_move_a_beat_a_cycle() {
    let config = NpuConfig { outstanding_bursts: 8, ..config(8, 8) };
    for (rows, row_bytes) in [(100, 16), (200, 8)] {
        let list = [load(&config, BASE + 0x4000, 40, (rows, row_bytes), 0)];
        let fast = cycles(&config, FAST, &list);
        assert!(fast < 200 + 25, "{rows} rows of {row_bytes}: {fast} cycles");
    }
}

/// A window a cycle, however many share a bus word, and with no idle cycle between lines.
#[test]
fn windows_move_one_a_cycle() {
    let config = NpuConfig { outstanding_bursts: 8, ..config(16, 16) };
    let latency = Timing { go: 100, latency: 20 };
    // 32 taps of three pixels: of a line of 34 pixels of one channel, then of three.
    for (row_bytes, lead) in [(34, 0), (102, 0), (96, 3), (0, 0)] {
        let lead = 0u32.wrapping_sub(lead) & 0xff;
        let list = [[
            LOAD | 1 << 18,
            BASE + 0x4005,
            112,
            3 | row_bytes << 16,
            32 << 16,
            1 | 32 << 16,
            3 | 9 << 8 | 5 << 16,
            lead,
        ]];
        let fast = cycles(&config, FAST, &list);
        // Start-up, and a cycle a line if its last window reaches into a word in which none starts.
        assert!(fast < 96 + 21, "{row_bytes} bytes: {fast} cycles");
        let slow = cycles(&config, latency, &list);
        assert!(slow < 96 + 50, "{row_bytes} bytes: {slow} cycles with latency");
    }
    // A step of a bus word: each window takes a word and needs the next one.
    let list = [[LOAD | 1 << 18, BASE + 0x4007, 0, 1 | 1600 << 16, 0, 1 | 100 << 16, 0x1010, 0]];
    let spent = cycles(&config, FAST, &list);
    assert!(spent < 100 + 21, "{spent} cycles");
}

/// Back-to-back LOADs overlap: the second one's requests go out during the first one's data.
#[test]
fn loads_overlap() {
    let config = NpuConfig { outstanding_bursts: 8, ..config(8, 8) };
    let latency = Timing { go: 100, latency: 20 };
    let list = vec![load(&config, BASE + 0x4000, 8, (16, 8), 0); 10];
    let spent = cycles(&config, latency, &list);
    assert!(spent < 10 * 16 + 130, "{spent} cycles");
}

/// An aligned chunk a cycle out of the scratchpad.
#[test]
fn stores_move_a_chunk_a_cycle() {
    let config = NpuConfig { outstanding_bursts: 8, ..config(8, 8) };
    let list = [copy_out(BASE + 0x8000, 8, (200, 8), 0, (1, 0))];
    let spent = cycles(&config, FAST, &list);
    assert!(spent < 200 + 30, "{spent} cycles");
    // Raw rows are 4 chunks of 8 bytes.
    let list = [[STORE | 1 << 16, BASE + 0x8000, 32, 50 | 8 << 16, 0, 1, 0, 0]];
    let spent = cycles(&config, FAST, &list);
    assert!(spent < 200 + 30, "{spent} cycles");
}

/// Loading, computing and storing overlap: the product costs little more than its longest part.
#[test]
fn a_double_buffered_product_overlaps() {
    let config = NpuConfig { requantise_lanes: 8, outstanding_bursts: 8, ..config(8, 8) };
    let (m, k_tiles, n_tiles) = (24, 4, 8);
    let spent = run_gemm(&config, [m, k_tiles, n_tiles], FAST, 1);
    let exec = n_tiles * k_tiles * m;
    // Parameters, A and the weights of two tiles come before the first product.
    let first_loads = 8 * n_tiles + m * k_tiles + 2 * k_tiles * 8;
    assert!(spent < exec + first_loads + 150, "{spent} cycles, EXEC alone {exec}");
}

/// A chain of LOAD and STORE pays the latency of a token, not of a memory.
#[test]
fn tokens_are_quick() {
    let config = config(8, 8);
    let mut list = Vec::new();
    for n in 0..8 {
        list.push(load(&config, BASE + 0x4000, 8, (1, 8), n));
        list.push([STORE | 2 << 16, BASE + 0x8000, 8, 1 | 8 << 16, n, 0, 0, 0]);
    }
    chain(&mut list);
    let mut machine = Machine::new(&config, FAST, 3);
    assert_eq!(machine.job(&list), GOOD);
    let spent = machine.read(CYCLES);
    assert!(spent < 8 * 26 + 30, "{spent} cycles");
}

/// A requantising STORE of `rows` rows in `tiles` tiles, to memory.
fn requantise_out(rows: u32, tiles: u32) -> Descriptor {
    let columns = 8 * tiles;
    [STORE, BASE + 0x8000, columns, rows | columns << 16, rows << 16, 1, 0x007f_8000, 0]
}

/// Parameters of the next tile, or of the next command, come while rows flow.
#[test]
fn requantised_tiles_follow_each_other() {
    let config = NpuConfig { requantise_lanes: 8, outstanding_bursts: 8, ..config(8, 8) };
    let spent = cycles(&config, FAST, &[requantise_out(32, 8)]);
    assert!(spent < 8 * 32 + 45, "{spent} cycles for 8 tiles of 32 rows");
    let spent = cycles(&config, FAST, &[requantise_out(16, 1); 16]);
    assert!(spent < 16 * 18 + 45, "{spent} cycles for 16 STOREs of 16 rows");
    // 8 rows of parameters are read in 10 cycles.
    let spent = cycles(&config, FAST, &[requantise_out(1, 1); 16]);
    assert!(spent < 16 * 12 + 45, "{spent} cycles for 16 STOREs of a row");
}

/// So it is with double rounding, and when the modes take turns: 9 rows of parameters are read in
/// 11 cycles.
#[test]
fn doubly_rounded_tiles_follow_each_other() {
    let config = NpuConfig { requantise_lanes: 8, outstanding_bursts: 8, ..config(8, 8) };
    let doubly = |mut descriptor: Descriptor| {
        descriptor[6] |= DOUBLE_ROUNDING;
        descriptor
    };
    let spent = cycles(&config, FAST, &[doubly(requantise_out(32, 8))]);
    assert!(spent < 8 * 32 + 45, "{spent} cycles for 8 tiles of 32 rows");
    let both = [requantise_out(16, 1), doubly(requantise_out(16, 1))];
    let spent = cycles(&config, FAST, &[both; 8].concat());
    assert!(spent < 16 * 18 + 45, "{spent} cycles for 16 STOREs of 16 rows");
    let both = [requantise_out(1, 1), doubly(requantise_out(1, 1))];
    let spent = cycles(&config, FAST, &[both; 8].concat());
    assert!(spent < 16 * 13 + 45, "{spent} cycles for 16 STOREs of a row");
}

/// Table and residual add keep the rate of a row a cycle; windows that of a tap a cycle.
#[test]
fn scratchpad_stores_keep_their_rate() {
    let config = NpuConfig { requantise_lanes: 8, ..config(8, 8) };
    let place = |flags: u32| {
        let residual_row = if flags == ADD { 100 } else { 0 };
        [
            STORE | 1 << 18 | flags,
            residual_row << 16,
            1 | 32 << 16,
            32 | 64 << 16,
            0,
            1,
            0x007f_8000,
            0,
        ]
    };
    for flags in [0, TABLE, ADD] {
        let spent = cycles(&config, FAST, &[place(flags)]);
        assert!(spent < 8 * 32 + 55, "{spent} cycles with flags {flags:#x}");
    }
    let copy = [STORE | 1 << 18 | 2 << 16, 128, 1, 100 | 8 << 16, 0, 1, 0, 10 | 12 << 16];
    let spent = cycles(&config, FAST, &[copy]);
    assert!(spent < 100 + 30, "{spent} cycles for a copy");
    // 3 x 3 windows, stride 2, of a 14 x 14 map: a line and a column less at two edges.
    let map = 14 | 14 << 12 | 5 << 24;
    let pool = [
        STORE | 1 << 18 | 2 << 16 | POOL,
        200,
        1,
        49 | 8 << 16,
        0,
        14 | (3 | 3 << 3 | 1 << 6 | 1 << 9) << 16,
        map,
        7 | 7 << 16,
    ];
    let spent = cycles(&config, FAST, &[pool]);
    assert!(spent < 20 * 20 + 40, "{spent} cycles for 400 taps");
}

//! A quantised matrix product with double buffers: the three units overlap, ordered by tokens.

use super::config;
use super::lists::{EXEC, LOAD, Lists, STORE, last};
use super::machine::{Descriptor, GOOD, Machine};
use super::memory::{BASE, FAST, Timing};
use super::random::Random;
use super::reference::Reference;
use super::whole::compare;
use crate::config::NpuConfig;

const A: u32 = BASE + 0x2000;
const B: u32 = BASE + 0x4000;
const PARAMETERS: u32 = BASE + 0x7000;
const C: u32 = BASE + 0xa000;

/// Token bits: taken from unit, given to unit.
fn takes(unit: u32) -> u32 {
    1 << (8 + unit - 1)
}

fn gives(unit: u32) -> u32 {
    1 << (12 + unit - 1)
}

/// C[m][n] = requantise(A[m][k] * B[k][n]); B's n-tiles and the accumulators are double buffered.
pub fn gemm(config: &NpuConfig, m: u32, k_tiles: u32, n_tiles: u32) -> Vec<Descriptor> {
    let dim = config.dim;
    let (k, n) = (k_tiles * dim, n_tiles * dim);
    // Weights in the upper two banks, out of the way of A in the lower two.
    let weights = |tile: u32| (2 + tile % 2) * config.scratchpad_rows / 4;
    let sums = |tile: u32| tile % 2 * (config.accumulator_rows / 2);
    let mut list = vec![
        [LOAD | 1 << 16, PARAMETERS, 0, 1 | (8 * n) << 16, 0, 1, 0, 0],
        // Row m of A: its k tiles `m` rows apart.
        [LOAD, A, k, m | k << 16, 1 << 16, m, 0, 0],
    ];
    for tile in 0..n_tiles {
        let free = if tile >= 2 { takes(EXEC) } else { 0 };
        list.push([
            LOAD | free | gives(EXEC),
            B + tile * dim,
            n,
            k | dim << 16,
            weights(tile) | 1 << 16,
            1,
            0,
            0,
        ]);
        let free = if tile >= 2 { takes(STORE) } else { 0 };
        let reuse = if tile + 2 < n_tiles { gives(LOAD) } else { 0 };
        list.push([
            EXEC | takes(LOAD) | free | gives(STORE) | reuse,
            1 << 16,
            weights(tile) | dim << 16,
            sums(tile) | m << 16,
            k_tiles | m << 16,
            1,
            0,
            0,
        ]);
        let reuse = if tile + 2 < n_tiles { gives(EXEC) } else { 0 };
        list.push([
            STORE | takes(EXEC) | reuse,
            C + tile * dim,
            n,
            m | dim << 16,
            sums(tile),
            1 | (8 * tile) << 16,
            0x007f_8003,
            0,
        ]);
    }
    last(&mut list);
    list
}

/// Runs the product and compares; gives the cycles that it took.
pub fn run_gemm(config: &NpuConfig, shape: [u32; 3], timing: Timing, seed: u64) -> u32 {
    let [m, k_tiles, n_tiles] = shape;
    let mut machine = Machine::new(config, timing, seed);
    let mut lists = Lists { config, random: Random::new(seed) };
    let (_, _, parameters) = lists.parameters(n_tiles);
    machine.memory.write(PARAMETERS, &parameters);
    let list = gemm(config, m, k_tiles, n_tiles);
    machine.put_list(BASE, &list);
    let mut reference = Reference::new(config, &machine.memory.bytes);
    reference.run(&list);
    assert_eq!(machine.run(BASE), GOOD);
    compare(&machine, &reference, &format!("{config:?} {shape:?} seed {seed}"));
    machine.read(0x24)
}

#[test]
fn overlapping_units_compute_a_product() {
    for (dim, bus) in [(2, 4), (4, 4), (4, 8), (8, 8), (8, 4), (2, 32)] {
        let config = config(dim, bus);
        for (seed, timing) in [FAST, Timing { go: 100, latency: 25 }, Timing { go: 50, latency: 5 }]
            .into_iter()
            .enumerate()
        {
            let mut random = Random::new(seed as u64 + u64::from(dim));
            let shape = [random.range(1, 24), random.range(1, 4), random.range(1, 7)];
            run_gemm(&config, shape, timing, seed as u64);
        }
    }
}

//! The array against a plain matrix product, with loads and waves as close as they may be.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use crate::npu::array::{CONTROL_LEAD, array, latency};
use crate::npu::exec::{line_taps, tap_lines};
use crate::npu::tests::random::Random;

use super::{pack_bytes, pack_words, start, step};

/// Rows of products and controls that are due, by cycle.
struct Expected {
    cycle: u64,
    row: u64,
    overwrite: bool,
    last: bool,
    sums: Vec<i32>,
}

/// What drives the array: a weight loader and a wave source that keep exactly to the rules of
/// the array's documentation.
struct Bench {
    sim: Interpreter,
    random: Random,
    dim: u32,
    cycle: u64,
    /// Pixels of each line, by cycle; what will be broadcast is known ahead.
    pixels: Vec<VecDeque<Vec<i8>>>,
    expected: VecDeque<Expected>,
}

/// A weight tile on its way.
struct Tile {
    weights: Vec<Vec<i8>>,
    register: u64,
    rows_loaded: u32,
    /// Cycle of its first load.
    first_load: u64,
}

impl Bench {
    fn new(dim: u32, seed: u64) -> Self {
        let sim = start(&array(dim, 6));
        let pixels = vec![VecDeque::new(); tap_lines(dim) as usize];
        let random = Random::new(seed);
        let mut bench = Self { sim, random, dim, cycle: 0, pixels, expected: VecDeque::new() };
        bench.offer_pixels();
        bench
    }

    fn bytes(&mut self) -> Vec<i8> {
        (0..self.dim)
            .map(|_| match self.random.below(4) {
                0 => self.random.pick(&[-128, 127]),
                _ => self.random.next() as i8,
            })
            .collect()
    }

    fn tile(&mut self, register: u64) -> Tile {
        let weights = (0..self.dim).map(|_| self.bytes()).collect();
        Tile { weights, register, rows_loaded: 0, first_load: 0 }
    }

    /// Offers the next row of `tile`; a second call in a cycle offers the one behind it.
    fn load(&mut self, tile: &mut Tile) {
        let row = tile.rows_loaded as usize;
        if row == 0 {
            tile.first_load = self.cycle;
        }
        let parity = ["even", "odd"][row % 2];
        self.sim.set(&format!("load_{parity}_valid"), 1);
        self.sim.set(&format!("load_{parity}_pair"), row as u64 / 2);
        self.sim.set("load_select", tile.register);
        self.sim.set_bits(&format!("{parity}_weights"), pack_bytes(&tile.weights[row]));
        tile.rows_loaded += 1;
    }

    /// Offers an activation row for `tile`.
    fn wave(&mut self, tile: &Tile) {
        let activations = self.bytes();
        let inject: Vec<bool> = match self.random.below(3) {
            0 => (0..self.dim).map(|_| self.random.chance(70)).collect(),
            _ => vec![false; self.dim as usize],
        };
        let taps = line_taps(self.dim) as usize;
        let sums = (0..self.dim as usize)
            .map(|column| {
                let operand = |row: usize| match inject[row] {
                    // Row r meets line r / T in cycle r, whose pixels are T * line cycles late.
                    true => {
                        let line = (row / taps).min(self.pixels.len() - 1);
                        self.pixels[line][row - line * taps][column]
                    }
                    false => activations[row],
                };
                let products = tile.weights.iter().enumerate();
                products.map(|(row, w)| i32::from(operand(row)) * i32::from(w[column])).sum()
            })
            .collect();
        let mask = inject.iter().rev().fold(0, |mask, &bit| mask << 1 | u64::from(bit));
        self.sim.set("inject", mask);
        let row = u64::from(self.random.below(64));
        let (overwrite, last) = (self.random.chance(50), self.random.chance(50));
        self.sim.set("valid", 1);
        self.sim.set("select", tile.register);
        self.sim.set_bits("activations", pack_bytes(&activations));
        self.sim.set("row", row);
        self.sim.set("overwrite", overwrite.into());
        self.sim.set("last", last.into());
        let cycle = self.cycle + u64::from(latency(self.dim));
        self.expected.push_back(Expected { cycle, row, overwrite, last, sums });
    }

    /// Clocks, checks what comes out, and leaves rubbish on the inputs.
    fn clock(&mut self) {
        step(&mut self.sim);
        self.cycle += 1;
        let lead = u64::from(CONTROL_LEAD);
        let control = self.expected.iter().find(|e| e.cycle == self.cycle + lead);
        assert_eq!(self.sim.get("out_valid"), control.is_some().into(), "cycle {}", self.cycle);
        if let Some(control) = control {
            assert_eq!(self.sim.get("out_row"), control.row);
            assert_eq!(self.sim.get("out_overwrite"), control.overwrite.into());
            assert_eq!(self.sim.get("out_last"), control.last.into());
        }
        if self.expected.front().is_some_and(|e| e.cycle == self.cycle) {
            let due = self.expected.pop_front().expect("checked");
            assert_eq!(self.sim.get_bits("sums"), pack_words(&due.sums), "cycle {}", self.cycle);
        }
        for port in ["valid", "last", "load_even_valid", "load_odd_valid"] {
            self.sim.set(port, 0);
        }
        for port in ["select", "load_select", "overwrite"] {
            let rubbish = self.random.below(2);
            self.sim.set(port, rubbish.into());
        }
        for port in ["activations", "even_weights", "odd_weights"] {
            let rubbish = self.bytes();
            self.sim.set_bits(port, pack_bytes(&rubbish));
        }
        let rubbish = self.random.next() & ((1 << self.dim) - 1);
        self.sim.set("inject", rubbish);
        self.pixels.iter_mut().for_each(|line| drop(line.pop_front()));
        self.offer_pixels();
    }

    /// Puts this cycle's pixels on the inputs.
    fn offer_pixels(&mut self) {
        for line in 0..self.pixels.len() {
            while self.pixels[line].len() < self.dim as usize + 1 {
                let pixel = self.bytes();
                self.pixels[line].push_back(pixel);
            }
            self.sim.set_bits(&format!("taps_{line}"), pack_bytes(&self.pixels[line][0]));
        }
    }
}

/// Random bubbles in loads and waves; row r of a tile comes r cycles or more after the last wave of
/// the tile that used the register before, its waves one cycle after its last load
/// and two after its first.
fn random_tiles(dim: u32, tiles: u32, busy_percent: u32, seed: u64) {
    let mut bench = Bench::new(dim, seed);
    let mut current: Option<Tile> = None;
    let mut waves_left = 0;
    let mut next = bench.tile(0);
    // Cycles of the last waves that used each register.
    let mut last_wave: [Option<u64>; 2] = [None; 2];
    let mut started = 0;
    while started < tiles || waves_left > 0 {
        // A tile may start streaming in the cycle after its last load, two after its first.
        let loaded = next.rows_loaded == dim && bench.cycle >= next.first_load + 2;
        if waves_left == 0 && loaded && started < tiles {
            let register = next.register ^ 1;
            let fresh = bench.tile(register);
            current = Some(std::mem::replace(&mut next, fresh));
            waves_left = bench.random.range(1, 2 * dim);
            started += 1;
        } else if bench.random.chance(busy_percent) {
            let age = last_wave[next.register as usize].map_or(dim.into(), |at| bench.cycle - at);
            for _ in 0..bench.random.range(1, 2) {
                if next.rows_loaded < dim && u64::from(next.rows_loaded) <= age {
                    bench.load(&mut next);
                }
            }
        }
        if waves_left > 0 && bench.random.chance(busy_percent) {
            let tile = current.as_ref().expect("waves have a tile");
            last_wave[tile.register as usize] = Some(bench.cycle);
            bench.wave(tile);
            waves_left -= 1;
        }
        bench.clock();
    }
    while !bench.expected.is_empty() {
        bench.clock();
    }
}

#[test]
fn multiplies_matrices_with_bubbles() {
    for (dim, tiles) in [(2, 300), (4, 200), (8, 60), (16, 6)] {
        random_tiles(dim, tiles, 70, u64::from(dim));
    }
}

#[test]
fn multiplies_matrices_without_bubbles() {
    for (dim, tiles) in [(2, 300), (4, 200), (8, 60)] {
        random_tiles(dim, tiles, 100, 100 + u64::from(dim));
    }
}

/// The closest that the documentation allows: loads without a gap, whose first row enters with
/// the last wave of the register's previous tile, and whose waves start two cycles later.
#[test]
fn the_skew_of_loads_follows_that_of_waves() {
    for dim in [2, 4, 8] {
        let mut bench = Bench::new(dim, 7);
        let mut tile = bench.tile(0);
        for _ in 0..dim {
            bench.load(&mut tile);
            bench.clock();
        }
        for _ in 0..20 {
            // Same register: the last wave of `tile` and the first row of `next` together.
            let mut next = bench.tile(0);
            bench.wave(&tile);
            bench.clock();
            bench.wave(&tile);
            bench.load(&mut next);
            bench.clock();
            bench.load(&mut next);
            bench.clock();
            while next.rows_loaded < dim {
                bench.wave(&next);
                bench.load(&mut next);
                bench.clock();
            }
            tile = next;
        }
        (0..3 * dim).for_each(|_| bench.clock());
    }
}

//! EXEC as a whole against the manual's pseudo-code, and its cycle law.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;
use crate::npu::compute::compute;
use crate::npu::tests::config;
use crate::npu::tests::random::Random;

use super::{pack_bytes, start, step, unpack_words};

/// The fields of an EXEC descriptor.
#[derive(Clone, Copy, Default, Debug)]
struct Exec {
    accumulate: bool,
    activation_row: u32,
    activation_step: u32,
    activation_k_step: u32,
    weight_row: u32,
    weight_k_step: u32,
    weight_n_step: u32,
    accumulator_row: u32,
    accumulator_n_step: u32,
    m_rows: u32,
    k_tiles: u32,
    n_tiles: u32,
}

impl Exec {
    fn descriptor(&self) -> Bits {
        let halves = [
            2 | (u32::from(self.accumulate) << 16),
            self.activation_row | self.activation_step << 16,
            self.weight_row | self.weight_k_step << 16,
            self.accumulator_row | self.m_rows << 16,
            self.k_tiles | self.activation_k_step << 16,
            self.n_tiles | self.weight_n_step << 16,
            self.accumulator_n_step,
            0,
        ];
        let words: Vec<u64> =
            halves.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32).collect();
        Bits::from_words(256, &words)
    }

    /// Any fields; shapes around `dim`, rows anywhere.
    fn random(random: &mut Random, dim: u32) -> Self {
        let row = |random: &mut Random| random.below(65536);
        let near = |random: &mut Random, to: u32| random.pick(&[1, 2, to - 1, to, to + 1, 2 * to]);
        Exec {
            accumulate: random.chance(50),
            activation_row: row(random),
            activation_step: random.pick(&[0, 1, 1, 2, 65535, 17]),
            activation_k_step: row(random),
            weight_row: row(random),
            weight_k_step: row(random),
            weight_n_step: row(random),
            accumulator_row: row(random),
            // Often such that rows of n tiles coincide.
            accumulator_n_step: random.pick(&[0, 1, 2, 65535, dim, 64]),
            m_rows: near(random, dim).max(1),
            k_tiles: random.range(1, 4),
            n_tiles: random.range(1, 3),
        }
    }

    /// The manual's pseudo-code.
    fn run(&self, scratchpad: &[Vec<i8>], accumulators: &mut [Vec<i32>]) {
        let dim = scratchpad[0].len() as u32;
        let row = |address: u32| &scratchpad[address as usize % scratchpad.len()];
        let accumulator_rows = accumulators.len();
        for nt in 0..self.n_tiles {
            for kt in 0..self.k_tiles {
                let tile = self.weight_row + nt * self.weight_n_step + kt * self.weight_k_step;
                for m in 0..self.m_rows {
                    let activations = row(self.activation_row
                        + kt * self.activation_k_step
                        + m * self.activation_step);
                    let a = self.accumulator_row + nt * self.accumulator_n_step + m;
                    let sums = &mut accumulators[a as usize % accumulator_rows];
                    for n in 0..dim {
                        let product = |k: u32| {
                            let weight = row(tile + k)[n as usize];
                            i32::from(activations[k as usize]) * i32::from(weight)
                        };
                        let p: i32 = (0..dim).map(product).sum();
                        let old = if kt == 0 && !self.accumulate { 0 } else { sums[n as usize] };
                        sums[n as usize] = old.wrapping_add(p);
                    }
                }
            }
        }
    }

    /// Array cycles of the command.
    fn cycles(&self, dim: u32) -> u64 {
        u64::from(self.n_tiles * self.k_tiles * self.m_rows.max(dim))
    }
}

/// The unit with a scratchpad that refuses at random.
struct Bench {
    sim: Interpreter,
    random: Random,
    scratchpad: Vec<Vec<i8>>,
    dim: u32,
    /// Percentage of requests that are granted.
    grant: u32,
    cycle: u64,
    done: u32,
}

impl Bench {
    fn new(config: &NpuConfig, grant: u32, seed: u64) -> Self {
        let sim = start(&compute(config));
        let mut random = Random::new(seed);
        let extreme = random.chance(20);
        let mut byte = |_| if extreme { random.pick(&[-128, 127]) } else { random.next() as i8 };
        let mut row = |_| (0..config.dim).map(&mut byte).collect();
        let scratchpad = (0..config.scratchpad_rows).map(&mut row).collect();
        Self { sim, random, scratchpad, dim: config.dim, grant, cycle: 0, done: 0 }
    }

    /// A clock cycle; returns whether the command offered was taken.
    fn cycle(&mut self) -> bool {
        let mut answers = [None; 2];
        for (client, answer) in ["activation", "weight"].into_iter().zip(&mut answers) {
            let valid = self.sim.get(&format!("{client}_valid")) == 1;
            let ready = self.random.chance(self.grant);
            self.sim.set(&format!("{client}_ready"), ready.into());
            let row = self.sim.get(&format!("{client}_row")) as usize % self.scratchpad.len();
            *answer = (valid && ready).then_some(row);
        }
        let taken = self.sim.get("command_valid") & self.sim.get("command_ready") == 1;
        step(&mut self.sim);
        for (client, answer) in ["activation", "weight"].into_iter().zip(answers) {
            let rubbish: Vec<i8> = (0..self.dim).map(|_| self.random.next() as i8).collect();
            let data = answer.map_or(&rubbish, |row| &self.scratchpad[row]);
            self.sim.set_bits(&format!("{client}_data"), pack_bytes(data));
        }
        self.cycle += 1;
        self.done += self.sim.get("done") as u32;
        taken
    }

    /// Runs the commands, `gap` percent of the cycles without an offer, until all are done;
    /// returns the cycles from the first one taken.
    fn run(&mut self, commands: &[Exec], gap: u32) -> u64 {
        self.done = 0;
        let mut first_taken = None;
        for command in commands {
            self.sim.set_bits("command_descriptor", command.descriptor());
            loop {
                let offer = !self.random.chance(gap);
                self.sim.set("command_valid", offer.into());
                if self.cycle() {
                    first_taken.get_or_insert(self.cycle);
                    break;
                }
                assert!(self.cycle < 10_000_000, "hangs");
            }
        }
        self.sim.set("command_valid", 0);
        let limit = self.cycle + 1_000_000;
        while self.done < commands.len() as u32 {
            self.cycle();
            assert!(self.cycle < limit, "hangs");
        }
        self.cycle - first_taken.expect("at least one command")
    }

    fn accumulator(&mut self, row: usize) -> Vec<i32> {
        self.sim.set("store_valid", 1);
        self.sim.set("store_row", row as u64);
        while self.sim.get("store_ready") == 0 {
            self.cycle();
        }
        self.cycle();
        self.sim.set("store_valid", 0);
        unpack_words(&self.sim.get_bits("store_data"))
    }
}

/// Queued random commands give what the pseudo-code gives, one after the other.
fn random_commands(dim: u32, grant: u32, rounds: u32, seed: u64) {
    let config = config(dim, 8);
    let mut bench = Bench::new(&config, grant, seed);
    let mut expected = vec![vec![0; dim as usize]; config.accumulator_rows as usize];
    for round in 0..rounds {
        let count = bench.random.range(1, 4);
        let commands: Vec<Exec> =
            (0..count).map(|_| Exec::random(&mut bench.random, dim)).collect();
        let gap = bench.random.pick(&[0, 0, 50, 90]);
        bench.run(&commands, gap);
        for command in &commands {
            command.run(&bench.scratchpad, &mut expected);
        }
        for (row, expected) in expected.iter().enumerate() {
            assert_eq!(
                &bench.accumulator(row),
                expected,
                "round {round}, row {row}: {commands:#?}"
            );
        }
    }
}

#[test]
fn queued_commands_match_the_manual() {
    for (dim, rounds) in [(2, 120), (4, 80), (8, 30), (16, 4)] {
        random_commands(dim, 100, rounds, u64::from(dim));
    }
}

#[test]
fn refused_requests_do_no_harm() {
    for (dim, rounds) in [(2, 120), (4, 60), (8, 20)] {
        for grant in [20, 80] {
            random_commands(dim, grant, rounds, u64::from(dim + grant));
        }
    }
}

#[test]
fn a_d32_product_is_right() {
    random_commands(32, 90, 1, 3);
}

/// `n_tiles * k_tiles * max(m_rows, D)` and at most `3 * D + 2` more.
#[test]
fn one_command_keeps_the_cycle_law() {
    for dim in [2, 4, 8, 16] {
        let mut bench = Bench::new(&config(dim, 8), 100, 1);
        for m_rows in [1, dim / 2, dim, dim + 1, 3 * dim] {
            for (k_tiles, n_tiles) in [(1, 1), (4, 1), (3, 3)] {
                let command = Exec { m_rows, k_tiles, n_tiles, ..Exec::default() };
                let law = command.cycles(dim) + u64::from(3 * dim + 2);
                let spent = bench.run(&[command], 0);
                assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
            }
        }
    }
}

/// Queued commands hide each other's fill and drain; at most one cycle is lost between two.
#[test]
fn queued_commands_leave_few_gaps() {
    for dim in [2, 4, 8, 16] {
        let mut bench = Bench::new(&config(dim, 8), 100, 2);
        for m_rows in [1, dim, 4 * dim] {
            for k_tiles in [1, 4] {
                let command = Exec { m_rows, k_tiles, n_tiles: 2, ..Exec::default() };
                let count = 10;
                let spent = bench.run(&vec![command; count as usize], 0);
                let law = count * (command.cycles(dim) + 1) + u64::from(3 * dim + 2);
                assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
            }
        }
    }
}

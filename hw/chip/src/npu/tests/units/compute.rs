//! EXEC as a whole against the manual's pseudo-code, and its cycle law.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;
use crate::npu::compute::compute;
use crate::npu::exec::tap_lines;
use crate::npu::tests::config;
use crate::npu::tests::layer::{Convolution, Exec, Memory, Product};
use crate::npu::tests::random::Random;

use super::{pack_bytes, start, step, unpack_words};

/// The unit with a scratchpad that refuses at random.
struct Bench {
    sim: Interpreter,
    random: Random,
    scratchpad: Memory<i8>,
    dim: u32,
    /// Percentage of weight requests that are granted.
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
        let scratchpad = Memory((0..config.scratchpad_rows).map(&mut row).collect());
        Self { sim, random, scratchpad, dim: config.dim, grant, cycle: 0, done: 0 }
    }

    /// A clock cycle; returns whether the command offered was taken.
    fn cycle(&mut self) -> bool {
        let taps = (1..tap_lines(self.dim)).map(|line| format!("tap_{line}"));
        let names = ["activation", "weight_0", "weight_1"].map(str::to_owned);
        let clients: Vec<String> = names.into_iter().chain(taps).collect();
        let mut answers = Vec::new();
        for client in &clients {
            let valid = self.sim.get(&format!("{client}_valid")) == 1;
            let row = self.sim.get(&format!("{client}_row")) as i64;
            let mut ready = true;
            if client.starts_with("weight") {
                ready = self.random.chance(self.grant);
                self.sim.set(&format!("{client}_ready"), ready.into());
            }
            answers.push((valid && ready).then_some(row));
        }
        let mut banks: Vec<i64> = Vec::new();
        for (client, row) in clients.iter().zip(&answers) {
            if !client.starts_with("weight")
                && let Some(row) = row
            {
                assert!(!banks.contains(&(row % 4)), "two lines in one bank");
                banks.push(row % 4);
            }
        }
        let taken = self.sim.get("command_valid") & self.sim.get("command_ready") == 1;
        step(&mut self.sim);
        for (client, answer) in clients.iter().zip(answers) {
            let rubbish: Vec<i8> = (0..self.dim).map(|_| self.random.next() as i8).collect();
            let data = answer.map_or(&rubbish[..], |row| self.scratchpad.row(row));
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
    let mut expected = Memory(vec![vec![0; dim as usize]; config.accumulator_rows as usize]);
    for round in 0..rounds {
        let count = bench.random.range(1, 4);
        let commands: Vec<Exec> =
            (0..count).map(|_| Exec::random(&mut bench.random, dim)).collect();
        let gap = bench.random.pick(&[0, 0, 50, 90]);
        bench.run(&commands, gap);
        for command in &commands {
            command.run(&bench.scratchpad, &mut expected);
        }
        for (row, expected) in expected.0.iter().enumerate() {
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

/// `n_tiles * k_tiles * max(m_rows, D)` and at most `3 * D + 3` more.
#[test]
fn one_command_keeps_the_cycle_law() {
    for dim in [2, 4, 8, 16] {
        let mut bench = Bench::new(&config(dim, 8), 100, 1);
        for m_rows in [1, dim / 2, dim, dim + 1, 3 * dim] {
            for (k_tiles, n_tiles) in [(1, 1), (4, 1), (3, 3)] {
                let command =
                    Exec::Product(Product { m_rows, k_tiles, n_tiles, ..Product::default() });
                let law = command.cycles(dim) + u64::from(3 * dim + 3);
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
                let command =
                    Exec::Product(Product { m_rows, k_tiles, n_tiles: 2, ..Product::default() });
                let count = 10;
                let spent = bench.run(&vec![command; count as usize], 0);
                let law = count * (command.cycles(dim) + 1) + u64::from(3 * dim + 3);
                assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
            }
        }
    }
}

/// A map of `width` pixels a line, padded by 1 on every side.
fn padded_map(kernel: Option<(u32, u32)>, width: u32, height: u32) -> Convolution {
    Convolution {
        kernel,
        row_pitch: width | 1,
        plane_step: 64,
        out_width: width,
        out_height: height,
        in_width: width,
        in_height: height,
        stride_x: 1,
        stride_y: 1,
        k_tiles: 2,
        n_tiles: 2,
        first_y: -1,
        first_x: -1,
        ..Convolution::default()
    }
}

/// Padding costs no cycle, and tiles follow each other without a gap.
#[test]
fn convolutions_keep_the_cycle_law() {
    for dim in [4, 8, 16] {
        let mut bench = Bench::new(&config(dim, 8), 100, 3);
        for (width, height) in [(5, 9), (8, 8), (7, 3)] {
            for kernel in [Some((3, 3)), Some((1, 1)), None] {
                let command = Exec::Convolution(padded_map(kernel, width, height));
                let law = command.cycles(dim) + u64::from(3 * dim + 3);
                let spent = bench.run(&[command], 0);
                assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
            }
        }
        let strided = Convolution {
            stride_x: 2,
            stride_y: 2,
            out_width: 4,
            out_height: 4,
            ..padded_map(None, 8, 8)
        };
        let command = Exec::Convolution(strided);
        let law = command.cycles(dim) + u64::from(3 * dim + 3);
        let spent = bench.run(&[command], 0);
        assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
    }
}

/// Tiles of fewer than D rows are bound by their weights, two rows a cycle and one cycle more.
#[test]
fn small_tiles_take_half_of_dim() {
    for (dim, int4) in [4, 8, 16].into_iter().flat_map(|dim| [(dim, false), (dim, true)]) {
        let mut bench = Bench::new(&config(dim, 8), 100, 4);
        let product = Product { m_rows: 1, k_tiles: 40, n_tiles: 2, int4, ..Product::default() };
        let spent = bench.run(&[Exec::Product(product)], 0);
        let law = 80 * u64::from(dim / 2 + 1) + u64::from(3 * dim + 3);
        assert!(spent <= law, "D {dim}: {spent} cycles, law {law}");
    }
}

/// Weights of 4 bits keep the cycle law of those of 8, with half of the scratchpad's rows.
#[test]
fn int4_weights_keep_the_cycle_law() {
    for dim in [2, 4, 8, 16] {
        let mut bench = Bench::new(&config(dim, 8), 100, 5);
        for m_rows in [dim, dim + 1, 3 * dim] {
            let product =
                Product { m_rows, k_tiles: 4, n_tiles: 3, int4: true, ..Product::default() };
            let command = Exec::Product(product);
            let law = command.cycles(dim) + u64::from(3 * dim + 3);
            let spent = bench.run(&[command], 0);
            assert!(spent <= law, "D {dim}, {command:?}: {spent} cycles, law {law}");
        }
    }
}

/// Every weight of 4 bits with every lane's own sign, in every mode.
#[test]
fn int4_weights_in_every_mode() {
    for dim in [2, 4, 8] {
        let config = config(dim, 8);
        let mut bench = Bench::new(&config, 60, u64::from(dim) + 50);
        let mut expected = Memory(vec![vec![0; dim as usize]; config.accumulator_rows as usize]);
        for mode in (0..3).cycle().take(24) {
            let command = loop {
                let mut command = Exec::random(&mut bench.random, dim);
                let of_mode = match &mut command {
                    Exec::Product(product) => {
                        product.int4 = true;
                        0
                    }
                    Exec::Convolution(convolution) => {
                        convolution.int4 = true;
                        if convolution.kernel.is_some() { 1 } else { 2 }
                    }
                };
                if of_mode == mode {
                    break command;
                }
            };
            bench.run(&[command], 0);
            command.run(&bench.scratchpad, &mut expected);
            for (row, expected) in expected.0.iter().enumerate() {
                assert_eq!(&bench.accumulator(row), expected, "row {row}: {command:#?}");
            }
        }
    }
}

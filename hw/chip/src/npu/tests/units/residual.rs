//! Table lookup and residual add with their flow control: rows, stalls, commands behind each other.

use std::collections::VecDeque;

use systole_hdl::prelude::*;

use crate::config::NpuConfig;
use crate::npu::descriptor::COMMAND;
use crate::npu::residual::residual;
use crate::npu::table::table;
use crate::npu::tests::config;
use crate::npu::tests::lists::{ADD, TABLE};
use crate::npu::tests::random::Random;
use crate::npu::tests::reference::residual_add;

use super::{pack_bytes, start, step, unpack_bytes};

/// The stage with its table.
fn bench(config: &NpuConfig) -> Module {
    let (stage, table) = (residual(config), table(config));
    let row = U(8 * config.dim);
    module("bench", |m| {
        let mut stage = m.instance("stage", &stage);
        let table = m.instance("entries", &table);
        let bits = ["start", "in_valid", "scratchpad_ready", "out_ready", "discard"];
        for port in bits {
            stage = stage.pin(port, m.input(port, Bit));
        }
        for port in ["in_data", "scratchpad_data"] {
            stage = stage.pin(port, m.input(port, row));
        }
        for port in ["row_step", "tile_step", "line_step"] {
            stage = stage.pin(port, m.input(port, U(16)));
        }
        let stage = stage
            .pin("command", m.input("command", COMMAND))
            .pin("entries", table.out("entries"))
            .pin("scale", table.out("scale"));
        table
            .pin("read_valid", stage.out("lookup"))
            .pin("indices", stage.out("indices"))
            .pin("write_valid", m.input("write_valid", Bit))
            .pin("write_row", m.input("write_row", U(16)))
            .pin("write_data", m.input("write_data", row));
        for port in ["scratchpad_valid", "scratchpad_row", "in_ready", "out_valid", "out_data"] {
            m.output(port, stage.out(port));
        }
        m.check("reads_its_rows", !stage.out("scratchpad_valid") | stage.out("reads_rows"));
    })
}

/// A row of random int8.
fn random_row(random: &mut Random, dim: u32) -> Vec<i8> {
    (0..dim).map(|_| random.next() as i8).collect()
}

/// Entries as ARITHMETIC.md's QLinearAdd has them: `b * rb + fx`, and the scale `ra`.
fn fill_table(sim: &mut Interpreter, random: &mut Random, dim: u32) -> Vec<u32> {
    let [ra, rb] = [(); 2].map(|()| random.range(1, 3000) as f32 / 1000.0);
    let mut entries: Vec<u32> =
        (-128..128).map(|b| (b as f32).mul_add(rb, random.below(40) as f32).to_bits()).collect();
    entries.push(ra.to_bits());
    sim.set("write_valid", 1);
    for (row, entry) in entries.iter().enumerate() {
        sim.set("write_row", row as u64);
        let mut words = vec![0; (dim as usize).div_ceil(8)];
        words[0] = u64::from(*entry);
        sim.set_bits("write_data", Bits::from_words(8 * dim, &words));
        step(sim);
    }
    sim.set("write_valid", 0);
    entries
}

/// Runs commands with random flags; gives the cycles from the first one's start to the last row.
fn stream(dim: u32, lanes: u32, flags: &[u32], rows: u32, rates: [u32; 3], seed: u64) -> u64 {
    let [valid, ready, grant] = rates;
    let config = NpuConfig { requantise_lanes: lanes, ..config(dim, 8) };
    let mut sim = start(&bench(&config));
    let mut random = Random::new(seed);
    let entries = fill_table(&mut sim, &mut random, dim);
    let entry = |index: i8| entries[(i32::from(index) + 128) as usize];
    let scratchpad: Vec<Vec<i8>> = (0..256).map(|_| random_row(&mut random, dim)).collect();
    let mut cycles = 0;
    for &flag in flags {
        // Two tiles; rows in lines of 3.
        let (base, steps) = (random.below(256), [(); 3].map(|()| random.below(20)));
        let mut words = [flag, base << 16, 0, rows | (2 * dim) << 16, 0, 0, 0, 3];
        words[2] = steps[0] | steps[1] << 16;
        let command: Vec<u64> = words
            .chunks(2)
            .map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32)
            .chain([0])
            .collect();
        sim.set_bits("command", Bits::from_words(COMMAND.width(), &command));
        sim.set("start", 1);
        sim.set("in_valid", 0);
        sim.set("out_ready", 0);
        step(&mut sim);
        sim.set("start", 0);
        for (port, value) in ["row_step", "tile_step", "line_step"].iter().zip(steps) {
            sim.set(port, value.into());
        }
        let mut due: VecDeque<Vec<i8>> = VecDeque::new();
        let mut offered: Option<Vec<i8>> = None;
        let (mut given, mut left) = (0, 2 * rows);
        while left > 0 {
            if offered.is_none() && given < 2 * rows && random.chance(valid) {
                let row = random_row(&mut random, dim);
                sim.set_bits("in_data", pack_bytes(&row));
                let (t, r) = (given / rows, given % rows);
                let at = base + t * steps[1] + r / 3 * steps[2] + r % 3 * steps[0];
                let residual = &scratchpad[at as usize % 256];
                let results = row.iter().zip(residual).map(|(&a, &b)| match flag {
                    0 => a,
                    TABLE => entry(a) as i8,
                    _ => residual_add(a, entries[256], entry(b)),
                });
                due.push_back(results.collect());
                offered = Some(row);
                given += 1;
            }
            sim.set("in_valid", offered.is_some().into());
            sim.set("out_ready", random.chance(ready).into());
            sim.set("scratchpad_ready", random.chance(grant).into());
            if sim.get("out_valid") == 1 && sim.get("out_ready") == 1 {
                let row = due.pop_front().expect("a row came that was not due");
                assert_eq!(unpack_bytes(&sim.get_bits("out_data")), row, "flags {flag:#x}");
                left -= 1;
            }
            if offered.is_some() && sim.get("in_ready") == 1 {
                offered = None;
            }
            let read = sim.get("scratchpad_valid") == 1 && sim.get("scratchpad_ready") == 1;
            let row = sim.get("scratchpad_row") as usize % 256;
            step(&mut sim);
            // The data is there in the cycle after the grant, and only then.
            let data = if read { scratchpad[row].clone() } else { random_row(&mut random, dim) };
            sim.set_bits("scratchpad_data", pack_bytes(&data));
            cycles += 1;
            assert!(cycles < 100_000, "hangs");
        }
        assert_eq!(sim.get("scratchpad_valid"), 0, "reads behind the last row");
    }
    cycles
}

#[test]
fn rows_match_table_and_add() {
    let flags = [ADD, TABLE, 0, TABLE, ADD, ADD, 0, ADD, TABLE, TABLE];
    for (dim, lanes) in [(4, 1), (4, 4), (8, 4), (8, 8), (16, 2), (16, 16)] {
        for rates in [[100, 100, 100], [50, 100, 60], [100, 30, 100], [40, 40, 40]] {
            stream(dim, lanes, &flags, 10, rates, u64::from(dim + lanes));
        }
    }
}

#[test]
fn a_row_takes_dim_over_lanes_cycles() {
    for (dim, lanes) in [(4, 4), (8, 2), (8, 8)] {
        for flag in [ADD, TABLE] {
            let spent = stream(dim, lanes, &[flag], 100, [100; 3], 5);
            let law = u64::from(200 * dim / lanes) + 14;
            assert!(spent <= law, "D {dim}, {lanes} lanes: {spent} cycles, law {law}");
        }
        assert_eq!(stream(dim, lanes, &[0], 100, [100; 3], 5), 200, "no cycle lost without both");
    }
}

/// A command that is given up leaves nothing behind.
#[test]
fn discard_forgets_everything() {
    let config = NpuConfig { requantise_lanes: 8, ..config(8, 8) };
    let mut sim = start(&bench(&config));
    let shape = u64::from(9 | 8u32 << 16);
    let words = [u64::from(ADD), shape << 32, 0, 0, 0];
    let command = Bits::from_words(COMMAND.width(), &words);
    sim.set_bits("command", command);
    sim.set("start", 1);
    step(&mut sim);
    sim.set("start", 0);
    sim.set("in_valid", 1);
    sim.set("scratchpad_ready", 1);
    for _ in 0..7 {
        step(&mut sim);
    }
    sim.set("discard", 1);
    assert_eq!(sim.get("in_ready"), 1, "rows on their way are taken");
    step(&mut sim);
    sim.set("discard", 0);
    for _ in 0..20 {
        assert_eq!(sim.get("out_valid"), 0);
        assert_eq!(sim.get("scratchpad_valid"), 0);
        step(&mut sim);
    }
}

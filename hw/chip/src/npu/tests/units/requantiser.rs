//! The requantiser's flow control: rows through lanes, stalls, changes of constants.

use std::collections::VecDeque;

use crate::config::NpuConfig;
use crate::npu::requantise::requantiser;
use crate::npu::tests::config;
use crate::npu::tests::random::Random;

use super::lane::Case;
use super::{pack_bytes, pack_words, start, step, unpack_bytes};

/// Streams rows; returns the cycles from the first offer to the last result.
fn stream(dim: u32, lanes: u32, rows: u32, [valid, ready, change]: [u32; 3], seed: u64) -> u64 {
    let double_rounding = seed % 2 == 1;
    let config = NpuConfig { requantise_lanes: lanes, double_rounding, ..config(dim, 8) };
    let mut sim = start(&requantiser(&config));
    let mut random = Random::new(seed);
    let mut constants = Case::random(&mut random);
    let mut offered: Option<Vec<i8>> = None;
    let mut left = rows;
    let mut due: VecDeque<Vec<i8>> = VecDeque::new();
    let mut cycles = 0;
    while left > 0 || offered.is_some() || !due.is_empty() {
        if offered.is_none() && left > 0 && random.chance(valid) {
            if random.chance(change) {
                constants = Case::random(&mut random);
            }
            let doubly = double_rounding && random.chance(50);
            let row: Vec<Case> = (0..dim)
                .map(|_| {
                    let Case { zero_point, clamp_min, clamp_max, .. } = constants;
                    let case = if doubly { Case::random_double } else { Case::random };
                    Case { zero_point, clamp_min, clamp_max, ..case(&mut random) }
                })
                .collect();
            let packed = |element: fn(&Case) -> i32| {
                pack_words(&row.iter().map(element).collect::<Vec<i32>>())
            };
            sim.set_bits("accumulators", packed(|case| case.accumulator));
            sim.set_bits("bias", packed(|case| case.bias));
            sim.set_bits("multiplier", packed(|case| case.multiplier as i32));
            if double_rounding {
                let shifts: Vec<i8> = row.iter().map(|case| case.shift.unwrap_or(1)).collect();
                sim.set_bits("shift", pack_bytes(&shifts));
                sim.set("double_rounding", doubly.into());
            }
            sim.set_signed("zero_point", constants.zero_point.into());
            sim.set_signed("clamp_min", constants.clamp_min.into());
            sim.set_signed("clamp_max", constants.clamp_max.into());
            offered = Some(row.iter().map(Case::expected).collect());
            left -= 1;
        }
        sim.set("in_valid", offered.is_some().into());
        sim.set("out_ready", random.chance(ready).into());
        if sim.get("out_valid") == 1 && sim.get("out_ready") == 1 {
            let row = due.pop_front().expect("a row came that was not due");
            assert_eq!(unpack_bytes(&sim.get_bits("out_data")), row);
        }
        if offered.is_some() && sim.get("in_ready") == 1 {
            due.extend(offered.take());
        }
        step(&mut sim);
        cycles += 1;
        assert!(cycles < u64::from(rows) * 1000 + 100, "hangs");
    }
    cycles
}

#[test]
fn rows_come_out_in_order() {
    for (dim, lanes) in [(2, 1), (2, 2), (4, 1), (4, 2), (8, 4), (8, 8), (16, 1)] {
        for rates in [[100, 100, 10], [50, 100, 50], [100, 30, 10], [40, 40, 100]] {
            for double_rounding in [0, 1] {
                let seed = 2 * u64::from(dim + lanes) + double_rounding;
                stream(dim, lanes, 400, rates, seed);
            }
        }
    }
}

#[test]
fn a_row_takes_dim_over_lanes_cycles() {
    for (dim, lanes) in [(4, 4), (8, 2), (8, 8), (16, 4)] {
        let spent = stream(dim, lanes, 200, [100, 100, 0], 3);
        let law = u64::from(200 * dim / lanes) + 16;
        assert!(spent <= law, "D {dim}, {lanes} lanes: {spent} cycles, law {law}");
    }
}

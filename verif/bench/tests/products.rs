//! Planned matrix products on the golden model: every element right, no missing token.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use systole_compiler::{Gemm, Matrix, NpuShape, Output, parameter_table, plan};
use systole_golden::npu::hazard;
use systole_golden::{Isa, Machine, NpuConfig};

const RAM: u32 = 0x8000_0000;
const RAM_BYTES: u32 = 1 << 24;
const LIST: u32 = RAM + 0x1000;
const DATA: u32 = RAM + 0x80_0000;

fn machine(shape: &NpuShape) -> Machine {
    let npu = NpuConfig {
        dim: shape.dim,
        bus_bytes: 8,
        scratchpad_rows: shape.scratchpad_rows,
        accumulator_rows: shape.accumulator_rows,
        parameter_rows: shape.parameter_rows,
        double_rounding: true,
        int4_weights: true,
    };
    Machine::new(&systole_golden::Config { ram_bytes: RAM_BYTES, isa: Isa::default(), npu })
}

fn bytes(length: u32, seed: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(0x9e37_79b1) ^ seed).to_be_bytes()[0]).collect()
}

/// Weight (`k`, `column`) of `columns`, int8 or packed as int4.
fn weight(weights: &[u8], columns: usize, int4: bool, k: usize, column: usize) -> i32 {
    match int4 {
        false => i32::from(weights[k * columns + column] as i8),
        true => {
            let pair = weights[k / 2 * columns + column];
            i32::from((pair << (4 * (1 - k % 2))) as i8 >> 4)
        }
    }
}

fn product(shape: &NpuShape, [m, n, k]: [u32; 3], [requantised, int4]: [bool; 2], seed: u32) {
    let (a, w) = (bytes(m * k, seed), bytes(k * n, seed ^ 0x5a5a_5a5a));
    let (a_at, w_at) = (DATA, DATA + 0x2_0000);
    let (table_at, output_at) = (DATA + 0x4_0000, DATA + 0x6_0000);
    let bias: Vec<i32> = (0..n as i32).map(|c| 100 * c - 700).collect();
    let table = parameter_table(shape.dim, &bias, &[0.003]);
    let result = match requantised {
        true => Output::Requantised {
            parameters: table_at,
            zero_point: 3,
            clamp_min: -100,
            clamp_max: 120,
            double_rounding: false,
        },
        false => Output::Accumulators,
    };
    let width = if requantised { 1 } else { 4 };
    let matrix = |address, stride: u32| Matrix { address, stride: stride as i32 };
    let gemm = Gemm {
        m,
        n,
        k,
        activations: matrix(a_at, k),
        weights: matrix(w_at, n),
        int4,
        output: matrix(output_at, n * width),
        result,
    };
    let context = format!("{m} x {n} x {k}, int4 {int4}, on {shape:?}");
    let list = plan(shape, &gemm).unwrap_or_else(|error| panic!("{context}: {error}"));
    let mut machine = machine(shape);
    let list: Vec<u8> = list.iter().flat_map(|descriptor| descriptor.to_bytes()).collect();
    assert!(LIST + (list.len() as u32) < DATA, "{context}: the list is too long for the test");
    for (address, data) in [(a_at, &a), (w_at, &w), (table_at, &table), (LIST, &list)] {
        machine.write_memory(address, data).expect("in the RAM");
    }
    let record = machine.run_job(LIST).expect("no job runs");
    assert_eq!(record.end.cause, 0, "{context}");
    let hazards = hazard::check(machine.npu.config(), &record.list);
    assert!(hazards.is_empty(), "{context}: {}", hazards[0]);
    let output = machine.read_memory(output_at, (m * n * width) as usize).expect("in the RAM");
    for row in 0..m as usize {
        for (column, bias) in bias.iter().enumerate() {
            let (n, k) = (n as usize, k as usize);
            let sum: i32 = (0..k)
                .map(|i| i32::from(a[row * k + i] as i8) * weight(&w, n, int4, i, column))
                .sum();
            let at = row * n + column;
            if requantised {
                let value = ((sum + bias) as f32 * 0.003).round_ties_even() as i32 + 3;
                assert_eq!(i32::from(output[at] as i8), value.clamp(-100, 120), "{context}");
            } else {
                assert_eq!(output[4 * at..4 * at + 4], sum.to_le_bytes(), "{context}");
            }
        }
    }
}

#[test]
fn products_of_any_size_are_right_and_free_of_hazards() {
    let cases = if cfg!(debug_assertions) { 40 } else { 300 };
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let size = prop_oneof![1..20u32, 1..140u32];
    let strategy = (
        prop::sample::select(vec![2u32, 4, 8, 16]),
        prop::sample::select(vec![128u32, 512, 8192]),
        [size.clone(), size.clone(), size],
        any::<[bool; 2]>(),
        any::<u32>(),
    );
    let result = runner.run(&strategy, |(dim, rows, size, how, seed)| {
        let shape = NpuShape {
            dim,
            bus_bytes: 8,
            scratchpad_rows: rows,
            accumulator_rows: rows / 4,
            parameter_rows: rows / 4,
            requantise_lanes: dim,
            sequential: false,
        };
        product(&shape, size, how, seed);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

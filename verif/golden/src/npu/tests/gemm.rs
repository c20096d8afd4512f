//! Matrix products through whole jobs, against three nested loops.

use super::{Bench, EXEC, LOAD, RAM, STORE, exec_tile, head, load_rows, pair};
use proptest::prelude::*;

const ACTIVATIONS: u32 = RAM;
const WEIGHTS: u32 = RAM + 0x4000;
const PARAMETERS: u32 = RAM + 0x8000;
const OUTPUT: u32 = RAM + 0xc000;

/// A matrix product of any shape: `x` is M x K, `w` K x N.
#[derive(Clone, Debug)]
struct Case {
    dim: u32,
    m: u32,
    k: u32,
    n: u32,
    x: Vec<i8>,
    w: Vec<i8>,
    bias: Vec<i32>,
    multiplier: f32,
    zero_point: i8,
}

fn case() -> impl Strategy<Value = Case> {
    let shape = (proptest::sample::select(&[2u32, 4, 8, 16, 32][..]), 1u32..12, 1u32..40, 1u32..40);
    shape.prop_flat_map(|(dim, m, k, n)| {
        let bytes = |count: u32| proptest::collection::vec(any::<i8>(), count as usize);
        let bias = proptest::collection::vec(-100_000i32..100_000, n as usize);
        (bytes(m * k), bytes(k * n), bias, 1e-4f32..1e-2, any::<i8>()).prop_map(
            move |(x, w, bias, multiplier, zero_point)| Case {
                dim,
                m,
                k,
                n,
                x,
                w,
                bias,
                multiplier,
                zero_point,
            },
        )
    })
}

/// Weights are in memory in tiles of D x N' so that LOAD fetches one k tile at a time.
impl Case {
    fn k_tiles(&self) -> u32 {
        self.k.div_ceil(self.dim)
    }

    fn n_tiles(&self) -> u32 {
        self.n.div_ceil(self.dim)
    }

    fn bench(&self) -> Bench {
        let mut bench = Bench::new(self.dim);
        bench.config.scratchpad_rows = 4096;
        bench.config.accumulator_rows = 512;
        bench.config.parameter_rows = 256;
        bench.memories = crate::npu::memories::Memories::new(&bench.config);
        bench.fill(ACTIVATIONS, &self.x.iter().map(|&x| x as u8).collect::<Vec<_>>());
        bench.fill(WEIGHTS, &self.w.iter().map(|&w| w as u8).collect::<Vec<_>>());
        for t in 0..self.n_tiles() {
            let lanes = || t * self.dim..(t + 1) * self.dim;
            let bias = lanes().map(|n| self.bias.get(n as usize).copied().unwrap_or(0) as u32);
            let multipliers = lanes().map(|_| self.multiplier.to_bits());
            let bytes: Vec<u8> = bias.chain(multipliers).flat_map(u32::to_le_bytes).collect();
            bench.fill(PARAMETERS + t * 8 * self.dim, &bytes);
        }
        bench
    }

    /// Activation chunk kt of row m is scratchpad row kt * 16 + m; weight row k of n tile nt is
    /// row 1024 + nt * 64 + k.
    fn list(&self, store: [u32; 8]) -> Vec<[u32; 8]> {
        let x_shape = pair(self.m, self.k);
        let w_shape = pair(self.k, self.n);
        let exec = [
            head(EXEC, &[LOAD], &[STORE]),
            pair(0, 1),
            pair(1024, self.dim),
            pair(7, self.m),
            pair(self.k_tiles(), 16),
            pair(self.n_tiles(), 64),
            pair(self.m, 0),
            0,
        ];
        let parameters = load_rows(PARAMETERS, self.dim, 8 * self.n_tiles(), 3);
        vec![
            [head(LOAD, &[], &[]), ACTIVATIONS, self.k, x_shape, pair(0, 1), 16, 0, 0],
            [
                parameters[0] | 1 << 16,
                parameters[1],
                self.dim,
                parameters[3],
                parameters[4],
                0,
                0,
                0,
            ],
            [head(LOAD, &[], &[EXEC]), WEIGHTS, self.n, w_shape, pair(1024, 1), 64, 0, 0],
            exec,
            store,
        ]
    }

    /// Row m, column n of the exact product.
    fn product(&self, m: u32, n: u32) -> i32 {
        let x = |k| i32::from(self.x[(m * self.k + k) as usize]);
        let w = |k| i32::from(self.w[(k * self.n + n) as usize]);
        (0..self.k).map(|k| x(k) * w(k)).sum()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn raw_products(case in case()) {
        let mut bench = case.bench();
        let store = [
            head(STORE, &[EXEC], &[]) | 1 << 16, OUTPUT, 4 * case.n, pair(case.m, case.n),
            pair(7, case.m), pair(1, 0), 0, 0,
        ];
        let job = bench.run(&case.list(store));
        prop_assert_eq!(job.end.cause, 0);
        for m in 0..case.m {
            for n in 0..case.n {
                let address = OUTPUT + 4 * (m * case.n + n);
                prop_assert_eq!(bench.memory.load::<4>(address), Some(case.product(m, n) as u32));
            }
        }
        prop_assert_eq!(job.writes.len() as u32, 4 * case.m * case.n);
    }

    #[test]
    fn requantised_products(case in case()) {
        let mut bench = case.bench();
        let store = [
            head(STORE, &[EXEC], &[]), OUTPUT, case.n + 1, pair(case.m, case.n),
            pair(7, case.m), pair(1, 3), u32::from(case.zero_point as u8) | 0x7f_8000, 0,
        ];
        let job = bench.run(&case.list(store));
        prop_assert_eq!(job.end.cause, 0);
        for m in 0..case.m {
            for n in 0..case.n {
                let acc = case.product(m, n) + case.bias[n as usize];
                let v = (acc as f32 * case.multiplier).round_ties_even() as i32;
                let y = (v + i32::from(case.zero_point)).clamp(-128, 127) as u8;
                let address = OUTPUT + m * (case.n + 1) + n;
                prop_assert_eq!(bench.memory.load::<1>(address), Some(u32::from(y)));
            }
            // The byte between two rows is not touched.
            prop_assert_eq!(bench.memory.load::<1>(OUTPUT + m * (case.n + 1) + case.n), Some(0));
        }
    }
}

/// Weights of 4 bits: row 2j of a tile in the low nibbles of row j, row 2j + 1 in the high ones.
#[test]
fn weights_of_4_bits() {
    for dim in [2u32, 4, 8, 16, 32] {
        let mut bench = Bench::new(dim);
        let x = |m: u32, k: u32| (k * 37 + m * 11) as u8 as i8;
        let w = |k: u32, n: u32| ((k * 5 + n * 3) % 16) as i32 - 8;
        for (kt, k) in (0..2).flat_map(|kt| (0..dim).map(move |k| (kt, kt * dim + k))) {
            for m in 0..3 {
                bench.memories.scratchpad_mut(m + 3 * kt)[(k % dim) as usize] = x(m, k);
            }
            // The tiles lie 20 rows apart.
            let row = bench.memories.scratchpad_mut(100 + 20 * kt + k % dim / 2);
            for (n, lane) in (0..).zip(row) {
                *lane |= ((w(k, n) & 15) << (4 * (k % 2))) as i8;
            }
        }
        let head = head(EXEC, &[], &[]) | 1 << 19;
        let exec = [head, pair(0, 1), pair(100, 20), pair(5, 3), pair(2, 3), 1, 0, 0];
        assert_eq!(bench.run(&[exec]).end.cause, 0);
        for m in 0..3 {
            let sum = |n| (0..2 * dim).map(|k| i32::from(x(m, k)) * w(k, n)).sum::<i32>();
            let expected: Vec<i32> = (0..dim).map(sum).collect();
            assert_eq!(bench.memories.accumulators(5 + m), expected, "side {dim}, row {m}");
        }
    }
}

/// `accumulate` adds to what is there, in wrapping int32.
#[test]
fn accumulation_wraps() {
    let mut bench = Bench::new(2);
    bench.memories.accumulators_mut(5).copy_from_slice(&[i32::MAX, 10]);
    bench.memories.scratchpad_mut(0).copy_from_slice(&[1, 2]);
    bench.memories.scratchpad_mut(8).copy_from_slice(&[3, -128]);
    bench.memories.scratchpad_mut(9).copy_from_slice(&[-1, 127]);
    let mut exec = exec_tile(0, 8, 5, 1);
    exec[0] |= 1 << 16;
    bench.run(&[exec]);
    assert_eq!(bench.memories.accumulators(5), [i32::MAX.wrapping_add(1), 10 - 128 + 254]);
    bench.run(&[exec_tile(0, 8, 5, 1)]);
    assert_eq!(bench.memories.accumulators(5), [1, 126]);
}

/// When m rows wrap onto each other, later steps see earlier ones: the last m row wins the first k
/// tile, all add in the second.
#[test]
fn coinciding_accumulator_rows_are_sequential() {
    let mut bench = Bench::new(2);
    let rows = bench.config.accumulator_rows;
    bench.memories.scratchpad_mut(0).copy_from_slice(&[1, 0]);
    bench.memories.scratchpad_mut(1).copy_from_slice(&[10, 0]);
    bench.memories.scratchpad_mut(8).copy_from_slice(&[1, 1]);
    let mut exec = exec_tile(0, 8, 3, rows + 1);
    // All m rows read activation row 0 in tile 0, row 1 in tile 1; the weights stay.
    exec[1] = pair(0, 0);
    exec[4] = pair(2, 1);
    bench.run(&[exec]);
    assert_eq!(bench.memories.accumulators(3), [21, 21]);
    assert_eq!(bench.memories.accumulators(4), [11, 11]);
}

/// Extremes: -128 * -128 over the largest K that a scratchpad of 512 rows of 32 holds.
#[test]
fn full_range_products() {
    let mut bench = Bench::new(32);
    for row in 0..64 {
        bench.memories.scratchpad_mut(row).fill(-128);
    }
    let mut exec = exec_tile(0, 32, 0, 32);
    exec[4] = pair(65_535, 0);
    bench.run(&[exec]);
    let expected = (65_535i64 * 32 * 128 * 128) as i32;
    assert!((0..32).all(|row| bench.memories.accumulators(row) == [expected; 32]));
}

//! Maximum pools and lines at the destination.

use super::{Bench, RAM, STORE, head, pair, store_rows};
use crate::npu::cause;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    dim: u32,
    /// Height and width, as all pairs here.
    input: (u32, u32),
    kernel: (u32, u32),
    pad: (u32, u32),
    stride: (u32, u32),
    out_width: u32,
    rows: u32,
    columns: u32,
    origin: u32,
    gaps: (u32, u32),
    seed: u32,
}

fn case() -> impl Strategy<Value = Case> {
    let dim = proptest::sample::select(&[2u32, 4, 8, 16][..]);
    let window = ((1u32..8, 1u32..8), (0u32..8, 0u32..8), (1u32..5, 1u32..5));
    let shape = ((1u32..9, 1u32..9), window, 1u32..6, 1u32..30, 1u32..40);
    (dim, shape, any::<u16>(), (0u32..4, 0u32..4), any::<u32>()).prop_map(
        |(dim, (input, (kernel, pad, stride), out_width, rows, columns), origin, gaps, seed)| {
            Case {
                dim,
                input,
                kernel,
                pad,
                stride,
                out_width,
                rows,
                columns: columns.min(3 * dim),
                origin: origin.into(),
                gaps,
                seed,
            }
        },
    )
}

impl Case {
    fn value(&self, channel: u32, y: u32, x: u32) -> i8 {
        let hash = [channel, y, x]
            .iter()
            .fold(self.seed, |hash, part| (hash ^ part).wrapping_mul(0x9e37_79b1).rotate_left(13));
        // Small numbers leave the lower bound visible.
        if self.seed & 1 == 0 { (hash >> 8) as i8 } else { (hash >> 8) as i8 >> 1 & !0x3f }
    }

    fn pitch(&self) -> u32 {
        self.input.1 + self.gaps.0
    }

    fn chunk_step(&self) -> u32 {
        self.input.0 * self.pitch() + self.gaps.1
    }

    fn bench(&self) -> Bench {
        let mut bench = Bench::new(self.dim);
        for row in 0..bench.config.scratchpad_rows {
            bench.memories.scratchpad_mut(row).fill(127);
        }
        for t in 0..self.columns.div_ceil(self.dim) {
            for (y, x) in (0..self.input.0).flat_map(|y| (0..self.input.1).map(move |x| (y, x))) {
                let row = self.origin + t * self.chunk_step() + y * self.pitch() + x;
                for (c, lane) in (t * self.dim..).zip(bench.memories.scratchpad_mut(row)) {
                    *lane = self.value(c, y, x);
                }
            }
        }
        bench
    }

    fn descriptor(&self) -> [u32; 8] {
        let window = [self.kernel.1, self.kernel.0, self.pad.1, self.pad.0];
        let window = window.iter().rev().fold(0, |bits, size| bits << 3 | size);
        let strides = (self.stride.1 - 1) << 24 | (self.stride.0 - 1) << 26;
        [
            head(STORE, &[], &[]) | 2 << 16 | 1 << 21,
            RAM + 3,
            self.columns + 2,
            pair(self.rows, self.columns),
            pair(self.origin, self.chunk_step()),
            self.pitch() | window << 16,
            self.input.1 | self.input.0 << 12 | strides,
            self.out_width,
        ]
    }

    fn expected(&self, channel: u32, r: u32) -> i8 {
        let (oy, ox) = (r / self.out_width, r % self.out_width);
        let inside = |o: u32, stride: u32, pad: u32, k: u32, size: u32| {
            let at = (o * stride + k).checked_sub(pad)?;
            (at < size).then_some(at)
        };
        let mut maximum = -128;
        for (ky, kx) in (0..self.kernel.0).flat_map(|ky| (0..self.kernel.1).map(move |kx| (ky, kx)))
        {
            let y = inside(oy, self.stride.0, self.pad.0, ky, self.input.0);
            let x = inside(ox, self.stride.1, self.pad.1, kx, self.input.1);
            if let (Some(y), Some(x)) = (y, x) {
                maximum = self.value(channel, y, x).max(maximum);
            }
        }
        maximum
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn maxima(case in case()) {
        let mut bench = case.bench();
        let job = bench.run(&[case.descriptor()]);
        prop_assert_eq!((job.end.cause, job.writes.len() as u32), (cause::NONE, case.rows * case.columns));
        for (r, c) in (0..case.rows).flat_map(|r| (0..case.columns).map(move |c| (r, c))) {
            let byte = bench.bytes(RAM + 3 + r * (case.columns + 2) + c, 1)[0] as i8;
            prop_assert_eq!(byte, case.expected(c, r), "channel {} of output {}", c, r);
        }
    }
}

/// The lines of a pool's results lie `line_step` apart, wrapping.
#[test]
fn pools_into_the_scratchpad() {
    let mut bench = Bench::new(2);
    for row in 0..6 {
        bench.memories.scratchpad_mut(row).copy_from_slice(&[row as i8, -(row as i8)]);
    }
    // A map of 2 x 3, windows of 1 x 2; three columns are two chunks, 100 rows apart.
    let head = head(STORE, &[], &[]) | 2 << 16 | 1 << 18 | 1 << 21;
    let window = 2 << 16 | 1 << 19;
    let list = [[head, 508, pair(2, 100), pair(4, 3), 0, 3 | window, 0x2003, pair(2, 7)]];
    for row in [508, 510, 3, 5, 96, 98, 103, 105] {
        bench.memories.scratchpad_mut(if row < 6 { 300 } else { row }).fill(99);
    }
    assert_eq!(bench.run(&list).end.cause, cause::NONE);
    let rows = |rows: [u32; 4]| rows.map(|row| bench.scratchpad(row));
    assert_eq!(rows([508, 510, 515, 517]), [[1, 0], [2, -1], [4, -3], [5, -4]]);
    assert_eq!(rows([608, 610, 615, 617]), [[1, 0], [2, 0], [4, 0], [5, 0]]);
}

/// Whole lines and a rest, with gaps between lines; without lines only `row_step` counts.
#[test]
fn lines_at_the_destination() {
    let mut bench = Bench::new(4);
    for row in 0..5u32 {
        bench.memories.scratchpad_mut(row).copy_from_slice(&[row as i8 + 1; 4]);
    }
    let mut store = store_rows(0, 6, 5, 0);
    store[0] |= 1 << 18;
    (store[1], store[2], store[4], store[7]) = (40, pair(3, 50), pair(0, 0), pair(2, 11));
    assert_eq!(bench.run(&[store]).end.cause, cause::NONE);
    for (r, row) in [40, 43, 51, 54, 62].into_iter().enumerate() {
        let value = r as i8 + 1;
        assert_eq!(bench.scratchpad(row), [value; 4]);
        assert_eq!(bench.scratchpad(row + 50), [value, value, 0, 0]);
    }
    (store[1], store[7]) = (200, pair(0, 11));
    bench.run(&[store]);
    assert_eq!([200, 203, 206, 209, 212].map(|row| bench.scratchpad(row)[0]), [1, 2, 3, 4, 5]);
}

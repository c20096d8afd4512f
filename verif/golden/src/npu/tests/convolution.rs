//! Convolutions against their plain definition: a kernel that slides over a padded feature map.

use super::{Bench, EXEC, head, pair};
use crate::npu::cause;
use crate::npu::memories::Memories;
use proptest::prelude::*;

/// Scratchpad rows, enough for the largest case.
const ROWS: u32 = 8192;

#[derive(Clone, Debug)]
struct Case {
    dim: u32,
    seed: u64,
    /// Input height and width.
    input: (u32, u32),
    output: (u32, u32),
    /// Kernel height and width; depthwise: passes.
    kernel: (u32, u32),
    stride: (u32, u32),
    /// Pixel (y, x) of the first tap.
    first: (i32, i32),
    k_tiles: u32,
    n_tiles: u32,
    pad_value: i8,
    accumulate: bool,
    /// Weights of 4 bits.
    int4: bool,
    /// Where pixel (0, 0) lies: near the end of the scratchpad it wraps.
    origin: u32,
    /// Rows that no pixel uses, behind each line and each plane.
    gaps: (u32, u32),
    accumulator_row: u32,
}

fn case() -> impl Strategy<Value = Case> {
    let dim = proptest::sample::select(&[2u32, 4, 8, 16][..]);
    let kernel = prop_oneof![4 => (1u32..5, 1u32..5), 1 => Just((7, 7))];
    let stride = (1u32..5, 1u32..5);
    let tiles = (1u32..4, 1u32..3, prop_oneof![any::<i8>(), Just(-128)]);
    let places = (any::<u16>(), (0u32..3, 0u32..4), any::<u16>());
    let shape = ((1u32..8, 1u32..8), (1u32..6, 1u32..6), kernel, stride, (-7i32..4, -7i32..4));
    (dim, any::<u64>(), shape, tiles, any::<(bool, bool)>(), places).prop_map(
        |(dim, seed, (input, output, kernel, stride, first), tiles, flags, places)| Case {
            dim,
            seed,
            input,
            output,
            kernel,
            stride,
            first,
            k_tiles: tiles.0,
            n_tiles: tiles.1,
            pad_value: tiles.2,
            accumulate: flags.0,
            int4: flags.1,
            origin: places.0.into(),
            gaps: places.1,
            accumulator_row: places.2.into(),
        },
    )
}

/// A number that `at` decides; many of them are the extremes.
fn byte(seed: u64, at: &[u32]) -> i8 {
    let mix = |hash: u64, &part: &u32| {
        let hash = (hash ^ u64::from(part)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^ hash >> 29
    };
    let hash = at.iter().fold(seed, mix);
    match hash >> 60 {
        0 => -128,
        1 => 127,
        _ => (hash >> 32) as i8,
    }
}

impl Case {
    fn pitch(&self) -> u32 {
        // Odd, as depthwise convolutions need it.
        (self.input.1 + self.gaps.0) | 1
    }

    fn plane_step(&self) -> u32 {
        self.input.0 * self.pitch() + self.gaps.1
    }

    /// Planes of the map, for the larger of both operations.
    fn planes(&self) -> u32 {
        self.k_tiles.max(self.n_tiles)
    }

    fn weight_row(&self) -> u32 {
        self.origin + self.planes() * self.plane_step()
    }

    fn pixels(&self) -> u32 {
        self.output.0 * self.output.1
    }

    /// Channel c of pixel (y, x).
    fn x(&self, c: u32, y: i32, x: i32) -> i32 {
        let inside = (0..self.input.0 as i32).contains(&y) && (0..self.input.1 as i32).contains(&x);
        let byte =
            if inside { byte(self.seed, &[0, c, y as u32, x as u32]) } else { self.pad_value };
        byte.into()
    }

    /// What accumulator row r holds before.
    fn before(&self, r: u32, n: u32) -> i32 {
        i32::from(byte(self.seed, &[2, r, n])) << 24
    }

    /// A weight that `at` decides.
    fn weight(&self, at: &[u32]) -> i8 {
        let byte = byte(self.seed, at);
        if self.int4 { byte >> 4 } else { byte }
    }

    /// The map, and `tiles` tiles of weights as `weight(tile, k, n)` has them.
    fn bench(&self, tiles: u32, weight: impl Fn(u32, u32, u32) -> i8) -> Bench {
        let mut bench = Bench::new(self.dim);
        bench.config.scratchpad_rows = ROWS;
        bench.memories = Memories::new(&bench.config);
        for row in 0..ROWS {
            bench.memories.scratchpad_mut(row).fill(77);
        }
        for plane in 0..self.planes() {
            for (y, x) in grid(self.input) {
                let row = self.origin + plane * self.plane_step() + y * self.pitch() + x;
                for (c, lane) in (plane * self.dim..).zip(bench.memories.scratchpad_mut(row)) {
                    *lane = self.x(c, y as i32, x as i32) as i8;
                }
            }
        }
        for (tile, k) in grid((tiles, self.dim)) {
            let in_tile = tile * self.dim + k;
            let row = self.weight_row() + if self.int4 { in_tile / 2 } else { in_tile };
            for (n, lane) in (0..).zip(bench.memories.scratchpad_mut(row)) {
                let weight = weight(tile, k, n);
                *lane = match (self.int4, k % 2) {
                    (false, _) => weight,
                    (true, 0) => weight & 15,
                    (true, _) => *lane | weight << 4,
                };
            }
        }
        for row in 0..self.n_tiles * self.pixels() {
            let lanes = bench.memories.accumulators_mut(self.accumulator_row + row);
            for (n, lane) in (0..).zip(lanes) {
                *lane = self.before(row, n);
            }
        }
        bench
    }

    fn descriptor(&self, mode: u32, kernel: (u32, u32), first_x: i32) -> [u32; 8] {
        let row = self.origin as i32 + self.first.0 * self.pitch() as i32 + first_x;
        let low = |row: u32| row & 0xffff;
        [
            head(EXEC, &[], &[])
                | u32::from(self.accumulate) << 16
                | mode << 17
                | u32::from(self.int4) << 19,
            pair(low(row as u32), self.pitch()),
            pair(low(self.weight_row()), self.plane_step()),
            pair(self.accumulator_row, self.pixels()),
            self.output.1 | self.output.0 << 12 | u32::from(self.pad_value as u8) << 24,
            self.input.1
                | self.input.0 << 12
                | (self.stride.1 - 1) << 24
                | (self.stride.0 - 1) << 26,
            self.k_tiles | self.n_tiles << 12 | kernel.0 << 24 | kernel.1 << 27,
            pair(self.first.0 as u16 as u32, first_x as u16 as u32),
        ]
    }

    /// Runs `descriptor` and compares with `expected(channel, y, x)`, the sum for the output whose
    /// first tap is at pixel (y, x).
    fn check(
        &self,
        mut bench: Bench,
        descriptor: [u32; 8],
        first_x: i32,
        expected: impl Fn(u32, i32, i32) -> i32,
    ) {
        assert_eq!(bench.run(&[descriptor]).end.cause, cause::NONE);
        for (channel, pixel) in grid((self.n_tiles * self.dim, self.pixels())) {
            let (oy, ox) = (pixel / self.output.1, pixel % self.output.1);
            let y = self.first.0 + (oy * self.stride.0) as i32;
            let x = first_x + (ox * self.stride.1) as i32;
            let (row, n) = (channel / self.dim * self.pixels() + pixel, channel % self.dim);
            let before = if self.accumulate { self.before(row, n) } else { 0 };
            let actual = bench.memories.accumulators(self.accumulator_row + row)[n as usize];
            let expected = before.wrapping_add(expected(channel, y, x));
            assert_eq!(actual, expected, "channel {channel} of output ({oy}, {ox})");
        }
    }
}

fn grid((height, width): (u32, u32)) -> impl Iterator<Item = (u32, u32)> {
    (0..height).flat_map(move |y| (0..width).map(move |x| (y, x)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn full(case in case()) {
        let (height, width) = case.kernel;
        // Output channel, input channel, line, tap.
        let w = |o: u32, c: u32, ky: u32, kx: u32| case.weight(&[1, o, c, ky, kx]);
        let bench = case.bench(case.n_tiles * height * width * case.k_tiles, |tile, k, n| {
            let (kt, tap) = (tile % case.k_tiles, tile / case.k_tiles);
            let (nt, tap) = (tap / (height * width), tap % (height * width));
            w(nt * case.dim + n, kt * case.dim + k, tap / width, tap % width)
        });
        let descriptor = case.descriptor(1, case.kernel, case.first.1);
        case.check(bench, descriptor, case.first.1, |o, y, x| {
            let taps = grid(case.kernel).flat_map(|(ky, kx)| {
                let case = &case;
                (0..case.k_tiles * case.dim).map(move |c| {
                    case.x(c, y + ky as i32, x + kx as i32) * i32::from(w(o, c, ky, kx))
                })
            });
            taps.sum()
        });
    }

    #[test]
    fn depthwise(case in case()) {
        let first_x = -(case.first.1 & 3);
        // Lines and taps of a pass; rows of a tile that hold no taps hold anything.
        let (lines, taps) = match case.dim { 2 => (1, 2), 4 => (1, 4), 8 => (2, 4), _ => (3, 4) };
        let w = |c: u32, line: u32, kx: u32| case.weight(&[1, c, line, kx]);
        let bench = case.bench(case.n_tiles * case.k_tiles, |tile, k, n| {
            let (nt, pass) = (tile / case.k_tiles, tile % case.k_tiles);
            let (g, kx) = (k / taps, k % taps);
            if g < lines { w(nt * case.dim + n, pass * lines + g, kx) } else { 99 }
        });
        let descriptor = case.descriptor(2, (0, 0), first_x);
        case.check(bench, descriptor, first_x, |c, y, x| {
            grid((case.k_tiles * lines, taps))
                .map(|(ky, kx)| case.x(c, y + ky as i32, x + kx as i32) * i32::from(w(c, ky, kx)))
                .sum()
        });
    }
}

/// More outputs than accumulator rows: later tiles see what earlier ones left on the same row, and
/// without `accumulate` the last output of the first tile wins.
#[test]
fn coinciding_accumulator_rows_are_sequential() {
    let mut bench = Bench::new(2);
    let rows = bench.config.accumulator_rows;
    // A map of one line; two taps that take channel 0 as it is and ten times.
    for x in 0..rows + 2 {
        bench.memories.scratchpad_mut(x).copy_from_slice(&[(x % 100) as i8, 0]);
    }
    let weights = rows + 2;
    for (row, weight) in [(0, [1, 1]), (1, [0, 0]), (2, [10, 10]), (3, [0, 0])] {
        bench.memories.scratchpad_mut(weights + row).copy_from_slice(&weight);
    }
    let descriptor = [
        head(EXEC, &[], &[]) | 1 << 17,
        pair(0, rows + 2),
        pair(weights, 0),
        pair(5, 0),
        (rows + 1) | 1 << 12,
        (rows + 2) | 1 << 12,
        0x1100_1001,
        0,
    ];
    assert_eq!(bench.run(&[descriptor]).end.cause, 0);
    // Outputs 0 and `rows` = 128 share row 5. The first tap leaves x(128) = 28; the second adds ten
    // times x(1) and ten times x(129).
    assert_eq!(bench.memories.accumulators(5), [28 + 10 + 290; 2]);
    assert_eq!(bench.memories.accumulators(6), [1 + 20; 2]);
}

/// A map of one line of 4095 pixels, of which only the last is in the reach of one first pixel.
#[test]
fn far_first_pixels() {
    let (pixel, padding) = (2 * (10 + 15), 2 * (1 + 1));
    for (first_y, first_x, expected) in [
        (0, 4094, pixel),
        (0, 4095, padding),
        (0, -1, padding),
        (0, 32767, padding),
        (0, -32768, padding),
        (-32768, 4094, padding),
        (1, 4094, padding),
    ] {
        let mut bench = Bench::new(2);
        bench.config.scratchpad_rows = ROWS;
        bench.memories = Memories::new(&bench.config);
        bench.memories.scratchpad_mut(4094).copy_from_slice(&[10, 15]);
        for row in ROWS - 2..ROWS {
            bench.memories.scratchpad_mut(row).fill(2);
        }
        let row = (first_x + first_y * 4095) as u32 & 0xffff;
        let first = pair(first_y as u16 as u32, first_x as u16 as u32);
        let descriptor = [
            head(EXEC, &[], &[]) | 1 << 17,
            pair(row, 4095),
            pair(ROWS - 2, 0),
            0,
            0x0100_1001,
            0x1fff,
            0x0900_1001,
            first,
        ];
        assert_eq!(bench.run(&[descriptor]).end.cause, 0);
        assert_eq!(bench.memories.accumulators(0), [expected; 2], "{first_y} {first_x}");
    }
}

//! EXEC commands of all modes for the tests, and the manual's pseudo-code of each.

use systole_hdl::prelude::*;

use crate::npu::tests::random::Random;

/// Rows of the scratchpad or the accumulators; addresses wrap.
pub struct Memory<T>(pub Vec<Vec<T>>);

impl<T> Memory<T> {
    pub fn row(&self, address: i64) -> &[T] {
        &self.0[address.rem_euclid(self.0.len() as i64) as usize]
    }

    pub fn row_mut(&mut self, address: i64) -> &mut [T] {
        let rows = self.0.len() as i64;
        &mut self.0[address.rem_euclid(rows) as usize]
    }
}

/// One EXEC descriptor.
#[derive(Clone, Copy, Debug)]
pub enum Exec {
    Product(Product),
    Convolution(Convolution),
}

/// Mode 0; names as in docs/npu.md.
#[derive(Clone, Copy, Default, Debug)]
pub struct Product {
    pub accumulate: bool,
    pub int4: bool,
    pub activation_row: u32,
    pub activation_step: u32,
    pub activation_k_step: u32,
    pub weight_row: u32,
    pub weight_k_step: u32,
    pub weight_n_step: u32,
    pub accumulator_row: u32,
    pub accumulator_n_step: u32,
    pub m_rows: u32,
    pub k_tiles: u32,
    pub n_tiles: u32,
}

/// Modes 1 and 2.
#[derive(Clone, Copy, Default, Debug)]
pub struct Convolution {
    /// Lines and columns of the kernel; `None` for depthwise.
    pub kernel: Option<(u32, u32)>,
    pub accumulate: bool,
    pub int4: bool,
    pub activation_row: u32,
    pub row_pitch: u32,
    pub weight_row: u32,
    pub plane_step: u32,
    pub accumulator_row: u32,
    pub accumulator_n_step: u32,
    pub out_width: u32,
    pub out_height: u32,
    pub in_width: u32,
    pub in_height: u32,
    pub stride_x: u32,
    pub stride_y: u32,
    pub pad_value: i8,
    pub k_tiles: u32,
    pub n_tiles: u32,
    pub first_y: i32,
    pub first_x: i32,
}

impl Exec {
    pub fn words(&self) -> [u32; 8] {
        match self {
            Exec::Product(product) => product.words(),
            Exec::Convolution(convolution) => convolution.words(),
        }
    }

    /// The command that `words` describe.
    pub fn from_words(words: &[u32; 8]) -> Self {
        match words[0] >> 17 & 3 {
            0 => Exec::Product(Product::from_words(words)),
            mode => Exec::Convolution(Convolution::from_words(words, mode == 1)),
        }
    }

    pub fn descriptor(&self) -> Bits {
        let words: Vec<u64> = self
            .words()
            .chunks(2)
            .map(|pair| u64::from(pair[0]) | u64::from(pair[1]) << 32)
            .collect();
        Bits::from_words(256, &words)
    }

    pub fn run(&self, scratchpad: &Memory<i8>, accumulators: &mut Memory<i32>) {
        match self {
            Exec::Product(product) => product.run(scratchpad, accumulators),
            Exec::Convolution(convolution) => convolution.run(scratchpad, accumulators),
        }
    }

    /// Any fields; shapes around `dim`, rows anywhere.
    pub fn random(random: &mut Random, dim: u32) -> Self {
        match random.below(2) {
            0 => Exec::Product(Product::random(random, dim)),
            _ => Exec::Convolution(Convolution::random(random, dim)),
        }
    }

    /// Array cycles of the command.
    pub fn cycles(&self, dim: u32) -> u64 {
        u64::from(match self {
            Exec::Product(p) => p.n_tiles * p.k_tiles * p.m_rows.max(dim),
            Exec::Convolution(c) => match c.kernel {
                Some((height, width)) => {
                    c.n_tiles * height * width * c.k_tiles * (c.out_height * c.out_width).max(dim)
                }
                None => {
                    let line = c.in_width.max(c.stride_x * (c.out_width - 1) + 1);
                    c.n_tiles * c.k_tiles * (c.out_height * line).max(dim)
                }
            },
        })
    }
}

/// W[k][n] of the tile whose rows begin at `row`.
fn weight(scratchpad: &Memory<i8>, row: i64, int4: bool, (k, n): (usize, usize)) -> i32 {
    if !int4 {
        return scratchpad.row(row + k as i64)[n].into();
    }
    let pair = i32::from(scratchpad.row(row + k as i64 / 2)[n]);
    // The nibble goes to the top and comes back with its sign.
    let shift = if k % 2 == 0 { 28 } else { 24 };
    pair << shift >> 28
}

fn row(random: &mut Random) -> u32 {
    random.below(65536)
}

impl Product {
    pub fn words(&self) -> [u32; 8] {
        [
            2 | u32::from(self.accumulate) << 16 | u32::from(self.int4) << 19,
            self.activation_row | self.activation_step << 16,
            self.weight_row | self.weight_k_step << 16,
            self.accumulator_row | self.m_rows << 16,
            self.k_tiles | self.activation_k_step << 16,
            self.n_tiles | self.weight_n_step << 16,
            self.accumulator_n_step,
            0,
        ]
    }

    fn from_words(words: &[u32; 8]) -> Self {
        let (low, high) = (|n: usize| words[n] & 0xffff, |n: usize| words[n] >> 16);
        Product {
            accumulate: words[0] >> 16 & 1 == 1,
            int4: words[0] >> 19 & 1 == 1,
            activation_row: low(1),
            activation_step: high(1),
            weight_row: low(2),
            weight_k_step: high(2),
            accumulator_row: low(3),
            m_rows: high(3),
            k_tiles: low(4),
            activation_k_step: high(4),
            n_tiles: low(5),
            weight_n_step: high(5),
            accumulator_n_step: low(6),
        }
    }

    fn random(random: &mut Random, dim: u32) -> Self {
        let near = |random: &mut Random, to: u32| random.pick(&[1, 2, to - 1, to, to + 1, 2 * to]);
        Product {
            accumulate: random.chance(50),
            int4: random.chance(40),
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
    fn run(&self, scratchpad: &Memory<i8>, accumulators: &mut Memory<i32>) {
        for nt in 0..self.n_tiles {
            for kt in 0..self.k_tiles {
                let tile = self.weight_row + nt * self.weight_n_step + kt * self.weight_k_step;
                for m in 0..self.m_rows {
                    let activations = scratchpad.row(i64::from(
                        self.activation_row
                            + kt * self.activation_k_step
                            + m * self.activation_step,
                    ));
                    let a = self.accumulator_row + nt * self.accumulator_n_step + m;
                    let fresh = kt == 0 && !self.accumulate;
                    for (n, sum) in accumulators.row_mut(a.into()).iter_mut().enumerate() {
                        let product = |(k, &activation): (usize, &i8)| {
                            let weight = weight(scratchpad, tile.into(), self.int4, (k, n));
                            i32::from(activation) * weight
                        };
                        let p: i32 = activations.iter().enumerate().map(product).sum();
                        *sum = if fresh { p } else { sum.wrapping_add(p) };
                    }
                }
            }
        }
    }
}

impl Convolution {
    pub fn words(&self) -> [u32; 8] {
        let (height, width) = self.kernel.unwrap_or((0, 0));
        let mode = if self.kernel.is_some() { 1 } else { 2 };
        [
            2 | u32::from(self.accumulate) << 16 | mode << 17 | u32::from(self.int4) << 19,
            self.activation_row | self.row_pitch << 16,
            self.weight_row | self.plane_step << 16,
            self.accumulator_row | self.accumulator_n_step << 16,
            self.out_width | self.out_height << 12 | u32::from(self.pad_value as u8) << 24,
            self.in_width
                | self.in_height << 12
                | (self.stride_x - 1) << 24
                | (self.stride_y - 1) << 26,
            self.k_tiles | self.n_tiles << 12 | height << 24 | width << 27,
            self.first_y as u32 & 0xffff | (self.first_x as u32) << 16,
        ]
    }

    fn from_words(words: &[u32; 8], full: bool) -> Self {
        let (low, high) = (|n: usize| words[n] & 0xffff, |n: usize| words[n] >> 16);
        let field = |n: usize, at: u32, bits: u32| words[n] >> at & ((1 << bits) - 1);
        Convolution {
            kernel: full.then(|| (field(6, 24, 3), field(6, 27, 3))),
            accumulate: words[0] >> 16 & 1 == 1,
            int4: words[0] >> 19 & 1 == 1,
            activation_row: low(1),
            row_pitch: high(1),
            weight_row: low(2),
            plane_step: high(2),
            accumulator_row: low(3),
            accumulator_n_step: high(3),
            out_width: field(4, 0, 12),
            out_height: field(4, 12, 12),
            in_width: field(5, 0, 12),
            in_height: field(5, 12, 12),
            stride_x: field(5, 24, 2) + 1,
            stride_y: field(5, 26, 2) + 1,
            pad_value: field(4, 24, 8) as i8,
            k_tiles: field(6, 0, 12),
            n_tiles: field(6, 12, 12),
            first_y: i32::from(low(7) as i16),
            first_x: i32::from(high(7) as i16),
        }
    }

    fn random(random: &mut Random, dim: u32) -> Self {
        let depthwise = random.chance(50);
        let kernel = (random.range(1, 7), random.pick(&[1, 3, 3, 7]));
        let first_x = if depthwise { random.below(4) } else { random.below(9) };
        let size = |random: &mut Random| random.pick(&[1, 2, 3, 5, 8]);
        let pitch = row(random);
        let any = random.next() as i8;
        Convolution {
            kernel: (!depthwise).then_some(kernel),
            accumulate: random.chance(50),
            int4: random.chance(40),
            activation_row: row(random),
            row_pitch: if depthwise { pitch | 1 } else { pitch },
            weight_row: row(random),
            plane_step: row(random),
            accumulator_row: row(random),
            accumulator_n_step: random.pick(&[0, 1, 2, 65535, dim, 64]),
            out_width: size(random),
            out_height: size(random),
            in_width: size(random),
            in_height: size(random),
            stride_x: random.range(1, 4),
            stride_y: random.range(1, 4),
            pad_value: random.pick(&[0, -128, 127, any]),
            k_tiles: random.range(1, 3),
            n_tiles: random.range(1, 2),
            first_y: 3 - random.below(9) as i32,
            first_x: if depthwise || random.chance(70) { -(first_x as i32) } else { 2 },
        }
    }

    /// The manual's X(plane, y, x)[k].
    fn pixel(&self, scratchpad: &Memory<i8>, plane: u32, y: i32, x: i32, k: usize) -> i32 {
        let inside = |at: i32, size: u32| (0..size as i32).contains(&at);
        if !inside(y, self.in_height) || !inside(x, self.in_width) {
            return self.pad_value.into();
        }
        let row = i64::from(self.activation_row)
            + i64::from(plane) * i64::from(self.plane_step)
            + i64::from(y - self.first_y) * i64::from(self.row_pitch)
            + i64::from(x - self.first_x);
        scratchpad.row(row)[k].into()
    }

    /// The manual's pseudo-code.
    fn run(&self, scratchpad: &Memory<i8>, accumulators: &mut Memory<i32>) {
        let dim = scratchpad.0[0].len();
        let mut tile = 0;
        for nt in 0..self.n_tiles {
            let kernel = self.kernel.unwrap_or((1, 1));
            let taps = (0..kernel.0).flat_map(|ky| (0..kernel.1).map(move |kx| (ky, kx)));
            let steps = taps.flat_map(|tap| (0..self.k_tiles).map(move |kt| (tap, kt)));
            for (step, ((ky, kx), kt)) in steps.enumerate() {
                let tile_rows = if self.int4 { dim / 2 } else { dim };
                let first = i64::from(self.weight_row) + (tile * tile_rows) as i64;
                let weight = |k, n| weight(scratchpad, first, self.int4, (k, n));
                let outputs = (0..self.out_height)
                    .flat_map(|oy| (0..self.out_width).map(move |ox| (oy as i32, ox as i32)));
                for (m, (oy, ox)) in outputs.enumerate() {
                    let y = self.first_y + oy * self.stride_y as i32;
                    let x = self.first_x + ox * self.stride_x as i32;
                    let sum = |n: usize| -> i32 {
                        if self.kernel.is_some() {
                            let (y, x) = (y + ky as i32, x + kx as i32);
                            let pixel = |k| self.pixel(scratchpad, kt, y, x, k);
                            return (0..dim).map(|k| pixel(k) * weight(k, n)).sum();
                        }
                        // G and T of the manual.
                        let (lines, taps) = ((dim as u32 / 4).clamp(1, 3), (dim as u32).min(4));
                        let y = y + (kt * lines) as i32;
                        let at = |g: u32, kx: u32| {
                            self.pixel(scratchpad, nt, y + g as i32, x + kx as i32, n)
                                * weight((taps * g + kx) as usize, n)
                        };
                        (0..lines).flat_map(|g| (0..taps).map(move |kx| at(g, kx))).sum()
                    };
                    let a = i64::from(self.accumulator_row)
                        + i64::from(nt * self.accumulator_n_step)
                        + m as i64;
                    let sums: Vec<i32> = (0..dim).map(sum).collect();
                    let fresh = step == 0 && !self.accumulate;
                    for (old, p) in accumulators.row_mut(a).iter_mut().zip(sums) {
                        *old = if fresh { p } else { old.wrapping_add(p) };
                    }
                }
                tile += 1;
            }
        }
    }
}

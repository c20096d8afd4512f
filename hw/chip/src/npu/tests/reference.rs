//! docs/npu.md in the plainest Rust: executes a list in order, one descriptor after the other.

use super::layer::{Exec, Memory};
use super::machine::Descriptor;
use super::memory::{BASE, SIZE};
use crate::config::NpuConfig;

pub struct Reference {
    dim: usize,
    pub scratchpad: Vec<Vec<i8>>,
    pub accumulators: Vec<Vec<i32>>,
    pub parameters: Vec<Vec<u8>>,
    /// The table memory; zeros if D has none.
    pub table: Vec<u32>,
    pub memory: Vec<u8>,
    /// Every byte written, in order.
    pub written: Vec<(u32, u8)>,
}

fn low(word: u32) -> usize {
    (word & 0xffff) as usize
}

fn high(word: u32) -> usize {
    (word >> 16) as usize
}

/// The destination of a row of a STORE.
fn wrap(row: usize, rows: usize) -> usize {
    (row & 0xffff) % rows
}

impl Reference {
    pub fn new(config: &NpuConfig, memory: &[u8]) -> Self {
        let dim = config.dim as usize;
        Self {
            dim,
            scratchpad: vec![vec![0; dim]; config.scratchpad_rows as usize],
            accumulators: vec![vec![0; dim]; config.accumulator_rows as usize],
            parameters: vec![vec![0; dim]; config.parameter_rows as usize],
            table: vec![0; 257],
            memory: memory.to_vec(),
            written: Vec::new(),
        }
    }

    pub fn run(&mut self, list: &[Descriptor]) {
        for descriptor in list {
            match descriptor[0] & 15 {
                1 => self.load(descriptor),
                2 => self.exec(descriptor),
                3 => self.store(descriptor),
                opcode => panic!("opcode {opcode}"),
            }
        }
    }

    fn byte(&self, address: u32) -> u8 {
        let at = address.wrapping_sub(BASE);
        if at < SIZE { self.memory[at as usize] } else { 0xee }
    }

    fn load(&mut self, d: &Descriptor) {
        if d[0] >> 18 & 1 == 1 {
            return self.load_windows(d);
        }
        let (rows, row_bytes) = (low(d[3]), high(d[3]));
        for r in 0..rows {
            for c in 0..row_bytes.div_ceil(self.dim) {
                let start = d[1].wrapping_add((r as u32).wrapping_mul(d[2]));
                let bytes: Vec<u8> =
                    (0..self.dim)
                        .map(|n| c * self.dim + n)
                        .map(|at| {
                            if at < row_bytes {
                                self.byte(start.wrapping_add(at as u32))
                            } else {
                                0
                            }
                        })
                        .collect();
                let row = low(d[4]) + r * high(d[4]) + c * low(d[5]);
                match d[0] >> 16 & 3 {
                    0 => {
                        let row = wrap(row, self.scratchpad.len());
                        self.scratchpad[row] = bytes.iter().map(|&byte| byte as i8).collect();
                    }
                    1 => {
                        let row = wrap(row, self.parameters.len());
                        self.parameters[row] = bytes;
                    }
                    _ => {
                        if let Some(entry) = self.table.get_mut(wrap(row, 512)) {
                            *entry = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                        }
                    }
                }
            }
        }
    }

    fn load_windows(&mut self, d: &Descriptor) {
        let (rows, row_bytes) = (low(d[3]), high(d[3]) as i64);
        let [step, bytes, lane, pad_value] = d[6].to_le_bytes();
        let lead = i64::from(d[7] as u8 as i8);
        for r in 0..rows {
            let start = d[1].wrapping_add((r as u32).wrapping_mul(d[2]));
            for x in 0..high(d[5]) {
                let row = low(d[4]) + r * high(d[4]) + x * low(d[5]);
                let row = wrap(row, self.scratchpad.len());
                for j in 0..usize::from(bytes) {
                    let p = lead + (x * usize::from(step) + j) as i64;
                    let inside = (0..row_bytes).contains(&p);
                    let byte =
                        if inside { self.byte(start.wrapping_add(p as u32)) } else { pad_value };
                    self.scratchpad[row][usize::from(lane) + j] = byte as i8;
                }
            }
        }
    }

    fn exec(&mut self, d: &Descriptor) {
        let scratchpad = Memory(std::mem::take(&mut self.scratchpad));
        let mut accumulators = Memory(std::mem::take(&mut self.accumulators));
        Exec::from_words(d).run(&scratchpad, &mut accumulators);
        (self.scratchpad, self.accumulators) = (scratchpad.0, accumulators.0);
    }

    fn store(&mut self, d: &Descriptor) {
        let source = d[0] >> 16 & 3;
        let (rows, columns) = (low(d[3]), high(d[3]));
        for t in 0..columns.div_ceil(self.dim) {
            for r in 0..rows {
                let count = self.dim.min(columns - t * self.dim);
                let bytes: Vec<u8> = match source {
                    1 => self.accumulators[self.store_source(d, t, r) % self.accumulators.len()]
                        [..count]
                        .iter()
                        .flat_map(|sum| sum.to_le_bytes())
                        .collect(),
                    _ => (0..count).map(|n| self.result(d, t, r, n) as u8).collect(),
                };
                if d[0] >> 18 & 1 == 1 {
                    let row = wrap(low(d[1]) + self.place(d, t, r), self.scratchpad.len());
                    let mut data: Vec<i8> = bytes.iter().map(|&byte| byte as i8).collect();
                    data.resize(self.dim, 0);
                    self.scratchpad[row] = data;
                    continue;
                }
                let tile = t * self.dim * if source == 1 { 4 } else { 1 };
                let start =
                    d[1].wrapping_add((r as u32).wrapping_mul(d[2])).wrapping_add(tile as u32);
                for (n, &byte) in bytes.iter().enumerate() {
                    let address = start.wrapping_add(n as u32);
                    self.written.push((address, byte));
                    if address.wrapping_sub(BASE) < SIZE {
                        self.memory[(address - BASE) as usize] = byte;
                    }
                }
            }
        }
    }

    /// The source row of a STORE without windows.
    fn store_source(&self, d: &Descriptor, t: usize, r: usize) -> usize {
        (low(d[4]) + t * high(d[4]) + r * low(d[5])) & 0xffff
    }

    /// The destination of row r of tile t in the scratchpad, from the first one on.
    fn place(&self, d: &Descriptor, t: usize, r: usize) -> usize {
        let (line, row) = match low(d[7]) {
            0 => (0, r),
            line_rows => (r / line_rows, r % line_rows),
        };
        t * high(d[2]) + line * high(d[7]) + row * low(d[2])
    }

    /// An int8 result of a STORE.
    fn result(&self, d: &Descriptor, t: usize, r: usize, n: usize) -> i8 {
        let source = self.store_source(d, t, r);
        if d[0] >> 21 & 1 == 1 {
            return self.maximum(d, t, r, n);
        }
        if d[0] >> 16 & 3 == 2 {
            return self.scratchpad[wrap(source, self.scratchpad.len())][n];
        }
        let accumulator = self.accumulators[wrap(source, self.accumulators.len())][n];
        let y = self.requantise(d, accumulator, t, n) as i8;
        let entry = |index: i8| self.table[(i32::from(index) + 128) as usize];
        if d[0] >> 20 & 1 == 1 {
            return entry(y) as i8;
        }
        if d[0] >> 19 & 1 == 1 {
            let row = wrap(high(d[1]) + self.place(d, t, r), self.scratchpad.len());
            let b = self.scratchpad[row][n];
            return residual_add(y, self.table[256], entry(b));
        }
        y
    }

    /// Element n of a window of a pooling STORE.
    fn maximum(&self, d: &Descriptor, t: usize, r: usize, n: usize) -> i8 {
        let field = |word: usize, low: u32, bits: u32| (d[word] >> low & ((1 << bits) - 1)) as i64;
        let (oy, ox) = ((r / low(d[7])) as i64, (r % low(d[7])) as i64);
        let mut maximum = -128;
        for ky in 0..field(5, 19, 3) {
            for kx in 0..field(5, 16, 3) {
                let y = oy * (field(6, 26, 2) + 1) - field(5, 25, 3) + ky;
                let x = ox * (field(6, 24, 2) + 1) - field(5, 22, 3) + kx;
                if (0..field(6, 12, 12)).contains(&y) && (0..field(6, 0, 12)).contains(&x) {
                    let base = low(d[4]) + t * high(d[4]);
                    let row = base + y as usize * low(d[5]) + x as usize;
                    maximum = maximum.max(self.scratchpad[wrap(row, self.scratchpad.len())][n]);
                }
            }
        }
        maximum
    }

    /// Byte `byte` of the parameters of tile t.
    fn parameter(&self, d: &Descriptor, t: usize, byte: usize) -> u8 {
        let tile = if doubly_rounds(d) { 9 } else { 8 };
        let row = wrap(high(d[5]) + tile * t + byte / self.dim, self.parameters.len());
        self.parameters[row][byte % self.dim]
    }

    fn parameter_word(&self, d: &Descriptor, t: usize, byte: usize) -> [u8; 4] {
        [0, 1, 2, 3].map(|n| self.parameter(d, t, byte + n))
    }

    fn requantise(&self, d: &Descriptor, accumulator: i32, t: usize, n: usize) -> u8 {
        let bias = i32::from_le_bytes(self.parameter_word(d, t, 4 * n));
        let multiplier = self.parameter_word(d, t, 4 * self.dim + 4 * n);
        let sum = accumulator.wrapping_add(bias);
        let rounded = if doubly_rounds(d) {
            let shift = self.parameter(d, t, 8 * self.dim + n) as i8;
            double_rounding(sum, u32::from_le_bytes(multiplier), shift)
        } else {
            (sum as f32 * f32::from_le_bytes(multiplier)).round_ties_even() as i64
        };
        let [zero_point, minimum, maximum, _] =
            d[6].to_le_bytes().map(|byte| i64::from(byte as i8));
        (rounded + zero_point).max(minimum).min(maximum) as u8
    }
}

fn doubly_rounds(d: &Descriptor) -> bool {
    d[0] >> 16 & 3 == 0 && d[6] >> 24 & 1 == 1
}

/// The formulas of the manual, before the zero point.
pub fn double_rounding(sum: i32, multiplier: u32, shift: i8) -> i64 {
    // 2^40 moves every int32 beyond 32 bits, to the left and to the right.
    let power = |exponent: i8| 1i128 << exponent.clamp(0, 40);
    let x = (i128::from(sum) * power(shift)).clamp(i32::MIN.into(), i32::MAX.into());
    let h = (x * i128::from(multiplier & 0x7fff_ffff) + (1 << 30)).div_euclid(1 << 31);
    let divisor = power(shift.saturating_neg());
    ((2 * h.abs() + divisor) / (2 * divisor) * h.signum()) as i64
}

/// `add` of a STORE for float32 entries that are 0 or normal.
pub fn residual_add(value: i8, scale: u32, entry: u32) -> i8 {
    let sum = f32::from(value).mul_add(f32::from_bits(scale), f32::from_bits(entry));
    sum.round_ties_even().clamp(-128.0, 127.0) as i8
}

//! Builders of descriptors and random lists.

use super::layer::Exec;
use super::machine::Descriptor;
use super::memory::BASE;
use super::random::Random;
use crate::config::NpuConfig;

pub const LOAD: u32 = 1;
pub const EXEC: u32 = 2;
pub const STORE: u32 = 3;

/// Flags of a STORE.
pub const ADD: u32 = 1 << 19;
pub const TABLE: u32 = 1 << 20;
pub const POOL: u32 = 1 << 21;

/// In word 6 of a STORE.
pub const DOUBLE_ROUNDING: u32 = 1 << 24;

/// n-tiles of parameters of random lists, for each mode.
const TILES: u32 = 3;

fn pair(low: u32, high: u32) -> u32 {
    (low & 0xffff) | high << 16
}

/// A LOAD of `rows` rows of `row_bytes` bytes to consecutive scratchpad rows.
pub fn load(
    config: &NpuConfig,
    address: u32,
    stride: u32,
    shape: (u32, u32),
    row: u32,
) -> Descriptor {
    let (rows, row_bytes) = shape;
    let chunks = row_bytes.div_ceil(config.dim);
    [LOAD, address, stride, pair(rows, row_bytes), pair(row, chunks), 1, 0, 0]
}

/// A STORE of scratchpad rows to memory.
pub fn copy_out(
    address: u32,
    stride: u32,
    shape: (u32, u32),
    row: u32,
    steps: (u32, u32),
) -> Descriptor {
    let (rows, columns) = shape;
    let (row_step, chunk_step) = steps;
    [STORE | 2 << 16, address, stride, pair(rows, columns), pair(row, chunk_step), row_step, 0, 0]
}

/// Marks the last descriptor.
pub fn last(list: &mut [Descriptor]) {
    list.last_mut().expect("a list has a descriptor")[0] |= 1 << 4;
}

/// Orders the list completely: each descriptor waits for the one before it.
pub fn chain(list: &mut [Descriptor]) {
    for n in 1..list.len() {
        let (before, after) = ((list[n - 1][0] & 15) - 1, (list[n][0] & 15) - 1);
        if before != after {
            list[n - 1][0] |= 1 << (12 + after);
            list[n][0] |= 1 << (8 + before);
        }
    }
    last(list);
}

/// Where random lists read, and where they write.
const SOURCE: u32 = BASE + 0x4000;
const TARGET: u32 = BASE + 0xa000;

/// Random descriptors with valid fields.
pub struct Lists<'a> {
    pub config: &'a NpuConfig,
    pub random: Random,
}

impl Lists<'_> {
    fn small(&mut self) -> u32 {
        let most = self.random.pick(&[1, 3, 9]);
        self.random.range(1, most)
    }

    /// A stride: dense, padded, random, or backwards.
    fn stride(&mut self, dense: u32) -> u32 {
        match self.random.below(4) {
            0 | 1 => dense,
            2 => self.random.below(300),
            _ => 0u32.wrapping_sub(self.random.below(200)),
        }
    }

    /// A LOAD to the scratchpad, of rows or of windows.
    pub fn load(&mut self) -> Descriptor {
        if self.random.chance(40) {
            return self.windows();
        }
        let dim = self.config.dim;
        let row_bytes = match self.random.below(4) {
            0 => self.random.range(1, 4 * dim),
            1 => dim * self.random.range(1, 4),
            2 => self.random.range(1, 5),
            _ => self.random.range(1, 200),
        };
        let rows = self.small();
        let address = SOURCE + 0x1000 + self.random.below(0x2000);
        let address = if self.random.chance(50) { address & !63 } else { address };
        [
            LOAD,
            address,
            self.stride(row_bytes),
            pair(rows, row_bytes),
            self.random.next() as u32,
            self.random.below(20),
            0,
            0,
        ]
    }

    /// A LOAD of windows: they overlap or leave gaps, begin before the row, end behind it, or miss
    /// it altogether.
    pub fn windows(&mut self) -> Descriptor {
        let (dim, bus) = (self.config.dim, self.config.bus_bits / 8);
        let bytes = self.random.range(1, dim.min(bus));
        let step = match self.random.below(4) {
            0 => bytes,
            1 => self.random.range(1, bytes),
            2 => self.random.range(1, 40),
            _ => self.random.pick(&[bus, 2 * bus, 128, 255]),
        };
        let row_bytes = match self.random.below(5) {
            0 => 0,
            1 => self.random.range(1, 5),
            _ => self.random.range(1, 200),
        };
        let lead = match self.random.below(4) {
            0 | 1 => 0,
            2 => self.random.below(bytes + 1),
            _ => self.random.below(129),
        };
        let windows = match self.random.below(3) {
            0 => self.random.range(1, 3),
            1 => (row_bytes + lead) / step + 1,
            _ => self.random.range(1, 40),
        };
        let lane = self.random.below(dim - bytes + 1);
        let pad_value = self.random.below(256);
        [
            LOAD | 1 << 18,
            SOURCE + 0x1000 + self.random.below(0x2000),
            self.stride(row_bytes),
            pair(self.small(), row_bytes),
            self.random.next() as u32,
            pair(self.random.below(20), windows),
            step | bytes << 8 | lane << 16 | pad_value << 24,
            lead.wrapping_neg() & 0xff,
        ]
    }

    /// Biases and sensible multipliers for `tiles` n-tiles from parameter row 0 on, then as many
    /// tiles for double rounding if the NPU has it. The caller writes the bytes to memory at the
    /// address that is returned.
    pub fn parameters(&mut self, tiles: u32) -> (Descriptor, u32, Vec<u8>) {
        let dim = self.config.dim;
        let mut bytes = Vec::new();
        let doubly = if self.config.double_rounding { tiles } else { 0 };
        for tile in 0..tiles + doubly {
            for _ in 0..dim {
                let bias = self.random.next() as i32 >> self.random.range(12, 28);
                bytes.extend(bias.to_le_bytes());
            }
            if tile < tiles {
                for _ in 0..dim {
                    let multiplier = self.random.range(1, 1000) as f32 / 20000.0;
                    bytes.extend(multiplier.to_le_bytes());
                }
                continue;
            }
            (0..dim)
                .for_each(|_| bytes.extend((self.random.next() as u32 | 1 << 30).to_le_bytes()));
            (0..dim).for_each(|_| bytes.push(3u8.wrapping_sub(self.random.below(20) as u8)));
        }
        let address = SOURCE + self.random.below(64);
        let descriptor = [LOAD | 1 << 16, address, 0, pair(1, bytes.len() as u32), 0, 1, 0, 0];
        (descriptor, address, bytes)
    }

    /// An EXEC of any kind.
    pub fn exec(&mut self) -> Descriptor {
        let mut words = Exec::random(&mut self.random, self.config.dim).words();
        if !self.config.int4_weights {
            words[0] &= !(1 << 19);
        }
        words
    }

    /// A STORE of any kind; requantising ones use up to two n-tiles of parameters.
    pub fn store(&mut self) -> Descriptor {
        let dim = self.config.dim;
        let source = self.random.below(3);
        let columns =
            if source == 0 { self.random.range(1, 2 * dim) } else { self.random.range(1, 5 * dim) };
        let rows = self.small();
        let width = if source == 1 { 4 } else { 1 };
        let mut address = TARGET + 0x1000 + self.random.below(0x2000);
        let mut stride = self.stride(columns * width);
        if source == 1 {
            address &= !3;
            stride &= !3;
        }
        let mut d = [
            STORE | source << 16,
            address,
            stride,
            pair(rows, columns),
            self.random.next() as u32,
            self.random.below(20),
            0,
            0,
        ];
        if source == 0 {
            let first_tile = self.random.below(2);
            d[5] |= (8 * first_tile) << 16;
            d[6] = self.random.next() as u32 & 0xff_ffff;
            if self.config.double_rounding && self.random.chance(50) {
                d[5] = pair(d[5], 8 * TILES + 9 * first_tile);
                d[6] |= DOUBLE_ROUNDING;
            }
            if self.random.chance(20) {
                d[0] |= TABLE;
            }
        }
        if source == 2 && self.random.chance(60) {
            self.pool(&mut d);
        }
        if source != 1 && self.random.chance(50) {
            self.place(&mut d);
        }
        d
    }

    /// Makes `d` a pooling STORE of a small map, with windows inside, across and outside its edges.
    fn pool(&mut self, d: &mut Descriptor) {
        let most = self.random.pick(&[2, 3, 7]);
        let mut upto = |from: u32, to: u32| self.random.range(from, to);
        let kernel = upto(1, most) | upto(1, most) << 3;
        let pads = upto(0, most) | upto(0, most) << 3;
        let strides = upto(0, 3) | upto(0, 3) << 2;
        let map = upto(1, 9) | upto(1, 9) << 12;
        d[0] |= POOL;
        d[5] = pair(upto(0, 12), kernel | pads << 6);
        d[6] = map | strides << 24;
        d[7] = upto(1, 5);
        // Enough rows for several lines of windows.
        d[3] = pair(upto(1, 20), d[3] >> 16);
    }

    /// Makes `d` go to the scratchpad, with or without lines and residual add, where it does not
    /// read what it has written.
    fn place(&mut self, d: &mut Descriptor) {
        d[0] |= 1 << 18;
        d[1] = self.random.below(0x1_0000);
        d[2] = pair(self.random.below(20), self.random.below(20));
        if d[0] & POOL != 0 {
            d[7] |= self.random.below(20) << 16;
        } else if self.random.chance(50) {
            d[7] = pair(self.random.range(1, 5), self.random.below(20));
        }
        let from_scratchpad = d[0] >> 16 & 3 == 2;
        if from_scratchpad || self.random.chance(50) {
            // A narrow source and destination in two halves of the scratchpad.
            let half = self.config.scratchpad_rows / 2;
            let dim = self.config.dim;
            let columns = (d[3] >> 16).min(2 * dim);
            d[3] = pair((d[3] & 0xffff).min(9), columns);
            d[2] = pair(self.random.below(4), self.random.below(30));
            d[7] = d[7] & 0xffff | (if d[7] == 0 { 0 } else { self.random.below(10) }) << 16;
            let source = self.random.below(half / 8);
            d[1] = half + self.random.below(half / 8);
            if from_scratchpad {
                d[4] = pair(source, self.random.below(20));
                if d[0] & POOL == 0 {
                    d[5] = self.random.below(4);
                } else {
                    d[5] = d[5] & 0xffff_0000 | self.random.below(6);
                }
            } else if d[0] & TABLE == 0 {
                d[0] |= ADD;
                // The residual lies elsewhere, or in place where no row comes twice.
                let in_place = d[7] == 0 && self.random.chance(50);
                if in_place {
                    d[2] = pair(self.random.range(1, 3), 40);
                }
                let residual = if in_place { d[1] } else { source };
                d[1] = pair(d[1], residual);
            }
        }
    }

    /// A completely ordered list that begins by loading parameters.
    pub fn ordered(&mut self, length: u32) -> (Vec<Descriptor>, u32, Vec<u8>) {
        let (parameters, address, bytes) = self.parameters(TILES);
        let mut list = vec![parameters];
        for _ in 0..length {
            let descriptor = match self.random.below(8) {
                0..=2 => self.load(),
                3..=4 => self.exec(),
                _ => self.store(),
            };
            list.push(descriptor);
        }
        chain(&mut list);
        (list, address, bytes)
    }
}

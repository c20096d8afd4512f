//! Rows of the NPU's memories, and pieces of memory, that a descriptor reads and writes.

use std::ops::Range;

use systole_isa::{
    Convolution, Descriptor, Destination, Exec, Kernel, Load, Pool, Source, Space, Store, Then,
};

use crate::NpuShape;

/// Bytes of memory that count as a row.
const MEMORY_ROW: u32 = 16;

/// Rows of the NPU's memories, numbered through: scratchpad, accumulators, parameters, one for the
/// whole table, and those of the memory that maps lie in.
pub struct Rows {
    scratchpad: u32,
    accumulators: u32,
    parameters: u32,
    /// Addresses of the memory that jobs read and write.
    memory: Range<u32>,
}

/// What a descriptor touches; a row may be named more than once.
#[derive(Default)]
pub struct Footprint {
    /// Rows read.
    pub reads: Vec<u32>,
    /// Rows written.
    pub writes: Vec<u32>,
}

impl Rows {
    /// Of an NPU, and of memory at the addresses `memory`. What lies outside of it is not written
    /// by a job, so that its order does not matter.
    pub fn new(shape: &NpuShape, memory: Range<u32>) -> Self {
        Self {
            scratchpad: shape.scratchpad_rows,
            accumulators: shape.accumulator_rows,
            parameters: shape.parameter_rows,
            memory,
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        (self.table() + 1 + (self.memory.len() as u32).div_ceil(MEMORY_ROW)) as usize
    }

    pub fn scratchpad(&self, row: u32) -> u32 {
        row & 0xffff & (self.scratchpad - 1)
    }

    fn accumulator(&self, row: u32) -> u32 {
        self.scratchpad + (row & 0xffff & (self.accumulators - 1))
    }

    fn parameter(&self, row: u32) -> u32 {
        self.scratchpad + self.accumulators + (row & 0xffff & (self.parameters - 1))
    }

    fn table(&self) -> u32 {
        self.scratchpad + self.accumulators + self.parameters
    }

    /// The rows of `rows` times `bytes` bytes of memory, each `stride` bytes behind the one before.
    fn memory(&self, address: u32, rows: u16, (bytes, stride): (u32, i32)) -> Vec<u32> {
        if bytes == 0 {
            return Vec::new();
        }
        let joined = stride as u32 == bytes;
        let (rows, bytes) = match joined {
            true => (1, u32::from(rows) * bytes),
            false => (u32::from(rows), bytes),
        };
        let first = self.table() + 1;
        let mut touched = Vec::new();
        for row in 0..rows {
            let start = address.wrapping_add(row.wrapping_mul(stride as u32));
            let end = start.saturating_add(bytes).min(self.memory.end);
            let start = start.max(self.memory.start);
            if start < end {
                let of = |address: u32| first + (address - self.memory.start) / MEMORY_ROW;
                touched.extend(of(start)..=of(end - 1));
            }
        }
        touched
    }

    /// The footprint of a descriptor on an array of side `dim`; raw words have none.
    pub fn of(&self, dim: u32, descriptor: &Descriptor) -> Footprint {
        match descriptor {
            Descriptor::Load(_, load) => self.of_load(dim, load),
            Descriptor::Exec(_, exec) => self.of_exec(dim, exec),
            Descriptor::Convolution(_, c) => self.of_convolution(dim, c),
            Descriptor::Store(_, store) => self.of_store(dim, store),
            Descriptor::Raw(_) => Footprint::default(),
        }
    }

    fn of_load(&self, dim: u32, load: &Load) -> Footprint {
        let steps = match &load.windows {
            Some(windows) => (windows.count.into(), windows.row_step),
            None => (u32::from(load.row_bytes).div_ceil(dim), load.chunk_step),
        };
        let rows = grid(load.row, &[(load.rows.into(), load.row_step), steps]);
        let writes = match load.space {
            Space::Scratchpad => rows.iter().map(|&row| self.scratchpad(row)).collect(),
            Space::Parameters => rows.iter().map(|&row| self.parameter(row)).collect(),
            Space::Table => vec![self.table()],
        };
        let reads = self.memory(load.address, load.rows, (load.row_bytes.into(), load.stride));
        Footprint { reads, writes }
    }

    fn of_exec(&self, dim: u32, e: &Exec) -> Footprint {
        let (n, k) = (u32::from(e.n_tiles), u32::from(e.k_tiles));
        let a = &e.activations;
        let mut reads = grid(a.row, &[(k, a.k_step), (e.m_rows.into(), a.step)]);
        reads.extend(grid(e.weight_row, &[(n, e.weight_n_step), (k, e.weight_k_step), (dim, 1)]));
        let sums = grid(e.accumulator_row, &[(n, e.accumulator_n_step), (e.m_rows.into(), 1)]);
        Footprint {
            reads: reads.into_iter().map(|row| self.scratchpad(row)).collect(),
            writes: sums.into_iter().map(|row| self.accumulator(row)).collect(),
        }
    }

    fn of_convolution(&self, dim: u32, c: &Convolution) -> Footprint {
        let (k, n) = (u32::from(c.k_tiles), u32::from(c.n_tiles));
        let (planes, lines, tiles) = match c.kernel {
            Kernel::Full { height, width } => {
                (k, u32::from(height), n * k * u32::from(height) * u32::from(width))
            }
            Kernel::Depthwise => (n, k * Convolution::lines_per_pass(dim), n * k),
        };
        // Whole lines, though a convolution may leave out pixels at the ends.
        let span = (u32::from(c.out_height) - 1) * u32::from(c.stride_y) + lines;
        let first = i32::from(c.first_y);
        let lines = first.max(0)..(first + span as i32).min(c.in_height.into());
        let pitch = i32::from(c.row_pitch);
        let origin = i32::from(c.activation_row) - first * pitch - i32::from(c.first_x);
        let mut reads = Vec::new();
        for plane in 0..planes {
            for y in lines.clone() {
                let row = origin + y * pitch + (plane * u32::from(c.plane_step)) as i32;
                reads.extend((0..i32::from(c.in_width)).map(|x| self.scratchpad((row + x) as u32)));
            }
        }
        reads.extend((0..tiles * dim).map(|i| self.scratchpad(u32::from(c.weight_row) + i)));
        let pixels = u32::from(c.out_height) * u32::from(c.out_width);
        let sums = grid(c.accumulator_row, &[(n, c.accumulator_n_step), (pixels, 1)]);
        let writes = sums.into_iter().map(|row| self.accumulator(row)).collect();
        Footprint { reads, writes }
    }

    fn of_store(&self, dim: u32, s: &Store) -> Footprint {
        let chunks = u32::from(s.columns).div_ceil(dim);
        let steps = [(chunks, s.source_chunk_step), (s.rows.into(), s.source_row_step)];
        let mut footprint = Footprint::default();
        let reads = &mut footprint.reads;
        match &s.source {
            Source::Accumulators | Source::Requantised { .. } => {
                reads.extend(grid(s.source_row, &steps).iter().map(|&row| self.accumulator(row)));
            }
            Source::Scratchpad => {
                reads.extend(grid(s.source_row, &steps).iter().map(|&row| self.scratchpad(row)));
            }
            Source::MaxPool(pool) => {
                let (height, width) = (pool.in_height.into(), pool.in_width.into());
                let steps = [(chunks, s.source_chunk_step), (height, pool.row_pitch), (width, 1)];
                reads.extend(grid(s.source_row, &steps).iter().map(|&row| self.scratchpad(row)));
            }
        }
        if let Source::Requantised { parameter_row, double_rounding, then, .. } = s.source {
            let tile_rows = if double_rounding { 9 } else { 8 };
            reads.extend(
                (0..tile_rows * chunks).map(|i| self.parameter(u32::from(parameter_row) + i)),
            );
            if then != Then::Keep {
                reads.push(self.table());
            }
            if let Then::Add { residual_row } = then {
                let rows = places(s, chunks, residual_row);
                reads.extend(rows.iter().map(|&row| self.scratchpad(row)));
            }
        }
        footprint.writes = match s.destination {
            Destination::Scratchpad { row, .. } => {
                places(s, chunks, row).iter().map(|&row| self.scratchpad(row)).collect()
            }
            Destination::Memory { address, stride } => {
                let element = if s.source == Source::Accumulators { 4 } else { 1 };
                self.memory(address, s.rows, (u32::from(s.columns) * element, stride))
            }
        };
        footprint
    }
}

/// Rows of a STORE's destination, counted from `first`.
fn places(s: &Store, chunks: u32, first: u16) -> Vec<u32> {
    let Destination::Scratchpad { row_step, chunk_step, line_rows, line_step, .. } = s.destination
    else {
        return Vec::new();
    };
    let rows = u32::from(s.rows);
    let line = match s.source {
        Source::MaxPool(Pool { out_width, .. }) => u32::from(out_width),
        _ if line_rows == 0 => rows,
        _ => u32::from(line_rows),
    };
    let mut places = Vec::new();
    for t in 0..chunks {
        for r in 0..rows {
            let lines = r / line * u32::from(line_step);
            let row = u32::from(first) + t * u32::from(chunk_step) + lines;
            places.push(row + r % line * u32::from(row_step));
        }
    }
    places
}

/// `first + sum of index * step` for all indices below the counts.
fn grid(first: u16, steps: &[(u32, u16)]) -> Vec<u32> {
    steps.iter().fold(vec![u32::from(first)], |rows, &(count, step)| {
        let of = |row: &u32| {
            let row = *row;
            (0..count).map(move |i| row.wrapping_add(i.wrapping_mul(step.into())))
        };
        rows.iter().flat_map(of).collect()
    })
}

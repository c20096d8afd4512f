//! What a descriptor reads and writes, as intervals of rows and of memory.

use super::descriptor::{
    self, Convolution, Descriptor, Destination, Exec, Kernel, Load, Operation, Place, Pool,
    Requantised, Source, Store, Then, depthwise_lines, depthwise_taps,
};
use super::exec::tile_rows;
use super::memories::{TABLE_ROWS, TABLE_SPAN};
use super::pool::window;
use super::rows::{Rows, merge};
use crate::machine::NpuConfig;
use std::fmt;
use std::ops::Range;

/// A memory that descriptors share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Space {
    Scratchpad,
    Accumulators,
    Parameters,
    Table,
    Memory,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scratchpad => "scratchpad",
            Self::Accumulators => "accumulator",
            Self::Parameters => "parameter",
            Self::Table => "table",
            Self::Memory => "memory",
        })
    }
}

/// A set of rows or bytes of one space that a descriptor touches.
pub(crate) struct Access {
    pub space: Space,
    pub writes: bool,
    /// Ascending, not overlapping.
    pub intervals: Vec<Range<u64>>,
}

impl Access {
    fn reads(space: Space, rows: Rows) -> Self {
        Self { space, writes: false, intervals: rows.intervals() }
    }

    /// The first interval that both touch.
    pub fn overlap(&self, other: &Self) -> Option<Range<u64>> {
        let (mut a, mut b) = (self.intervals.iter().peekable(), other.intervals.iter().peekable());
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            let common = x.start.max(y.start)..x.end.min(y.end);
            if !common.is_empty() {
                return Some(common);
            }
            if x.end <= y.end {
                a.next()
            } else {
                b.next()
            };
        }
        None
    }
}

/// Everything that a descriptor touches.
pub(crate) fn footprint(config: &NpuConfig, descriptor: &Descriptor) -> Vec<Access> {
    match &descriptor.operation {
        Operation::Load(load) => of_load(config, load),
        Operation::Exec(exec) => of_exec(config, exec),
        Operation::Convolution(convolution) => of_convolution(config, convolution),
        Operation::Store(store) => of_store(config, store),
    }
}

fn of_load(config: &NpuConfig, d: &Load) -> Vec<Access> {
    let (space, size) = match d.space {
        descriptor::Space::Scratchpad => (Space::Scratchpad, config.scratchpad_rows),
        descriptor::Space::Parameters => (Space::Parameters, config.parameter_rows),
        descriptor::Space::Table => (Space::Table, TABLE_SPAN),
    };
    let in_row = match &d.windows {
        Some(windows) => (windows.count, windows.window_row_step),
        None => (d.row_bytes.div_ceil(config.dim), d.chunk_step),
    };
    let mut rows = Rows::at(size, d.row).stepped(d.rows, d.row_step).stepped(in_row.0, in_row.1);
    if d.space == descriptor::Space::Table {
        rows = rows.below(TABLE_ROWS);
    }
    let memory = memory(false, d.address, d.stride, d.rows, d.row_bytes);
    vec![memory, Access { space, writes: true, intervals: rows.intervals() }]
}

fn of_exec(config: &NpuConfig, d: &Exec) -> Vec<Access> {
    let activations = Rows::at(config.scratchpad_rows, d.activation_row)
        .stepped(d.k_tiles, d.activation_k_step)
        .stepped(d.m_rows, d.activation_step);
    let weights = Rows::at(config.scratchpad_rows, d.weight_row)
        .stepped(d.n_tiles, d.weight_n_step)
        .stepped(d.k_tiles, d.weight_k_step)
        .stepped(tile_rows(config.dim, d.int4), 1);
    let accumulators = Rows::at(config.accumulator_rows, d.accumulator_row)
        .stepped(d.n_tiles, d.accumulator_n_step)
        .stepped(d.m_rows, 1);
    products(activations, weights, accumulators)
}

fn of_convolution(config: &NpuConfig, d: &Convolution) -> Vec<Access> {
    let passes = d.k_tiles * depthwise_lines(config.dim);
    let taps = depthwise_taps(config.dim);
    let (planes, tiles, used_rows, height, width) = match d.kernel {
        Kernel::Full { height, width } => {
            (d.k_tiles, d.n_tiles * d.k_tiles * height * width, config.dim, height, width)
        }
        Kernel::Depthwise => {
            let used_rows = taps * depthwise_lines(config.dim);
            (d.n_tiles, d.n_tiles * d.k_tiles, used_rows, passes, taps)
        }
    };
    // Steps from pixel (first_y, first_x), for what lies inside the map.
    let inside = |outputs: u32, stride: u32, kernel: u32, first: i32, size: u32| {
        let all = (0..outputs).flat_map(move |o| (0..kernel).map(move |k| (o * stride + k) as i32));
        all.filter(move |step| (0..size as i32).contains(&(first + step)))
    };
    let lines = inside(d.out_height, d.stride_y, height, d.first_y, d.in_height);
    let pixels = inside(d.out_width, d.stride_x, width, d.first_x, d.in_width);
    let activations = Rows::at(config.scratchpad_rows, d.activation_row)
        .moved(lines.map(|line| (line as u32).wrapping_mul(d.row_pitch)))
        .moved(pixels.map(|pixel| pixel as u32))
        .stepped(planes, d.plane_step);
    let weights = Rows::at(config.scratchpad_rows, d.weight_row)
        .stepped(if d.int4 { used_rows.div_ceil(2) } else { used_rows }, 1)
        .stepped(tiles, tile_rows(config.dim, d.int4));
    let accumulators = Rows::at(config.accumulator_rows, d.accumulator_row)
        .stepped(d.n_tiles, d.accumulator_n_step)
        .stepped(d.out_width * d.out_height, 1);
    products(activations, weights, accumulators)
}

fn products(activations: Rows, weights: Rows, accumulators: Rows) -> Vec<Access> {
    vec![
        Access::reads(Space::Scratchpad, activations),
        Access::reads(Space::Scratchpad, weights),
        Access { space: Space::Accumulators, writes: true, intervals: accumulators.intervals() },
    ]
}

fn of_store(config: &NpuConfig, d: &Store) -> Vec<Access> {
    let chunks = d.columns.div_ceil(config.dim);
    let mut accesses = match &d.source {
        Source::Pool(pool) => vec![Access::reads(Space::Scratchpad, of_pool(config, d, pool))],
        Source::Scratchpad => {
            vec![Access::reads(Space::Scratchpad, source_rows(config.scratchpad_rows, d, chunks))]
        }
        Source::Raw | Source::Requantised(_) => {
            let rows = source_rows(config.accumulator_rows, d, chunks);
            vec![Access::reads(Space::Accumulators, rows)]
        }
    };
    let placed = |row: u32, place: &Place| {
        Rows::at(config.scratchpad_rows, row)
            .moved((0..d.rows).map(|r| place.of_row(r)))
            .stepped(chunks, place.chunk_step)
    };
    if let Source::Requantised(Requantised { then, .. }) = d.source {
        let rows = d.parameter_rows() * chunks;
        let rows = Rows::at(config.parameter_rows, d.parameter_row).stepped(rows, 1);
        accesses.push(Access::reads(Space::Parameters, rows));
        if then != Then::Keep {
            // The data decide which of the 256 entries.
            let rows = if then == Then::Table { TABLE_ROWS - 1 } else { TABLE_ROWS };
            let rows = Rows::at(TABLE_SPAN, 0).stepped(rows, 1);
            accesses.push(Access::reads(Space::Table, rows));
        }
        if let (Then::Add { residual_row }, Destination::Scratchpad { place, .. }) =
            (then, &d.destination)
        {
            accesses.push(Access::reads(Space::Scratchpad, placed(residual_row, place)));
        }
    }
    accesses.push(match &d.destination {
        Destination::Memory { address, stride } => {
            memory(true, *address, *stride, d.rows, d.columns * d.element_bytes())
        }
        Destination::Scratchpad { row, place } => Access {
            space: Space::Scratchpad,
            writes: true,
            intervals: placed(*row, place).intervals(),
        },
    });
    accesses
}

fn source_rows(size: u32, d: &Store, chunks: u32) -> Rows {
    Rows::at(size, d.source_row)
        .stepped(chunks, d.source_chunk_step)
        .stepped(d.rows, d.source_row_step)
}

/// The pixels that a pool reads: of whole lines of outputs, and of the last line if it is shorter.
fn of_pool(config: &NpuConfig, d: &Store, pool: &Pool) -> Rows {
    let pixels = |lines: Range<u32>, columns: u32| {
        let lines = lines.flat_map(|oy| {
            window(oy * pool.stride_y, pool.pad_top, pool.kernel_height, pool.in_height)
        });
        let columns = (0..columns).flat_map(|ox| {
            window(ox * pool.stride_x, pool.pad_left, pool.kernel_width, pool.in_width)
        });
        Rows::at(config.scratchpad_rows, d.source_row)
            .moved(lines.map(|yy| yy.wrapping_mul(pool.row_pitch)))
            .moved(columns)
            .stepped(d.columns.div_ceil(config.dim), d.source_chunk_step)
    };
    let whole = d.rows / pool.out_width;
    pixels(0..whole, pool.out_width).joined(pixels(whole..whole + 1, d.rows % pool.out_width))
}

/// `rows` runs of `bytes` bytes, `stride` apart, in the circle of 2^32 bytes.
fn memory(writes: bool, address: u32, stride: u32, rows: u32, bytes: u32) -> Access {
    const END: u64 = 1 << 32;
    let mut intervals = Vec::new();
    for r in (0..rows).filter(|_| bytes != 0) {
        let start = u64::from(address.wrapping_add(r.wrapping_mul(stride)));
        let end = start + u64::from(bytes);
        intervals.push(start..end.min(END));
        if end > END {
            intervals.push(0..end - END);
        }
    }
    Access { space: Space::Memory, writes, intervals: merge(intervals) }
}

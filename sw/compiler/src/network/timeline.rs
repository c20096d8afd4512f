//! When the descriptors of a list start and end, one after the other in list order.

use std::collections::VecDeque;

use systole_isa::{Convolution, Descriptor, Destination, Kernel, Load, Source, Store, Unit};

use crate::NpuShape;

/// Cycles from a LOAD's start to its first data, and from a STORE's last write to memory to the
/// answer.
const MEMORY_LATENCY: u64 = 40;
/// Cycles from a scratchpad or accumulator row read by a STORE to the row written.
const STORE_LATENCY: u64 = 12;
/// Descriptors of a unit that may be under way.
const IN_FLIGHT: usize = 4;
/// Descriptors that are fetched ahead.
const PREFETCHED: usize = 4;

/// The units' time, in clock cycles from the doorbell.
pub struct Timeline {
    shape: NpuShape,
    /// Descriptors that wait for a unit.
    queue: usize,
    free: [u64; 3],
    busy: [u64; 3],
    /// Starts and ends of each unit's last descriptors, the oldest first.
    starts: [VecDeque<u64>; 3],
    ends: [VecDeque<u64>; 3],
    /// When the last descriptors were handed out, the oldest first.
    handed_out: VecDeque<u64>,
}

impl Timeline {
    /// An idle NPU.
    pub fn new(shape: &NpuShape) -> Self {
        Self {
            shape: *shape,
            queue: if shape.dim <= 4 { 1 } else { 4 },
            free: [0; 3],
            busy: [0; 3],
            starts: Default::default(),
            ends: Default::default(),
            handed_out: VecDeque::new(),
        }
    }

    /// When a unit has started all that it got.
    pub fn free(&self, unit: Unit) -> u64 {
        self.free[unit as usize]
    }

    /// Cycles in which each unit worked.
    pub fn busy(&self) -> [u64; 3] {
        self.busy
    }

    /// Start and end of the list's next descriptor, whose tokens are there at `tokens`. Raw words
    /// take no time.
    pub fn push(&mut self, descriptor: &Descriptor, tokens: u64) -> (u64, u64) {
        let Some(unit) = descriptor.unit().map(|unit| unit as usize) else { return (0, 0) };
        let handed_out = self.hand_out(unit);
        let in_flight = kept(&mut self.ends[unit], IN_FLIGHT);
        let start = handed_out.max(self.free[unit]).max(tokens).max(in_flight);
        let (busy, latency) = cycles(&self.shape, descriptor);
        let end = start + busy + latency;
        self.free[unit] = start + busy;
        self.busy[unit] += busy;
        self.starts[unit].push_back(start);
        self.ends[unit].push_back(end);
        (start, end)
    }

    /// When the next descriptor, one for `unit`, is handed out: it has been fetched, and there is
    /// room in the unit's queue. Its fetch takes the bus from LOAD.
    fn hand_out(&mut self, unit: usize) -> u64 {
        let last = self.handed_out.back().map_or(0, |&last| last + 1);
        let fetched = kept(&mut self.handed_out, PREFETCHED) + MEMORY_LATENCY;
        let room = kept(&mut self.starts[unit], self.queue);
        let handed_out = last.max(fetched).max(room);
        self.handed_out.push_back(handed_out);
        self.free[Unit::Load as usize] += u64::from(32 / self.shape.bus_bytes);
        handed_out
    }
}

/// The oldest of the last `count` times, 0 if there are fewer; older ones are dropped.
fn kept(times: &mut VecDeque<u64>, count: usize) -> u64 {
    if times.len() > count {
        times.pop_front();
    }
    if times.len() < count { 0 } else { times.front().copied().unwrap_or(0) }
}

/// Cycles in which the unit can do nothing else, and those until the descriptor is complete.
fn cycles(shape: &NpuShape, descriptor: &Descriptor) -> (u64, u64) {
    let dim = u64::from(shape.dim);
    let fill = 3 * dim + 16;
    match descriptor {
        Descriptor::Load(_, load) => (load_cycles(shape, load), MEMORY_LATENCY),
        Descriptor::Exec(_, e) => {
            let tiles = u64::from(e.n_tiles) * u64::from(e.k_tiles);
            (tiles * u64::from(e.m_rows).max(dim / 2), fill)
        }
        Descriptor::Convolution(_, c) => (convolution_cycles(dim, c), fill),
        Descriptor::Store(_, store) => {
            let latency = match store.destination {
                Destination::Memory { .. } => MEMORY_LATENCY,
                Destination::Scratchpad { .. } => STORE_LATENCY,
            };
            (store_cycles(shape, store), latency)
        }
        Descriptor::Raw(_) => (0, 0),
    }
}

fn load_cycles(shape: &NpuShape, load: &Load) -> u64 {
    let width = u64::from(shape.bus_bytes);
    let first = u64::from(load.address) % width;
    let words = (u64::from(load.row_bytes) + first).div_ceil(width);
    let rows = u64::from(load.rows);
    match load.windows {
        Some(windows) => rows * words.max(windows.count.into()),
        None => rows * words.max(u64::from(load.row_bytes).div_ceil(shape.dim.into())),
    }
}

fn convolution_cycles(dim: u64, c: &Convolution) -> u64 {
    let tiles = u64::from(c.n_tiles) * u64::from(c.k_tiles);
    let (width, height) = (u64::from(c.out_width), u64::from(c.out_height));
    match c.kernel {
        Kernel::Full { height: lines, width: taps } => {
            tiles * u64::from(lines) * u64::from(taps) * (width * height).max(dim / 2)
        }
        Kernel::Depthwise => {
            let reach = u64::from(c.stride_x) * (width - 1) + 1;
            tiles * (height * reach.max(c.in_width.into())).max(dim / 2)
        }
    }
}

fn store_cycles(shape: &NpuShape, store: &Store) -> u64 {
    let rows = u64::from(store.rows) * u64::from(store.columns).div_ceil(shape.dim.into());
    match store.source {
        Source::MaxPool(p) => rows * u64::from(p.kernel_width) * u64::from(p.kernel_height),
        // Raw sums have four bytes.
        Source::Accumulators => rows * 4,
        Source::Requantised { .. } | Source::Scratchpad => rows,
    }
}

#[cfg(test)]
mod tests {
    use systole_isa::{Descriptor, Exec, Header, Load};

    use super::Timeline;
    use crate::NpuShape;

    /// The front end hands out in list order: LOADs that find their queue full keep an EXEC behind
    /// them waiting.
    #[test]
    fn a_full_queue_keeps_later_descriptors_back() {
        let shape = NpuShape {
            dim: 8,
            bus_bytes: 8,
            scratchpad_rows: 1024,
            accumulator_rows: 256,
            parameter_rows: 256,
        };
        let load = Load { rows: 1, row_bytes: 8000, chunk_step: 1, ..Load::default() };
        let load = Descriptor::Load(Header::default(), load);
        let exec = Exec { m_rows: 100, k_tiles: 1, n_tiles: 1, ..Exec::default() };
        let exec = Descriptor::Exec(Header::default(), exec);
        let start = |loads: usize| {
            let mut timeline = Timeline::new(&shape);
            (0..loads).for_each(|_| {
                timeline.push(&load, 0);
            });
            timeline.push(&exec, 0).0
        };
        // One is under way, and four wait for it.
        assert!(start(5) < 1000, "{}", start(5));
        assert!(start(6) > 1000, "{}", start(6));
    }

    /// Less than half a side of activations does not make a tile shorter.
    #[test]
    fn a_tile_takes_half_a_side_at_least() {
        let shape = NpuShape {
            dim: 8,
            bus_bytes: 8,
            scratchpad_rows: 1024,
            accumulator_rows: 256,
            parameter_rows: 256,
        };
        let busy = |m_rows| {
            let exec = Exec { m_rows, k_tiles: 3, n_tiles: 2, ..Exec::default() };
            let mut timeline = Timeline::new(&shape);
            timeline.push(&Descriptor::Exec(Header::default(), exec), 0);
            timeline.busy()[1]
        };
        assert_eq!([1, 4, 5, 100].map(busy), [24, 24, 30, 600]);
    }
}

//! When the descriptors of a list start and end, one after the other in list order.

use std::collections::VecDeque;
use std::ops::Range;

use systole_isa::{Convolution, Descriptor, Destination, Kernel, Load, Source, Store, Unit};

use crate::NpuShape;

/// Cycles from a LOAD's start to its first data, and from a STORE's last write to memory to the
/// answer.
const MEMORY_LATENCY: u64 = 40;
/// Cycles from a scratchpad or accumulator row read by a STORE to the row written.
const STORE_LATENCY: u64 = 12;
/// Cycles from one tile of a STORE to the next at least: its eight rows of parameters are read one
/// behind the other, and moved.
const PARAMETER_CYCLES: u64 = 10;
/// Descriptors of a unit that may be under way.
const IN_FLIGHT: usize = 4;

/// The units' time, in clock cycles from the doorbell.
pub struct Timeline {
    shape: NpuShape,
    /// Descriptors that wait for a unit, and those that are fetched ahead.
    queue: usize,
    free: [u64; 3],
    busy: [u64; 3],
    /// Starts and ends of each unit's last descriptors, the oldest first.
    starts: [VecDeque<u64>; 3],
    ends: [VecDeque<u64>; 3],
    /// When the last descriptors were handed out, the oldest first.
    handed_out: VecDeque<u64>,
    /// The last STOREs that read accumulators, the oldest first.
    reading: VecDeque<Reading>,
}

/// A STORE that reads accumulators.
#[derive(Clone, Copy)]
struct Reading {
    /// The bank, if it is only one.
    bank: Option<u32>,
    start: u64,
    /// When the next one may start.
    end: u64,
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
            reading: VecDeque::new(),
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
        if let Some((rows, adding)) = sums(descriptor, busy) {
            let bank = self.bank(rows);
            match unit == Unit::Store as usize {
                true => self.reading.push_back(Reading { bank, start, end: start + busy }),
                false => self.refuse(bank, start..start + adding),
            }
            if self.reading.len() > self.starts[Unit::Store as usize].len() {
                self.reading.pop_front();
            }
        }
        (start, end)
    }

    /// The bank of accumulators that a range of rows lies in, if it is one.
    fn bank(&self, rows: Range<u32>) -> Option<u32> {
        let half = self.shape.accumulator_rows / 2;
        let of = |row: u32| row / half % 2;
        (of(rows.start) == of(rows.end - 1)).then(|| of(rows.start))
    }

    /// Products are added to sums in `bank` in the cycles `adding`: STOREs that read this bank wait,
    /// and with them those behind them.
    fn refuse(&mut self, bank: Option<u32>, adding: Range<u64>) {
        let store = Unit::Store as usize;
        let (count, kept) = (self.reading.len(), self.starts[store].len());
        let mut free = 0;
        for (i, reading) in self.reading.iter_mut().enumerate() {
            let before = reading.end;
            let late = free.max(reading.start) - reading.start;
            (reading.start, reading.end) = (reading.start + late, reading.end + late);
            let refused = bank.is_some() && reading.bank == bank;
            if refused && reading.start < adding.end && adding.start < reading.end {
                let done = adding.start.saturating_sub(reading.start);
                reading.end += adding.end - adding.start.max(reading.start);
                if done == 0 {
                    reading.start = adding.end;
                }
            }
            free = reading.end;
            // The lists hold the last ones.
            self.starts[store][kept - count + i] = reading.start;
            let ends = &mut self.ends[store];
            let at = ends.len() - count + i;
            ends[at] += reading.end - before;
        }
        self.free[store] = self.free[store].max(free);
    }

    /// When the next descriptor, one for `unit`, is handed out: it has been fetched, and there is
    /// room in the unit's queue. Its fetch takes the bus from LOAD.
    fn hand_out(&mut self, unit: usize) -> u64 {
        let last = self.handed_out.back().map_or(0, |&last| last + 1);
        let beats = u64::from(32 / self.shape.bus_bytes);
        let fetched = kept(&mut self.handed_out, self.queue) + MEMORY_LATENCY + beats;
        let room = kept(&mut self.starts[unit], self.queue);
        let handed_out = last.max(fetched).max(room);
        self.handed_out.push_back(handed_out);
        self.free[Unit::Load as usize] += beats;
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

/// The accumulator rows of a descriptor that takes `busy` cycles, and how many of these add to sums
/// that are there; none if it reads or writes none.
fn sums(descriptor: &Descriptor, busy: u64) -> Option<(Range<u32>, u64)> {
    let rows = |first: u16, tiles: u16, step: u16, rows: u32| {
        let first = u32::from(first);
        first..first + (u32::from(tiles) - 1) * u32::from(step) + rows
    };
    match descriptor {
        Descriptor::Exec(_, e) => {
            let k = u64::from(e.k_tiles);
            let rows = rows(e.accumulator_row, e.n_tiles, e.accumulator_n_step, e.m_rows.into());
            Some((rows, busy * (k - u64::from(!e.accumulate)) / k))
        }
        Descriptor::Store(_, s) => match s.source {
            Source::Requantised { .. } | Source::Accumulators => {
                let first = u32::from(s.source_row);
                Some((first..first + u32::from(s.rows), 0))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Cycles in which the unit can do nothing else, and those until the descriptor is complete.
fn cycles(shape: &NpuShape, descriptor: &Descriptor) -> (u64, u64) {
    let dim = u64::from(shape.dim);
    let fill = 3 * dim + 16;
    match descriptor {
        Descriptor::Load(_, load) => (load_cycles(shape, load), MEMORY_LATENCY),
        Descriptor::Exec(_, e) => {
            let tiles = u64::from(e.n_tiles) * u64::from(e.k_tiles);
            (streaming(dim, tiles, e.m_rows.into()), fill)
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

/// Cycles of `tiles` tiles of weights with `waves` waves each. A tile's register takes the tile
/// after the next once the last wave has gone by: D cycles for all of its rows. So two tiles take
/// D cycles and the waves of one of them at least.
fn streaming(dim: u64, tiles: u64, waves: u64) -> u64 {
    tiles * (2 * waves).max(waves + dim) / 2
}

fn convolution_cycles(dim: u64, c: &Convolution) -> u64 {
    let tiles = u64::from(c.n_tiles) * u64::from(c.k_tiles);
    let (width, height) = (u64::from(c.out_width), u64::from(c.out_height));
    match c.kernel {
        Kernel::Full { height: lines, width: taps } => {
            let tiles = tiles * u64::from(lines) * u64::from(taps);
            streaming(dim, tiles, width * height)
        }
        Kernel::Depthwise => {
            let reach = u64::from(c.stride_x) * (width - 1) + 1;
            streaming(dim, tiles, height * reach.max(c.in_width.into()))
        }
    }
}

fn store_cycles(shape: &NpuShape, store: &Store) -> u64 {
    let tiles = u64::from(store.columns).div_ceil(shape.dim.into());
    let rows = u64::from(store.rows) * tiles;
    match store.source {
        Source::Requantised { .. } => {
            let row = u64::from(shape.requantise_cycles());
            tiles * (row * u64::from(store.rows)).max(PARAMETER_CYCLES)
        }
        Source::MaxPool(p) => rows * u64::from(p.kernel_width) * u64::from(p.kernel_height),
        // Raw sums have four bytes.
        Source::Accumulators => rows * 4,
        Source::Scratchpad => rows,
    }
}

#[cfg(test)]
mod tests {
    use systole_isa::{Descriptor, Destination, Exec, Header, Load, Source, Store, Unit};

    use super::Timeline;
    use crate::TEST_SHAPE as SHAPE;

    /// The front end hands out in list order: LOADs that find their queue full keep an EXEC behind
    /// them waiting.
    #[test]
    fn a_full_queue_keeps_later_descriptors_back() {
        let load = Load { rows: 1, row_bytes: 8000, chunk_step: 1, ..Load::default() };
        let load = Descriptor::Load(Header::default(), load);
        let exec = Exec { m_rows: 100, k_tiles: 1, n_tiles: 1, ..Exec::default() };
        let exec = Descriptor::Exec(Header::default(), exec);
        let start = |loads: usize| {
            let mut timeline = Timeline::new(&SHAPE);
            (0..loads).for_each(|_| {
                timeline.push(&load, 0);
            });
            timeline.push(&exec, 0).0
        };
        // One is under way, and four wait for it.
        assert!(start(5) < 1000, "{}", start(5));
        assert!(start(6) > 1000, "{}", start(6));
    }

    /// A STORE waits while EXEC adds to sums in the bank that it reads, and the next one with it.
    #[test]
    fn a_store_yields_to_sums_in_its_bank() {
        let store = Store {
            source: Source::Accumulators,
            destination: Destination::Memory { address: 0, stride: 32 },
            rows: 25,
            columns: 8,
            source_row: 0,
            source_chunk_step: 0,
            source_row_step: 1,
        };
        let store = Descriptor::Store(Header::default(), store);
        let free = |accumulator_row, accumulate| {
            let exec = Exec {
                accumulate,
                accumulator_row,
                m_rows: 100,
                k_tiles: 1,
                n_tiles: 1,
                ..Exec::default()
            };
            let mut timeline = Timeline::new(&SHAPE);
            timeline.push(&store, 0);
            timeline.push(&Descriptor::Exec(Header::default(), exec), 0);
            timeline.push(&store, 0);
            timeline.free(Unit::Store)
        };
        let apart = free(128, true);
        assert_eq!(free(0, true), apart + 100);
        assert_eq!(free(0, false), apart, "sums that are overwritten are not read");
    }

    /// A requantiser of fewer lanes than the array has columns takes several cycles a row.
    #[test]
    fn lanes_share_the_sums_of_a_row() {
        let store = Store {
            source: Source::Requantised {
                parameter_row: 0,
                then: systole_isa::Then::Keep,
                zero_point: 0,
                clamp_min: -128,
                clamp_max: 127,
                double_rounding: false,
            },
            destination: Destination::Memory { address: 0, stride: 8 },
            rows: 25,
            columns: 16,
            source_row: 0,
            source_chunk_step: 25,
            source_row_step: 1,
        };
        let busy = |requantise_lanes| {
            let mut timeline = Timeline::new(&crate::NpuShape { requantise_lanes, ..SHAPE });
            timeline.push(&Descriptor::Store(Header::default(), store), 0);
            timeline.busy()[2]
        };
        assert_eq!([8, 4, 1].map(busy), [50, 100, 400]);
    }

    /// Weights take their time where a tile has few activations.
    #[test]
    fn two_tiles_take_the_time_of_a_side_and_one_tile() {
        let busy = |m_rows| {
            let exec = Exec { m_rows, k_tiles: 3, n_tiles: 2, ..Exec::default() };
            let mut timeline = Timeline::new(&SHAPE);
            timeline.push(&Descriptor::Exec(Header::default(), exec), 0);
            timeline.busy()[1]
        };
        assert_eq!([1, 4, 5, 8, 100].map(busy), [27, 36, 39, 48, 600]);
    }
}

//! How long a program takes, from what each unit needs for a descriptor and from the tokens. It is
//! meant for choosing between plans; what a job really takes is the RTL's to tell.

use systole_isa::{Convolution, Descriptor, Header, Kernel, Load, Source, Store, Unit};

use crate::NpuShape;

/// Cycles from a LOAD's start to its first data, and from a STORE's last write to memory to the
/// answer.
const MEMORY_LATENCY: u64 = 40;
/// Cycles from a scratchpad or accumulator row read by a STORE to the row written.
const STORE_LATENCY: u64 = 12;

/// An estimate, in clock cycles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Estimate {
    /// From the start to the end of the last descriptor.
    pub total: u64,
    /// Of these, each unit's busy cycles: LOAD, EXEC, STORE.
    pub busy: [u64; 3],
    /// Start and end of each descriptor.
    pub spans: Vec<(u64, u64)>,
}

/// Estimates a list of descriptors.
pub fn estimate(shape: &NpuShape, descriptors: &[Descriptor]) -> Estimate {
    let mut estimate = Estimate { total: 0, busy: [0; 3], spans: Vec::new() };
    // When a unit is free, and when the tokens `[from][to]` were given, first the next one to take.
    let mut free = [0u64; 3];
    let mut given: [[Vec<u64>; 3]; 3] = Default::default();
    let mut taken = [[0usize; 3]; 3];
    for descriptor in descriptors {
        let Some((unit, header)) = unit_and_header(descriptor) else { continue };
        let mut start = free[unit];
        for from in Unit::ALL.map(|unit| unit as usize) {
            if header.wait >> from & 1 == 1 {
                let at = given[from][unit].get(taken[from][unit]).copied().unwrap_or(0);
                taken[from][unit] += 1;
                start = start.max(at);
            }
        }
        let (busy, latency) = cycles(shape, descriptor);
        free[unit] = start + busy;
        let end = start + busy + latency;
        for to in Unit::ALL.map(|unit| unit as usize) {
            if header.signal >> to & 1 == 1 {
                given[unit][to].push(end);
            }
        }
        estimate.busy[unit] += busy;
        estimate.total = estimate.total.max(end);
        estimate.spans.push((start, end));
    }
    estimate
}

fn unit_and_header(descriptor: &Descriptor) -> Option<(usize, Header)> {
    let header = match descriptor {
        Descriptor::Load(header, _)
        | Descriptor::Exec(header, _)
        | Descriptor::Convolution(header, _)
        | Descriptor::Store(header, _) => *header,
        Descriptor::Raw(_) => return None,
    };
    Some((descriptor.unit()? as usize, header))
}

/// Cycles in which the unit can do nothing else, and those until the descriptor is complete.
fn cycles(shape: &NpuShape, descriptor: &Descriptor) -> (u64, u64) {
    let dim = u64::from(shape.dim);
    let fill = 3 * dim + 16;
    match descriptor {
        Descriptor::Load(_, load) => (load_cycles(shape, load), MEMORY_LATENCY),
        Descriptor::Exec(_, e) => {
            let tiles = u64::from(e.n_tiles) * u64::from(e.k_tiles);
            (tiles * u64::from(e.m_rows).max(dim), fill)
        }
        Descriptor::Convolution(_, c) => (convolution_cycles(dim, c), fill),
        Descriptor::Store(_, store) => {
            let latency = match store.destination {
                systole_isa::Destination::Memory { .. } => MEMORY_LATENCY,
                systole_isa::Destination::Scratchpad { .. } => STORE_LATENCY,
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
            tiles * u64::from(lines) * u64::from(taps) * (width * height).max(dim)
        }
        Kernel::Depthwise => {
            let reach = u64::from(c.stride_x) * (width - 1) + 1;
            tiles * (height * reach.max(c.in_width.into())).max(dim)
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

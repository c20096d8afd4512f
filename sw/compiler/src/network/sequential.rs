//! Cycles of the sequential NPU, whose program runs one descriptor after the other.
//!
//! The constants are what its program takes with a memory that answers at once; they were measured,
//! and hold to within a fifth.

use systole_isa::{Convolution, Descriptor, Destination, Kernel, Load, Source, Store, Then};

/// Side of its array, and bytes of a word.
const SIDE: u64 = 4;
/// Fetch and check of a descriptor.
const DESCRIPTOR: u64 = 800;
/// A tile of weights: four columns of four, and what begins their waves.
const TILE: u64 = 400;
/// Beginning and end of a line of a map, for a column.
const LINE: u64 = 80;

/// Cycles from the fetch of a descriptor to its end.
pub fn cycles(descriptor: &Descriptor) -> u64 {
    let work = match descriptor {
        Descriptor::Load(_, load) => load_cycles(load),
        Descriptor::Exec(_, e) => {
            u64::from(e.n_tiles) * u64::from(e.k_tiles) * (TILE + SIDE * u64::from(e.m_rows))
        }
        Descriptor::Convolution(_, c) => convolution_cycles(c),
        Descriptor::Store(_, store) => store_cycles(store),
        Descriptor::Raw(_) => 0,
    };
    DESCRIPTOR + work
}

fn load_cycles(load: &Load) -> u64 {
    const ROW: u64 = 100;
    const CHUNK: u64 = 160;
    const WINDOW: u64 = 260;
    const BYTE: u64 = 120;
    let words = u64::from(load.row_bytes).div_ceil(SIDE);
    let row = match load.windows {
        Some(w) => u64::from(w.count) * (WINDOW + u64::from(w.bytes) * BYTE) + words * CHUNK / 2,
        None => words * CHUNK,
    };
    u64::from(load.rows) * (ROW + row)
}

fn convolution_cycles(c: &Convolution) -> u64 {
    let tiles = u64::from(c.n_tiles) * u64::from(c.k_tiles);
    let taps = match c.kernel {
        Kernel::Full { height, width } => u64::from(height) * u64::from(width),
        Kernel::Depthwise => SIDE,
    };
    let line = SIDE * (LINE + u64::from(c.out_width));
    tiles * taps * (TILE + u64::from(c.out_height) * line)
}

fn store_cycles(store: &Store) -> u64 {
    const PARAMETERS: u64 = 800;
    const TO_MEMORY: u64 = 13;
    let tiles = u64::from(store.columns).div_ceil(SIDE);
    let elements = u64::from(store.rows) * u64::from(store.columns);
    let (element, tile) = match &store.source {
        Source::Requantised { then, .. } => match then {
            Then::Keep => (180, PARAMETERS),
            Then::Table => (205, PARAMETERS),
            Then::Add { .. } => (525, PARAMETERS),
        },
        Source::Accumulators => (82, 0),
        Source::Scratchpad => (36, 0),
        Source::MaxPool(p) => (40 * u64::from(p.kernel_width) * u64::from(p.kernel_height), 0),
    };
    let place = match store.destination {
        Destination::Memory { .. } => TO_MEMORY,
        Destination::Scratchpad { .. } => 0,
    };
    tiles * tile + elements * (element + place)
}

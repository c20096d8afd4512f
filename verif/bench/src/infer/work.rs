//! What a descriptor asks of bus and array.

use systole_compiler::NpuShape;
use systole_isa::{Descriptor, Destination, Source};

/// Cycles that bus and array need at least.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    /// Beats on the bus: those of the descriptor's own 32 bytes, of a LOAD, of a STORE to memory.
    pub beats: u64,
    /// Waves through the array, as the NPU's register `EXEC_BUSY` counts them.
    pub waves: u64,
}

impl Work {
    /// Of a descriptor on an NPU of `shape`.
    pub fn of(shape: &NpuShape, descriptor: &Descriptor) -> Self {
        let fetch = u64::from(Descriptor::BYTES.div_ceil(shape.bus_bytes));
        let outputs = match descriptor {
            Descriptor::Exec(_, exec) => u64::from(exec.m_rows),
            Descriptor::Convolution(_, c) => u64::from(c.out_width) * u64::from(c.out_height),
            _ => 0,
        };
        let waves = descriptor.tiles().unwrap_or(0) * outputs;
        Self { beats: fetch + beats(shape, descriptor), waves }
    }
}

/// Beats of rows that a LOAD reads or a STORE writes in memory. Rows that follow each other without a
/// gap share the bus words at their ends.
fn beats(shape: &NpuShape, descriptor: &Descriptor) -> u64 {
    let width = u64::from(shape.bus_bytes);
    let (address, stride, rows, bytes) = match descriptor {
        Descriptor::Load(_, load) => (load.address, load.stride, load.rows, load.row_bytes.into()),
        Descriptor::Store(_, store) => {
            let Destination::Memory { address, stride } = store.destination else { return 0 };
            let element = if matches!(store.source, Source::Accumulators) { 4 } else { 1 };
            (address, stride, store.rows, u64::from(store.columns) * element)
        }
        _ => return 0,
    };
    let rows = u64::from(rows);
    let words = |bytes: u64| (u64::from(address) % width + bytes).div_ceil(width);
    if u64::try_from(stride) == Ok(bytes) { words(rows * bytes) } else { rows * words(bytes) }
}

#[cfg(test)]
mod tests {
    use systole_compiler::NpuShape;
    use systole_isa::{Descriptor, Exec, Header, Load};

    use super::Work;

    const SHAPE: NpuShape = NpuShape {
        dim: 8,
        bus_bytes: 8,
        scratchpad_rows: 1024,
        accumulator_rows: 256,
        parameter_rows: 256,
        requantise_lanes: 8,
        sequential: false,
    };

    fn work(descriptor: Descriptor) -> (u64, u64) {
        let Work { beats, waves } = Work::of(&SHAPE, &descriptor);
        (beats, waves)
    }

    #[test]
    fn beats_are_those_of_the_rows_and_of_the_descriptor() {
        let load = |address, stride, row_bytes| {
            let load = Load { address, stride, rows: 10, row_bytes, ..Load::default() };
            work(Descriptor::Load(Header::default(), load))
        };
        assert_eq!(load(0, 64, 16), (4 + 20, 0));
        assert_eq!(load(4, 64, 16), (4 + 30, 0), "rows begin in the middle of a word");
        assert_eq!(load(4, 16, 16), (4 + 21, 0), "rows share words");
    }

    #[test]
    fn waves_are_those_that_the_array_sees() {
        let exec = Exec { m_rows: 5, k_tiles: 3, n_tiles: 2, ..Exec::default() };
        assert_eq!(work(Descriptor::Exec(Header::default(), exec)), (4, 30));
        // A convolution of 3 x 3: 4 x 5 pixels to 4 x 5, two k tiles.
        let words =
            [2 | 1 << 17, 0, 0, 0, 4 | 5 << 12, 4 | 5 << 12, 2 | 1 << 12 | 3 << 24 | 3 << 27, 0];
        assert_eq!(work(Descriptor::decode(&words)), (4, 360));
    }
}

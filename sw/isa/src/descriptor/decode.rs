//! Words to descriptors.

use super::{
    Activations, Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Pool, Source,
    Space, Store, Then, Windows,
};

/// What the words ask for. Fields are read first and compared afterwards: what does not encode to
/// the same words, such as a reserved bit, makes them raw.
pub(super) fn decode(words: &[u32; 8]) -> Descriptor {
    let w = Words(words);
    let read = match (w.bits(0, 3, 0), w.bits(0, 18, 17)) {
        (1, _) => load(w).map(|load| Descriptor::Load(header(w), load)),
        (2, 0) => Some(Descriptor::Exec(header(w), exec(w))),
        (2, _) => convolution(w).map(|c| Descriptor::Convolution(header(w), c)),
        (3, _) => store(w).map(|store| Descriptor::Store(header(w), store)),
        _ => None,
    };
    read.filter(|read| read.encode() == *words).unwrap_or(Descriptor::Raw(*words))
}

#[derive(Clone, Copy)]
struct Words<'a>(&'a [u32; 8]);

impl Words<'_> {
    fn bits(self, word: usize, high: u32, low: u32) -> u32 {
        self.0[word] >> low & (u32::MAX >> (31 - (high - low)))
    }

    /// A field of up to 16 bits.
    fn field(self, word: usize, high: u32, low: u32) -> u16 {
        self.bits(word, high, low) as u16
    }

    fn low(self, word: usize) -> u16 {
        self.field(word, 15, 0)
    }

    fn high(self, word: usize) -> u16 {
        self.field(word, 31, 16)
    }

    fn byte(self, word: usize, index: usize) -> u8 {
        self.0[word].to_le_bytes()[index]
    }

    fn flag(self, bit: u32) -> bool {
        self.bits(0, bit, bit) == 1
    }
}

fn header(w: Words) -> Header {
    Header { last: w.flag(4), wait: w.byte(0, 1) & 7, signal: w.byte(0, 1) >> 4 & 7 }
}

fn load(w: Words) -> Option<Load> {
    let windows = Windows {
        count: w.high(5),
        row_step: w.low(5),
        step: w.byte(6, 0),
        bytes: w.byte(6, 1),
        lane: w.byte(6, 2),
        pad_value: w.byte(6, 3) as i8,
        lead: w.byte(7, 0) as i8,
    };
    Some(Load {
        space: match w.bits(0, 17, 16) {
            0 => Space::Scratchpad,
            1 => Space::Parameters,
            2 => Space::Table,
            _ => return None,
        },
        address: w.0[1],
        stride: w.0[2] as i32,
        rows: w.low(3),
        row_bytes: w.high(3),
        row: w.low(4),
        row_step: w.high(4),
        chunk_step: if w.flag(18) { 0 } else { w.low(5) },
        windows: w.flag(18).then_some(windows),
    })
}

fn exec(w: Words) -> Exec {
    Exec {
        accumulate: w.flag(16),
        int4: w.flag(19),
        activations: Activations { row: w.low(1), step: w.high(1), k_step: w.high(4) },
        weight_row: w.low(2),
        weight_k_step: w.high(2),
        weight_n_step: w.high(5),
        accumulator_row: w.low(3),
        accumulator_n_step: w.low(6),
        m_rows: w.high(3),
        k_tiles: w.low(4),
        n_tiles: w.low(5),
    }
}

fn convolution(w: Words) -> Option<Convolution> {
    let kernel = match w.bits(0, 18, 17) {
        1 => Kernel::Full { height: w.byte(6, 3) & 7, width: w.byte(6, 3) >> 3 & 7 },
        2 => Kernel::Depthwise,
        _ => return None,
    };
    Some(Convolution {
        kernel,
        accumulate: w.flag(16),
        int4: w.flag(19),
        activation_row: w.low(1),
        row_pitch: w.high(1),
        plane_step: w.high(2),
        weight_row: w.low(2),
        accumulator_row: w.low(3),
        accumulator_n_step: w.high(3),
        out_width: w.field(4, 11, 0),
        out_height: w.field(4, 23, 12),
        in_width: w.field(5, 11, 0),
        in_height: w.field(5, 23, 12),
        stride_x: (w.byte(5, 3) & 3) + 1,
        stride_y: (w.byte(5, 3) >> 2 & 3) + 1,
        pad_value: w.byte(4, 3) as i8,
        k_tiles: w.field(6, 11, 0),
        n_tiles: w.field(6, 23, 12),
        first_y: w.low(7) as i16,
        first_x: w.high(7) as i16,
    })
}

fn store(w: Words) -> Option<Store> {
    let pool = w.flag(21);
    let source = match w.bits(0, 17, 16) {
        0 => requantised(w)?,
        1 => Source::Accumulators,
        2 if pool => Source::MaxPool(maximum(w)),
        2 => Source::Scratchpad,
        _ => return None,
    };
    let destination = match w.flag(18) {
        false => Destination::Memory { address: w.0[1], stride: w.0[2] as i32 },
        true => Destination::Scratchpad {
            row: w.low(1),
            row_step: w.low(2),
            chunk_step: w.high(2),
            line_rows: if pool { 0 } else { w.low(7) },
            line_step: w.high(7),
        },
    };
    Some(Store {
        source,
        destination,
        rows: w.low(3),
        columns: w.high(3),
        source_row: w.low(4),
        source_chunk_step: w.high(4),
        source_row_step: if pool { 0 } else { w.low(5) },
    })
}

fn requantised(w: Words) -> Option<Source> {
    Some(Source::Requantised {
        parameter_row: w.high(5),
        zero_point: w.byte(6, 0) as i8,
        clamp_min: w.byte(6, 1) as i8,
        clamp_max: w.byte(6, 2) as i8,
        double_rounding: w.byte(6, 3) & 1 == 1,
        then: match (w.flag(19), w.flag(20)) {
            (false, false) => Then::Keep,
            (false, true) => Then::Table,
            (true, false) => Then::Add { residual_row: w.high(1) },
            (true, true) => return None,
        },
    })
}

fn maximum(w: Words) -> Pool {
    let window = |at: u32| w.bits(5, at + 2, at) as u8;
    Pool {
        row_pitch: w.low(5),
        kernel_width: window(16),
        kernel_height: window(19),
        pad_left: window(22),
        pad_top: window(25),
        in_width: w.field(6, 11, 0),
        in_height: w.field(6, 23, 12),
        stride_x: (w.byte(6, 3) & 3) + 1,
        stride_y: (w.byte(6, 3) >> 2 & 3) + 1,
        out_width: w.low(7),
    }
}

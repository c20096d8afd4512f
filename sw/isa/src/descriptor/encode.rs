//! Descriptors to words.

use super::{
    Convolution, Descriptor, Destination, Exec, Header, Kernel, Load, Pool, Source, Store, Then,
};

/// The eight words.
pub(super) fn encode(descriptor: &Descriptor) -> [u32; 8] {
    match descriptor {
        Descriptor::Load(header, load) => encode_load(*header, load),
        Descriptor::Exec(header, exec) => encode_exec(*header, exec),
        Descriptor::Convolution(header, convolution) => encode_convolution(*header, convolution),
        Descriptor::Store(header, store) => encode_store(*header, store),
        Descriptor::Raw(words) => *words,
    }
}

impl Header {
    fn encode(self) -> u32 {
        u32::from(self.last) << 4 | u32::from(self.wait & 7) << 8 | u32::from(self.signal & 7) << 12
    }
}

fn pair(low: u16, high: u16) -> u32 {
    u32::from(low) | u32::from(high) << 16
}

fn encode_load(header: Header, load: &Load) -> [u32; 8] {
    let mut words = [
        1 | header.encode() | (load.space as u32) << 16,
        load.address,
        load.stride as u32,
        pair(load.rows, load.row_bytes),
        pair(load.row, load.row_step),
        pair(load.chunk_step, 0),
        0,
        0,
    ];
    if let Some(windows) = &load.windows {
        words[0] |= 1 << 18;
        words[5] = pair(windows.row_step, windows.count);
        let pad_value = windows.pad_value as u8;
        words[6] = u32::from_le_bytes([windows.step, windows.bytes, windows.lane, pad_value]);
        words[7] = u32::from(windows.lead as u8);
    }
    words
}

fn encode_exec(header: Header, exec: &Exec) -> [u32; 8] {
    [
        2 | header.encode() | u32::from(exec.accumulate) << 16 | u32::from(exec.int4) << 19,
        pair(exec.activations.row, exec.activations.step),
        pair(exec.weight_row, exec.weight_k_step),
        pair(exec.accumulator_row, exec.m_rows),
        pair(exec.k_tiles, exec.activations.k_step),
        pair(exec.n_tiles, exec.weight_n_step),
        pair(exec.accumulator_n_step, 0),
        0,
    ]
}

/// Two 12-bit fields in the low bits.
fn sizes(low: u16, high: u16) -> u32 {
    u32::from(low & 0xfff) | u32::from(high & 0xfff) << 12
}

fn strides(x: u8, y: u8) -> u32 {
    u32::from(x.wrapping_sub(1) & 3) << 24 | u32::from(y.wrapping_sub(1) & 3) << 26
}

fn encode_convolution(header: Header, c: &Convolution) -> [u32; 8] {
    let (mode, kernel) = match c.kernel {
        Kernel::Full { height, width } => {
            (1, u32::from(height & 7) << 24 | u32::from(width & 7) << 27)
        }
        Kernel::Depthwise => (2, 0),
    };
    [
        2 | header.encode() | u32::from(c.accumulate) << 16 | mode << 17 | u32::from(c.int4) << 19,
        pair(c.activation_row, c.row_pitch),
        pair(c.weight_row, c.plane_step),
        pair(c.accumulator_row, c.accumulator_n_step),
        sizes(c.out_width, c.out_height) | u32::from(c.pad_value as u8) << 24,
        sizes(c.in_width, c.in_height) | strides(c.stride_x, c.stride_y),
        sizes(c.k_tiles, c.n_tiles) | kernel,
        pair(c.first_y as u16, c.first_x as u16),
    ]
}

fn encode_store(header: Header, store: &Store) -> [u32; 8] {
    let mut words = [3 | header.encode(), 0, 0, pair(store.rows, store.columns), 0, 0, 0, 0];
    words[4] = pair(store.source_row, store.source_chunk_step);
    words[5] = pair(store.source_row_step, 0);
    match store.destination {
        Destination::Memory { address, stride } => {
            words[1] = address;
            words[2] = stride as u32;
        }
        Destination::Scratchpad { row, row_step, chunk_step, line_rows, line_step } => {
            words[0] |= 1 << 18;
            words[1] = pair(row, 0);
            words[2] = pair(row_step, chunk_step);
            words[7] = pair(line_rows, line_step);
        }
    }
    match store.source {
        Source::Requantised {
            parameter_row,
            zero_point,
            clamp_min,
            clamp_max,
            double_rounding,
            then,
        } => {
            words[5] = pair(store.source_row_step, parameter_row);
            let double_rounding = u8::from(double_rounding);
            let rounding = [zero_point as u8, clamp_min as u8, clamp_max as u8, double_rounding];
            words[6] = u32::from_le_bytes(rounding);
            match then {
                Then::Keep => {}
                Then::Table => words[0] |= 1 << 20,
                Then::Add { residual_row } => {
                    words[0] |= 1 << 19;
                    words[1] |= pair(0, residual_row);
                }
            }
        }
        Source::Accumulators => words[0] |= 1 << 16,
        Source::Scratchpad => words[0] |= 2 << 16,
        Source::MaxPool(pool) => {
            words[0] |= 2 << 16 | 1 << 21;
            words[5] = encode_window(&pool);
            words[6] = sizes(pool.in_width, pool.in_height) | strides(pool.stride_x, pool.stride_y);
            words[7] = words[7] & 0xffff_0000 | u32::from(pool.out_width);
        }
    }
    words
}

fn encode_window(pool: &Pool) -> u32 {
    let sizes = [pool.kernel_width, pool.kernel_height, pool.pad_left, pool.pad_top];
    let fields = (16..).step_by(3).zip(sizes);
    fields.fold(u32::from(pool.row_pitch), |word, (at, size)| word | u32::from(size & 7) << at)
}

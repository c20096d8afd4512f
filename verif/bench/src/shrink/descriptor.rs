//! What can be smaller or plainer in a descriptor.

use systole_isa::{
    Convolution, Descriptor, Destination, Kernel, Load, Pool, Source, Store, Then, Windows,
};

/// A number of rows, tiles, bytes or pixels; at least 1.
pub(super) enum Size<'a> {
    Byte(&'a mut u8),
    Half(&'a mut u16),
}

impl Size<'_> {
    pub fn get(&self) -> u16 {
        match self {
            Self::Byte(value) => u16::from(**value),
            Self::Half(value) => **value,
        }
    }

    /// `value` is at most what [`get`](Self::get) gives.
    pub fn set(&mut self, value: u16) {
        match self {
            Self::Byte(byte) => **byte = value as u8,
            Self::Half(half) => **half = value,
        }
    }
}

/// The sizes of a descriptor, those of most work first.
pub(super) fn sizes(descriptor: &mut Descriptor) -> Vec<Size<'_>> {
    use Size::{Byte, Half};
    match descriptor {
        Descriptor::Load(_, Load { rows, row_bytes, windows, .. }) => {
            let mut sizes = vec![Half(rows), Half(row_bytes)];
            if let Some(Windows { count, bytes, .. }) = windows {
                sizes.extend([Half(count), Byte(bytes)]);
            }
            sizes
        }
        Descriptor::Exec(_, exec) => {
            vec![Half(&mut exec.m_rows), Half(&mut exec.k_tiles), Half(&mut exec.n_tiles)]
        }
        Descriptor::Convolution(_, convolution) => convolution_sizes(convolution),
        Descriptor::Store(_, Store { rows, columns, source, .. }) => {
            let mut sizes = vec![Half(rows), Half(columns)];
            if let Source::MaxPool(pool) = source {
                sizes.extend(pool_sizes(pool));
            }
            sizes
        }
        Descriptor::Raw(_) => Vec::new(),
    }
}

fn convolution_sizes(convolution: &mut Convolution) -> Vec<Size<'_>> {
    use Size::{Byte, Half};
    let mut sizes = vec![
        Half(&mut convolution.out_height),
        Half(&mut convolution.out_width),
        Half(&mut convolution.k_tiles),
        Half(&mut convolution.n_tiles),
        Byte(&mut convolution.stride_x),
        Byte(&mut convolution.stride_y),
        Half(&mut convolution.in_height),
        Half(&mut convolution.in_width),
    ];
    if let Kernel::Full { height, width } = &mut convolution.kernel {
        sizes.extend([Byte(height), Byte(width)]);
    }
    sizes
}

fn pool_sizes(pool: &mut Pool) -> Vec<Size<'_>> {
    use Size::{Byte, Half};
    vec![
        Half(&mut pool.out_width),
        Byte(&mut pool.kernel_height),
        Byte(&mut pool.kernel_width),
        Byte(&mut pool.stride_x),
        Byte(&mut pool.stride_y),
        Half(&mut pool.in_height),
        Half(&mut pool.in_width),
    ]
}

/// Changes to the same work with less about it.
pub(super) const PLAINER: &[fn(&mut Descriptor)] = &[
    |descriptor| match descriptor {
        Descriptor::Load(_, load) => load.windows = None,
        Descriptor::Convolution(_, convolution) => {
            // The first tap meets the map's first pixel.
            let above = (convolution.first_y as u16).wrapping_mul(convolution.row_pitch);
            let before = above.wrapping_add(convolution.first_x as u16);
            convolution.activation_row = convolution.activation_row.wrapping_sub(before);
            (convolution.first_x, convolution.first_y) = (0, 0);
        }
        Descriptor::Store(_, Store { source: Source::MaxPool(pool), .. }) => {
            (pool.pad_left, pool.pad_top) = (0, 0);
        }
        Descriptor::Store(_, Store { source: Source::Requantised { then, .. }, .. }) => {
            *then = Then::Keep;
        }
        _ => {}
    },
    |descriptor| match descriptor {
        Descriptor::Load(_, Load { windows: Some(windows), .. }) => windows.lead = 0,
        Descriptor::Exec(_, exec) => exec.accumulate = false,
        Descriptor::Convolution(_, convolution) => convolution.accumulate = false,
        Descriptor::Store(_, store) => {
            if let Destination::Scratchpad { line_rows, .. } = &mut store.destination {
                *line_rows = 0;
            }
        }
        _ => {}
    },
    |descriptor| match descriptor {
        Descriptor::Load(_, Load { windows: Some(windows), .. }) => windows.pad_value = 0,
        Descriptor::Exec(_, exec) => exec.int4 = false,
        Descriptor::Convolution(_, convolution) if convolution.int4 => convolution.int4 = false,
        Descriptor::Convolution(_, convolution) => convolution.pad_value = 0,
        Descriptor::Store(_, Store { source: Source::Requantised { double_rounding, .. }, .. }) => {
            *double_rounding = false
        }
        _ => {}
    },
];

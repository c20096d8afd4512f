//! How long a job takes a simulation: 65,535 descriptors of a few bytes can ask for centuries.

use super::descriptor::{Convolution, Descriptor, Exec, Kernel, Load, Operation, Source, Store};

/// Bytes that the descriptors move and waves that they put through the array, roughly, and at
/// most `u64::MAX`.
pub(super) fn steps(descriptors: &[Descriptor]) -> u64 {
    descriptors.iter().fold(0, |sum, descriptor| sum.saturating_add(steps_of(descriptor)))
}

fn steps_of(descriptor: &Descriptor) -> u64 {
    match &descriptor.operation {
        Operation::Load(d) => of_load(d),
        Operation::Exec(Exec { n_tiles, k_tiles, m_rows, .. }) => {
            product(&[*n_tiles, *k_tiles, *m_rows])
        }
        Operation::Convolution(d) => of_convolution(d),
        Operation::Store(d) => of_store(d),
    }
}

fn of_load(d: &Load) -> u64 {
    let windows = d.windows.map_or(0, |windows| windows.count * windows.window_bytes);
    product(&[d.rows, d.row_bytes.max(windows)])
}

fn of_convolution(d: &Convolution) -> u64 {
    let (height, width) = match d.kernel {
        Kernel::Full { height, width } => (height, width),
        Kernel::Depthwise => (1, 1),
    };
    product(&[d.n_tiles, d.k_tiles, d.out_width, d.out_height, height, width])
}

fn of_store(d: &Store) -> u64 {
    let taps = match d.source {
        Source::Pool(pool) => pool.kernel_width * pool.kernel_height,
        Source::Requantised(_) | Source::Raw | Source::Scratchpad => 1,
    };
    product(&[d.rows, d.columns, taps])
}

fn product(factors: &[u32]) -> u64 {
    factors.iter().fold(1, |product: u64, &factor| product.saturating_mul(factor.into()))
}

//! How much an EXEC puts through the array: what `EXEC_BUSY` and `MACS` count.

use std::ops::AddAssign;

use super::descriptor::{Convolution, Exec, Kernel};

/// Waves that enter the array, modulo 2^32 as the counters are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Work {
    /// All waves.
    pub waves: u32,
    /// Those of matrix products and full convolutions.
    pub products: u32,
}

impl AddAssign for Work {
    fn add_assign(&mut self, other: Self) {
        self.waves = self.waves.wrapping_add(other.waves);
        self.products = self.products.wrapping_add(other.products);
    }
}

/// One wave for each m of each tile.
pub(super) fn of_product(d: &Exec) -> Work {
    let waves = product(&[d.n_tiles, d.k_tiles, d.m_rows]);
    Work { waves, products: waves }
}

/// One wave for each output of each tile, or of each pass of a depthwise convolution.
pub(super) fn of_convolution(d: &Convolution) -> Work {
    let outputs = product(&[d.n_tiles, d.k_tiles, d.out_width, d.out_height]);
    match d.kernel {
        Kernel::Full { height, width } => {
            let waves = product(&[outputs, height, width]);
            Work { waves, products: waves }
        }
        Kernel::Depthwise => Work { waves: outputs, products: 0 },
    }
}

fn product(factors: &[u32]) -> u32 {
    factors.iter().fold(1, |product, factor| product.wrapping_mul(*factor))
}
